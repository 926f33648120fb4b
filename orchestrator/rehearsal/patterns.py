"""What the simulated sites look like: one moving pattern and one palette per place. Pure numpy.

A pattern is a field of values 0 to 1 over the picture at a phase 0 to 1; it comes back to where it
began at phase 1, so that its film can be looped without a seam. A palette turns values into
BT.709 limited-range luma and chroma. Fields are small: their film is scaled up, which also makes
it soft enough to encode cheaply.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
Pattern = Callable[[Field, Field, float], Field]
"""(x, y, phase) → values; x runs over ±16/9, y over ±1 downward."""

TAU = np.float32(2 * np.pi)


def plane(width: int, height: int) -> tuple[Field, Field]:
    """The coordinates that patterns are functions of."""
    x = np.linspace(-16 / 9, 16 / 9, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    return x, y


def curtains(x: Field, y: Field, p: float) -> Field:
    """Northern lights: upright bands that sway."""
    sway = np.sin(1.5 * y + TAU * p) * 0.35 + np.sin(0.8 * x - TAU * 2 * p) * 0.2
    bands = np.sin(4 * (x + sway)) * 0.5 + np.sin(7 * (x - sway) + TAU * p) * 0.25
    return _unit(bands * (1 - 0.4 * y) + 0.3 * (1 - y))


def dunes(x: Field, y: Field, p: float) -> Field:
    """Ridges one behind the other, the near ones moving most."""
    value = 0.25 - 0.25 * y + 0 * x
    for i in range(5):
        crest = -0.35 + 0.32 * i + 0.12 * np.sin((1.2 + 0.4 * i) * x + i * 2 + TAU * (1 + i) * p)
        value = np.where(y > crest, 0.85 - 0.16 * i - 0.35 * np.clip(y - crest, 0, 0.5), value)
    return _unit(2 * value - 1)


def ripples(x: Field, y: Field, p: float) -> Field:
    """Two stones in a pond."""
    near = np.hypot(x + 0.7, y - 0.2)
    far = np.hypot(x - 0.9, y + 0.3)
    return _unit(0.5 * np.sin(9 * near - TAU * 8 * p) + 0.5 * np.sin(7 * far - TAU * 6 * p))


def ridges(x: Field, y: Field, p: float) -> Field:
    """Mountains, with a sun that goes round behind them."""
    sun = np.hypot(x - 1.1 * np.cos(TAU * p), y + 0.35 + 0.25 * np.sin(TAU * p))
    value = np.clip(0.95 - 0.55 * sun, 0.35, 0.95) + 0 * y
    for i in range(4):
        jag = np.abs(np.sin((1.9 + i) * x + 1.7 * i)) + 0.4 * np.abs(np.sin((4.3 + i) * x + i))
        crest = 0.05 + 0.24 * i - 0.33 * jag + 0.02 * np.sin(TAU * (p + i / 4))
        value = np.where(y > crest, 0.42 - 0.11 * i + 0.1 * np.clip(y - crest, 0, 1), value)
    return _unit(2 * value - 1)


def surf(x: Field, y: Field, p: float) -> Field:
    """The sea from above: long waves running to a shore."""
    run = 3 * y + 0.5 * np.sin(1.3 * x + TAU * p) + 0.2 * np.sin(3.1 * x - TAU * 2 * p)
    wave = np.sin(2.2 * run - TAU * 4 * p)
    return _unit(np.sign(wave) * np.abs(wave) ** 0.6 * 0.6 - 0.35 * y)


def skyline(x: Field, y: Field, p: float) -> Field:
    """Towers at dusk with windows that go on and off."""
    value = 0.75 - 0.25 * (y + 1) + 0.05 * np.sin(2 * x + TAU * p)
    for depth, tone in ((0, 0.34), (1, 0.2), (2, 0.08)):
        tower = np.floor(x * (5 - depth) + 10 * depth)
        top = 0.1 + 0.22 * depth - 0.5 * _noise(tower, depth)
        block = y > top
        row, column = np.floor((y - top) * 18), np.floor(x * (5 - depth) * 5)
        spark = _noise(row * 31 + column, depth + 7)
        lit = (spark > 0.8) & (np.sin(TAU * (3 * p + 9 * spark)) > -0.3)
        value = np.where(block, np.where(lit & (row % 2 == 0), 0.9, tone), value)
    return _unit(2 * value - 1)


def spokes(x: Field, y: Field, p: float) -> Field:
    """A slow wheel, twisted."""
    angle, radius = np.arctan2(y, x), np.hypot(x, y)
    return _unit(np.sin(6 * angle + 2.2 * np.log(radius + 0.3) + TAU * 3 * p) - 0.3 * radius)


def honeycomb(x: Field, y: Field, p: float) -> Field:
    """Three sets of waves at 60 degrees: cells that breathe."""
    value = np.zeros_like(x * y)
    for i in range(3):
        a = np.float32(i * np.pi / 3)
        value += np.cos(8 * (x * np.cos(a) + y * np.sin(a)) + TAU * (1, -2, 1)[i] * p)
    return _unit(value / 2.2)


def silk(x: Field, y: Field, p: float) -> Field:
    """Folds of cloth."""
    u = x + 0.4 * np.sin(2 * y + TAU * p)
    v = y + 0.4 * np.sin(2 * u - TAU * p)
    return _unit(np.sin(3 * u + 2 * v + TAU * p) * 0.6 + np.sin(5 * v - TAU * 2 * p) * 0.4)


def lanterns(x: Field, y: Field, p: float) -> Field:
    """Soft lights that drift up."""
    value = np.full_like(x * y, -0.75)
    for i in range(24):
        hue = np.float32(i * 0.618 % 1)
        cx = -1.75 + 3.5 * hue + 0.1 * np.sin(TAU * (p + hue))
        cy = 1.5 - 3 * (((1 + i % 2) * p + i * 0.271) % 1)
        size = 0.12 + 0.12 * (i * 0.27 % 1)
        value += 1.1 * np.exp(-(((y - cy) / size) ** 2)) * np.exp(-(((x - cx) / size) ** 2))
    return _unit(value)


def tiles(x: Field, y: Field, p: float) -> Field:
    """A tiled wall on which light wanders."""
    tile = np.cos(10 * x) * np.cos(10 * y)
    light = np.hypot(x - np.cos(TAU * p), y - 0.6 * np.sin(TAU * 2 * p))
    return _unit(0.55 * np.tanh(3 * tile) + 0.9 - 0.9 * light)


def clouds(x: Field, y: Field, p: float) -> Field:
    """Weather: a few octaves that move at their own speeds."""
    value = np.zeros_like(x * y)
    for i, (fx, fy, cycles) in enumerate(
        ((1.1, 1.7, 1), (2.3, 2.9, -1), (4.7, 3.7, 2), (7, 9, -2))
    ):
        value += np.sin(fx * x + i + TAU * cycles * p) * np.cos(fy * y - i) / (1 + i)
    return _unit(value)


def contours(x: Field, y: Field, p: float) -> Field:
    """A map whose heights change: bands of even value."""
    height = np.sin(1.7 * x + TAU * p) + np.cos(2.1 * y - TAU * p) + 0.5 * np.sin(2 * x - 3 * y)
    band = height * 2.5
    return _unit(0.75 * np.tanh(2.5 * np.sin(3 * band)) * 0.4 + 0.35 * height)


def stage(x: Field, y: Field, p: float) -> Field:
    """The studio: warm spots on a back wall, a floor in front."""
    value = np.full_like(x * y, 0.1)
    for i in range(4):
        swing = 0.25 * np.sin(TAU * (p + i / 4))
        beam = np.abs(x - (-1.2 + 0.8 * i) - swing * (y + 1)) / (0.18 + 0.22 * (y + 1))
        value += 0.42 * np.exp(-(beam**2)) * np.clip(0.9 - 0.4 * y, 0, 1)
    return _unit(2 * np.where(y > 0.55, value * 0.45, value) - 1)


@dataclass(frozen=True, slots=True)
class Look:
    """A pattern and the colours, dark to light, that its values run through."""

    pattern: Pattern
    colours: tuple[str, ...]

    def tables(self) -> NDArray[np.uint8]:
        """Y, U and V of 256 values: (3, 256)."""
        stops = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in self.colours]) / 255
        at = np.linspace(0, 1, len(stops))
        rgb = np.stack([np.interp(np.linspace(0, 1, 256), at, stops[:, i]) for i in range(3)])
        return yuv(rgb)


def yuv(rgb: NDArray[np.float64]) -> NDArray[np.uint8]:
    """BT.709 limited range of RGB 0 to 1; first axis is the component."""
    luma = 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]
    u, v = (rgb[2] - luma) / 1.8556, (rgb[0] - luma) / 1.5748
    return np.stack([16 + 219 * luma, 128 + 224 * u, 128 + 224 * v]).round().astype(np.uint8)


_LOOKS = {
    "paris": Look(silk, ("#1b1030", "#4b2a6b", "#b5578f", "#f2c7b8")),
    "mumbai": Look(lanterns, ("#2a0d1e", "#7a1f3d", "#e2703a", "#ffd66b")),
    "dubai": Look(dunes, ("#3b1c1a", "#a6522b", "#e9a25b", "#f8e3b8")),
    "johannesburg": Look(contours, ("#12261c", "#2f6b3f", "#c9a227", "#f6edc4")),
    "casablanca": Look(tiles, ("#06283d", "#0f6b8c", "#4fc1c9", "#f3f6ee")),
    "london": Look(clouds, ("#1c2530", "#47586b", "#93a6b5", "#e4e9ec")),
    "saopaulo": Look(curtains, ("#04211c", "#0b6e4f", "#6bd66b", "#f4f19c")),
    "lapaz": Look(ridges, ("#120f2d", "#3d3a7c", "#e0698f", "#ffe1a8")),
    "newyork": Look(skyline, ("#0a1024", "#2a3560", "#c96f52", "#ffd9a0")),
    "mexico": Look(honeycomb, ("#31073a", "#a3195b", "#ff7f3f", "#ffe36e")),
    "kyiv": Look(surf, ("#0a2a5e", "#1f66c1", "#f5cf3b", "#fff3c2")),
    "berlin": Look(spokes, ("#151515", "#4a4a52", "#d1495b", "#f7d9c4")),
    "brussels": Look(ripples, ("#0e1f2f", "#2c5f7c", "#8fc1b5", "#f2ead3")),
    "studio": Look(stage, ("#140c12", "#4a2138", "#c98a4b", "#fff0d0")),
}


def look_of(site: str) -> Look:
    """The look of a place; one we have no idea of gets some look, and always the same."""
    looks = list(_LOOKS.values())
    return _LOOKS.get(site, looks[zlib.crc32(site.encode()) % len(looks)])


def _unit(value: NDArray[np.floating[Any]]) -> Field:
    """-1 … 1 to 0 … 1, clipped."""
    return np.asarray(np.clip(value * 0.5 + 0.5, 0, 1), np.float32)


def _noise(cell: Field, seed: int) -> Field:
    """A number 0 to 1 for each cell, the same every time."""
    spread = np.abs(np.sin(cell * 12.9898 + seed * 78.233) * 43758.547)
    return np.asarray(spread % 1, np.float32)
