"""Rules R3, R4 and R8 worked by hand, and the sentences for what does not fit."""

from __future__ import annotations

from typing import Any

from plannedday import M, errors, times

from orchestrator.rundown.plan import Start, TimeSpec
from orchestrator.rundown.resolve import resolve

BREAK: dict[str, Any] = {"priority": 1, "shrink": 10, "grow": 20, "droppable": True}
PANEL: dict[str, Any] = {"priority": 5, "shrink": 10, "grow": 5}
TALK: dict[str, Any] = {"priority": 4, "shrink": 4, "grow": 3, "droppable": True}


def test_what_fits_stays_as_planned(build: Any) -> None:
    plan = build.day(build.slot("a", 20), build.slot("b", 40))

    assert times(plan) == ["a 0-20", "b 20-60"]


def test_too_little_makes_the_lowest_priority_grow_first(build: Any) -> None:
    plan = build.day(
        build.slot("a", 20, **PANEL), build.slot("rest", 10, **BREAK), build.slot("b", 20, **PANEL)
    )

    assert times(plan) == ["a 0-20", "rest 20-40", "b 40-60"]


def test_growth_goes_on_to_the_next_priority_when_the_lowest_is_at_its_max(build: Any) -> None:
    plan = build.day(
        build.slot("a", 15, **PANEL), build.slot("rest", 10, **BREAK), build.slot("b", 10, **PANEL)
    )

    assert times(plan) == ["a 0-18", "rest 18-48", "b 48-60"]


def test_too_much_makes_the_lowest_priority_shrink_first(build: Any) -> None:
    plan = build.day(
        build.slot("a", 30, **PANEL), build.slot("rest", 10, **BREAK), build.slot("b", 28, **PANEL)
    )

    assert times(plan) == ["a 0-30", "rest 30-32", "b 32-60"]


def test_equals_shrink_in_proportion_to_their_room(build: Any) -> None:
    plan = build.day(build.slot("a", 40, shrink=20), build.slot("b", 26, shrink=10))

    assert times(plan) == ["a 0-36", "b 36-60"]


def test_a_slot_can_be_squeezed_to_nothing_if_it_says_so(build: Any) -> None:
    plan = build.day(build.slot("a", 60), build.slot("rest", 10, **BREAK))

    assert times(plan) == ["a 0-60", "rest 60-60"]


def test_each_window_between_hard_starts_is_shared_by_itself(build: Any) -> None:
    plan = build.day(
        build.slot("a", 20, **PANEL),
        build.slot("b", 10, at=build.clock("12:22"), **PANEL),
        build.slot("c", 30, **PANEL),
    )

    assert times(plan) == ["a 0-22", "b 22-31", "c 31-60"]


def test_what_nothing_can_fill_is_a_gap_after_the_last_slot_of_the_window(build: Any) -> None:
    plan = build.day(
        build.slot("a", 20, grow=5), build.slot("b", 30, at=build.clock("12:30"), grow=0)
    )

    assert times(plan) == ["a 0-25 +5", "b 30-60"]


def test_a_back_timed_slot_ends_with_the_event_and_the_gap_lies_before_it(build: Any) -> None:
    plan = build.day(build.slot("a", 20), build.slot("b", 10), build.slot("close", 20, end="event"))

    assert times(plan) == ["a 0-20", "b 20-30 +10", "close 40-60"]


def test_a_slot_back_timed_to_a_clock_time_shares_its_window(build: Any) -> None:
    plan = build.day(
        build.slot("a", 20, **PANEL),
        build.slot("b", 30, end=build.clock("12:44"), **PANEL),
        build.slot("c", 16),
    )

    assert times(plan) == ["a 0-17", "b 17-44", "c 44-60"]


def test_a_soft_start_slips_only_after_everything_before_it_has_shrunk(build: Any) -> None:
    plan = build.day(
        build.slot("a", 40, shrink=3),
        build.slot("b", 18, at=build.clock("12:35"), slip=5, shrink=5, grow=9),
    )
    _, _, changes = resolve(plan)

    assert times(plan) == ["a 0-37", "b 37-60"]
    assert [change.text() for change in changes] == [
        "a: 40m → 37m",
        "b: starts 2m after its time (slip)",
        "b: 18m → 23m",
    ]


def test_elapsed_starts_and_written_offsets_are_exact(build: Any) -> None:
    plan = build.day(
        build.slot("a", 20, grow=10),
        build.slot("b", 10, at=TimeSpec("+25m", elapsed=25 * M)),
        build.slot("c", 20, at=TimeSpec("11:40+01:00", (11, 40, 0), utc_offset_s=3600)),
    )

    assert times(plan) == ["a 0-25", "b 25-35 +5", "c 40-60"]


def test_a_time_on_a_sites_clock_is_the_next_one_there(build: Any) -> None:
    plan = build.day(
        build.slot("a", 30, grow=60),
        build.slot("b", 30, at=build.clock("16:30", "Asia/Kolkata"), grow=60),
        last=120,
    )

    assert times(plan) == ["a 0-60", "b 60-120"]


def test_after_puts_a_slot_behind_another_wherever_it_is_written(build: Any) -> None:
    plan = build.day(
        build.slot("a", 20),
        build.slot("b", 20),
        build.slot("c", 15, start=Start(after="a")),
        build.slot("d", 5, start=Start(after="c")),
    )

    assert times(plan) == ["a 0-20", "c 20-35", "d 35-40", "b 40-60"]


def test_every_change_is_printed_and_nothing_else(build: Any) -> None:
    plan = build.day(build.slot("a", 45), build.slot("rest", 10, **BREAK))

    _, _, changes = resolve(plan)

    assert [change.text() for change in changes] == ["rest: 10m → 15m"]


def test_frames_and_odd_seconds_are_kept_exactly(build: Any) -> None:
    plan = build.day(
        build.slot("a", 10, duration=10 * M + 7),
        build.slot("rest", 10, **BREAK),
        build.slot("b", 10),
        last=33,
    )
    day, _, _ = resolve(plan)
    assert day is not None

    assert [slot.frames for slot in day.slots] == [10 * M + 7, 13 * M - 7, 10 * M]


# what does not fit


def test_the_error_names_the_anchor_the_time_and_two_ways_out(build: Any) -> None:
    plan = build.day(
        build.slot("opening", 20),
        build.slot("case", 45, shrink=10, priority=9),
        build.slot("table", 30, **PANEL),
        build.slot("talk", 12, **TALK),
        build.slot("minister", 12, at=build.clock("13:11")),
        last=120,
    )

    assert errors(plan) == [
        "day.yaml:0  minister starts at 13:11, hard, but what comes before it needs at least "
        "1 h 23 and has 1 h 11 (12 min too much).   Between: opening … talk.  "
        'Could go: talk (8m) (not enough).  Or give case "shrink: 22m".'
    ]


def test_slots_are_offered_lowest_priority_first_until_there_are_enough(build: Any) -> None:
    plan = build.day(
        build.slot("case", 50),
        build.slot("first", 12, **TALK),
        build.slot("film", 10, priority=3, droppable=True),
        build.slot("second", 12, **TALK),
    )

    [error] = errors(plan)

    assert "day ends at 13:00" in error
    assert "Could go: film (10m), first (8m).  Or give case" in error


def test_a_soft_start_that_would_slip_too_far_is_an_error(build: Any) -> None:
    plan = build.day(
        build.slot("a", 40), build.slot("b", 10, at=build.clock("12:30"), slip=4), last=120
    )

    [error] = errors(plan)

    assert error.startswith("day.yaml:0  b starts at 12:30, at most 4m later, but what comes")
    assert "needs at least 40 min and has 34 min (6 min too much)" in error


def test_an_exact_time_before_what_comes_first_is_an_overlap(build: Any) -> None:
    plan = build.day(
        build.slot("a", 20, at=build.clock("2026-10-24 12:30")),
        build.slot("b", 10, at=build.clock("2026-10-24 12:10")),
        last=120,
    )

    [error] = errors(plan)

    assert "b › start: 2026-10-24 12:10 lies before a, which comes first" in error


def test_more_than_six_hours_after_the_item_before_is_asked_about(build: Any) -> None:
    plan = build.day(
        build.slot("a", 20), build.slot("b", 10, at=build.clock("09:00")), last=24 * 60
    )
    day, problems, _ = resolve(plan)

    assert day is not None
    [warning] = [p for p in problems if p.code == "W13"]
    assert "09:00 is 21 h 40 after the earliest end of a (wrong day?)" in warning.text()


def test_a_time_outside_the_event_and_an_unknown_after_are_both_said(build: Any) -> None:
    plan = build.day(
        build.slot("a", 10, at=build.clock("15:00")),
        build.slot("b", 10, start=Start(after="nobody")),
    )

    found = errors(plan)

    assert any("15:00 is outside the event" in error for error in found)
    assert any('nothing is called "nobody"' in error for error in found)


def test_slots_that_wait_for_each_other_are_an_error(build: Any) -> None:
    plan = build.day(
        build.slot("a", 10, start=Start(after="b")), build.slot("b", 10, start=Start(after="a"))
    )

    assert len(errors(plan)) == 2


def test_fixed_at_both_ends_and_longer_than_it_may_be_is_an_error(build: Any) -> None:
    plan = build.day(
        build.slot("a", 20, at=build.clock("12:00"), end=build.clock("12:30"), grow=5), last=30
    )

    [error] = errors(plan)

    assert "at most 25 min long (5 min too short)" in error
    assert "grow: 10m" in error


def test_all_windows_that_do_not_fit_are_told_at_once(build: Any) -> None:
    plan = build.day(
        build.slot("a", 40),
        build.slot("b", 40, at=build.clock("12:30")),
        build.slot("c", 40, at=build.clock("13:00")),
        last=70,
    )

    assert len(errors(plan)) == 3
