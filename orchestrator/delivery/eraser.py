"""Takes back what may not be seen: deletes it from the spool, puts slate in its public place.

The gate's thread, a few milliseconds at a time and the newest first: a look-back over the whole
window is thousands of files, and the next column must not wait for them. Readers do not wait
either: the act in `decisions` already tells them that the old names are gone.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from orchestrator.delivery.publictree import PublicTree
from orchestrator.delivery.spool import Spool


class Eraser:
    """`destroy` and `redact` say what; `work` does some of it."""

    def __init__(self, spool: Spool, trees: Sequence[PublicTree]) -> None:
        self._spool = spool
        self._trees = trees
        self._waiting: deque[tuple[int, int | None, int]] = deque()
        self.slate_lost = 0
        """Columns that are gone and for whose slate there was no room."""

    @property
    def is_done(self) -> bool:
        return not self._waiting

    def destroy(self, columns: Iterable[int]) -> None:
        """Unpublished columns: never to be published."""
        self._waiting.extendleft((k, None, 0) for k in columns)

    def redact(self, plan: Mapping[int, int], tag: int) -> None:
        """Published columns: slate part `plan[k]` in place of column k, under a new name."""
        self._waiting.extendleft((k, plan[k], tag) for k in sorted(plan))

    def work(self, budget_s: float) -> None:
        """Go on for about that long."""
        until = time.monotonic() + budget_s
        while self._waiting and time.monotonic() < until:
            k, j, tag = self._waiting.popleft()
            self._spool.destroy(k)
            if j is not None:
                for tree in self._trees:
                    try:
                        tree.redact(k, j, tag)
                    except OSError:
                        self.slate_lost += 1
