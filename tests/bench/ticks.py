"""Late ticks: five minutes of two sites, picture in picture, three renditions."""

from __future__ import annotations

from bench.stage import Stage
from bench.table import Row
from harness.run import until

MINUTES = 5


def measure(there: Stage) -> list[Row]:
    run = there.run
    grid, began_n = run.grid(), run.now_n()
    before = run.facts("programme")
    end_n = began_n + MINUTES * 60 * grid.fps
    after = until(
        "five minutes are over",
        lambda: facts if int((facts := run.facts("programme")).get("n", 0)) >= end_n else None,
        MINUTES * 60 + 30,
    )
    late = int(after["late_ticks"]) - int(before["late_ticks"])
    skipped = int(after["skipped"]) - int(before["skipped"])
    ticks = int(after["ticks"]) - int(before["ticks"])
    tick, lateness = after["tick_ms"], after["late_ms"]
    return [
        Row(
            f"ticks late by more than a frame, in {MINUTES} min ({ticks} ticks)",
            "0",
            f"{late} ({skipped} pictures skipped); lateness p99 {lateness['p99']} ms, "
            f"max {lateness['max']} ms; a tick takes {tick['p50']} ms, p99 {tick['p99']} ms",
            late == 0,
        )
    ]
