"""Follows the gate's decisions for the origin: knocks, and a look every 250 ms as a net.

On the origin's event loop. Records are taken strictly in order; the newest column may be decided
but not linked yet, then the rest waits for the next look.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from orchestrator.bus.decisions import Column, SafetyAct, is_decision
from orchestrator.bus.knock import Door
from orchestrator.bus.lines import LineFollower
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery.shelf import NotThereYet, Shelf
from orchestrator.delivery.stream import Stream

log = logging.getLogger(__name__)

_LOOK_S = 0.25
_RECORD_BYTES = 500
"""Generous length of one line: how far back a restarted origin reads."""


class DecisionsFollower:
    """Keeps a shelf at the newest decision; `news` is set, and replaced, whenever it changes."""

    def __init__(
        self,
        tree: LiveTree,
        stream: Stream,
        shelf: Shelf,
        on_act: Callable[[SafetyAct], None] = lambda _: None,
    ) -> None:
        self._on_act = on_act
        self._audience = stream.public_audience
        self._shelf = shelf
        lines = (stream.window_parts + 64) * len(stream.audiences)
        self._lines = LineFollower(tree.decisions, newest_bytes=lines * _RECORD_BYTES)
        self._door_path = tree.knock("origin", "decisions")
        self._pending: deque[dict[str, Any]] = deque()
        self._is_first_look = True
        self.news = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled."""
        door = Door(self._door_path)
        knocked = asyncio.Event()

        def hear() -> None:
            door.drain()
            knocked.set()

        loop = asyncio.get_running_loop()
        loop.add_reader(door.fileno(), hear)
        try:
            while True:
                self.look()
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_S):
                        await knocked.wait()
                knocked.clear()
        finally:
            loop.remove_reader(door.fileno())
            door.close()

    def look(self) -> None:
        """Take what has been decided since the last look."""
        before = self._shelf.revision
        self._pending += filter(is_decision, self._lines.read())
        newest = max((r["k"] for r in self._pending if self._is_mine(r)), default=-1)
        if any(first <= newest <= last for first, last in _taken_back(self._pending)):
            newest = -1  # its file is gone for good: nothing to wait for
        try:
            while self._pending:
                self._take(self._pending[0], newest)
                self._pending.popleft()
        except NotThereYet:
            log.debug("decided, not linked yet")
        if self._is_first_look and not self._pending:  # a look-back among them would rename files
            self._shelf.drop_missing()
            self._is_first_look = False
        if self._shelf.revision != before:
            self.wake()

    def wake(self) -> None:
        """Let everybody who waits look again."""
        self.news.set()
        self.news = asyncio.Event()

    def _is_mine(self, record: dict[str, Any]) -> bool:
        return "tracks" in record and record.get("audience", "open") == self._audience

    def _take(self, record: dict[str, Any], newest_k: int) -> None:
        if self._is_mine(record):
            column = Column.of(record).for_hls()
            self._shelf.add(column, is_newest=column.k == newest_k)
        elif "act" in record:
            act = SafetyAct.of(record)
            self._on_act(act)
            if act.redacted:
                self._shelf.redact(act)
            elif act.act == "stop":
                self._shelf.stop(act)


def _taken_back(records: Iterable[dict[str, Any]]) -> list[tuple[int, int]]:
    return [(r["redacted"][0], r["redacted"][1]) for r in records if r.get("redacted")]
