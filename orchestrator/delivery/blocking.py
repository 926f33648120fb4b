"""What a delivery directive asks for (draft-pantos-hls-rfc8216bis-22, 6.2.5.2). Pure.

`last_k` is the newest part there is. The answer is the part a request must wait for; a part that is
there already means: answer now, with the playlist as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Literal

from orchestrator.timing.grid import Grid

SkipKind = Literal["", "YES", "v2"]

PARAMETERS = ("_HLS_msn", "_HLS_part", "_HLS_skip")


class BadDirective(ValueError):
    """The request is answered with 400 and this sentence."""


@dataclass(frozen=True, slots=True)
class Directive:
    """Wait until part `wait_k` is there (or not at all: -1), then answer with or without a skip."""

    wait_k: int
    skip: SkipKind


def advance_part_limit(grid: Grid) -> int:
    """Three parts, or as many as fit into three seconds if parts are shorter than one."""
    return 3 if grid.part_s >= 1 else ceil(3 / grid.part_s)


def read_directive(
    query: Mapping[str, str], grid: Grid, last_k: int, *, has_ended: bool = False
) -> Directive:
    """Raises BadDirective for what 6.2.5.2 wants refused."""
    skip = _skip(query.get("_HLS_skip", ""))
    msn_text, part_text = query.get("_HLS_msn"), query.get("_HLS_part")
    if msn_text is None:
        if part_text is not None:
            raise BadDirective("_HLS_part needs _HLS_msn")
        return Directive(-1, skip)
    msn = _number(msn_text, "_HLS_msn")
    index = grid.parts_per_segment - 1 if part_text is None else _number(part_text, "_HLS_part")
    if has_ended:
        return Directive(-1, skip)
    if index >= grid.parts_per_segment:
        # "a Media Sequence Number and Part Index beyond the last part: Part 0 of the next"
        msn, index = msn + 1, 0
    wait_k = grid.part(msn, index)
    if msn > grid.msn_of(last_k) + 2:
        raise BadDirective(f"segment {msn} is more than two ahead")
    if part_text is not None and wait_k > last_k + advance_part_limit(grid):
        raise BadDirective(f"part {msn}.{index} is too far ahead")
    return Directive(wait_k, skip)


def _skip(text: str) -> SkipKind:
    if text == "YES":
        return "YES"
    return "v2" if text == "v2" else ""


def _number(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise BadDirective(f"{name} is a decimal number")
    return int(text)
