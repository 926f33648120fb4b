"""The columns a push may send, newest last, as the gate decided them for its audience.

On the push's event loop. Bounded: nobody sends what is half a minute old. Bytes are read when they
are about to be sent, so that what is taken back until then is never sent.
"""

from __future__ import annotations

import logging
from collections import deque
from pathlib import Path
from typing import Any

from orchestrator.bus.decisions import Column, SafetyAct
from orchestrator.bus.lines import LineFollower
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery.publictree import redacted_path
from orchestrator.delivery.stream import Stream

log = logging.getLogger(__name__)

_KEPT_S = 60
_RECORD_BYTES = 450


class Line:
    """`look` takes what was decided since; the rest answers about it."""

    def __init__(self, tree: LiveTree, stream: Stream, audience: str) -> None:
        self._tree = tree
        self._grid = stream.grid
        self._audience = audience
        count = int(_KEPT_S / stream.grid.part_s)
        self._columns: deque[Column] = deque(maxlen=count)
        newest = count * len(stream.audiences) * _RECORD_BYTES
        self._lines = LineFollower(tree.decisions, newest_bytes=newest)
        self._acts: deque[SafetyAct] = deque(maxlen=64)
        self.stopped_k: int | None = None
        """STOP: nothing from this column on."""
        self.damaged = 0

    @property
    def newest_k(self) -> int:
        return self._columns[-1].k if self._columns else -1

    def look(self) -> bool:
        """Take what is new; whether there was anything."""
        records = self._lines.read()
        for record in records:
            try:
                self._take(record)
            except (KeyError, TypeError, ValueError):
                self.damaged += 1
        return bool(records)

    def at(self, k: int) -> Column | None:
        """None for what is not decided, or too old. The gate may leave a hole after a long stop."""
        if not self._columns:
            return None
        i = k - self._columns[0].k
        if 0 <= i < len(self._columns) and self._columns[i].k == k:
            return self._columns[i]
        return next((column for column in self._columns if column.k == k), None)

    def next_from(self, k: int) -> Column | None:
        """The first column there is at `k` or later."""
        return self.at(k) or next((column for column in self._columns if column.k > k), None)

    def keyframes(self, track: str, first_k: int) -> list[int]:
        """Where a decoder can begin on `track`, from `first_k` on, oldest first."""
        return [c.k for c in self._columns if c.k >= first_k and track in c.independent]

    def is_taken_back(self, k: int) -> bool:
        return any(act.redacted and act.redacted[0] <= k <= act.redacted[1] for act in self._acts)

    def path(self, track: str, k: int) -> Path:
        """Where the public part lies now, under the newest name it was given."""
        path = self._tree.public_part(self._grid, self._audience, track, k)
        for act in reversed(self._acts):
            if act.redacted and act.redacted[0] <= k <= act.redacted[1]:
                return redacted_path(path, act.tag)
        return path

    def _take(self, record: dict[str, Any]) -> None:
        if "act" in record:
            act = SafetyAct.of(record)
            if act.redacted:
                self._acts.append(act)
            if act.act == "stop":
                self.stopped_k = act.k
        elif record.get("audience", "open") == self._audience and "tracks" in record:
            column = Column.of(record)
            if column.k > self.newest_k:
                self._columns.append(column)
