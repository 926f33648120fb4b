"""The monitor process: what operators look at (`python -m orchestrator.programme.monitor`).

One thread. Serves its Unix socket in the live tree, which only this user can open; control is its
client and hands pictures on to signed-in operators. It only reads: the programme's tap, the feeds'
rings and thumbnails, and the desk's preview, which it composes itself, outside the programme, with
the programme's own compositor. Nobody connected, nothing asked for: it makes nothing.

A client sends JSON lines, `{"views": ["programme", "preview", "sound", "feed.oslo.headset"]}`, the
newest of which holds; `sound.oslo.headset` is that feed's own sound, for who listens to it (SOLO).
It gets messages: a JSON line `{"view", "n", "type", "bytes"}`, then so many bytes. A client that
does not read loses messages, which are counted; nothing is ever kept waiting.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import threading
from pathlib import Path

from orchestrator.bus import child
from orchestrator.bus.child import FactSheet
from orchestrator.bus.tree import LiveTree
from orchestrator.errors import OrchestratorError
from orchestrator.programme.monitordoor import MonitorDoor
from orchestrator.programme.monitorviews import (
    FeedViews,
    PreviewView,
    ProgrammeView,
    SoloViews,
    SoundView,
)
from orchestrator.programme.setting import Setting, read_setting
from orchestrator.timing import NS, Grid, PageClock

log = logging.getLogger(__name__)

TURNS_PER_S = 10
PREVIEW_EVERY = 2
"""Turns: five composed previews a second."""
FEEDS_EVERY = 5
"""Turns: two looks a second at every feed; a warm one has news only once per keyframe."""
LOOK_EVERY_NS = NS // 60
"""Between two looks whether the programme has a new picture: what an operator sees of it ought to
be young, and a look that finds nothing is nothing."""


class Monitor:
    """`turn` is one tenth of a second's work; the programme's picture goes out when it is there."""

    def __init__(self, tree: LiveTree, setting: Setting, door: MonitorDoor) -> None:
        self._grid: Grid = setting.house.grid
        self._clock = PageClock(tree.clock)
        self._door = door
        self._programme = ProgrammeView(tree, setting.house)
        self._preview = PreviewView(tree, setting)
        self._feeds = FeedViews(tree, setting.house)
        self._sound = SoundView.of_programme(tree, setting.house)
        self._solos = SoloViews(tree, setting.house)
        self._facts = FactSheet(tree.facts("monitor"), "monitor")
        self._turns = 0
        self._sent: dict[str, int] = {}

    def run(self, stop: threading.Event) -> int:
        turn_ns = NS // TURNS_PER_S
        due_ns = self._clock.now_ns()
        try:
            while not stop.is_set():
                now_ns = self._clock.now_ns()
                is_watched = "programme" in self._door.views()
                if is_watched:
                    self._send("programme", self._programme.look())
                if now_ns >= due_ns:
                    due_ns = max(due_ns + turn_ns, now_ns)
                    self.turn(now_ns)
                wait_ns = due_ns - self._clock.now_ns()
                self._door.serve((min(wait_ns, LOOK_EVERY_NS) if is_watched else wait_ns) / NS)
        finally:
            self._preview.stop()
        return 0

    def turn(self, now_ns: int) -> None:
        if self._facts.due():
            self._facts.write(self.facts(), now_ns=now_ns)
        self._turns += 1
        views = self._door.views()
        n = self._grid.frame_at(now_ns)
        if "sound" in views:
            self._send("sound", self._sound.hear(), "audio/pcm")
        solos = frozenset(v.removeprefix("sound.") for v in views if v.startswith("sound."))
        self._solos.keep(solos)
        for feed in sorted(solos):
            self._send(f"sound.{feed}", self._solos.hear(feed), "audio/pcm")
        if "preview" in views and self._turns % PREVIEW_EVERY == 0:
            self._send("preview", self._preview.look(n))
        if self._turns % FEEDS_EVERY == 0:
            for view in sorted(views):
                if view.startswith("feed."):
                    self._send(view, self._feeds.look(view.removeprefix("feed."), n))
        self._preview.rest("preview" in views)

    def _send(self, view: str, made: tuple[int, bytes] | None, kind: str = "image/jpeg") -> None:
        if made is None:
            return
        n, body = made
        head = {"view": view, "n": n, "type": kind, "bytes": len(body)}
        self._door.send(view, json.dumps(head).encode() + b"\n" + body)
        self._sent[view] = self._sent.get(view, 0) + 1

    def facts(self) -> dict[str, object]:
        return {
            "clients": self._door.clients,
            "dropped": self._door.dropped,
            "made": sum(self._sent.values()),
            "preview": self._preview.facts(),
        }


def main() -> int:
    parser = argparse.ArgumentParser(prog="orchestrator.programme.monitor")
    parser.add_argument("--live", type=Path, required=True)
    arguments = parser.parse_args()
    stop = child.begin("monitor", nice=5)
    tree = LiveTree(arguments.live)
    try:
        setting = read_setting(tree)
        door = MonitorDoor(tree.monitor_socket)
    except (OrchestratorError, OSError) as error:
        log.error("the monitor cannot start: %s", error)
        return 3
    try:
        return Monitor(tree, setting, door).run(stop)
    finally:
        door.close()


if __name__ == "__main__":
    sys.exit(child.log_unhandled("monitor", main))
