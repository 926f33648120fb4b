"""The strip comes through two encoders at low rates, at the sizes of renditions and insets."""

from __future__ import annotations

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from orchestrator.rehearsal import strip

pytestmark = pytest.mark.media

Luma = NDArray[np.uint8]
FRAMES = 30


def moving_scene(width: int, height: int, seed: int) -> list[Luma]:
    """Large blobs that drift, so that the encoder has something else to spend its bits on."""
    noise = np.random.default_rng(seed).integers(16, 235, (height // 6, width // 6 + FRAMES))
    blobs = cv2.resize(noise.astype(np.uint8), None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    return [
        np.ascontiguousarray(blobs[:height, 6 * i : 6 * i + width], np.uint8) for i in range(FRAMES)
    ]


def scaled(picture: Luma, width: int, height: int) -> Luma:
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def through_x264(pictures: list[Luma], bitrate_bps: int) -> list[Luma]:
    """Encode as the programme does (zerolatency, one IDR) and decode again."""
    height, width = pictures[0].shape
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(30), Fraction(1, 30)
    rate = str(bitrate_bps)
    encoder.options = {"preset": "veryfast", "tune": "zerolatency", "bf": "0", "b": rate}
    encoder.options |= {"maxrate": rate, "bufsize": rate}
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoded: list[Luma] = []
    for i, luma in enumerate(pictures):
        frame = av.VideoFrame(width, height, "yuv420p")
        for plane, content in zip(frame.planes, (luma, None, None), strict=True):
            rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
            rows[:, : plane.width] = 128 if content is None else content
        frame.pts = i
        for packet in encoder.encode(frame):
            decoded += [luma_of(picture) for picture in decoder.decode(packet)]
    decoded += [
        luma_of(picture) for packet in encoder.encode() for picture in decoder.decode(packet)
    ]
    decoded += [luma_of(picture) for picture in decoder.decode(None)]
    return decoded


def luma_of(frame: av.VideoFrame) -> Luma:
    plane = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width].copy()


def contribution(site: int) -> list[Luma]:
    """A site's pictures after its own encoder, at 2 Mb/s."""
    pictures = moving_scene(1280, 720, site)
    for counter, picture in enumerate(pictures):
        strip.draw(picture, site, 1_000_000 + counter)
    return through_x264(pictures, 2_000_000)


@pytest.mark.parametrize(
    ("width", "height", "bitrate_bps"),
    [(854, 480, 800_000), (640, 360, 400_000), (320, 180, 150_000)],
)
def test_every_frame_is_read_after_two_encoders(width: int, height: int, bitrate_bps: int) -> None:
    sent = [scaled(picture, width, height) for picture in contribution(9)]

    seen = [strip.read(picture) for picture in through_x264(sent, bitrate_bps)]

    assert seen == [(9, 1_000_000 + i) for i in range(FRAMES)]


@pytest.mark.parametrize(
    ("width", "height", "bitrate_bps"), [(640, 360, 700_000), (854, 480, 1_200_000)]
)
def test_the_inset_of_a_low_rendition_is_read_in_every_frame(
    width: int, height: int, bitrate_bps: int
) -> None:
    box = (0.70, 0.66, 0.27, 0.27)
    x, y, w, h = (round(v * s / 2) * 2 for v, s in zip(box, (width, height) * 2, strict=True))
    composed = []
    for behind, inset in zip(contribution(1), contribution(2), strict=True):
        picture = scaled(behind, width, height)
        picture[y : y + h, x : x + w] = scaled(inset, w, h)
        composed.append(picture)

    seen = through_x264(composed, bitrate_bps)

    assert [strip.read(picture) for picture in seen] == [(1, 1_000_000 + i) for i in range(FRAMES)]
    assert [strip.read(picture, box) for picture in seen] == [
        (2, 1_000_000 + i) for i in range(FRAMES)
    ]
