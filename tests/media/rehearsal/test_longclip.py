"""A long clip is a short loop whose tables point back; players cannot tell."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from orchestrator.rehearsal import longclip, loops, strip
from orchestrator.rehearsal.picture import Contribution
from orchestrator.timing.grid import Grid

pytestmark = pytest.mark.media

GRID = Grid.standard(30)
FRAMES = 20 * 30 + 7


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds and seven frames, from an eight-second loop."""
    folder = tmp_path_factory.mktemp("clips")
    film = loops.Film(320, 180, seconds=8, bitrate_bps=500_000, container="mp4")
    loop = loops.encode(Contribution(201, "film.clip", "Film", "A clip"), film, folder)
    longclip.repeat(loop, folder / "clip.mp4", FRAMES, GRID)
    return folder / "clip.mp4"


def test_it_is_as_long_as_asked_to_the_frame(clip: Path) -> None:
    with av.open(str(clip)) as container:
        pictures = [strip.read(f.to_ndarray()[:180]) for f in container.decode(video=0)]

    assert pictures == [(201, n % 240) for n in range(FRAMES)]


def test_its_sound_is_as_long_as_its_picture(clip: Path) -> None:
    with av.open(str(clip)) as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))

    assert 0 <= FRAMES * 1600 - samples < 1024


def test_it_can_be_sought_in(clip: Path) -> None:
    with av.open(str(clip)) as container:
        container.seek(18_000_000)
        frame = next(iter(container.decode(video=0)))

    assert frame.time == 18
    assert strip.read(frame.to_ndarray()[:180]) == (201, 18 * 30 % 240)


def test_a_loop_that_is_no_whole_number_of_chunks_is_refused(clip: Path) -> None:
    with pytest.raises(ValueError, match="no whole number of 16 pictures"):
        longclip.repeat(clip, clip.with_name("other.mp4"), 100, GRID)
