"""The sentences for a window that does not fit: by how much, what lies in it, and the way out.

Pure. Message 4 of the specification: the anchor, the seconds, the slots that could go, and a
`shrink:` that would do.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.rundown.anchors import Anchored
from orchestrator.rundown.instants import Frame, local
from orchestrator.rundown.plan import Plan, PlanSlot
from orchestrator.rundown.problem import Mark, Problem, Severity
from orchestrator.rundown.words import spoken, written


def does_not_fit(
    plan: Plan,
    members: Sequence[Anchored],
    until: Anchored | None,
    end_n: int,
    has: int,
    event: Frame,
) -> Problem:
    """The members need more than the `has` frames there are before `until` (None: the end)."""
    slots = [member.slot for member in members]
    needs = sum(max(slot.shortest, 0) for slot in slots)
    short = needs - has
    fps = event.fps
    amounts = (
        f"needs at least {spoken(needs, fps)} and has {spoken(has, fps)} "
        f"({spoken(short, fps)} too much)."
    )
    subject, mark = _subject(plan, until, end_n, event)
    hint = [
        f"Between: {slots[0].id} … {slots[-1].id}." if len(slots) > 1 else f"It is {slots[0].id}."
    ]
    going = _could_go(slots, short)
    if going:
        names = ", ".join(f"{slot.id} ({written(slot.shortest, fps)})" for slot in going)
        enough = sum(slot.shortest for slot in going) >= short
        hint.append(f"Could go: {names}{'' if enough else ' (not enough)'}.")
    if (way := _could_shrink(slots, short)) is not None:
        text = f'"shrink: {written(way.shrink + short, fps)}"'
        hint.append(f"{'Or give' if going else 'Give'} {way.id} {text}.")
    return Problem(mark, Severity.ERROR, "E4", f"{subject} {amounts}", hint="  ".join(hint))


def ends_too_late(plan: Plan, member: Anchored, left: int, event: Frame) -> Problem:
    """Start and end are both fixed, further apart than the slot may be long."""
    slot = member.slot
    fps = event.fps
    return Problem(
        Mark(slot.at("end").file, slot.at("end").line),
        Severity.ERROR,
        "E4",
        f"{slot.id} starts and ends at fixed times, but is at most {spoken(slot.longest, fps)} "
        f"long ({spoken(left, fps)} too short).",
        hint=f'Give it "grow: {written(slot.grow + left, fps)}".',
    )


def _subject(plan: Plan, until: Anchored | None, end_n: int, event: Frame) -> tuple[str, Mark]:
    """`minister starts at 18:30, hard, but what comes before it`, and its line."""
    at = f"{local(end_n, event.fps, event.zone):%H:%M}"
    if until is None:
        return f"{plan.id} ends at {at}, but what comes before", _line(plan.start.mark)
    slot = until.slot
    if until.at_n == end_n:
        spec = slot.start.at
        said = spec.text if spec and not spec.is_event else at
        how = f"at most {written(until.slip, event.fps)} later" if until.slip else "hard"
        return f"{slot.id} starts at {said}, {how}, but what comes before it", _line(slot.mark)
    return f"{slot.id} ends at {at}, hard, but what comes until then", _line(slot.mark)


def _line(mark: Mark) -> Mark:
    """The item as a whole: a line without a column."""
    return Mark(mark.file, mark.line)


def _could_go(slots: Sequence[PlanSlot], short: int) -> list[PlanSlot]:
    """Droppable slots, lowest priority first, until there are enough of them."""
    going: list[PlanSlot] = []
    for slot in sorted(slots, key=lambda slot: slot.priority):
        if short <= 0:
            break
        if slot.droppable and slot.shortest > 0:
            going.append(slot)
            short -= slot.shortest
    return going


def _could_shrink(slots: Sequence[PlanSlot], short: int) -> PlanSlot | None:
    """The longest slot nearest to the anchor, if it can give that much and still be there."""
    way: PlanSlot | None = None
    for slot in slots:
        if slot.shortest > short and (way is None or slot.shortest >= way.shortest):
            way = slot
    return way
