"""PREVIEW, TAKE, QUARANTINE and LATCH: the desk's acts on the picture. Pure.

A TAKE is written into the journal with everything it means, so that reading it again later needs
nothing but the rundown: layout, every place named, gains, transition in frames, and its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator.control.floor import Act, Floor
from orchestrator.control.sound import a_feed
from orchestrator.control.wish import Wish, read_gain, unknown
from orchestrator.errors import CommandRejected
from orchestrator.rundown.audience import strict_sources
from orchestrator.rundown.plan import Layout
from orchestrator.rundown.show import Show
from orchestrator.rundown.takes import full_layout
from orchestrator.rundown.times import Unreadable, length

_LONGEST_TRANSITION_S = 10
_DIRECTIONS = ("left", "right", "up", "down")


def read_take(wish: Wish, floor: Floor) -> Act:
    """The scene named, or else what is in the preview. Raises CommandRejected."""
    wish.only("source", "layout", "places", "audio", "transition", "until")
    until = wish.text("until", "slot")
    if until not in ("slot", "released"):
        raise CommandRejected("malformed", "--until is slot or released")
    preview = floor.state.preview
    names_none = not (wish.text("source") or wish.text("layout") or wish.table("places"))
    if names_none and preview is not None:
        args = {key: value for key, value in preview.args.items() if key != "until"}
        if wish.text("transition"):
            fps = floor.show.resolved.programme.fps
            args["transition"] = read_transition(wish.text("transition"), fps)
        _check_there(args, floor)
    else:
        args = _scene(wish, floor, current_places(floor), floor.show.at(floor.n).scene.layout)
    _check_shown(args["places"], floor)
    args["until"] = until
    how = _how(args["transition"])
    end = "until released" if until == "released" else f"until {_slot_name(floor)} ends"
    strict = sorted(strict_sources(floor.show.resolved).intersection(args["places"].values()))
    if strict and floor.show.slot_at(floor.n).audience == "open":
        end += f"; for professionals only, because of {', '.join(strict)}"
    return Act("take", args, f"TAKE {args['layout']}: {_shown(args['places'])}; {how}; {end}")


def read_preview(wish: Wish, floor: Floor) -> Act:
    """A whole scene, or a change of the one that is in the preview."""
    wish.only("source", "layout", "places", "audio", "transition")
    preview = floor.state.preview
    if preview is None:
        places, layout = current_places(floor), floor.show.at(floor.n).scene.layout
    else:
        places, layout = dict(preview.args["places"]), str(preview.args["layout"])
    if preview is not None and not wish.text("transition"):
        wish = replace(wish, args={**wish.args, "transition": _written(preview.args)})
    args = _scene(wish, floor, places, layout, empty="hide")
    return Act(
        "preview",
        args,
        f"PREVIEW {args['layout']}: {_shown(args['places'])}; {_how(args['transition'])}",
    )


def read_layout(wish: Wish, floor: Floor) -> Act:
    wish.only("layout")
    return read_preview(wish, floor)


def read_place(wish: Wish, floor: Floor) -> Act:
    """SOURCE: another source in a place of the preview; never to air."""
    wish.only("place", "source")
    place, source = wish.text("place") or "main", wish.text("source")
    return read_preview(replace(wish, args={"places": {place: source}}), floor)


def read_how(wish: Wish, floor: Floor) -> Act:
    """TRANSITION: how TAKE brings the preview in."""
    wish.only("transition")
    args = {"places": {}, "transition": wish.text("transition", "cut")}
    preview = floor.state.preview
    places = dict(preview.args["places"]) if preview is not None else current_places(floor)
    return read_preview(replace(wish, args=args | {"places": places}), floor)


def read_quarantine(wish: Wish, floor: Floor) -> Act:
    wish.only("feed", "on")
    feed, on = a_feed(wish, floor), wish.flag("on", True)
    if on == (feed in floor.show.decided(floor.n).feeds_out):
        state = "is quarantined already" if on else "was not quarantined"
        raise CommandRejected("no-change", f"{feed} {state}")
    text = "is not shown until it is let back" if on else "may be shown again"
    return Act("quarantine", {"feed": feed, "on": on}, f"QUARANTINE: {feed} {text}")


def read_latch(wish: Wish, floor: Floor) -> Act:
    wish.only("feed", "on")
    feed, on = a_feed(wish, floor), wish.flag("on", True)
    text = "stays replaced until the slot ends" if on else "comes back when it is good"
    return Act("latch", {"feed": feed, "on": on}, f"LATCH: {feed} {text}")


def read_release(wish: Wish, floor: Floor) -> Act:
    wish.only()
    if floor.show.taken(floor.n) is None:
        raise CommandRejected("no-change", "nothing is taken: the schedule is on air")
    return Act("release", {}, "RELEASE: the schedule's picture comes back")


def read_safe(wish: Wish, floor: Floor) -> Act:
    wish.only()
    text = "SAFE: the studio, full frame, sound up, graphics out; until RELEASE"
    return Act("safe", {}, text)


def current_places(floor: Floor) -> dict[str, str]:
    """What stands in the places of the scene on air, as it was asked for."""
    return {x.place.name: x.wanted for x in floor.show.at(floor.n).scene.layers}


def _scene(
    wish: Wish, floor: Floor, current: dict[str, str], layout_now: str, *, empty: str = ""
) -> dict[str, Any]:
    """`empty` is what stands in a place that nobody has named yet."""
    show = floor.show
    day = show.resolved
    site = show.slot_at(floor.n).site
    source = wish.text("source")
    places = {
        place: read_source(value, show, site) for place, value in wish.table("places").items()
    }
    if not source and not places and not wish.text("layout"):
        raise CommandRejected("malformed", "take what? A source, or places like main=site.feed")
    layout = _layout(wish, show, layout_now, is_full=bool(source) and not places)
    if source:
        places.setdefault(layout.places[0].name, read_source(source, show, site))
    for place in layout.places:
        places.setdefault(place.name, current.get(place.name, empty))
    _check_places(layout, places)
    places = {place.name: places[place.name] for place in layout.places}
    args: dict[str, Any] = {"layout": layout.id, "places": places}
    if wish.args.get("audio"):
        args["audio"] = _audio(wish, layout)
    elif source and len(places) == 1:
        args["audio"] = dict.fromkeys(places, 0.0)
    args["transition"] = read_transition(wish.text("transition", "cut"), day.programme.fps)
    return args


def _check_there(args: dict[str, Any], floor: Floor) -> None:
    """A preview may be older than the rundown: what it names must still exist."""
    layouts = floor.show.resolved.layouts
    if args["layout"] not in layouts:
        raise unknown("unknown-layout", "layout", str(args["layout"]), tuple(layouts))
    for source in args["places"].values():
        read_source(source, floor.show, None)


def _check_shown(places: dict[str, str], floor: Floor) -> None:
    withheld = floor.show.withheld(floor.n)
    kept = [source for source in places.values() if source in withheld]
    if kept:
        raise CommandRejected("withheld", f"{kept[0]} is kept off air; let it back first")


def _shown(places: dict[str, str]) -> str:
    return " ".join(f"{place}={name}" for place, name in places.items())


def _how(transition: dict[str, Any]) -> str:
    if not transition["frames"]:
        return "cut"
    return f"{transition['kind']} of {transition['frames']} frames"


def _written(args: Mapping[str, Any]) -> str:
    transition = args["transition"]
    kind = str(transition["kind"]).replace("-", " ")
    return f"{kind} {transition['frames']}f" if transition["frames"] else "cut"


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


def _layout(wish: Wish, show: Show, now: str, *, is_full: bool) -> Layout:
    layouts = show.resolved.layouts
    name = wish.text("layout")
    if not name:
        name = full_layout(show.resolved) if is_full else now
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


def _slot_name(floor: Floor) -> str:
    return floor.show.slot_at(floor.n).id or "this gap"
