"""What a guest is told, who joins from home by a link: when, how far, and what arrives. Pure.

Nothing of anybody else: the slots in which this person speaks, how far the desk says the person has
come, and the line on which picture and sound come in, if there is one (`guests.line_of`).
"""

from __future__ import annotations

from typing import Any

from orchestrator.control.deskfeeds import feeds, plain_words
from orchestrator.control.deskview import Watched
from orchestrator.control.guests import guests_of, line_of
from orchestrator.control.siteview import slot_told
from orchestrator.rundown.lineup import LiveSlot
from orchestrator.rundown.words import said

_SHOWN_SLOTS = 4


def guest_view(seen: Watched, person_id: str) -> dict[str, Any]:
    """Raises KeyError for a person that the rundown does not have."""
    day = seen.show.resolved
    person = day.people[person_id]
    slots = [s for s in seen.line_up if speaks_in(s, person_id) and "done" not in s.state]
    current = next((slot for slot in slots if "on-air" in slot.state), None)
    upcoming = next((slot for slot in slots if slot.start_n > seen.n), None)
    touch = seen.state.guests.get(person_id)
    name = line_of(day, person_id)
    line = next((tile for tile in feeds(seen) if tile["id"] == name), None)
    site = day.sites.get(person.site or "")
    language = (person.languages or day.languages)[0]
    return {
        "event": {"title": said(day.title, language), "timezone": day.timezone},
        "now": seen.utc(seen.n),
        "person": {
            "id": person.id,
            "name": person.name,
            "zone": person.zone or (site.timezone if site else "") or day.timezone,
        },
        "language": language,
        "stage": str(touch.args.get("stage")) if touch is not None else "",
        "tally": line["tally"] if line else "",
        "public_behind_s": seen.seconds(day.programme.delay) + seen.grid.part_s,
        "line": line
        and {
            "name": line["name"],
            "word": line["word"],
            "grade": line["grade"],
            "told": plain_words(line),
            "level_db": line["level_db"],
        },
        "on": slot_told(seen, current, language),
        "next": slot_told(seen, upcoming, language),
        "later": [slot_told(seen, slot, language) for slot in slots[:_SHOWN_SLOTS]],
    }


def speaks_in(slot: LiveSlot, person_id: str) -> bool:
    """In the picture from elsewhere, or among the slot's people."""
    named = {one for people in slot.plan.people.values() for one in people}
    return person_id in guests_of(slot.plan) or person_id in named
