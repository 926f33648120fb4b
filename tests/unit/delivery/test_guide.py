"""What the public may know of the day, as of the last published frame."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from orchestrator.bus.lines import LineWriter
from orchestrator.bus.orders import Order, Verb
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery.guide import Guide, GuideSlot
from orchestrator.rundown.load import load
from orchestrator.rundown.resolve import resolve
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show
from orchestrator.timing.grid import Grid

GRID = Grid.standard(30)
EXAMPLE = Path(__file__).parents[3] / "schedules" / "holographic-24h.yaml"


def _line_up(resolved: Resolved, orders: Sequence[Order]) -> Sequence[GuideSlot]:
    return Show(resolved, orders).line_up()


@pytest.fixture(scope="module")
def day() -> Resolved:
    plan = load(EXAMPLE).plan
    assert plan is not None
    resolved, _, _ = resolve(plan)
    assert resolved is not None
    return resolved


@pytest.fixture
def tree(tmp_path: Path, day: Resolved) -> LiveTree:
    tree = LiveTree(tmp_path)
    tree.snapshot.write_bytes(day.to_json())
    return tree


@pytest.fixture
def guide(tree: LiveTree) -> Guide:
    return Guide(tree, GRID, _line_up)


def test_before_control_has_written_a_day_there_is_nothing_to_tell(tmp_path: Path) -> None:
    guide = Guide(LiveTree(tmp_path), GRID, _line_up)

    assert guide.look(GRID.frame_at(10**18)) is False
    assert guide.event() is None
    assert guide.now_next(0)["now"] is None
    assert guide.dateranges(0, 10**9) == []


def test_now_and_next_are_those_of_the_published_frame(guide: Guide, day: Resolved) -> None:
    first, second, third = day.slots[:3]
    guide.look(second.start_n)

    told = guide.now_next(second.start_n)

    assert told["now"]["id"] == second.id
    assert told["next"][0]["id"] == third.id
    assert len(told["next"]) == 5
    assert guide.now_next(second.start_n - 1)["now"]["id"] == first.id
    assert told["event"]["timezone"] == day.timezone


def test_nobody_is_told_of_a_slot_before_it_begins_or_after_the_day(
    guide: Guide, day: Resolved
) -> None:
    guide.look(day.start_n)

    assert guide.now_next(day.start_n - 1)["now"] is None
    assert guide.now_next(day.end_n)["now"] is None


def test_an_order_is_not_public_before_its_frame_is(
    guide: Guide, tree: LiveTree, day: Resolved
) -> None:
    second, third = day.slots[1:3]
    skip = Order(1, Verb.SKIP, second.start_n + 100, args={"slot": third.id, "on": True})
    LineWriter(tree.orders).append(skip.record())
    guide.look(second.start_n + 99)
    before = guide.now_next(second.start_n + 99)["next"][0]["id"]

    assert guide.look(second.start_n + 100) is True
    after = guide.now_next(second.start_n + 100)["next"][0]["id"]

    assert before == third.id
    assert after != third.id


def test_a_slot_is_a_daterange_once_it_is_seen_and_gets_its_end_once_it_is_over(
    guide: Guide, day: Resolved
) -> None:
    first, second = day.slots[:2]
    guide.look(first.start_n)

    running = guide.dateranges(first.start_n, second.start_n)
    both = guide.dateranges(first.start_n, second.start_n + 1)
    later = guide.dateranges(second.start_n, second.end_n)

    assert [(d.id, d.start) for d in running] == [
        (f"{first.id}@{first.start_n}", GRID.utc(first.start_n))
    ]
    assert running[0].end == GRID.utc(first.end_n)
    assert guide.dateranges(first.start_n, second.start_n - 1)[0].end is None
    assert [d.id.split("@")[0] for d in both] == [first.id, second.id]
    assert both[1].end is None
    assert [d.id.split("@")[0] for d in later] == [second.id]


def test_a_broken_order_or_snapshot_leaves_the_guide_as_it_was(
    guide: Guide, tree: LiveTree, day: Resolved
) -> None:
    guide.look(day.start_n)
    LineWriter(tree.orders).append({"seq": "x"})
    tree.snapshot.write_bytes(b"{}")

    assert guide.look(day.start_n) is False
    assert guide.now_next(day.start_n)["now"]["id"] == day.slots[0].id
