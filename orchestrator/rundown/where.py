"""Where and when, as a person there says it: sites of sources, cities, local clocks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from orchestrator.rundown.plan import PlanSlot, Site
from orchestrator.rundown.words import said
from orchestrator.timing.grid import Grid

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def local(n: int, grid: Grid, zone: str) -> datetime:
    """Frame `n` on the clocks of `zone`."""
    return grid.utc(n).astimezone(ZoneInfo(zone))


def clock(n: int, grid: Grid, zone: str) -> str:
    """`18:30`, with seconds if there are any; in the hour that happens twice `02:30+02:00`."""
    at = local(n, grid, zone)
    return (f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}") + offset_if_twice(at)


def offset_if_twice(at: datetime) -> str:
    """`+02:00` for a local time that happens twice, or else nothing."""
    if at.replace(fold=1 - at.fold).utcoffset() == at.utcoffset():
        return ""
    offset = f"{at:%z}"
    return f"{offset[:3]}:{offset[3:5]}"


def day(n: int, grid: Grid, zone: str) -> str:
    """`Sat 24 Oct`."""
    at = local(n, grid, zone)
    return f"{_DAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]}"


def hours(staffed: tuple[int, int]) -> str:
    """`08:00-20:00`."""
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in staffed)


def city(site: Site) -> str:
    """What people call the place."""
    return site.city or said(site.title) or site.id


def site_of(source: str, sites: Mapping[str, Site]) -> str | None:
    """The site whose feed `source` is; None for clips, slates and guests."""
    head, _, tail = source.partition(".")
    return head if tail and head in sites else None


def sources(slot: PlanSlot) -> Iterator[str]:
    """What the slot means to show, in order: scene and shots, but not the fallbacks."""
    yield from slot.scene.places.values()
    for shot in slot.shots:
        yield from shot.places.values()
