"""Served playlists against the draft, by a checker of our own and npm hls-parser; bytes by ffmpeg.

A real event with two renditions and slots that begin while we look. `ORCH_LONG=1` watches a minute
instead of 20 s.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import imageio_ffmpeg
import pytest
from harness.run import ROOT, Run, Sites, get, until
from harness.watch import Watch
from hlscheck import Report, follow
from hlscheck.strict import hls_parser

from orchestrator.bus.decisions import REAL, Column
from orchestrator.bus.lines import read_lines

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

EVENT = Path(__file__).parent / "events" / "ladder.yaml"
TRACKS = ["360p", "180p", "a"]
LOOK_S = 60 if os.environ.get("ORCH_LONG") else 20
KILL_S = 12


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("ladder")
    sites = Sites(EVENT, folder, ROOT / "build" / "rehearsal")
    with (
        sites.pushers,
        Run(EVENT, folder, sites.environment, "--start", "now", wait_s=60) as running,
    ):
        wait_for_real(running, 0)
        yield running


@pytest.fixture
def watch(run: Run) -> Iterator[Watch]:
    with Watch(run.public, run.grid(), TRACKS) as watching:
        yield watching


def columns(run: Run) -> list[Column]:
    return [Column.of(r) for r in read_lines(run.live.decisions) if "act" not in r]


def wait_for_real(run: Run, after_k: int) -> Column:
    def real() -> Column | None:
        later = (c for c in columns(run) if c.k > after_k)
        return next((c for c in later if set(c.tracks.values()) == {REAL}), None)

    return until("the programme's own parts are public", real, 30)


def look(run: Run, seconds: float, *, tolerate: tuple[str, ...] = ()) -> Report:
    return follow(run.public + "hls/index.m3u8", seconds, tolerate=tolerate)


def assert_clean(report: Report) -> None:
    assert not report.findings, str(report)
    assert hls_parser(report.texts) == []
    assert report.deltas > 0
    assert report.segments > 0


def assert_decodes(watch: Watch, folder: Path) -> None:
    """All that was fetched of each track, joined, none missing, is one file without an error."""
    assert not any(watch.holes().values())
    for name, track in watch.tracks.items():
        assert not track.odd_lines
        file = folder / f"{name}.mp4"
        parts = [track.parts[k].body for k in sorted(track.parts)]
        file.write_bytes(track.init + b"".join(parts))
        decode = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-xerror", "-i", str(file)]
        done = subprocess.run(
            [*decode, "-f", "null", "-"], capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), name


def test_bit_rate_and_preset_are_those_of_the_file(run: Run) -> None:
    text = get(run.public + "hls/index.m3u8")[1].decode()

    variant = r"#EXT-X-STREAM-INF:BANDWIDTH=\d+,AVERAGE-BANDWIDTH=(\d+),RESOLUTION=([0-9x]+)"
    averages = dict(re.findall(variant, text))
    sound_bps = 128_000
    assert averages == {str(500_000 + sound_bps): "640x360", str(250_000 + sound_bps): "320x180"}
    described = json.loads(run.live.processes.read_bytes())
    assert described["ladder"] == ["360p 500k faster", "180p"]


def test_nothing_is_found_in_what_is_served(run: Run, watch: Watch, tmp_path: Path) -> None:
    report = look(run, LOOK_S)

    assert_clean(report)
    assert report.interruptions == 0
    assert_decodes(watch, tmp_path)


@pytest.mark.parametrize(
    ("victim", "tolerate"),
    [("programme", ()), ("gate", ("cadence",)), ("origin", ("cadence",))],
)
def test_nothing_is_found_across_a_kill(
    run: Run, watch: Watch, tmp_path: Path, victim: str, tolerate: tuple[str, ...]
) -> None:
    """A restart takes the gate and the origin longer than a part; all else holds."""
    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(look, run, KILL_S, tolerate=tolerate)
        before_k = columns(run)[-1].k
        until("it is being watched", lambda: columns(run)[-1].k > before_k + 4, 10)
        killed_k = columns(run)[-1].k
        run.wait_for_another(victim, run.kill(victim))
        wait_for_real(run, killed_k + 4)
        report = looking.result()

    assert_clean(report)
    assert_decodes(watch, tmp_path)
    numbers = [column.k for column in columns(run)]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    if victim == "programme":
        assert any(REAL not in c.tracks.values() for c in columns(run) if c.k > killed_k)
