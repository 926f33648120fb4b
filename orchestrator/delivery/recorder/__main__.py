"""The recorder process: sets up who writes what, and tells once a second how it goes.

The main thread writes facts and waits; `Worker` does the work on its own thread. So a disk that
keeps a write waiting for half a minute is an alarm, not a process that looks dead.
"""

from __future__ import annotations

import argparse
import logging
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from orchestrator.bus.child import FactSheet, begin, log_unhandled
from orchestrator.bus.recordings import clean_folder
from orchestrator.bus.sent import SentLog
from orchestrator.bus.tree import CLEAN_TRACK, LiveTree, StateFolder
from orchestrator.delivery.dvrshape import shape_of
from orchestrator.delivery.publictree import read_slate
from orchestrator.delivery.recorder import publiclog
from orchestrator.delivery.recorder.archive import OUTPUT, Archive
from orchestrator.delivery.recorder.cuts import EventCuts, SlotCuts
from orchestrator.delivery.recorder.dvrwriter import DvrWriter
from orchestrator.delivery.recorder.publiclog import PublicLog
from orchestrator.delivery.recorder.recordings import RecordingWriter
from orchestrator.delivery.recorder.settings import Recording, Recordings
from orchestrator.delivery.recorder.source import Redactions, Source
from orchestrator.delivery.recorder.worker import Sink, Worker
from orchestrator.delivery.stream import Stream
from orchestrator.errors import OrchestratorError
from orchestrator.timing.clock import Clock, PageClock

log = logging.getLogger("orchestrator.recorder")

_BEAT_S = 0.5
_SLOW_S = 5.0
_STOP_S = 2.5


def make_worker(live: LiveTree, state: StateFolder, clock: Clock) -> Worker:
    """Raises StartError, or OSError."""
    stream = Stream.read(live.processes)
    wanted = Recording.read(live.processes)
    slate = read_slate(live, stream)
    redactions = Redactions(stream.grid.parts_per_segment)
    sinks: dict[str, Sink] = {}

    public = Source(live, stream, stream.public_audience, slate, redactions, is_hls=True)
    sources = [public]
    log_of_public = SentLog(state.sent(publiclog.OUTPUT), publiclog.OUTPUT, stream.grid)
    sinks["public"] = PublicLog(live.decisions, public, redactions, log_of_public)
    if wanted.dvr_s > 0:
        sinks["dvr"] = DvrWriter(state.dvr, shape_of(live, stream), public, wanted.dvr_s)
    if wanted.recordings is not None:
        asked = wanted.recordings
        source = Source(live, stream, asked.audience, slate, redactions)
        sources.append(source)

        def recording(asked: Recordings, folder: Path, output: str) -> RecordingWriter:
            sent = state.sent(output)
            archive = Archive(folder, sent, live, stream, source, redactions, clock, asked.keep_s)
            is_event = asked.each == "event"
            cuts = EventCuts(asked.event, asked.audience, asked.end_n) if is_event else SlotCuts()
            log_of_it = SentLog(sent, output, stream.grid)
            return RecordingWriter(
                live, stream, source, asked, archive, cuts, state.asrun, log_of_it
            )

        sinks["recordings"] = recording(asked, state.recordings, OUTPUT)
        if asked.clean_of:
            clean, folder = replace(asked, track=CLEAN_TRACK), clean_folder(state.recordings)
            sinks["clean"] = recording(clean, folder, f"{OUTPUT}-{CLEAN_TRACK}")
    return Worker(live, stream, state.root, sources, redactions, sinks)


def run(live: LiveTree, state: StateFolder, stop: threading.Event) -> int:
    clock = PageClock(live.clock)
    worker = make_worker(live, state, clock)
    facts = FactSheet(live.facts("recorder"), "recorder")
    failed = threading.Event()

    def work() -> None:
        try:
            worker.run(stop)
        except BaseException:
            log.exception("the recorder's work ended")
            failed.set()
            stop.set()

    thread = threading.Thread(target=work, name="recorder", daemon=True)
    thread.start()
    was_slow = False
    while not stop.wait(_BEAT_S):
        since_s = worker.turn_since_s
        is_slow = since_s is not None and time.monotonic() - since_s > _SLOW_S
        if is_slow and not was_slow:
            log.error("the disk has kept a write waiting for %.0f s; the air goes on", _SLOW_S)
        was_slow = is_slow
        if facts.due():
            why = worker.why or ("the disk keeps a write waiting" if is_slow else "")
            alarms = {
                "disk_full": worker.is_full,
                "disk_refuses": worker.is_refused,
                "disk_slow": is_slow,
            }
            state_word = "stopped" if worker.why else "recording"
            facts.write(
                {"state": state_word, "alarms": alarms, "why": why, **worker.facts},
                now_ns=clock.now_ns(),
            )
    thread.join(_STOP_S)
    return 1 if failed.is_set() else 0


def make_way() -> None:
    """The disk serves everybody else first. Where the system does not know the word, never mind."""
    import contextlib

    import psutil

    with contextlib.suppress(psutil.Error, OSError, AttributeError, ValueError):
        psutil.Process().ionice(psutil.IOPRIO_CLASS_IDLE)


def main() -> int:
    parser = argparse.ArgumentParser(prog="orchestrator.delivery.recorder")
    for name in ("live", "state"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    arguments = parser.parse_args()
    stop = begin("recorder", nice=5)
    make_way()
    try:
        return run(LiveTree(arguments.live), StateFolder(arguments.state), stop)
    except (OrchestratorError, OSError) as error:
        log.error("%s", error)
        return 3


if __name__ == "__main__":
    sys.exit(log_unhandled("recorder", main))
