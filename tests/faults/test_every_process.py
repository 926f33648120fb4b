"""Thirteen sites, a platform, a DVR, recordings, two players: each process killed, then stopped.

One running tree. What is asked: players without an error or a stall, numbers without a hole, and
an as-run that says what happened. `make faults` runs it; `make test` has the short form
(tests/e2e/test_players.py).
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness.kills import columns, slates, wait_for_real
from harness.rtmp import NginxRtmp
from harness.run import ROOT, Run, Sites, until, write_event
from harness.watch import Watch
from players import Viewer, watch_all

pytestmark = [
    pytest.mark.alone,
    pytest.mark.e2e,
    pytest.mark.browser,
    pytest.mark.faults,
    pytest.mark.timeout(600),
]

CACHE = ROOT / "build" / "rehearsal"
STALL_S = 0.5
STOP_S = 5.0
SITES = (
    *("oslo", "quito", "lima", "accra", "tunis", "riga", "baku", "hanoi", "perth", "dakar"),
    *("turin", "porto", "sofia"),
)
VICTIMS = (
    *("programme", "gate", "origin", "control", "recorder", "monitor"),
    *("push.platform", "feed.oslo.headset", "feed.sofia.headset"),
)
EVENT = """\
version: 1
event: {id: everything, title: Everything, timezone: Europe/Paris, start: 2026-10-24 12:00,
        duration: 60m, audience: open}
programme: {size: 640x360, fps: 30, delay: 0s}
defaults: {preroll: 10s, arm: 1s, transition: cut, audience: open,
           health: {loss: 1s, freeze: 3s, black: off, silence: off, back_after: 1s}}
kinds:
  show:
    duration: 60m
    scene: {layout: pip, main: oslo.headset, inset: quito.headset}
    fallback: {main: [slate.site]}
outputs:
  hls: {window: 5m, dvr: 30m, ladder: [360p, 180p], audience: open}
  push: {platform: {url: env:PLATFORM_URL, audience: open}}
  record: {each: slot, keep: 1d}
rundown:
  - {id: show, title: The show, kind: show, site: oslo, start: event, end: event}
sites:
"""


def event(folder: Path) -> Path:
    sites = "".join(
        f"  {site}: {{title: {site}, city: {site}, timezone: UTC, "
        "feeds: {headset: {srt: env:FEED_KEY}}}\n"
        for site in SITES
    )
    return write_event(folder / "everything.yaml", EVENT + sites)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, tool: Callable[..., str]) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("everything")
    path = event(folder)
    with NginxRtmp(tool("nginx"), folder / "nginx") as nginx:
        sites = Sites(path, folder, CACHE)
        environment = {**sites.environment, "PLATFORM_URL": nginx.url("key-of-platform")}
        with (
            sites.pushers,
            Run(path, folder, environment, "--start", "now", "--on-air", wait_s=60) as running,
        ):
            wait_for_real(running, 0)
            until("the platform is served", lambda: is_sending(running), 30)
            yield running


def is_sending(run: Run) -> bool:
    return run.facts("push.platform").get("state") == "sending"


def calm(run: Run, viewer: Viewer, seconds: float) -> None:
    """Everybody is up and has been for so long: no kill may pay for the one before."""
    deadline_s = time.monotonic() + seconds + 60
    while time.monotonic() < deadline_s:
        children = run.facts("supervisor").get("children", {})
        if children and all(child["up_s"] > seconds for child in children.values()):
            return
        viewer.wait(0.5)
    raise AssertionError(f"not calm: {run.facts('supervisor')}")


def test_players_notice_nothing_while_every_process_is_killed_and_stopped_in_turn(
    run: Run,
) -> None:
    before_k = columns(run)[-1].k
    with (
        Watch(run.public, run.grid(), ["360p", "180p", "a"]) as fetched,
        watch_all(run.public + "hls/index.m3u8", ["hls.js", "shaka"]) as viewers,
    ):
        for viewer in viewers:
            viewer.wait_playing()
        viewers[0].wait(3)
        for victim in VICTIMS:
            killed_k = columns(run)[-1].k
            run.wait_for_another(victim, run.kill(victim))
            wait_for_real(run, killed_k + 3)
            calm(run, viewers[0], 5)
            print("killed", victim, *[viewer.report() for viewer in viewers], sep="\n  ")
        for victim in VICTIMS:
            pid = run.kill(victim, signal.SIGSTOP)
            viewers[0].wait(STOP_S)
            os.kill(pid, signal.SIGCONT)
            assert run.pid(victim) == pid
            print("stopped", victim, *[viewer.report() for viewer in viewers], sep="\n  ")
        reports = [viewer.report() for viewer in viewers]

    for report in reports:
        assert not report.errors, str(report)
        assert all(stall.seconds <= STALL_S for stall in report.stalls), str(report)
    print("slate, in parts:", slates(run, before_k))
    numbers = [column.k for column in columns(run)]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert not any(fetched.holes().values())
    assert not any(track.odd_lines for track in fetched.tracks.values())
    told = [(line["process"], line["what"]) for line in run.asrun() if line["event"] == "process"]
    children = run.facts("supervisor")["children"]
    for victim in VICTIMS:
        assert {(victim, "died"), (victim, "started"), (victim, "stopped")} <= set(told)
        assert children[victim]["restarts"] >= 1
    until("the platform is served again", lambda: is_sending(run), 30)
