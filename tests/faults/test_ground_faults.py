"""What stands under everything gives way: disk full, read-only, /dev/shm full, clock, CPU, files.

One running tree on two small file systems of its own. Each test breaks one thing, sees who says
so, heals it, and sees everything as before. On air goes on wherever that can be; where it cannot,
a sentence and a metric say so.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from harness.kills import columns, slates, wait_for_real
from harness.mounts import Mounted, small_tmpfs
from harness.run import ROOT, Run, Sites, get, until

from orchestrator.bus.ask import ask
from orchestrator.bus.decisions import REAL
from orchestrator.bus.lines import read_lines
from orchestrator.timing.clock import PageClock

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

CACHE = ROOT / "build" / "rehearsal"
EVENT = ROOT / "tests" / "e2e" / "events" / "long.yaml"
SHM_MIB, STATE_MIB = 96, 24


class SteppedRun(Run):
    """A run on another shm, whose wall clock can be stepped (`harness/odd.py`)."""

    @property
    def step(self) -> Path:
        return self.folder / "step"

    def start(self) -> None:
        self.live.running.unlink(missing_ok=True)
        super().start()

    def _announced(self) -> dict[str, Any] | None:
        """Where it is written on a full disk, too."""
        assert self.process is not None
        assert self.process.poll() is None, self.tail()
        text = self.live.running.read_bytes() if self.live.running.exists() else b""
        return dict(json.loads(text)) if text else None

    def _program(self) -> list[str]:
        self.step.write_text("0")
        odd = ROOT / "tests" / "e2e" / "harness" / "odd.py"
        return [sys.executable, str(odd), str(self.step), f"--event={self.event}"]


@dataclass(frozen=True, slots=True)
class Ground:
    run: SteppedRun
    disk: Mounted
    shm: Mounted

    def metric(self, name: str) -> float:
        code, body = self.run.told("metrics")
        text = body.decode()
        assert code in (0, 200), f"{code} {text}"  # 0: control is on its way
        found = re.search(rf"^orchestrator_{re.escape(name)} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def edge(self) -> int:
        return columns(self.run)[-1].k

    def goes_on(self, parts: int = 4) -> None:
        """So many more parts in a row are the programme's own."""
        k = self.edge()

        def in_a_row() -> bool:
            later = [column for column in columns(self.run) if column.k > k]
            recent = later[-parts:]
            return len(recent) == parts and all(set(c.tracks.values()) == {REAL} for c in recent)

        until("the programme goes on", in_a_row, 20)

    def refused(self) -> str:
        """What a command hears once the last page of the journal's file is full, too."""

        def refusal() -> str | None:
            args = {"site": "oslo", "text": "x" * 200}
            request = {"verb": "message", "args": args, "author": "tom", "reason": "y" * 400}
            try:
                answer = ask(self.run.live.desk_socket, request)
            except OSError:
                return None  # control is on its way
            return None if answer["ok"] else f"{answer['code']}: {answer['why']}"

        return until("a command is refused", refusal, 10)

    def control_comes_back(self) -> None:
        pid = self.run.kill("control")
        self.run.wait_for_another("control", pid)
        until("control is fresh", lambda: self.run.told("healthz")[0] == 200, 20)

    def takes_again(self) -> None:
        """A take and a release are journalled, given and done."""
        answer = until("the desk decides again", self._take, 20)
        seq = int(re.findall(r"#(\d+)", answer)[0]) if "#" in answer else 0
        until("the take is on air", lambda: self._is_on("quito.headset", seq), 20)
        until("the release is taken", self._release, 20)

    def _take(self) -> str | None:
        words = ("take", "quito.headset", "--until", "released")
        command = [sys.executable, "-m", "orchestrator", *words, "--state", str(self.run.state)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        return done.stdout if done.returncode == 0 else None

    def _release(self) -> bool:
        command = [sys.executable, "-m", "orchestrator", "release", "--state", str(self.run.state)]
        return subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 0

    def _is_on(self, source: str, seq: int) -> bool:
        scenes = [line for line in self.run.asrun() if line["event"] == "scene"]
        return bool(scenes) and scenes[-1]["places"][0]["source"] == source


@pytest.fixture(autouse=True)
def healed(ground: Ground) -> Iterator[None]:
    """What a failed test broke must not break the next."""
    yield
    ground.disk.heal()
    ground.shm.heal()
    ground.run.step.write_text("0")


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("ground")
    sites = Sites(EVENT, folder, CACHE)
    with (
        small_tmpfs(folder / "state", STATE_MIB) as disk,
        small_tmpfs(folder / "shm", SHM_MIB) as shm,
        sites.pushers,
    ):
        run = SteppedRun(
            EVENT, folder, sites.environment, "--start=now", f"--shm={shm.root}", wait_s=60
        )
        run.live = type(run.live).of_state(run.state, shm.root)
        with run:
            wait_for_real(run, 0)
            run.token()  # while there is room to keep it
            yield Ground(run, disk, shm)


def test_a_full_disk_costs_decisions_and_nothing_on_air(ground: Ground) -> None:
    run, disk = ground.run, ground.disk
    disk.fill()

    said = ground.refused()
    assert "No space left on device" in said
    assert "BLANK and PRIVACY work in any case" in said
    ground.goes_on()
    until("an alarm metric", lambda: ground.metric("control_disk_errors") > 0, 10)
    ground.control_comes_back()
    assert "No space left" in ground.refused()
    assert "BLANK: slate from" in run.command("blank")
    assert "UNBLANK" in run.command("unblank")

    disk.heal()
    wait_for_real(run, ground.edge())
    ground.takes_again()

    def is_carried() -> bool:
        kept = read_lines(run.state / "asrun.jsonl")
        return [line["n"] for line in run.asrun()] == [line["n"] for line in kept]

    until("the whole as-run is kept", is_carried, 10)
    verbs = [line["verb"] for line in read_lines(run.state / "journal.jsonl")]
    assert {"blank", "unblank"} < set(verbs)
    verified = run.command("journal", "verify", expect=1)  # what was cut short is said for ever
    assert "mended later" in verified
    assert "entries chain" in verified


def test_a_tree_killed_on_a_full_disk_is_on_air_within_ten_seconds(ground: Ground) -> None:
    run = ground.run
    start_n, first_k = run.day().start_n, columns(run)[0].k
    ground.disk.fill()
    last_k = ground.edge()

    run.kill_tree()
    began_n = run.now_n()
    run.start()
    until("the programme is public", lambda: columns(run)[-1].k > last_k + 4, 10)
    assert run.now_n() - began_n < 10 * run.grid().fps
    wait_for_real(run, last_k)

    assert run.day().start_n == start_n
    assert "BLANK: slate from" in run.command("blank")
    run.command("unblank")
    ground.disk.heal()
    numbers = [column.k for column in columns(run)]
    assert numbers == list(range(first_k, first_k + len(numbers)))
    wait_for_real(run, ground.edge())
    ground.takes_again()


def test_a_read_only_state_folder_is_said_and_control_starts_on_it(ground: Ground) -> None:
    ground.disk.make_read_only()

    ground.control_comes_back()
    said = ground.refused()
    assert "cannot be written (Read-only file system)" in said
    assert "Traceback" not in said
    ground.goes_on()
    trouble = ground.run.facts("control")["journal_trouble"]
    assert "cannot be written" in trouble
    assert ground.metric("control_journal_down") == 1

    ground.disk.heal()
    ground.takes_again()


def test_a_full_shm_is_said_and_the_air_comes_back_by_itself(ground: Ground) -> None:
    run, shm = ground.run, ground.shm
    first_k = columns(run)[0].k
    shm.fill()

    until("the gate says so", lambda: ground.metric("gate_tmpfs_full_errors") > 0, 30)
    answer = run.command("stay")
    shm.heal()

    wait_for_real(run, ground.edge() + 4)
    print("slate, in parts:", slates(run, first_k), answer)
    numbers = [column.k for column in columns(run)]
    assert numbers == list(range(first_k, first_k + len(numbers)))
    until("nothing is owed", lambda: run.facts("control").get("orders_owed") == 0, 10)
    until("the programme obeys", lambda: '"verb":"stay"' in run.live.asrun.read_text(), 10)
    run.command("stay", "--off")
    ground.takes_again()


@pytest.mark.parametrize("by_s", [1, pytest.param(-1, marks=pytest.mark.faults)])
def test_a_stepped_wall_clock_rings_and_moves_nothing(ground: Ground, by_s: int) -> None:
    run = ground.run
    edge = ground.edge()
    clock = PageClock(run.live.clock)
    before_ns = clock.offset_ns
    run.step.write_text(str(by_s * 1_000_000_000))

    until("an alarm metric", lambda: ground.metric("supervisor_clock_alarm") == 1, 10)
    assert "the wall clock was moved" in run.told("api/v1/status")[1].decode()
    ground.goes_on()
    run.step.write_text("0")
    until("the alarm is over", lambda: ground.metric("supervisor_clock_alarm") == 0, 10)

    numbers = [column.k for column in columns(run) if column.k >= edge]
    assert numbers == list(range(edge, edge + len(numbers)))
    assert abs(clock.offset_ns - before_ns) < 33_000_000  # a frame; the wall moved by thirty


@pytest.mark.faults
def test_a_machine_that_is_busy_elsewhere_degrades_and_comes_back(ground: Ground) -> None:
    run = ground.run
    edge = ground.edge()
    busy = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(2 * (os.cpu_count() or 1))
    ]
    try:
        until("six seconds have gone by", lambda: ground.edge() > edge + 11, 60)
    finally:
        for process in busy:
            process.kill()
            process.wait()
    wait_for_real(run, ground.edge() + 2)
    ground.goes_on()

    facts = run.facts("programme")
    print("slate:", slates(run, edge), "late ticks:", facts["late_ticks"], facts["ladder"])
    children = run.facts("supervisor")["children"]
    assert not any(child["hangs"] for child in children.values())


def test_damaged_orders_and_decisions_are_stepped_over(ground: Ground) -> None:
    run = ground.run
    first_k = columns(run)[0].k
    damage = b'{"k": 12, "tr\n\xff\xfe\x00\n[]\n{"seq": "x"}\n{"k": "y", "tracks": 3}\n{"act": 7}\n'
    for path in (run.live.orders, run.live.decisions):
        with path.open("ab") as file:
            file.write(damage)
    ground.goes_on()
    assert ground.metric("programme_orders_damaged") > 0

    for child in ("programme", "gate", "origin", "control"):
        run.wait_for_another(child, run.kill(child))
    wait_for_real(run, ground.edge())
    url = run.public + "hls/index.m3u8"
    until("viewers can play", lambda: get(url)[0] == 200, 20)
    lines = read_lines(run.live.decisions)
    numbers = [line["k"] for line in lines if isinstance(line.get("tracks"), dict)]
    assert numbers == list(range(first_k, first_k + len(numbers)))
    until("control is fresh", lambda: run.told("healthz")[0] == 200, 20)
    ground.takes_again()
