"""Real players on a running event: hls.js, shaka, Chromium's own HLS, ffmpeg, PyAV; then kills."""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import av
import imageio_ffmpeg
import pytest
from harness.kills import columns, slates, wait_for_real
from harness.run import ROOT, Run, Sites
from harness.watch import Watch
from players import PlayReport, Viewer, watch_all

pytestmark = [pytest.mark.alone, pytest.mark.e2e, pytest.mark.timeout(120)]

EVENT = Path(__file__).parent / "events" / "long.yaml"
PLAY_S = 8
STALL_S = 0.5
FPS = 30


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("players")
    sites = Sites(EVENT, folder, ROOT / "build" / "rehearsal")
    with (
        sites.pushers,
        Run(EVENT, folder, sites.environment, "--start", "now", wait_s=60) as running,
    ):
        wait_for_real(running, 0)
        yield running


@pytest.fixture(scope="module")
def playlist(run: Run) -> str:
    return run.public + "hls/index.m3u8"


def assert_smooth(report: PlayReport) -> None:
    print(report, *report.stalls, *report.errors, sep="\n  ")
    assert not report.errors, str(report)
    assert all(stall.seconds <= STALL_S for stall in report.stalls), str(report)


@pytest.mark.browser
def test_players_in_a_browser_play_without_stalls_or_errors(playlist: str) -> None:
    with watch_all(playlist, ["hls.js", "shaka", "native"]) as viewers:
        for viewer in viewers:
            viewer.wait_playing()
        began = [viewer.report() for viewer in viewers]
        viewers[0].wait(PLAY_S)
        ended = [viewer.report() for viewer in viewers]

    for before, after in zip(began, ended, strict=True):
        assert_smooth(after)
        assert after.frames - before.frames > PLAY_S * FPS / 2, str(after)
        assert after.frame


def test_ffmpeg_plays_it_as_a_client(playlist: str) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-xerror", "-stats"]
    command += ["-i", playlist, "-t", str(PLAY_S), "-map", "0:v", "-map", "0:a", "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    said = [line for line in re.split(r"[\r\n]+", done.stderr) if line.strip()]
    frames = [int(found[1]) for line in said if (found := re.match(r"frame= *(\d+)", line))]
    assert done.returncode == 0, done.stderr
    assert [line for line in said if not line.startswith("frame=")] == []
    assert PLAY_S * FPS / 2 < frames[-1] <= PLAY_S * FPS + 1


def test_pyav_plays_it_as_a_client_and_time_runs_on_the_grid(playlist: str) -> None:
    times: list[float] = []
    with av.open(playlist, timeout=20) as container:
        for frame in container.decode(video=0):
            assert frame.time is not None
            times.append(frame.time)
            if times[-1] - times[0] >= PLAY_S:
                break

    # where the machine is too busy, the programme leaves a picture out; it never shifts one
    steps = [(after - before) * FPS for before, after in itertools.pairwise(times)]
    assert all(step == pytest.approx(round(step), abs=0.01) for step in steps)
    assert min(steps) > 0.5
    assert max(steps) <= STALL_S * FPS


@pytest.mark.browser
def test_players_play_on_while_everything_is_killed_or_stopped_in_turn(
    run: Run, playlist: str
) -> None:
    before_k = columns(run)[-1].k
    with (
        Watch(run.public, run.grid(), ["180p", "a"]) as fetched,
        watch_all(playlist, ["hls.js", "shaka"]) as viewers,
    ):
        for viewer in viewers:
            viewer.wait_playing()
        viewers[0].wait(2)
        for victim in ("programme", "gate", "origin", "feed.oslo.headset", "control"):
            kill_and_wait(run, victim, viewers)
        for victim in ("gate", "origin", "programme"):
            stop_and_wait(run, victim, viewers)
        reports = [viewer.report() for viewer in viewers]

    for report in reports:
        assert_smooth(report)
    print("slate, in parts:", slates(run, before_k))
    numbers = [column.k for column in columns(run)]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert slates(run, before_k)
    assert not any(fetched.holes().values())
    assert not any(track.odd_lines for track in fetched.tracks.values())
    told = {(line["process"], line["what"]) for line in run.asrun() if line["event"] == "process"}
    for victim in ("programme", "gate", "origin", "feed.oslo.headset", "control"):
        assert {(victim, "died"), (victim, "started")} <= told
    assert {("gate", "stopped"), ("origin", "stopped"), ("programme", "stopped")} <= told


def kill_and_wait(run: Run, victim: str, viewers: list[Viewer]) -> None:
    """Until it is back, the programme is public again, and viewers have had time to notice."""
    killed_k = columns(run)[-1].k
    run.wait_for_another(victim, run.kill(victim))
    wait_for_real(run, killed_k + 3)
    viewers[0].wait(3)
    print(victim, *[viewer.report() for viewer in viewers], sep="\n  ")


def stop_and_wait(run: Run, victim: str, viewers: list[Viewer]) -> None:
    """As a careless `kill -STOP`, which nobody takes back for longer than a player can wait."""
    pid = run.kill(victim, signal.SIGSTOP)
    viewers[0].wait(3)
    os.kill(pid, signal.SIGCONT)
    assert run.pid(victim) == pid
    print("stopped", victim, *[viewer.report() for viewer in viewers], sep="\n  ")
