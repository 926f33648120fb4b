"""The programme process: `python -m orchestrator.programme --live DIR`.

Builds everything, then runs the loop on the main thread. Threads: the loop, one per rendition, one
for the sound. Garbage collection is switched off once everything stands: a collection over a
day's records would cost 19 ms on the picture's back.
"""

from __future__ import annotations

import argparse
import gc
import logging
import sys
import threading
from dataclasses import replace
from pathlib import Path

from orchestrator.bus import child
from orchestrator.bus.child import FactSheet, read_facts
from orchestrator.bus.tree import CLEAN_TRACK, LiveTree
from orchestrator.errors import OrchestratorError
from orchestrator.media.house import AUDIO_TRACK, Rendition
from orchestrator.programme.asrun import AsRun
from orchestrator.programme.audiomix import AudioMix
from orchestrator.programme.compositor import Compositor
from orchestrator.programme.graphics import DrawnGraphics
from orchestrator.programme.ladder import Ladder, Rung
from orchestrator.programme.lives import NewTurns
from orchestrator.programme.loop import Programme
from orchestrator.programme.pool import Pool
from orchestrator.programme.safety import Quarantine
from orchestrator.programme.script import Script
from orchestrator.programme.setting import Setting, read_setting
from orchestrator.programme.sound import SoundTrack
from orchestrator.programme.sources import Sources
from orchestrator.programme.spool import Spool
from orchestrator.programme.tap import Tap
from orchestrator.programme.wants import WantsPage
from orchestrator.programme.watch import Watch
from orchestrator.timing import Grid, PageClock

log = logging.getLogger(__name__)

_START_NS = 100_000_000
_SWITCH_S = 0.0005
"""How long another thread of Python may keep the tick waiting."""


def first_frame(grid: Grid, now_ns: int) -> int:
    """The next part boundary that is far enough ahead to be made in time."""
    ready_n = grid.frame_at(now_ns + _START_NS) + 1
    return grid.first_frame(grid.part_of(ready_n - 1) + 1)


class Process:
    """Owns the threads and everything that is opened."""

    def __init__(self, tree: LiveTree, setting: Setting) -> None:
        """Raises StartError, EncoderFailed or OSError; then nothing is running."""
        house, grid = setting.house, setting.house.grid
        self._grid = grid
        self._clock = PageClock(tree.clock)
        script = Script(tree, setting.resolved)
        sources = Sources(tree, house)
        spool = Spool(tree, grid)
        pool = Pool(house.width, house.height)
        turns = NewTurns(tree)
        self._asrun = AsRun(tree.asrun, grid)
        watch = Watch(tree, self._clock, sources, grid.fps)
        watch.remember(read_facts(tree.facts("programme")))
        self._facts = FactSheet(tree.facts("programme"), "programme")
        self._script = script
        self.first_n = first_frame(grid, self._clock.now_ns())
        lowest = min(house.ladder, key=lambda rendition: rendition.width)
        tap = Tap.open(tree.monitor_ring, lowest)

        def rung(rendition: Rendition, name: str) -> Rung:
            return Rung(
                replace(rendition, name=name),
                grid,
                self.first_n,
                pool=pool,
                spool=spool,
                clock=self._clock,
                public_init=tree.slate / f"{rendition.name}.init",
                tap=tap if name == lowest.name else None,
            )

        rungs = [rung(rendition, rendition.name) for rendition in house.ladder]
        clean = [rung(r, CLEAN_TRACK) for r in house.ladder if r.name == setting.clean_of]
        self._ladder = Ladder(rungs, pool, clean[0] if clean else None)
        self._sound = SoundTrack(
            grid,
            spool=spool,
            clock=self._clock,
            public_init=tree.slate / f"{AUDIO_TRACK}.init",
            tap=tap,
        )
        self._graphics = DrawnGraphics(house, script, self._asrun)
        self._programme = Programme(
            grid,
            self._clock,
            script=script,
            quarantine=Quarantine(tree),
            sources=sources,
            watch=watch,
            wants=WantsPage(tree, hold_frames=3 * grid.fps),
            compositor=Compositor(house.width, house.height, sources),
            graphics=self._graphics,
            mix=AudioMix(grid, sources, peak_dbtp=setting.resolved.programme.peak_dbtp),
            ladder=self._ladder,
            sound=self._sound,
            spool=spool,
            asrun=self._asrun,
            turns=turns,
        )

    def run(self, stop: threading.Event) -> int:
        """The loop, until `stop`. Gives the exit code: 1 if a thread of ours has died."""
        died: list[str] = []

        def give_up(failure: threading.ExceptHookArgs) -> None:
            died.append(failure.thread.name if failure.thread is not None else "?")
            log.critical("%s died", died[-1], exc_info=failure.exc_value)
            stop.set()

        threading.excepthook = give_up  # a rendition missing for good is worse than a restart
        version = self._script.show.resolved.version
        self._asrun.start(self.first_n, self._grid.part_of(self.first_n), version)
        log.info("first frame %d, part %d", self.first_n, self._grid.part_of(self.first_n))
        self._ladder.start()
        self._sound.start()
        self._graphics.start()
        gc.collect()
        gc.freeze()
        gc.disable()
        sys.setswitchinterval(_SWITCH_S)
        clerk = threading.Thread(target=self._write_facts, args=(stop,), name="facts", daemon=True)
        clerk.start()
        try:
            self._programme.run(self.first_n, stop)
        finally:
            stop.set()
            self._graphics.stop()
            self._ladder.stop()
            self._sound.stop()
            clerk.join(1.0)
            self._asrun.close()
        return 1 if died else 0

    def _write_facts(self, stop: threading.Event) -> None:
        """Once a second, off the tick."""
        while not stop.wait(1.0):
            now_ns = self._clock.now_ns()
            self._facts.write(self._programme.facts(self._grid.frame_at(now_ns)), now_ns=now_ns)


def main() -> int:
    parser = argparse.ArgumentParser(prog="orchestrator.programme")
    parser.add_argument("--live", type=Path, required=True)
    arguments = parser.parse_args()
    # where it may: beside a browser each of our threads would have no more than one of its many
    stop = child.begin("programme", nice=-5)
    tree = LiveTree(arguments.live)
    try:
        process = Process(tree, read_setting(tree))
    except (OrchestratorError, OSError) as error:
        log.error("the programme cannot start: %s", error)
        return 3
    return process.run(stop)


if __name__ == "__main__":
    sys.exit(child.log_unhandled("programme", main))
