"""Who came in, who was refused, and who changed what others may: `audit.jsonl`. Never a secret.

Written by control on its loop, and by the command line when it changes accounts. Bounded: at most
twenty lines a second (the next line says how many were left out; what an administrator did is never
left out), and 8 MiB, then the file becomes `audit.1.jsonl`. A disk that refuses stops nobody; it is
logged once.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.bus.lines import LineWriter
from orchestrator.timing import NS, Clock

log = logging.getLogger(__name__)

_A_SECOND = 20
_MOST_BYTES = 8 << 20
_A_LINE = 400
"""Bytes that a line may have, generously."""


class Audit:
    """`counts` by what was noted, for the facts."""

    def __init__(self, path: Path, clock: Clock, most_bytes: int = _MOST_BYTES) -> None:
        self._path = path
        self._clock = clock
        self._most_bytes = most_bytes
        self._second = 0
        self._in_second = 0
        self._left_out = 0
        self._is_lost = False
        self.counts: dict[str, int] = {}

    def note(self, what: str, **more: object) -> None:
        """One line: when, what, and who it was about."""
        self.counts[what] = self.counts.get(what, 0) + 1
        now_ns = self._clock.now_ns()
        if now_ns // NS != self._second:
            self._second, self._in_second = now_ns // NS, 0
        self._in_second += 1
        if self._in_second > _A_SECOND:
            self._left_out += 1
            return
        self._write(self._line(what, more))

    def acted(self, what: str, by: str, **more: object) -> None:
        """What somebody changed of who may do what; a flood of refusals does not crowd it out."""
        self.counts[what] = self.counts.get(what, 0) + 1
        self._write(self._line(what, {**more, "by": by}))

    def _line(self, what: str, more: Mapping[str, object]) -> dict[str, object]:
        now_ns = self._clock.now_ns()
        at = datetime.fromtimestamp(now_ns // NS, UTC).isoformat().replace("+00:00", "Z")
        record: dict[str, object] = {"at": at, "what": what, **more}
        if self._left_out:
            record["left_out_before"] = self._left_out
        return record

    def newest(self, most: int) -> list[dict[str, object]]:
        """At most so many lines, oldest first, also from before the file was set aside. Reads some
        hundred kilobytes: in a thread. Raises OSError."""
        found: list[dict[str, object]] = []
        for path in (self._path.with_suffix(".1.jsonl"), self._path):
            with contextlib.suppress(FileNotFoundError):
                found += _newest_of(path, most)
        return found[-most:]

    def _write(self, record: dict[str, object]) -> None:
        try:
            if self._path.exists() and self._path.stat().st_size > self._most_bytes:
                self._path.replace(self._path.with_suffix(".1.jsonl"))
            writer = LineWriter(self._path)  # opened anew: the command line writes here too
            try:
                writer.append(record)
            finally:
                writer.close()
        except OSError as error:
            if not self._is_lost:
                log.error("%s cannot be written: %s", self._path.name, error.strerror)
            self._is_lost = True
        else:
            self._is_lost = False
            self._left_out = 0


def _newest_of(path: Path, most: int) -> list[dict[str, object]]:
    with path.open("rb") as file:
        start = max(0, file.seek(0, 2) - most * _A_LINE)
        file.seek(start)
        if start:
            file.readline()  # the rest of a line
        lines = file.read().splitlines()
    found = []
    for line in lines[-most:]:
        with contextlib.suppress(ValueError):  # a line that was cut off by a full disk
            record = json.loads(line)
            if isinstance(record, dict):
                found.append(record)
    return found
