"""The disk of the state folder stands still for seconds: a command waits, the air does not.

Nor does the desk: it answers, shows, says what it waits for, and what a wish would do.

An ext4 of its own, frozen by the kernel (FIFREEZE), so that every write to it really waits:
journal, as-run, recordings, DVR, logs.
"""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from harness.kills import columns, wait_for_real
from harness.mounts import freezable_disk
from harness.run import ROOT, Run, Sites, post, until, write_event
from harness.watch import Watch

from orchestrator.bus.decisions import REAL
from orchestrator.control.roles import Role

pytestmark = [pytest.mark.e2e, pytest.mark.faults, pytest.mark.timeout(180)]

LONG = ROOT / "tests" / "e2e" / "events" / "long.yaml"
OUTPUTS = """\
  hls: {window: 2m, dvr: 30m, ladder: [180p], audience: open}
  record: {each: slot, keep: 1d, audience: open}
"""
FROZEN_COLUMNS = 10
"""About five seconds: a request over HTTP has ten."""


def test_a_disk_that_stands_still_for_seconds_stops_nothing_on_air(tmp_path: Path) -> None:
    before_outputs = LONG.read_text().partition("outputs:\n")[0]
    event = write_event(tmp_path / "slow.yaml", f"{before_outputs}outputs:\n{OUTPUTS}")
    sites = Sites(event, tmp_path, ROOT / "build" / "rehearsal")
    with (
        freezable_disk(tmp_path / "state", tmp_path / "state.img", 128) as disk,
        sites.pushers,
        Run(event, tmp_path, sites.environment, "--start", "now", wait_s=60) as run,
    ):
        wait_for_real(run, 0)
        until("the slot is on air", lambda: run.now_n() > run.day().start_n + 30, 60)
        run.token()  # while they can be kept
        run.token(Role.OPERATOR)
        public = ("programme", "gate", "origin", "monitor", "control")
        pids = {who: run.pid(who) for who in public}
        before = until("the programme tells", lambda: run.facts("programme"), 10)
        before_k = columns(run)[-1].k
        words = run.control + "api/v1/commands/"
        headers = {"Authorization": f"Bearer {run.token(Role.OPERATOR)}"}
        try:
            with (
                ThreadPoolExecutor(1) as desk,
                Watch(run.public, run.grid(), ["180p", "a"]) as fetched,
            ):
                disk.freeze()
                waiting = desk.submit(post, words + "stay", {"args": {}}, headers, 90)
                until(
                    "it has stood still for a while",
                    lambda: columns(run)[-1].k >= before_k + FROZEN_COLUMNS,
                    30,
                )
                fetched.wait_for(run.now_n())
                until("control is up", lambda: run.told("healthz")[0] == 200, 30)
                until("it says what it waits for", lambda: _warns(run, "still being written"), 30)
                dry = post(words + "next", {"args": {}, "dry": True}, headers, 30)
                is_decided = waiting.done()
                disk.thaw()
                code, answer, _ = waiting.result()
        finally:
            disk.thaw()
        after_k = columns(run)[-1].k
        metric = until("an alarm", lambda: _metric(run, "control_disk_slow_writes"), 20)
        warnings = _warnings(run)
        until("the recorder has caught up", lambda: run.facts("recorder")["behind_s"] < 5, 20)
        after = run.facts("programme")
        now = {who: run.pid(who) for who in public}
        slate = [
            column.k
            for column in columns(run)
            if before_k < column.k <= after_k and set(column.tracks.values()) != {REAL}
        ]

    assert code == 200, answer
    assert not is_decided
    assert dry[0] == 200, dry
    assert metric >= 1
    assert any(re.search("writing .* took", warning) for warning in warnings)
    was_slow = after["late_ticks"] > before["late_ticks"] or any(
        rung["late_parts"] + rung["lost"] > 0 for rung in after["ladder"].values()
    )
    assert not slate or was_slow, f"slate in {slate}"
    assert now == pids
    assert not any(fetched.holes().values())
    print(f"frozen for {after_k - before_k} columns, {len(slate)} of them slate; {warnings}")


def _warnings(run: Run) -> list[str]:
    code, body = run.told("api/v1/status")
    return list(json.loads(body)["warnings"]) if code == 200 else []


def _warns(run: Run, words: str) -> bool:
    return any(words in warning for warning in _warnings(run))


def _metric(run: Run, name: str) -> float:
    text = run.told("metrics")[1].decode()
    found = re.search(rf"^orchestrator_{name} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0
