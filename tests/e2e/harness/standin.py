"""A tree of small stand-in children under the real supervisor, each a real process."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from orchestrator.bus.tree import LiveTree

TREE = '''
"""A tree of stand-ins: `tree.py <supervisor arguments>` runs it, `tree.py child …` is a child."""
import json, os, signal, socket, subprocess, sys, time
from pathlib import Path
from orchestrator.bus.child import FactSheet, begin
from orchestrator.bus.lines import LineWriter
from orchestrator.bus.tree import LiveTree
from orchestrator.children import Cast, ChildSpec
from orchestrator.supervisor import main

SHAPE = {"event": "stand-in", "fps": 30, "part_frames": 16, "segment_frames": 64, "width": 320,
         "height": 180, "ladder": ["180p"], "delay_frames": 0, "audiences": ["open"],
         "feeds": [], "clips": False, "window_s": 10}
# what each child is like is in a file, so that a test can say it before it starts the tree
HABITS = json.loads(Path(os.environ["HABITS"]).read_text())

def child(name, live):
    habit = HABITS["children"].get(name, "")
    if name == "prepare":
        (live.processes).write_text(json.dumps(SHAPE | HABITS.get("shape", {})))
        if habit == "wrong":
            print("event.yaml:3:1  everything is wrong", file=sys.stderr)
        return 2 if habit == "wrong" else 0
    stop = begin(name)
    print(f"{name} began", file=sys.stderr)
    if habit == "crash":
        return 7
    if habit == "orphan":
        # a grandchild in a session of its own, as a careless library would leave it
        code = "import time; time.sleep(600)"
        pid = subprocess.Popen([sys.executable, "-c", code], start_new_session=True).pid
        (live.root / f"{name}.grandchild").write_text(str(pid))
    if habit == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        stop.is_set = lambda: False
    if habit == "as-run":
        writer = LineWriter(live.asrun)
    facts = FactSheet(live.facts(name), name)
    while not stop.is_set():
        if habit != "mute" or facts._due == 0.0:
            facts.write({}, now_ns=time.monotonic_ns())
        if habit == "as-run":
            writer.append({"at": time.monotonic_ns()})
        stop.wait(0.2)
    if habit.startswith("takes "):
        time.sleep(float(habit.removeprefix("takes ")))  # to end, as on a machine that is busy
    with open(os.environ["HABITS"] + ".ends", "a") as ends:
        print(name, file=ends)
    return 0

def spec(name, live, **more):
    return ChildSpec(name, (sys.executable, __file__, "child", name, str(live.root)),
                     facts=name, group=name, **more)

def children(stage, processes):
    names = HABITS["names"]
    return [spec(n, stage.live, listens="public" if n == "origin" else "") for n in names]

if __name__ == "__main__":
    if sys.argv[1] == "child":
        sys.exit(child(sys.argv[2], LiveTree(Path(sys.argv[3]))))
    cast = Cast(lambda stage: [spec("prepare", stage.live)], children)
    sys.exit(main(sys.argv[1:], cast))
'''


class Tree:
    """One state folder in which supervisors are started and ended."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.live = LiveTree.of_state(self.state)
        self.script = folder / "tree.py"
        self.script.write_text(TREE)
        self.habits = folder / "habits.json"
        self.running: list[subprocess.Popen[str]] = []
        self.of(["gate", "programme", "origin"])

    def of(
        self,
        names: list[str],
        habits: dict[str, str] | None = None,
        shape: dict[str, Any] | None = None,
    ) -> None:
        """What the tree is made of, and what is particular about some of its children."""
        text = json.dumps({"names": names, "children": habits or {}, "shape": shape or {}})
        self.habits.write_text(text)

    def start(self, *options: str) -> subprocess.Popen[str]:
        words = [f"--event={self.folder}/event.yaml", f"--state={self.state}"]
        if not any(option.startswith("--public") for option in options):
            words.append("--public=127.0.0.1:0")
        words += ["--control=127.0.0.1:0", *options]
        with (self.folder / "stderr").open("a") as stderr:
            process = subprocess.Popen(
                [sys.executable, str(self.script), *words],
                env=os.environ | {"HABITS": str(self.habits), "ORCH_LOG": "json"},
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        self.running.append(process)
        return process

    def up(self, *options: str) -> subprocess.Popen[str]:
        """Started, and every child has written its first facts."""
        process = self.start(*options)
        names = json.loads(self.habits.read_text())["names"]
        until(lambda: all(self.pid(name) for name in names), self.said)
        return process

    def kill(self, process: subprocess.Popen[str]) -> None:
        """SIGKILL to the supervisor; returns when everything it started has gone with it."""
        pids = [self.pid(name) for name in json.loads(self.habits.read_text())["names"]]
        process.kill()
        process.wait()
        until(lambda: not any(map(alive, pids)) and not self.members())

    def pid(self, name: str) -> int:
        """The living process that last wrote `name`'s facts; 0 if there is none."""
        try:
            pid = int(json.loads(self.live.facts(name).read_bytes())["pid"])
        except (OSError, ValueError, KeyError):
            return 0
        return pid if alive(pid) else 0

    def facts(self) -> dict[str, Any]:
        with contextlib.suppress(OSError, ValueError):
            facts: dict[str, Any] = json.loads(self.live.facts("supervisor").read_bytes())
            return facts
        return {}

    def restarts(self, name: str) -> int:
        return int(self.facts().get("children", {}).get(name, {}).get("restarts", -1))

    def said(self) -> str:
        return (self.folder / "stderr").read_text()

    def members(self) -> list[int]:
        """Every living process that was started with this test's environment."""
        mine = f"HABITS={self.habits}\0".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mine in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
        return found

    def is_gone(self) -> bool:
        return not self.members() and not self.live.root.exists()


def alive(pid: int) -> bool:
    with contextlib.suppress(psutil.Error):
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return False


def until(true: Callable[[], object], said: Callable[[], str] = str, limit_s: float = 30) -> None:
    """Wait for something another process does; fails with what was said on stderr."""
    deadline = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < deadline, said()
        time.sleep(0.02)
