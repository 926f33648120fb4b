"""CPU of ours against one ffmpeg command, from the same SRT streams: two of them, or thirteen.

Rounds alternate. Each gives CPU seconds per second of programme produced: ours counts every
process and child but the senders (of `two`, what does the rival's work: programme, feeds and their
SRT children), and the parts that were published as the programme's own, less the pictures that
were left out of the rendition which suffered most; the rival's is in `rival.py`. Who makes less
than 0.98 of real time cannot, and loses what it should have decoded; it then gets a round more in
which it reads the same streams from files as fast as it goes, without any network, and that is what
counts: the least that the work takes it. `thirteen-all` adds a push to a real nginx-rtmp, a
recording and the DVR to ours, and nothing to the rival.

    BENCH_ROUNDS (3), BENCH_SECONDS (60)
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import events
from bench.rival import Made, Rival, from_disk, from_network, rival, sites_shown, version
from bench.stage import Stage
from bench.table import Row
from bench.usage import by_role, cpu_by_name
from harness.rtmp import NginxRtmp
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


@dataclass(frozen=True, slots=True)
class Contest:
    """`roles` of ours that are counted; none are all. `everything`: pushed and recorded too."""

    figure: str
    goal: float
    feeds: int = FEEDS
    height: int = 720
    roles: frozenset[str] = frozenset()
    everything: bool = False


TWO = Contest(
    "CPU of programme, 2 hot feeds and their SRT children at 720p30, against one ffmpeg",
    goal=1.25,
    feeds=2,
    roles=frozenset({"programme", "programme+", "feed", "srt"}),
)
THIRTEEN = Contest("CPU of everything, 13 SRT sites at 720p30, against one ffmpeg", goal=0.75)
THIRTEEN_ALL = Contest(
    "CPU of everything, pushed and recorded too, 13 SRT sites at 720p30, against one ffmpeg",
    goal=0.75,
    everything=True,
)
THIRTEEN_1080 = Contest(
    "CPU of everything, 13 SRT sites at 1080p30, against one ffmpeg", goal=0.55, height=1080
)


def measure(contest: Contest) -> list[Row]:
    film = FILMS[contest.height]
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/dev/shm") as scratch:
        folder = Path(scratch)
        outputs = events.Outputs(everything=contest.everything)
        event = events.write(folder / "sites.yaml", contest.feeds, outputs)
        sites = Sites(event, folder, ROOT / "build" / "rehearsal", film)
        ours: list[Round] = []
        theirs: list[Round] = []
        with sites.pushers:
            for i in range(ROUNDS):
                ours.append(ours_of(contest, sites, event, folder / f"ours{i}"))
                say(f"ours {i + 1}", ours[-1])
                theirs.append(_theirs(sites, folder / f"theirs{i}", film))
                say(f"ffmpeg {i + 1}", theirs[-1])
        offline = None
        if any(r.rate < CAN for r in theirs):
            inputs = from_disk(list(sites.films.values()))
            offline = _theirs(sites, folder / "offline", film, inputs)
            say("ffmpeg from files", offline)
    return rows(contest.figure, contest.goal, ours, theirs, f"ffmpeg {version()}", offline)


def rows(
    figure: str,
    goal: float,
    ours: list[Round],
    theirs: list[Round],
    rival_is: str,
    offline: Round | None = None,
) -> list[Row]:
    a, b = (percentile([r.cpu for r in rounds], 0.5) for rounds in (ours, theirs))
    b = offline.cpu if offline else b
    slow = [r.rate for r in theirs if r.rate < CAN]
    cannot = f"; cannot, {min(slow):.2f}-{max(slow):.2f} × real time" if slow else ""
    if offline:
        cannot += f"; from files without a network {offline.cpu:.2f}"
    can_we = all(r.rate >= CAN for r in ours)
    return [
        Row(
            figure,
            f"≤ {goal} ×",
            f"{a / b:.2f} ×: {a:.2f} against {b:.2f} CPU s per s of programme{cannot} "
            f"(ours {', '.join(r.text() for r in ours)}; "
            f"{rival_is} {', '.join(r.text() for r in theirs)})",
            a / b <= goal and can_we,
        ),
        Row("… of which ours", "-", shares(ours), True),
        *(
            [Row("… of which theirs", "-", shares(theirs), True)]
            if len(theirs[0].roles) > 1
            else []
        ),
    ]


def shares(rounds: list[Round]) -> str:
    return ", ".join(
        f"{role} {percentile([r.roles[role] for r in rounds], 0.5):.3f}" for role in rounds[0].roles
    )


def ours_of(contest: Contest, sites: Sites, event: Path, folder: Path) -> Round:
    with _performance(contest, sites, event, folder) as run:
        there = Stage(sites, run)
        grid = run.grid()
        started = there.wait_for_real(run.day().start_n, timeout_s=60).k
        warm_k = started + round(WARM_UP_S / grid.part_s)
        first_k, before, began_s = _reaches(there, warm_k)
        left_out = _left_out(run)
        last_k, after, ended_s = _reaches(there, first_k + round(MEASURED_S / grid.part_s))
        real = sum(
            set(c.tracks.values()) == {REAL} for c in there.columns() if first_k < c.k <= last_k
        )
        if contest.everything:
            _assert_pushed_and_recorded(run)
        pictures = (last_k - first_k) * grid.part_frames
        whole = 1 - max(now - left_out[name] for name, now in _left_out(run).items()) / pictures
    produced_s = real * grid.part_s * whole
    roles = by_role(after - before)
    if contest.roles:
        roles = Counter({role: s for role, s in roles.items() if role in contest.roles})
    shared = Counter({role: value / produced_s for role, value in roles.items()})
    return Round(produced_s / (ended_s - began_s), sum(shared.values()), shared)


@contextmanager
def _performance(contest: Contest, sites: Sites, event: Path, folder: Path) -> Iterator[Run]:
    """Ours; with the platform, which is none of ours, before it."""
    if not contest.everything:
        with Run(event, folder, sites.environment, "--start", "now") as run:
            yield run
        return
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin")
    assert nginx is not None, "nginx is not installed (make test as root installs it)"
    with NginxRtmp(nginx, folder / "nginx") as platform:
        environment = {**sites.environment, events.PUSH_URL: platform.url("bench")}
        with Run(event, folder, environment, "--start", "now", "--on-air") as run:
            yield run


def _assert_pushed_and_recorded(run: Run) -> None:
    push = run.facts("push.platform")
    assert push.get("state") == "sending", f"the push does not push: {push}"
    assert run.pid("recorder") is not None, "the recorder does not run"


def _left_out(run: Run) -> dict[str, int]:
    """Pictures that each rendition has not encoded so far."""
    ladder = run.facts("programme")["ladder"]
    return {name: int(rung["left_out"]) + int(rung["lost"]) for name, rung in ladder.items()}


def _reaches(there: Stage, k: int) -> tuple[int, Counter[str], float]:
    """The newest column, the CPU so far and the time, once column `k` is decided."""

    def newest() -> int | None:
        last = there.columns()[-1].k
        return last if last >= k else None

    reached = until(f"part {k} is decided", newest, 120)
    return reached, cpu_by_name(there.run), time.monotonic()


def _theirs(sites: Sites, folder: Path, film: Film, inputs: list[list[str]] | None = None) -> Round:
    inputs = inputs or from_network(list(sites.legs.values()))
    house = house_of(sites)
    is_house_size = (film.width, film.height) == (house.width, house.height)
    with rival(inputs, house, folder, is_house_size=is_house_size) as other:
        return measured(other, house, folder, "ffmpeg")


def house_of(sites: Sites) -> House:
    programme = sites.event.programme
    hls = next(output for output in sites.event.outputs if output.kind == "hls")
    return House.of(programme.width, programme.height, programme.fps, tuple(hls.ladder))


def measured(other: Rival, house: House, folder: Path, name: str) -> Round:
    """A round of a rival that has just been started, and what it has made."""
    first = other.next()
    while first.frames == 0:
        first = other.next()
    before = _after(other, first.at_s + WARM_UP_S)
    after = _after(other, before.at_s + MEASURED_S)
    produced_s = (after.frames - before.frames) / house.grid.fps
    spent = after.cpu_s - before.cpu_s
    roles = Counter({role: seconds / produced_s for role, seconds in spent.items()})
    rate = produced_s / (after.at_s - before.at_s)
    shown = sites_shown(folder, house)
    if rate >= CAN and shown != {(1, 2)}:
        raise AssertionError(f"{name} does not make the same programme: {shown}")
    remark = f"{other.complaints()} complaints; sites shown: {sorted(shown)}"
    return Round(rate, sum(roles.values()), roles, remark)


def _after(other: Rival, at_s: float) -> Made:
    report = other.next()
    while report.at_s < at_s:
        report = other.next()
    return report


def say(who: str, what: Round) -> None:
    shares = ", ".join(f"{role} {value:.3f}" for role, value in what.roles.items())
    print(
        f"  {who}: {what.text()} at {what.rate:.3f} × real time; {shares} {what.remark}", flush=True
    )
