"""`--start`: the day is moved as a whole, once, and is a rehearsal from then on (R6)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.errors import ConfigError
from orchestrator.rundown.plan import Shift
from orchestrator.rundown.rebase import rebase
from orchestrator.rundown.resolve import resolve
from orchestrator.timing import NS, Grid

GRID = Grid.standard(30)
M = 60 * 30


def ns(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * NS


NOW = ns("2026-11-24 09:00:07")


@pytest.fixture
def plan(build: Any) -> Any:
    return build.day(
        build.slot("a", 20, grow=20),
        build.slot("b", 30, at=build.clock("12:30"), slip=5),
        shifts=(Shift(build.clock("12:00"), build.clock("12:50"), "tom"),),
    )


def test_now_is_the_first_whole_segment_at_least_fifteen_seconds_ahead(plan: Any) -> None:
    start_n = rebase(plan, "now", NOW, GRID).start_n

    assert GRID.starts_segment(start_n)
    ahead = start_n - GRID.frame_at(NOW)
    assert 15 * 30 <= ahead < 15 * 30 + GRID.segment_frames


def test_a_wait_is_counted_from_now_and_ends_on_a_segment(plan: Any) -> None:
    start_n = rebase(plan, "+1h10m5s", NOW, GRID).start_n

    assert GRID.starts_segment(start_n)
    ahead = start_n - GRID.frame_at(NOW)
    assert 0 <= ahead - (70 * 60 + 5) * 30 < GRID.segment_frames


@pytest.mark.parametrize(
    ("text", "starts"),
    [("14:00", "2026-11-24 13:00:00"), ("09:30", "2026-11-25 08:30:00")],
)
def test_a_clock_time_is_the_next_one_in_the_events_zone(plan: Any, text: str, starts: str) -> None:
    assert rebase(plan, text, NOW, GRID).start_n == GRID.frame_at(ns(starts))


@pytest.mark.parametrize("text", ["soon", "+", "25:00", "12:61", "2026-10-24", ""])
def test_what_is_no_start_is_refused_with_what_to_write(plan: Any, text: str) -> None:
    with pytest.raises(ConfigError, match=r"Write now, 14:00 or \+10m"):
        rebase(plan, text, NOW, GRID)


def test_a_start_in_the_hour_that_happens_twice_is_refused(plan: Any) -> None:
    with pytest.raises(ConfigError, match="happens twice"):
        rebase(plan, "02:30", ns("2026-10-24 22:00:00"), GRID)


def test_everything_keeps_its_distance_and_it_is_a_rehearsal(plan: Any) -> None:
    written, _, _ = resolve(plan)
    start = rebase(plan, "now", NOW, GRID)
    moved, problems, _ = resolve(plan, start=start, version=3)

    assert written is not None
    assert moved is not None
    assert problems == ()
    by = start.start_n - written.start_n
    assert moved.start_n == start.start_n
    assert moved.end_n == written.end_n + by
    for before, after in zip(written.slots, moved.slots, strict=True):
        assert (after.start_n, after.end_n) == (before.start_n + by, before.end_n + by)
        assert after.latest_n == (None if before.latest_n is None else before.latest_n + by)
    assert moved.shifts[0].end_n == written.shifts[0].end_n + by
    assert (written.is_rehearsal, moved.is_rehearsal) == (False, True)
    assert (written.version, moved.version) == (1, 3)
