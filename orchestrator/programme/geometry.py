"""Where a place lies, in pixels: which part of its source goes to which part of the picture.

Pure; computed once per place and kept by the compositor. Everything is rounded to even pixels.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from orchestrator.media.picture import BLACK, Rect, even, yuv_of
from orchestrator.rundown.plan import Place

_BORDER = re.compile(r"(\d+)\s*px\s+#([0-9a-fA-F]{6})")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place worked out: `crop` of the source is scaled into `box` of the picture."""

    crop: Rect
    box: Rect
    border_px: int = 0
    border_yuv: tuple[int, int, int] = BLACK

    def covers(self, width: int, height: int) -> bool:
        return self.box == Rect(0, 0, width, height)


@functools.lru_cache(maxsize=256)
def spot_of(place: Place, width: int, height: int) -> Spot | None:
    """The spot of `place` in a picture of the house size; None if it is too small to be seen."""
    box = _pixels(place.box, Rect(0, 0, width, height))
    whole = Rect(0, 0, width, height)
    crop = _pixels(place.crop, whole) if place.crop else whole
    if box.width < 2 or box.height < 2 or crop.width < 2 or crop.height < 2:
        return None
    if place.fit == "cover":
        crop = _middle(crop, box.width / box.height)
    else:
        box = _middle(box, crop.width / crop.height)
    border_px, border_yuv = _border(place.border)
    return Spot(crop, box, border_px, border_yuv)


def _pixels(fractions: tuple[float, float, float, float], whole: Rect) -> Rect:
    """Both edges are rounded, so that places that touch in the file touch in the picture."""
    x, y, width, height = fractions
    left, top = max(0, even(x * whole.width)), max(0, even(y * whole.height))
    right = min(whole.width, even((x + width) * whole.width))
    bottom = min(whole.height, even((y + height) * whole.height))
    return Rect(left, top, right - left, bottom - top)


def _middle(rect: Rect, aspect: float) -> Rect:
    """The largest rectangle of that aspect in the middle of `rect`."""
    width = min(rect.width, max(2, even(rect.height * aspect)))
    height = min(rect.height, max(2, even(rect.width / aspect)))
    if abs(width - rect.width) <= 2 and abs(height - rect.height) <= 2:
        return rect  # the same shape but for rounding
    x = rect.x + (rect.width - width) // 4 * 2
    y = rect.y + (rect.height - height) // 4 * 2
    return Rect(x, y, width, height)


def _border(text: str | None) -> tuple[int, tuple[int, int, int]]:
    found = _BORDER.fullmatch(text.strip()) if text else None
    if found is None:
        return 0, BLACK
    colour = bytes.fromhex(found[2])
    return max(2, even(int(found[1]))), yuv_of((colour[0], colour[1], colour[2]))
