"""The DVR's files and index: bounded, contiguous, and honest about a disk that refuses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.bus.decisions import REAL, Column, SafetyAct
from orchestrator.bus.dvr import DvrFollower, Shape, first_part, index_path, segment_path
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery.recorder.dvrwriter import DvrWriter
from orchestrator.delivery.recorder.source import Redactions, Source
from orchestrator.delivery.stream import Stream
from orchestrator.media.boxes import Sample, read_part, split_parts, write_part
from orchestrator.media.house import House
from orchestrator.timing.grid import Grid

GRID = Grid.standard(30)
G = 275_000_000
HOUSE = House.of(320, 180, 30, ("180p",))
STREAM = Stream("test", GRID, HOUSE.ladder, ("180p", "a"), 0, ("open",), "open", 60)
SHAPE = Shape("test", "abc", 30, 16, 64, STREAM.tracks)
K = first_part(SHAPE, G)
_GROUP_S = 6.4


def _part(track: str, k: int, text: bytes) -> bytes:
    duration = 16 * 3000 if track != "a" else 25 * 1024
    return write_part(k, 1, STREAM.tfdt(track, k), [Sample(text, duration, True)])


SLATE = {(t, j): _part(t, 0, b"slate %d" % j) for t in STREAM.tracks for j in range(4)}


@dataclass
class Disk:
    """A public tree in which parts appear, and a DVR that is written from it."""

    folder: Path
    length_s: float = 4 * _GROUP_S

    def __post_init__(self) -> None:
        self.tree = LiveTree(self.folder / "live")
        self.dvr = self.folder / "dvr"
        self.restart()

    def restart(self, shape: Shape = SHAPE) -> None:
        self.redactions = Redactions(4)
        self.source = Source(self.tree, STREAM, "open", SLATE, self.redactions)
        self.writer = DvrWriter(self.dvr, shape, self.source, self.length_s)
        self.writer.open()

    def publish(self, k: int, *, idr: bool | None = None) -> None:
        for track in STREAM.tracks:
            path = self.tree.public_part(GRID, "open", track, k)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_part(track, k, b"real %d" % k))
        self.decide(k, idr=idr)

    def decide(self, k: int, *, idr: bool | None = None) -> None:
        is_idr = k % 4 == 0 if idr is None else idr
        independent = frozenset(STREAM.tracks if is_idr else ("a",))
        self.source.take(Column(k, dict.fromkeys(STREAM.tracks, REAL), independent))

    def pump(self) -> None:
        while self.writer.pump():
            pass

    def groups(self, count: int, first: int = 0) -> None:
        for k in range(K + 12 * first, K + 12 * (first + count)):
            self.publish(k)
            self.pump()

    def index(self) -> dict[int, int]:
        """g (from the first of all): tag."""
        follower = DvrFollower(self.dvr)
        follower.look()
        follower.close()
        return {g - G: kept.tag for g, kept in follower.index.segments.items()}

    def texts(self, g: int, tag: int = 0, track: str = "180p") -> list[bytes]:
        parts = split_parts(segment_path(self.dvr, SHAPE, track, G + g, tag).read_bytes())
        for k, part in enumerate(parts, K + 12 * g):
            assert read_part(part).tfdt == STREAM.tfdt(track, k)
        return [part[part.index(b"mdat") + 4 :] for part in parts]

    def files(self) -> set[int]:
        return {int(path.name.split(".")[0]) - G for path in self.dvr.glob("180p/*/*.m4s")}


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


def test_three_live_segments_are_one_file_a_track(disk: Disk) -> None:
    disk.groups(2)

    assert disk.index() == {0: 0, 1: 0}
    assert disk.texts(1) == [b"real %d" % k for k in range(K + 12, K + 24)]
    assert disk.texts(0, track="a") == [b"real %d" % k for k in range(K, K + 12)]


def test_it_begins_with_the_first_whole_segment(disk: Disk) -> None:
    for k in range(K + 5, K + 36):
        disk.publish(k)
        disk.pump()

    assert list(disk.index()) == [1, 2]


def test_it_never_holds_more_than_asked_and_deletes_behind_a_margin(disk: Disk) -> None:
    disk.groups(100)
    assert list(disk.index()) == [96, 97, 98, 99]
    assert min(disk.files()) == 96 - 93  # 93 segments are ten minutes
    assert len(disk.files()) == 97

    disk.restart()
    assert len(disk.files()) == 97
    disk.groups(3, first=100)
    assert len(disk.files()) == 97


def test_folders_go_with_their_files(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.groups(100)
    hours = len(list(disk.dvr.glob("180p/*")))
    disk.groups(1, first=2000)

    assert hours <= 2
    assert list(disk.index()) == [2000]
    assert len(list(disk.dvr.glob("180p/*"))) == 1


def test_a_restart_goes_on_where_it_was_and_says_nothing_twice(disk: Disk) -> None:
    disk.groups(3)
    disk.restart()
    disk.groups(2, first=3)

    assert disk.index() == {1: 0, 2: 0, 3: 0, 4: 0}


def test_what_was_missed_is_slate_until_the_next_idr(disk: Disk) -> None:
    disk.groups(1)
    for k in range(K + 12, K + 17):
        disk.decide(k)  # decided, and gone from the window
    for k in range(K + 17, K + 25):
        disk.publish(k)
    disk.pump()

    texts = disk.texts(1)
    slate = [b"slate 0", b"slate 1", b"slate 2", b"slate 3"]
    assert texts[:8] == slate * 2
    assert texts[8:] == [b"real %d" % k for k in range(K + 20, K + 24)]


def test_a_hole_shorter_than_the_dvr_is_filled_and_a_longer_one_begins_it_anew(disk: Disk) -> None:
    disk.groups(2)
    disk.restart()
    disk.groups(1, first=4)
    assert list(disk.index()) == [1, 2, 3, 4]

    disk.restart()
    disk.groups(1, first=40)
    assert list(disk.index()) == [40]


def test_another_stream_begins_with_an_empty_folder(disk: Disk) -> None:
    disk.groups(2)
    disk.restart(Shape("test", "other", 30, 16, 64, STREAM.tracks))

    assert disk.index() == {}
    assert disk.files() == set()


def test_a_look_back_replaces_under_a_new_name(disk: Disk) -> None:
    disk.groups(3)
    act = SafetyAct("privacy", K + 36, 7_000_000, "tom", redacted=(K + 22, K + 35))
    disk.writer.redact(disk.redactions.take(act))

    assert disk.index() == {0: 0, 1: 7, 2: 7}
    assert disk.texts(1, tag=7)[9:] == [b"real %d" % (K + 21), b"slate 0", b"slate 1"]
    assert disk.texts(2, tag=7) == [b"slate %d" % (j % 4) for j in range(12)]
    for g in (1, 2):
        assert not segment_path(disk.dvr, SHAPE, "a", G + g).exists()


def test_a_look_back_reaches_what_is_written_later(disk: Disk) -> None:
    disk.groups(1)
    for k in range(K + 12, K + 20):
        disk.publish(k)
    act = SafetyAct("privacy", K + 20, 9_000_000, "tom", redacted=(K + 14, K + 19))
    disk.writer.redact(disk.redactions.take(act))
    for k in range(K + 20, K + 24):
        disk.publish(k)
    disk.pump()

    assert disk.index() == {0: 0, 1: 9}
    assert disk.texts(1, tag=9)[2:8] == [b"slate %d" % j for j in (0, 1, 0, 1, 2, 3)]


def test_a_disk_that_refuses_keeps_nothing_that_was_taken_back(disk: Disk) -> None:
    disk.groups(2)
    act = SafetyAct("privacy", K + 24, 7_000_000, "tom", redacted=(K + 20, K + 23))
    new = segment_path(disk.dvr, SHAPE, "180p", G + 1, 7)
    in_the_way = new.with_name(f".{new.name}")
    in_the_way.mkdir()

    disk.writer.redact(disk.redactions.take(act))
    assert not segment_path(disk.dvr, SHAPE, "180p", G + 1).exists()
    assert disk.writer.facts()["waiting_redactions"] == 1

    in_the_way.rmdir()
    disk.pump()
    assert disk.index() == {0: 0, 1: 7}
    assert set(disk.texts(1, tag=7)) == {b"slate 0", b"slate 1", b"slate 2", b"slate 3"}


def test_the_index_is_written_anew_when_most_of_it_is_old(disk: Disk) -> None:
    disk.groups(1100)

    lines = index_path(disk.dvr).read_bytes().splitlines()
    assert len(lines) < 2100
    assert list(disk.index()) == [1096, 1097, 1098, 1099]
