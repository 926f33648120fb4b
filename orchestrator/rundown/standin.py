"""Who stands in for a dead source, inside its place; the scene and the graphics stay. Pure.

The slot's fallbacks for the place come first, then the slate of the source's own site, then the
event slate. `hide` takes the place away. Gain belongs to the place, so the sound follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

EVENT_SLATE = "slate.event"
HIDE = "hide"


def is_slate(source: str) -> bool:
    return source.startswith("slate.")


def is_alive(source: str, dead: Set[str]) -> bool:
    """Slates are pictures of our own. Guests have no way in yet, so they are never there."""
    if is_slate(source):
        return True
    return source not in dead and not source.startswith("guest.")


def site_of(source: str, sites: Set[str]) -> str | None:
    """The site a feed belongs to; None for clips, guests and slates."""
    site = source.partition(".")[0]
    return site if site in sites else None


def stand_in(
    source: str,
    place: str,
    fallback: Mapping[str, tuple[str, ...]],
    sites: Set[str],
    dead: Set[str],
) -> str | None:
    """What is shown in `place` where `source` was asked for; None if the place is hidden."""
    asked = (source, *chain(source, place, fallback, sites))  # the last one is a slate
    found = next(other for other in asked if other == HIDE or is_alive(other, dead))
    return None if found == HIDE else found


def chosen(
    fallback: Mapping[str, tuple[str, ...]], places: Mapping[str, str], source: str | None
) -> Mapping[str, tuple[str, ...]]:
    """The slot's fallbacks, with what a person has chosen in the place of a guest before them."""
    if source is None:
        return fallback
    guests = (place for place, wanted in places.items() if wanted.startswith("guest."))
    return dict(fallback) | {place: (source, *fallback.get(place, ())) for place in guests}


def chain(
    source: str, place: str, fallback: Mapping[str, tuple[str, ...]], sites: Set[str]
) -> tuple[str, ...]:
    """Everything that may stand in, in order. Only `main` is worth a slate if nobody said so."""
    site = site_of(source, sites)
    own_slate = (f"slate.site.{site}",) if site is not None else ()
    if place in fallback:
        named = fallback[place]
    else:
        named = () if place == "main" else (HIDE,)
    return (*named, *own_slate, EVENT_SLATE)
