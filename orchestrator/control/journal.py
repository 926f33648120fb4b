"""The journal: an append-only file of JSON lines, each carrying the hash of the one before it.

Audit log, recovery and (later) replication are this one file. One writer at a time: the prepare
job while the tree starts, then control, then the supervisor as it leaves. One thread.

    {"seq":7,"at":"2026-…","author":"tom","cause":"operator","reason":"","verb":"take",
     "args":{…},"n":53500123456,"prev":"<hash of 6>","hash":"<sha256 of this line up to here>"}

A hash covers the bytes of its line, so a person can check one with `sha256sum`. A chain cannot
tell that its end was cut off, therefore `journal.head` beside it holds the last number and hash;
it is written after the journal is on the disk, so it never knows more than the disk does.

What is damaged stays where it is: nothing is overwritten, moved or cut. The writer appends a
`mended` entry that continues from the last good hash and names the bytes it steps over (with
their own hash); readers step over exactly these and over nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestrator.bus.lines import LineWriter, replace_json
from orchestrator.timing import Clock

GENESIS = hashlib.sha256(b"orchestrator journal 1").hexdigest()
MENDED = "mended"
_TAIL = len(',"hash":"') + 64 + len('"}')


@dataclass(frozen=True, slots=True)
class Entry:
    """One decision, as it is written. `n` is the frame at which it applies, 0 if it has none."""

    seq: int
    at: str
    author: str
    cause: str
    reason: str
    verb: str
    args: dict[str, Any]
    n: int
    prev: str
    hash: str

    def record(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that do not belong to the chain. `mended` tells whether a later entry says so."""

    from_byte: int
    until_byte: int
    after_seq: int
    why: str
    mended: bool = False

    def text(self) -> str:
        state = "mended later" if self.mended else "not mended yet"
        return f"after entry {self.after_seq}: {self.why} ({state})"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a journal file says: the entries that chain, and what does not."""

    entries: tuple[Entry, ...] = ()
    damages: tuple[Damage, ...] = ()
    highest_seq: int = 0
    """Also counted in what is damaged, so that no number is ever given twice."""

    @property
    def last(self) -> Entry | None:
        return self.entries[-1] if self.entries else None

    @property
    def open_damage(self) -> Damage | None:
        """The damage that no entry has mended: always the last one."""
        if self.damages and not self.damages[-1].mended:
            return self.damages[-1]
        return None


def read_journal(path: Path) -> Reading:
    """Read and check the whole file. Raises OSError; a file that is not there is empty."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raw = b""
    reader = _Reader(raw)
    for start, line in _lines(raw):
        reader.take(start, line)
    return reader.finish(_read_head(head_of(path)))


def head_of(path: Path) -> Path:
    return path.with_suffix(".head")


@dataclass(slots=True)
class _Reader:
    """Walks the lines of one file; `bad_from` is set while the chain is broken."""

    raw: bytes
    entries: list[Entry] = field(default_factory=list)
    damages: list[Damage] = field(default_factory=list)
    highest: int = 0
    bad_from: int | None = None
    why: str = ""

    def take(self, start: int, line: bytes) -> None:
        if not line.strip():
            return
        entry, why = _parse(line)
        self.highest = max(self.highest, entry.seq if entry else 0)
        if self.bad_from is not None:
            if entry is None or not self._mends(entry, start):
                return
            self._damage(start, mended=True)
            self.bad_from = None
        elif entry is not None:
            why = self._joins(entry)
        if entry is None or why:
            self.bad_from, self.why = start, why
        else:
            self.entries.append(entry)

    def finish(self, head: tuple[int, str]) -> Reading:
        seq, digest = head
        self.highest = max(self.highest, seq)
        end = len(self.raw)
        if self.bad_from is not None:
            self._damage(end)
        elif seq > self._last_seq():
            missing = f"entries up to {seq} had been written and are gone: the file was cut short"
            self.damages.append(Damage(end, end, self._last_seq(), missing))
        elif seq and not any(e.seq == seq and e.hash == digest for e in reversed(self.entries)):
            other = f"entry {seq} is not the one that had been written: the file was replaced"
            self.damages.append(Damage(end, end, self._last_seq(), other))
        return Reading(tuple(self.entries), tuple(self.damages), self.highest)

    def _last_seq(self) -> int:
        return self.entries[-1].seq if self.entries else 0

    def _last_hash(self) -> str:
        return self.entries[-1].hash if self.entries else GENESIS

    def _joins(self, entry: Entry) -> str:
        """Why `entry` does not continue the chain; empty if it does."""
        if entry.prev != self._last_hash():
            return "a line does not follow the one before it: something was changed or removed"
        if entry.verb == MENDED and entry.seq > self._last_seq():
            start, until = _span(entry)
            self.damages.append(Damage(start, until, self._last_seq(), entry.reason, True))
            return ""
        if entry.seq != self._last_seq() + 1:
            return f"entry {entry.seq} follows entry {self._last_seq()}"
        return ""

    def _mends(self, entry: Entry, start: int) -> bool:
        return (
            entry.verb == MENDED
            and entry.prev == self._last_hash()
            and entry.seq > self._last_seq()
            and _span(entry) == (self.bad_from, start)
            and entry.args.get("sha256") == _sha256(self.raw[self.bad_from : start])
        )

    def _damage(self, end: int, *, mended: bool = False) -> None:
        assert self.bad_from is not None
        self.damages.append(Damage(self.bad_from, end, self._last_seq(), self.why, mended))


class Journal:
    """The journal, open for writing. One thread of one process."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Reads and checks the file, and mends it if need be. Raises OSError."""
        self._path = path
        self._clock = clock
        self._is_torn = False
        self._open()

    def _open(self) -> None:
        reading = read_journal(self._path)
        self._writer = LineWriter(self._path, durable=True)
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
    ) -> Entry:
        """Write one entry and return it once it is on the disk.

        Raises OSError (disk full, for one); then nothing is decided, and the next append first
        mends what the failed one may have left behind.
        """
        if self._is_torn:
            self._is_torn = False
            self._writer.close()
            self._open()
        body: dict[str, Any] = {
            "seq": self._seq + 1,
            "at": _utc(self._clock.now_ns()),
            "author": author,
            "cause": cause,
            "reason": reason,
            "verb": verb,
            "args": args or {},
            "n": n,
            "prev": self._entries[-1].hash if self._entries else GENESIS,
        }
        digest = _sha256(_text(body)[:-1])
        try:
            self._writer.append(body | {"hash": digest})
        except OSError:
            self._is_torn = True
            raise
        entry = Entry(**body, hash=digest)
        self._entries.append(entry)
        self._seq = entry.seq
        replace_json(head_of(self._path), {"seq": entry.seq, "hash": digest})
        return entry

    def close(self) -> None:
        self._writer.close()

    def _mend(self, damage: Damage) -> None:
        raw = self._path.read_bytes()  # with the newline that closed off a torn last line
        self.append(
            MENDED,
            cause="journal",
            reason=damage.why,
            args={
                "from_byte": damage.from_byte,
                "until_byte": len(raw),
                "sha256": _sha256(raw[damage.from_byte :]),
            },
        )


def decisions_in_force(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries since the last start that was to be a fresh one."""
    kept: list[Entry] = []
    for entry in entries:
        if entry.verb == "start" and entry.args.get("fresh"):
            kept.clear()
        kept.append(entry)
    return tuple(kept)


def _lines(raw: bytes) -> Iterator[tuple[int, bytes]]:
    start = 0
    for line in raw.splitlines(keepends=True):
        yield start, line
        start += len(line)


def _parse(line: bytes) -> tuple[Entry | None, str]:
    if not line.endswith(b"\n"):
        return None, "the last line is not whole: its writer was stopped while writing it"
    bare = line.rstrip(b"\r\n")
    try:
        record = json.loads(bare)
        entry = Entry(**record)
        entry.args.get("")
        if not isinstance(entry.seq, int) or not isinstance(entry.n, int):
            raise TypeError("seq and n are numbers")
    except (ValueError, TypeError, AttributeError):
        return None, "a line is not a journal entry"
    if entry.hash != _sha256(bare[:-_TAIL]):
        return None, f"entry {entry.seq} was changed after it was written"
    return entry, ""


def _span(entry: Entry) -> tuple[int, int]:
    try:
        return int(entry.args["from_byte"]), int(entry.args["until_byte"])
    except (KeyError, TypeError, ValueError):
        return -1, -1


def _read_head(path: Path) -> tuple[int, str]:
    """Number and hash of the last entry written; (0, "") if nobody knows."""
    try:
        head = json.loads(path.read_bytes())
        return int(head["seq"]), str(head["hash"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0, ""


def _text(record: dict[str, Any]) -> bytes:
    """As `LineWriter` writes it, without the newline."""
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _utc(now_ns: int) -> str:
    seconds, rest = divmod(now_ns, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
