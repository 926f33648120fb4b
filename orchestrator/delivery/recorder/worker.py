"""Follows the gate's decisions and has them written down: DVR segments, recordings.

One thread of the recorder, which may be kept waiting by a disk as long as the disk likes. Each
turn takes the new lines of `decisions`, takes back what is to be taken back, and lets every sink
write what is whole. An error of the disk costs the turn: it is told, and tried again a second
later; the public window and slate fill what was missed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from orchestrator.bus.decisions import Column, SafetyAct
from orchestrator.bus.knock import Door
from orchestrator.bus.lines import LineFollower, Record
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery.history import recover
from orchestrator.delivery.recorder.disk import Room, is_full, sentence
from orchestrator.delivery.recorder.source import NotThereYet, Redactions, Source
from orchestrator.delivery.stream import Stream

log = logging.getLogger(__name__)

_LOOK_S = 0.25
_TRY_AGAIN_S = 1.0
_LINE_BYTES = 400
"""Generous length of one line of `decisions`."""


class Sink(Protocol):
    """Something that is written from public columns."""

    def open(self) -> None: ...
    def pump(self) -> bool: ...
    def redact(self, columns: Sequence[int]) -> None: ...
    def recheck(self, replaced: dict[int, tuple[int, int]]) -> None: ...
    def stop(self, k: int) -> None: ...
    def make_room(self) -> None: ...
    def close(self) -> None: ...
    def facts(self) -> dict[str, object]: ...
    @property
    def next_k(self) -> int | None: ...


class Worker:
    """`run` until told to stop. What others may look at: the attributes."""

    def __init__(
        self,
        live: LiveTree,
        stream: Stream,
        folder: Path,
        sources: Sequence[Source],
        redactions: Redactions,
        sinks: dict[str, Sink],
    ) -> None:
        self._live = live
        self._folder = folder
        self._sources = sources
        self._redactions = redactions
        self._sinks = sinks
        self._stream = stream
        lines = (stream.window_parts + 64) * len(stream.audiences)
        self._lines = LineFollower(live.decisions, newest_bytes=lines * _LINE_BYTES)
        self._is_open = False
        self._try_at_s = 0.0
        self.is_full = False
        self.is_refused = False
        self.why = ""
        """What keeps it from writing, as a sentence; empty while it writes."""
        self.turn_since_s: float | None = None
        """When the running turn began: for who wants to know whether a disk keeps it waiting."""
        self.facts: dict[str, object] = {}
        """As of the last turn; replaced, never changed."""

    def run(self, stop: threading.Event) -> None:
        door = Door(self._live.knock("recorder", "decisions"))
        try:
            for act in recover(self._live.decisions)[1]:
                self._act(act)
            while not stop.is_set():
                self.turn_since_s = time.monotonic()
                self.turn()
                self.turn_since_s, self.facts = None, self._facts()
                door.wait(_LOOK_S)
            self.turn_since_s = time.monotonic()
            self._follow()
            self._close()
        finally:
            door.close()

    def turn(self) -> None:
        self._follow()
        if time.monotonic() < self._try_at_s:
            return
        try:
            self._look_at_disk()
            if not self._is_open:
                self._open()
            for sink in self._sinks.values():
                self._pump(sink)
        except OSError as error:
            self._stopped(error)
        else:
            self._going_on()

    def _facts(self) -> dict[str, object]:
        newest = max((source.newest_k for source in self._sources), default=-1)
        behind = [newest + 1 - k for sink in self._sinks.values() if (k := sink.next_k) is not None]
        return {
            "behind_s": round(max(behind, default=0) * self._stream.grid.part_s, 1),
            "damaged_parts": sum(source.damaged_parts for source in self._sources),
            **{name: sink.facts() for name, sink in self._sinks.items()},
        }

    def _follow(self) -> None:
        for record in self._lines.read():
            self._take(record)

    def _take(self, record: Record) -> None:
        try:
            if "tracks" in record:
                column = Column.of(record)
                for source in self._sources:
                    if source.audience == column.audience:
                        source.take(column)
            elif "act" in record:
                self._act(SafetyAct.of(record))
        except (KeyError, TypeError, ValueError) as error:
            log.error("a decision that cannot be read is passed over: %s", error)

    def _act(self, act: SafetyAct) -> None:
        if act.act == "stop":
            grid = self._stream.grid
            for sink in self._sinks.values():
                sink.stop(grid.part(grid.msn_of(act.k - 1) + 1, 0))
        columns = self._redactions.take(act)
        if columns and self._is_open:
            for sink in self._sinks.values():
                sink.redact(columns)

    def _open(self) -> None:
        for sink in self._sinks.values():
            sink.open()
            sink.recheck(self._redactions.replaced)
        self._is_open = True

    def _pump(self, sink: Sink) -> None:
        try:
            while sink.pump():
                self._follow()  # a look-back must not wait until a long backlog is written
                self._look_at_disk()
        except NotThereYet:
            log.debug("decided, not linked yet")

    def _look_at_disk(self) -> None:
        """Raises OSError when there is too little room."""
        self._folder.mkdir(parents=True, exist_ok=True)
        room = Room.of(self._folder)
        self.is_full = is_full(room, was_full=self.is_full)
        if self.is_full:
            raise OSError(28, sentence(room, self._folder))

    def _stopped(self, error: OSError) -> None:
        self._try_at_s = time.monotonic() + _TRY_AGAIN_S
        self.is_refused = not self.is_full
        if self.is_full and self._is_open:
            for sink in self._sinks.values():
                sink.make_room()
        if self.is_full:
            why = str(error.strerror)
        else:
            where = error.filename or self._folder
            why = (
                f"the disk refuses ({error.strerror or error}, {where}): recording and DVR have "
                "stopped, the air goes on; they begin again by themselves"
            )
        if why.partition("(")[0] != self.why.partition("(")[0]:
            log.error("%s", why)
        self.why = why

    def _going_on(self) -> None:
        if self.why:
            log.info("there is room again: recording and DVR go on")
        self.why, self.is_refused = "", False

    def _close(self) -> None:
        for sink in self._sinks.values():
            try:
                sink.close()
            except OSError as error:
                log.error("not closed well: %s", error)
