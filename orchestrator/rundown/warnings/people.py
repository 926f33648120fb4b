"""W4: who would have to be in two places, or on their feet for too long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from orchestrator.rundown import where
from orchestrator.rundown.problem import Problem
from orchestrator.rundown.resolved import Slot
from orchestrator.rundown.warnings.day import Day, warning

_HOSTS = ("host", "moderator")
TRAVEL_MINUTES = 30
REST_MINUTES = 30
"""A host is on end as long as no pause of this length lies between two of their slots."""
HOST_LIMIT_MINUTES = 240


@dataclass(frozen=True, slots=True)
class _Presence:
    """A person in `slot`: needed from `from_n` (setup included) at `site`, if that is known."""

    slot: Slot
    role: str
    from_n: int
    site: str | None


def clashes(day: Day) -> Iterator[Problem]:
    """W4: in two slots at once, at two sites within half an hour, or a host for over four hours."""
    for person, presences in _presences(day).items():
        yield from _two_at_once(day, person, presences)
        yield from _two_sites(day, person, presences)
    for person, slots in _hosted(day).items():
        yield from _too_long(day, person, slots)


def _presences(day: Day) -> dict[str, list[_Presence]]:
    """Where and when everybody is needed.

    Only what is known counts: a surgeon, and whoever is interviewed, is where the slot's own feeds
    are shown from; a host or a guest of a studio panel may be anywhere.
    """
    found: dict[str, list[_Presence]] = defaultdict(list)
    for slot in day.resolved.slots:
        if slot.plan.mode != "live":
            continue
        from_there = slot.plan.site is not None and any(
            where.site_of(source, day.resolved.sites) == slot.plan.site
            for source in where.sources(slot.plan)
        )
        seen: set[str] = set()
        for role, people in slot.plan.people.items():
            for person in people:
                if person in seen:
                    continue
                seen.add(person)
                is_there = from_there and role not in _HOSTS
                begin = slot.start_n - (slot.plan.setup if is_there else 0)
                site = slot.plan.site if is_there else None
                found[person].append(_Presence(slot, role, begin, site))
    return found


def _two_at_once(day: Day, person: str, presences: list[_Presence]) -> Iterator[Problem]:
    for i, one in enumerate(presences):
        for other in presences[i + 1 :]:
            if other.from_n < one.slot.end_n:
                yield warning(
                    "W4",
                    other.slot,
                    f"people.{other.role}",
                    f"{_name(day, person)} is in {one.slot.id} until {day.clock(one.slot.end_n)} "
                    f"and needed here from {day.clock(other.from_n)} (setup).",
                    "Shorten the setup, or ask somebody else.",
                )


def _two_sites(day: Day, person: str, presences: list[_Presence]) -> Iterator[Problem]:
    located = [presence for presence in presences if presence.site is not None]
    for one, other in pairwise(located):
        pause = other.from_n - one.slot.end_n
        if one.site != other.site and pause < day.frames(minutes=TRAVEL_MINUTES):
            yield warning(
                "W4",
                other.slot,
                f"people.{other.role}",
                f"{_name(day, person)} is in {_city(day, one.site)} until "
                f"{day.clock(one.slot.end_n)} ({one.slot.id}) and in {_city(day, other.site)} "
                f"{day.length(max(0, pause))} later.",
                f"Leave {TRAVEL_MINUTES} minutes between two sites.",
            )


def _hosted(day: Day) -> dict[str, list[Slot]]:
    hosted: dict[str, list[Slot]] = defaultdict(list)
    for slot in day.resolved.slots:
        people = [p for role in _HOSTS for p in slot.plan.people.get(role, ())]
        for person in dict.fromkeys(people):
            hosted[person].append(slot)
    return hosted


def _too_long(day: Day, person: str, slots: list[Slot]) -> Iterator[Problem]:
    begin = slots[0]
    for slot, following in [*pairwise(slots), (slots[-1], None)]:
        pause = following.start_n - slot.end_n if following else None
        if pause is not None and pause < day.frames(minutes=REST_MINUTES):
            continue
        stretch = slot.end_n - begin.start_n
        if stretch > day.frames(minutes=HOST_LIMIT_MINUTES):
            yield warning(
                "W4",
                begin,
                "people.host",
                f"{_name(day, person)} hosts for {day.length(stretch)} on end "
                f"({day.clock(begin.start_n)}-{day.clock(slot.end_n)}, to {slot.id}).",
                "Change hosts within 4 hours.",
            )
        begin = following or begin


def _name(day: Day, person: str) -> str:
    known = day.resolved.people.get(person)
    return known.name if known else person


def _city(day: Day, site: str | None) -> str:
    return where.city(day.resolved.sites[site]) if site else "?"
