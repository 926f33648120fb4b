"""Where to connect next, and how long to wait before. The only place that decides either. Pure.

1, 2, 4, 8, 10, 10 … s, up to a fifth less by the dice, so that a hundred pushes do not come back as
one; a connection that lived for a minute forgives what was before it. Three failures in a row: the
backup address, three more: the first again, for ever. Where a person has put it, it stays.
"""

from __future__ import annotations

import random

FIRST_S, CEILING_S, FORGIVEN_AFTER_S = 1.0, 10.0, 60.0
TURNS_AFTER = 3
_JITTER = 0.2
PRIMARY, BACKUP = "primary", "backup"


class Again:
    """State of one output's connecting."""

    def __init__(self, *, has_backup: bool, dice: random.Random | None = None) -> None:
        self._has_backup = has_backup
        self._dice = dice or random.Random()
        self._next_s = FIRST_S
        self._failures = 0
        self._is_pinned = False
        self.which = PRIMARY

    def send_to(self, which: str, *, pinned: bool) -> None:
        """A person's word. `pinned`: it stays there, whatever becomes of it."""
        self.which, self._is_pinned = which, pinned
        self._failures, self._next_s = 0, FIRST_S

    def lost(self, lived_s: float) -> float:
        """A connection ended, or never came to be (`lived_s` 0): seconds until the next try."""
        if lived_s >= FORGIVEN_AFTER_S:
            self._next_s, self._failures = FIRST_S, 0
        self._failures += 1
        if self._has_backup and not self._is_pinned and self._failures >= TURNS_AFTER:
            self.which = BACKUP if self.which == PRIMARY else PRIMARY
            self._failures, self._next_s = 0, FIRST_S
        wait_s = self._next_s
        self._next_s = min(2 * wait_s, CEILING_S)
        return wait_s * self._dice.uniform(1 - _JITTER, 1.0)
