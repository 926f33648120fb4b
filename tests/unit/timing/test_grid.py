"""The grid: what every number in the program hangs on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.timing import NS, Grid

grids = st.sampled_from([Grid.standard(25), Grid.standard(30)])
frames = st.integers(min_value=0, max_value=200_000_000_000)


@given(grid=grids, n=frames)
def test_a_frame_begins_at_its_instant_and_not_a_nanosecond_earlier(grid: Grid, n: int) -> None:
    assert grid.frame_at(grid.instant_ns(n)) == n
    assert grid.frame_at(grid.instant_ns(n + 1) - 1) == n


@given(grid=grids, n=frames)
def test_parts_tile_a_segment_exactly(grid: Grid, n: int) -> None:
    k = grid.part_of(n)
    assert grid.first_frame(k) <= n < grid.first_frame(k + 1)
    assert grid.part(grid.msn_of(k), grid.index_of(k)) == k
    assert 0 <= grid.index_of(k) < grid.parts_per_segment


@given(grid=grids, n=frames)
def test_picture_and_sound_of_a_part_begin_at_the_same_instant(grid: Grid, n: int) -> None:
    k = grid.part_of(n)
    assert grid.video_tfdt(k) * 48_000 == grid.audio_tfdt(k) * 90_000
    assert grid.audio_tfdt(k + 1) - grid.audio_tfdt(k) == grid.aac_per_part * 1024


def test_thirty_frames_a_second_cut_every_sixteen_pictures_and_twenty_five_aac_frames() -> None:
    grid = Grid.standard(30)
    assert (grid.aac_per_part, grid.parts_per_segment) == (25, 4)
    assert grid.part_s == pytest.approx(0.5333, abs=1e-4)
    assert grid.segment_s == pytest.approx(2.1333, abs=1e-4)


def test_twenty_five_frames_a_second_cut_every_sixteen_pictures_and_thirty_aac_frames() -> None:
    grid = Grid.standard(25)
    assert (grid.aac_per_part, grid.parts_per_segment) == (30, 3)
    assert grid.segment_s == 1.92


def test_a_rate_whose_sound_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="use 25 or 30"):
        Grid.standard(29)
    with pytest.raises(ValueError, match="whole number of AAC frames"):
        Grid(30, 15, 60)
    with pytest.raises(ValueError, match="whole number of parts"):
        Grid(30, 16, 60)


def test_a_frame_has_an_exact_utc_instant_far_from_the_epoch() -> None:
    grid = Grid.standard(30)
    opening = datetime(2026, 10, 24, 10, 0, tzinfo=UTC)
    n = int(opening.timestamp()) * 30
    assert grid.utc(n) == opening
    assert grid.utc(n + 15).microsecond == 500_000
    assert grid.instant_ns(n) == int(opening.timestamp()) * NS
