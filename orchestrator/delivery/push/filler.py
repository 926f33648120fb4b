"""When this output shows a slate of its own: slots that it may not carry, and what was taken back.

Pure; the same rule as the gate's (`delivery/rule.py`), for one output: slate begins with its part 0
at any part and again at each segment start, and the programme hands back where it begins with an
IDR, sound at any part.
"""

from __future__ import annotations

from orchestrator.bus.decisions import Column
from orchestrator.timing.grid import Grid

PUBLIC = -1
"""The public part as it is; 0, 1, 2 … is that part of the slate."""


class Filler:
    """One connection's: it walks the columns in order."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._showing: dict[str, int] = {}

    def choose(self, column: Column, tracks: tuple[str, ...], *, is_mine: bool) -> dict[str, int]:
        """What to send of each track. `is_mine` if this output shows slate in this column."""
        return {track: self._one(column, track, is_mine=is_mine) for track in tracks}

    def is_filling(self, track: str) -> bool:
        """Whether the last column chosen shows this output's own slate."""
        return self._showing.get(track, PUBLIC) != PUBLIC

    def lose(self, track: str) -> None:
        """The public part cannot be had: slate's first part, on until the next key picture."""
        self._showing[track] = 0

    def begin_anew(self) -> None:
        """The next column is the first of a stretch, and begins with an IDR."""
        self._showing.clear()

    def _one(self, column: Column, track: str, *, is_mine: bool) -> int:
        before = self._showing.get(track, PUBLIC)
        if not is_mine and (before == PUBLIC or track in column.independent):
            chosen = PUBLIC
        elif before == PUBLIC or self._grid.index_of(column.k) == 0:
            chosen = 0
        else:
            chosen = before + 1
        self._showing[track] = chosen
        return chosen
