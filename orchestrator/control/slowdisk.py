"""How long the disk of the state folder keeps us waiting. Control process, on its event loop.

A journal entry is on the disk before it is acted on, so a slow disk makes slow commands: that is
said, also while they wait. The loop does not wait with them, on air nothing waits for this disk,
and safety acts go to the gate.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)

SLOW_S = 1.0
_TOLD_S = 60.0
_MEANS = "commands wait for the state folder's disk (or for Redis), the air does not; look at it"


class SlowDisk:
    """`waiting` goes around whatever writes to the state folder."""

    def __init__(self) -> None:
        self.slow_writes = 0
        self.slowest_s = 0.0
        self._sentence = ""
        self._told_until_s = 0.0
        self._waits: dict[object, tuple[str, float]] = {}

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        began_s = time.monotonic()
        wait = object()
        self._waits[wait] = what, began_s
        try:
            yield
        finally:
            del self._waits[wait]
            took_s = time.monotonic() - began_s
            if took_s >= SLOW_S:
                self._note(what, took_s)

    def trouble(self) -> list[str]:
        """One sentence while the disk keeps us waiting, and for a minute after; empty otherwise."""
        slow_since_s = time.monotonic() - SLOW_S
        for what, began_s in self._waits.values():
            if began_s <= slow_since_s:
                return [f"{what} is still being written: {_MEANS}"]
        return [self._sentence] if time.monotonic() < self._told_until_s else []

    def facts(self) -> dict[str, object]:
        return {
            "disk_slow_writes": self.slow_writes,
            "disk_slowest_s": round(self.slowest_s, 2),
            "disk_trouble": self.trouble(),
        }

    def _note(self, what: str, took_s: float) -> None:
        self.slow_writes += 1
        self.slowest_s = max(self.slowest_s, took_s)
        self._sentence = f"writing {what} took {took_s:.1f} s: {_MEANS}"
        self._told_until_s = time.monotonic() + _TOLD_S
        log.error("%s", self._sentence)
