"""PSS of every process with thirteen feeds at 720p, and whether it grows."""

from __future__ import annotations

import os
import time

import numpy as np
from bench.stage import Stage
from bench.table import Row
from bench.usage import by_role, pss_of
from harness.run import until

MEASURED_S = float(os.environ.get("BENCH_SECONDS", "180"))
SETTLED_S = 60.0
"""The origin keeps 24 s of parts, decoders and allocators fill up; then nothing may grow."""
EVERY_S = 5.0
GOAL_MIB = 1.2 * 1024
FLAT_MIB_PER_MIN = 1.0
MIB = 1 << 20


def measure(there: Stage) -> list[Row]:
    began_s = time.monotonic()
    _reach(began_s + SETTLED_S)
    times: list[float] = []
    totals: list[float] = []
    while not times or time.monotonic() - began_s < SETTLED_S + MEASURED_S:
        times.append(time.monotonic() - began_s)
        found = pss_of(there.run)
        totals.append(sum(found.values()) / MIB)
        _reach(began_s + times[-1] + EVERY_S)
    slope = float(np.polyfit(times, totals, 1)[0]) * 60 if len(times) > 2 else 0.0
    feeds = len(there.sites.contributions)
    roles = ", ".join(f"{role} {value / MIB:.0f}" for role, value in by_role(found).items())
    return [
        Row(
            f"memory of all processes (PSS), {feeds} feeds at 720p",
            f"≤ {GOAL_MIB:.0f} MiB",
            f"{max(totals):.0f} MiB at most ({roles})",
            max(totals) <= GOAL_MIB,
        ),
        Row(
            f"… over {(times[-1] - times[0]) / 60:.1f} min",
            f"flat (≤ {FLAT_MIB_PER_MIN:.0f} MiB a minute)",
            f"{totals[0]:.1f} → {totals[-1]:.1f} MiB, {slope:+.2f} MiB a minute",
            slope <= FLAT_MIB_PER_MIN,
        ),
    ]


def _reach(at_s: float) -> None:
    until("it is time", lambda: time.monotonic() >= at_s, max(0.0, at_s - time.monotonic()) + 10)
