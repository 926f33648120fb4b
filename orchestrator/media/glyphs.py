"""Which characters this machine cannot draw: asked of the very renderer that would draw them.

Every character is drawn into a cell of its own beside one that no font has; a cell that looks like
that one holds the sign for a missing glyph (or nothing). Pure but for the fonts it reads.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from html import escape

import cv2
import numpy as np
import resvg_py
from numpy.typing import NDArray

HOUSE_FONT = "Noto Sans"
"""What the templates on air ask for; other scripts fall back to whatever the machine has."""

_CELL = 48
_COLUMNS = 32
_NOBODY_HAS = "\U0010ffff"


def undrawable(texts: Iterable[str], font: str = HOUSE_FONT) -> frozenset[str]:
    """The characters of `texts` for which no font here has a glyph.

    ASCII is taken for granted; marks, spaces and joiners come with the letters they stand by.
    """
    wanted = sorted({c for text in texts for c in text if ord(c) > 127 and _has_a_shape(c)})
    if not wanted:
        return frozenset()
    *cells, missing = _cells([*wanted, _NOBODY_HAS], font)
    blank = np.zeros_like(missing)
    return frozenset(
        character
        for character, cell in zip(wanted, cells, strict=True)
        if np.array_equal(cell, missing) or np.array_equal(cell, blank)
    )


def _has_a_shape(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] not in "MZ" and category not in ("Cc", "Cf", "Cs")


def _cells(characters: list[str], font: str) -> list[NDArray[np.uint8]]:
    rows = -(-len(characters) // _COLUMNS)
    texts = "".join(
        f'<text x="{i % _COLUMNS * _CELL + 8}" y="{i // _COLUMNS * _CELL + 34}">{escape(c)}</text>'
        for i, c in enumerate(characters)
    )
    width, height = _COLUMNS * _CELL, rows * _CELL
    picture = resvg_py.svg_to_bytes(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'font-family="{escape(font)}" font-size="24" fill="white">{texts}</svg>',
        background="#000000",
    )
    grey = cv2.imdecode(np.frombuffer(bytes(picture), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert grey is not None, "the renderer gave no picture"
    return [
        np.asarray(
            grey[
                i // _COLUMNS * _CELL : (i // _COLUMNS + 1) * _CELL,
                i % _COLUMNS * _CELL : (i % _COLUMNS + 1) * _CELL,
            ],
            np.uint8,
        )
        for i in range(len(characters))
    ]
