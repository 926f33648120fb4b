"""Graphics over the picture: what is blended, where, and how strongly.

`Drawing` is a graphic as the drawing process delivers it (I420, multiplied by its alpha, within
its bounding box); `blend` puts one over the picture. Tick thread; 0.1 ms for a lower third.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from orchestrator.media.picture import Plane, Planes, Rect, even, part_of

FADE_FRAMES = 8
"""How long a graphic takes to come and to go."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A graphic ready to be blended: out = picture · keep / 255 + ink."""

    box: Rect
    ink: Planes
    keep: Planes
    """255 − alpha, at the size of each plane."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """One drawing on one frame. `opacity` is in (0, 1]."""

    drawing: Drawing
    opacity: float = 1.0


def opacity_at(n: int, from_n: int, until_n: int) -> float:
    """How strongly a graphic shows at frame `n`: it fades in, stays, and is gone at `until_n`."""
    if not from_n <= n < until_n:
        return 0.0
    fade = min(FADE_FRAMES, (until_n - from_n) // 2)
    return min(1.0, (n - from_n + 1) / (fade + 1), (until_n - n) / (fade + 1))


def lay_over(out: Planes, overlays: Iterable[Overlay]) -> None:
    """Put every overlay over the picture, in place; the first lies lowest."""
    for overlay in overlays:
        blend(out, overlay)


def blend(out: Planes, overlay: Overlay) -> None:
    """Put one overlay over the picture, in place."""
    drawing = overlay.drawing
    under = part_of(out, drawing.box)
    for plane, ink, keep in zip(under, drawing.ink, drawing.keep, strict=True):
        plane[...] = cv2.add(
            cv2.multiply(plane, _weakened(keep, overlay.opacity, 255.0), scale=1 / 255),
            _weakened(ink, overlay.opacity, 0.0),
        )


def _weakened(plane: Plane, opacity: float, nothing: float) -> Plane:
    """`plane` at full opacity, `nothing` at none, and between."""
    if opacity >= 1.0:
        return plane
    weak = cv2.convertScaleAbs(plane, alpha=opacity, beta=nothing * (1.0 - opacity))
    return np.asarray(weak, np.uint8)


def drawing_of(rgba: NDArray[np.uint8]) -> Drawing | None:
    """A drawing from RGBA (straight alpha) at house size; None if there is nothing on it."""
    box = _bounding_box(rgba[..., 3])
    if box is None:
        return None
    x, y, width, height = box
    cut = rgba[y : y + height, x : x + width].astype(np.float32) / 255.0
    alpha = cut[..., 3]
    r, g, b = (cut[..., i] * alpha for i in range(3))
    luma = 0.2126 * r + 0.7152 * g + 0.0722 * b
    half = _halved(alpha)
    ink = (
        _bytes(219 * luma + 16 * alpha),
        _bytes(_halved(b - luma) * (224 / 1.8556) + 128 * half),
        _bytes(_halved(r - luma) * (224 / 1.5748) + 128 * half),
    )
    keep = _bytes(255 - 255 * alpha)
    keep_half = _bytes(255 - 255 * half)
    return Drawing(box, ink, (keep, keep_half, keep_half))


def _bounding_box(alpha: NDArray[np.uint8]) -> Rect | None:
    """The smallest even rectangle around everything that is not transparent."""
    columns, lines = np.flatnonzero(alpha.any(axis=0)), np.flatnonzero(alpha.any(axis=1))
    if columns.size == 0:
        return None
    height, width = alpha.shape
    x, y = int(columns[0]) // 2 * 2, int(lines[0]) // 2 * 2
    right = min(even(width), (int(columns[-1]) + 2) // 2 * 2)
    bottom = min(even(height), (int(lines[-1]) + 2) // 2 * 2)
    return Rect(x, y, right - x, bottom - y)


def _halved(values: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    height, width = values.shape
    blocks = values.reshape(height // 2, 2, width // 2, 2)
    return np.asarray(blocks.mean(axis=(1, 3)), np.float32)


def _bytes(values: NDArray[np.floating[Any]]) -> Plane:
    return np.ascontiguousarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))
