"""Scenes, graphics and sound as the desk shows them: on air, in the preview, still to come. Pure.

`preview_scene` is the very scene that TAKE would put on air, with its graphics and with stand-ins
for what is dead, found by giving the order to a copy of the show. `composed` is what the monitor
makes of it: with the graphic that somebody wants to see before it comes in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orchestrator.bus.orders import Order, Verb
from orchestrator.rundown.builtin import BADGE
from orchestrator.rundown.lineup import NEVER
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.scene import GraphicOn, Layer, Scene

if TYPE_CHECKING:
    from orchestrator.control.deskstate import Touch
    from orchestrator.control.deskview import Watched

_SAID_KEYS = ("name", "text", "title")
_OUT = frozenset({"graphic-out", "graphics-out"})
_TRIED = 2**31
"""Number of an order that is only tried: later than any real one."""


def preview_scene(seen: Watched) -> Scene | None:
    """What TAKE would put on air now; None while nothing is in the preview, or it names what the
    rundown does not have any more."""
    touch = seen.state.preview
    day = seen.show.resolved
    if touch is None or touch.args.get("layout") not in day.layouts:
        return None
    args = {key: touch.args[key] for key in ("layout", "places", "audio") if key in touch.args}
    order = Order(_TRIED, Verb.TAKE, seen.n, author=touch.author, args=args | {"until": "slot"})
    return seen.show.after(order).at(seen.n, seen.dead).scene


def composed(seen: Watched) -> Scene | None:
    """What the monitor composes. A graphic that is looked at lies over what TAKE would put on air,
    or over what is on air while nothing is in the preview."""
    scene = seen.preview_scene
    look = _look(seen)
    if look is None:
        return scene
    touch, specs = look
    if scene is None:
        scene = seen.show.at(seen.n, seen.dead).scene
    looked_at = tuple(
        replace(one, key=f"look-{one.key}", from_n=touch.n) for one in _tried(seen, specs)
    )
    return replace(scene, graphics=(*scene.graphics, *looked_at))


def _look(seen: Watched) -> tuple[Touch, tuple[Mapping[str, Any], ...]] | None:
    """The graphics that are looked at, until the slot ends. What has just gone out is looked at by
    itself while TAKE would not change the picture: it is what ⇧G brings."""
    state = seen.state
    touch, specs = state.look, state.last_out
    if touch is not None:
        specs = specs if touch.args.get("again") else tuple(touch.args.get("graphics", ()))
    else:
        touch = state.touched.get("graphics")
        if touch is None or touch.verb not in _OUT or not _is_picture_idle(seen):
            return None
    if not specs or touch.n < seen.show.slot_at(seen.n).start_n:
        return None
    return touch, specs


def _is_picture_idle(seen: Watched) -> bool:
    scene = seen.preview_scene
    if scene is None:
        return True
    on = seen.show.at(seen.n, seen.dead).scene
    return [(x.place, x.source) for x in scene.layers] == [(x.place, x.source) for x in on.layers]


def preview(seen: Watched) -> dict[str, Any] | None:
    """None while nothing is in the preview: TAKE alone would be refused."""
    touch = seen.state.preview
    scene = seen.preview_scene
    if touch is None or scene is None:
        return None
    return {
        "seq": touch.seq,
        "author": touch.author,
        "at": touch.at,
        "layout": scene.layout,
        "places": _places_of(touch, scene.layers),
        "transition": _written(touch.args.get("transition"), seen.grid.fps),
        "graphics": [graphic.use for graphic in scene.graphics],
    }


def programme(seen: Watched) -> dict[str, Any]:
    show, n = seen.show, seen.n
    look = show.at(n, seen.dead)
    scene, cause = look.scene, look.scene.cause
    taken = show.taken(n)
    return {
        "slot": scene.slot,
        "shot": scene.shot,
        "layout": scene.layout,
        "mode": scene.mode,
        "audience": scene.audience,
        "places": [_place(layer) for layer in scene.layers],
        "since": seen.utc(scene.began_n),
        "cause": {
            "by": cause.by,
            "rule": cause.rule,
            "author": cause.author,
            "seq": cause.seq,
        },
        "in_transition": look.outgoing is not None,
        "taken": taken is not None,
        "safe": taken is not None and taken.is_safe,
        "until": None
        if taken is None
        else "slot" if taken.bound is not None else "released",
    }  # fmt: skip


def scenes(day: Resolved) -> dict[str, Any]:
    """The layouts with their boxes, and every source that a place can show."""
    return {
        "layouts": [
            {
                "id": layout.id,
                "places": [{"name": p.name, "box": list(p.box)} for p in layout.places],
            }
            for layout in day.layouts.values()
        ],
        "clips": [
            {"id": f"clip.{clip.id}", "title": clip.title or clip.id} for clip in day.clips.values()
        ],
        "slates": ["slate.event", *(f"slate.site.{site}" for site in day.sites)],
    }


def graphics(seen: Watched) -> dict[str, Any]:
    """On air with the time left, still to come, and what can be called for."""
    show, n, day = seen.show, seen.n, seen.show.resolved
    on = show.at(n, seen.dead).scene.graphics
    people = show.decided(n).overlays.corrected(day.people)
    return {
        "on": [_graphic(one, seen) for one in on if one.use != BADGE],
        "badge": next((str(one.data.get("text", "")) for one in on if one.use == BADGE), ""),
        "coming": [_graphic(one, seen) for one in show.graphics_to_come(n)[:6]],
        "known": [
            {"id": spec.id, "template": spec.template, "defaults": dict(spec.defaults)}
            for spec in day.graphics.values()
            if spec.id != BADGE
        ],
        "people": [
            {
                "id": one.id,
                "name": one.name,
                "native": one.native,
                "role": one.role,
                "corrected": one != day.people[one.id],
            }
            for one in people.values()
        ],
        "roles": sorted(show.slot_at(n).plan.people),
        "last_out": _said(seen, seen.state.last_out),
        "look": _looked_at(seen),
    }


def _looked_at(seen: Watched) -> dict[str, Any] | None:
    """What the composed preview shows beyond the picture; `again` if it is what ⇧G brings."""
    look = _look(seen)
    if look is None:
        return None
    touch, specs = look
    return {
        "author": touch.author,
        "again": touch is not seen.state.look or bool(touch.args.get("again")),
        "asked": touch is seen.state.look,
        "graphics": _said(seen, specs),
    }


def _said(seen: Watched, specs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    shown = (_graphic(one, seen) for one in _tried(seen, specs))
    return [{"use": one["use"], "says": one["says"]} for one in shown]


def _tried(seen: Watched, specs: Sequence[Mapping[str, Any]]) -> list[GraphicOn]:
    """Graphics as they would be if they came in now, until the slot ends: a person corrected
    meanwhile is the corrected one."""
    if not specs:
        return []
    graphics = [
        {key: value for key, value in one.items() if key != "frames"} | {"key": f"tried-{i}"}
        for i, one in enumerate(specs)
    ]
    order = Order(_TRIED, Verb.GRAPHICS_AGAIN, seen.n, args={"graphics": graphics})
    scene = seen.show.after(order).at(seen.n, seen.dead).scene
    return [one for one in scene.graphics if one.key.startswith("tried-")]


def sound(seen: Watched) -> dict[str, Any]:
    """A fader for each place on air, and the programme's loudness against its target."""
    loudness: Mapping[str, Any] = seen.facts.get("programme", {}).get("loudness", {})
    scene = seen.show.at(seen.n, seen.dead).scene
    return {
        "faders": [
            _place(layer)
            | {
                "level_db": seen.pages.get(layer.source, {}).get("level_db"),
                "lufs": seen.pages.get(layer.source, {}).get("lufs"),
                "trim_db": round(seen.show.trim_db(layer.source, seen.n), 2),
            }
            for layer in scene.layers
        ],
        "programme": {
            name: loudness.get(name)
            for name in (
                "momentary_lufs",
                "short_term_lufs",
                "integrated_lufs",
                "peak_dbfs",
                "limiter_db",
            )
        },
        "target_lufs": seen.show.resolved.programme.loudness_lufs,
    }


def _place(layer: Layer) -> dict[str, Any]:
    return {
        "place": layer.place.name,
        "source": layer.source,
        "wanted": layer.wanted,
        "gain_db": layer.gain_db,
        "box": list(layer.place.box),
    }


def _places_of(touch: Touch, layers: Iterable[Layer]) -> list[dict[str, Any]]:
    """Every place that was chosen, a hidden one too, with what would stand in it."""
    standing = {layer.place.name: _place(layer) for layer in layers}
    chosen: Mapping[str, Any] = touch.args.get("places", {})
    empty = {"source": "hide", "gain_db": None, "box": [0, 0, 0, 0]}
    return [
        standing.get(place, {"place": place, "wanted": str(source), **empty})
        for place, source in chosen.items()
    ]


def _graphic(one: GraphicOn, seen: Watched) -> dict[str, Any]:
    says = next((str(one.data[key]) for key in _SAID_KEYS if one.data.get(key)), "")
    people = one.data.get("people") or ()
    names = [str(p.get("name", "")) for p in people if isinstance(p, Mapping)]
    return {
        "key": one.key,
        "use": one.use,
        "says": ", ".join(names) or says,
        "who": str(one.data.get("id", "")),
        "in_s": seen.seconds(one.from_n - seen.n),
        "left_s": seen.seconds(one.until_n - seen.n) if one.until_n < NEVER else None,
    }


def _written(transition: Any, fps: int) -> str:
    if not isinstance(transition, Mapping) or not transition.get("frames"):
        return "cut"
    length_ms = round(int(transition["frames"]) * 1000 / fps)
    return f"{str(transition.get('kind', 'mix')).replace('-', ' ')} {length_ms}ms"
