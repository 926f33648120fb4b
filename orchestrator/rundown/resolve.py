"""From the plan to a day that fits, or to the sentences that say why it does not (R3-R8).

Pure. Hard starts and back-timed ends are fixed points; between two of them slack is shared
(`share`). Nothing is ever dropped here: what does not fit is an error with the way out. Windows
that fit are still resolved when another does not, so that all problems are found at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from orchestrator.rundown.anchors import Anchored, anchored
from orchestrator.rundown.instants import Fault, Frame, locate
from orchestrator.rundown.misfit import does_not_fit, ends_too_late
from orchestrator.rundown.order import on_air_order
from orchestrator.rundown.plan import Plan
from orchestrator.rundown.problem import Problem, Severity
from orchestrator.rundown.rebase import Rebase, moved
from orchestrator.rundown.resolved import Resolved, Shift, Slot
from orchestrator.rundown.share import Room, spread
from orchestrator.rundown.words import written


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as planned: `break-1: 10m → 17m`. `what` is duration or start."""

    slot: str
    what: str
    planned: int
    resolved: int
    fps: int

    @property
    def frames(self) -> int:
        """How much longer (or later); negative is shorter."""
        return self.resolved - self.planned

    def text(self) -> str:
        if self.what == "start":
            return f"{self.slot}: starts {written(self.frames, self.fps)} after its time (slip)"
        return (
            f"{self.slot}: {written(self.planned, self.fps)} → {written(self.resolved, self.fps)}"
        )


def resolve(
    plan: Plan, *, start: Rebase | None = None, version: int = 1
) -> tuple[Resolved | None, tuple[Problem, ...], tuple[Change, ...]]:
    """The day, every problem found, every planned → resolved change. No day if there is an error.

    With `start` (R6) the day is resolved as written and then moved as a whole.
    """
    fps = plan.programme.fps
    begin = locate(plan.start, Frame(fps, plan.timezone), 0)
    if isinstance(begin, Fault):
        return None, (_fault(plan, begin),), ()
    event = Frame(fps, plan.timezone, begin, begin + plan.duration)
    ordered, problems = on_air_order(plan.slots)
    points, faults = anchored(ordered, event)
    slots, misfits, changes = _fitted(plan, points, event)
    shifts, unclear = _shifts(plan, event)
    problems = (*problems, *faults, *misfits, *unclear)
    if any(problem.severity is Severity.ERROR for problem in problems):
        return None, problems, changes
    day = Resolved(
        version=version,
        id=plan.id,
        title=plan.title,
        timezone=plan.timezone,
        start_n=event.start_n,
        end_n=event.end_n,
        languages=plan.languages,
        audience=plan.audience,
        programme=plan.programme,
        sites=plan.sites,
        people=plan.people,
        layouts=plan.layouts,
        graphics=plan.graphics,
        clips=plan.clips,
        slots=slots,
        standby=plan.standby,
        outputs=plan.outputs,
        shifts=shifts,
    )
    return (moved(day, start) if start else day), problems, changes


@dataclass(frozen=True, slots=True)
class _Window:
    """The slots between two fixed points."""

    members: tuple[Anchored, ...]
    start_n: int
    end_n: int
    until: Anchored | None
    """The anchored slot that ends the window; the back-timed one if it is the last member."""


def _windows(points: tuple[Anchored, ...], event: Frame) -> list[_Window]:
    windows: list[_Window] = []
    members: list[Anchored] = []
    start_n = event.start_n
    for point in points:
        if point.at_n is not None:
            windows.append(_Window(tuple(members), start_n, point.at_n, point))
            members, start_n = [], point.at_n
        members.append(point)
        if point.end_n is not None:
            windows.append(_Window(tuple(members), start_n, point.end_n, point))
            members, start_n = [], point.end_n
    windows.append(_Window(tuple(members), start_n, event.end_n, None))
    return windows


def _fitted(
    plan: Plan, points: tuple[Anchored, ...], event: Frame
) -> tuple[tuple[Slot, ...], tuple[Problem, ...], tuple[Change, ...]]:
    """Every slot with its time. A window that does not fit is laid out at its shortest."""
    slots: list[Slot] = []
    problems: list[Problem] = []
    changes: list[Change] = []
    late = 0  # how far the slot that begins the window has slipped
    for window in _windows(points, event):
        start_n = window.start_n + late
        late = 0
        lengths, left = _lengths(window, start_n, event.fps)
        if left < 0:
            until = window.until
            short = -left
            slip = until.slip if until is not None and until.at_n == window.end_n else 0
            late = min(short, slip)
            if short > late:
                problems.append(
                    does_not_fit(
                        plan,
                        window.members,
                        window.until,
                        window.end_n,
                        window.end_n + slip - start_n,
                        event,
                    )
                )
            left = 0
        if left and not slots and not any(m.end_n is None for m in window.members):
            problems.append(_begins_with_slate(plan, left, event.fps))
        if left and _is_fixed_at_both_ends(window):
            problems.append(ends_too_late(plan, window.members[0], left, event))
        _lay_out(slots, changes, window, start_n, lengths, left, event.fps)
    return tuple(slots), tuple(problems), tuple(changes)


def _lengths(window: _Window, start_n: int, fps: int) -> tuple[list[int], int]:
    """Rule R3 for one window: the lengths, and what is left over (> 0) or missing (< 0)."""
    plans = [member.slot for member in window.members]
    slack = window.end_n - start_n - sum(plan.duration for plan in plans)
    sign = 1 if slack >= 0 else -1
    rooms = [
        Room(plan.priority, plan.grow if sign > 0 else min(plan.shrink, plan.duration))
        for plan in plans
    ]
    shares, left = spread(abs(slack), rooms, fps)
    return [
        plan.duration + sign * share for plan, share in zip(plans, shares, strict=True)
    ], sign * left


def _is_fixed_at_both_ends(window: _Window) -> bool:
    return (
        len(window.members) == 1
        and window.members[0].at_n is not None
        and window.members[0].end_n is not None
    )


def _lay_out(
    slots: list[Slot],
    changes: list[Change],
    window: _Window,
    start_n: int,
    lengths: list[int],
    left: int,
    fps: int,
) -> None:
    """Append the window's slots. What is left is a gap: last, or before a back-timed slot."""
    gap_before = len(lengths)
    if window.members and window.members[-1].end_n is not None:
        gap_before -= 1
    for i, (member, frames) in enumerate(zip(window.members, lengths, strict=True)):
        if i == gap_before:
            start_n += _gap(slots, left)
        plan = member.slot
        latest = None if member.at_n is None else member.at_n + member.slip
        slots.append(Slot(plan, start_n, start_n + frames, member.anchor, latest_n=latest))
        if member.at_n is not None and start_n != member.at_n:
            changes.append(Change(plan.id, "start", member.at_n, start_n, fps))
        if frames != plan.duration:
            changes.append(Change(plan.id, "duration", plan.duration, frames, fps))
        start_n += frames
    if gap_before == len(lengths):
        _gap(slots, left)


def _gap(slots: list[Slot], frames: int) -> int:
    """Event slate behind the last slot so far; the event itself may begin with it too."""
    if frames and slots:
        slots[-1] = replace(slots[-1], gap_after=slots[-1].gap_after + frames)
    return frames


def _shifts(plan: Plan, event: Frame) -> tuple[tuple[Shift, ...], tuple[Problem, ...]]:
    shifts: list[Shift] = []
    problems: list[Problem] = []
    since = event.start_n
    for number, shift in enumerate(plan.shifts, 1):
        start = locate(shift.start, event, since)
        end = locate(shift.end, event, since if isinstance(start, Fault) else start, is_end=True)
        for name, spec, found in (("from", shift.start, start), ("to", shift.end, end)):
            if isinstance(found, Fault):
                path = f"shifts › {number} › {name}"
                problems.append(
                    Problem(spec.mark, Severity.ERROR, "E3", found.message, path, found.hint)
                )
        if not isinstance(start, Fault) and not isinstance(end, Fault):
            shifts.append(Shift(start, end, shift.desk, shift.sound))
            since = start
    return tuple(shifts), tuple(problems)


def _fault(plan: Plan, fault: Fault) -> Problem:
    return Problem(
        plan.start.mark, Severity.ERROR, "E3", fault.message, "event › start", fault.hint
    )


def _begins_with_slate(plan: Plan, frames: int, fps: int) -> Problem:
    return Problem(
        plan.start.mark,
        Severity.WARNING,
        "W2",
        f"the event begins with {written(frames, fps)} of event slate.",
        hint="Let the first item start with the event:  start: event",
    )
