"""Simulated contributions over real SRT: they arrive, and they come back when they fall."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import av
import imageio_ffmpeg
import pytest

from orchestrator.bus.lines import read_lines
from orchestrator.rehearsal import loops, sites, strip
from orchestrator.rehearsal.picture import Contribution
from orchestrator.rehearsal.pushers import Push, Pushers

pytestmark = pytest.mark.media

MUMBAI = Contribution(3, "mumbai.headset", "Mumbai", "Sahyadri Institute")


class Listener:
    """The receiving end: an ffmpeg that listens, decrypts and passes the bytes on."""

    def __init__(self, leg: sites.Leg) -> None:
        command = f"-v error -f data -raw_packet_size 1316 -i {leg.listener} -map 0 -c copy"
        self._process = subprocess.Popen(
            [imageio_ffmpeg.get_ffmpeg_exe(), *command.split(), *["-f", "data", "pipe:1"]],
            stdout=subprocess.PIPE,
        )

    def strips(self) -> Iterator[strip.Strip | None]:
        assert self._process.stdout is not None
        with av.open(self._process.stdout, format="mpegts") as container:
            for frame in container.decode(video=0):
                yield strip.read(frame.to_ndarray()[:180])

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def leg() -> sites.Leg:
    return sites.Leg.some(1)[0]


@pytest.fixture
def pushers(tmp_path: Path, leg: sites.Leg) -> Iterator[Pushers]:
    film = loops.encode(MUMBAI, loops.SMALL, tmp_path)
    push = Push(MUMBAI.feed, MUMBAI.number, film, leg.caller, fps=30, frames=240)
    with Pushers([push], tmp_path / "sent.jsonl") as running:
        yield running


def test_a_contribution_arrives_picture_by_picture_and_its_sending_is_on_record(
    pushers: Pushers, leg: sites.Leg, tmp_path: Path
) -> None:
    with Listener(leg) as listener:
        arriving = listener.strips()
        seen = [next(arriving) for _ in range(30)]

    assert None not in seen
    assert {s.site for s in seen if s} == {3}
    counters = [s.counter for s in seen if s]
    assert counters == list(range(counters[0], counters[0] + 30))
    record = read_lines(tmp_path / "sent.jsonl")[-1]
    assert (record["feed"], record["number"], record["frames"]) == ("mumbai.headset", 3, 240)


def test_a_contribution_that_was_killed_comes_back(pushers: Pushers, leg: sites.Leg) -> None:
    with Listener(leg) as listener:
        assert next(listener.strips()) is not None
        os.kill(pushers.pids()["mumbai.headset"], signal.SIGKILL)

    with Listener(leg) as listener:
        assert next(listener.strips()) is not None


def test_the_passphrase_is_in_no_repr(leg: sites.Leg) -> None:
    push = Push("a.b", 1, Path("film.ts"), leg.caller, fps=30, frames=240)

    assert leg.passphrase not in f"{leg!r} {push!r}"
