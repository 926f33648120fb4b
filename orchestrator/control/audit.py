"""Who came in, who was refused, and who changed what others may: `audit.jsonl`. Never a secret.

Written by control on its loop, and by the command line when it changes accounts. Bounded: at most
twenty lines a second (the next line says how many were left out), and 8 MiB, then the file becomes
`audit.1.jsonl`. A disk that refuses stops nobody; it is logged once.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.bus.lines import LineWriter
from orchestrator.timing import NS, Clock

log = logging.getLogger(__name__)

_A_SECOND = 20
_MOST_BYTES = 8 << 20


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
        at = datetime.fromtimestamp(now_ns // NS, UTC).isoformat().replace("+00:00", "Z")
        record: dict[str, object] = {"at": at, "what": what, **more}
        if self._left_out:
            record["left_out_before"] = self._left_out
        self._write(record)

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
