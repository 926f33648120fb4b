"""Who tells the time. One page, written by the supervisor alone, makes every process agree.

The page holds REALTIME − MONOTONIC in nanoseconds. Everybody computes now = monotonic + page, so
a step of the wall clock moves nothing, and a restarted process is told the same time as before.
A new tree anchors the page once; after that it is only slewed, by at most 500 ppm (DESIGN §5).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from orchestrator.timing.grid import NS

_MAGIC = 0x314B434F4C43  # "CLOCK1"
MAX_SLEW_PPM = 500


class Clock(Protocol):
    """Nanoseconds since the Unix epoch, as the whole tree counts them."""

    def now_ns(self) -> int: ...


WallClock = Callable[[], int]
"""Gives REALTIME − MONOTONIC in nanoseconds, as `wall_offset_ns` does."""


def anchor_page(path: Path, offset_ns: int | None = None) -> None:
    """Create or overwrite the page, anchored to this machine's wall clock (or `offset_ns`)."""
    if offset_ns is None:
        offset_ns = wall_offset_ns()
    partial = path.with_suffix(".new")
    partial.write_bytes(_MAGIC.to_bytes(8, "little") + offset_ns.to_bytes(8, "little", signed=True))
    partial.replace(path)


def wall_offset_ns() -> int:
    """REALTIME − MONOTONIC now: the closest of five readings, so a preemption does not count."""
    best = None
    for _ in range(5):
        before = time.monotonic_ns()
        wall = time.time_ns()
        after = time.monotonic_ns()
        if best is None or after - before < best[0]:
            best = (after - before, wall - (before + after) // 2)
    assert best is not None
    return best[1]


def slewed(offset_ns: int, wall_ns: int, elapsed_ns: int) -> int:
    """The page's next offset: towards the wall clock's, by at most 500 ppm of `elapsed_ns`."""
    step = elapsed_ns * MAX_SLEW_PPM // 1_000_000
    return offset_ns + max(-step, min(step, wall_ns - offset_ns))


class PageClock:
    """The tree's clock, read from its page. Any thread.

    `step(offset)` is for the supervisor (slewing) and for tests, which step the page and never
    the machine.
    """

    def __init__(self, path: Path) -> None:
        import mmap

        fd = os.open(path, os.O_RDWR)
        try:
            self._map = mmap.mmap(fd, 16)
        finally:
            os.close(fd)
        self._words = memoryview(self._map).cast("q")
        if self._words[0] != _MAGIC:
            raise ValueError(f"{path} is not a clock page")

    def now_ns(self) -> int:
        return time.monotonic_ns() + self._words[1]

    @property
    def offset_ns(self) -> int:
        return self._words[1]

    def step(self, offset_ns: int) -> None:
        self._words[1] = offset_ns

    def sleep_until(self, t_ns: int) -> None:
        """Block this thread until the tree's clock shows `t_ns` (returns at once if it has)."""
        wait = t_ns - self.now_ns()
        if wait > 0:
            time.sleep(wait / NS)


class MachineClock:
    """This machine's own clock, for what is done while no event runs."""

    def now_ns(self) -> int:
        return time.time_ns()


class ManualClock:
    """A clock that moves when a test or a rehearsal says so."""

    def __init__(self, now_ns: int = 1_700_000_000 * NS) -> None:
        self._now = now_ns

    def now_ns(self) -> int:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += round(seconds * NS)

    def set(self, now_ns: int) -> None:
        self._now = now_ns
