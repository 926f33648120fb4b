"""The desk's diary: incidents and bells as they happen, so that a restart rings nothing twice.

An append-only file of JSON lines in the state folder. It decides nothing (the journal does), so it
is not chained, nobody waits for it, and a line that cannot be written is only counted. Control's
loop asks for lines, a thread of the diary's own writes them, however long its disk takes. Lines
carry `run`, the number of the fresh start they belong to; those of another are not read.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from orchestrator.bus.lines import LineWriter, read_lines
from orchestrator.control.chain import Entry
from orchestrator.control.pen import Pen

log = logging.getLogger(__name__)


class Diary:
    def __init__(self, path: Path, run: int) -> None:
        self._path = path
        self._run = run
        self._writer: LineWriter | None = None
        self._pen = Pen("diary")
        self._left_out = 0  # by the loop
        self._refused = 0  # by the pen's thread

    @property
    def lost(self) -> int:
        return self._left_out + self._refused

    def read(self) -> Iterator[dict[str, Any]]:
        """What has been written since the fresh start, oldest first."""
        try:
            lines = list(read_lines(self._path))
        except OSError as error:
            log.error("the desk's diary cannot be read: %s", error.strerror)
            return
        for line in lines:
            if line.get("run") == self._run:
                yield line

    def write(self, kind: str, **fields: Any) -> None:
        line = {"run": self._run, "kind": kind} | fields
        self._left_out += not self._pen.write(lambda: self._write(line))

    def flush(self) -> None:
        """Wait until everything is in the file."""
        self._pen.flush()

    def close(self) -> None:
        self._pen.close()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _write(self, line: dict[str, Any]) -> None:
        try:
            if self._writer is None:
                self._writer = LineWriter(self._path)
            self._writer.append(line)
        except OSError as error:
            self._refused += 1
            if self._refused == 1:
                log.error("the desk's diary takes no lines: %s", error.strerror)


def run_of(entries: Iterable[Entry]) -> int:
    """The number of the last fresh start, 0 if the journal has none."""
    run = 0
    for entry in entries:
        if entry.verb == "start" and entry.args.get("fresh"):
            run = entry.seq
    return run
