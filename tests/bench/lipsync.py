"""Lip sync at the output of thirteen sites, one after another full frame, each with its own sound.

Flashes and beeps are read from what a viewer gets. BENCH_SECONDS is how long each is on (8).
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from bench.events import CITIES, SITES
from bench.stage import SITES_FILM
from bench.table import Row
from harness.run import ROOT, Run, Sites, percentile
from harness.watch import Watch

from orchestrator.rehearsal import witness

EACH_S = int(os.environ.get("BENCH_SECONDS", "8"))
TRACK = "360p"
SETTLED_S = 1
LEAST_BEEPS = 3

_HEAD = """\
version: 1
event: {id: bench-lipsync, title: Lip sync, timezone: Europe/Paris, start: 2026-10-24 12:00,
        duration: LENGTHs, audience: open}
programme: {size: 1280x720, fps: 30, delay: 0s}
defaults: {preroll: 10s, arm: 1s, transition: cut, audience: open,
           health: {loss: 1.5s, freeze: 20s, black: off, silence: off, back_after: 1s}}
kinds: {show: {scene: {layout: full, main: .headset}, fallback: {main: [slate.site]}}}
outputs: {hls: {window: 5m, ladder: [360p], audience: open}}
"""


def measure() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/dev/shm") as scratch:
        folder = Path(scratch)
        event = _event(folder)
        sites = Sites(event, folder, ROOT / "build" / "rehearsal", SITES_FILM)
        with (
            sites.pushers,
            Run(event, folder, sites.environment, "--start", "now") as run,
            Watch(run.public, run.grid(), [TRACK, "a"]) as watching,
        ):
            day = run.day()
            last_n = day.slots[-1].end_n - 1
            watching.wait_for(last_n, timeout_s=60 + EACH_S * len(SITES))
            return [_row(watching, run, sites)]


def _row(watching: Watch, run: Run, sites: Sites) -> Row:
    grid = run.grid()
    offsets: dict[str, list[float]] = {}
    for slot in run.day().slots:
        feed = slot.plan.scene.places["main"]
        number = sites.number(feed)
        first_n, last_n = slot.start_n + SETTLED_S * grid.fps, slot.end_n - 1
        seen = [(p.n, p.strip()) for p in watching.pictures(TRACK, first_n, last_n)]
        beeps = witness.beeps(watching.sound(first_n, last_n), number)
        offsets[slot.plan.site or feed] = witness.lip_sync_ms(seen, beeps, number, grid)
    worst = max((abs(ms) for found in offsets.values() for ms in found), default=float("inf"))
    heard = sum(len(found) >= LEAST_BEEPS for found in offsets.values())
    medians = ", ".join(
        f"{site} {percentile(found, 0.5):+.0f}" if found else f"{site} none"
        for site, found in offsets.items()
    )
    return Row(
        f"lip sync at the output of {len(offsets)} sites, {sum(map(len, offsets.values()))} beeps",
        "± 1 frame (33 ms) for every site",
        f"worst {worst:.1f} ms; medians (ms): {medians}",
        heard == len(SITES) and worst <= 1000 / grid.fps,
    )


def _event(folder: Path) -> Path:
    lines = [_HEAD.replace("LENGTH", str(EACH_S * len(SITES))), "sites:\n"]
    for site, city in zip(SITES, CITIES, strict=True):
        lines.append(
            f"  {site}: {{title: {city}, city: {city}, timezone: UTC, "
            "feeds: {headset: {srt: env:FEED_KEY}}}\n"
        )
    lines.append("rundown:\n")
    for i, site in enumerate(SITES):
        start = "start: event, " if i == 0 else ""
        lines.append(
            f"  - {{id: {site}, title: {CITIES[i]}, kind: show, site: {site}, {start}"
            f"duration: {EACH_S}s, flex: none}}\n"
        )
    path = folder / "lipsync.yaml"
    path.write_text("".join(lines))
    return path
