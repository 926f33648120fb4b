"""Every layout, transition and graphic, drawn by the real compositor onto one sheet to look at.

The sheet is build/shots/contact-sheet.png. What a test can tell, it does: nothing is missing, no
two tiles are the same, every graphic is seen, every place shows its own site.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from orchestrator.control.eventfile import load_plan, resolve_plan
from orchestrator.media import svg
from orchestrator.media.picture import Planes, new_picture
from orchestrator.programme.compositor import Compositor
from orchestrator.programme.draw import draw
from orchestrator.programme.overlay import Overlay
from orchestrator.programme.slates import slate_svgs
from orchestrator.rehearsal.picture import Contribution, Painter
from orchestrator.rundown.graphics_cues import person_data
from orchestrator.rundown.plan import CUT, Layout, Place, Transition
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.scene import Cause, Layer, Look, Scene

ROOT = Path(__file__).parents[3]
W, H = 640, 360
TILE_W, TILE_H, ACROSS = 320, 180, 6
FEEDS = ("mumbai.headset", "dubai.headset", "london.headset", "saopaulo.headset", "studio.main")
FRACTIONS = Layout(
    "fractions",
    (
        Place("main", (0, 0, 1, 1)),
        Place("inset", (0.04, 0.08, 0.3, 0.84), fit="contain", border="3px #ffffff"),
        Place("third", (0.37, 0.08, 0.26, 0.84), border="3px #37c2b1"),
        Place("fourth", (0.66, 0.3, 0.3, 0.4), crop=(0.25, 0.25, 0.5, 0.5), border="3px #e0a458"),
    ),
)
DIRECTIONS = ("left", "right", "up", "down")

_FONT = cv2.FONT_HERSHEY_SIMPLEX

Tile = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Shown:
    """One tile: what is on it, and how it came out (house format)."""

    name: str
    picture: Planes


class Shelf:
    """Five simulated sites at one moment, and the slates of the day."""

    def __init__(self, day: Resolved) -> None:
        self.pictures: dict[str, Planes] = {}
        for number, feed in enumerate(FEEDS, 1):
            site = day.sites[feed.partition(".")[0]]
            title = next(iter(site.title.values()))
            painter = Painter(Contribution(number, feed, site.city, title), W, H, 30, 300)
            self.pictures[feed] = painter.paint(61 + 20 * number)
        for source, text in slate_svgs(day).items():
            self.pictures[source] = svg.to_i420(svg.draw(text, W, H, source).rgba)

    def read(self, source: str, n: int) -> Planes | None:
        return self.pictures.get(source)

    def is_whole(self, source: str) -> bool:
        return True


class Table:
    """Draws tiles; counts what had no picture."""

    def __init__(self, shelf: Shelf) -> None:
        self._compositor = Compositor(W, H, shelf)

    @property
    def missing(self) -> int:
        return self._compositor.missing

    def tile(self, name: str, look: Look, *overlays: Overlay) -> Shown:
        out = new_picture(W, H)
        self._compositor.render(look, out, overlays)
        return Shown(name, out)


def scene(layout: Layout, *sources: str) -> Scene:
    layers = tuple(
        Layer(place, source, source, 0.0)
        for place, source in zip(layout.places, sources, strict=False)
    )
    return Scene("slot", "", layout.id, layers, Cause("schedule", "start"), 0)


def drawn(template: str, data: Mapping[str, Any]) -> Overlay:
    drawing, problem = draw(template, data, W, H)
    assert not problem
    assert drawing is not None
    return Overlay(drawing)


def layouts(table: Table, day: Resolved) -> Iterator[Shown]:
    for layout in (*day.layouts.values(), FRACTIONS):
        yield table.tile(f"layout {layout.id}", Look(0, scene(layout, *FEEDS)))


def transitions(table: Table, full: Layout) -> Iterator[Shown]:
    old, new = scene(full, FEEDS[0]), scene(full, FEEDS[1])
    yield table.tile("cut, its first frame", Look(0, new, old, CUT, 1.0))
    for kind in ("mix", *(f"{kind}-{to}" for kind in ("wipe", "push") for to in DIRECTIONS)):
        for percent in (25, 50, 75):
            look = Look(0, new, old, Transition(kind, 18), percent / 100)
            yield table.tile(f"{kind} {percent} %", look)


def slates(table: Table, day: Resolved, full: Layout) -> Iterator[Shown]:
    for source in ("slate.event", "slate.privacy", "slate.site.mumbai", "slate.site.dubai"):
        yield table.tile(source, Look(0, scene(full, source)))


def graphics(day: Resolved) -> Iterator[tuple[str, Overlay]]:
    def who(*ids: str) -> dict[str, Any]:
        people = [person_data(day, day.people[one], day.languages) for one in ids]
        return {"people": people, **people[0]}

    yield "lower third, latin", drawn("lower-third", who("c-perrin"))
    yield "lower third, arabic", drawn("lower-third", who("k-marri"))
    yield "lower third, devanagari", drawn("lower-third", who("a-deshmukh"))
    yield "lower third, four people", drawn("lower-third", who(*list(day.people)[:4]))
    for mode, text in (("live", "LIVE"), ("deferred", "DELAYED"), ("recorded", "RECORDED")):
        yield f"badge {text}", drawn("badge", {"mode": mode, "text": text})
    yield "clock", drawn("clock", {"time": "21:35", "label": "Mumbai"})
    yield "countdown", drawn("countdown", {"left": "01:15", "text": "We begin in"})
    yield "next up", drawn("next-up", {"title": "Round table: knees", "time": "18:30"})
    yield "message", drawn("message", {"text": "The sound from São Paulo will be back in a moment"})


@pytest.fixture(scope="module")
def day() -> Resolved:
    return resolve_plan(load_plan(ROOT / "schedules" / "holographic-24h.yaml"), None)


def rgb(shown: Shown) -> Tile:
    """As a screen shows it, at the size of a tile, in OpenCV's order of colours."""
    y, u, v = shown.picture
    packed = np.concatenate([plane.reshape(-1) for plane in (y, u, v)]).reshape(H * 3 // 2, W)
    picture = cv2.cvtColor(packed, cv2.COLOR_YUV2BGR_I420)
    return np.asarray(cv2.resize(picture, (TILE_W, TILE_H), interpolation=cv2.INTER_AREA), np.uint8)


def sheet_of(tiles: list[Shown]) -> Tile:
    rows = -(-len(tiles) // ACROSS)
    sheet = np.full((rows * (TILE_H + 24), ACROSS * (TILE_W + 8), 3), 24, np.uint8)
    for i, shown in enumerate(tiles):
        x, y = (i % ACROSS) * (TILE_W + 8) + 4, (i // ACROSS) * (TILE_H + 24) + 2
        sheet[y : y + TILE_H, x : x + TILE_W] = rgb(shown)
        at = (x + 4, y + TILE_H + 16)
        cv2.putText(
            sheet, shown.name, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, (220,) * 3, 1, cv2.LINE_AA
        )
    return sheet


def test_every_layout_transition_and_graphic_is_drawn_and_unlike_every_other(day: Resolved) -> None:
    table, full = Table(Shelf(day)), day.layouts["full"]
    bare = Look(0, scene(full, "studio.main"))
    plain = table.tile("studio", bare)
    over = [table.tile(name, bare, overlay) for name, overlay in graphics(day)]
    tiles = [
        *layouts(table, day),
        *transitions(table, full),
        *slates(table, day, full),
        *over,
    ]

    shots = ROOT / "build" / "shots"
    shots.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(shots / "contact-sheet.png"), sheet_of(tiles))

    assert table.missing == 0
    small = [
        cv2.resize(shown.picture[0], (80, 45), interpolation=cv2.INTER_AREA) for shown in tiles
    ]
    for i, one in enumerate(small):
        for j in range(i):
            apart = np.abs(one.astype(np.int16) - small[j]).max()
            assert apart > 12, f"{tiles[i].name} looks like {tiles[j].name}"
    for shown in over:
        changed = (shown.picture[0] != plain.picture[0]).mean()
        assert 0.001 < changed < 0.3, f"{shown.name} changes {changed:.1%} of the picture"
