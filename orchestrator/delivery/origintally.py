"""What the origin counts, for people and metrics. One thread; nothing waits for it."""

from __future__ import annotations

import time
from collections import Counter, deque

from orchestrator.media.house import AUDIO_TRACK
from orchestrator.timing.grid import Grid

_SPAN_S = 10.0


class Tally:
    """Requests and bytes since the start; viewers estimated over the last ten seconds."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._requests: Counter[str] = Counter()
        self._bytes = 0
        self._weights: deque[tuple[float, float]] = deque(maxlen=200_000)
        self._late_ms: deque[float] = deque(maxlen=512)
        self.waiting = 0

    def count(self, kind: str) -> None:
        self._requests[kind] += 1

    def sent(self, count: int) -> None:
        self._bytes += count

    def playlist(self, track: str, *, is_blocking: bool) -> None:
        """A viewer asks for its video playlist once a part if it blocks, once a segment if not."""
        self.count("playlist")
        if track != AUDIO_TRACK:
            weight = self._grid.part_s if is_blocking else self._grid.segment_s
            self._weights.append((time.monotonic(), weight))

    def published(self, late_ns: int) -> None:
        """A part is in memory, that long after it was due."""
        self._late_ms.append(late_ns / 1e6)

    def viewers(self) -> int:
        """An estimate; caches in front of us hide theirs."""
        since = time.monotonic() - _SPAN_S
        while self._weights and self._weights[0][0] < since:
            self._weights.popleft()
        return round(sum(weight for _, weight in self._weights) / _SPAN_S)

    def facts(self) -> dict[str, object]:
        late = sorted(self._late_ms) or [0.0]
        return {
            "viewers": self.viewers(),
            "requests": dict(self._requests),
            "sent_bytes": self._bytes,
            "part_late_ms_p50": round(late[len(late) // 2], 1),
            "part_late_ms_p99": round(late[len(late) * 99 // 100], 1),
        }
