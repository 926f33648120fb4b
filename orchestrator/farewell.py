"""The end of the tree, in order: group after group is asked to stop, the last started first.

Supervisor only, on its only thread.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from orchestrator.children import Child

log = logging.getLogger("orchestrator.supervisor")

_STOP_S = 3.0
_STOP_AT_MOST_S = 8.0
"""A container engine kills after 10 s."""
_GROUP_S = 0.8


class Farewell:
    """`say` it once."""

    def __init__(
        self,
        children: Sequence[Child],
        turn: Callable[[float], None],
        signals: Callable[[], int],
    ) -> None:
        """`turn` sleeps so long at most and buries the dead; `signals` counts those who asked."""
        self._children = children
        self._turn = turn
        self._signals = signals

    def say(self, *, by_force: bool) -> None:
        """Returns when all have ended, killed if they had to be.

        That is what has not ended 3 s after it was asked, or after the last of the others did: on
        a machine that is busy elsewhere, thirty processes take their time one after another.
        Whoever asks once more does not want to wait.
        """
        began_s = time.monotonic()
        deadline_s = began_s + (0.0 if by_force else _STOP_S)
        asked = self._signals()
        for group in () if by_force else self._groups():
            for child in group:
                child.ask_to_stop()
            self._wait_for(group, min(deadline_s, time.monotonic() + _GROUP_S), asked)
        left = _living(self._children)
        while left and time.monotonic() < deadline_s and self._signals() <= asked:
            self._wait_for(left[:1], deadline_s, asked)
            still = _living(left)
            if len(still) < len(left):
                deadline_s = min(time.monotonic() + _STOP_S, began_s + _STOP_AT_MOST_S)
            left = still
        for child in left:
            log.warning("%s did not stop; killing it", child.spec.name)
            child.kill()
        self._wait_for(self._children, time.monotonic() + 1.0, self._signals())

    def _groups(self) -> list[list[Child]]:
        groups: dict[str, list[Child]] = {}
        for child in reversed(self._children):
            groups.setdefault(child.spec.group or child.spec.name, []).append(child)
        return list(groups.values())

    def _wait_for(self, children: Sequence[Child], until_s: float, asked: int) -> None:
        """Until all of `children` have ended, or time is up, or somebody asks once more."""
        while _living(children) and self._signals() <= asked:
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                return
            self._turn(left_s)


def _living(children: Sequence[Child]) -> list[Child]:
    return [child for child in children if child.process is not None]
