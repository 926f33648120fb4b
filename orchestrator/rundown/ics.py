"""The day as a calendar (RFC 5545), for everybody's telephone. Pure.

A slot keeps its UID through every change of the file (event id + slot id; ids are never positions,
and `was:` names the id before a renaming), so a calendar that is imported again moves its entries
instead of doubling them. A calendar program believes the higher SEQUENCE: with the calendar that
was sent out before, a changed entry gets one more, an unchanged one stays as it was to the byte,
and what has gone is there as CANCELLED. Without it every entry is a first edition, SEQUENCE 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from icalendar import Calendar, Event

from orchestrator.errors import ConfigError
from orchestrator.rundown import where
from orchestrator.rundown.resolved import Resolved, Slot
from orchestrator.rundown.rows import who
from orchestrator.rundown.words import said
from orchestrator.timing.grid import Grid

_SIGNIFICANT = ("DTSTART", "DTEND", "SUMMARY", "LOCATION", "DESCRIPTION", "CATEGORIES", "STATUS")
"""A change of one of these is an edition of its own (RFC 5545 §3.8.7.4)."""


def calendar(
    resolved: Resolved,
    slots: Sequence[Slot],
    stamp: datetime,
    *,
    whose: str = "",
    since: bytes | None = None,
) -> bytes:
    """`slots` as VEVENTs. `stamp` is when the rundown was last written (aware); `whose` the site or
    person they were chosen for; `since` the calendar that was sent out before.

    Raises ConfigError if `since` is no calendar, or another one.
    """
    grid = Grid.standard(resolved.programme.fps)
    made = Calendar()
    made.add("prodid", "-//orchestrator//rundown//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", " · ".join(filter(None, (said(resolved.title), whose))))
    made.add("x-wr-timezone", resolved.timezone)
    sent = _sent(since, str(made["x-wr-calname"])) if since is not None else {}
    events = [_event(resolved, grid, slot, stamp) for slot in slots]
    for event in [*(_edition(event, sent) for event in events), *_gone(sent, events, stamp)]:
        made.add_component(event)
    text: bytes = made.to_ical()
    return text


def uid(resolved: Resolved, slot: Slot) -> str:
    return f"{slot.plan.was or slot.id}.{resolved.id}@orchestrator"


def _event(resolved: Resolved, grid: Grid, slot: Slot, stamp: datetime) -> Event:
    plan = slot.plan
    site = resolved.sites.get(plan.site or "")
    event = Event()
    event.add("uid", uid(resolved, slot))
    event.add("sequence", 0)
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


def _sent(text: bytes, name: str) -> Mapping[str, Event]:
    """What was sent out before, by UID. Raises ConfigError."""
    try:
        before = Calendar.from_ical(text)
        found = [event for event in before.walk("VEVENT") if isinstance(event, Event)]
        events = {str(event["uid"]): event for event in found}
    except (ValueError, KeyError, IndexError) as error:
        raise ConfigError(f"the calendar that was sent out before is none: {error}.") from error
    known = str(before.get("x-wr-calname", ""))
    if known != name:
        raise ConfigError(
            f'the calendar that was sent out before is "{known}", this is "{name}".   '
            "Give the one that was made with the same --site or --person."
        )
    return events


def _edition(event: Event, sent: Mapping[str, Event]) -> Event:
    """`event` with the SEQUENCE that makes calendars take it over what they have."""
    known = sent.get(str(event["uid"]))
    if known is None:
        return event
    if _matter(known) == _matter(event):
        return known
    event["sequence"] = int(known.get("sequence", 0)) + 1
    return event


def _gone(sent: Mapping[str, Event], events: Sequence[Event], stamp: datetime) -> Iterator[Event]:
    """Entries that are not in the day any more: taken back once, and kept so."""
    here = {str(event["uid"]) for event in events}
    for name, known in sent.items():
        if name in here:
            continue
        if known.get("status") != "CANCELLED":
            known["sequence"] = int(known.get("sequence", 0)) + 1
            for key in ("status", "dtstamp"):
                known.pop(key, None)
            known.add("status", "CANCELLED")
            known.add("dtstamp", stamp)
        yield known


def _matter(event: Event) -> list[str]:
    lines = [str(line) for line in event.content_lines()]
    return [line for line in lines if line.split(":")[0].split(";")[0] in _SIGNIFICANT]
