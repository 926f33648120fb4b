"""People's hours: W3 sites outside staffed hours, W6 shift changes near a live surgery."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from orchestrator.rundown import where
from orchestrator.rundown.plan import Site
from orchestrator.rundown.problem import Mark, Problem, Severity
from orchestrator.rundown.resolved import Slot
from orchestrator.rundown.warnings.day import Day, is_live_surgery, warning, warning_at

_MINUTES_OF_A_DAY = 1440


def unstaffed(day: Day) -> Iterator[Problem]:
    """W3: a live slot needs a site at an hour when nobody expects it there.

    In a rehearsal that was moved by --start the hours mean nothing: said, but not counted (R6).
    """
    for slot in day.resolved.slots:
        if slot.plan.mode != "live":
            continue
        for site in _sites_needed(day, slot):
            outside = _first_outside(day, slot, site)
            if outside is None:
                continue
            found = warning(
                "W3",
                slot,
                "start",
                f"{outside:%H:%M} in {where.city(site)}; staffed {where.hours(site.staffed)}.",
                f"Move it, or widen sites.{site.id}.staffed.",
            )
            yield replace(found, severity=Severity.NOTE) if day.resolved.is_rehearsal else found


def _sites_needed(day: Day, slot: Slot) -> list[Site]:
    sites = day.resolved.sites
    ids = [slot.plan.site] + [where.site_of(source, sites) for source in where.sources(slot.plan)]
    return [sites[id_] for id_ in dict.fromkeys(ids) if id_ is not None and id_ in sites]


def _first_outside(day: Day, slot: Slot, site: Site) -> datetime | None:
    """The first minute of the slot, on the site's clock, that is outside its staffed hours."""
    if site.staffed == (0, _MINUTES_OF_A_DAY):
        return None
    for n in [*range(slot.start_n, slot.end_n, day.frames(minutes=1)), slot.end_n - 1]:
        there = where.local(n, day.grid, site.timezone)
        if not _is_staffed(there.hour * 60 + there.minute, site.staffed):
            return there
    return None


def _is_staffed(minute: int, staffed: tuple[int, int]) -> bool:
    first, last = staffed
    if first < last:
        return first <= minute < last
    return minute >= first or minute < last  # over midnight


def shift_changes(day: Day) -> Iterator[Problem]:
    """W6: the desk changes hands inside a live surgery, or within ten minutes of one."""
    margin = day.frames(minutes=10)
    surgeries = [slot for slot in day.resolved.slots if is_live_surgery(slot.plan)]
    for change, mark in _changes(day).items():
        for slot in surgeries:
            if not slot.start_n - margin < change < slot.end_n + margin:
                continue
            if change < slot.start_n:
                when = f"{day.length(slot.start_n - change)} before"
            elif change < slot.end_n:
                when = f"{day.length(change - slot.start_n)} into"
            else:
                when = f"{day.length(change - slot.end_n)} after"
            yield warning_at(
                "W6",
                mark,
                "shifts",
                f"the change at {day.clock(change)} is {when} {slot.id}, a live surgery "
                f"({day.clock(slot.start_n)}-{day.clock(slot.end_n)}).",
                "Change shifts at least 10 minutes away from it.",
            )


def _changes(day: Day) -> dict[int, Mark]:
    """The frames at which somebody else sits down; not the event's own start and end."""
    changes: dict[int, Mark] = {}
    for written, shift in zip(day.shifts, day.resolved.shifts, strict=True):
        for n in (shift.start_n, shift.end_n):
            if day.resolved.start_n < n < day.resolved.end_n:
                changes.setdefault(n, written.mark)
    return changes
