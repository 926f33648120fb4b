"""Keeps the clock page with the wall clock, gently. Supervisor only, on its only thread.

Time synchronisation slews MONOTONIC and REALTIME alike; only a step of the wall clock shows here.
Then the page follows by half a millisecond a second, and a person is told: frames are still exact
among themselves, but the day on the wall is not the day on air.
"""

from __future__ import annotations

import logging

from orchestrator.timing.clock import PageClock, WallClock, slewed, wall_offset_ns
from orchestrator.timing.grid import NS

log = logging.getLogger(__name__)


class ClockKeeper:
    """`off_ms` is page minus wall clock; the alarm rings from half a frame on."""

    def __init__(self, clock: PageClock, wall: WallClock = wall_offset_ns) -> None:
        self._clock = clock
        self._wall = wall
        self.fps = 30
        self.off_ms = 0.0
        self.is_off = False

    def look(self, elapsed_s: float) -> None:
        """Once a second or so; `elapsed_s` since the last time."""
        wall_ns = self._wall()
        self._clock.step(slewed(self._clock.offset_ns, wall_ns, round(elapsed_s * NS)))
        off_ns = self._clock.offset_ns - wall_ns
        self.off_ms = off_ns / 1e6
        is_off = abs(off_ns) * 2 * self.fps > NS
        if is_off and not self.is_off:
            log.error(
                "the wall clock was moved: the programme's clock is %.0f ms off and follows by "
                "0.5 ms a second (check time synchronisation)",
                self.off_ms,
            )
        elif self.is_off and not is_off:
            log.info("the programme's clock and the wall clock agree again")
        self.is_off = is_off
