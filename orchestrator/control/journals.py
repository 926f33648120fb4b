"""Where the journal is kept: a file in the state folder, or a Redis stream (`REDIS_URL`).

`Ledger` is what control writes to. Both kinds hold the same lines, the same chain and the same
promises; the contract is one set of tests. One asyncio loop at a time; jobs without a loop use
`now`.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

from orchestrator.bus.tree import StateFolder
from orchestrator.control.chain import Damage, Entry, Reading
from orchestrator.control.journal import Journal, read_journal
from orchestrator.timing import Clock

log = logging.getLogger(__name__)

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
        press: Mapping[str, str] | None = None,
    ) -> Entry:
        """One entry, once it is safe. Raises OSError; then nothing was decided."""
        ...

    async def catch_up(self) -> list[Entry]:
        """Entries that somebody else has written; also tries again what had been given up."""
        ...

    async def shelve(self, version: int, files: Mapping[str, bytes]) -> None:
        """Keep a version of the rundown where other machines find it. Raises OSError."""
        ...

    async def fetch(self, version: int) -> Mapping[str, bytes]:
        """What was shelved; nothing if nobody did. Raises OSError."""
        ...

    async def shut(self) -> None: ...


class FileJournal:
    """The file as a `Ledger`. An append takes 0.2 ms, or as long as its disk likes: everything is
    written on one thread of its own, in order, while the loop that asked goes on. What `entries`
    says is on the disk.

    A file that cannot be opened for writing (a disk that is full or read-only) is read as far as
    it is good, and opened again at the next `catch_up`: control must not be down for that.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path, self._clock = path, clock
        self._thread = ThreadPoolExecutor(1, "journal")
        self._journal: Journal | None = None
        self._known = Reading()
        self._trouble = ""
        self._open()

    @property
    def entries(self) -> Sequence[Entry]:
        return self._known.entries

    @property
    def damages(self) -> Sequence[Damage]:
        return self._known.damages

    @property
    def trouble(self) -> str:
        return self._trouble

    async def write(self, verb: str, **fields: Any) -> Entry:
        journal = self._journal
        if journal is None:
            raise OSError(errno.EIO, self._trouble)
        entry = await self._there(lambda: journal.append(verb, **fields))
        self._note(journal)
        return entry

    async def catch_up(self) -> list[Entry]:
        journal = self._journal
        if journal is None:
            await self._there(self._open)
            return []
        known = len(self.entries)
        try:
            await self._there(journal.settle)
        except OSError as error:  # the next wish hears of it, and it is tried again
            log.debug("the journal cannot be mended yet: %s", error.strerror)
            return []
        self._note(journal)
        return list(self.entries[known:])

    async def shelve(self, version: int, files: Mapping[str, bytes]) -> None:
        """The state folder has it already."""

    async def fetch(self, version: int) -> Mapping[str, bytes]:
        return {}

    async def shut(self) -> None:
        journal, self._journal = self._journal, None
        if journal is not None:
            self._trouble = f"{self._path} has been closed"
            await self._there(journal.close)
        self._thread.shutdown(wait=False)

    async def _there(self, doing: Callable[[], _T]) -> _T:
        """What is begun is done, whether or not somebody still waits for it."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, doing)

    def _note(self, journal: Journal) -> None:
        self._known = Reading(journal.entries, journal.damages)

    def _open(self) -> None:
        try:
            self._journal = Journal(self._path, self._clock)
            self._note(self._journal)
            self._trouble = ""
        except OSError as error:
            self._trouble = f"{self._path} cannot be written ({error.strerror})"
            self._known = _as_far_as_good(self._path)


def _as_far_as_good(path: Path) -> Reading:
    try:
        return read_journal(path)
    except OSError:  # it cannot even be read
        return Reading()


def open_ledger(
    state: StateFolder, event: str, clock: Clock, environment: Mapping[str, str] | None = None
) -> Ledger:
    """The journal of this event, read and checked; what it lacks is in its `trouble`."""
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
