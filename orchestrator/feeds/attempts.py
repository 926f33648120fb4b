"""How long to wait before the next try. The only place that decides it; pure but for the dice."""

from __future__ import annotations

import random

from orchestrator.errors import MediaError

FIRST_S = 0.25
CEILING_S = 30.0
FORGIVEN_AFTER_S = 10.0
_JITTER = 0.25


class Backoff:
    """Doubling from 0.25 s to 30 s, ± 25 % so that thirteen sites do not come back as one.

    A connection that lived for 10 s forgives what was before it. What a person must put right
    (`retryable` is False) is tried every 30 s.
    """

    def __init__(self, dice: random.Random | None = None) -> None:
        self._dice = dice or random.Random()
        self._next_s = FIRST_S

    def wait_s(self, error: MediaError, lived_s: float) -> float:
        if lived_s >= FORGIVEN_AFTER_S:
            self._next_s = FIRST_S
        if not error.retryable:
            self._next_s = CEILING_S
        wait_s = self._next_s
        self._next_s = min(2 * wait_s, CEILING_S)
        return min(wait_s * self._dice.uniform(1 - _JITTER, 1 + _JITTER), CEILING_S)
