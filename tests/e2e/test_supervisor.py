"""The supervisor with small stand-in children, each a real process."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from orchestrator.bus.lines import read_lines
from orchestrator.bus.lives import Turn
from orchestrator.bus.tree import LiveTree
from orchestrator.timing.clock import PageClock

pytestmark = pytest.mark.e2e

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


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    tree = Tree(tmp_path)
    yield tree
    for process in tree.running:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
    until(lambda: not tree.members())
    import shutil

    shutil.rmtree(tree.live.root, ignore_errors=True)


def test_it_starts_everything_says_where_and_ends_in_reverse_order(tree: Tree) -> None:
    process = tree.up()
    running = json.loads((tree.state / "running.json").read_text())

    process.send_signal(signal.SIGTERM)

    output, _ = process.communicate(timeout=10)
    assert process.returncode == 0, tree.said()
    assert re.search(r"viewers  http://127\.0\.0\.1:\d+/", output)
    assert running["pid"] == process.pid
    assert running["public"] in output
    ends = (tree.folder / "habits.json.ends").read_text().split()
    assert ends == ["origin", "programme", "gate"]
    assert tree.is_gone()


def test_a_ctrl_c_ends_everything_within_five_seconds_though_a_child_is_stubborn(
    tree: Tree,
) -> None:
    tree.of(["gate", "programme", "origin"], {"programme": "stubborn"})
    process = tree.up()

    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.wait(timeout=10)

    assert time.monotonic() - began < 5
    assert process.returncode == 0
    assert tree.is_gone()


def test_children_that_end_one_after_another_on_a_busy_machine_are_given_the_time(
    tree: Tree,
) -> None:
    slow = {"gate": "takes 4.2", "programme": "takes 2.2"}
    tree.of(["gate", "programme", "origin"], slow)
    process = tree.up()

    process.send_signal(signal.SIGTERM)
    process.wait(timeout=30)

    assert "did not stop" not in tree.said()
    ends = (tree.folder / "habits.json.ends").read_text().split()
    assert ends == ["origin", "programme", "gate"]
    assert tree.is_gone()


def test_a_second_ctrl_c_does_not_wait_for_the_stubborn(tree: Tree) -> None:
    tree.of(["gate", "programme"], {"gate": "stubborn", "programme": "stubborn"})
    process = tree.up()

    process.send_signal(signal.SIGINT)
    until(lambda: "asked to stop" in tree.said(), tree.said)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    process.wait(timeout=10)

    assert time.monotonic() - began < 2
    assert tree.is_gone()


def test_it_ends_by_itself_after_the_time_that_was_asked_for(tree: Tree) -> None:
    process = tree.start("--for=2s")

    assert process.wait(timeout=30) == 0
    assert tree.is_gone()


def test_a_killed_child_is_started_again_at_once_and_counted(tree: Tree) -> None:
    tree.up()
    first = tree.pid("programme")

    os.kill(first, signal.SIGKILL)

    until(lambda: tree.pid("programme") not in (0, first), tree.said)
    until(lambda: tree.restarts("programme") == 1, tree.said)
    assert tree.restarts("gate") == 0
    assert "programme died (killed by SIGKILL)" in tree.said()


def test_a_child_that_keeps_dying_is_started_ever_more_slowly(tree: Tree) -> None:
    tree.of(["gate", "clips"], {"clips": "crash"})
    tree.start()

    until(lambda: "again in 0.50 s" in tree.said() or "again in 1.00 s" in tree.said(), tree.said)

    waits = re.findall(r"clips died \(exit code 7\); starting it again in (\S+) s", tree.said())
    assert float(waits[0]) == 0
    assert [float(w) for w in waits] == sorted(float(w) for w in waits)


def test_connections_wait_while_a_server_is_dead(tree: Tree) -> None:
    tree.up()
    port = int(json.loads((tree.state / "running.json").read_text())["public"].split(":")[2][:-1])
    os.kill(tree.pid("origin"), signal.SIGSTOP)

    for _ in range(20):
        socket.create_connection(("127.0.0.1", port), timeout=2).close()


def test_killing_the_supervisor_takes_the_tree_with_it_and_the_next_start_goes_on(
    tree: Tree,
) -> None:
    process = tree.up()
    tree.live.decisions.write_text('{"k":1,"tracks":{},"audience":"open"}\n')

    tree.kill(process)

    assert tree.live.decisions.exists()
    tree.up()
    assert tree.live.decisions.read_text().startswith('{"k":1')


def test_a_tree_of_another_shape_is_not_gone_on_with(tree: Tree) -> None:
    process = tree.up()
    tree.live.decisions.write_text('{"k":1,"tracks":{},"audience":"open"}\n')
    tree.kill(process)
    tree.of(["gate"], shape={"fps": 25, "segment_frames": 48})

    tree.up()

    assert not tree.live.decisions.exists()


def test_a_second_instance_on_the_same_state_folder_is_refused(tree: Tree) -> None:
    first = tree.up()

    second = tree.start()

    assert second.wait(timeout=20) == 3
    assert f"belongs to a running event (process {first.pid})" in tree.said()
    assert tree.pid("gate")


def test_a_taken_port_is_one_sentence_and_nothing_is_started(tree: Tree) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        process = tree.start(f"--public=127.0.0.1:{other.getsockname()[1]}")
        assert process.wait(timeout=20) == 3

    assert "Address already in use" in tree.said()
    assert "--public HOST:PORT" in tree.said()
    assert len(tree.said().splitlines()) == 1
    assert tree.is_gone()


def test_a_state_folder_that_cannot_be_written_is_one_sentence(tree: Tree) -> None:
    (tree.folder / "file").touch()
    tree.state = tree.folder / "file" / "state"

    process = tree.start()

    assert process.wait(timeout=20) == 3
    assert "cannot be written" in tree.said()
    assert len(tree.said().splitlines()) == 1


def test_too_small_a_tmpfs_is_one_sentence_and_nothing_is_left(tree: Tree) -> None:
    tree.of(["gate"], shape={"window_s": 10**9})

    process = tree.start()

    assert process.wait(timeout=20) == 3
    assert "MiB free and this event needs" in tree.said()
    assert tree.is_gone()


def test_without_ffmpeg_it_says_how_to_get_one(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/nowhere/ffmpeg")

    process = tree.start()

    assert process.wait(timeout=20) == 3
    assert "no ffmpeg" in tree.said()
    assert tree.is_gone()


def test_a_wrong_file_ends_with_exit_code_two_and_nothing_started(tree: Tree) -> None:
    tree.of(["gate"], {"prepare": "wrong"})

    process = tree.start()

    assert process.wait(timeout=20) == 2
    assert "everything is wrong" in tree.said()
    assert "gate began" not in tree.said()
    assert tree.is_gone()


def test_grandchildren_that_hide_in_a_session_of_their_own_are_found(tree: Tree) -> None:
    tree.of(["gate", "feed.a"], {"feed.a": "orphan"})
    process = tree.up()
    until((tree.live.root / "feed.a.grandchild").exists)
    first = int((tree.live.root / "feed.a.grandchild").read_text())

    os.kill(tree.pid("feed.a"), signal.SIGKILL)
    until(lambda: not alive(first), tree.said)

    until(lambda: (tree.live.root / "feed.a.grandchild").read_text() != str(first), tree.said)
    second = int((tree.live.root / "feed.a.grandchild").read_text())
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=10)
    assert not alive(second)
    assert tree.is_gone()


def test_a_hung_child_is_killed_and_started_again(tree: Tree) -> None:
    tree.of(["gate", "feed.a"], {"feed.a": "mute"})
    tree.up()
    first = tree.pid("feed.a")

    until(lambda: tree.pid("feed.a") not in (0, first), tree.said, limit_s=40)

    assert "feed.a has hung" in tree.said()
    assert "gate has hung" not in tree.said()


def test_a_stopped_child_is_continued_at_once_and_a_second_stop_is_meant(tree: Tree) -> None:
    tree.up()
    pid = tree.pid("programme")

    os.kill(pid, signal.SIGSTOP)
    until(lambda: "programme was stopped, and continued" in tree.said(), tree.said)
    until(lambda: psutil.Process(pid).status() != psutil.STATUS_STOPPED, tree.said)
    os.kill(pid, signal.SIGSTOP)
    until(lambda: "somebody means it" in tree.said(), tree.said)

    since_s = tree.facts().get("up_s", 0.0)
    until(lambda: tree.facts().get("up_s", 0.0) >= since_s + 3, tree.said)
    assert psutil.Process(pid).status() == psutil.STATUS_STOPPED
    assert tree.facts()["children"]["programme"]["stops"] == 2
    os.kill(pid, signal.SIGCONT)
    assert tree.pid("programme") == pid
    assert tree.restarts("programme") == 0


def test_deaths_stops_and_returns_are_written_down_in_order_over_a_killed_tree(
    tree: Tree,
) -> None:
    process = tree.up()
    first = tree.pid("gate")
    os.kill(first, signal.SIGSTOP)
    until(lambda: "gate was stopped" in tree.said(), tree.said)
    os.kill(first, signal.SIGKILL)
    until(lambda: tree.pid("gate") not in (0, first), tree.said)
    tree.kill(process)
    tree.up()

    turns = [Turn.of(record) for record in read_lines(tree.live.lives)]
    assert [turn and (turn.seq, turn.process, turn.what, turn.how) for turn in turns] == [
        (1, "gate", "stopped", "stopped, and continued"),
        (2, "gate", "died", "killed by SIGKILL"),
        (3, "gate", "started", "started again"),
        (4, "supervisor", "started", "the whole tree had been killed"),
    ]


def test_logs_are_kept_in_the_state_folder_and_shown(tree: Tree) -> None:
    tree.up()

    until((tree.state / "logs" / "gate.log").exists)
    until(lambda: "gate began" in (tree.state / "logs" / "gate.log").read_text())
    until(lambda: "gate began" in tree.said())


def test_the_whole_as_run_is_in_the_state_folder_after_the_end(tree: Tree) -> None:
    tree.of(["gate", "programme"], {"programme": "as-run"})
    process = tree.up()
    until(lambda: len(read_lines(tree.live.asrun)) > 2)
    seen = [record["at"] for record in read_lines(tree.live.asrun)]

    process.send_signal(signal.SIGTERM)
    process.wait(timeout=10)

    kept = [record["at"] for record in read_lines(tree.state / "asrun.jsonl")]
    assert kept[: len(seen)] == seen


def test_a_moved_wall_clock_rings_and_moves_the_page_by_half_a_millisecond_a_second(
    tree: Tree,
) -> None:
    tree.up()
    clock = PageClock(tree.live.clock)
    moved = clock.offset_ns + 100_000_000
    clock.step(moved)  # as if the wall clock had jumped back by 100 ms

    until(lambda: tree.facts().get("clock_alarm"), tree.said)

    assert "wall clock was moved" in tree.said()
    assert 0 < moved - clock.offset_ns < 20_000_000
