"""The stage of the benches: the real program with simulated sites, and its decisions."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import events
from harness.run import ROOT, Run, Sites, until

from orchestrator.bus.decisions import REAL, Column
from orchestrator.bus.lines import read_lines
from orchestrator.rehearsal.loops import Film

EVENTS = ROOT / "tests" / "e2e" / "events"
SITES_FILM = Film(seconds=8)
"""720p30, 2 s between keyframes."""


@dataclass(frozen=True, slots=True)
class Stage:
    sites: Sites
    run: Run

    @property
    def playlist(self) -> str:
        return self.run.public + "hls/index.m3u8"

    def columns(self) -> list[Column]:
        records = read_lines(self.run.live.decisions)
        return [Column.of(record) for record in records if "act" not in record]

    def wait_for_real(self, after_n: int, timeout_s: float = 20.0) -> Column:
        """The first column that begins after frame `after_n` and is the programme's own."""
        grid = self.run.grid()

        def real() -> Column | None:
            later = (c for c in self.columns() if grid.first_frame(c.k) > after_n)
            return next((c for c in later if set(c.tracks.values()) == {REAL}), None)

        return until(f"the programme's own parts after frame {after_n}", real, timeout_s)


@contextmanager
def stage(
    event: str = "bench.yaml", film: Film | None = None, *, is_on: bool = True
) -> Iterator[Stage]:
    """Both sites on the line; with `is_on`, once the event has begun and is public."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as scratch,
        _performance(EVENTS / event, Path(scratch), film or Film(), is_on=is_on) as there,
    ):
        yield there


@contextmanager
def many_sites(feeds: int, film: Film = SITES_FILM) -> Iterator[Stage]:
    """An event of so many feeds, two of them on air, once it is public."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        event = events.write(Path(scratch) / "sites.yaml", feeds)
        with _performance(event, Path(scratch), film, is_on=True) as there:
            yield there


@contextmanager
def _performance(event: Path, folder: Path, film: Film, *, is_on: bool) -> Iterator[Stage]:
    sites = Sites(event, folder, ROOT / "build" / "rehearsal", film)
    with sites.pushers, Run(event, folder, sites.environment, "--start", "now") as run:
        there = Stage(sites, run)
        if is_on:
            there.wait_for_real(run.day().start_n, timeout_s=60)
        yield there
