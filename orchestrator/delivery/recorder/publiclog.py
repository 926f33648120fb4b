"""Writes down what viewers were sent: `sent/hls.jsonl`, from the gate's decisions. No media.

The worker's thread; a sink like the others. What was decided while nobody was here is read from
the whole of `decisions`, line by line, so only a stream that stood still has gaps.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from orchestrator.bus.decisions import REAL, Column
from orchestrator.bus.sent import REAL as SENT_REAL
from orchestrator.bus.sent import SLATE, SentLog
from orchestrator.delivery.recorder.source import Redactions, Source

OUTPUT = "hls"


class PublicLog:
    """`source` is what HLS has."""

    def __init__(
        self, decisions: Path, source: Source, redactions: Redactions, sent: SentLog
    ) -> None:
        self._decisions = decisions
        self._source = source
        self._redactions = redactions
        self._sent = sent
        self._next_k: int | None = None

    @property
    def next_k(self) -> int | None:
        return self._next_k

    def facts(self) -> dict[str, object]:
        return {"next_k": self._next_k, "lost": self._sent.lost}

    def open(self) -> None:
        """Catch up with what was decided while nobody was here. Raises OSError."""
        self._next_k = self._sent.next_k
        if self._next_k is not None:
            for column in _columns_from(self._decisions, self._source.audience, self._next_k):
                self._note(column)

    def pump(self) -> bool:
        next_k = 0 if self._next_k is None else self._next_k
        columns = self._source.newer_than(next_k - 1)
        if columns and self._next_k is not None and columns[0].k > next_k:  # too far behind
            columns = list(_columns_from(self._decisions, self._source.audience, next_k))
        for column in columns:
            self._note(column)
        return False

    def redact(self, columns: Sequence[int]) -> None:
        """What was published is slate from now on for whoever comes later."""
        noted = self._sent.next_k
        if columns and noted is not None and columns[0] < noted:
            self._sent.amend(columns[0], min(columns[-1], noted - 1), SLATE, "privacy")

    def recheck(self, replaced: Mapping[int, tuple[int, int]]) -> None:
        """Whatever was taken back while nobody was here is said again."""
        for first, last in _runs(sorted(replaced)):
            self.redact(range(first, last + 1))

    def stop(self, k: int) -> None:
        """The stream ends before column `k`: nothing follows."""

    def make_room(self) -> None:
        """Nothing here can be done without."""

    def close(self) -> None:
        self._sent.close()

    def _note(self, column: Column) -> None:
        slates = sorted(track for track, value in column.tracks.items() if value != REAL)
        if column.k in self._redactions.replaced:
            self._sent.note(column.k, SLATE, "privacy")
        elif not slates:
            self._sent.note(column.k, SENT_REAL)
        elif len(slates) == len(column.tracks):
            self._sent.note(column.k, SLATE, column.why)
        else:
            self._sent.note(column.k, SLATE, f"{column.why}: {', '.join(slates)}")
        self._next_k = column.k + 1


def _columns_from(decisions: Path, audience: str, first_k: int) -> Iterator[Column]:
    """A day is 50 MB: a line at a time. What cannot be read is passed over."""
    with contextlib.suppress(FileNotFoundError), decisions.open("rb") as file:
        for line in file:
            if not line.startswith(b'{"k":'):
                continue
            with contextlib.suppress(ValueError, KeyError, TypeError):
                column = Column.of(json.loads(line)).for_hls()
                if column.audience == audience and column.k >= first_k:
                    yield column


def _runs(ks: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of every unbroken run of sorted numbers."""
    first = last = None
    for k in ks:
        if last is None or k != last + 1:
            if first is not None and last is not None:
                yield first, last
            first = k
        last = k
    if first is not None and last is not None:
        yield first, last
