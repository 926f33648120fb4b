"""Paints the pictures of a simulated site: its pattern, a card with its name, counter and strip.

Pure but for the drawing of text (resvg). The card says SIMULATED, shows the frame count, and
flashes for two frames once a second, on the frame in which the beep begins (`sound.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import cv2
import numpy as np
import resvg_py
from numpy.typing import NDArray

from orchestrator.rehearsal import patterns, strip

Plane = NDArray[np.uint8]
FLASH_FRAMES = 2


@dataclass(frozen=True, slots=True)
class Contribution:
    """One feed to be simulated. `number` is what its strip says; 0 is nobody."""

    number: int
    feed: str
    """`site.feed`, e.g. `mumbai.headset`; the second half decides how the picture is shot."""
    city: str
    title: str
    level_db: float = 0.0
    """How much louder than the others it sounds; negative is quieter."""

    @property
    def site(self) -> str:
        return self.feed.partition(".")[0]

    @property
    def name(self) -> str:
        return self.feed.partition(".")[2]


class Painter:
    """Frame after frame of one contribution, `frames` long and then the same again. One thread."""

    def __init__(
        self, contribution: Contribution, width: int, height: int, fps: int, frames: int
    ) -> None:
        self._contribution = contribution
        self._size = (width, height)
        self._fps, self._frames = fps, frames
        self._look = patterns.look_of(contribution.site)
        self._tables = self._look.tables()
        self._x, self._y = patterns.plane(min(width, 320), min(height, 180))
        self._cards = [_Overlay(_card(contribution, width, height, lit)) for lit in (False, True)]
        self._digits = _Digits(width, height)
        self._grey = strip.panel(width // 2, height // 2)

    def paint(self, counter: int) -> tuple[Plane, Plane, Plane]:
        """Y, U and V of frame `counter` of the loop."""
        width, height = self._size
        values = (self._field(counter % self._frames / self._frames) * 255).astype(np.uint8)
        y = _resized(self._tables[0][values], width, height)
        u = _resized(self._tables[1][values], width // 2, height // 2)
        v = _resized(self._tables[2][values], width // 2, height // 2)
        self._cards[counter % self._fps < FLASH_FRAMES].lay_on(y, u, v)
        seconds, frame = divmod(counter, self._fps)
        self._digits.write(y, f"{seconds // 60:02}:{seconds % 60:02}:{frame:02}")
        self._sweep(y, frame)
        strip.draw(y, self._contribution.number, counter)
        u[self._grey], v[self._grey] = 128, 128
        return y, u, v

    def _field(self, phase: float) -> patterns.Field:
        if self._contribution.name == "headset":  # worn on a head that is never quite still
            sway = np.float32(0.05 * np.sin(8 * np.pi * phase))
            return self._look.pattern(self._x + sway, self._y - sway / 2, phase)
        if self._contribution.name in ("main", "clip"):
            return self._look.pattern(self._x, self._y, phase)
        return self._look.pattern(self._x * 0.6, self._y * 0.6, phase) * np.float32(0.6)

    def _sweep(self, y: Plane, frame: int) -> None:
        """A bar along the card's foot that fills once a second."""
        width, height = self._size
        left, right = round(0.30 * width), round(0.70 * width)
        top = round(0.765 * height)
        y[
            top : top + max(2, height // 120),
            left : left + (right - left) * (frame + 1) // self._fps,
        ] = 215


class _Overlay:
    """A drawing with alpha, ready to be laid on I420 planes within its bounding box."""

    def __init__(self, rgba: NDArray[np.uint8]) -> None:
        rows, columns = np.flatnonzero(rgba[..., 3].any(1)), np.flatnonzero(rgba[..., 3].any(0))
        self._top, self._left = int(rows[0]) & ~1, int(columns[0]) & ~1
        bottom, right = int(rows[-1]) + 2 & ~1, int(columns[-1]) + 2 & ~1
        cut = rgba[self._top : bottom, self._left : right].astype(np.float64)
        alpha = cut[..., 3] / 255
        planes = patterns.yuv(np.moveaxis(cut[..., :3], 2, 0) / 255).astype(np.float32)
        halved = (slice(None, None, 2), slice(None, None, 2))
        self._add = [(planes[i] * alpha)[halved if i else ...].astype(np.float32) for i in range(3)]
        self._keep = [(1 - alpha)[halved if i else ...].astype(np.float32) for i in range(3)]

    def lay_on(self, *planes: Plane) -> None:
        for i, plane in enumerate(planes):
            add, keep = self._add[i], self._keep[i]
            top, left = (self._top // 2, self._left // 2) if i else (self._top, self._left)
            region = plane[top : top + add.shape[0], left : left + add.shape[1]]
            region[:] = cv2.convertScaleAbs(
                cv2.add(cv2.multiply(region.astype(np.float32), keep), add)
            )


class _Digits:
    """The running counter: ten digits and a colon, drawn once, copied into place."""

    def __init__(self, width: int, height: int) -> None:
        self._cell = (round(height * 0.075), round(height * 0.048))
        tall, wide = self._cell
        text = "".join(
            f'<text x="{wide * (i + 0.5)}" y="{tall * 0.85}">{c}</text>'
            for i, c in enumerate("0123456789:")
        )
        drawn = _draw(
            f'<g font-family="DejaVu Sans Mono, monospace" font-size="{tall * 0.95}" '
            f'text-anchor="middle" fill="#fff">{text}</g>',
            wide * 11,
            tall,
        )
        self._cells = np.split(drawn[..., 3], 11, axis=1)
        self._top, self._left = round(0.665 * height), (width - 8 * wide) // 2

    def write(self, y: Plane, text: str) -> None:
        tall, wide = self._cell
        for i, character in enumerate(text):
            left = self._left + i * wide
            region = y[self._top : self._top + tall, left : left + wide]
            np.maximum(region, self._cells["0123456789:".index(character)], out=region)
        np.minimum(y, 235, out=y)


def _card(contribution: Contribution, width: int, height: int, lit: bool) -> NDArray[np.uint8]:
    """The card, and around it the frame of a headset's view."""
    accent = patterns.look_of(contribution.site).colours[2]
    w, h = 1280, 720
    lines = (
        (330, 92, "700", "#ffffff", contribution.city),
        (388, 32, "400", "#e8e8ee", contribution.title),
        (442, 24, "700", accent, f"SIMULATED · {contribution.name.upper()}"),
    )
    text = "".join(
        f'<text x="{w / 2}" y="{y}" font-size="{_fit(words, size)}" font-weight="{weight}" '
        f'fill="{fill}">{escape(words)}</text>'
        for y, size, weight, fill, words in lines
    )
    edge = 'stroke="#ffffff" stroke-width="14"' if lit else f'stroke="{accent}" stroke-width="3"'
    view = ""
    if contribution.name == "headset":
        corner = "M40 150V110H110M1170 110H1240V150M1240 570V610H1170M110 610H40V570"
        view = f'<path d="{corner}" fill="none" stroke="#7fe8ff" stroke-width="4"/>'
    drawing = (
        f'<svg viewBox="0 0 {w} {h}" width="{width}" height="{height}">{view}'
        f'<rect x="340" y="220" width="600" height="350" rx="24" fill="#0b0d14" '
        f'fill-opacity=".78" {edge}/>'
        f'<g text-anchor="middle" font-family="Noto Sans, DejaVu Sans, sans-serif">{text}</g></svg>'
    )
    return _draw(drawing, width, height)


def _fit(words: str, size: int) -> float:
    """A font size at which `words` stay within the card."""
    return min(size, 540 / max(1, len(words)) / 0.58)


def _draw(inner: str, width: int, height: int) -> NDArray[np.uint8]:
    """RGBA of an SVG fragment."""
    size = f'width="{width}" height="{height}"'
    png = resvg_py.svg_to_bytes(
        svg_string=f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{inner}</svg>'
    )
    bgra = cv2.imdecode(np.frombuffer(bytes(png), np.uint8), cv2.IMREAD_UNCHANGED)
    assert bgra is not None
    return np.asarray(bgra[..., [2, 1, 0, 3]], np.uint8)


def _resized(plane: Plane, width: int, height: int) -> Plane:
    return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
