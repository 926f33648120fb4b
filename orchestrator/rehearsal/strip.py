"""The machine-readable strip: which site and which frame a picture shows, read from its luma alone.

Pure; used by the simulated sites that draw it and by tests that read it from the output. It lies
across the upper middle of the picture, where neither a corner badge, a border, a lower third nor
the cropped sides of a half-width place cover it: two rows of 24 cells, 2.8 % by 5 % of the picture
each, i.e. about five pixels square in a 27 % inset of 640x360.

The ends of the rows are white-black and black-white: they give the levels to compare with. The 44
cells between them are 8 bits of site, 24 of counter and a CRC of 12 bits over both, and no
cell may be grey: noise is not taken for a strip, and a half-mixed one reads as the stronger of the
two or not at all.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]
"""x, y, width, height as fractions of the picture; may reach beyond it where the place crops."""

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
COUNTER_BITS = 24
COUNTERS = 1 << COUNTER_BITS

_ROWS, _COLUMNS = 2, 24
_STRIP: Box = (0.164, 0.03, 0.672, 0.10)
_WHITE, _BLACK = 210, 40
_LEAST_CONTRAST = 24
_DOUBT = 0.1  # a cell this near the middle is neither black nor white
_CRC_POLYNOMIAL = 0x80F  # CRC-12, as in 3GPP TS 25.212


class Strip(NamedTuple):
    site: int
    counter: int


def panel(width: int, height: int) -> tuple[slice, slice]:
    """Rows and columns of the dark panel that `draw` puts the strip on, in a whole picture."""
    x, y, w, h = _STRIP
    margin_x, margin_y = w / _COLUMNS / 4, h / _ROWS / 6
    return (
        slice(round((y - margin_y) * height), round((y + h + margin_y) * height)),
        slice(round((x - margin_x) * width), round((x + w + margin_x) * width)),
    )


def draw(y_plane: NDArray[np.uint8], site: int, counter: int) -> None:
    """Draw the strip into the luma of a whole picture. The counter is taken modulo 2**24."""
    height, width = y_plane.shape
    bits = _bits(site, counter % COUNTERS)
    x0, y0, w, h = _STRIP
    y_plane[panel(width, height)] = _BLACK
    tops = [round((y0 + h * r / _ROWS) * height) for r in range(_ROWS + 1)]
    lefts = [round((x0 + w * c / _COLUMNS) * width) for c in range(_COLUMNS + 1)]
    for r in range(_ROWS):
        for c in range(_COLUMNS):
            y_plane[tops[r] : tops[r + 1], lefts[c] : lefts[c + 1]] = (
                _WHITE if bits[r, c] else _BLACK
            )


def read(y_plane: NDArray[np.uint8], box: Box = WHOLE) -> Strip | None:
    """The strip of the picture that fills `box`, or None if there is none to be trusted.

    Pictures are placed on whole pixels, so a box in fractions may be a pixel off: neighbours are
    tried too.
    """
    height, width = y_plane.shape
    x, y, w, h = box
    for dy, dx in ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)):
        found = _read_at(y_plane, (x + dx / width, y + dy / height, w, h))
        if found is not None:
            return found
    return None


def share(y_plane: NDArray[np.uint8], before: Strip, after: Strip, box: Box = WHOLE) -> float:
    """How far a mix from `before` to `after` has come, 0 to 1, from the cells that differ.

    With it a test sees the first frame of a mix, where 5 % of the new picture is in the old one.
    NaN if there are no levels to compare with, or no cell differs.
    """
    cells = _cells(y_plane, box)
    a, b = _bits(*before), _bits(*after)
    differ = a != b
    if cells is None or not differ.any():
        return float("nan")
    toward_after = np.where(b[differ] > 0, cells[differ], 1 - cells[differ])
    return float(toward_after.mean())


def cover(box: Box, width: int = 16, height: int = 9, programme: float = 16 / 9) -> Box:
    """Where a whole picture of `width:height` would lie if `box` shows it cropped to fill."""
    x, y, w, h = box
    shape = w * programme / h
    wanted = width / height
    if wanted > shape:  # the sides are cut off
        full = w * wanted / shape
        return (x - (full - w) / 2, y, full, h)
    full = h * shape / wanted
    return (x, y - (full - h) / 2, w, full)


def _read_at(y_plane: NDArray[np.uint8], box: Box) -> Strip | None:
    cells = _cells(y_plane, box)
    if cells is None or (np.abs(cells - 0.5) < _DOUBT).any() or (np.abs(cells - 0.5) > 1).any():
        return None
    value = 0
    for bit in (cells[:, 1:-1] > 0.5).ravel():
        value = value << 1 | int(bit)
    payload, crc = value >> 12, value & 0xFFF
    if _crc12(payload) != crc:
        return None
    return Strip(payload >> COUNTER_BITS, payload & (COUNTERS - 1))


def _cells(y_plane: NDArray[np.uint8], box: Box) -> NDArray[np.float32] | None:
    """Levels of the cells, 0 for black and 1 for white as the strip's own ends show them."""
    height, width = y_plane.shape
    x, y, w, h = box
    sx, sy, sw, sh = _STRIP
    across = _weights(width, (x + sx * w) * width, sw * w * width, _COLUMNS)
    down = _weights(height, (y + sy * h) * height, sh * h * height, _ROWS)
    if across is None or down is None:
        return None
    (left, columns), (top, rows) = across, down
    region = y_plane[top : top + rows.shape[1], left : left + columns.shape[1]]
    levels = rows @ region.astype(np.float32) @ columns.T
    white = (levels[0, 0] + levels[1, -1]) / 2
    black = (levels[1, 0] + levels[0, -1]) / 2
    if white - black < _LEAST_CONTRAST:
        return None
    cells: NDArray[np.float32] = (levels - black) / (white - black)
    return cells


@lru_cache(maxsize=256)
def _weights(
    size: int, start: float, length: float, cells: int
) -> tuple[int, NDArray[np.float32]] | None:
    """(first pixel, cells x pixels): the mean over the middle half of each cell, in exact parts."""
    first, last = int(np.floor(start)), int(np.ceil(start + length))
    if length < cells or first < 0 or last > size:
        return None
    weights = np.zeros((cells, last - first), np.float32)
    step = length / cells
    for cell in range(cells):
        begin = start - first + (cell + 0.25) * step
        end = begin + step / 2
        for pixel in range(int(begin), min(int(np.ceil(end)), last - first)):
            weights[cell, pixel] = min(end, pixel + 1) - max(begin, pixel)
        weights[cell] /= weights[cell].sum()
    return first, weights


def _bits(site: int, counter: int) -> NDArray[np.uint8]:
    """Both rows as zeros and ones, with their white and black ends."""
    if not 0 <= site < 256:
        raise ValueError(f"a site number has 8 bits, {site} has more")
    payload = site << COUNTER_BITS | counter
    value = payload << 12 | _crc12(payload)
    bits = np.zeros((_ROWS, _COLUMNS), np.uint8)
    bits[0, 0] = bits[1, -1] = 1
    bits[:, 1:-1] = [[value >> (43 - 22 * r - c) & 1 for c in range(22)] for r in range(_ROWS)]
    return bits


@lru_cache(maxsize=4096)
def _crc12(payload: int) -> int:
    crc = 0xABC  # not zero: an all-black strip is none
    for shift in range(31, -1, -1):
        top = crc >> 11 ^ (payload >> shift & 1)
        crc = crc << 1 & 0xFFF
        if top:
            crc ^= _CRC_POLYNOMIAL
    return crc
