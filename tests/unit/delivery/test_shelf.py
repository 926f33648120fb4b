"""What the origin holds: contiguous columns, their names, and what a look-back does to both."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.bus.decisions import REAL, Column, SafetyAct
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery.blocking import SkipKind
from orchestrator.delivery.guide import Guide
from orchestrator.delivery.publictree import PublicTree
from orchestrator.delivery.rendered import Playlists
from orchestrator.delivery.safety import Span, redaction
from orchestrator.delivery.shelf import NotThereYet, Shelf
from orchestrator.delivery.stream import Stream
from orchestrator.errors import StartError
from orchestrator.media.boxes import (
    Sample,
    is_whole_part,
    read_part,
    timed_samples,
    write_part,
)

FACTS = {
    "event": "e", "fps": 30, "part_frames": 16, "segment_frames": 64, "width": 320, "height": 180,
    "ladder": ["180p"], "tracks": ["180p", "a"], "delay_frames": 0, "audiences": ["open"],
    "public_audience": "open", "feeds": [], "clips": False, "window_s": 60,
}  # fmt: skip
FIRST = 4 * 1_000_000


class Fixture:
    """A public tree that a pretended gate writes, and the shelf that reads it."""

    def __init__(self, folder: Path) -> None:
        self.tree = LiveTree(folder)
        self.tree.processes.write_text(json.dumps(FACTS))
        self.stream = Stream.read(self.tree.processes)
        self.slate = {
            (track, j): write_part(0, 1, 0, [Sample(b"slate%d" % j, 48_000, j == 0)])
            for track in ("180p", "a")
            for j in range(4)
        }
        self.public = PublicTree(self.tree, self.stream, "open", self.slate)
        self.shelf = Shelf(self.tree, self.stream, self.slate)

    def real(self, k: int, *, link: bool = True) -> Column:
        for track in ("180p", "a"):
            path = self.tree.spool_part(self.stream.grid, track, k)
            path.parent.mkdir(parents=True, exist_ok=True)
            tfdt = self.stream.tfdt(track, k)
            path.write_bytes(write_part(k, 1, tfdt, [Sample(b"real%d" % k, 48_000, k % 4 == 0)]))
        independent = {"a"} | ({"180p"} if k % 4 == 0 else set())
        column = Column(k, {"180p": REAL, "a": REAL}, frozenset(independent))
        if link:
            self.public.publish(column)
        return column

    def write_slate(self, act: SafetyAct, earlier: list[Span]) -> None:
        """What the gate does after an act with a look-back."""
        assert act.redacted is not None
        for k, j in redaction(act.redacted, earlier, 4).items():
            self.public.redact(k, j, act.tag)

    def damage(self, track: str, k: int, content: bytes = b"\xff" * 5000) -> None:
        """It lies there already when the gate comes to link its part."""
        path = self.tree.public_part(self.stream.grid, "open", track, k)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def served(self, track: str, k: int) -> str:
        """What a part shows, once it is seen to be at its own time."""
        part = self.shelf.part(track, k)
        assert part is not None
        assert is_whole_part(part, self.stream.tfdt(track, k))
        return bytes(next(timed_samples(part)).payload).decode()

    def fill(self, count: int) -> None:
        for k in range(FIRST, FIRST + count):
            self.shelf.add(self.real(k))

    def playlist(self, skip: SkipKind = "") -> str:
        guide = Guide(self.tree, self.stream.grid, lambda *_: ())
        codecs = {"180p": "avc1", "a": "mp4a"}
        playlists = Playlists(self.stream, self.shelf, guide, codecs, "en")
        return playlists.media("180p", skip).plain.decode()


@pytest.fixture
def at(tmp_path: Path) -> Fixture:
    return Fixture(tmp_path)


def _privacy(first: int, last: int, at_ns: int = 7_000_000) -> SafetyAct:
    return SafetyAct("privacy", last + 1, at_ns, "tom", redacted=(first, last))


def test_a_column_is_taken_when_its_files_are_there_and_only_once(at: Fixture) -> None:
    decided = at.real(FIRST, link=False)
    with pytest.raises(NotThereYet):
        at.shelf.add(decided)
    at.public.publish(decided)

    assert at.shelf.add(decided) is True
    assert at.shelf.add(decided) is False
    part = at.shelf.part("180p", FIRST)
    assert part is not None
    assert read_part(part).tfdt == at.stream.grid.video_tfdt(FIRST)


def test_a_slot_that_is_not_for_hls_is_read_from_its_own_folder(at: Fixture) -> None:
    decided = at.real(FIRST)
    barred = replace(decided, hls_tracks={"180p": 0, "a": 0}, hls_independent=decided.independent)
    PublicTree(at.tree, at.stream, "open.hls", at.slate).publish(barred.for_hls())

    at.shelf.add(barred.for_hls())
    taken = at.shelf.part("180p", FIRST)
    at.shelf.redact(_privacy(FIRST, FIRST))

    assert taken is not None
    assert taken.endswith(b"slate0")
    assert read_part(taken).tfdt == at.stream.grid.video_tfdt(FIRST)
    assert b"real" not in (at.shelf.part("180p", FIRST) or b"")


def test_there_is_a_segment_once_four_parts_from_its_start_are_there(at: Fixture) -> None:
    for k in range(FIRST + 1, FIRST + 8):
        assert not at.shelf.has_segment
        at.shelf.add(at.real(k))

    assert at.shelf.has_segment
    segment = at.shelf.segment("180p", FIRST // 4 + 1)
    assert segment is not None
    assert segment.count(b"moof") == 4
    assert at.shelf.segment("180p", FIRST // 4) is None


def test_parts_behind_the_edge_are_read_again_and_behind_the_window_forgotten(at: Fixture) -> None:
    at.fill(200)

    assert at.shelf.first_k == at.shelf.last_k - at.stream.window_parts
    assert at.shelf.part("a", at.shelf.first_k) is not None
    assert at.shelf.part("a", at.shelf.first_k - 1) is None


def test_a_hole_begins_a_new_history(at: Fixture) -> None:
    at.fill(4)
    at.shelf.add(at.real(FIRST + 400))

    assert (at.shelf.first_k, at.shelf.last_k) == (FIRST + 400, FIRST + 400)
    assert at.shelf.part("a", FIRST) is None


def test_a_restarted_origin_begins_where_the_files_begin(at: Fixture) -> None:
    columns = [at.real(k) for k in range(FIRST, FIRST + 12)]
    for k in range(FIRST, FIRST + 5):
        for track in ("180p", "a"):
            at.tree.public_part(at.stream.grid, "open", track, k).unlink()
    for column in columns:
        at.shelf.add(column, is_newest=column is columns[-1])
    at.shelf.drop_missing()

    assert at.shelf.first_k == FIRST + 5


def test_what_was_taken_back_counts_as_there_before_its_slate_is_written(at: Fixture) -> None:
    columns = [at.real(k) for k in range(FIRST, FIRST + 8)]
    for k in range(FIRST, FIRST + 4):
        for track in ("180p", "a"):
            at.tree.public_part(at.stream.grid, "open", track, k).unlink()
    for column in columns:
        at.shelf.add(column, is_newest=column is columns[-1])
    at.shelf.redact(_privacy(FIRST + 2, FIRST + 3))
    at.shelf.drop_missing()

    assert at.shelf.first_k == FIRST + 2


def test_a_look_back_renames_parts_and_their_segments_and_nothing_else(at: Fixture) -> None:
    at.fill(16)
    act = _privacy(FIRST + 10, FIRST + 15)

    at.shelf.redact(act)
    assert at.shelf.part("180p", FIRST + 10) is None
    at.write_slate(act, [])

    part = at.shelf.part("180p", FIRST + 10)
    assert part is not None
    assert part.endswith(b"slate0")
    msn = FIRST // 4
    names = [line for line in at.playlist().splitlines() if line.endswith(".m4s")]
    assert names == [f"{msn}.m4s", f"{msn + 1}.m4s", f"{msn + 2}.r7.m4s", f"{msn + 3}.r7.m4s"]
    assert f'{msn + 2}.2.r7.m4s",INDEPENDENT=YES' in at.playlist()
    assert f'{msn + 2}.1.m4s"' in at.playlist()


def test_a_second_look_back_keeps_what_the_first_replaced_and_renames_its_segment(
    at: Fixture,
) -> None:
    at.fill(16)
    done: list[Span] = []
    for act in (
        _privacy(FIRST + 10, FIRST + 15),
        _privacy(FIRST + 8, FIRST + 15, at_ns=9_000_000),
    ):
        assert act.redacted is not None
        at.shelf.redact(act)
        at.write_slate(act, done)
        done.append(act.redacted)

    text = at.playlist()
    msn = FIRST // 4
    assert f"\n{msn + 2}.r9.m4s" in text
    assert f"\n{msn + 3}.r7.m4s" in text
    assert f'{msn + 2}.2.r7.m4s"' in text
    assert f'{msn + 2}.0.r9.m4s",INDEPENDENT=YES' in text


def test_a_delta_update_skips_only_what_lies_beyond_the_boundary(at: Fixture) -> None:
    at.fill(4 * 13)

    text = at.playlist("YES")
    skipped = int(text.split("SKIPPED-SEGMENTS=")[1].split("\n")[0])

    # twelve seconds are kept: six whole segments of 2.13 s
    assert skipped == 13 - 6
    assert text.count("#EXTINF") == 6
    assert "RECENTLY-REMOVED" not in text
    assert 'RECENTLY-REMOVED-DATERANGES=""' in at.playlist("v2")


def test_a_delta_update_never_hides_a_renamed_segment(at: Fixture) -> None:
    at.fill(4 * 13)
    act = _privacy(FIRST + 8, FIRST + 15)
    at.shelf.redact(act)
    at.write_slate(act, [])

    text = at.playlist("YES")

    assert "SKIPPED-SEGMENTS=2" in text
    assert f"\n{FIRST // 4 + 2}.r7.m4s" in text


def test_segments_that_left_the_playlist_can_still_be_fetched(at: Fixture) -> None:
    at.fill(240)
    listed = int(at.playlist().split("MEDIA-SEQUENCE:")[1].split("\n")[0])
    length = at.playlist().count("#EXTINF")

    assert length * 64 / 30 <= 60 / 2
    for msn in range(listed - length + 1, listed):
        assert at.shelf.segment("180p", msn) is not None


def test_a_process_file_that_describes_no_stream_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "processes.json"
    with pytest.raises(StartError, match="does not describe a stream"):
        Stream.read(path)
    path.write_text(json.dumps(FACTS | {"ladder": ["8k"]}))
    with pytest.raises(StartError, match='"8k" is not offered'):
        Stream.read(path)


def test_a_real_part_that_vanished_after_the_decision_is_slate(at: Fixture) -> None:
    column = at.real(FIRST, link=False)
    at.tree.spool_part(at.stream.grid, "180p", FIRST).unlink()

    at.public.publish(replace(column))

    path = at.tree.public_part(at.stream.grid, "open", "180p", FIRST)
    assert path.read_bytes().endswith(b"slate0")


def test_a_damaged_part_is_slate_until_the_next_key_picture_and_in_its_track_only(
    at: Fixture,
) -> None:
    at.damage("180p", FIRST + 5)

    at.fill(12)

    shown = [at.served("180p", k) for k in range(FIRST + 4, FIRST + 9)]
    assert shown == [f"real{FIRST + 4}", "slate0", "slate1", "slate2", f"real{FIRST + 8}"]
    assert [at.served("a", k) for k in range(FIRST + 4, FIRST + 7)] == [
        f"real{k}" for k in range(FIRST + 4, FIRST + 7)
    ]
    assert at.shelf.damaged == 1
    msn = FIRST // 4 + 1
    assert f'{msn}.1.m4s",INDEPENDENT=YES' in at.playlist()
    assert f'{msn}.2.m4s"\n' in at.playlist()
    segment = at.shelf.segment("180p", msn)
    assert segment is not None
    assert (segment.count(b"slate"), segment.count(b"real")) == (3, 1)


def test_damaged_sound_costs_that_part_of_the_sound(at: Fixture) -> None:
    at.damage("a", FIRST + 5, b"\0\0\0\x18moof\0\0\0\x10mfhd")

    at.fill(8)

    assert [at.served("a", k) for k in range(FIRST + 4, FIRST + 7)] == [
        f"real{FIRST + 4}",
        "slate0",
        f"real{FIRST + 6}",
    ]
    assert at.served("180p", FIRST + 5) == f"real{FIRST + 5}"


def test_damage_before_a_restart_is_served_the_same_by_the_next_origin(at: Fixture) -> None:
    columns = [at.real(k) for k in range(FIRST, FIRST + 12)]
    at.damage("180p", FIRST + 4)

    for column in columns:
        at.shelf.add(column, is_newest=column is columns[-1])

    assert [at.served("180p", k) for k in range(FIRST + 7, FIRST + 3, -1)] == [
        "slate3",
        "slate2",
        "slate1",
        "slate0",
    ]
    assert at.shelf.head("180p", FIRST + 4) == at.shelf.part("180p", FIRST + 4)
    assert at.shelf.damaged == 1


def test_what_is_damaged_after_it_was_served_is_slate_when_it_is_read_again(at: Fixture) -> None:
    at.fill(60)
    at.damage("180p", FIRST + 2)

    segment = at.shelf.segment("180p", FIRST // 4)

    assert segment is not None
    assert (segment.count(b"slate"), segment.count(b"real")) == (2, 2)
