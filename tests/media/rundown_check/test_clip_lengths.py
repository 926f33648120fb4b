"""How long the clips on this machine are, as check asks."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from orchestrator.errors import FeedBroken
from orchestrator.media.cliplength import clip_frames

pytestmark = pytest.mark.media


def _film(path: Path, frames: int) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(frames):
            picture = np.zeros((48, 64, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())


def test_the_length_of_a_clip_is_in_frames_of_the_programme(tmp_path: Path) -> None:
    _film(tmp_path / "film.mp4", 50)

    assert clip_frames(tmp_path / "film.mp4", 30) == 60


def test_a_file_that_is_no_film_is_named_without_its_folder(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_text("not a film")

    with pytest.raises(FeedBroken, match=r"^film\.mp4 cannot be read: "):
        clip_frames(tmp_path / "film.mp4", 30)
