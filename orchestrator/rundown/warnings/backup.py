"""W5: a surgery with nothing to go to when its site is not ready, or when its camera dies."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.rundown import where
from orchestrator.rundown.problem import Problem
from orchestrator.rundown.resolved import Slot
from orchestrator.rundown.warnings.day import Day, is_live_surgery, warning


def bare_surgeries(day: Day) -> Iterator[Problem]:
    """W5: a live surgery without a standby, or without a second feed behind the first."""
    for slot in day.resolved.slots:
        if not is_live_surgery(slot.plan):
            continue
        if slot.plan.standby is None:
            yield warning(
                "W5",
                slot,
                "standby",
                "no standby: if the site is not ready there is only the slate.",
                "Add  standby: ID  of something on the filler shelf.",
            )
        place = _place_of_the_surgery(day, slot)
        if place is not None and not _has_backup_feed(day, slot, place):
            yield warning(
                "W5",
                slot,
                f"fallback.{place}",
                f"no backup feed behind {slot.plan.scene.places[place]} in {place}: "
                "if it dies there is only the slate.",
                f"Add a second feed:  fallback: {{{place}: [.room, slate.site]}}",
            )


def _place_of_the_surgery(day: Day, slot: Slot) -> str | None:
    """The first place that shows a feed of the slot's own site."""
    for place, source in slot.plan.scene.places.items():
        if where.site_of(source, day.resolved.sites) == slot.plan.site:
            return place
    return None


def _has_backup_feed(day: Day, slot: Slot, place: str) -> bool:
    first = slot.plan.scene.places[place]
    return any(
        source != first and where.site_of(source, day.resolved.sites) is not None
        for source in slot.plan.fallback.get(place, ())
    )
