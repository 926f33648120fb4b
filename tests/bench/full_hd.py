"""1080p30: two sites, picture in picture, 1080p and 480p: is it made in real time, tick by tick?

BENCH_SECONDS (600)
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from bench import events
from bench.stage import Stage
from bench.table import Row
from bench.thirteen import CAN, FILMS
from bench.usage import by_role, cpu_by_name
from harness.run import ROOT, Run, Sites, until

from orchestrator.bus.decisions import REAL

MEASURED_S = float(os.environ.get("BENCH_SECONDS", "600"))
_WARM_UP_S = 10.0
_OUTPUTS = events.Outputs("1920x1080", ("1080p", "480p"))


def measure() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/dev/shm") as scratch:
        folder = Path(scratch)
        event = events.write(folder / "full-hd.yaml", 2, _OUTPUTS)
        sites = Sites(event, folder, ROOT / "build" / "rehearsal", FILMS[1080])
        with sites.pushers, Run(event, folder, sites.environment, "--start", "now") as run:
            there = Stage(sites, run)
            return _measured(there, there.wait_for_real(run.day().start_n, timeout_s=60).k)


def _measured(there: Stage, started_k: int) -> list[Row]:
    run = there.run
    grid = run.grid()
    first_k = started_k + round(_WARM_UP_S / grid.part_s)
    before = _once_decided(there, first_k)
    cpu_before = cpu_by_name(run)
    last_k = first_k + round(MEASURED_S / grid.part_s)
    after = _once_decided(there, last_k)
    cpu_s = sum(by_role(cpu_by_name(run) - cpu_before).values())
    real = sum(set(c.tracks.values()) == {REAL} for c in there.columns() if first_k < c.k <= last_k)
    rate = real / (last_k - first_k)
    pictures = (last_k - first_k) * grid.part_frames
    late = int(after["late_ticks"]) - int(before["late_ticks"])
    tick, renditions = after["tick_ms"], after["ladder"]
    left_out = {
        name: int(renditions[name]["left_out"]) - int(before["ladder"][name]["left_out"])
        for name in renditions
    }
    return [
        Row(
            f"1080p30 with 1080p and 480p in real time, ticks late in {MEASURED_S / 60:.0f} min",
            f"0 late, ≥ {CAN} × real time",
            f"{late} late, {rate:.3f} × real time; {cpu_s / MEASURED_S:.2f} cores; a tick takes "
            f"{tick['p50']} ms, p99 {tick['p99']} ms; pictures left out {left_out}",
            late == 0 and rate >= CAN and max(left_out.values()) <= (1 - CAN) * pictures,
        )
    ]


def _once_decided(there: Stage, k: int) -> dict[str, object]:
    """The programme's facts, as soon as column `k` is decided."""
    wait_s = MEASURED_S + 120
    until(f"part {k} is decided", lambda: there.columns()[-1].k >= k, wait_s)
    return there.run.facts("programme")
