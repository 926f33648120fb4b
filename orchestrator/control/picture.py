"""TAKE, RELEASE, SAFE and GAIN: the desk's acts on picture and sound. Pure.

A TAKE is written into the journal with everything it means, so that reading it again later needs
nothing but the rundown: layout, every place named, gains, transition in frames, and its end.
"""

from __future__ import annotations

from typing import Any

from orchestrator.control.wish import Wish, read_gain, unknown
from orchestrator.errors import CommandRejected
from orchestrator.rundown.audience import strict_sources
from orchestrator.rundown.plan import Layout
from orchestrator.rundown.show import Show
from orchestrator.rundown.takes import full_layout
from orchestrator.rundown.times import Unreadable, length

_LONGEST_TRANSITION_S = 10
_DIRECTIONS = ("left", "right", "up", "down")


def read_take(wish: Wish, show: Show, n: int) -> tuple[dict[str, Any], str]:
    """The order's args and what will happen. Raises CommandRejected."""
    wish.only("source", "layout", "places", "audio", "transition", "until")
    day = show.resolved
    site = show.slot_at(n).site
    source = wish.text("source")
    places = {
        place: read_source(value, show, site) for place, value in wish.table("places").items()
    }
    if not source and not places and not wish.text("layout"):
        raise CommandRejected("malformed", "take what? A source, or places like main=site.feed")
    layout = _layout(wish, show, n, is_full=bool(source) and not places)
    if source:
        places.setdefault(layout.places[0].name, read_source(source, show, site))
    current = {layer.place.name: layer.wanted for layer in show.at(n).scene.layers}
    for place in layout.places:
        places.setdefault(place.name, current.get(place.name, ""))
    _check_places(layout, places)
    args: dict[str, Any] = {"layout": layout.id, "places": places}
    if wish.args.get("audio"):
        args["audio"] = _audio(wish, layout)
    elif source and len(places) == 1:
        args["audio"] = dict.fromkeys(places, 0.0)
    transition = read_transition(wish.text("transition", "cut"), day.programme.fps)
    args["transition"] = transition
    args["until"] = until = wish.text("until", "slot")
    if until not in ("slot", "released"):
        raise CommandRejected("malformed", "--until is slot or released")
    shown = " ".join(f"{place}={name}" for place, name in places.items())
    how = (
        f"{transition['kind']} of {transition['frames']} frames" if transition["frames"] else "cut"
    )
    end = "until released" if until == "released" else f"until {_slot_name(show, n)} ends"
    strict = sorted(strict_sources(day).intersection(places.values()))
    kept = ""
    if strict and show.slot_at(n).audience == "open":
        kept = f"; for professionals only, because of {', '.join(strict)}"
    return args, f"TAKE {layout.id}: {shown}; {how}; {end}{kept}"


def read_source(value: Any, show: Show, site: str | None) -> str:
    """A source that exists; `.room` is the room of the site that is on. Raises CommandRejected."""
    day = show.resolved
    name = str(value).strip()
    if name.startswith(".") and site is not None:
        name = site + name
    if name == "slate.site" and site is not None:
        name = f"slate.site.{site}"
    known = [*day.sources(), "slate.event", "slate.privacy", "hide"]
    known += [f"slate.site.{site_id}" for site_id in day.sites]
    if name not in known:
        raise unknown("unknown-source", "source", name, known)
    return name


def read_transition(text: str, fps: int) -> dict[str, Any]:
    """`cut`, `mix 600ms`, `wipe left 1s`, as kind and frames. Raises CommandRejected."""
    words = text.split()
    kind = words.pop(0) if words else "cut"
    if kind not in ("cut", "mix", "wipe", "push"):
        raise unknown("unknown-transition", "transition", kind, ("cut", "mix", "wipe", "push"))
    if kind in ("wipe", "push"):
        direction = words.pop(0) if words and words[0] in _DIRECTIONS else "left"
        kind = f"{kind}-{direction}"
    if kind == "cut":
        return {"kind": "cut", "frames": 0}
    try:
        frames = length(" ".join(words) or "600ms").in_frames(fps)
    except Unreadable as error:
        raise CommandRejected("malformed", f"{error.message} {error.hint}".strip()) from error
    if not 0 < frames <= _LONGEST_TRANSITION_S * fps:
        raise CommandRejected("malformed", f"a {kind} takes between a frame and 10 s")
    return {"kind": kind, "frames": frames}


def read_trim(wish: Wish, show: Show) -> tuple[dict[str, Any], str]:
    """GAIN: the sticky trim of a feed; `by` changes what it has. Raises CommandRejected."""
    wish.only("feed", "gain")
    feeds = [feed.id for feed in show.resolved.feeds()]
    feed = wish.text("feed")
    if feed not in feeds:
        raise unknown("unknown-source", "feed", feed, feeds)
    trim_db = read_gain(wish.args.get("gain"))
    if trim_db is None:
        raise CommandRejected("malformed", "a feed's trim is a number of decibels; TAKE mutes")
    return {"feed": feed, "trim_db": trim_db}, f"GAIN {feed}: {trim_db:+g} dB from now on"


def _layout(wish: Wish, show: Show, n: int, *, is_full: bool) -> Layout:
    layouts = show.resolved.layouts
    name = wish.text("layout")
    if not name:
        name = full_layout(show.resolved) if is_full else show.at(n).scene.layout
    if name not in layouts:
        raise unknown("unknown-layout", "layout", name, tuple(layouts))
    return layouts[name]


def _check_places(layout: Layout, places: dict[str, str]) -> None:
    names = [place.name for place in layout.places]
    for place in list(places):
        if place not in names:
            raise unknown("unknown-place", f"place in layout {layout.id}", place, names)
    empty = [place for place in names if not places[place]]
    if empty:
        raise CommandRejected(
            "incomplete",
            f"layout {layout.id} also needs {' and '.join(f'{p}=SOURCE' for p in empty)} "
            "(or =hide)",
        )
    if all(source == "hide" for source in places.values()):
        raise CommandRejected("incomplete", "something must be seen: not every place can be hidden")


def _audio(wish: Wish, layout: Layout) -> dict[str, float | None]:
    names = [place.name for place in layout.places]
    gains: dict[str, float | None] = {}
    for place, value in wish.table("audio").items():
        if place not in names:
            raise unknown("unknown-place", f"place in layout {layout.id}", place, names)
        gains[place] = read_gain(value)
    return gains


def _slot_name(show: Show, n: int) -> str:
    return show.slot_at(n).id or "this gap"
