"""Films for the feed tests, encoded once per run: the strip tells which picture is which."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from orchestrator.rehearsal import strip

W, H = 320, 180


class FilmMaker(Protocol):
    def __call__(
        self,
        *,
        seconds: float = ...,
        fps: Fraction = ...,
        gop: int = ...,
        size: tuple[int, int] = ...,
        sound: tuple[str, int] | None = ...,
        picture: bool = ...,
        b_frames: int = ...,
        suffix: str = ...,
        times: tuple[int, ...] | None = ...,
    ) -> Path: ...


def house_picture(counter: int, size: tuple[int, int] = (W, H)) -> VideoFrame:
    """Grey that moves, with the strip of site 7."""
    frame = VideoFrame(*size, "yuv420p")
    for i, plane in enumerate(frame.planes):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        rows[:] = 128
        if i == 0:
            luma = rows[:, : size[0]]
            luma[:] = (np.arange(size[0]) + 3 * counter) % 120 + 60
            strip.draw(luma, 7, counter)
    return frame


def encode(
    path: Path,
    *,
    seconds: float = 2.0,
    fps: Fraction = Fraction(30),
    gop: int = 30,
    size: tuple[int, int] = (W, H),
    sound: tuple[str, int] | None = ("stereo", 48_000),
    picture: bool = True,
    b_frames: int = 0,
    times: tuple[int, ...] | None = None,
) -> None:
    """`times`: presentation times of the pictures in milliseconds, for a variable rate."""
    container = av.open(str(path), "w")
    count = len(times) if times else int(seconds * fps)
    video = audio = None
    if picture:
        options = {"preset": "ultrafast", "crf": "20", "bf": str(b_frames), "sc_threshold": "0"}
        video = container.add_stream("libx264", rate=fps, options=options)
        video.width, video.height, video.pix_fmt, video.gop_size = *size, "yuv420p", gop
        video.codec_context.thread_count = 1
        video.codec_context.time_base = Fraction(1, 1000) if times else 1 / fps
    if sound is not None:
        audio = container.add_stream("aac", rate=sound[1], layout=sound[0])
    heard = 0
    for i in range(count):
        if video is not None:
            frame = house_picture(i, size)
            frame.pts = times[i] if times else i
            frame.time_base = Fraction(1, 1000) if times else 1 / fps
            container.mux(video.encode(frame))
        while audio is not None and sound is not None and heard < (i + 1) / fps * sound[1]:
            t = np.arange(heard, heard + 1024) / sound[1]
            beep = (0.3 * np.sin(2 * np.pi * 1000 * t) * (t % 1.0 < 0.1)).astype(np.float32)
            block = np.tile(beep, (2 if sound[0] == "stereo" else 1, 1))
            block_frame = AudioFrame.from_ndarray(block, format="fltp", layout=sound[0])
            block_frame.sample_rate, block_frame.pts = sound[1], heard
            container.mux(audio.encode(block_frame))
            heard += 1024
    for stream in (video, audio):
        if stream is not None:
            container.mux(stream.encode(None))
    container.close()


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`film(gop=60, …)`: the path of such a film; the same arguments give the same file."""
    folder = tmp_path_factory.mktemp("films")
    made: dict[str, Path] = {}

    def make(suffix: str = ".ts", **wish: object) -> Path:
        key = f"{suffix} {sorted(wish.items())}"
        if key not in made:
            made[key] = folder / f"{len(made)}{suffix}"
            encode(made[key], **wish)  # type: ignore[arg-type]
        return made[key]

    return make
