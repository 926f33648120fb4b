"""A site whose clock runs 500 ppm fast: named where a producer looks, and in lip sync on air."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from harness.run import ROOT, Run, Sites, until
from harness.watch import Watch

from orchestrator.rehearsal import witness

pytestmark = [pytest.mark.e2e, pytest.mark.faults, pytest.mark.timeout(400)]

EVENT = """\
version: 1
event: {id: fast, title: A fast clock, timezone: Europe/Paris, start: 2026-10-24 12:00,
        duration: 1h, audience: open}
programme: {size: 320x180, fps: 30, delay: 0s}
defaults: {preroll: 10s, arm: 1s, transition: cut,
           health: {loss: 1.5s, freeze: 20s, black: off, silence: off, back_after: 1s}}
sites:
  oslo: {title: Fjord Clinic, city: Oslo, timezone: Europe/Oslo,
         feeds: {headset: {srt: env:FEED_KEY}}}
  quito: {title: Volcano Clinic, city: Quito, timezone: America/Guayaquil,
          feeds: {headset: {srt: env:FEED_KEY}}}
outputs: {hls: {window: 5m, ladder: [180p], audience: open}}
rundown:
  - {id: show, title: The show, kind: panel, site: oslo, start: event, duration: 1h, graphics: [],
     scene: {layout: full, main: oslo.headset}}
"""
FAST = "oslo.headset"


def said(run: Run) -> list[str]:
    status = json.loads(run.told("api/v1/status")[1])
    return [warning for warning in status["warnings"] if "its clock runs" in warning]


def test_it_is_named_on_the_status_page_and_by_doctor_and_stays_in_lip_sync(tmp_path: Path) -> None:
    event = tmp_path / "fast.yaml"
    event.write_text(EVENT)
    cache = ROOT / "build" / "rehearsal"
    sites = Sites(event, tmp_path, cache, paces={FAST: 1.0005})
    with (
        sites.pushers,
        Run(event, tmp_path, sites.environment, "--start", "now") as run,
        Watch(run.public, run.grid(), ["180p", "a"]) as watch,
    ):
        (warning,) = until("the status page names the clock", lambda: said(run), 240)
        assert warning.startswith(f"feed {FAST}: its clock runs ")
        ppm = re.search(r"runs (\d+) ppm fast", warning)
        assert ppm, warning
        assert 200 <= int(ppm[1]) <= 1000
        assert re.search(rf"{FAST} runs \d+ ppm fast", run.command("doctor"))
        assert "ppm fast" in run.told("status")[1].decode()

        first_n = run.now_n()
        watch.wait_for(first_n + 300, timeout_s=60)
        seen = [(p.n, p.strip()) for p in watch.pictures("180p", first_n, first_n + 300)]
        beeps = witness.beeps(watch.sound(first_n, first_n + 300), sites.number(FAST))
        offsets = witness.lip_sync_ms(seen, beeps, sites.number(FAST), run.grid())
        assert len(offsets) >= 5
        assert max(map(abs, offsets)) <= 1000 / run.grid().fps
        assert not watch.tracks["180p"].errors
        assert not any(watch.holes().values())
