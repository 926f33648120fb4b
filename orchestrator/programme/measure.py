"""Numbers about a stretch of work: the last thousand values, and what they look like.

Each `Spread` is written by one thread and read by the one that writes the fact sheet.
"""

from __future__ import annotations

from collections import deque


class Spread:
    """The last `size` values of something, in milliseconds or pieces."""

    def __init__(self, size: int = 1024) -> None:
        self._values: deque[float] = deque(maxlen=size)
        self.count = 0

    def add(self, value: float) -> None:
        self._values.append(value)
        self.count += 1

    def summary(self) -> dict[str, float]:
        """p50, p99 and the largest of the values kept; empty before the first."""
        while True:
            try:
                values = sorted(self._values)
                break
            except RuntimeError:  # appended to meanwhile, by its thread
                continue
        if not values:
            return {}
        last = len(values) - 1
        return {
            "p50": round(values[last // 2], 3),
            "p99": round(values[last * 99 // 100], 3),
            "max": round(values[last], 3),
        }
