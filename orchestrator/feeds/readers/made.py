"""Little films made in memory: a still picture, and moving bars with a beep.

Encoded once when the reader opens (well under a second), as Matroska.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from orchestrator.errors import FeedBroken
from orchestrator.feeds.readers.opened import OpenedInput
from orchestrator.media.conform import Conformer
from orchestrator.media.ring import Planes
from orchestrator.rundown.plan import Programme
from orchestrator.timing.grid import AAC_SAMPLES, AUDIO_RATE

_STILL_FPS = 5
_STILL_S = 2
_BARS_S = 4
_X264 = {"preset": "ultrafast", "crf": "16", "bf": "0"}


def still(path: str, programme: Programme) -> bytes:
    """Two seconds of a picture file, at the house's size. Raises MediaError."""
    opened = OpenedInput(path, path)
    try:
        frame = next((f for p in opened.packets() for f in p.decode()), None)
    finally:
        opened.close()
    if not isinstance(frame, VideoFrame):
        raise FeedBroken(f"{path} is not a picture")
    conformer = Conformer(programme.width, programme.height)
    picture = conformer.picture(frame, rotation=frame.rotation)
    return _film(programme, _STILL_FPS, (picture for _ in range(_STILL_S * _STILL_FPS)), None)


def bars(programme: Programme) -> bytes:
    """Four seconds of coloured bars, a white line moving across them, and a beep a second."""
    fps = programme.fps
    t = np.arange(_BARS_S * AUDIO_RATE) / AUDIO_RATE
    beep = 0.1 * np.sin(2 * np.pi * 1000 * t) * (t % 1.0 < 0.1)
    return _film(programme, fps, _bars(programme, _BARS_S * fps), beep.astype(np.float32))


def _bars(programme: Programme, count: int) -> Iterator[Planes]:
    # white, yellow, cyan, green, magenta, red, blue at 75 % (ITU-R BT.709, limited range)
    ys, us, vs = (
        (180, 168, 145, 134, 63, 51, 28),
        (128, 44, 147, 63, 193, 109, 212),
        (128, 136, 44, 52, 204, 212, 120),
    )
    w, h = programme.width, programme.height
    column = np.arange(w) * 7 // w
    y = np.tile(np.take(np.array(ys, np.uint8), column), (h, 1))
    u = np.tile(np.take(np.array(us, np.uint8), column[::2]), (h // 2, 1))
    v = np.tile(np.take(np.array(vs, np.uint8), column[::2]), (h // 2, 1))
    for i in range(count):
        moved = y.copy()
        x = i * w // count
        moved[:, x : x + max(2, w // 80)] = 235
        yield moved, u, v


def _film(
    programme: Programme, fps: int, pictures: Iterator[Planes], sound: NDArray[np.float32] | None
) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        video = container.add_stream("libx264", rate=fps, options=_X264)
        video.width, video.height, video.pix_fmt = programme.width, programme.height, "yuv420p"
        video.gop_size = fps * _BARS_S
        video.codec_context.thread_count = 1
        video.codec_context.colorspace = 1
        audio = None if sound is None else container.add_stream("aac", rate=AUDIO_RATE)
        for i, planes in enumerate(pictures):
            flat = np.concatenate([plane.reshape(-1) for plane in planes])
            frame = VideoFrame.from_ndarray(
                flat.reshape(programme.height * 3 // 2, programme.width), format="yuv420p"
            )
            frame.pts, frame.time_base = i, Fraction(1, fps)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if sound is not None and audio is not None:
            for at in range(0, len(sound), AAC_SAMPLES):
                block = sound[None, at : at + AAC_SAMPLES]
                heard = AudioFrame.from_ndarray(block, format="fltp", layout="mono")
                heard.sample_rate, heard.pts = AUDIO_RATE, at
                container.mux(audio.encode(heard))
            container.mux(audio.encode(None))
    return file.getvalue()
