"""Times, lengths and names as a producer reads them. Pure; used by the checks and the tables.

Frames become `17m` or `1h 30m 05s`, instants become a site's own clock, and a text in several
languages becomes one string.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from orchestrator.rundown.plan import Site, Text
from orchestrator.timing.grid import Grid


def length(frames: int, fps: int) -> str:
    """`17m`, `1h 30m`, `90s` as `1m 30s`, `0s`; what is left below a second in frames: `12f`."""
    sign, frames = ("-", -frames) if frames < 0 else ("", frames)
    seconds, rest = divmod(frames, fps)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    words = [
        f"{hours}h" if hours else "",
        f"{minutes}m" if minutes else "",
        f"{seconds % 60}s" if seconds % 60 else "",
        f"{rest}f" if rest else "",
    ]
    return sign + (" ".join(word for word in words if word) or "0s")


def exact(frames: int, fps: int) -> str:
    """A length as the file takes it: `17m`, `1h30m`, `90s` as `1m30s`, `500ms`, else frames."""
    if frames % fps and frames % fps * 1000 % fps == 0 and abs(frames) < fps:
        return f"{frames * 1000 // fps}ms"
    return f"{frames}f" if frames % fps else length(frames, fps).replace(" ", "")


def local(n: int, grid: Grid, zone: str) -> datetime:
    """Frame `n` on the clocks of `zone`."""
    return grid.utc(n).astimezone(ZoneInfo(zone))


def clock(n: int, grid: Grid, zone: str) -> str:
    """`18:30`, with seconds only if there are any."""
    at = local(n, grid, zone)
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"


def day(n: int, grid: Grid, zone: str) -> str:
    """`Sat 24 Oct`."""
    at = local(n, grid, zone)
    return f"{_DAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]}"


def offset(n: int, grid: Grid, zone: str) -> str:
    """`+01:00`: the zone's distance from UTC at frame `n`."""
    return f"{local(n, grid, zone):%z}"[:3] + ":" + f"{local(n, grid, zone):%z}"[3:5]


def one(text: Text, language: str = "") -> str:
    """`text` in `language`, else in the event's first language (which comes first)."""
    return text.get(language) or next(iter(text.values()), "")


def city(site: Site) -> str:
    """What people call the place."""
    return site.city or one(site.title) or site.id


def site_of(source: str, sites: Mapping[str, Site]) -> str | None:
    """The site whose feed `source` is; None for clips, slates and guests."""
    head, _, tail = source.partition(".")
    return head if tail and head in sites else None


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
