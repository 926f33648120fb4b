"""The supervisor with small stand-in children: those that die, hang, or are stopped."""

import json
import os
import re
import signal
import socket

import psutil
import pytest
from harness.standin import Tree, until

from orchestrator.bus.lines import read_lines
from orchestrator.bus.lives import Turn

pytestmark = pytest.mark.e2e


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
