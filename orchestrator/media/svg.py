"""Drawing SVG templates: Jinja fills in the data, resvg shapes the text and draws.

Library code; runs in the slate job, in the programme's drawing process, and in checks, never on
the tick thread: resvg holds the interpreter's lock while it draws.

A template's `viewBox` is the area it covers, in a canvas of 1280x720 whatever the programme's
size; only that area is drawn. Colours are sRGB, alpha is straight.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import jinja2
import numpy as np
import resvg_py
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from orchestrator.media.fonts import sans_family
from orchestrator.media.picture import Planes, even, planes_of_frame

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "graphics"
CANVAS_WIDTH, CANVAS_HEIGHT = 1280, 720
_FONT_FAMILY = re.compile(r'font-family="([^"]+)"')
_VIEW_BOX = re.compile(r'<svg[^>]*\bviewBox="([\d.\s-]+)"')

Rgba = NDArray[np.uint8]


class TemplateBroken(ValueError):
    """A template that cannot be drawn; the message is for whoever wrote it."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a template made: its area in the picture, and the pixels of that area."""

    rgba: Rgba
    x: int
    y: int


class _Missing(jinja2.ChainableUndefined):
    """A variable nobody gave: may be asked for (`if`, `default`), must not be drawn or gone
    through, so that a misspelt name is said instead of leaving a hole on air."""

    def __str__(self) -> str:
        return self._fail_with_undefined_error()

    def __iter__(self) -> Iterator[Any]:
        return self._fail_with_undefined_error()

    def __len__(self) -> int:
        return self._fail_with_undefined_error()


def _visible_length(text: str) -> float:
    """Roughly how many average letters wide a text is."""
    return sum(
        1.8 if unicodedata.east_asian_width(c) in "WF" else 1.0
        for c in text
        if unicodedata.category(c) not in ("Mn", "Me", "Cf")
    )


def _fit(size: float, text: object, room: float) -> float:
    """A type size at which `text` fits into `room`: `{{ 44 | fit(name, 600) }}`."""
    letters = _visible_length(str(text)) or 1.0
    return round(min(float(size), room / (letters * 0.56)), 1)


@functools.lru_cache(maxsize=8)
def _environment(folder: Path) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, TEMPLATES]),
        autoescape=True,
        undefined=_Missing,
    )
    environment.filters["fit"] = _fit
    environment.globals["sans"] = sans_family()
    return environment


def fill_in(template: str, data: Mapping[str, Any], folder: Path = TEMPLATES) -> str:
    """The SVG of `template` with `data` in it. Raises TemplateBroken.

    A template is one of ours by its name, or any by its path; `.svg` may be left out of a name.
    """
    path = Path(template)
    name = path.name if path.suffix == ".svg" else f"{path.name}.svg"
    try:
        return _environment(folder / path.parent).get_template(name).render(**data)
    except jinja2.TemplateNotFound as error:
        raise TemplateBroken(f"there is no graphics template called {error.name}") from error
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError) as error:
        line = getattr(error, "lineno", None)
        where = f"{name}:{line}" if line else name
        raise TemplateBroken(f"{where}: {error}") from error


def draw(svg: str, width: int, height: int, name: str = "svg") -> Drawn:
    """Draw an SVG for a picture of that size. Raises TemplateBroken."""
    x, y, area_width, area_height = _area(svg, name)
    across, down = width / CANVAS_WIDTH, height / CANVAS_HEIGHT
    left, top = even(x * across), even(y * down)
    columns = max(2, min(even(area_width * across), width - left))
    lines = max(2, min(even(area_height * down), height - top))
    try:
        png = resvg_py.svg_to_bytes(
            svg_string=_with_fallback_font(svg),
            width=columns,
            height=lines,
            font_family=sans_family(),
            sans_serif_family=sans_family(),
        )
    except ValueError as error:
        raise TemplateBroken(f"{name}: {error}") from error
    bgra = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    if bgra is None or bgra.ndim != 3 or bgra.shape[2] != 4:
        raise TemplateBroken(f"{name}: resvg made no picture with alpha of it")
    rgba = np.zeros((lines, columns, 4), np.uint8)
    drawn_lines, drawn_columns = min(lines, bgra.shape[0]), min(columns, bgra.shape[1])
    rgba[:drawn_lines, :drawn_columns] = bgra[:drawn_lines, :drawn_columns, (2, 1, 0, 3)]
    return Drawn(rgba, left, top)


def render(template: str, data: Mapping[str, Any], width: int, height: int) -> Rgba:
    """A whole picture, (height, width, 4), with what `template` draws where it belongs."""
    drawn = draw(fill_in(template, data), width, height, template)
    picture = np.zeros((height, width, 4), np.uint8)
    lines, columns = drawn.rgba.shape[:2]
    picture[drawn.y : drawn.y + lines, drawn.x : drawn.x + columns] = drawn.rgba
    return picture


def to_i420(rgba: Rgba) -> Planes:
    """An opaque picture in the house format (BT.709, limited range); alpha is not looked at."""
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgba), format="rgba").reformat(
        format="yuv420p",
        src_colorspace=Colorspace.ITU709,
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
        interpolation="AREA",
        threads=1,
    )
    return planes_of_frame(frame)


def _with_fallback_font(svg: str) -> str:
    """resvg leaves text out whose family is not there, so every family is given a second one."""
    return _FONT_FAMILY.sub(rf'font-family="\1, {sans_family()}"', svg)


def _area(svg: str, name: str) -> tuple[float, float, float, float]:
    found = _VIEW_BOX.search(svg)
    numbers = [float(word) for word in found[1].split()] if found else []
    if len(numbers) != 4 or numbers[2] <= 0 or numbers[3] <= 0:
        raise TemplateBroken(f'{name}: its <svg> needs viewBox="x y width height"')
    x, y, width, height = numbers
    return max(0.0, x), max(0.0, y), width, height
