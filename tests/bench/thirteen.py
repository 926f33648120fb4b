"""CPU of everything of ours against one ffmpeg command, from the same thirteen SRT streams.

Rounds alternate. Each gives CPU seconds per second of programme produced: ours counts every
process and child but the senders, and the parts that were published as the programme's own; the
rival's is in `rival.py`. Who makes less than 0.98 of real time cannot.

    BENCH_ROUNDS (3), BENCH_SECONDS (60)
"""

from __future__ import annotations

import os
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bench import events
from bench.rival import Made, Rival, rival, sites_shown, version
from bench.stage import Stage
from bench.table import Row
from bench.usage import by_role, cpu_by_name
from harness.run import ROOT, Run, Sites, percentile, until

from orchestrator.bus.decisions import REAL
from orchestrator.media.house import House
from orchestrator.rehearsal.loops import Film

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
MEASURED_S = float(os.environ.get("BENCH_SECONDS", "60"))
WARM_UP_S = 12.0
FEEDS = 13
CAN = 0.98
FILMS = {
    720: Film(seconds=8),
    1080: Film(1920, 1080, seconds=8, bitrate_bps=4_500_000),
}


@dataclass(frozen=True, slots=True)
class Round:
    """What one round came to; `roles` share its CPU seconds per second of programme."""

    rate: float
    cpu: float
    roles: Counter[str]
    remark: str = ""

    def text(self) -> str:
        cannot = "" if self.rate >= CAN else f" (cannot: {self.rate:.2f} × real time)"
        return f"{self.cpu:.3f}{cannot}"


def measure(height: int, goal: float) -> list[Row]:
    film = FILMS[height]
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/dev/shm") as scratch:
        folder = Path(scratch)
        event = events.write(folder / "thirteen.yaml", FEEDS)
        sites = Sites(event, folder, ROOT / "build" / "rehearsal", film)
        ours: list[Round] = []
        theirs: list[Round] = []
        with sites.pushers:
            for i in range(ROUNDS):
                ours.append(_ours(sites, event, folder / f"ours{i}"))
                _say(f"ours {i + 1}", ours[-1])
                theirs.append(_theirs(sites, folder / f"theirs{i}", film))
                _say(f"ffmpeg {i + 1}", theirs[-1])
    return _rows(height, goal, ours, theirs)


def _rows(height: int, goal: float, ours: list[Round], theirs: list[Round]) -> list[Row]:
    a, b = (percentile([r.cpu for r in rounds], 0.5) for rounds in (ours, theirs))
    shares = ", ".join(
        f"{role} {percentile([r.roles[role] for r in ours], 0.5):.3f}" for role in ours[0].roles
    )
    slow = [r.rate for r in theirs if r.rate < CAN]
    cannot = f"; cannot, {min(slow):.2f}-{max(slow):.2f} × real time" if slow else ""
    can_we = all(r.rate >= CAN for r in ours)
    return [
        Row(
            f"CPU of everything, {FEEDS} SRT sites at {height}p30, against one ffmpeg",
            f"≤ {goal} ×",
            f"{a / b:.2f} ×: {a:.2f} against {b:.2f} CPU s per s of programme{cannot} "
            f"(ours {', '.join(r.text() for r in ours)}; "
            f"ffmpeg {version()} {', '.join(r.text() for r in theirs)})",
            a / b <= goal and can_we,
        ),
        Row("… of which ours", "-", shares, True),
    ]


def _ours(sites: Sites, event: Path, folder: Path) -> Round:
    with Run(event, folder, sites.environment, "--start", "now") as run:
        there = Stage(sites, run)
        grid = run.grid()
        started = there.wait_for_real(run.day().start_n, timeout_s=60).k
        warm_k = started + round(WARM_UP_S / grid.part_s)
        first_k, before, began_s = _reaches(there, warm_k)
        last_k, after, ended_s = _reaches(there, first_k + round(MEASURED_S / grid.part_s))
        real = sum(
            set(c.tracks.values()) == {REAL} for c in there.columns() if first_k < c.k <= last_k
        )
    produced_s = real * grid.part_s
    roles = by_role(after - before)
    shared = Counter({role: value / produced_s for role, value in roles.items()})
    return Round(produced_s / (ended_s - began_s), sum(shared.values()), shared)


def _reaches(there: Stage, k: int) -> tuple[int, Counter[str], float]:
    """The newest column, the CPU so far and the time, once column `k` is decided."""

    def newest() -> int | None:
        last = there.columns()[-1].k
        return last if last >= k else None

    reached = until(f"part {k} is decided", newest, 120)
    return reached, cpu_by_name(there.run), time.monotonic()


def _theirs(sites: Sites, folder: Path, film: Film) -> Round:
    programme = sites.event.programme
    hls = next(output for output in sites.event.outputs if output.kind == "hls")
    house = House.of(programme.width, programme.height, programme.fps, tuple(hls.ladder))
    is_house_size = (film.width, film.height) == (house.width, house.height)
    with rival(list(sites.legs.values()), house, folder, is_house_size=is_house_size) as other:
        first = other.next()
        while first.frames == 0:
            first = other.next()
        before = _after(other, first.at_s + WARM_UP_S)
        after = _after(other, before.at_s + MEASURED_S)
        remark = f"{other.complaints()} complaints; sites shown: "
    produced_s = (after.frames - before.frames) / programme.fps
    cpu = (after.cpu_s - before.cpu_s) / produced_s
    rate = produced_s / (after.at_s - before.at_s)
    shown = sites_shown(folder, house)
    if rate >= CAN and shown != {(1, 2)}:
        raise AssertionError(f"ffmpeg does not make the same programme: {shown}")
    return Round(rate, cpu, Counter(ffmpeg=cpu), f"{remark}{sorted(shown)}")


def _after(other: Rival, at_s: float) -> Made:
    report = other.next()
    while report.at_s < at_s:
        report = other.next()
    return report


def _say(who: str, what: Round) -> None:
    shares = ", ".join(f"{role} {value:.3f}" for role, value in what.roles.items())
    print(
        f"  {who}: {what.text()} at {what.rate:.3f} × real time; {shares} {what.remark}", flush=True
    )
