"""Where parts begin and end, whatever pictures are lost on the way. Pure; one per rendition.

The rules (DESIGN §8): parts lie on the grid and tile it. A picture that is lost inside a part
lengthens the one before it. The first frame of a part always has a picture: if its own was lost,
the next one composed stands in, and the part is still there. Only a segment's first frame and the
first part after a hole are IDRs. A hole is anything that may have made the gate publish slate
instead of us: real hands back to real only with an IDR.
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.timing.grid import Grid


@dataclass(frozen=True, slots=True)
class Encode:
    """Encode the picture at hand as that of frame `n`."""

    n: int
    idr: bool


@dataclass(frozen=True, slots=True)
class Close:
    """Part `k` is complete; its samples last so many frames each."""

    k: int
    frames: tuple[int, ...]


Step = Encode | Close


class Cutter:
    """Takes frames in rising order, says what to encode and when a part is complete."""

    def __init__(self, grid: Grid, first_n: int) -> None:
        """Frames before `first_n` (rounded up to a part) are left alone."""
        self._grid = grid
        self._first_n = -(-first_n // grid.part_frames) * grid.part_frames
        self._last_n: int | None = None
        self._stamps: list[int] = []
        self._after_hole = True

    def mark_hole(self) -> None:
        """A part came so late that slate may stand in its place: begin the next with an IDR."""
        self._after_hole = True

    def take(self, n: int, *, encode: bool = True) -> list[Step]:
        """Frame `n` has come. With `encode` False it may be left out, if it begins no part."""
        if n < self._first_n or (self._last_n is not None and n <= self._last_n):
            return []
        k = self._grid.part_of(n)
        steps = self._bridge(n, k)
        self._last_n = n
        if not self._stamps:
            steps.append(self._begin(k))
        if encode and n != self._stamps[-1]:
            self._stamps.append(n)
            steps.append(Encode(n, idr=False))
        if n + 1 == self._grid.first_frame(k + 1):
            steps.append(self._close(k))
        return steps

    def _bridge(self, n: int, k: int) -> list[Step]:
        """Finish the parts before `k` that frames were lost in."""
        last = self._last_n
        if last is None or n == last + 1:
            return []
        if n - last > self._grid.segment_frames:
            self._stamps = []  # too late to be of use to anybody
            self._after_hole = True
            return []
        steps: list[Step] = []
        waiting = self._grid.part_of(last)
        if self._stamps and waiting < k:
            steps.append(self._close(waiting))
        long = n - last > self._grid.part_frames // 2
        for between in range(waiting + 1, k):
            self._after_hole |= long
            steps += (self._begin(between), self._close(between))
        if waiting < k:
            self._after_hole |= long
        return steps

    def _begin(self, k: int) -> Encode:
        first = self._grid.first_frame(k)
        idr = self._after_hole or self._grid.starts_segment(first)
        self._after_hole = False
        self._stamps = [first]
        return Encode(first, idr)

    def _close(self, k: int) -> Close:
        ends = [*self._stamps[1:], self._grid.first_frame(k + 1)]
        frames = tuple(end - begin for begin, end in zip(self._stamps, ends, strict=True))
        self._stamps = []
        return Close(k, frames)
