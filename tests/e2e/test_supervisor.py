"""The supervisor with small stand-in children: how a tree begins, ends, and is gone on with."""

import json
import os
import re
import signal
import time

import pytest
from harness.standin import Tree, alive, until

from orchestrator.bus.lines import read_lines
from orchestrator.timing.clock import PageClock

pytestmark = pytest.mark.e2e


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
