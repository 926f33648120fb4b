"""Where the journal is kept: a file in the state folder, or a Redis stream (`REDIS_URL`).

`Ledger` is what control writes to. Both kinds hold the same lines, the same chain and the same
promises; the contract is one set of tests. One asyncio loop at a time; jobs without a loop use
`now`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from orchestrator.bus.tree import StateFolder
from orchestrator.control.chain import Damage, Entry
from orchestrator.control.journal import Journal
from orchestrator.timing import Clock

_T = TypeVar("_T")


class Ledger(Protocol):
    """The journal, open for writing."""

    @property
    def entries(self) -> Sequence[Entry]: ...

    @property
    def damages(self) -> Sequence[Damage]: ...

    @property
    def trouble(self) -> str:
        """Why nothing can be written now, as a sentence; empty if it can."""
        ...

    async def write(
        self,
        verb: str,
        *,
        n: int = 0,
        author: str = "",
        cause: str = "operator",
        reason: str = "",
        args: dict[str, Any] | None = None,
    ) -> Entry:
        """One entry, once it is safe. Raises OSError; then nothing was decided."""
        ...

    async def catch_up(self) -> list[Entry]:
        """Entries that somebody else has written; also tries again what had been given up."""
        ...

    async def shut(self) -> None: ...


class FileJournal(Journal):
    """The file as a `Ledger`: an append takes 0.2 ms, so it is done on the loop."""

    trouble = ""
    _is_shut = False

    async def write(self, verb: str, **fields: Any) -> Entry:
        return self.append(verb, **fields)

    async def catch_up(self) -> list[Entry]:
        return []

    async def shut(self) -> None:
        if not self._is_shut:
            self._is_shut = True
            self.close()


def open_ledger(
    state: StateFolder, event: str, clock: Clock, environment: Mapping[str, str] | None = None
) -> Ledger:
    """The journal of this event, read and checked. Raises OSError (never for a silent Redis)."""
    url = (os.environ if environment is None else environment).get("REDIS_URL", "")
    if not url:
        return FileJournal(state.journal, clock)
    from orchestrator.control.redisjournal import RedisJournal

    ledger = RedisJournal(url, event, state.mirror, clock)
    now(ledger.open())
    return ledger


def now(doing: Coroutine[Any, Any, _T]) -> _T:
    """Wait for it here, on a loop of its own, whether or not this thread runs one already."""
    with ThreadPoolExecutor(1, "ledger") as thread:
        return thread.submit(asyncio.run, doing).result()
