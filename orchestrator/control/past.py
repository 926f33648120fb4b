"""The last ten minutes of every feed: how loud it was, and how it was. Control's loop.

A look every two seconds is kept, for the small curves of the Feeds screen: they outlive a page
that is loaded again, and everybody sees the same ones. Bounded: 300 looks a feed; a control that
restarts begins anew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from orchestrator.control.deskfeeds import word_of

EVERY_S = 2
KEPT = 300
_SILENT_DB = -90


class Past:
    """One writer, once a second or so; `view` at any time."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._levels: dict[str, deque[int]] = {}
        self._grades: dict[str, deque[str]] = {}
        self._looked_n: int | None = None

    def look(
        self,
        n: int,
        fps: int,
        pages: Mapping[str, Mapping[str, Any]],
        judged: Mapping[str, Mapping[str, Any]],
    ) -> None:
        """At frame `n`. More often than every two seconds is too often, and not kept."""
        turn = n // (EVERY_S * fps)
        if turn == self._looked_n:
            return
        self._looked_n = turn
        for gone in self._levels.keys() - pages.keys():
            del self._levels[gone], self._grades[gone]
        for feed, page in pages.items():
            level = page.get("level_db")
            _, grade = word_of(str(page.get("state", "unknown")), "", page, judged.get(feed, {}))
            levels = self._levels.setdefault(feed, deque(maxlen=self._kept))
            levels.append(_SILENT_DB if level is None else max(_SILENT_DB, round(level)))
            self._grades.setdefault(feed, deque(maxlen=self._kept)).append(grade[0])

    def view(self) -> dict[str, Any]:
        """Of every feed, oldest first: levels in dB, and a letter a look: good, note or dead."""
        return {
            "every_s": EVERY_S,
            "kept": self._kept,
            "feeds": {
                feed: {"level_db": list(levels), "grades": "".join(self._grades[feed])}
                for feed, levels in self._levels.items()
            },
        }
