"""Who may see a source that an operator takes: the plan says it, not the hand on the button. Pure.

A slot's audience is the producer's word about the scenes written in it, checked against consent. A
TAKE puts a source where nobody wrote it. So a source is as open as the most open slot whose scene
or shots name it; one that no slot names is for the event's own audience. A fallback does not
open a source: it was allowed for an accident in that slot, not for a choice in another.
"""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.rundown.plan import Audience, PlanSlot
from orchestrator.rundown.resolved import Resolved


def strict_sources(day: Resolved) -> frozenset[str]:
    """Feeds, guests and clips that must not be taken to everybody."""
    slots = (*(slot.plan for slot in day.slots), *day.standby)
    opened = _written(slot for slot in slots if slot.audience == "open")
    named = _written(slots)
    unnamed: set[str] = set()
    if day.audience != "open":
        people = (f"guest.{person}" for person in day.people)
        unnamed = {*day.sources(), *people} - named
    return frozenset((named | unnamed) - opened)


def strictest(slot: Audience, sources: Iterable[str], strict: frozenset[str]) -> Audience:
    """The audience of a take in a slot: never wider than the slot nor than what is taken."""
    return slot if strict.isdisjoint(sources) else "professional"


def _written(slots: Iterable[PlanSlot]) -> set[str]:
    found: set[str] = set()
    for slot in slots:
        found.update(slot.scene.places.values(), *(shot.places.values() for shot in slot.shots))
    return {source for source in found if source != "hide" and not source.startswith("slate.")}
