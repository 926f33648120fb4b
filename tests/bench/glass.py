"""Glass to glass: from the moment a picture leaves the hospital's encoder to Chromium's screen.

The video element is photographed, its strip read, and the sender's own record says when the
picture with that number left. The age is taken when the photograph has been delivered, so what
photographing takes is counted in.
"""

from __future__ import annotations

import os

import cv2
import numpy as np
from bench.stage import Stage
from bench.table import Row
from harness.run import percentile
from numpy.typing import NDArray
from players import watch

from orchestrator.bus.lines import read_lines
from orchestrator.rehearsal import strip
from orchestrator.rehearsal.witness import Sending
from orchestrator.timing.clock import PageClock

LOOKS = int(os.environ.get("BENCH_LOOKS", "120"))
GOAL_S = 2.5
_SETTLED_S = 15.0


def measure(there: Stage) -> list[Row]:
    clock = PageClock(there.run.live.clock)
    ages_s: list[float] = []
    unread = 0
    with watch(there.playlist) as viewer:
        viewer.wait_playing()
        viewer.wait(_SETTLED_S)
        for _ in range(LOOKS):
            png, at_ns = viewer.screen(), clock.now_ns()
            found = strip.read(_luma(png))
            if found is None:
                unread += 1
            else:
                sent = Sending.latest(read_lines(there.sites.sent))
                ages_s.append(sent[found.site].age_ms(found.counter, at_ns) / 1000)
            viewer.wait(0.25)
        report = viewer.report()
    p50, p95 = percentile(ages_s, 0.5), percentile(ages_s, 0.95)
    return [
        Row(
            f"glass to glass, no delay asked, {len(ages_s)} photographs",
            f"p95 ≤ {GOAL_S} s",
            f"p50 {p50:.2f} s, p95 {p95:.2f} s, {unread} not legible, {len(report.stalls)} stalls",
            p95 <= GOAL_S and unread <= LOOKS // 20,
        )
    ]


def _luma(png: bytes) -> NDArray[np.uint8]:
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return np.asarray(picture, np.uint8)
