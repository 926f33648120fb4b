"""Watches one hot feed for some seconds, and prints how far its sound lies from its picture.

    python -m orchestrator.control.clapjob --live DIR --feed SITE.NAME --for SECONDS

A process of its own, started by control: it reads the feed's ring as the programme does, and no
picture waits for it. Prints one JSON object and ends: {"offset_ms", "flashes"} or {"why"}.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from orchestrator.bus.child import begin, log_unhandled
from orchestrator.bus.tree import LiveTree
from orchestrator.control.clap import LEAST_FLASHES, Blocks, Sound, flashes_of, offset_of
from orchestrator.media.ring import RingReader
from orchestrator.rundown.resolved import Resolved
from orchestrator.timing import Clock, Grid, PageClock

_PARTS = (32, 18)
_LOOK_S = 0.1
_LEAST_SHARE = 0.8


class Watching:
    """Collects pictures as parts, and sound, from frame to frame."""

    def __init__(self, ring: RingReader, grid: Grid) -> None:
        self._ring = ring
        self._grid = grid
        self._parts: dict[int, Blocks] = {}
        self._sound: list[Sound] = []
        self._first_n: int | None = None
        self._sound_at = 0
        self.sound_lost = False

    def look(self) -> None:
        """Take what has come since the last look. A ring holds a third of a second of pictures."""
        newest_n = self._ring.newest_n()
        if not newest_n:
            return
        if self._first_n is None:
            self._first_n = newest_n + 1
            self._sound_at = self._grid.sample_of(self._first_n)
            return
        for n in range(max(self._first_n, newest_n - 10), newest_n + 1):
            if n in self._parts:
                continue
            seen = self._ring.look(n)
            if seen is not None and seen.frame == n:
                parts = cv2.resize(seen.planes[0], _PARTS, interpolation=cv2.INTER_AREA)
                if seen.is_whole():
                    self._parts[n] = parts.astype(np.float32).reshape(-1)
        self._hear()

    def _hear(self) -> None:
        end = self._ring.sound_end()
        if end <= self._sound_at:
            return
        block = np.empty((end - self._sound_at, 2), np.float32)
        if self._ring.sound(self._sound_at, len(block), block):
            self._sound.append(block.mean(axis=1))
            self._sound_at = end
        else:
            self.sound_lost = True

    def told(self) -> dict[str, Any]:
        if self._first_n is None or not self._parts:
            return {"why": "no picture came"}
        if self.sound_lost or not self._sound:
            return {"why": "no sound came, or with holes"}
        frames = range(self._first_n, max(self._parts) + 1)
        if len(self._parts) < _LEAST_SHARE * len(frames):
            return {"why": "too many pictures are missing"}
        last = self._parts[min(self._parts)]
        pictures = []
        for n in frames:
            last = self._parts.get(n, last)
            pictures.append(last)
        stacked = np.stack(pictures)
        found = offset_of(stacked, np.concatenate(self._sound), self._grid.fps)
        if found is not None:
            return {"offset_ms": found.offset_ms, "flashes": found.flashes}
        seen = len(flashes_of(stacked, self._grid.fps))
        if seen < LEAST_FLASHES:
            return {"why": f"{seen} flashes were seen, it takes {LEAST_FLASHES}"}
        return {"why": f"{seen} flashes were seen, but no beep that goes with them"}


def watch(ring: RingReader, grid: Grid, clock: Clock, seconds: float) -> dict[str, Any]:
    watching = Watching(ring, grid)
    until_ns = clock.now_ns() + round(seconds * 1e9)
    while clock.now_ns() < until_ns:
        watching.look()
        time.sleep(_LOOK_S)
    return watching.told()


def main() -> int:
    parser = argparse.ArgumentParser(prog="orchestrator.control.clapjob")
    parser.add_argument("--live", type=Path, required=True)
    parser.add_argument("--feed", required=True)
    parser.add_argument("--for", dest="seconds", type=float, default=12.0)
    args = parser.parse_args()
    begin("clap", nice=10)
    live = LiveTree(args.live)
    programme = Resolved.from_json(live.snapshot.read_bytes()).programme
    ring = RingReader(live.ring(args.feed), programme.width, programme.height)
    grid = Grid.standard(programme.fps)
    json.dump(watch(ring, grid, PageClock(live.clock), args.seconds), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(log_unhandled("clap", main))
