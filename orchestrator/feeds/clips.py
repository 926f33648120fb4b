"""`python -m orchestrator.feeds.clips --live DIR`: one process that plays all clips on demand.

Main thread: looks at the `wants` page twenty times a second, opens clips at their preroll, lets
go of those that are over, and starts one anew when its begin frame has changed. A clip that
cannot be played is said once and tried again every five seconds while it is wanted.
"""

from __future__ import annotations

import argparse
import gc
import logging
import threading
from pathlib import Path

from orchestrator.bus.child import FactSheet, begin, log_unhandled
from orchestrator.bus.feedpage import FeedState
from orchestrator.bus.tree import LiveTree
from orchestrator.errors import MediaError
from orchestrator.feeds.board import Board
from orchestrator.feeds.clipplayer import ClipPlayer
from orchestrator.feeds.snapshot import SnapshotWatch
from orchestrator.feeds.spec import Spec
from orchestrator.feeds.wants import Wants
from orchestrator.media.ring import remove_stale_ring
from orchestrator.timing import NS, Grid, PageClock

log = logging.getLogger(__name__)

TICK_S = 0.05
RETRY_NS = 5 * NS


class ClipsProcess:
    """Main thread only."""

    def __init__(self, tree: LiveTree, stop: threading.Event) -> None:
        """Raises ValueError, OSError when there is no snapshot."""
        self._tree = tree
        self._stop = stop
        self._snapshot = SnapshotWatch(tree.snapshot)
        self._spec = Spec.of_snapshot(tree.snapshot.read_bytes())
        self._clock = PageClock(tree.clock)
        self._grid = Grid.standard(self._spec.programme.fps)
        self._wants = Wants(tree, check_every=20)
        self._facts = FactSheet(tree.facts("clips"), "clips")
        self._places = {clip: self._spec.sources.index(f"clip.{clip}") for clip in self._spec.clips}
        self._boards = {clip: Board(tree.feed_page(f"clip.{clip}")) for clip in self._spec.clips}
        self._players: dict[str, ClipPlayer] = {}
        self._not_before_ns: dict[str, int] = {}
        for clip in self._spec.clips:
            self._remove_ring(clip)

    def run(self) -> int:
        """Returns the exit code."""
        while not self._stop.wait(TICK_S):
            now_ns = self._clock.now_ns()
            for clip in self._spec.clips:
                self._attend(clip, now_ns)
            if self._facts.due():
                self._write_facts(now_ns)
                if self._snapshot.has_changed() and self._is_another_rundown():
                    break
        for player in self._players.values():
            player.stop(timeout_s=0.5)
        for clip in self._spec.clips:
            self._remove_ring(clip)
        return 0

    def _attend(self, clip: str, now_ns: int) -> None:
        now_n = self._grid.frame_at(now_ns)
        is_wanted = self._wants.hot_until(self._places[clip]) >= now_n
        asked_n = self._wants.begin_n(self._places[clip])
        player = self._players.get(clip)
        if player is not None and not (is_wanted and asked_n in (0, player.begin_n)):
            player.stop()
            del self._players[clip]
            player = None
        if player is not None and player.has_ended:
            self._lost(clip, player, now_ns)
        elif player is not None and self._boards[clip].state == FeedState.LIVE:
            self._not_before_ns.pop(clip, None)
        elif player is None and is_wanted and now_ns >= self._not_before_ns.get(clip, 0):
            self._begin(clip, asked_n or now_n)

    def _begin(self, clip: str, begin_n: int) -> None:
        self._players[clip] = ClipPlayer(
            self._spec.clips[clip],
            begin_n,
            self._spec.programme,
            self._grid,
            self._clock,
            self._boards[clip],
            self._tree.ring(f"clip.{clip}"),
        )
        self._players[clip].start()

    def _lost(self, clip: str, player: ClipPlayer, now_ns: int) -> None:
        del self._players[clip]
        if not isinstance(player.failure, MediaError | OSError):
            raise player.failure or RuntimeError(f"clip {clip} ended by itself")
        if clip not in self._not_before_ns:
            log.error("clip %s cannot be played: %s", clip, player.failure)
        self._not_before_ns[clip] = now_ns + RETRY_NS

    def _write_facts(self, now_ns: int) -> None:
        playing = {clip: self._boards[clip].facts() for clip in self._players}
        self._facts.write({"playing": playing}, now_ns=now_ns)

    def _is_another_rundown(self) -> bool:
        spec = Spec.of_snapshot(self._tree.snapshot.read_bytes())
        return (spec.clips, spec.programme, spec.sources) != (
            self._spec.clips,
            self._spec.programme,
            self._spec.sources,
        )

    def _remove_ring(self, clip: str) -> None:
        house = self._spec.programme
        remove_stale_ring(
            self._tree.ring(f"clip.{clip}"), house.width, house.height, older_than_n=2**62
        )


def main() -> int:
    parser = argparse.ArgumentParser(prog="orchestrator.feeds.clips")
    parser.add_argument("--live", type=Path, required=True)
    arguments = parser.parse_args()
    stop = begin("clips", nice=5)

    def run() -> int:
        process = ClipsProcess(LiveTree(arguments.live), stop)
        gc.freeze()
        return process.run()

    return log_unhandled("orchestrator.feeds.clips", run)


if __name__ == "__main__":
    raise SystemExit(main())
