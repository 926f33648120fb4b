"""What one site is told: its own tally, countdown, messages, and what arrives from it. Pure.

Nothing of anybody else: no other site's feeds or messages, no incidents, no names of the desk but
on messages to this site. Titles of slots are those of its own.
"""

from __future__ import annotations

from typing import Any

from orchestrator.control.deskfeeds import feeds, plain_words
from orchestrator.control.deskplan import slot_view
from orchestrator.control.deskview import Watched
from orchestrator.rundown.lineup import LiveSlot
from orchestrator.rundown.plan import PlanSlot
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.words import said

_SHOWN_SLOTS = 4
_SHOWN_MESSAGES = 20


def site_view(seen: Watched, site_id: str) -> dict[str, Any]:
    """Raises KeyError for a site that the rundown does not have."""
    day = seen.show.resolved
    site = day.sites[site_id]
    own = [tile for tile in feeds(seen) if tile["site"] == site_id]
    slots = [s for s in seen.line_up if s.site == site_id and "done" not in s.state]
    current = next((slot for slot in slots if "on-air" in slot.state), None)
    upcoming = next((slot for slot in slots if slot.start_n > seen.n), None)
    tallies = {tile["tally"] for tile in own}
    owed = _stood_in_for(seen, site_id)
    gate = seen.facts.get("gate", {})
    decided = seen.show.decided(seen.n)
    language = language_of(day, site_id)
    return {
        "event": {"title": said(day.title, language), "timezone": day.timezone},
        "now": seen.utc(seen.n),
        "site": {
            "id": site_id,
            "title": said(site.title, language),
            "city": site.city,
            "timezone": site.timezone,
        },
        "language": language,
        "tally": next((t for t in ("air", "preview", "armed") if t in tallies), ""),
        "hidden": site_id in decided.hidden or site_id in gate.get("hidden", ()),
        "quarantined": site_id in decided.quarantined or site_id in gate.get("quarantined", ()),
        "public_behind_s": seen.seconds(day.programme.delay) + seen.grid.part_s,
        "feeds": [
            {
                "name": tile["name"],
                "word": tile["word"],
                "grade": tile["grade"],
                "told": plain_words(tile),
                "tally": tile["tally"],
                "level_db": tile["level_db"],
            }
            for tile in own
        ],
        "stood_in": _stood_in(seen, owed, language),
        "on": slot_told(seen, current, language),
        "next": slot_told(seen, upcoming, language),
        "later": [slot_told(seen, slot, language) for slot in slots[:_SHOWN_SLOTS]],
        "messages": [
            {
                "seq": one.seq,
                "at": one.at,
                "text": one.text,
                "from_site": one.from_site,
                "author": one.author,
                "read": bool(one.read_by),
            }
            for one in seen.state.messages
            if one.site == site_id
        ][-_SHOWN_MESSAGES:],
    }


def _stood_in_for(seen: Watched, site_id: str) -> PlanSlot | None:
    """This site's slot, while its standby is on air in its place."""
    on = next((slot for slot in seen.line_up if "on-air" in slot.state), None)
    if on is None or on.stands_for is None:
        return None
    slots = seen.show.resolved.slots
    return next((s.plan for s in slots if s.id == on.stands_for and s.plan.site == site_id), None)


def _stood_in(seen: Watched, owed: PlanSlot | None, language: str) -> dict[str, Any] | None:
    """READY is for this slot then; when it is gone to, the desk says."""
    if owed is None:
        return None
    standby = seen.show.slot_at(seen.n)
    return {
        "id": owed.id,
        "title": said(owed.title, language),
        "ready": owed.id in seen.show.decided(seen.n).ready,
        "left_s": None if standby.is_open else seen.seconds(standby.end_n - seen.n),
    }


def language_of(day: Resolved, site: str) -> str:
    """What its people speak first, else what is spoken in its slots, else the floor language.

    The same all day: a page that changed its language with the next slot would be read by nobody.
    """
    floor = day.languages[0]
    people = [one.languages[0] for one in day.people.values() if one.site == site and one.languages]
    slots = [slot.plan.language for slot in day.slots if slot.plan.site == site]
    spoken = people or [language for language in slots if language != floor]
    return next(iter(spoken), floor)


def slot_told(seen: Watched, slot: LiveSlot | None, language: str) -> dict[str, Any] | None:
    if slot is None:
        return None
    whole = slot_view(seen, slot)
    kept = ("id", "title", "start", "end", "length_s", "mode", "state")
    return {name: whole[name] for name in kept} | {
        "title": said(slot.title, language),
        "in_s": seen.seconds(slot.start_n - seen.n),
        "left_s": None if whole["end"] is None else seen.seconds(slot.end_n - seen.n),
    }
