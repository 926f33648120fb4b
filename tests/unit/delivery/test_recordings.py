"""The recordings' files, names and sheets: from the as-run and the public parts to what is kept."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from orchestrator.bus.decisions import REAL, Column, SafetyAct
from orchestrator.bus.label import ANY_OUTPUT
from orchestrator.bus.lines import LineWriter
from orchestrator.bus.recordings import CLOSED, CLOSING, GROWING, Sheet, sheets
from orchestrator.bus.sent import SentLog, read_sent
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.delivery.recorder.archive import Archive, too_old
from orchestrator.delivery.recorder.cuts import EventCuts, SlotCuts
from orchestrator.delivery.recorder.pieces import finished_pieces, growing_pieces
from orchestrator.delivery.recorder.recordings import OUTPUT, RecordingWriter
from orchestrator.delivery.recorder.settings import Recordings
from orchestrator.delivery.recorder.source import Redactions, Source
from orchestrator.delivery.stream import Stream
from orchestrator.media.boxes import Sample, write_part
from orchestrator.media.house import House
from orchestrator.media.mp4 import FTYP, VIDEO_ID, Kind, Track, movie
from orchestrator.timing import ManualClock
from orchestrator.timing.grid import NS, Grid

GRID = Grid.standard(30)
HOUSE = House.of(320, 180, 30, ("180p",))
TRACKS = ("180p", "a")
STREAM = Stream("test", GRID, HOUSE.ladder, TRACKS, 0, ("open",), "open", 60)
K = GRID.part(840_000_000, 0)
N = GRID.first_frame(K)
DAY_S = 86_400.0


def _part(track: str, k: int, text: bytes) -> bytes:
    """Samples of one picture or sound frame each, the first of which says what it is."""
    count, ticks = (16, 3000) if track != "a" else (25, 1024)
    samples = [Sample(text if i == 0 else b".", ticks, i == 0) for i in range(count)]
    return write_part(k, 1, STREAM.tfdt(track, k), samples)


SLATE = {(track, j): _part(track, 0, b"slate %d" % j) for track in TRACKS for j in range(4)}


def _kind(timescale: int, handler: bytes) -> Kind:
    box = bytes([0, 0, 0, 32]) + b"hdlr" + bytes(8) + handler + bytes(12)
    empty = [bytes([0, 0, 0, 8]) + name for name in (b"vmhd", b"dinf", b"stsd")]
    return Kind(timescale, bytes(8), box, *empty)


def _init(kind: Kind) -> bytes:
    return FTYP + movie([Track(1, kind)], title="", begins=GRID.utc(N))


@dataclass
class Archives:
    """A public tree in which columns appear, an as-run, and the recorder's files."""

    folder: Path
    each: str = "slot"
    audience: str = "open"
    keep_s: float = DAY_S
    k: int = K
    acts: list[SafetyAct] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.live = LiveTree(self.folder / "live")
        self.state = StateFolder(self.folder / "state")
        (self.folder / "live" / "slate").mkdir(parents=True)
        for track, kind in (("180p", _kind(90_000, b"vide")), ("a", _kind(48_000, b"soun"))):
            (self.live.slate / f"{track}.init").write_bytes(_init(kind))
        self.asrun = LineWriter(self.live.asrun)
        self.clock = ManualClock(GRID.instant_ns(N))
        self.restart()

    def restart(self) -> None:
        self.redactions = Redactions(4)
        for act in self.acts:
            self.redactions.take(act)
        self.source = Source(self.live, STREAM, self.audience, SLATE, self.redactions)
        sent = self.state.sent(OUTPUT)
        self.archive = Archive(self.state.recordings, sent, self.live, STREAM, self.source,
                               self.redactions, self.clock, self.keep_s)  # fmt: skip
        wanted = Recordings(self.audience, "180p", "slot", self.keep_s)
        cuts = SlotCuts() if self.each == "slot" else EventCuts("day", self.audience, N + 4000)
        self.writer = RecordingWriter(self.live, STREAM, self.source, wanted, self.archive, cuts,
                                      self.state.asrun, SentLog(sent, OUTPUT, GRID))  # fmt: skip
        self.writer.open()
        self.writer.recheck(self.redactions.replaced)

    def slot(self, frame: int, slot: str, audience: str = "open") -> None:
        line = {"n": N + frame, "event": "slot", "slot": slot, "audience": audience}
        self.asrun.append(line)

    def publish(self, count: int, *, is_watched: bool = True, **column: tuple[str, ...]) -> None:
        for k in range(self.k, self.k + count):
            for track in TRACKS:
                path = self.live.public_part(GRID, self.audience, track, k)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(_part(track, k, b"real %d" % (k - K)))
            if is_watched:
                self.decide(k, **column)
        self.k += count

    def decide(self, k: int, slate_outputs: tuple[str, ...] = ()) -> None:
        independent = frozenset(TRACKS if k % 4 == 0 else ("a",))
        tracks = dict.fromkeys(TRACKS, REAL)
        self.source.take(Column(k, tracks, independent, self.audience, slate_outputs=slate_outputs))
        while self.writer.pump():
            pass

    def turns(self, count: int = 6) -> None:
        for _ in range(count):
            self.writer.pump()

    def take_back(self, first: int, last: int) -> None:
        act = SafetyAct("privacy", self.k, GRID.instant_ns(N) + self.k, "tom",
                        redacted=(K + first, K + last))  # fmt: skip
        self.acts.append(act)
        self.writer.redact(self.redactions.take(act))

    def sheets(self) -> dict[str, Sheet]:
        return {sheet.name: sheet for sheet in sheets(self.state.recordings)}

    def texts(self, name: str) -> list[str]:
        """What the first picture of each column says."""
        growing = self.state.recordings / f"{name}.growing.mp4"
        path = growing if growing.exists() else self.state.recordings / f"{name}.mp4"
        pieces = growing_pieces if growing.exists() else finished_pieces
        data, fd = path.read_bytes(), os.open(path, os.O_RDONLY)
        try:
            found = [p for p in pieces(fd, self.sheets()[name].first_k) if p.track_id == VIDEO_ID]
        finally:
            os.close(fd)
        return [data[p.offset : p.offset + p.sizes[0]].decode() for p in found]


def real(*columns: int) -> list[str]:
    return [f"real {column}" for column in columns]


@pytest.fixture
def house(tmp_path: Path) -> Archives:
    return Archives(tmp_path)


def test_a_slot_gets_its_columns_from_the_key_picture_before_it_to_its_last_picture(
    house: Archives,
) -> None:
    house.slot(16 * 5 + 3, "a")
    house.slot(16 * 9 + 1, "b")
    house.publish(16)
    house.turns()

    assert house.texts("a") == real(*range(4, 10))
    sheet = house.sheets()["a"]
    assert (sheet.state, sheet.from_n - N, (sheet.to_n or 0) - N) == (CLOSED, 83, 145)
    assert sheet.length_s == round(62 / 30, 3)
    assert house.texts("b") == real(*range(8, 16))
    assert house.sheets()["b"].state == GROWING


def test_one_of_all_is_named_after_the_event_and_has_every_slot(tmp_path: Path) -> None:
    house = Archives(tmp_path, each="event")
    house.slot(3, "a")
    house.slot(70, "")
    house.slot(90, "b")
    house.publish(16)

    assert list(house.sheets()) == ["day"]
    assert house.texts("day") == real(*range(16))


def test_a_recorder_that_was_away_goes_on_without_a_hole(house: Archives) -> None:
    house.slot(0, "a")
    house.publish(8)
    house.publish(8, is_watched=False)
    house.restart()
    for k in range(K, K + 16):
        house.decide(k)

    assert house.texts("a") == real(*range(16))
    assert list(house.sheets()) == ["a"]


def test_what_has_left_the_public_window_is_slate_and_told_as_a_gap(house: Archives) -> None:
    house.slot(0, "a")
    house.publish(8)
    house.k += 4  # nobody published these
    house.publish(4)

    assert house.texts("a")[8:12] == ["slate 0", "slate 1", "slate 2", "slate 3"]
    assert house.texts("a")[12:] == real(*range(12, 16))
    spans = read_sent(house.state.sent(OUTPUT))
    house.writer.close()
    spans = read_sent(house.state.sent(OUTPUT))
    assert [(s.from_k - K, s.to_k - K) for s in spans if s.what == "gap"] == [(8, 11)]


def test_after_a_hole_longer_than_the_window_it_is_another_recording(house: Archives) -> None:
    house.slot(0, "a")
    house.publish(8)
    house.k += 4000
    house.restart()
    house.publish(8)
    house.turns()

    assert house.texts("a") == real(*range(8))
    assert house.texts("a-2") == real(*range(4008, 4016))
    assert house.sheets()["a"].state == CLOSED


def test_a_slot_for_a_stricter_audience_gets_no_file(house: Archives) -> None:
    house.slot(0, "case", "professional")
    house.slot(16 * 8, "talk")
    house.publish(16)

    assert list(house.sheets()) == ["talk"]


def test_nothing_of_a_stricter_slot_lies_hidden_in_the_next_one(tmp_path: Path) -> None:
    house = Archives(tmp_path, audience="professional")
    house.slot(0, "case", "professional")
    house.slot(16 * 5 + 3, "talk", "open")
    house.slot(16 * 13 + 3, "case-b", "professional")
    house.publish(20)
    house.turns()

    assert house.texts("talk") == ["slate 0", "slate 1", "slate 2", "slate 3", *real(*range(8, 14))]
    assert house.texts("case") == real(*range(6))
    assert house.texts("case-b")[:2] == real(12, 13)  # what was open may be seen by professionals


def test_what_the_rundown_does_not_give_to_recordings_is_slate(house: Archives) -> None:
    house.slot(0, "a")
    house.publish(5)
    house.publish(1, slate_outputs=(OUTPUT,))
    house.publish(1, slate_outputs=(ANY_OUTPUT,))
    house.publish(9, slate_outputs=("youtube",))

    assert house.texts("a") == [
        *real(*range(5)), "slate 0", "slate 1", "slate 2", *real(*range(8, 16)),
    ]  # fmt: skip


def test_a_growing_recording_is_cut_at_once_and_written_again_with_slate(house: Archives) -> None:
    house.slot(0, "a")
    house.publish(16)
    house.take_back(9, 15)

    assert house.texts("a") == real(*range(9))
    house.publish(4)
    assert house.texts("a")[9:] == [
        "slate 0", "slate 1", "slate 2", "slate 0", "slate 1", "slate 2", "slate 3",
        *real(*range(16, 20)),
    ]  # fmt: skip


def test_a_closed_recording_is_overwritten_at_once_and_then_made_anew(house: Archives) -> None:
    house.slot(0, "a")
    house.slot(16 * 12, "b")
    house.publish(16)
    house.turns()
    house.take_back(10, 11)

    assert house.sheets()["a"].state == CLOSING
    assert [text.strip("\0") for text in house.texts("a")[9:]] == ["real 9", "", ""]
    house.turns()
    assert house.texts("a") == [*real(*range(10)), "slate 0", "slate 1"]
    assert house.sheets()["a"].state == CLOSED
    assert house.sheets()["a"].slate_s == pytest.approx(2 * GRID.part_s, abs=0.001)


def test_what_was_taken_back_while_it_was_away_is_taken_back_when_it_starts(
    house: Archives,
) -> None:
    house.slot(0, "a")
    house.slot(16 * 8, "b")
    house.publish(16)
    house.turns()
    house.writer.close()
    house.acts.append(SafetyAct("privacy", K, GRID.instant_ns(N), "tom", redacted=(K + 6, K + 13)))
    house.restart()
    for k in range(K, K + 16):
        house.decide(k)
    house.turns()

    assert house.texts("a") == [*real(*range(6)), "slate 0", "slate 1"]
    assert house.texts("b")[-8:] == [
        "slate 0", "slate 1", "slate 2", "slate 3", "slate 0", "slate 1", *real(14, 15),
    ]  # fmt: skip


def test_one_killed_while_it_finished_a_file_finishes_it_the_next_time(house: Archives) -> None:
    house.slot(0, "a")
    house.slot(16 * 8, "b")
    house.publish(12)
    (house.state.recordings / ".a.mp4").write_bytes(b"half a file")
    house.restart()
    house.turns()

    assert house.sheets()["a"].state == CLOSED
    assert house.texts("a") == real(*range(8))
    assert sorted(path.name for path in house.state.recordings.iterdir()) == [
        "a.json", "a.mp4", "a.vtt", "b.growing.mp4", "b.json",
    ]  # fmt: skip


def test_recordings_are_kept_as_long_as_asked_and_no_longer(tmp_path: Path) -> None:
    house = Archives(tmp_path, keep_s=3600)
    house.slot(0, "a")
    house.slot(16 * 8, "b")
    house.publish(12)
    house.turns()
    ended_ns = GRID.instant_ns(N + 16 * 8)

    assert too_old([house.sheets()["a"]], GRID, ended_ns) == []
    house.clock.set(ended_ns + 3599 * NS)
    house.turns()
    assert "a" in house.sheets()
    size = house.sheets()["a"].bytes
    house.clock.set(ended_ns + 3661 * NS)
    house.turns()
    assert list(house.sheets()) == ["b"]
    assert not (house.state.recordings / "a.mp4").exists()
    told = house.writer.facts()
    assert (told["removed"], told["removed_last"]) == (1, ["a"])
    assert told["removed_bytes"] == size > 0


def test_what_was_set_aside_as_damaged_is_kept_no_longer_than_a_recording(tmp_path: Path) -> None:
    house = Archives(tmp_path, keep_s=3600)
    house.slot(0, "a")
    house.publish(4)
    for name, age_s in (("old", 3601), ("new", 3500)):
        aside = house.state.recordings / f"{name}.damaged"
        aside.write_bytes(b"a patient")
        at_ns = house.clock.now_ns() - age_s * NS
        os.utime(aside, ns=(at_ns, at_ns))

    house.archive.make_room()
    house.clock.set(house.clock.now_ns() + 61 * NS)
    house.turns()

    assert not (house.state.recordings / "old.damaged").exists()
    assert (house.state.recordings / "new.damaged").exists()
    assert house.writer.facts()["removed_last"] == ["old.damaged"]


def test_the_end_of_the_stream_closes_what_is_on_air(house: Archives) -> None:
    house.slot(0, "a")
    house.writer.stop(K + 8)
    house.publish(8)
    house.turns()

    assert house.sheets()["a"].state == CLOSED
    assert house.texts("a") == real(*range(8))


def test_one_that_there_is_no_room_to_finish_waits_and_plays_as_it_is(house: Archives) -> None:
    house.slot(0, "a")
    house.publish(8)
    house.archive.close(
        replace(house.sheets()["a"], state=CLOSING, to_n=N + 128, bytes=1 << 60), ()
    )
    house.archive.finish_a_slice()

    assert house.archive.missing_bytes > 1 << 59
    assert house.archive.waiting == 1
    assert not house.archive.can_finish
    assert house.texts("a") == real(*range(8))


def test_a_full_disk_still_lets_go_of_what_is_too_old(house: Archives) -> None:
    house.slot(0, "a")
    house.slot(16 * 8, "b")
    house.publish(12)
    house.turns()
    house.clock.set(GRID.instant_ns(N) + int(2 * DAY_S) * NS)
    house.writer.make_room()

    assert list(house.sheets()) == ["b"]


def test_a_file_that_was_damaged_is_set_aside_and_the_others_are_finished(house: Archives) -> None:
    house.slot(0, "a")
    house.slot(16 * 4, "b")
    house.slot(16 * 8, "c")
    house.publish(8)
    house.archive.make_room()
    (house.state.recordings / "a.mp4").unlink(missing_ok=True)
    house.archive.put(replace(house.sheets()["a"], state=CLOSING))
    (house.state.recordings / "a.growing.mp4").write_bytes(b"somebody wrote this")
    house.publish(4)
    house.turns(8)

    assert (house.state.recordings / "a.damaged").read_bytes() == b"somebody wrote this"
    assert {name: sheet.state for name, sheet in house.sheets().items()} == {
        "b": CLOSED, "c": GROWING,
    }  # fmt: skip


def test_a_damaged_file_that_may_hold_what_is_taken_back_is_deleted(house: Archives) -> None:
    """The act is at frame N of this clock, and takes back from there on."""
    house.slot(0, "a")
    house.publish(8)
    for name, after_s in (("before", -90), ("there", 0), ("later", 90)):
        aside = house.state.recordings / f"{name}.damaged"
        aside.write_bytes(b"a patient")
        at_ns = GRID.instant_ns(N) + after_s * NS
        os.utime(aside, ns=(at_ns, at_ns))

    house.take_back(0, 3)

    left = sorted(path.name for path in house.state.recordings.glob("*.damaged"))
    assert left == ["before.damaged", "later.damaged"]


def test_one_that_cannot_be_finished_is_not_even_set_aside_if_some_of_it_was_taken_back(
    house: Archives,
) -> None:
    house.slot(0, "a")
    house.slot(16 * 4, "b")
    house.publish(8)
    house.take_back(1, 2)
    (house.state.recordings / "a.mp4").unlink(missing_ok=True)
    house.archive.put(replace(house.sheets()["a"], state=CLOSING))
    (house.state.recordings / "a.growing.mp4").write_bytes(b"somebody wrote this")
    house.publish(4)
    house.turns(8)

    assert not list(house.state.recordings.glob("a.*"))
    assert "a" not in house.sheets()


def test_a_slot_of_which_nothing_is_left_is_still_a_file(house: Archives) -> None:
    house.slot(0, "a")
    house.publish(4)
    house.take_back(0, 3)
    house.slot(1, "b")
    house.decide(house.k - 1)
    house.turns()

    assert house.sheets()["a"].state == CLOSED
    assert house.texts("a") == ["slate 0"]
