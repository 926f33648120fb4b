"""The `wants` page: which sources must be decoded until when. This process is its one writer.

Tick thread. A want holds for three seconds beyond its last renewal; feeds let it cool by
themselves, so that a programme that is killed and comes back finds its pictures still there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from orchestrator.bus.page import create_page
from orchestrator.bus.tree import LiveTree


class WantsPage:
    def __init__(self, tree: LiveTree, hold_frames: int) -> None:
        self._tree = tree
        self._hold = hold_frames
        self._index: dict[str, int] = {}
        self._words: NDArray[np.int64] = np.zeros(0, np.int64)

    def lay_out(self, sources: Sequence[str]) -> None:
        """Make the page for these sources, in this order; what is wanted now stays wanted."""
        if list(self._index) == list(sources):
            return
        wanted = {
            source: (int(self._words[2 * i]), int(self._words[2 * i + 1]))
            for source, i in self._index.items()
        }
        self._index = {source: i for i, source in enumerate(sources)}
        self._words = create_page(self._tree.wants, max(1, 2 * len(sources)))
        for source, i in self._index.items():
            self._words[2 * i], self._words[2 * i + 1] = wanted.get(source, (0, 0))

    def renew(self, n: int, hot: Mapping[str, int]) -> None:
        """These sources are wanted at frame `n`; the value is where a clip begins, or 0."""
        until = n + self._hold
        for source, begin_n in hot.items():
            i = self._index.get(source)
            if i is not None:
                if begin_n:
                    self._words[2 * i + 1] = begin_n
                self._words[2 * i] = until
