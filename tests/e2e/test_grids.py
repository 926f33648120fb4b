"""Every grid that is offered, and the largest picture: numbers, playlists and players agree.

The grids run behind a fake programme, where only gate and origin count; 25 fps and 1080p30 then
once more with real contributions, from the encoder of a site to the picture in a browser.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from fakestream import FakeStream
from harness.run import ROOT, Run, Sites, until
from harness.watch import Watch
from hlscheck import Report, follow
from hlscheck.strict import hls_parser
from players import play

from orchestrator.bus.decisions import REAL, Column
from orchestrator.bus.lines import read_lines
from orchestrator.rehearsal import loops, witness
from orchestrator.timing.grid import Grid

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

EVENTS = Path(__file__).parent / "events"
LOOK_S = 8
FULL_HD = loops.Film(1920, 1080, seconds=8, bitrate_bps=3_000_000)
GRIDS = [Grid(25, 16, 48), Grid(25, 24, 48), Grid(30, 16, 64), Grid(30, 32, 64)]


def assert_clean(report: Report) -> None:
    assert not report.findings, str(report)
    assert hls_parser(report.texts) == []
    assert report.segments > 0


@pytest.mark.parametrize("grid", GRIDS, ids=lambda g: f"{g.fps} fps, parts of {g.part_frames}")
def test_nothing_is_found_in_the_playlists_of_any_grid(grid: Grid) -> None:
    with FakeStream(grid=grid) as stream:
        stream.start("gate", "programme", "origin")
        stream.wait_for(lambda: any(not c["why"] for c in stream.columns()))

        report = follow(f"{stream.url}/hls/index.m3u8", LOOK_S)

    assert_clean(report)
    assert report.parts > LOOK_S / grid.part_s


@contextmanager
def running(name: str, folder: Path, film: loops.Film) -> Iterator[tuple[Run, Sites]]:
    """The event as it runs, once the programme itself is public in every track."""
    event = EVENTS / f"{name}.yaml"
    sites = Sites(event, folder, ROOT / "build" / "rehearsal", film)
    with (
        sites.pushers,
        Run(event, folder, sites.environment, "--start", "now", wait_s=60) as run,
    ):
        until("the programme's own parts are public", lambda: is_real(run), 40)
        yield run, sites


def is_real(run: Run) -> bool:
    columns = [Column.of(r) for r in read_lines(run.live.decisions) if "act" not in r]
    return any(set(column.tracks.values()) == {REAL} for column in columns)


@pytest.mark.browser
def test_an_event_at_25_runs_from_the_contribution_to_the_player(tmp_path: Path) -> None:
    with running("at-25", tmp_path, replace(loops.SMALL, seconds=16)) as (run, sites):
        grid = run.grid()
        with Watch(run.public, grid, ["180p", "a"]) as watch:
            report = follow(run.public + "hls/index.m3u8", LOOK_S)
            seen = play(run.public + "hls/index.m3u8", "hls.js", 5)
            until("it is being watched", lambda: watch.tracks["a"].parts, 10)
            first = max(watch.first_n(), run.day().start_n + grid.fps)
            watch.wait_for(first + 4 * grid.segment_frames)
        last = first + 4 * grid.segment_frames
        pictures = [(p.n, p.strip()) for p in watch.pictures("180p", first, last)]
        onsets = witness.beeps(watch.sound(first, last), sites.number("oslo.headset"))

    assert (grid.fps, grid.part_frames, grid.segment_frames) == (25, 16, 48)
    assert_clean(report)
    assert not seen.errors, str(seen)
    assert not seen.stalls, str(seen)
    assert [n for n, _ in pictures] == list(range(pictures[0][0], pictures[-1][0] + 1))
    strips = [strip for _, strip in pictures if strip is not None]
    assert {strip.site for strip in strips} == {sites.number("oslo.headset")}
    steps = [(b.counter - a.counter) % 400 for a, b in itertools.pairwise(strips)]
    assert steps.count(1) > 0.9 * len(steps)
    offsets = witness.lip_sync_ms(pictures, onsets, sites.number("oslo.headset"), grid)
    assert offsets
    assert max(map(abs, offsets)) <= 1000 / grid.fps


@pytest.mark.browser
def test_an_event_at_1080p_runs_in_real_time_and_plays(tmp_path: Path) -> None:
    with running("at-1080p", tmp_path, FULL_HD) as (run, _):
        report = follow(run.public + "hls/index.m3u8", LOOK_S)
        seen = play(run.public + "hls/1080p/live.m3u8", "hls.js", 5)
        slates = {c.why for c in columns_after_the_first_real(run)}

    assert_clean(report)
    assert not seen.fatal_errors, str(seen)
    assert seen.heights == (1080,)
    assert slates == {""}


def columns_after_the_first_real(run: Run) -> list[Column]:
    columns = [Column.of(r) for r in read_lines(run.live.decisions) if "act" not in r]
    return list(itertools.dropwhile(lambda c: set(c.tracks.values()) != {REAL}, columns))
