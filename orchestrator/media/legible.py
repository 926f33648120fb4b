"""Data for a graphic, without what no font of this machine can draw. Pure but for the fonts.

A name with a hole in it is a wrong name, so a text is left out whole. A person whose name cannot
be drawn is shown by the other one (`native` for `name`); a person with neither is not shown, nor is
a graphic that has lost what it is about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.media.fonts import font_for, missing_glyphs

_MAY_BE_MISSING = frozenset({"native", "role", "site", "city", "label", "heading", "id", "kind"})


@dataclass(frozen=True, slots=True)
class Legible:
    """`data` is None if nothing is left worth showing; `undrawable` is what was in the way."""

    data: Mapping[str, Any] | None
    undrawable: frozenset[str] = frozenset()

    @property
    def problem(self) -> str:
        """A sentence that names glyphs and fonts; empty if there is nothing to say."""
        return said(self.undrawable)


def said(undrawable: frozenset[str]) -> str:
    """`no font on this machine has 手 (U+624B); install Noto …`; empty for nothing."""
    if not undrawable:
        return ""
    shown = sorted(undrawable)
    glyphs = ", ".join(f"{c} (U+{ord(c):04X})" for c in shown[:8])
    more = f" and {len(shown) - 8} more" if len(shown) > 8 else ""
    fonts = " and ".join(dict.fromkeys(font for c in shown if (font := font_for(c))))
    known = f"; install {fonts}" if fonts else ""
    return f"no font on this machine has {glyphs}{more}{known}"


def legible(data: Mapping[str, Any]) -> Legible:
    """What of `data` can be drawn here."""
    undrawable = missing_glyphs("".join(_texts(data)))
    if not undrawable:
        return Legible(data)
    cleaned = _cleaned(data, undrawable)
    is_whole = _is_worth_showing(data, cleaned)
    return Legible(cleaned if is_whole else None, undrawable)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _cleaned(value: Any, undrawable: frozenset[str]) -> Any:
    if isinstance(value, str):
        return "" if undrawable.intersection(value) else value
    if isinstance(value, Mapping):
        inner = {key: _cleaned(item, undrawable) for key, item in value.items()}
        if not inner.get("name", True) and inner.get("native"):
            inner |= {"name": inner["native"], "native": ""}
        return inner
    if isinstance(value, list | tuple):
        kept = [(item, _cleaned(item, undrawable)) for item in value]
        return [after for before, after in kept if _is_worth_showing(before, after)]
    return value


def _is_worth_showing(before: Any, after: Any) -> bool:
    if not isinstance(before, Mapping):
        return bool(after) or not before
    return all(
        after[key] or not before[key] or key in _MAY_BE_MISSING
        for key in before
        if isinstance(before[key], str | list | tuple)
        and not (key == "name" and before.get("people") and after.get("people"))
    )
