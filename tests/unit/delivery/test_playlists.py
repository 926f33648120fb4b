"""Playlists as text, rule by rule (draft-pantos-hls-rfc8216bis-22), and as golden files."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from orchestrator.delivery.iframes import IFrame, iframe_bytes, render_iframes
from orchestrator.delivery.playlists import (
    DateRange,
    IFrameVariant,
    MediaPlaylist,
    Part,
    Segment,
    Shape,
    Skip,
    Sound,
    Variant,
    render_multivariant,
)
from orchestrator.media.boxes import Sample, write_part
from orchestrator.timing.grid import Grid

GOLDEN = Path(__file__).parents[2] / "golden" / "playlists"
GRID = Grid.standard(30)
PPS = GRID.parts_per_segment
SHAPE = Shape(Fraction(16, 30), Fraction(64, 30))
FIRST = 841_637_000
SURGERY = DateRange(
    "london-case@53864768000",
    "slot",
    GRID.utc(FIRST * 64),
    'Case 7: "the knee"\nlive',
    GRID.utc(FIRST * 64 + 64),
)
SOUND = Sound("a/live.m3u8", "en", 128_000, 160_000, "mp4a.40.2")
PANEL = DateRange("panel@53864768064", "slot", GRID.utc(FIRST * 64 + 64), "Round table")


def _segment(msn: int, parts: int = PPS, tag: str = "") -> Segment:
    return Segment(
        msn,
        GRID.utc(msn * 64),
        tuple(Part(f"{msn}.{i}{tag}.m4s", i == 0) for i in range(parts)),
        f"{msn}{tag}.m4s" if parts == PPS else "",
    )


def _playlist(whole: int, growing: int = 0) -> MediaPlaylist:
    segments = [_segment(FIRST + i) for i in range(whole)]
    if growing:
        segments.append(_segment(FIRST + whole, growing))
    last = FIRST + whole
    return MediaPlaylist(
        SHAPE,
        segments,
        hint=f"{last}.{growing}.m4s",
        reports=("../360p/live.m3u8", "../a/live.m3u8"),
        dateranges=(SURGERY, PANEL),
    )


def _value(text: str, tag: str, name: str) -> float:
    found = re.search(rf"#{tag}:.*?\b{name}=([\d.]+)", text)
    assert found, (tag, name)
    return float(found[1])


def _golden(name: str, text: str) -> None:
    path = GOLDEN / name
    assert text == path.read_text(), f"compare with {path}"


def test_a_whole_playlist_is_the_golden_one() -> None:
    _golden("media.m3u8", _playlist(7, 2).render())


def test_a_delta_update_is_the_golden_one() -> None:
    boundary = SURGERY.changed + timedelta(milliseconds=1)
    skip = Skip(3, boundary, ("talk@1", "break@2"))
    later = DateRange("wrap@5", "slot", boundary + timedelta(seconds=9), "Wrap")
    playlist = replace(_playlist(9, 1), skip=skip, dateranges=(SURGERY, later))

    _golden("delta.m3u8", playlist.render())


def test_an_ended_playlist_is_the_golden_one() -> None:
    _golden("ended.m3u8", replace(_playlist(3), has_ended=True).render())


def test_a_multivariant_playlist_is_the_golden_one() -> None:
    sd = Variant("480p/live.m3u8", 854, 480, 30, 1_328_000, 1_660_000, "avc1.4d401f,mp4a.40.2")
    hd = Variant("720p/live.m3u8", 1280, 720, 30, 3_128_000, 3_910_000, "avc1.4d401f,mp4a.40.2")

    stills = IFrameVariant("720p/iframes.m3u8", 1280, 720, 350_000, 1_406_250, "avc1.4d401f")
    small = IFrameVariant("480p/iframes.m3u8", 854, 480, 140_000, 562_500, "avc1.4d401f")

    _golden("index.m3u8", render_multivariant([sd, hd], SOUND, [stills, small]))


def test_an_iframe_playlist_is_the_golden_one() -> None:
    sizes = (31_044, 1, 28_112)
    frames = [
        IFrame(FIRST + i, GRID.utc((FIRST + i) * 64), f"{FIRST + i}.m4s", size)
        for i, size in enumerate(sizes)
    ]

    _golden("iframes.m3u8", render_iframes(SHAPE, frames, has_ended=True))


def test_an_iframe_ends_with_the_first_sample_of_its_part() -> None:
    idr, rest = Sample(b"i" * 900, 3000, True), Sample(b"p" * 50, 3000, False)
    part = write_part(1, 1, 0, [idr, *[rest] * 15])

    size = iframe_bytes(part[:700])

    assert part[:size].endswith(b"i")
    assert part[size:] == rest.payload * 15
    with pytest.raises(ValueError, match="IDR"):
        iframe_bytes(write_part(1, 1, 0, [rest, idr]))


@pytest.mark.parametrize("grid", [Grid.standard(30), Grid.standard(25)])
def test_the_server_control_attributes_obey_their_minima(grid: Grid) -> None:
    """HOLD-BACK >= 3 target durations; PART-HOLD-BACK >= 3 part targets; CAN-SKIP-UNTIL >= 6 TD."""
    shape = Shape(Fraction(grid.part_frames, grid.fps), Fraction(grid.segment_frames, grid.fps))
    text = "\n".join(shape.head())
    part_target = _value(text, "EXT-X-PART-INF", "PART-TARGET")

    assert _value(text, "EXT-X-SERVER-CONTROL", "[^-]HOLD-BACK") >= 3 * shape.target_s
    assert _value(text, "EXT-X-SERVER-CONTROL", "PART-HOLD-BACK") >= 3 * part_target
    assert _value(text, "EXT-X-SERVER-CONTROL", "CAN-SKIP-UNTIL") >= 6 * shape.target_s
    assert "CAN-BLOCK-RELOAD=YES" in text
    assert round(grid.segment_s) <= shape.target_s


@pytest.mark.parametrize("grid", [Grid.standard(30), Grid.standard(25)])
def test_no_part_is_longer_than_the_part_target_nor_shorter_than_85_percent(grid: Grid) -> None:
    """The duration of a Partial Segment MUST be <= the Part Target Duration, and at least 85 %."""
    shape = Shape(Fraction(grid.part_frames, grid.fps), Fraction(grid.segment_frames, grid.fps))
    text = replace(_playlist(3, 1), shape=shape).render()

    for duration in re.findall(r"PART:DURATION=([\d.]+)", text):
        assert 0.85 * float(shape.part_target) <= float(duration) <= float(shape.part_target)


@pytest.mark.parametrize("grid", [Grid.standard(30), Grid.standard(25)])
def test_lengths_added_up_over_a_day_neither_fall_behind_the_time_stamps_nor_run_off(
    grid: Grid,
) -> None:
    """shaka moves its time stamps, and loses pictures, when they fall behind or gain 2 ms."""
    shape = Shape(Fraction(grid.part_frames, grid.fps), Fraction(grid.segment_frames, grid.fps))
    text = replace(_playlist(3, 1), shape=shape).render()
    parts = {Fraction(s) for s in re.findall(r"PART:DURATION=([\d.]+)", text)}
    segments = {Fraction(s) for s in re.findall(r"EXTINF:([\d.]+)", text)}

    assert all(0 <= part - shape.part_s < Fraction(1, 10**6) for part in parts)
    assert all(0 <= s - shape.segment_s < Fraction(1, 10**9) for s in segments)
    assert max(segments) * 86400 / shape.segment_s - 86400 < Fraction(2, 1000)


@pytest.mark.parametrize("growing", [0, 1, 2, 3])
def test_parts_are_not_kept_beyond_three_target_durations(growing: int) -> None:
    """Servers SHOULD remove EXT-X-PART tags further than three target durations from the end."""
    text = _playlist(9, growing).render()
    parts = re.findall(r"EXT-X-PART:", text)

    assert len(parts) * Fraction(16, 30) <= 3 * SHAPE.target_s
    assert len(parts) >= PPS


def test_parts_come_before_the_segment_they_make_up() -> None:
    """Partial Segments precede the EXTINF of their parent; the date precedes the first part."""
    lines = _playlist(2).render().splitlines()
    at = lines.index(f'#EXT-X-PART:DURATION=0.533334,URI="{FIRST + 1}.0.m4s",INDEPENDENT=YES')

    assert lines[at - 1].startswith("#EXT-X-PROGRAM-DATE-TIME")
    assert lines[at + PPS : at + PPS + 2] == ["#EXTINF:2.133333334,", f"{FIRST + 1}.m4s"]


def test_the_hint_names_the_next_part_and_nothing_follows_an_end() -> None:
    """A server MUST NOT add a hint to a playlist that contains the EXT-X-ENDLIST tag."""
    assert f'HINT:TYPE=PART,URI="{FIRST + 2}.1.m4s"' in _playlist(2, 1).render()
    ended = replace(_playlist(2), has_ended=True).render()
    assert "HINT" not in ended
    assert "EXT-X-PART:" not in ended
    assert ended.endswith("#EXT-X-ENDLIST\n")


def test_there_is_a_report_for_every_other_rendition_at_the_same_part() -> None:
    """LAST-MSN and LAST-PART are those of the last Partial Segment of that playlist."""
    text = _playlist(4, 2).render()

    assert re.findall(r'REPORT:URI="(.*?)",LAST-MSN=(\d+),LAST-PART=(\d+)', text) == [
        ("../360p/live.m3u8", str(FIRST + 4), "1"),
        ("../a/live.m3u8", str(FIRST + 4), "1"),
    ]


def test_program_date_times_are_those_of_the_grid() -> None:
    """PDT stands before every segment and advances by the segment's length."""
    dates = re.findall(r"PROGRAM-DATE-TIME:(\S+)Z", _playlist(7).render())
    stamps = [datetime.fromisoformat(d).replace(tzinfo=UTC).timestamp() for d in dates]

    assert len(stamps) == 7
    assert stamps == pytest.approx([(FIRST + i) * 64 / 30 for i in range(7)], abs=0.001)


def test_a_title_cannot_break_out_of_its_quoted_string() -> None:
    text = _playlist(1).render()

    assert 'X-TITLE="Case 7: ″the knee″ live"' in text
