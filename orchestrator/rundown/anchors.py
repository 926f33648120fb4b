"""Which slots are tied to the clock, and to which frame (R3, R8).

Pure. One pass in the order on air, because a time without a date is the first one at or after the
earliest moment at which the previous item can begin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.rundown.instants import Fault, Frame, local, locate
from orchestrator.rundown.plan import PlanSlot, TimeSpec
from orchestrator.rundown.problem import Mark, Problem, Severity
from orchestrator.rundown.resolved import Anchor
from orchestrator.rundown.words import spoken

_WRONG_DAY_S = 6 * 3600


@dataclass(frozen=True, slots=True)
class Anchored:
    """A slot with the frames it is tied to: its start, its end, both or neither."""

    slot: PlanSlot
    at_n: int | None = None
    end_n: int | None = None

    @property
    def slip(self) -> int:
        return self.slot.start.slip

    @property
    def anchor(self) -> Anchor:
        if self.at_n is None:
            return "none"
        return "soft" if self.slip else "hard"


@dataclass(slots=True)
class _Previous:
    """The item before: the earliest frames at which it can begin and be over."""

    id: str
    starts_n: int
    over_n: int


def anchored(
    slots: Sequence[PlanSlot], event: Frame
) -> tuple[tuple[Anchored, ...], tuple[Problem, ...]]:
    """Every slot with its fixed points. A fixed point that makes no sense is left out, and said."""
    points: list[Anchored] = []
    problems: list[Problem] = []
    before = _Previous("the event's start", event.start_n, event.start_n)
    fixed_n = event.start_n
    for slot in slots:
        at_n = end_n = None
        if slot.start.at is not None:
            at_n = _start(slot, slot.start.at, before, fixed_n, event, problems)
        starts_n = before.over_n if at_n is None else at_n
        spec = _end_spec(slot)
        if spec is not None:
            after_n = fixed_n if at_n is None else at_n
            end_n = _end(slot, spec, starts_n, after_n, event, problems)
        over_n = starts_n + max(slot.shortest, 0)
        if end_n is not None:
            starts_n = max(starts_n, end_n - slot.longest)
            over_n = max(end_n, over_n)
        fixed_n = next((n for n in (end_n, at_n) if n is not None), fixed_n)
        points.append(Anchored(slot, at_n, end_n))
        before = _Previous(slot.id, starts_n, over_n)
    return tuple(points), tuple(problems)


def _end_spec(slot: PlanSlot) -> TimeSpec | None:
    if isinstance(slot.end, TimeSpec):
        return slot.end
    if slot.end == "event":
        return TimeSpec("event", is_event=True, mark=slot.at("end"))
    return None


def _start(
    slot: PlanSlot,
    spec: TimeSpec,
    before: _Previous,
    fixed_n: int,
    event: Frame,
    problems: list[Problem],
) -> int | None:
    """The frame of a written start, or None when it cannot be (R8)."""
    found = locate(spec, event, before.starts_n)
    where = f"{slot.id} › start"
    mark = spec.mark if spec.mark.line else slot.at("start")
    if isinstance(found, int) and found >= event.end_n and spec.date is None:
        # so much lies before it that the next one is a day too late: what is meant is the one that
        # cannot be reached, and the window says by how much
        earlier = locate(spec, event, fixed_n)
        found = min(found, earlier) if isinstance(earlier, int) else found
    if isinstance(found, Fault):
        problems.append(Problem(mark, Severity.ERROR, "E3", found.message, where, found.hint))
        return None
    if not event.start_n <= found < event.end_n:
        problems.append(_outside(mark, where, spec, event))
        return None
    if found < fixed_n:  # nothing before it could give way: that is no lack of room
        problems.append(
            Problem(
                mark,
                Severity.ERROR,
                "E-overlap",
                f"{spec.text} lies before {before.id}, which comes first and cannot be over "
                f"before {_local(before.over_n, event)}.",
                where,
                "Move the item up, or give it a later time.",
            )
        )
        return None
    if found - before.over_n > _WRONG_DAY_S * event.fps:
        hours = spoken(found - before.over_n, event.fps)
        problems.append(
            Problem(
                mark,
                Severity.WARNING,
                "W13",
                f"{spec.text} is {hours} after the earliest end of {before.id} (wrong day?).",
                where,
                "Write the date to be sure:  "
                + f"{local(found, event.fps, event.zone):%Y-%m-%d %H:%M}",
            )
        )
    return found


def _end(
    slot: PlanSlot,
    spec: TimeSpec,
    starts_n: int,
    after_n: int,
    event: Frame,
    problems: list[Problem],
) -> int | None:
    found = locate(spec, event, starts_n, is_end=True)
    where = f"{slot.id} › end"
    mark = spec.mark if spec.mark.line else slot.at("end")
    if isinstance(found, Fault):
        problems.append(Problem(mark, Severity.ERROR, "E3", found.message, where, found.hint))
        return None
    if not event.start_n < found <= event.end_n:
        problems.append(_outside(mark, where, spec, event))
        return None
    if found <= after_n:
        message = f"{spec.text} is over before it can begin ({_local(after_n, event)})."
        problems.append(Problem(mark, Severity.ERROR, "E-overlap", message, where))
        return None
    return found


def _outside(mark: Mark, where: str, spec: TimeSpec, event: Frame) -> Problem:
    return Problem(
        mark,
        Severity.ERROR,
        "E-outside",
        f"{spec.text} is outside the event, which lasts from {_local(event.start_n, event)} "
        f"to {_local(event.end_n, event)}.",
        where,
        "Change the time, or event.duration.",
    )


def _local(n: int, event: Frame) -> str:
    return f"{local(n, event.fps, event.zone):%d %b %H:%M}"
