"""Gets everything ready for an event with simulated sites: films, clips, addresses, the plan file.

Runs on the main thread of `orchestrator demo`, before the tree is started; films are encoded by
pool processes, once per machine.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.errors import ConfigError
from orchestrator.rehearsal import clips, loops, sites
from orchestrator.rehearsal.loops import Film
from orchestrator.rundown.load import load
from orchestrator.rundown.resolve import resolve
from orchestrator.rundown.resolved import Resolved

Say = Callable[[str], None]

_NOBODY_THERE = "rtmp://127.0.0.1:9/live/not-simulated"
"""For addresses that are no SRT: a feed that stays away, so that backups are seen to be tried."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A plan file for the sites' process, and the environment in which the feeds find them."""

    plan: Path
    environment: Mapping[str, str]
    feeds: int


def resolved(event: Path) -> Resolved:
    """The day of an event file, as written. Raises ConfigError with everything that is wrong."""
    loaded = load(event)
    day, problems = None, list(loaded.problems)
    if loaded.plan is not None:
        day, more, _ = resolve(loaded.plan)
        problems += more
    if day is None:
        raise ConfigError("\n".join(problem.text() for problem in problems))
    return day


def set_up(event: Path, scratch: Path, cache: Path, say: Say, film: Film | None = None) -> Stage:
    """Encode what is missing, and lay out the simulated sites of `event` in `scratch`."""
    day = resolved(event)
    film = replace(film or Film(), fps=day.programme.fps)
    workers = os.cpu_count() or 1
    for made in clips.make(day, event.parent, workers):
        say(f"made {made}")
    wanted = [one for one in sites.contributions(day) if one.feed in sites.needed(day)]
    new = sum(not loops.path_of(one, film, cache).exists() for one in wanted)
    if new:
        say(f"encoding {new} simulated sites; this is done once per machine")
    films = []
    for done, (one, path) in enumerate(loops.loops(wanted, film, cache, workers), 1):
        films.append((one, path))
        if new:
            say(f"  {done}/{len(wanted)} {one.feed}")
    feeds = [feed.id for feed in day.feeds() if feed.kind == "srt"]
    legs = dict(zip(feeds, sites.Leg.some(len(feeds)), strict=True))
    scratch.mkdir(parents=True, exist_ok=True)
    plan = scratch / "sites.json"
    sites.write_plan(plan, scratch / "sent.jsonl", films, film, legs)
    return Stage(plan, _stand_ins(day) | sites.environment(legs, day), len(films))


def _stand_ins(day: Resolved) -> dict[str, str]:
    """Something for every other `env:NAME`, or the run would rightly refuse to start."""
    addresses = [feed.address for feed in day.feeds()]
    addresses += [output.url for output in day.outputs if output.url]
    return {
        address.removeprefix("env:"): _NOBODY_THERE
        for address in addresses
        if address.startswith("env:")
    }
