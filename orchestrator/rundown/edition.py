"""What a changed file may still change: the part of the day that has not begun and is not armed.

`composed` joins what has been (as it was) to what is to come (as the file now says), in one
resolved day, so that a slot keeps its place in the day for as long as anybody speaks of it. What
has begun or is armed takes nothing from the file but its title and a later end (DESIGN §6), and
keeps the layouts and graphics it has; what
cannot be changed in a running event at all is said by `refusals`. Pure.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from orchestrator.rundown.inuse import kept_definitions
from orchestrator.rundown.plan import PlanSlot
from orchestrator.rundown.problem import NOWHERE, Mark
from orchestrator.rundown.resolved import Resolved, Slot
from orchestrator.rundown.show import Show

T = TypeVar("T")

_WAY_OUT = "it is taken over by a restart:  orchestrator run --reload"


def frozen_until(show: Show, n: int) -> int:
    """How many slots from the first of the day on have begun by frame `n`, or are armed."""
    day = show.day_at(n)
    i = day.index_at(n)
    last = max((run.place for run in day.runs[: i + 1]), default=-1)
    for run in day.runs[i + 1 :]:
        if n < run.start_n - run.plan.arm:
            break
        last = max(last, run.place)
    return last + 1


def composed(show: Show, n: int, file: Resolved, version: int) -> Resolved:
    """The edition `version` that comes into force at frame `n` when `file` is taken over."""
    now = show.resolved
    frozen = now.slots[: frozen_until(show, n)]
    changed = {slot.id: slot for slot in file.slots}
    changed |= {slot.plan.was: slot for slot in file.slots if slot.plan.was}
    kept = tuple(_kept(slot, changed.get(slot.id)) for slot in frozen)
    shelf = {plan.id for plan in file.standby}
    return replace(
        file,
        version=version,
        slots=(*kept, *to_come(frozen, file, n)),
        people={**now.people, **file.people},
        layouts={**now.layouts, **file.layouts},
        graphics={**now.graphics, **file.graphics},
        standby=(*file.standby, *(plan for plan in now.standby if plan.id not in shelf)),
        is_rehearsal=now.is_rehearsal,
        kept=kept_definitions(show, n, file),
    )


def to_come(frozen: tuple[Slot, ...], file: Resolved, n: int) -> tuple[Slot, ...]:
    """The slots of the file behind the last one that has begun or is armed."""
    ids = {slot.id for slot in frozen}
    named = [(slot.id, slot.plan.was) for slot in file.slots]
    for slot in reversed(frozen):
        at = next((i for i, names in enumerate(named) if slot.id in names), None)
        if at is not None:
            later = file.slots[at + 1 :]
            break
    else:  # the file has forgotten all that has been
        later = tuple(slot for slot in file.slots if not frozen or slot.start_n >= n)
    return tuple(slot for slot in later if not ids.intersection((slot.id, slot.plan.was)))


def _kept(slot: Slot, changed: Slot | None) -> Slot:
    """A slot that has begun or is armed: a new title, a later end, nothing else."""
    if changed is None:
        return slot
    plan = replace(slot.plan, title=changed.plan.title)
    if changed.frames <= slot.frames:
        return replace(slot, plan=plan)
    longer = changed.frames - slot.frames
    plan = replace(
        plan,
        duration=max(changed.plan.duration, plan.duration),
        grow=max(changed.plan.longest, plan.longest) - max(changed.plan.duration, plan.duration),
        shrink=min(plan.shrink + longer, changed.plan.shrink),
    )
    return replace(slot, plan=plan, end_n=slot.end_n + longer)


def refusals(before: Resolved, after: Resolved) -> Iterator[str]:
    """Sentences about what no running event can take over; nothing is taken then."""
    for field in ("id", "start_n", "end_n"):
        if getattr(before, field) != getattr(after, field):
            name = {"id": "id", "start_n": "start", "end_n": "duration"}[field]
            yield f"event › {name} cannot change while the event runs: {_WAY_OUT}"
    for field in (f.name for f in dataclasses.fields(before.programme)):
        was, now = getattr(before.programme, field), getattr(after.programme, field)
        if was != now:
            yield f"programme › {field} ({was} → {now}) is for the whole stream: {_WAY_OUT}"
    if {o.id: o for o in before.outputs} != {o.id: o for o in after.outputs}:
        yield f"outputs have processes and a stream of their own: {_WAY_OUT}"
    if set(before.sites) != set(after.sites):
        yield f"sites come and go with slates and processes: {_WAY_OUT}"
    elif [feed.id for feed in before.feeds()] != [feed.id for feed in after.feeds()]:
        yield f"feeds come and go with their processes: {_WAY_OUT}"
    if after.clips and not before.clips:
        yield f"nobody plays clips yet, for there were none: {_WAY_OUT}"


def without_marks(record: T) -> T:
    """`record` without the places in the file that it was read from: what is left is what it
    means, so two files that say the same are equal."""
    stripped = _stripped(record)
    assert isinstance(stripped, type(record))
    return stripped


def _stripped(value: Any) -> Any:
    if isinstance(value, Mark):
        return NOWHERE
    if isinstance(value, PlanSlot):
        value = replace(value, marks={})
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return replace(value, **{f.name: _stripped(getattr(value, f.name)) for f in fields})
    if isinstance(value, Mapping):
        return {key: _stripped(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_stripped(item) for item in value)
    return value
