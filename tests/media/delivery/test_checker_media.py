"""The checker's rules for bytes, on parts that were encoded for the purpose, good and bad."""

from __future__ import annotations

import pytest
from fakestream.encode import encode_video, programme_picture
from hlscheck.m3u8 import Part, Segment
from hlscheck.media import Track

from orchestrator.media.boxes import restamp
from orchestrator.media.house import House

pytestmark = pytest.mark.media

HOUSE = House.of(320, 180, 30, ("180p",))
GRID = HOUSE.grid
K = GRID.part(1000, 0)
INIT, PARTS = encode_video(HOUSE.ladder[0], GRID, programme_picture, 0)


def _segment(msn: int = 1000) -> Segment:
    parts = [Part(f"{msn}.{i}.m4s", 0.533334, i == 0, {}) for i in range(4)]
    return Segment(msn, parts, f"{msn}.m4s", 2.133333334, 1_600_000_000 + msn * 64 / 30)


def _rules(bodies: list[bytes], segment: Segment, joined: bytes | None = None) -> set[str]:
    track = Track("180p", INIT, is_audio=False)
    found = set()
    for i, body in enumerate(bodies):
        found |= {f.rule for f in track.part(segment, i, segment.parts[i], body)}
    track.end_segment(segment.msn)
    joined = b"".join(bodies) if joined is None else joined
    return found | {f.rule for f in track.segment(segment, joined, 500_000)}


def _good() -> list[bytes]:
    return [restamp(part, GRID.video_tfdt(K + i), K + i) for i, part in enumerate(PARTS)]


def test_good_parts_have_no_findings() -> None:
    assert _rules(_good(), _segment()) == set()


def test_a_jump_of_time_stamps_is_found() -> None:
    bodies = _good()
    bodies[2] = restamp(bodies[2], GRID.video_tfdt(K + 2) + 1, 0)

    assert "tfdt" in _rules(bodies, _segment())


def test_a_wrong_independent_flag_is_found() -> None:
    segment = _segment()
    segment.parts[1].is_independent = True

    assert "independent" in _rules(_good(), segment)


def test_a_segment_that_begins_without_an_idr_is_found() -> None:
    bodies = _good()

    assert "independent-segments" in _rules([bodies[1], *bodies[1:]], _segment())


def test_a_duration_that_is_not_true_is_found() -> None:
    segment = _segment()
    segment.parts[3].duration = 0.5

    assert "part-duration" in _rules(_good(), segment)


@pytest.mark.parametrize("what", ["part", "segment"])
def test_lengths_that_were_rounded_down_are_found(what: str) -> None:
    segment = _segment()
    if what == "part":
        segment.parts[1].duration = 0.533333
    else:
        segment.duration = 2.133333

    assert _rules(_good(), segment) == {"drift"}


def test_a_segment_that_is_not_its_parts_is_found() -> None:
    assert "parts-segment" in _rules(_good(), _segment(), joined=b"".join(_good()[:3]))


def test_a_segment_above_its_peak_rate_is_found() -> None:
    bodies = _good()
    blown = b"".join(bodies) + bytes(1_000_000)

    assert "bandwidth (1.29)" in _rules(bodies, _segment(), joined=blown)


def test_cut_boxes_are_found() -> None:
    bodies = _good()
    bodies[1] = bodies[1][:-3]

    assert "boxes" in _rules(bodies, _segment())


def test_dates_that_drift_from_the_time_stamps_are_found() -> None:
    track = Track("180p", INIT, is_audio=False)
    early, late = _segment(1000), _segment(1001)
    late.date = (late.date or 0) + 0.1
    first = list(track.part(early, 0, early.parts[0], _good()[0]))
    body = restamp(PARTS[0], GRID.video_tfdt(K + 4), K + 4)

    assert first == []
    assert "date-media" in {f.rule for f in track.part(late, 0, late.parts[0], body)}


def test_an_init_segment_that_changes_is_found() -> None:
    track = Track("180p", INIT, is_audio=False)

    assert list(track.check_init(INIT)) == []
    assert [f.rule for f in track.check_init(INIT + b"\0")] == ["init"]
