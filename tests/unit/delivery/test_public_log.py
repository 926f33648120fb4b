"""What viewers were sent, as the gate decided it, whoever was away meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from orchestrator.bus.decisions import REAL, Column, SafetyAct
from orchestrator.bus.lines import LineWriter
from orchestrator.bus.sent import SentLog, read_sent
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery.recorder.publiclog import PublicLog
from orchestrator.delivery.recorder.source import Redactions, Source
from orchestrator.delivery.stream import Stream
from orchestrator.media.house import House
from orchestrator.timing.grid import Grid

GRID = Grid.standard(30)
HOUSE = House.of(320, 180, 30, ("180p",))
STREAM = Stream("test", GRID, HOUSE.ladder, ("180p", "a"), 0, ("open",), "open", 60)
K = 3_366_620_000


@dataclass
class Desk:
    """Decisions as the gate writes them, and the log that is made of them."""

    folder: Path
    k: int = K
    acts: list[SafetyAct] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tree = LiveTree(self.folder)
        self.lines = LineWriter(self.tree.decisions)
        self.restart()

    def restart(self) -> None:
        self.redactions = Redactions(4)
        for act in self.acts:
            self.redactions.take(act)
        self.source = Source(self.tree, STREAM, "open", {}, self.redactions)
        self.log = PublicLog(
            self.tree.decisions,
            self.source,
            self.redactions,
            SentLog(self.folder / "sent" / "hls.jsonl", "hls", GRID),
        )
        self.log.open()
        self.log.recheck(self.redactions.replaced)

    def decide(self, count: int, why: str = "", *, is_watched: bool = True, **values: int) -> None:
        for _ in range(count):
            tracks = dict.fromkeys(STREAM.tracks, 0 if why and not values else REAL) | values
            column = Column(self.k, tracks, frozenset(STREAM.tracks), why=why)
            self.lines.append(column.record())
            if is_watched:
                self.source.take(column)
            self.k += 1
        if is_watched:
            self.log.pump()

    def take_back(self, first: int, last: int) -> None:
        act = SafetyAct("privacy", self.k, 1_700_000_000_000_000_000 + self.k, "tom",
                        redacted=(K + first, K + last))  # fmt: skip
        self.acts.append(act)
        self.lines.append(act.record())

    def told(self) -> list[tuple[int, int, str, str]]:
        self.log.close()
        spans = read_sent(self.folder / "sent" / "hls.jsonl")
        return [(s.from_k - K, s.to_k - K, s.what, s.why) for s in spans]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_programme_and_slate_are_told_with_the_reason(desk: Desk) -> None:
    desk.decide(5)
    desk.decide(2, "blank")
    desk.decide(1, "missing", a=0)
    desk.decide(3)

    assert desk.told() == [
        (0, 4, "real", ""),
        (5, 6, "slate", "blank"),
        (7, 7, "slate", "missing: a"),
        (8, 10, "real", ""),
    ]


def test_what_was_decided_while_nobody_wrote_is_no_gap(desk: Desk) -> None:
    desk.decide(5)
    desk.log.close()
    desk.decide(700, is_watched=False)
    desk.restart()
    desk.decide(5)

    assert desk.told() == [(0, 709, "real", "")]


def test_one_that_was_too_slow_catches_up_from_the_file(desk: Desk) -> None:
    desk.decide(5)
    desk.decide(300, is_watched=False)
    desk.decide(5)

    assert desk.told() == [(0, 309, "real", "")]


def test_a_stream_that_stood_still_has_a_gap(desk: Desk) -> None:
    desk.decide(5)
    desk.k += 40
    desk.decide(5)

    assert desk.told() == [
        (0, 4, "real", ""),
        (5, 44, "gap", "not running, or too far behind"),
        (45, 49, "real", ""),
    ]


def test_what_was_taken_back_is_said_again_also_after_a_start(desk: Desk) -> None:
    desk.decide(10)
    desk.take_back(3, 6)
    desk.log.redact(desk.redactions.take(desk.acts[-1]))
    desk.decide(4)
    desk.log.close()
    desk.take_back(11, 12)
    desk.restart()

    assert desk.told() == [
        (0, 2, "real", ""),
        (3, 6, "slate", "privacy"),
        (7, 10, "real", ""),
        (11, 12, "slate", "privacy"),
        (13, 13, "real", ""),
    ]
