"""Which public parts are too damaged to be handed out, and the slate that stands in for them.

Pure; asked by the shelf, on the origin's loop. The gate lets no damaged part pass, so this is for
what happens to a file afterwards: a player that is given half a part gives up for good, slate it
can play. The rule is the gate's own (`delivery/rule.py`): slate begins with its part 0 at any part
and again at each segment start, and the programme hands back where it begins with an IDR, sound at
any part.
"""

from __future__ import annotations

from orchestrator.timing.grid import Grid

PUBLIC = -1
"""The part as it is; 0, 1, 2 … is that part of the slate."""


class Stopgaps:
    """Remembers what it has judged, so that whoever asks again is given the same."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._judged: dict[tuple[str, int], int] = {}
        self.damaged = 0
        """Parts that were not whole when they were first looked at."""

    def of(self, track: str, k: int) -> int | None:
        """What was judged of a part; None if nobody has looked at it."""
        return self._judged.get((track, k))

    def needs_earlier(self, k: int, *, is_key: bool) -> bool:
        """Whether part `k` can only be judged once the one before it has been."""
        return not is_key and self._grid.index_of(k) > 0

    def judge(self, track: str, k: int, *, is_whole: bool, is_key: bool) -> int:
        """PUBLIC, or the slate part that stands in. `is_key` if it begins with an IDR."""
        before = self._judged.get((track, k - 1), PUBLIC)
        self.damaged += not is_whole
        if is_whole and (is_key or before == PUBLIC):
            chosen = PUBLIC
        elif is_key or before == PUBLIC or self._grid.index_of(k) == 0:
            chosen = 0
        else:
            chosen = before + 1
        self._judged[track, k] = chosen
        return chosen

    def forget(self, track: str, k: int) -> None:
        """The part has left the window, or is another one now."""
        self._judged.pop((track, k), None)

    def forget_before(self, k: int) -> None:
        self._judged = {key: chosen for key, chosen in self._judged.items() if key[1] >= k}
