"""Writes to the state folder what nobody waits for. Asked on control's loop, written on a thread.

However long a disk takes, the loop goes on; what waits for the disk is bounded.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_MOST_WAITING = 1000


class Pen:
    """One after the other, in the order of asking. What is to be done does not raise."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, name)
        self._asked = 0  # by the loop
        self._done = 0  # by the thread

    def write(self, doing: Callable[[], None]) -> bool:
        """False if too many wait already; then it is not done."""
        if self._asked - self._done >= _MOST_WAITING:
            return False
        self._asked += 1
        self._thread.submit(self._do, doing)
        return True

    def flush(self) -> None:
        """Wait until everything is written."""
        self._thread.submit(int).result()

    def close(self) -> None:
        """Once everything is written."""
        self._thread.shutdown()

    def _do(self, doing: Callable[[], None]) -> None:
        try:
            doing()
        finally:
            self._done += 1
