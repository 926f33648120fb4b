"""What this process says about a source: its page, written the moment something is known.

Each word has one writer at a time; a store of one word is atomic, so no lock is needed.
"""

from __future__ import annotations

import contextlib
import math
from pathlib import Path

from orchestrator.bus.feedpage import FEED_WORDS, FeedState, FeedWord
from orchestrator.bus.page import create_page, open_page
from orchestrator.feeds.judge import Heard, Seen


class Board:
    """The page of one source. Sessions go on counting where a killed predecessor stopped."""

    def __init__(self, path: Path) -> None:
        session = 0
        with contextlib.suppress(FileNotFoundError, ValueError):
            session = int(open_page(path)[FeedWord.SESSION])
        # as a memoryview: a word costs a third of what it costs through numpy, and is as atomic
        self._words = create_page(path, FEED_WORDS).data
        self._words[FeedWord.SESSION] = session

    def __getitem__(self, word: FeedWord) -> int:
        return self._words[word]

    def __setitem__(self, word: FeedWord, value: int) -> None:
        self._words[word] = value

    def add(self, word: FeedWord, count: int = 1) -> None:
        self._words[word] += count

    def next_session(self) -> int:
        self._words[FeedWord.SESSION] += 1
        return self._words[FeedWord.SESSION]

    @property
    def state(self) -> FeedState:
        return FeedState(self._words[FeedWord.STATE])

    @state.setter
    def state(self, state: FeedState) -> None:
        self._words[FeedWord.STATE] = state

    def saw(self, n: int, seen: Seen) -> None:
        if seen.moved:
            self._words[FeedWord.MOVED_N] = n
        if seen.bright:
            self._words[FeedWord.BRIGHT_N] = n
        # rounded up: a little noise must not look like none
        self._words[FeedWord.NOISE] = 0 if seen.noise is None else math.ceil(seen.noise * 1000) + 1

    def heard(self, n: int, heard: Heard) -> None:
        self._words[FeedWord.LEVEL_MB] = round(heard.rms_dbfs * 100)
        self._words[FeedWord.LUFS_MB] = round(heard.lufs * 100)
        if heard.is_sound:
            self._words[FeedWord.SOUND_N] = n

    def facts(self) -> dict[str, object]:
        """All words by name, for the fact sheet."""
        words: dict[str, object] = {w.name.lower(): self._words[w] for w in FeedWord}
        return words | {"state": self.state.name}
