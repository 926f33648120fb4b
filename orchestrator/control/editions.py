"""The versions of the rundown on disk: written before they are journalled, never changed after.

A version is what came into force (`<v>.json`), what its file alone said (`<v>.file.json`) and that
file (`<v>.yaml`). The live tree holds copies of those in force, for the programme. The prepare job
and control write here, one at a time; one thread.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from orchestrator.bus.orders import Verb
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control.chain import Entry, decisions_in_force
from orchestrator.control.journals import Ledger
from orchestrator.rundown.edition import without_marks
from orchestrator.rundown.resolved import Resolved
from orchestrator.timing import Grid

log = logging.getLogger(__name__)


def digest_of(day: Resolved) -> str:
    """What a day means, in sixteen digits: the same for two files that say the same."""
    meant = replace(without_marks(day), version=0, is_rehearsal=False)
    return hashlib.sha256(meant.to_json()).hexdigest()[:16]


def versions_in_force(entries: Iterable[Entry]) -> tuple[int, ...]:
    """The version the event was started with, and those that followed, in their order."""
    versions: list[int] = []
    for entry in decisions_in_force(entries):
        if entry.verb in (Verb.START, Verb.RUNDOWN):
            version = int(entry.args.get("version", 1))
            if version not in versions:
                versions.append(version)
    return tuple(versions)


class Editions:
    """Raises OSError where a disk refuses; a version that cannot be read is not there."""

    def __init__(self, live: LiveTree, state: StateFolder) -> None:
        self._live = live
        self._state = state

    def keep(self, edition: Resolved, file: Resolved, source: Path | None) -> None:
        """Version `edition.version`, safe on the disk before anybody speaks of it."""
        version = edition.version
        put(self._state.file_day(version), file.to_json())
        put(self._state.edition(version), edition.to_json())
        if source is not None:
            put(self._state.source(version), _read(source) or b"")

    def files(self, version: int) -> dict[str, bytes]:
        """What `keep` has written, for a machine that has none of it."""
        paths = self._paths(version)
        return {name: text for name, path in paths.items() if (text := _read(path)) is not None}

    async def fetch(self, versions: Iterable[int], ledger: Ledger) -> list[int]:
        """Write down what another machine has shelved and this one lacks; what nobody has is
        returned. Raises OSError."""
        lacking = []
        for version in versions:
            if self.edition(version) is not None:
                continue
            found = await ledger.fetch(version)
            paths = self._paths(version)
            for name in sorted(found.keys() & paths.keys(), key=list(paths).index):
                put(paths[name], found[name])
            if self.edition(version) is None:
                lacking.append(version)
        return lacking

    async def brought_by(self, entry: Entry, ledger: Ledger) -> Resolved | None:
        """The version that another machine's entry has brought into force, given to the programme;
        None for any other entry, or if it cannot be had: then the one before it goes on."""
        if entry.verb != Verb.RUNDOWN:
            return None
        version = int(entry.args.get("version", 0))
        try:
            await self.fetch([version], ledger)
            edition = self.edition(version)
            if edition is not None:
                self.give(edition)
                return edition
            why = "nobody has kept it"
        except OSError as error:
            why = error.strerror or str(error)
        log.error(
            "version %d of the rundown is not here: the one before goes on (%s)", version, why
        )
        return None

    def _paths(self, version: int) -> dict[str, Path]:
        """The edition comes last: where it is, all of it is."""
        state = self._state
        return {
            "source": state.source(version),
            "file": state.file_day(version),
            "edition": state.edition(version),
        }

    def edition(self, version: int) -> Resolved | None:
        return _resolved(self._state.edition(version))

    def file_day(self, version: int) -> Resolved | None:
        return _resolved(self._state.file_day(version))

    def running(self, now_ns: int) -> Resolved | None:
        """The newest version there is, if its event has begun and is not over."""
        numbers = [
            int(path.stem)
            for path in self._state.edition(0).parent.glob("*.json")
            if path.stem.isdecimal()
        ]
        day = self.edition(max(numbers)) if numbers else None
        if day is None:
            return None
        n = Grid.standard(day.programme.fps).frame_at(now_ns)
        return day if day.start_n <= n < day.end_n else None

    def chain(self, versions: Sequence[int]) -> list[Resolved]:
        """Those of `versions` that are there, in their order."""
        return [found for version in versions if (found := self.edition(version)) is not None]

    def lay_out(self, editions: Sequence[Resolved]) -> None:
        """Give the programme exactly these, and everybody the last of them."""
        wanted = {self._live.edition(edition.version): edition for edition in editions}
        for path in self._live.edition(0).parent.glob("*.json"):
            if path not in wanted:
                path.unlink(missing_ok=True)
        for edition in editions:
            self.give(edition)
        if editions:
            self.show(editions[-1])

    def give(self, edition: Resolved) -> None:
        """To the programme, which will read it when an order names it."""
        put(self._live.edition(edition.version), edition.to_json(), is_durable=False)

    def show(self, edition: Resolved) -> None:
        """To everybody, as the rundown of now."""
        known = _resolved(self._live.snapshot)
        if known is None or known != edition:
            put(self._live.snapshot, edition.to_json(), is_durable=False)


def _resolved(path: Path) -> Resolved | None:
    text = _read(path)
    if text is None:
        return None
    try:
        return Resolved.from_json(text)
    except ValueError:
        return None


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def put(path: Path, content: bytes, *, is_durable: bool = True) -> None:
    """Replace a file at once. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".new")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        if is_durable:
            os.fdatasync(file.fileno())
    partial.replace(path)
