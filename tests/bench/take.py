"""Takes of warm feeds that nobody previewed, under full load, read from the published strips.

Load: thirteen feeds, three renditions, a viewer in Chromium, one more that fetches every part. The
desk stamps a TAKE with a frame a little ahead; from that frame to the first one that shows the new
site is what the warm feed needs to catch up. The click itself lies earlier, and is said too.
"""

from __future__ import annotations

import os
import random
from typing import NamedTuple

from bench import events
from bench.stage import Stage
from bench.table import Row
from harness.run import percentile, until
from harness.watch import Watch
from players import watch

from orchestrator.bus.feedpage import FeedWord
from orchestrator.bus.page import open_page
from orchestrator.rehearsal import witness
from orchestrator.timing.clock import PageClock
from orchestrator.verbs.running import Running

TAKES = int(os.environ.get("BENCH_TAKES", "24"))
TRACK = "360p"
DARK = 24
"""Mean luma of a picture that a viewer would call black."""


class Take(NamedTuple):
    source: str
    clicked_ns: int
    n: int
    """The order's frame."""


def measure(there: Stage) -> list[Row]:
    run, grid = there.run, there.run.grid()
    with watch(there.playlist) as viewer, Watch(run.public, grid, [TRACK]) as watching:
        viewer.wait_playing()
        takes = list(_takes(there))
        last_n = takes[-1].n + 2 * grid.fps
        watching.wait_for(last_n + grid.segment_frames)
        errors = viewer.report().errors
    first_n = takes[0].n - grid.fps
    track = watching.tracks[TRACK]
    shown: dict[int, int | None] = {}
    dark = 0
    for picture in witness.pictures(track.init, watching.span(TRACK, first_n, last_n), grid):
        if first_n <= picture.n <= last_n:
            strip = picture.strip()
            shown[picture.n] = strip.site if strip else None
            dark += float(picture.luma.mean()) < DARK
    delays_ms, clicks_ms, odd = [], [], 0
    before = there.sites.number("mumbai.headset")
    for take, next_n in zip(takes, [*(t.n for t in takes[1:]), last_n], strict=True):
        number = there.sites.number(take.source)
        arrived = next((n for n in range(take.n, next_n) if shown.get(n) == number), None)
        if arrived is None:
            delays_ms.append(float("inf"))
            clicks_ms.append(float("inf"))
            continue
        delays_ms.append((arrived - take.n) * 1000 / grid.fps)
        clicks_ms.append((grid.instant_ns(arrived) - take.clicked_ns) / 1e6)
        odd += sum(shown.get(n) != before for n in range(take.n, arrived))
        odd += sum(shown.get(n) != number for n in range(arrived, next_n))
        before = number
    median, p95 = percentile(delays_ms, 0.5), percentile(delays_ms, 0.95)
    sites = len({take.source for take in takes})
    return [
        Row(
            f"unpreviewed take of a warm feed under full load, {len(takes)} takes of {sites} "
            "sites: from the order's frame to the site in the output",
            "≤ 300 ms median, 600 ms p95",
            f"median {median:.0f} ms, p95 {p95:.0f} ms, max {max(delays_ms):.0f} ms",
            median <= 300 and p95 <= 600,
        ),
        Row(
            "… from the click, the desk's lead included",
            "-",
            f"median {percentile(clicks_ms, 0.5):.0f} ms, p95 {percentile(clicks_ms, 0.95):.0f} ms",
            True,
        ),
        Row(
            f"… black pictures, pictures of neither site, in {len(shown)}",
            "0, 0",
            f"{dark}, {odd}; the viewer had {len(errors)} errors",
            not dark and not odd,
        ),
    ]


def _takes(there: Stage) -> list[Take]:
    """One after another, each of a feed that is warm, at odd moments of its GOP."""
    run, grid = there.run, there.run.grid()
    clock = PageClock(run.live.clock)
    desk = Running.find(run.state)
    dice = random.Random(1)
    takes = []
    for i in range(TAKES):
        source = f"{events.SITES[2 + i % (len(events.SITES) - 2)]}.headset"
        page = open_page(run.live.feed_page(source))
        until(f"{source} is only warm", lambda page=page: not page[FeedWord.HOT], 20)
        at_n = run.now_n() + dice.randrange(grid.fps, 3 * grid.fps)
        until("it is time", lambda at_n=at_n: run.now_n() >= at_n, 10)
        assert not page[FeedWord.HOT]
        clicked_ns = clock.now_ns()
        wish = {"source": source, "layout": "full", "transition": "cut", "until": "slot"}
        answer = desk.desk("take", wish | {"places": {}, "audio": {}}, "bench")
        takes.append(Take(source, clicked_ns, int(answer["n"])))
        until("the take is over", lambda n=takes[-1].n: run.now_n() > n + grid.fps, 10)
    return takes
