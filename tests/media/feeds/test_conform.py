"""Whatever arrives becomes a house picture: colour, shape, rotation, fields."""

from __future__ import annotations

from fractions import Fraction
from typing import cast

import numpy as np
import pytest
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from orchestrator.media.conform import Conformer, Deinterlacer, Fit, fit_into, plane_view

pytestmark = pytest.mark.media

HOUSE = (640, 360)
RED_601, RED_709 = (82, 90, 240), (63, 102, 240)


def solid(
    size: tuple[int, int], yuv: tuple[int, int, int], format: str = "yuv420p", **tags: int
) -> VideoFrame:
    frame = VideoFrame(*size, format)
    for i, value in enumerate(yuv):
        plane_view(frame, i)[...] = value
    for name, value in tags.items():
        setattr(frame, name, value)
    return frame


def at(planes: tuple[np.ndarray, ...], x: int, y: int) -> tuple[int, int, int]:
    return tuple(int(p[y // (1 + (i > 0)), x // (1 + (i > 0))]) for i, p in enumerate(planes))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (solid((640, 360), RED_709, colorspace=1), "already right"),
        (solid((1280, 720), RED_709), "HD without a tag is BT.709"),
        (solid((320, 180), RED_601), "SD without a tag is BT.601"),
        (solid((640, 360), RED_601, colorspace=5), "BT.601 by its tag"),
        (solid((320, 180), (76, 85, 255), "yuvj420p"), "full range by its format"),
        (solid((320, 180), (76, 85, 255), colorspace=6, color_range=2), "full range by its tag"),
        (VideoFrame.from_ndarray(np.full((90, 160, 3), (255, 0, 0), np.uint8)), "RGB"),
    ],
)
def test_red_is_the_same_red_however_it_arrives(frame: VideoFrame, why: str) -> None:
    planes = Conformer(*HOUSE).picture(frame)

    assert [p.shape for p in planes] == [(360, 640), (180, 320), (180, 320)]
    assert at(planes, 320, 180) == pytest.approx(RED_709, abs=2), why


def test_a_right_picture_is_handed_on_without_a_copy() -> None:
    frame = solid(HOUSE, RED_709, colorspace=1)

    planes = Conformer(*HOUSE).picture(frame)
    plane_view(frame, 0)[0, 0] = 99

    assert planes[0][0, 0] == 99


@pytest.mark.parametrize(
    ("size", "aspect", "rotation", "fit"),
    [
        ((1920, 1080), Fraction(1), 0, Fit(640, 360, 0, 0, 0)),
        ((1440, 1080), Fraction(1), 0, Fit(480, 360, 0, 80, 0)),
        ((1440, 1080), Fraction(4, 3), 0, Fit(640, 360, 0, 0, 0)),
        ((720, 576), Fraction(64, 45), 0, Fit(640, 360, 0, 0, 0)),
        ((2560, 1080), Fraction(1), 0, Fit(640, 270, 0, 0, 44)),
        ((1080, 1920), Fraction(1), 90, Fit(360, 640, 1, 0, 0)),
        ((1920, 1080), Fraction(1), -90, Fit(360, 202, 3, 218, 0)),
        ((1920, 1080), Fraction(1), 180, Fit(640, 360, 2, 0, 0)),
    ],
)
def test_a_picture_is_fitted_whole_and_in_the_middle(
    size: tuple[int, int], aspect: Fraction, rotation: int, fit: Fit
) -> None:
    assert fit_into(HOUSE, size, aspect, rotation) == fit


def test_bars_are_black_also_after_the_shape_has_changed() -> None:
    conformer = Conformer(*HOUSE)
    wide = conformer.picture(solid((640, 270), RED_709, colorspace=1))
    assert at(wide, 320, 10) == (16, 128, 128)
    assert at(wide, 320, 180) == RED_709

    narrow = conformer.picture(solid((480, 360), RED_709, colorspace=1))

    assert at(narrow, 10, 180) == (16, 128, 128)
    assert at(narrow, 320, 10) == RED_709


def test_a_picture_held_upright_is_turned() -> None:
    frame = solid((360, 640), (60, 128, 128), colorspace=1)
    plane_view(frame, 0)[:320] = 200  # the upper half is bright

    planes = Conformer(*HOUSE).picture(frame, rotation=90)  # anticlockwise: up goes left

    assert int(planes[0][180, 100]) > 190
    assert int(planes[0][180, 540]) < 70


def interlaced(count: int) -> list[VideoFrame]:
    """Bright and dark lines in turn and changing places: the fields of a fast movement."""
    options = {"preset": "ultrafast", "flags": "+ildct+ilme", "x264-params": "tff=1:bframes=0"}
    encoder = cast(VideoCodecContext, CodecContext.create("libx264", "w"))
    encoder.width, encoder.height, encoder.pix_fmt = 64, 48, "yuv420p"
    encoder.time_base, encoder.options = Fraction(1, 25), options
    packets = []
    for i in range(count):
        frame = solid((64, 48), (50, 128, 128))
        plane_view(frame, 0)[i % 2 :: 2] = 200
        frame.pts, frame.time_base = i, Fraction(1, 25)
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    decoder = cast(VideoCodecContext, CodecContext.create("h264", "r"))
    return [f for packet in [*packets, None] for f in decoder.decode(packet)]


def test_fields_are_made_whole_and_pictures_are_left_alone() -> None:
    deinterlacer = Deinterlacer()
    whole = solid((64, 48), (100, 128, 128))
    assert deinterlacer.push(whole) == [whole]
    combed = interlaced(5)
    assert combed[0].interlaced_frame

    made = [f for frame in combed for f in deinterlacer.push(frame)]

    assert [round(25 * (frame.time or 0)) for frame in made] == [0, 1, 2, 3]
    lines = plane_view(made[2], 0).astype(int)
    assert np.abs(np.diff(lines, axis=0))[4:-4].max() < 100  # the comb was 150 high
