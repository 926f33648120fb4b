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
GROWTH_MIB = 1.0
"""Over 30 minutes, any one process; shorter measurements are scaled up and so are less sure."""
MIB = 1 << 20


def measure(there: Stage) -> list[Row]:
    began_s = time.monotonic()
    _reach(began_s + SETTLED_S)
    times: list[float] = []
    totals: list[float] = []
    each: dict[str, list[tuple[float, float]]] = {}
    while not times or time.monotonic() - began_s < SETTLED_S + MEASURED_S:
        times.append(time.monotonic() - began_s)
        found = pss_of(there.run)
        totals.append(sum(found.values()) / MIB)
        for name, size in found.items():
            each.setdefault(name, []).append((times[-1], size / MIB))
        _reach(began_s + times[-1] + EVERY_S)
    slope = _mib_per_min(list(zip(times, totals, strict=True)))
    slopes = {name: _mib_per_min(points) for name, points in each.items()}
    for name, own in sorted(slopes.items()):
        print(f"  {name}: {each[name][-1][1]:.1f} MiB, {own * 30:+.2f} MiB in 30 min", flush=True)
    worst = max(slopes, key=lambda name: slopes[name])
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
        Row(
            "… the process that grows most, in 30 minutes",
            f"< {GROWTH_MIB:.0f} MiB",
            f"{worst} {slopes[worst] * 30:+.2f} MiB",
            slopes[worst] * 30 < GROWTH_MIB,
        ),
    ]


def _mib_per_min(points: list[tuple[float, float]]) -> float:
    times, sizes = zip(*points, strict=True)
    return float(np.polyfit(times, sizes, 1)[0]) * 60 if len(points) > 2 else 0.0


def _reach(at_s: float) -> None:
    until("it is time", lambda: time.monotonic() >= at_s, max(0.0, at_s - time.monotonic()) + 10)
