"""Which fonts this machine has, and which letters they can draw.

Used by the drawing of graphics and by `check` and `doctor`, before anything is on air. Reads the
character maps of TrueType and OpenType files itself (OpenType 1.9, `cmap`, formats 4 and 12).
"""

from __future__ import annotations

import functools
import struct
import unicodedata
from pathlib import Path

_FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".fonts",
    Path.home() / ".local/share/fonts",
    Path("/Library/Fonts"),
    Path("/System/Library/Fonts"),
)
_INVISIBLE = ("Cc", "Cf", "Cs", "Zs", "Zl", "Zp")
_PREFERRED = (
    ("Noto Sans", "NotoSans-Regular.ttf"),
    ("DejaVu Sans", "DejaVuSans.ttf"),
    ("Liberation Sans", "LiberationSans-Regular.ttf"),
    ("Arial", "Arial.ttf"),
)


@functools.lru_cache(maxsize=1)
def font_files() -> tuple[Path, ...]:
    """Every font file where resvg looks, upright and regular ones first."""
    found = [
        path
        for folder in _FOLDERS
        if folder.is_dir()
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in (".ttf", ".otf", ".ttc")
    ]
    return tuple(sorted(found, key=lambda path: (not path.stem.endswith("Regular"), path.name)))


@functools.lru_cache(maxsize=1)
def sans_family() -> str:
    """The family our templates are set in: the first of our favourites that is there."""
    names = {path.name for path in font_files()}
    return next((family for family, file in _PREFERRED if file in names), "sans-serif")


def missing_glyphs(text: str) -> frozenset[str]:
    """The characters of `text` that no font on this machine can draw."""
    wanted = {c for c in text if unicodedata.category(c) not in _INVISIBLE}
    for path in font_files():
        if not wanted:
            break
        covered = _characters(path)
        wanted = {c for c in wanted if ord(c) not in covered}
    return frozenset(wanted)


def font_for(character: str) -> str:
    """The font to install for a character: the Noto family has nearly all, by script. Empty for
    what is no character of Unicode's (private use, unassigned)."""
    script = unicodedata.name(character, "").partition(" ")[0]
    if not script:
        return ""
    if script in ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"):
        return "Noto Sans CJK (fonts-noto-cjk)"
    if not unicodedata.category(character).startswith(("L", "M")):
        return "Noto Sans Symbols (fonts-noto-core)"
    if script in ("LATIN", "GREEK", "CYRILLIC"):
        return "Noto Sans (fonts-noto-core)"
    return f"Noto Sans {script.capitalize()} (fonts-noto-core)"


@functools.lru_cache(maxsize=512)
def _characters(path: Path) -> frozenset[int]:
    """The code points a font has a glyph for; none if the file cannot be read."""
    try:
        return frozenset(_read_cmap(path.read_bytes()))
    except (OSError, struct.error, IndexError):
        return frozenset()


def _read_cmap(data: bytes) -> set[int]:
    start = struct.unpack_from(">I", data, 12)[0] if data[:4] == b"ttcf" else 0
    tables = struct.unpack_from(">H", data, start + 4)[0]
    for i in range(tables):
        tag, _, offset, _ = struct.unpack_from(">4sIII", data, start + 12 + 16 * i)
        if tag == b"cmap":
            return _read_subtables(data, offset)
    return set()


def _read_subtables(data: bytes, cmap: int) -> set[int]:
    characters: set[int] = set()
    for i in range(struct.unpack_from(">H", data, cmap + 2)[0]):
        platform, _, offset = struct.unpack_from(">HHI", data, cmap + 4 + 8 * i)
        if platform not in (0, 3):  # Unicode, Windows
            continue
        at = cmap + offset
        form = struct.unpack_from(">H", data, at)[0]
        if form == 4:
            characters |= _format_4(data, at)
        elif form == 12:
            for j in range(struct.unpack_from(">I", data, at + 12)[0]):
                first, last, _ = struct.unpack_from(">III", data, at + 16 + 12 * j)
                characters.update(range(first, last + 1))
    return characters


def _format_4(data: bytes, at: int) -> set[int]:
    """Segments with a start, an end, and either a delta or a list of glyphs; glyph 0 is none."""
    count = struct.unpack_from(">H", data, at + 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", data, at + 14)
    starts = struct.unpack_from(f">{count}H", data, at + 16 + 2 * count)
    deltas = struct.unpack_from(f">{count}H", data, at + 16 + 4 * count)
    ranges_at = at + 16 + 6 * count
    offsets = struct.unpack_from(f">{count}H", data, ranges_at)
    characters: set[int] = set()
    for i, (first, last, delta, offset) in enumerate(
        zip(starts, ends, deltas, offsets, strict=True)
    ):
        if first == 0xFFFF:
            continue
        for c in range(first, last + 1):
            if offset:
                glyph = struct.unpack_from(">H", data, ranges_at + 2 * i + offset + 2 * (c - first))
                there = glyph[0] != 0
            else:
                there = (c + delta) & 0xFFFF != 0
            if there:
                characters.add(c)
    return characters
