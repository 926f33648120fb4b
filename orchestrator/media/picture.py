"""Pictures as three planes of bytes (I420), and the few things done to them.

Library code, any thread, one owner per picture. A picture is a tuple of numpy planes: Y at full
size, U and V at half. Rectangles are in luma pixels and even, so that they hold in the chroma too.

OpenCV works in place on any rectangle of a plane, so that a source is cropped, scaled and placed
in one go. Shrinking halves first (exact averages, 0.07 ms for 720p) and then interpolates: as
sharp as swscale's AREA and, at picture-in-picture size, a third of its time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]

BLACK = (16, 128, 128)
"""Y, U, V of black in limited range."""

cv2.setNumThreads(1)  # the encoders have the other cores


class Rect(NamedTuple):
    """In luma pixels, all even."""

    x: int
    y: int
    width: int
    height: int


def new_picture(width: int, height: int) -> Planes:
    """A picture with undefined content, its planes contiguous in one buffer."""
    return planes_of(np.empty(width * height * 3 // 2, np.uint8), width, height)


def planes_of(buffer: NDArray[np.uint8], width: int, height: int) -> Planes:
    """The planes that lie in a flat I420 buffer. Raises ValueError if it has another size."""
    luma, chroma = width * height, width * height // 4
    if buffer.size != luma + 2 * chroma:
        raise ValueError(f"{buffer.size} bytes are no I420 picture of {width}x{height}")
    return (
        buffer[:luma].reshape(height, width),
        buffer[luma : luma + chroma].reshape(height // 2, width // 2),
        buffer[luma + chroma :].reshape(height // 2, width // 2),
    )


def planes_of_frame(frame: av.VideoFrame) -> Planes:
    """The planes of a yuv420p frame of libav's, writable, without copying."""
    y, u, v = (
        np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
        for plane in frame.planes
    )
    width, half = frame.width, frame.width // 2
    return y[:, :width], u[:, :half], v[:, :half]


def part_of(planes: Planes, rect: Rect) -> Planes:
    """A rectangle of a picture, as a view."""
    x, y, width, height = rect
    luma, *chroma = planes
    a, b = (plane[y // 2 : (y + height) // 2, x // 2 : (x + width) // 2] for plane in chroma)
    return luma[y : y + height, x : x + width], a, b


def fill(planes: Planes, colour: tuple[int, int, int] = BLACK) -> None:
    for plane, value in zip(planes, colour, strict=True):
        plane[...] = value


def copy(source: Planes, target: Planes) -> None:
    for from_plane, to_plane in zip(source, target, strict=True):
        to_plane[...] = from_plane


def scale(source: Planes, target: Planes) -> None:
    """Scale `source` to the size of `target`, into it. Equal sizes are copied."""
    for from_plane, to_plane in zip(source, target, strict=True):
        _scale_plane(from_plane, to_plane)


def _scale_plane(source: Plane, target: Plane) -> None:
    height, width = target.shape
    while source.shape[0] >= 2 * height and source.shape[1] >= 2 * width:
        half = (source.shape[1] // 2, source.shape[0] // 2)
        if half == (width, height):
            _resize(source, target, cv2.INTER_AREA)
            return
        whole = source[: 2 * half[1], : 2 * half[0]]
        source = np.empty((half[1], half[0]), np.uint8)
        _resize(whole, source, cv2.INTER_AREA)
    if source.shape == target.shape:
        target[...] = source
    else:
        _resize(source, target, cv2.INTER_LINEAR)


def _resize(source: Plane, target: Plane, interpolation: int) -> None:
    size = (target.shape[1], target.shape[0])
    done = cv2.resize(source, size, dst=target, interpolation=interpolation)
    if done is not target:  # OpenCV could not write there
        target[...] = done


def mix(out: Planes, a: Planes, b: Planes, share_of_b: float) -> None:
    """`out` = a · (1 − share) + b · share. `out` may be one of them."""
    for to_plane, plane_a, plane_b in zip(out, a, b, strict=True):
        cv2.addWeighted(plane_a, 1.0 - share_of_b, plane_b, share_of_b, 0.0, dst=to_plane)


def yuv_of(rgb: tuple[int, int, int]) -> tuple[int, int, int]:
    """An RGB colour in BT.709, limited range."""
    r, g, b = (value / 255.0 for value in rgb)
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    u, v = (b - y) / 1.8556, (r - y) / 1.5748
    return round(16 + 219 * y), round(128 + 224 * u), round(128 + 224 * v)


def even(value: float) -> int:
    """The nearest even number, so that chroma and luma end at the same place."""
    return 2 * round(value / 2)


def rows(planes: Sequence[Plane]) -> Iterator[bytes]:
    """The bytes of a picture, plane by plane, without any padding."""
    for plane in planes:
        yield np.ascontiguousarray(plane).tobytes()
