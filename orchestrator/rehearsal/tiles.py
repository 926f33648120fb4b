"""What is on a contact sheet: every layout, transition, slate and graphic of an event, drawn.

By the programme's own compositor and templates, over one simulated picture of each source. Pure
but for the drawing of text; the main thread of `orchestrator rehearsal contact-sheet`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.control.inputs import graphics_of
from orchestrator.media import svg
from orchestrator.media.picture import Planes, even, new_picture
from orchestrator.programme.compositor import Compositor
from orchestrator.programme.draw import draw
from orchestrator.programme.graphics import with_time
from orchestrator.programme.overlay import FADE_FRAMES, Overlay
from orchestrator.programme.slates import slate_svgs
from orchestrator.rehearsal.picture import Contribution, Painter
from orchestrator.rundown import builtin
from orchestrator.rundown.graphics_cues import BADGES
from orchestrator.rundown.plan import CUT, Layout, Place, Transition
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.scene import Cause, GraphicOn, Layer, Look, Scene
from orchestrator.rundown.words import said
from orchestrator.timing.grid import Grid

LINES = 360
"""Height at which everything is drawn."""

FRACTIONS = Layout(
    "fit, crop, border",
    (
        Place("main", (0, 0, 1, 1)),
        Place("inset", (0.04, 0.08, 0.3, 0.84), fit="contain", border="3px #ffffff"),
        Place("third", (0.37, 0.08, 0.26, 0.84), border="3px #37c2b1"),
        Place("fourth", (0.66, 0.3, 0.3, 0.4), crop=(0.25, 0.25, 0.5, 0.5), border="3px #e0a458"),
    ),
)
"""What a layout of one's own may do, for events that have none."""

SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "lower-third": {"name": "Name of a person", "role": "What they do", "city": "Where"},
    "next-up": {"title": "The title of what comes", "time": "18:30"},
    "clock": {"time": "21:35", "label": "A city"},
    "message": {"text": "A message to everybody"},
    "countdown": {"left": "01:15", "text": "We begin in"},
}
"""For built-in graphics that the event does not use."""

_DIRECTIONS = ("left", "right", "up", "down")
_MOVING = ("mix", *(f"{kind}-{to}" for kind in ("wipe", "push") for to in _DIRECTIONS))
_PERCENT = (25, 50, 75)
_ALWAYS = ("slate.event", "slate.privacy")
_LOOP = 300


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture of the sheet, in the house format. `problem`: why something is not on it."""

    name: str
    picture: Planes
    problem: str = ""


class Tiles:
    """Draws them. `day` is as `with_paths` leaves it: its templates are named by whole paths."""

    def __init__(self, day: Resolved) -> None:
        self._day = day
        programme = day.programme
        self._size = even(LINES * programme.width / programme.height), LINES
        self._grid = Grid.standard(programme.fps)
        self._pictures = _Pictures(day, *self._size)
        self._compositor = Compositor(*self._size, self._pictures)
        # first feeds first: what stands side by side should differ
        first = [site.feeds[0].id for site in day.sites.values() if site.feeds]
        sources = list(dict.fromkeys([*first, *day.sources()]))
        self._sources = sources if len(sources) >= 4 else [*sources, *_ALWAYS]
        self._full = day.layouts.get("full") or Layout("full", (Place("main", (0, 0, 1, 1)),))

    def layouts(self) -> Iterator[Tile]:
        for layout in (*self._day.layouts.values(), FRACTIONS):
            yield self._tile(layout.id, Look(0, self._scene(layout, self._sources)))

    def transitions(self) -> Iterator[Tile]:
        old, new = (self._scene(self._full, [source]) for source in self._sources[:2])
        yield self._tile("cut: its first frame", Look(0, new, old, CUT, 1.0))
        for kind, percent in itertools.product(_MOVING, _PERCENT):
            look = Look(0, new, old, Transition(kind, 18), percent / 100)
            yield self._tile(f"{kind.replace('-', ' ')}, {percent} %", look)

    def slates(self) -> Iterator[Tile]:
        for source in self._pictures.slates:
            yield self._tile(source, Look(0, self._scene(self._full, [source])))

    def graphics(self) -> Iterator[Tile]:
        """Each as it is first cued, over what is on air then; the truth badge in its words; what
        else there is, with words of ours."""
        used = set()
        for scene, graphic in graphics_of(self._day):
            if graphic.use != builtin.BADGE:
                used.add(graphic.use)
                yield self._cued(scene, graphic)
        plain = Look(0, self._scene(self._full, self._sources[:1]))
        for mode, text in BADGES.items():
            yield self._tile(f"badge: {text}", plain, builtin.BADGE, {"mode": mode, "text": text})
        for use in builtin.GRAPHICS:
            if use not in used:
                yield self._tile(f"{use} (not cued)", plain, use, SAMPLES[use])

    def _cued(self, scene: Scene, graphic: GraphicOn) -> Tile:
        n = min(graphic.from_n + FADE_FRAMES + 1, graphic.until_n - 1)
        data = with_time(graphic.data, n, self._grid)
        words = " ".join(filter(None, [graphic.use, _about(data)]))
        return self._tile(words, Look(n, scene), graphic.template or graphic.use, data)

    def _tile(
        self, name: str, look: Look, template: str = "", data: Mapping[str, Any] | None = None
    ) -> Tile:
        overlays: tuple[Overlay, ...] = ()
        problem = ""
        if template:
            try:
                drawing, problem = draw(template, data or {}, *self._size)
                overlays = (Overlay(drawing),) if drawing is not None else ()
            except svg.TemplateBroken as error:
                problem = str(error)
        out = new_picture(*self._size)
        self._compositor.render(look, out, overlays)
        return Tile(name, out, problem)

    def _scene(self, layout: Layout, sources: list[str]) -> Scene:
        layers = tuple(
            Layer(place, source, source, 0.0)
            for place, source in zip(layout.places, itertools.cycle(sources), strict=False)
        )
        return Scene("", "", layout.id, layers, Cause("schedule", "contact sheet"), 0)


class _Pictures:
    """One picture of every source, painted when it is first asked for."""

    def __init__(self, day: Resolved, width: int, height: int) -> None:
        self._day, self._size = day, (width, height)
        self._numbers = {source: number for number, source in enumerate(day.sources(), 1)}
        self._kept: dict[str, Planes] = {}
        self.slates = slate_svgs(day)

    def read(self, source: str, n: int) -> Planes | None:
        if source not in self._kept:
            self._kept[source] = self._painted(source)
        return self._kept[source]

    def is_whole(self, source: str) -> bool:
        return True

    def _painted(self, source: str) -> Planes:
        if source in self.slates:
            return svg.to_i420(svg.draw(self.slates[source], *self._size, source).rgba)
        number = self._numbers.get(source, 0)
        painter = Painter(self._contribution(source, number), *self._size, 30, _LOOP)
        return painter.paint((61 + 20 * number) % _LOOP)

    def _contribution(self, source: str, number: int) -> Contribution:
        kind, _, rest = source.partition(".")
        day = self._day
        if kind in day.sites:
            site = day.sites[kind]
            return Contribution(number, source, site.city, said(site.title, *day.languages))
        if kind == "guest" and rest in day.people:
            return Contribution(number, f"{rest}.guest", day.people[rest].name, "A guest")
        clip = day.clips.get(rest)
        title = clip.title if clip is not None and clip.title else rest
        return Contribution(number, f"{rest}.clip", title, "A clip")


def _about(data: Mapping[str, Any]) -> str:
    """The words by which a graphic is told from others of its kind."""
    people = data.get("people") or ()
    names = " · ".join(str(one.get("name", "")) for one in people)
    return names or str(data.get("text") or data.get("title") or data.get("left") or "")
