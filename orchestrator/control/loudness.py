"""How loud each feed has been while somebody spoke: momentary values over a minute. Pure.

A feed's page holds the loudness of the last 400 ms. People pause; so values far below the rest do
not count (as in BS.1770's relative gate), and what is kept is the mean of the energy. Needs one
value a second and keeps sixty a feed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from math import log10

_KEPT = 60
_LEAST = 3
_FLOOR_LUFS = -60.0
_GATE_LU = 10.0


class Loudness:
    """One writer; `all` may be read at any time."""

    def __init__(self) -> None:
        self._heard: dict[str, deque[float]] = {}
        self.all: Mapping[str, float] = {}

    def hear(self, momentary_lufs: Mapping[str, float | None]) -> None:
        """One look at every feed; None for what is not heard now. What has gone is forgotten."""
        for feed, lufs in momentary_lufs.items():
            if lufs is None:
                self._heard.pop(feed, None)
            elif lufs > _FLOOR_LUFS:
                self._heard.setdefault(feed, deque(maxlen=_KEPT)).append(lufs)
        self.all = {
            feed: gated(tuple(values))
            for feed, values in self._heard.items()
            if len(values) >= _LEAST
        }


def gated(values: tuple[float, ...]) -> float:
    """The mean loudness of those values that are not 10 LU below the mean of all."""
    threshold = _mean(values) - _GATE_LU
    return round(_mean(tuple(v for v in values if v >= threshold)), 1)


def _mean(values: tuple[float, ...]) -> float:
    return 10 * log10(sum(10 ** (v / 10) for v in values) / len(values))
