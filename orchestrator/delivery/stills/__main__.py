"""The stills process: a poster and thumbnails of what is public, every ten seconds.

`python -m orchestrator.delivery.stills`. One thread, at nice 10: it follows the gate's decisions
and decodes one key picture of the smallest rendition now and then. It slows nobody, and whatever
it cannot do is a missing thumbnail. What a look-back takes back is deleted before anything else.
"""

from __future__ import annotations

import argparse
import logging
import sys
import threading
from pathlib import Path

from orchestrator.bus.child import FactSheet, begin, log_unhandled
from orchestrator.bus.decisions import Column, SafetyAct
from orchestrator.bus.knock import Door
from orchestrator.bus.lines import LineFollower, Record
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.delivery.history import recover
from orchestrator.delivery.publictree import read_slate
from orchestrator.delivery.recorder.settings import Recording
from orchestrator.delivery.recorder.source import Redactions
from orchestrator.delivery.stills.shelf import StillShelf
from orchestrator.delivery.stream import Stream
from orchestrator.errors import OrchestratorError
from orchestrator.timing.clock import PageClock

log = logging.getLogger("orchestrator.stills")

_LOOK_S = 0.5
_NEWEST_BYTES = 1 << 16


class Stills:
    """`turn` after every knock."""

    def __init__(self, live: LiveTree, state: StateFolder) -> None:
        """Raises StartError, or OSError."""
        self._live = live
        self._stream = Stream.read(live.processes)
        kept_s = max(Recording.read(live.processes).dvr_s, self._stream.window_s)
        slate = read_slate(live, self._stream)
        inits = {t: (live.slate / f"{t}.init").read_bytes() for t in self._stream.tracks}
        self.shelf = StillShelf(state.stills, live, self._stream, slate, inits, kept_s)
        self._redactions = Redactions(self._stream.grid.parts_per_segment)
        self._lines = LineFollower(live.decisions, newest_bytes=_NEWEST_BYTES)
        self.why = ""

    def open(self) -> None:
        for act in recover(self._live.decisions)[1]:
            self._redactions.take(act)
        self.shelf.open({k: tag for k, (_, tag) in self._redactions.replaced.items()})

    def turn(self) -> None:
        newest: Column | None = None
        for record in self._lines.read():
            newest = self._take(record) or newest
        try:
            self.shelf.tidy()
            if newest is not None and newest.k not in self._redactions.replaced:
                self.shelf.offer(newest)
        except OSError as error:
            if not self.why:
                log.error("no stills: %s", error)
            self.why = f"no stills: {error.strerror or error}"
        else:
            self.why = ""

    def _take(self, record: Record) -> Column | None:
        """A column that a still can be made of."""
        try:
            if "tracks" in record:
                column = Column.of(record).for_hls()
                is_mine = column.audience == self._stream.public_audience
                return column if is_mine and self.shelf.wants(column) else None
            if "act" in record:
                act = SafetyAct.of(record)
                columns = self._redactions.take(act)
                self.shelf.redact(columns, act.tag)
        except (KeyError, TypeError, ValueError) as error:
            log.error("a decision that cannot be read is passed over: %s", error)
        return None


def run(live: LiveTree, state: StateFolder, stop: threading.Event) -> int:
    clock = PageClock(live.clock)
    stills = Stills(live, state)
    facts = FactSheet(live.facts("stills"), "stills")
    door = Door(live.knock("stills", "decisions"))
    try:
        stills.open()
        while not stop.is_set():
            stills.turn()
            if facts.due():
                facts.write({"why": stills.why, **stills.shelf.facts()}, now_ns=clock.now_ns())
            door.wait(_LOOK_S)
    finally:
        door.close()
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="orchestrator.delivery.stills")
    for name in ("live", "state"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    stop = begin("stills", nice=10)
    try:
        return run(LiveTree(arguments.live), StateFolder(arguments.state), stop)
    except (OrchestratorError, OSError) as error:
        log.error("%s", error)
        return 3


if __name__ == "__main__":
    sys.exit(log_unhandled("stills", main))
