"""A contribution's film repeats without a seam, and its strip counts every picture of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest

from orchestrator.rehearsal import loops, sound, strip
from orchestrator.rehearsal.picture import Contribution

pytestmark = pytest.mark.media

MUMBAI = Contribution(3, "mumbai.headset", "Mumbai", "Sahyadri Institute")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("loops")


@pytest.fixture(scope="module")
def twice(folder: Path) -> Path:
    """The film, and the film again, as ffmpeg plays it round."""
    film = loops.encode(MUMBAI, loops.SMALL, folder)
    out = folder / "twice.ts"
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    play = [ffmpeg, "-v", "error", "-stream_loop", "1", "-i", str(film), "-c", "copy", str(out)]
    subprocess.run(play, check=True, timeout=30)
    return out


@pytest.mark.parametrize(("stream", "step"), [("video", 3000), ("audio", 1920)])
def test_packets_follow_each_other_evenly_across_the_seam(
    twice: Path, stream: str, step: int
) -> None:
    with av.open(str(twice)) as container:
        times = [packet.pts for packet in container.demux(**{stream: 0}) if packet.size]

    assert len(times) == 2 * 8 * 90_000 // step
    assert set(np.diff(times)) == {step}


def test_the_strip_counts_every_picture_and_starts_again(twice: Path) -> None:
    with av.open(str(twice)) as container:
        seen = [strip.read(frame.to_ndarray()[:180]) for frame in container.decode(video=0)]

    assert seen == [(3, counter) for counter in range(240)] * 2


def test_the_sound_has_no_click_at_the_seam(twice: Path) -> None:
    with av.open(str(twice)) as container:
        samples = np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1)

    steps = np.abs(np.diff(samples[0]))
    seam = slice(8 * 48_000 - 2400, 8 * 48_000 + 2400)
    elsewhere = slice(7 * 48_000 - 2400, 7 * 48_000 + 2400)
    assert steps[seam].max() < 1.1 * steps[elsewhere].max()


def test_the_sound_itself_ends_where_it_begins() -> None:
    loop = sound.sound(5, 8)

    assert loop.shape == (8 * 48_000, 2)
    assert np.abs(loop[-1] - loop[0]).max() < 0.02
    assert np.abs(loop).max() < 0.5


def test_a_film_is_made_once(folder: Path, twice: Path) -> None:
    first = dict(loops.loops([MUMBAI], loops.SMALL, folder, workers=1))
    made_ns = first[MUMBAI].stat().st_mtime_ns

    again = dict(loops.loops([MUMBAI], loops.SMALL, folder, workers=1))

    assert again[MUMBAI].stat().st_mtime_ns == made_ns


def test_a_length_with_a_seam_is_refused() -> None:
    with pytest.raises(ValueError, match="no whole number"):
        loops.Film(seconds=20)
