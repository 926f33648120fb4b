"""The day as a calendar (RFC 5545), for everybody's telephone. Pure.

A slot keeps its UID through every change of the file (event id + slot id; ids are never positions),
so a calendar that is imported again moves its entries instead of doubling them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from icalendar import Calendar, Event

from orchestrator.rundown import where
from orchestrator.rundown.resolved import Resolved, Slot
from orchestrator.rundown.rows import who
from orchestrator.rundown.words import said
from orchestrator.timing.grid import Grid


def calendar(resolved: Resolved, slots: Sequence[Slot], stamp: datetime) -> bytes:
    """`slots` as VEVENTs. `stamp` is when the rundown was last written (aware)."""
    grid = Grid.standard(resolved.programme.fps)
    made = Calendar()
    made.add("prodid", "-//orchestrator//rundown//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", said(resolved.title))
    made.add("x-wr-timezone", resolved.timezone)
    for slot in slots:
        made.add_component(_event(resolved, grid, slot, stamp))
    text: bytes = made.to_ical()
    return text


def uid(resolved: Resolved, slot: Slot) -> str:
    return f"{slot.id}.{resolved.id}@orchestrator"


def _event(resolved: Resolved, grid: Grid, slot: Slot, stamp: datetime) -> Event:
    plan = slot.plan
    site = resolved.sites.get(plan.site or "")
    event = Event()
    event.add("uid", uid(resolved, slot))
    event.add("sequence", resolved.version)
    event.add("dtstamp", stamp)
    event.add("dtstart", grid.utc(slot.start_n).replace(microsecond=0))
    event.add("dtend", grid.utc(slot.end_n).replace(microsecond=0))
    event.add("summary", said(plan.title) or slot.id)
    event.add("categories", [plan.kind, plan.audience])
    if site is not None:
        event.add("location", f"{said(site.title)}, {where.city(site)}")
    described = [who(resolved, plan), plan.notes]
    if any(described):
        event.add("description", "\n".join(line for line in described if line))
    return event
