"""The 24-hour example, against a table that was worked out apart from this code."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.rundown.instants import local, utc
from orchestrator.rundown.load import load
from orchestrator.rundown.resolve import Change, resolve
from orchestrator.rundown.resolved import Resolved

FPS = 30
M = 60 * FPS
HERE = Path(__file__).parent
EXAMPLE = HERE.parents[2] / "schedules" / "holographic-24h.yaml"


@pytest.fixture(scope="module")
def example() -> tuple[Resolved, tuple[Change, ...]]:
    plan = load(EXAMPLE).plan
    assert plan is not None
    day, problems, changes = resolve(plan)
    assert day is not None, [problem.text() for problem in problems]
    assert problems == ()
    return day, changes


def test_the_example_resolves_to_the_table(example: tuple[Resolved, tuple[Change, ...]]) -> None:
    day, _ = example
    lines = [
        f"{utc(s.start_n, FPS):%H:%M}Z {local(s.start_n, FPS, day.timezone):%H:%M} "
        f"{s.frames // M:>3}m {s.plan.kind:<13} {s.id}"
        for s in day.slots
    ]
    table = (HERE / "holographic-24h.resolved.txt").read_text().splitlines()[1:]

    assert lines == table
    assert all(s.start_n % M == 0 and s.frames % M == 0 for s in day.slots)


def test_the_example_lasts_24_elapsed_hours_without_a_gap(
    example: tuple[Resolved, tuple[Change, ...]],
) -> None:
    day, _ = example

    assert day.end_n - day.start_n == 24 * 60 * M
    assert local(day.end_n, FPS, day.timezone).strftime("%H:%M") == "11:00"
    assert sum(slot.frames for slot in day.slots) == 24 * 60 * M
    assert not any(slot.gap_after for slot in day.slots)


def test_only_the_breaks_were_changed(example: tuple[Resolved, tuple[Change, ...]]) -> None:
    _, changes = example

    assert [change.text() for change in changes] == [
        "break-1: 10m → 17m",
        "break-2: 10m → 12m",
        "break-3: 10m → 11m",
        "break-4: 10m → 15m",
        "break-5: 10m → 14m",
    ]


def test_the_anchors_are_hard_but_for_the_soft_one_in_brussels(
    example: tuple[Resolved, tuple[Change, ...]],
) -> None:
    day, _ = example
    anchors = {slot.id: slot.anchor for slot in day.slots if slot.anchor != "none"}

    assert anchors == {
        "opening": "hard",
        "minister": "hard",
        "clocks": "hard",
        "brussels-case": "soft",
    }
    [brussels] = [slot for slot in day.slots if slot.id == "brussels-case"]
    assert brussels.latest_n == brussels.start_n + 10 * M


def test_the_example_comes_back_from_json_the_same(
    example: tuple[Resolved, tuple[Change, ...]],
) -> None:
    day, _ = example
    text = day.to_json()

    assert Resolved.from_json(text) == day
    assert Resolved.from_json(text).to_json() == text


def test_what_is_not_a_day_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="Resolved"):
        Resolved.from_json(b'{"version": 1}')
