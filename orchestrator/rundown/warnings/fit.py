"""How the day fits together: W1 shrunk slots, W2 gaps, W11 surgeries that can reach an anchor."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from orchestrator.rundown.plan import TimeSpec
from orchestrator.rundown.problem import Problem
from orchestrator.rundown.resolved import Slot
from orchestrator.rundown.warnings.day import Day, warning


def shrunk(day: Day) -> Iterator[Problem]:
    """W1: a slot is on air for less time than planned. (Growth is printed, not warned about.)"""
    for slot in day.resolved.slots:
        if slot.frames < slot.plan.duration:
            yield warning(
                "W1",
                slot,
                "duration",
                f"shrunk from {day.length(slot.plan.duration)} to {day.length(slot.frames)}, "
                "because what follows has a fixed time.",
                "Shorten something, or move the fixed time.",
            )


def gaps(day: Day) -> Iterator[Problem]:
    """W2: nothing is planned for a while; viewers see the event slate.

    (A gap before the first slot is the resolver's to tell: it knows what was written.)
    """
    resolved = day.resolved
    if not resolved.slots:
        return
    last = resolved.slots[-1]
    for slot, following in pairwise(resolved.slots):
        if following.start_n > slot.end_n:
            yield _gap(day, slot, slot.end_n, following.start_n, f"between it and {following.id}")
    if last.end_n < resolved.end_n:
        yield _gap(day, last, last.end_n, resolved.end_n, "between it and the end of the event")


def _gap(day: Day, slot: Slot, from_n: int, until_n: int, place: str) -> Problem:
    return warning(
        "W2",
        slot,
        "duration",
        f"{day.length(until_n - from_n)} of event slate {place}, "
        f"{day.clock(from_n)} to {day.clock(until_n)}.",
        "Let something grow, or put a break there.",
    )


def reachable_anchors(day: Day) -> Iterator[Problem]:
    """W11: a slot that only a person ends, at its longest, runs into a fixed time behind it (R7).

    What lies between is counted at its shortest. The bound of a soft anchor is its latest start.
    A back-timed slot and the event itself must not end late.
    """
    slots = day.resolved.slots
    for i, slot in enumerate(slots):
        if slot.plan.end != "ask":
            continue
        reach = slot.start_n + slot.plan.longest
        for following in slots[i + 1 :]:
            if following.anchor != "none" and following.plan.start.at is not None:
                bound = following.latest_n if following.latest_n is not None else following.start_n
                if reach > bound:
                    yield _reached(day, slot, following.id, reach, bound)
                break
            reach += following.plan.shortest
            if following.plan.end == "event" or isinstance(following.plan.end, TimeSpec):
                if reach > following.end_n:
                    end = f"the end of {following.id}"
                    yield _reached(day, slot, end, reach, following.end_n)
                break
        else:
            if reach > day.resolved.end_n:
                yield _reached(day, slot, "the end of the event", reach, day.resolved.end_n)


def _reached(day: Day, slot: Slot, anchor: str, reach: int, bound: int) -> Problem:
    over = reach - bound
    return warning(
        "W11",
        slot,
        "flex",
        f"nobody but the desk ends it, and at its longest ({day.length(slot.plan.longest)}) "
        f"{anchor} ({day.clock(bound)}) would be {day.length(over)} late.",
        f"Let it grow by no more than {day.length(max(0, slot.plan.grow - over))}, "
        "or put something that can shrink between them.",
    )
