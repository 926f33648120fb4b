"""Who must be hot until when: this process's places in the `wants` page (writer: programme)."""

from __future__ import annotations

from orchestrator.bus.page import PageReader
from orchestrator.bus.tree import LiveTree


class Wants:
    """The page for one thread. Without a page nobody wants anything."""

    def __init__(self, tree: LiveTree, check_every: int = 15) -> None:
        self._page = PageReader(tree.wants, check_every)

    def hot_until(self, index: int) -> int:
        """Source `index` must be hot until this frame; 0 if nobody wants it."""
        return self._word(2 * index)

    def begin_n(self, index: int) -> int:
        """Of a clip: the frame at which it begins to play; 0 if none was asked for."""
        return self._word(2 * index + 1)

    def _word(self, at: int) -> int:
        words = self._page.words()
        return int(words[at]) if words is not None and at < len(words) else 0
