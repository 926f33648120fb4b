"""Any day that resolves adds up, in whatever order it was written."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from plannedday import M

from orchestrator.rundown.plan import TimeSpec
from orchestrator.rundown.problem import Severity
from orchestrator.rundown.resolve import resolve

BREAK: dict[str, Any] = {"priority": 1, "shrink": 10, "grow": 20, "droppable": True}
PANEL: dict[str, Any] = {"priority": 5, "shrink": 10, "grow": 5}


@st.composite
def slot_fields(draw: Any) -> dict[str, Any]:
    planned = draw(st.integers(1, 40))
    return {
        "planned": planned,
        "shrink": draw(st.integers(0, planned)),
        "grow": draw(st.integers(0, 20)),
        "priority": draw(st.integers(1, 9)),
        "droppable": draw(st.booleans()),
    }


@given(
    st.lists(slot_fields(), min_size=1, max_size=8),
    st.integers(5, 240),
    st.lists(st.integers(0, 239), max_size=2, unique=True),
    st.randoms(use_true_random=False),
)
def test_a_day_that_resolves_adds_up_and_keeps_every_slot_within_its_limits(
    build: Any, fields: list[dict[str, Any]], last: int, anchors: list[int], random: Any
) -> None:
    anchored = sorted(anchors)
    slots = []
    for i, more in enumerate(fields):
        if anchored and i and random.random() < 0.4:
            more = more | {"at": TimeSpec("+", elapsed=anchored.pop(0) * M)}
        slots.append(build.slot(f"s{i}", **more))
    day, problems, changes = resolve(build.day(*slots, last=last))
    if day is None:
        assert any(p.severity is Severity.ERROR for p in problems)
        return

    assert [slot.id for slot in day.slots] == [slot.id for slot in slots]
    n = day.slots[0].start_n
    assert n >= day.start_n
    for slot in day.slots:
        assert slot.start_n == n
        assert slot.plan.shortest <= slot.frames <= slot.plan.longest
        n = slot.end_n + slot.gap_after
        if slot.anchor == "hard":
            assert slot.start_n == slot.latest_n
    assert n == day.end_n
    changed = {change.slot: change.resolved for change in changes}
    for slot in day.slots:
        assert changed.get(slot.id, slot.plan.duration) == slot.frames


@given(st.permutations(["studio", "mumbai", "london"]), st.permutations(["ada", "ben"]))
def test_maps_written_in_another_order_resolve_the_same(
    build: Any, sites: list[str], people: list[str]
) -> None:
    slots = (build.slot("a", 20, **PANEL), build.slot("rest", 10, **BREAK))
    plain = build.day(*slots)
    shuffled = build.day(
        *slots,
        sites={name: plain.sites[name] for name in sites},
        people={name: plain.people[name] for name in people},
    )

    one, _, _ = resolve(plain)
    other, _, _ = resolve(shuffled)

    assert one == other
