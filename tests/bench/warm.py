"""What a further warm feed costs: CPU of its process, and of its SRT child, with 2 to 26 feeds."""

from __future__ import annotations

import os

from bench.stage import many_sites
from bench.table import Row
from bench.usage import let_pass, shares_for

COUNTS = tuple(int(word) for word in os.environ.get("BENCH_FEEDS", "2 7 13 26").split())
MEASURED_S = float(os.environ.get("BENCH_SECONDS", "30"))
WARM_UP_S = 12.0
ON_AIR = ("mumbai.headset", "dubai.headset")
GOAL = 0.015


def measure() -> list[Row]:
    own: dict[int, float] = {}
    child: dict[int, float] = {}
    ours: dict[int, float] = {}
    for count in COUNTS:
        with many_sites(count) as there:
            let_pass(WARM_UP_S)
            shares = shares_for(there.run, MEASURED_S)
        warm = [
            name.partition(".")[2]
            for name in shares
            if name.startswith("feed.") and not name.endswith(ON_AIR)
        ]
        if warm:
            own[count] = sum(shares[f"feed.{feed}"] for feed in warm) / len(warm)
            child[count] = sum(shares[f"srt.{feed}"] for feed in warm) / len(warm)
        ours[count] = sum(v for name, v in shares.items() if not name.startswith("srt."))
        print(
            f"  {count} feeds: a warm one {own.get(count, 0):.2%} and {child.get(count, 0):.2%} in "
            f"its child; all of ours without SRT children {ours[count]:.1%}",
            flush=True,
        )
    least, most = min(ours), max(ours)
    slope = (ours[most] - ours[least]) / max(1, most - least)
    return [
        Row(
            f"CPU of a warm feed's process ({', '.join(map(str, COUNTS))} feeds at 720p30)",
            f"≤ {GOAL:.1%} of a core",
            ", ".join(f"{share:.2%} ({count})" for count, share in own.items()),
            max(own.values()) <= GOAL,
        ),
        Row(
            "… of its SRT child",
            "-",
            ", ".join(f"{share:.2%} ({count})" for count, share in child.items()),
            True,
        ),
        Row(
            f"… what each further one adds to all our processes, from {least} to {most} feeds",
            f"≤ {GOAL:.1%} of a core",
            f"{slope:.2%}",
            slope <= GOAL,
        ),
    ]
