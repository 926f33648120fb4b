"""How long control needs to take up where another left: 10,000 entries of the 24-hour example.

The journal is a real one, written entry by entry in the mix of a busy day; what is measured is a
`Gallery` from nothing to its first look at the day: read, check the chain, derive show and desk.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from bench.table import Row

from orchestrator.bus.lines import LineWriter
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control.derive import orders_in_force
from orchestrator.control.gallery import Gallery
from orchestrator.control.journal import Journal
from orchestrator.rundown.load import load
from orchestrator.rundown.resolve import resolve
from orchestrator.rundown.resolved import Resolved
from orchestrator.timing import Grid, ManualClock

ENTRIES = 10_000
EXAMPLE = Path(__file__).parents[2] / "schedules" / "holographic-24h.yaml"
GOAL_S = 1.0
_TRIES = 3


def measure() -> list[Row]:
    """The middle one of three starts."""
    with tempfile.TemporaryDirectory(prefix="orch-replay-") as folder:
        live, state, day = _a_day_with_a_journal(Path(folder))
        taken_s = [_start(live, state, day) for _ in range(_TRIES)]
    said = ", ".join(f"{s:.2f}" for s in taken_s)
    return [
        Row(
            f"start-up replay of {ENTRIES:,} journal entries",
            f"< {GOAL_S:g} s",
            f"{median(taken_s):.2f} s (three starts: {said})",
            median(taken_s) < GOAL_S,
        )
    ]


def _start(live: LiveTree, state: StateFolder, day: Resolved) -> float:
    grid = Grid.standard(day.programme.fps)
    n = day.end_n - 3600 * grid.fps
    began_s = time.monotonic()
    gallery = Gallery(live, state, ManualClock(grid.instant_ns(n)))
    gallery.show.at(n)
    line_up = gallery.show.line_up(n)
    taken_s = time.monotonic() - began_s
    assert len(gallery.journal.entries) == ENTRIES
    assert line_up
    return taken_s


def _a_day_with_a_journal(folder: Path) -> tuple[LiveTree, StateFolder, Resolved]:
    plan = load(EXAMPLE).plan
    assert plan is not None
    day, _, _ = resolve(plan)
    assert day is not None
    live, state = LiveTree(folder / "live"), StateFolder(folder / "state")
    live.make()
    state.root.mkdir()
    live.snapshot.write_bytes(day.to_json())
    grid = Grid.standard(day.programme.fps)
    clock = ManualClock(grid.instant_ns(day.start_n))
    journal = Journal(state.journal, clock)
    journal.append("start", n=day.start_n, author="supervisor", args={"event": day.id})
    step = (day.end_n - day.start_n) // ENTRIES
    for i, (verb, args) in enumerate(itertools.islice(_acts(day), ENTRIES - 1), 1):
        n = day.start_n + i * step
        clock.set(grid.instant_ns(n))
        journal.append(verb, n=n + 3, author=("ana", "tom", "mei")[i % 3], args=args)
    orders = LineWriter(live.orders)
    for order in orders_in_force(journal.entries):
        orders.append(order.record())
    orders.close()
    journal.close()
    return live, state, day


def _acts(day: Resolved) -> Iterator[tuple[str, dict[str, Any]]]:
    """Twenty acts, over and over: what a busy desk says, a twentieth of it about the day's plan."""
    feeds = itertools.cycle(feed.id for feed in day.feeds())
    slots = itertools.cycle(slot.id for slot in day.slots)
    cut = {"kind": "cut", "frames": 0}
    for i in itertools.count():
        feed, other = next(feeds), next(feeds)
        scene = {"layout": "full", "places": {"main": feed}, "audio": {}, "transition": cut}
        yield "preview", scene
        yield "take", scene | {"until": "slot"}
        yield "gain", {"feed": feed, "trim_db": i % 7 - 3.0}
        yield "fader", {"place": "main", "gain_db": -3.0}
        yield "graphic", {"key": f"call-{i}", "use": "message", "data": {"text": "On we go"}}
        yield "preview", scene | {"places": {"main": other}}
        yield "release", {}
        yield "message", {"site": feed.partition(".")[0], "text": "Two minutes, please"}
        yield "read", {"message": 20 * i + 9}
        yield "ack", {"incident": f"feeds.{feed.partition('.')[0]}"}
        yield "solo", {"feed": feed, "on": True}
        yield "preview", scene
        yield "take", scene | {"until": "slot"}
        yield "graphics-out", {"keys": [f"call-{i}"], "graphics": []}
        yield "note", {"text": "said on the telephone"}
        yield "latch", {"feed": feed, "on": True}
        yield "gain", {"feed": other, "trim_db": 1.5}
        yield "ready", {"slot": next(slots)}
        yield "lock", {"area": "sound"}
        yield "unlock", {"area": "sound"}
