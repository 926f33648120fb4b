"""Which pictures a rendition leaves out when it falls behind, so that no part is late. Pure.

With more than 4 pictures waiting every second one is left out: half the pictures, evenly. That is
not enough when a machine gives so little that a picture takes three frames' time (a browser starts
on the same cores): then whatever would be ready later than the gate likes to wait for is left out
too, down to the first picture of a part, which always is encoded. The gate waits 400 ms for a part;
the figures below are what simulated loads leave in time most often, see the test.
"""

from __future__ import annotations

from orchestrator.timing.grid import Grid

BACKLOG_PICTURES = 4
LATEST_PICTURES = 5.0
"""A picture that would be ready so many frames after its own is not begun."""
_FORGETS = 0.7
"""A slow picture is remembered for a few more: load comes in bursts."""


class Haste:
    """One rendition's. Thread of that rendition."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._takes_pictures = 0.0

    def leaves_out(self, n: int, waiting: int) -> bool:
        """Whether frame `n` is left out, with so many behind it in the queue."""
        if n % self._grid.part_frames == 0:
            return False
        if n % 2 and waiting > BACKLOG_PICTURES:
            return True
        return waiting + self._takes_pictures > LATEST_PICTURES

    def took(self, seconds: float) -> None:
        """A picture has been encoded in so much of everybody's time."""
        pictures = seconds * self._grid.fps
        self._takes_pictures = max(pictures, _FORGETS * self._takes_pictures)
