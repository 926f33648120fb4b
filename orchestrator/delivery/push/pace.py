"""How a push keeps up: what it does at each part when the platform takes less than we make. Pure.

Behind by more than two segments it drops whole GOPs and goes on at the newest keyframe. Two drops
within half a minute: the next lower rendition of its ladder. A minute without a drop: the higher
one again; if that fails at once, two minutes, four … ten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_OFTEN_S = 30.0
_BACK_AFTER_S, _BACK_AT_MOST_S = 60.0, 600.0


@dataclass(frozen=True, slots=True)
class Step:
    """Go on at `k` with rendition `track`; `dropped` GOPs are lost on the way."""

    k: int
    track: str
    dropped: int = 0


class Pace:
    """Asked at every part. `now_s` is monotonic."""

    def __init__(self, ladder: tuple[str, ...], behind_parts: int) -> None:
        self.ladder = ladder
        self._behind_parts = behind_parts
        self._rung = 0
        self._dropped_s: float | None = None
        self._rose_s: float | None = None
        self._back_after_s = _BACK_AFTER_S

    @property
    def track(self) -> str:
        return self.ladder[self._rung]

    def step(
        self, k: int, newest_k: int, keyframes: Mapping[str, Sequence[int]], now_s: float
    ) -> Step:
        """Where to go on, if column `k` would be next. `keyframes` are the columns from `k` on at
        which each rendition may begin, oldest first."""
        if newest_k - k >= self._behind_parts:
            rung = self._rung_after_drop(now_s)
            ahead = [at for at in keyframes[self.ladder[rung]] if at > k]
            if ahead:
                lost = max(1, sum(at < ahead[-1] for at in keyframes[self.track]))
                self._drop_to(rung, now_s)
                return Step(ahead[-1], self.track, lost)
        elif self._may_rise(now_s) and k in keyframes[self.ladder[self._rung - 1]]:
            self._rung -= 1
            self._rose_s = self._dropped_s = now_s
        return Step(k, self.track)

    def _rung_after_drop(self, now_s: float) -> int:
        often = self._dropped_s is not None and now_s - self._dropped_s <= _OFTEN_S
        return min(self._rung + often, len(self.ladder) - 1)

    def _drop_to(self, rung: int, now_s: float) -> None:
        if rung != self._rung:
            too_soon = self._rose_s is not None and now_s - self._rose_s < _BACK_AFTER_S
            longer_s = min(self._back_after_s * 2, _BACK_AT_MOST_S)
            self._back_after_s = longer_s if too_soon else _BACK_AFTER_S
            self._rung, self._rose_s = rung, None
        self._dropped_s = now_s

    def _may_rise(self, now_s: float) -> bool:
        if self._rung == 0 or self._dropped_s is None:
            return False
        return now_s - self._dropped_s >= self._back_after_s
