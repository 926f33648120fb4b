"""Days on which the clocks change, and zones off the full hour."""

from __future__ import annotations

from typing import Any

import pytest
from plannedday import FPS, M, errors, times

from orchestrator.rundown.instants import local
from orchestrator.rundown.plan import Shift
from orchestrator.rundown.resolve import resolve


def test_a_local_time_that_happens_twice_is_refused_with_both_offsets(build: Any) -> None:
    plan = build.day(build.slot("clocks", 30, at=build.clock("02:30")), last=24 * 60)

    assert errors(plan) == [
        "day.yaml:0  clocks › start: 02:30 happens twice in Europe/Paris on 25 Oct 2026 "
        "(clocks go back).   Write 2026-10-25 02:30+02:00 (first) or +01:00 (second)."
    ]


def test_a_local_time_that_does_not_exist_is_refused_with_its_neighbours(build: Any) -> None:
    plan = build.day(
        build.slot("night", 30, at=build.clock("02:30")), start="2026-03-28 20:00", last=600
    )

    assert errors(plan) == [
        "day.yaml:0  night › start: 02:30 does not exist in Europe/Paris on 29 Mar 2026 "
        "(clocks go forward).   "
        "Write 2026-03-29 01:30+01:00 (before) or 03:30+02:00 (after)."
    ]


@pytest.mark.parametrize(("offset_h", "minutes"), [(2, 14.5 * 60), (1, 15.5 * 60)])
def test_with_an_offset_written_the_hour_that_happens_twice_is_two(
    build: Any, offset_h: int, minutes: float
) -> None:
    at = build.clock("2026-10-25 02:30", utc_offset_s=offset_h * 3600)
    before = build.slot("a", 14 * 60, shrink=600)
    plan = build.day(before, build.slot("b", 30, at=at), last=24 * 60)
    day, _, _ = resolve(plan)

    assert day is not None
    assert (day.slots[1].start_n - day.start_n) / M == minutes
    assert local(day.slots[1].start_n, FPS, "Europe/Paris").strftime("%H:%M") == "02:30"


@pytest.mark.parametrize(
    ("start", "ends"), [("2026-10-24 12:00", "11:00"), ("2026-03-28 12:00", "13:00")]
)
def test_twenty_four_hours_are_twenty_four_hours_whatever_the_clocks_do(
    build: Any, start: str, ends: str
) -> None:
    plan = build.day(build.slot("a", 24 * 60), start=start, last=24 * 60)
    day, _, _ = resolve(plan)

    assert day is not None
    assert day.end_n - day.start_n == 24 * 60 * M
    assert local(day.end_n, FPS, "Europe/Paris").strftime("%H:%M") == ends


def test_the_events_own_start_may_not_be_ambiguous(build: Any) -> None:
    plan = build.day(build.slot("a", 60), start="2026-10-25 02:15")

    [error] = errors(plan)

    assert "event › start: 02:15 happens twice" in error


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_zones_off_the_full_hour_are_placed_to_the_minute(build: Any, zone: str) -> None:
    plan = build.day(
        build.slot("a", 30), build.slot("b", 30, at=build.clock("12:30", zone)), zone=zone
    )

    assert times(plan) == ["a 0-30", "b 30-60"]


def test_shifts_follow_one_another_through_midnight(build: Any) -> None:
    shifts = (
        Shift(build.clock("12:00"), build.clock("21:30"), "tom"),
        Shift(build.clock("21:30"), build.clock("06:05"), "mei", "jo"),
    )
    day, _, _ = resolve(build.day(build.slot("a", 24 * 60), last=24 * 60, shifts=shifts))

    assert day is not None
    hours = [
        ((s.start_n - day.start_n) / M / 60, (s.end_n - day.start_n) / M / 60) for s in day.shifts
    ]
    assert hours == [(0, 9.5), (9.5, 19 + 5 / 60)]


def test_a_shift_at_an_hour_that_happens_twice_is_an_error(build: Any) -> None:
    shifts = (Shift(build.clock("12:00"), build.clock("02:40"), "tom"),)

    [error] = errors(build.day(build.slot("a", 24 * 60), last=24 * 60, shifts=shifts))

    assert "shifts › 1 › to: 02:40 happens twice" in error
