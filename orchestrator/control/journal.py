"""The journal in a file: an append-only file of JSON lines, `chain` says what is in it.

Audit log, recovery and replication are this one record. One writer at a time: the prepare job
while the tree starts, then control, then the supervisor as it leaves; one thread at a time.
`journal.head` beside it holds the last number and hash; it is written after the journal is on the
disk, so it never knows more than the disk does.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from orchestrator.bus.lines import LineWriter, replace_json
from orchestrator.control.chain import (
    GENESIS,
    MENDED,
    VOID,
    Damage,
    Entry,
    Head,
    Reading,
    decisions_in_force,
    mending_args,
    next_entry,
    reading_of,
)
from orchestrator.timing import Clock

log = logging.getLogger(__name__)


def read_journal(path: Path) -> Reading:
    """Read and check the whole file. Raises OSError; a file that is not there is empty."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raw = b""
    return reading_of(raw, _read_head(head_of(path)))


def head_of(path: Path) -> Path:
    return path.with_suffix(".head")


def _durable(path: Path) -> LineWriter:
    return LineWriter(path, durable=True)


class Journal:
    """The journal, open for writing. One thread of one process at a time; what `entries` says is on
    the disk, whichever thread asks."""

    def __init__(
        self, path: Path, clock: Clock, writer: Callable[[Path], LineWriter] = _durable
    ) -> None:
        """Reads and checks the file, and mends it if need be. Raises OSError."""
        self._path = path
        self._clock = clock
        self._write_to = writer
        self._is_torn = False
        self._doubtful: set[str] = set()
        """Hashes of entries that the disk refused, and may have kept all the same."""
        self._open()

    def _open(self) -> None:
        reading = read_journal(self._path)
        self._writer = self._write_to(self._path)
        self._entries = list(reading.entries)
        self._seq = reading.highest_seq
        self.damages = reading.damages
        damage = reading.open_damage
        if damage is not None:
            self._mend(damage)

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries)

    def append(
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
        """Write one entry and return it once it is on the disk.

        Raises OSError (disk full, for one); then nothing is decided, and `settle` or the next
        append first mends what the failed one may have left behind.
        """
        self.settle()
        entry = next_entry(
            self._entries,
            self._seq + 1,
            self._clock.now_ns(),
            verb,
            n=n,
            author=author,
            cause=cause,
            reason=reason,
            args=args,
            press=press,
        )
        try:
            self._writer.append(entry.record())
        except OSError:
            self._is_torn = True
            self._doubtful.add(entry.hash)
            raise
        self._entries.append(entry)
        self._seq = entry.seq
        try:
            replace_json(head_of(self._path), {"seq": entry.seq, "hash": entry.hash})
        except OSError as error:  # the entry itself is on the disk: it has been decided
            log.error("%s stays behind: %s", head_of(self._path).name, error.strerror)
        return entry

    def close(self) -> None:
        self._writer.close()

    def settle(self) -> None:
        """Read what a failed append has left, mend it, and void what the disk has kept although
        it refused it: nobody was told that it was done. Raises OSError; then it is tried again."""
        if not self._is_torn:
            return
        self._is_torn = False  # mending appends
        self._writer.close()
        try:
            self._open()
            for entry in decisions_in_force(self._entries):
                if entry.hash in self._doubtful and entry.verb != MENDED:
                    why = "the disk had refused it, and has kept it"
                    self.append(VOID, cause="journal", reason=why, args={"seq": entry.seq})
        except OSError:
            self._is_torn = True
            raise
        self._doubtful.clear()

    def _mend(self, damage: Damage) -> None:
        raw = self._path.read_bytes()
        if not raw.endswith(b"\n"):
            raw += b"\n"  # with which this entry closes off a torn last line
        self.append(MENDED, cause="journal", reason=damage.why, args=mending_args(raw, damage))


def _read_head(path: Path) -> Head:
    """Number and hash of the last entry written; (0, "") if nobody knows."""
    try:
        head = json.loads(path.read_bytes())
        return int(head["seq"]), str(head["hash"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0, ""


__all__ = [
    "GENESIS",
    "MENDED",
    "Damage",
    "Entry",
    "Journal",
    "Reading",
    "decisions_in_force",
    "head_of",
    "read_journal",
]
