"""What a kill costs a viewer: slate from the gate's decisions, stalls and errors from hls.js."""

from __future__ import annotations

import signal
from itertools import groupby

from bench.stage import Stage
from bench.table import Row
from harness.run import percentile, until
from harness.watch import Watch
from players import PlayReport, watch

from orchestrator.bus.decisions import REAL, Column
from orchestrator.timing.grid import Grid

KILLS = 20
FREEZE_S = 5
FORGIVEN_S = 31
"""The supervisor forgives a death after 30 s of life."""


def slates_s(columns: list[Column], grid: Grid, first_n: int) -> list[float]:
    """Lengths of the stretches in which any track was slate, from frame `first_n` on."""
    recent = [c for c in columns if grid.first_frame(c.k) >= first_n]
    runs = groupby(recent, key=lambda c: set(c.tracks.values()) != {REAL})
    return [len(list(run)) * grid.part_s for is_slate, run in runs if is_slate]


def numbering_is_continuous(columns: list[Column]) -> bool:
    return [c.k for c in columns] == list(range(columns[0].k, columns[0].k + len(columns)))


def programme_kills(there: Stage) -> list[Row]:
    run, grid = there.run, there.run.grid()
    slate: list[float] = []
    back_s: list[float] = []
    with (
        watch(there.playlist) as viewer,
        Watch(run.public, grid, ["720p", "a"]) as fetched,
    ):
        viewer.wait_playing()
        viewer.wait(5)
        for _ in range(KILLS):
            killed_n = run.now_n()
            run.kill("programme")
            column = there.wait_for_real(killed_n + grid.segment_frames // 2)
            there.wait_for_real(grid.first_frame(column.k) + grid.segment_frames)
            lengths = slates_s(there.columns(), grid, killed_n)
            slate.append(max(lengths, default=0.0))
            back_s.append((grid.first_frame(_back(there, killed_n)) - killed_n) / grid.fps)
            wait_for_calm(there)
        report = viewer.report()
    odd = {line for track in fetched.tracks.values() for line in track.odd_lines}
    p95, longest = percentile(slate, 0.95), max(back_s)
    return [
        Row(
            f"slate after kill -9 of the programme, {KILLS} times",
            "p95 ≤ 1.6 s",
            f"p50 {percentile(slate, 0.5):.2f} s, p95 {p95:.2f} s, max {max(slate):.2f} s",
            p95 <= 1.6,
        ),
        Row("… and the real picture is back after", "≤ 3 s", f"max {longest:.2f} s", longest <= 3),
        Row(
            "… numbering, discontinuities",
            "continuous, none",
            ("continuous" if numbering_is_continuous(there.columns()) else "broken")
            + f", {len(odd)}",
            numbering_is_continuous(there.columns()) and not odd,
        ),
        _player("… hls.js meanwhile", "0 errors", report, not report.errors),
    ]


def _back(there: Stage, killed_n: int) -> int:
    """The first column after the slate that followed a kill; the kill's own if there was none."""
    grid = there.run.grid()
    recent = [c for c in there.columns() if grid.first_frame(c.k) >= killed_n]
    slate = [c.k for c in recent if set(c.tracks.values()) != {REAL}]
    return max(slate) + 1 if slate else recent[0].k


def freeze(there: Stage) -> list[Row]:
    run, grid = there.run, there.run.grid()
    with watch(there.playlist) as viewer:
        viewer.wait_playing()
        viewer.wait(3)
        frozen_n = run.now_n()
        run.hold("programme")
        viewer.wait(FREEZE_S)
        run.kill("programme", signal.SIGCONT)
        there.wait_for_real(run.now_n() + grid.segment_frames)
        length = max(slates_s(there.columns(), grid, frozen_n), default=0.0)
        viewer.wait(3)
        report = viewer.report()
    return [
        Row(
            f"slate after SIGSTOP of the programme for {FREEZE_S} s",
            f"≤ {FREEZE_S + 1.1} s",
            f"{length:.2f} s",
            length <= FREEZE_S + 1.1,
        ),
        _player("… hls.js meanwhile", "0 errors", report, not report.errors),
    ]


def other_kills(there: Stage) -> list[Row]:
    run = there.run
    rows = []
    for victim in ("gate", "origin", "feed.oslo.headset", "control"):
        with watch(there.playlist) as viewer:
            viewer.wait_playing()
            viewer.wait(5)
            before = viewer.report()
            for _ in range(3):
                run.wait_for_another(victim, run.kill(victim))
                wait_for_calm(there)
            viewer.wait(3)
            report = viewer.report()
        stalls = [s.seconds for s in report.stalls[len(before.stalls) :]]
        is_fine = not report.errors and max(stalls, default=0) <= 0.5
        rows.append(
            _player(f"kill -9 of {victim.partition('.')[0]}, 3 times: hls.js",
                    "0 errors, no stall > 0.5 s", report, is_fine)
        )  # fmt: skip
    return rows


def latency(there: Stage) -> list[Row]:
    with watch(there.playlist) as viewer:
        viewer.wait_playing()
        viewer.wait(10)
        settled = len(viewer.report().stalls)
        viewer.wait(60)
        report = viewer.report()
    behind = percentile(report.latencies_s[100:], 0.5)
    stalls = len(report.stalls) - settled
    return [
        Row(
            "hls.js behind the programme, no delay asked",
            "≤ 2.0 s",
            f"p50 {behind:.2f} s, p95 {percentile(report.latencies_s[100:], 0.95):.2f} s",
            behind <= 2.0,
        ),
        Row(
            "… stalls after start-up, errors, in a minute",
            "0, 0",
            f"{stalls}, {len(report.errors)}",
            not stalls and not report.errors,
        ),
    ]


def _player(figure: str, goal: str, report: PlayReport, is_met: bool) -> Row:
    longest = max((stall.seconds for stall in report.stalls), default=0.0)
    said = f" (first: {report.errors[0]})" if report.errors else ""
    return Row(
        figure,
        goal,
        f"{len(report.errors)} errors{said}, {len(report.stalls)} stalls (longest {longest:.2f} s)",
        is_met,
    )


def wait_for_calm(there: Stage) -> None:
    """Until every child has lived long enough for its last death to be forgiven.

    Otherwise one kill pays for another: a child that keeps dying is restarted ever more slowly.
    """

    def calm() -> bool:
        children = there.run.facts("supervisor").get("children", {})
        return bool(children) and all(child["up_s"] > FORGIVEN_S for child in children.values())

    until(f"every child has been up for {FORGIVEN_S} seconds", calm, 90)
