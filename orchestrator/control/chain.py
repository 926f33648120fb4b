"""The chain: journal entries, each carrying the hash of the one before it, and what breaks it.

Pure. A journal is lines of JSON, wherever they are kept:

    {"seq":7,"at":"2026-…","author":"tom","cause":"operator","reason":"","verb":"take",
     "args":{…},"n":53500123456,"prev":"<hash of 6>","hash":"<sha256 of this line up to here>"}

An entry of a wish that came with an idempotency key also says which `press` it was (`presses`).

A hash covers the bytes of its line, so a person can check one with `sha256sum`. A chain cannot
tell that its end was cut off, therefore number and hash of the last entry are kept apart from it.

What is damaged stays where it is: nothing is overwritten, moved or cut. The writer appends a
`mended` entry that continues from the last good hash and names the bytes it steps over (with
their own hash); readers step over exactly these and over nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from orchestrator.bus.lines import json_of

GENESIS = hashlib.sha256(b"orchestrator journal 1").hexdigest()
MENDED = "mended"
_FIELDS = ("seq", "at", "author", "cause", "reason", "verb", "args", "n")
_PRESS = {"key", "wish", "text"}
VOID = "void"
"""Says that an earlier entry never came into force: args.seq."""
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
    press: Mapping[str, str] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        body = {name: getattr(self, name) for name in _FIELDS}
        press = {"press": dict(self.press)} if self.press else {}
        return body | press | {"prev": self.prev, "hash": self.hash}


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


Head = tuple[int, str]
"""Number and hash of the last entry written; (0, "") if nobody knows."""


def reading_of(raw: bytes, head: Head) -> Reading:
    """What the lines of a journal say."""
    reader = _Reader(raw)
    for start, line in _lines(raw):
        reader.take(start, line)
    return reader.finish(head)


def following(entries: Sequence[Entry], line: bytes) -> Entry | None:
    """The entry that `line` is, if it continues the chain."""
    entry, _ = _parse(line)
    if entry is None:
        return None
    seq, digest = (entries[-1].seq, entries[-1].hash) if entries else (0, GENESIS)
    return entry if (entry.seq, entry.prev) == (seq + 1, digest) else None


def next_entry(
    after: Sequence[Entry],
    seq: int,
    now_ns: int,
    verb: str,
    *,
    n: int = 0,
    author: str = "",
    cause: str = "operator",
    reason: str = "",
    args: dict[str, Any] | None = None,
    press: Mapping[str, str] | None = None,
) -> Entry:
    """The entry that continues the chain."""
    body: dict[str, Any] = {
        "seq": seq,
        "at": _utc(now_ns),
        "author": author,
        "cause": cause,
        "reason": reason,
        "verb": verb,
        "args": args or {},
        "n": n,
        **({"press": dict(press)} if press else {}),
        "prev": after[-1].hash if after else GENESIS,
    }
    return Entry(**body, hash=_sha256(json_of(body)[:-1]))


def mending_args(raw: bytes, damage: Damage) -> dict[str, Any]:
    """What a `mended` entry says of the damage it steps over, which lasts to the end of `raw`."""
    return {
        "from_byte": damage.from_byte,
        "until_byte": len(raw),
        "sha256": _sha256(raw[damage.from_byte :]),
    }


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


def decisions_in_force(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries since the last start that was to be a fresh one, without those made void."""
    kept: list[Entry] = []
    void: set[int] = set()
    for entry in entries:
        if entry.verb == "start" and entry.args.get("fresh"):
            kept.clear()
        elif entry.verb == VOID:
            void.add(int(entry.args.get("seq", 0)))
            continue
        kept.append(entry)
    return tuple(entry for entry in kept if entry.seq not in void) if void else tuple(kept)


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
        if entry.press and entry.press.keys() != _PRESS:
            raise TypeError("a press is key, wish and text")
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


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _utc(now_ns: int) -> str:
    seconds, rest = divmod(now_ns, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
