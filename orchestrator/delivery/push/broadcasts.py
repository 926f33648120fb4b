"""Which broadcast of its platform an output is in: the planned hand-overs. Pure.

A platform ends a broadcast after 8 or 12 hours, so ours ends it before that and goes on in the
next one. Hand-overs lie at fixed distances from the event's start, at the first segment from there
on: a push that was restarted, or connects late, knows where it is without having to remember.
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.timing.grid import Grid

LEAD_S = 10.0
"""So long before a hand-over the next connection is tried for."""


@dataclass(frozen=True, slots=True)
class Broadcasts:
    """`length_frames` 0: one broadcast for the whole event."""

    grid: Grid
    start_n: int
    length_frames: int = 0

    def number(self, k: int) -> int:
        """The broadcast that column `k` belongs to, from 0."""
        if self.length_frames <= 0:
            return 0
        number = max(0, (self.grid.first_frame(k) - self.start_n) // self.length_frames)
        return number if self.first_k(number) <= k else number - 1

    def first_k(self, number: int) -> int:
        """Its first column: the beginning of a segment, but of the first broadcast."""
        begins_n = self.start_n + number * self.length_frames
        if number <= 0:
            return self.grid.part_of(begins_n)
        segments = -(-begins_n // self.grid.segment_frames)
        return segments * self.grid.parts_per_segment

    @property
    def lead_parts(self) -> int:
        """How many columns before a hand-over the next connection is tried for."""
        frames = min(self.grid.frames(LEAD_S), self.length_frames // 2)
        return max(1, frames // self.grid.part_frames)
