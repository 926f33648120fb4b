"""Lays the tiles of an event out on one picture, under headings, each with its name below it.

Called on the main thread of `orchestrator rehearsal contact-sheet`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import av
import cv2
import numpy as np
import resvg_py
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from orchestrator.control.eventfile import with_paths
from orchestrator.errors import ConfigError, StartError
from orchestrator.media.fonts import sans_family
from orchestrator.media.picture import Planes, even
from orchestrator.rehearsal.tiles import Tile, Tiles
from orchestrator.rundown.resolved import Resolved

ACROSS = 6
_JPEG = (cv2.IMWRITE_JPEG_QUALITY, 84)
ENDINGS = {".png": (), ".jpg": _JPEG, ".jpeg": _JPEG, ".webp": (cv2.IMWRITE_WEBP_QUALITY, 84)}
"""What a sheet's file may be, and how it is written."""
_GAP = 8
_CAPTION, _HEADING = 26, 52
_GROUND = 24
_LETTER = 0.56
"""How wide an average letter is, in sizes of type."""

Bgr = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class _Words:
    x: int
    y: int
    size: int
    text: str


def sections_of(day: Resolved, folder: Path) -> list[Section]:
    """Everything that `day` may show; the files that it names are relative to `folder`."""
    tiles = Tiles(with_paths(day, folder))
    return [
        Section("Layouts", tuple(tiles.layouts())),
        Section("Transitions", tuple(tiles.transitions())),
        Section("Slates", tuple(tiles.slates())),
        Section("Graphics", tuple(tiles.graphics())),
    ]


def write(sections: Sequence[Section], out: Path, tile_width: int) -> None:
    """Raises ConfigError for a name that is no picture's, StartError if it cannot be written."""
    ending = out.suffix.lower()
    if ending not in ENDINGS:
        raise ConfigError(f"{out}: a contact sheet is a picture: end its name in .png or .jpg.")
    made, data = cv2.imencode(ending, _laid_out(sections, tile_width), ENDINGS[ending])
    assert made
    try:
        out.write_bytes(data.tobytes())
    except OSError as error:
        raise StartError(f"{out} cannot be written: {error.strerror}.") from error


def _laid_out(sections: Sequence[Section], width: int) -> Bgr:
    lines, columns = sections[0].tiles[0].picture[0].shape
    height = even(width * lines / columns)
    step_x, step_y = width + _GAP, height + _CAPTION
    words: list[_Words] = []
    placed: list[tuple[int, int, Tile]] = []
    top = 0
    for section in sections:
        words.append(_Words(_GAP, top + _HEADING - 16, 22, section.title))
        top += _HEADING
        for i, tile in enumerate(section.tiles):
            x, y = _GAP + (i % ACROSS) * step_x, top + (i // ACROSS) * step_y
            placed.append((x, y, tile))
            name = f"{tile.name}: {tile.problem}" if tile.problem else tile.name
            words.append(_Words(x, y + height + 17, 13, _cut(name, width / 13 / _LETTER)))
        top += -(-len(section.tiles) // ACROSS) * step_y
    sheet = np.full((top + _GAP, _GAP + ACROSS * step_x, 3), _GROUND, np.uint8)
    for x, y, tile in placed:
        small = cv2.resize(_bgr(tile.picture), (width, height), interpolation=cv2.INTER_AREA)
        sheet[y : y + height, x : x + width] = small
    return _with_words(sheet, words)


def _cut(text: str, letters: float) -> str:
    return text if len(text) <= letters else f"{text[: int(letters) - 1]}…"


def _with_words(sheet: Bgr, words: Sequence[_Words]) -> Bgr:
    """All captions in one drawing: loading the fonts is what takes time."""
    height, width = sheet.shape[:2]
    text = "".join(_texts(words))
    png = resvg_py.svg_to_bytes(
        svg_string=f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<g font-family="{sans_family()}" fill="#e8e8ee">{text}</g></svg>',
        font_family=sans_family(),
        sans_serif_family=sans_family(),
    )
    drawn = cv2.imdecode(np.frombuffer(bytes(png), np.uint8), cv2.IMREAD_UNCHANGED)
    assert drawn is not None
    assert drawn.shape == (height, width, 4)
    alpha = drawn[..., 3:].astype(np.uint16)
    mixed = (sheet * (255 - alpha) + drawn[..., :3] * alpha) // 255
    return mixed.astype(np.uint8)


def _texts(words: Sequence[_Words]) -> Iterator[str]:
    for one in words:
        yield f'<text x="{one.x}" y="{one.y}" font-size="{one.size}">{escape(one.text)}</text>'


def _bgr(planes: Planes) -> Bgr:
    """As a screen shows it, in OpenCV's order of colours."""
    height, width = planes[0].shape
    flat = np.concatenate([plane.reshape(-1) for plane in planes]).reshape(height * 3 // 2, width)
    frame = av.VideoFrame.from_ndarray(flat, format="yuv420p").reformat(
        format="bgr24",
        src_colorspace=Colorspace.ITU709,
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        threads=1,
    )
    return np.asarray(frame.to_ndarray(), np.uint8)
