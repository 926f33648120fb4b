"""A machine that joins a day that has long begun is where the plan is, not where it stops."""

from __future__ import annotations

from pathlib import Path

import pytest
from smallevent import EVENT, GRID, Place

from orchestrator.bus.orders import Order, Verb
from orchestrator.control.journal import read_journal
from orchestrator.control.latejoin import missed_defaults
from orchestrator.rundown.load import load
from orchestrator.rundown.resolve import resolve
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show

FPS = 30
MINUTE = 60 * FPS
HORIZON = 2 * MINUTE
EXAMPLE = Path(__file__).parents[3] / "schedules" / "holographic-24h.yaml"


@pytest.fixture(scope="module")
def example() -> Resolved:
    plan = load(EXAMPLE).plan
    assert plan is not None
    day, _, _ = resolve(plan)
    assert day is not None
    return day


@pytest.mark.parametrize("hours", [0, 3, 7, 13, 19, 23])
def test_with_nobody_there_the_example_is_played_as_it_was_resolved(
    example: Resolved, hours: int
) -> None:
    now_n = example.start_n + hours * 60 * MINUTE + 10 * MINUTE
    missed = missed_defaults(Show(example), example.start_n - HORIZON, now_n, HORIZON)
    show = Show(example, missed)

    planned = [(slot.id, slot.start_n) for slot in example.slots if slot.start_n <= now_n]
    assert [(run.id, run.start_n) for run in show.line_up(now_n) if run.start_n <= now_n] == planned
    assert show.at(now_n).scene.slot == planned[-1][0]
    assert [order.n for order in missed] == sorted(order.n for order in missed)
    assert all(order.n < now_n for order in missed)


def test_without_it_the_day_would_stand_at_its_first_open_slot(example: Resolved) -> None:
    now_n = example.start_n + 13 * 60 * MINUTE
    assert show_slot(example, (), now_n) == next(s.id for s in example.slots if s.plan.end == "ask")


def test_what_somebody_decided_before_holds(example: Resolved) -> None:
    case = next(slot for slot in example.slots if slot.plan.end == "ask")
    later_n = case.end_n + 3 * MINUTE
    end = Order(1, Verb.END, case.start_n + MINUTE, args={"slot": case.id, "end_n": later_n})
    missed = missed_defaults(Show(example, [end]), end.n, case.end_n + 20 * MINUTE, HORIZON)

    assert not [
        order for order in missed if order.verb is Verb.END and order.args["slot"] == case.id
    ]
    show = Show(example, [end, *missed])
    assert show.at(later_n - 1).scene.slot == case.id
    assert show.at(later_n).scene.slot != case.id


def test_the_prepare_job_journals_them_once(place: Place) -> None:
    place.event.write_text(
        EVENT.replace("surgery: {graphics: []}", "surgery: {graphics: [], end: ask}")
    )
    start_n = GRID.frame_at(place.clock.now_ns())
    place.at(start_n + 22 * MINUTE)

    said = place.prepare()
    entries = read_journal(place.state.journal).entries
    again = place.prepare()

    defaults = [entry for entry in entries if entry.cause == "default"]
    assert [(entry.verb, entry.args["slot"]) for entry in defaults] == [
        ("ready", "case"),
        ("end", "case"),
    ]
    assert all(entry.n < start_n + 5 * MINUTE for entry in defaults)
    assert any("joins late" in line for line in said)
    assert not any("joins late" in line for line in again)
    day = Resolved.from_json(place.live.snapshot.read_bytes())
    orders = [order for entry in entries if (order := _order(entry.record()))]
    assert show_slot(day, orders, start_n + 22 * MINUTE) == "talk"


def show_slot(day: Resolved, orders: object, n: int) -> str:
    return Show(day, orders).at(n).scene.slot  # type: ignore[arg-type]


def _order(record: dict[str, object]) -> Order | None:
    return Order.of(record) if record["cause"] == "default" else None
