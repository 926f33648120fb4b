"""The 24-hour example, against a table that was worked out apart from this code."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.bus.orders import Order, Verb
from orchestrator.rundown.instants import local, utc
from orchestrator.rundown.load import load
from orchestrator.rundown.resolve import Change, resolve
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show

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
    with pytest.raises(ValueError, match="not a resolved rundown"):
        Resolved.from_json(b'{"version": 1}')


def test_with_nobody_at_the_desk_the_defaults_play_the_day_as_resolved(
    example: tuple[Resolved, tuple[Change, ...]],
) -> None:
    day, _ = example
    show = Show(day)
    begun: list[tuple[str, int]] = []
    for n in range(day.start_n - M, day.end_n + M, 10 * FPS):
        for default in show.undecided(n, 30 * FPS):
            order = Order(len(show.orders) + 1, default.verb, n + 3, "nobody", "default", "")
            order.args.update(default.args)
            show = show.after(order)
        slot = show.slot_at(n)
        if not begun or begun[-1][0] != slot.id:
            begun.append((slot.id, slot.start_n))

    played = [(name, n) for name, n in begun if name]
    assert played == [(slot.id, slot.start_n) for slot in day.slots]
    asked = sum(slot.plan.end == "ask" for slot in day.slots)
    assert [order.verb for order in show.orders].count(Verb.END) == asked


@pytest.mark.parametrize(
    ("by", "table", "talk"), [(10, 22, 8), (12, 20, 8), (15, 25, 0), (20, 20, 0), (21, 19, 0)]
)
def test_a_surgery_that_began_two_minutes_late_overruns_towards_the_minister(
    example: tuple[Resolved, tuple[Change, ...]], by: int, table: int, talk: int
) -> None:
    """17:45 in the house: the case began at 17:05, the minister is hard at 18:30."""
    day, _ = example
    slots = {slot.id: slot for slot in day.slots}
    talk_before, case = slots["johannesburg-talk"], slots["casablanca-case"]
    orders = [
        Order(i, Verb.END, slot.start_n, args={"slot": slot.id, "end_n": slot.end_n})
        for i, slot in enumerate(day.slots, 1)
        if slot.plan.end == "ask" and slot.start_n < case.start_n
    ]
    late = {"slot": talk_before.id, "end_n": talk_before.end_n + 2 * M}
    orders.append(Order(100, Verb.EXTEND, talk_before.start_n + M, args=late))
    show = Show(day, orders)
    n = case.start_n + 42 * M

    room = show.room(n)
    assert (room.before_drop, room.before_late, room.anchor) == (12 * M, 20 * M, "minister")

    preview = show.preview_extend(n, case.id, by * M)
    assert preview.allowed == (by <= 20)
    assert preview.beyond_max == max(45 + by - 58, 0) * M
    assert preview.drops == (() if talk else ("casablanca-talk",))
    lengths = {change.slot: change.new_frames // M for change in preview.shrinks}
    assert lengths == {"casablanca-table": table} | ({"casablanca-talk": talk} if talk else {})
    assert preview.anchors[0].slot == "minister"
    assert preview.anchors[0].frames == 0
