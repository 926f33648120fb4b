"""What an output really sent, column by column: append-only spans in `state/sent/<output>.jsonl`.

One line a span, one writer an output: `{"output", "from_k", "to_k", "what", "why", "utc",
"length_s"}`; both ends belong to the span. `what` is `real` (the programme), `slate` (a slate was
sent in its place) or `gap` (nothing was sent). Spans of a file are contiguous: whatever nobody
noted, because the process was dead or had fallen behind, is a gap that says so. Where two lines
overlap the later one holds: what was redacted afterwards is said again.

A span is written when it ends, and at least every 10 s, so a kill loses little. A disk that takes
no lines stops nobody: spans wait, the oldest are given up beyond 256 and counted (and are a gap).
"""

from __future__ import annotations

import contextlib
import json
import os
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from orchestrator.bus.lines import LineWriter, read_lines
from orchestrator.timing.grid import Grid

REAL, SLATE, GAP = "real", "slate", "gap"
_LONGEST_S = 10.0
_WAITING = 256
_TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Span:
    """Columns `from_k … to_k` of one output."""

    output: str
    from_k: int
    to_k: int
    what: str
    why: str = ""

    def record(self, grid: Grid) -> dict[str, Any]:
        parts = self.to_k + 1 - self.from_k
        return {
            "output": self.output,
            "from_k": self.from_k,
            "to_k": self.to_k,
            "what": self.what,
            "why": self.why,
            "utc": grid.utc(grid.first_frame(self.from_k)).isoformat(timespec="milliseconds"),
            "length_s": round(parts * grid.part_s, 3),
        }

    @classmethod
    def of(cls, record: dict[str, Any]) -> Span:
        """Raises ValueError, KeyError or TypeError for a record that is no span."""
        return cls(
            str(record["output"]),
            int(record["from_k"]),
            int(record["to_k"]),
            str(record["what"]),
            str(record.get("why", "")),
        )


class SentLog:
    """Writes the spans of one output. One thread. Never raises; `lost` counts spans given up."""

    def __init__(self, path: Path, output: str, grid: Grid) -> None:
        """Nothing is opened yet. Goes on behind the last span of an earlier process."""
        self._path = path
        self._output = output
        self._grid = grid
        self._longest = max(1, int(_LONGEST_S / grid.part_s))
        self._writer: LineWriter | None = None
        self._waiting: deque[Span] = deque()
        self._open: Span | None = None
        self._next_k = _last_noted(path) + 1 or None
        self.lost = 0

    @property
    def next_k(self) -> int | None:
        """The first column that nobody has noted, None if there is no span yet."""
        return self._next_k

    def note(self, k: int, what: str, why: str = "") -> None:
        """Column `k` was sent as `what`. Columns come in order; an older one changes nothing."""
        if self._next_k is None:
            self._next_k = k
        if k < self._next_k:
            return
        if k > self._next_k:
            self._end()
            self._put(
                Span(self._output, self._next_k, k - 1, GAP, "not running, or too far behind")
            )
        span = self._open
        if span is not None and (span.what, span.why) == (what, why):
            self._open = replace(span, to_k=k)
        else:
            self._end()
            self._open = Span(self._output, k, k, what, why)
        self._next_k = k + 1
        if k + 1 - self._open.from_k >= self._longest:
            self._end()

    def gap(self, from_k: int, to_k: int, why: str) -> None:
        """Nothing was sent of these columns; those noted already keep what they have."""
        first = from_k if self._next_k is None else max(from_k, self._next_k)
        if first > to_k:
            return
        self.note(first, GAP, why)
        self._end()
        if first < to_k:
            self._put(Span(self._output, first + 1, to_k, GAP, why))
        self._next_k = to_k + 1

    def amend(self, from_k: int, to_k: int, what: str, why: str) -> None:
        """Say columns that were noted before again: they are something else now."""
        self._end()
        self._put(Span(self._output, from_k, to_k, what, why))

    def flush(self) -> None:
        """Write the span that is open as far as it goes."""
        self._end()

    def close(self) -> None:
        self._end()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _end(self) -> None:
        if self._open is not None:
            span, self._open = self._open, None
            self._put(span)

    def _put(self, span: Span) -> None:
        self._waiting.append(span)
        if len(self._waiting) > _WAITING:
            self._waiting.popleft()
            self.lost += 1
        with contextlib.suppress(OSError):
            if self._writer is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._writer = LineWriter(self._path)
            while self._waiting:
                self._writer.append(self._waiting[0].record(self._grid))
                self._waiting.popleft()


def read_sent(path: Path) -> list[Span]:
    """What an output sent, contiguous and without overlaps, neighbours of one kind joined."""
    spans: list[Span] = []
    for record in read_lines(path):
        with contextlib.suppress(ValueError, KeyError, TypeError):
            spans.append(Span.of(record))
    return joined(spans)


def parts_of_kinds(spans: Iterable[Span], first_k: int, last_k: int) -> dict[str, int]:
    """How many of the columns `first_k … last_k` were real, slate or a gap."""
    counts: dict[str, int] = {}
    for span in spans:
        count = min(span.to_k, last_k) + 1 - max(span.from_k, first_k)
        if count > 0:
            counts[span.what] = counts.get(span.what, 0) + count
    return counts


def joined(spans: Iterable[Span]) -> list[Span]:
    """Spans in the order of their columns; of two that overlap, the later one holds."""
    laid: list[Span] = []
    for span in spans:
        if laid and span.from_k <= laid[-1].to_k:
            laid = [piece for old in laid for piece in _without(old, span)]
            laid.append(span)
            laid.sort(key=lambda piece: piece.from_k)
        else:
            laid.append(span)
    result: list[Span] = []
    for span in laid:
        last = result[-1] if result else None
        if last and last.to_k + 1 == span.from_k and (last.what, last.why) == (span.what, span.why):
            result[-1] = replace(last, to_k=span.to_k)
        elif last and last.to_k + 1 < span.from_k:
            lost = Span(span.output, last.to_k + 1, span.from_k - 1, GAP, "no record")
            result += (lost, span)
        else:
            result.append(span)
    return result


def _without(old: Span, new: Span) -> list[Span]:
    """What is left of `old` beside `new`."""
    left = []
    if old.from_k < new.from_k:
        left.append(replace(old, to_k=min(old.to_k, new.from_k - 1)))
    if old.to_k > new.to_k:
        left.append(replace(old, from_k=max(old.from_k, new.to_k + 1)))
    return left


def _last_noted(path: Path) -> int:
    """The newest column of a file, -1 if there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
            lines = file.read().splitlines()
    except OSError:
        return -1
    newest = -1
    for line in lines:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            newest = max(newest, Span.of(json.loads(line)).to_k)
    return newest
