"""Switch accuracy and lip sync, read from the strips and beeps of the published output."""

from __future__ import annotations

import itertools

from bench.stage import Stage
from bench.table import Row
from harness.run import percentile
from harness.watch import Watch

from orchestrator.bus.lines import read_lines
from orchestrator.rehearsal import witness
from orchestrator.rehearsal.witness import Sending

SITES = {"oslo": 1, "quito": 2}


def measure(there: Stage) -> list[Row]:
    run = there.run
    grid, day = run.grid(), run.day()
    start_of = {slot.id: slot.start_n for slot in day.slots}
    end_n = start_of["rest"] + 5 * grid.fps
    with Watch(run.public, grid, ["180p", "a"]) as watching:
        watching.wait_for(end_n, timeout_s=120)
        pictures = watching.pictures("180p", start_of["one"] + 20, end_n)
        sound = watching.sound(start_of["one"] + 20, end_n)
    strips = {picture.n: picture.strip() for picture in pictures}
    seen = [(n, strip) for n, strip in sorted(strips.items()) if strip]
    changed = [b[0] for a, b in itertools.pairwise(seen) if a[1].site != b[1].site]
    due = [start_of["cut"], start_of["pip"], start_of["shots"], start_of["shots"] + 90]
    due.append(start_of["rest"] - 60)
    off = [min((abs(n - at) for n in changed), default=10**6) for at in due]
    sent = Sending.latest(read_lines(there.sites.sent))
    ages = [
        sent[strip.site].age_ms(strip.counter, grid.instant_ns(n))
        for n, strip in seen
        if strip.site in sent
    ]
    rows = [
        Row(
            f"scheduled cuts, frames off ({len(due)} cuts)",
            "0",
            f"{max(off)}",
            max(off) == 0,
        ),
        Row(
            "age of a picture at its frame, sender to programme",
            "steady",
            f"p50 {percentile(ages, 0.5):.0f} ms, p99 {percentile(ages, 0.99):.0f} ms",
            True,
        ),
    ]
    for name, number in SITES.items():
        onsets = witness.beeps(sound, number)
        offsets = witness.lip_sync_ms(seen, onsets, number, grid)
        worst = max(map(abs, offsets), default=float("inf"))
        rows.append(
            Row(
                f"lip sync of {name} at the output ({len(offsets)} beeps)",
                "± 1 frame (33 ms)",
                f"{percentile(offsets, 0.5):+.1f} ms, worst {worst:.1f} ms" if offsets else "none",
                worst <= 1000 / grid.fps,
            )
        )
    return rows
