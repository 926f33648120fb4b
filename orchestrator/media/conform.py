"""Whatever arrives becomes a picture of the house: size, aspect, rotation, colour, progressive.

Used by the decoding threads of feeds and clips, one object per stream and thread. Pictures that
are already right are handed on without touching a sample. Bars are black; nothing is cropped or
stretched: what a surgeon sees at the edge may matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from orchestrator.errors import FeedBroken
from orchestrator.media.ring import Plane, Planes

BLACK_Y, BLACK_C = 16, 128

# AVColorSpace, as frames carry it (ITU-T H.273 matrix coefficients)
_MATRIX_RGB, _MATRIX_709, _MATRIX_UNKNOWN, _MATRIX_FCC = 0, 1, 2, 4
_SWS_OF_MATRIX = {
    _MATRIX_709: Colorspace.ITU709,
    _MATRIX_FCC: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}
_FULL_RANGE_FORMATS = frozenset({"yuvj420p", "yuvj422p", "yuvj444p", "yuvj440p", "yuvj411p"})


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a picture goes: scaled to `width` x `height`, turned, then put at (x, y)."""

    width: int
    height: int
    quarter_turns: int
    x: int
    y: int


def fit_into(
    house: tuple[int, int], size: tuple[int, int], pixel_aspect: Fraction, rotation: int
) -> Fit:
    """The largest even rectangle of `size`'s shape inside `house`, in the middle.

    `rotation` is in degrees anticlockwise (a display matrix); odd angles go to the nearest quarter.
    """
    turns = round(rotation / 90) % 4
    wide, high = Fraction(size[0]) * pixel_aspect, Fraction(size[1])
    if turns % 2:
        wide, high = high, wide
    scale = min(house[0] / wide, house[1] / high)
    shown_w = max(2, min(house[0], round(wide * scale / 2) * 2))
    shown_h = max(2, min(house[1], round(high * scale / 2) * 2))
    x, y = (house[0] - shown_w) // 4 * 2, (house[1] - shown_h) // 4 * 2
    if turns % 2:
        return Fit(shown_h, shown_w, turns, x, y)
    return Fit(shown_w, shown_h, turns, x, y)


def plane_view(frame: VideoFrame, index: int) -> Plane:
    """Plane `index` of an 8-bit planar frame as an array; the frame lives as long as the view."""
    plane = frame.planes[index]
    rows: Plane = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


class Conformer:
    """Turns decoded frames into house pictures. One thread."""

    def __init__(self, width: int, height: int) -> None:
        self._house = (width, height)
        self._scaler = VideoReformatter()
        self._canvas: Planes = (
            np.full((height, width), BLACK_Y, np.uint8),
            np.full((height // 2, width // 2), BLACK_C, np.uint8),
            np.full((height // 2, width // 2), BLACK_C, np.uint8),
        )
        self._fit = Fit(width, height, 0, 0, 0)
        self._fit_of: tuple[int, int, Fraction, int] | None = None

    def picture(
        self, frame: VideoFrame, *, pixel_aspect: Fraction | None = None, rotation: int = 0
    ) -> Planes:
        """The house picture of `frame`; good until the next call. Raises FeedBroken."""
        fit = self._fitted(frame, pixel_aspect or Fraction(1), rotation)
        scaled = self._scaled(frame, fit)
        planes = (plane_view(scaled, 0), plane_view(scaled, 1), plane_view(scaled, 2))
        if (fit.width, fit.height) == self._house and fit.quarter_turns == 0:
            return planes
        for i, (source, canvas) in enumerate(zip(planes, self._canvas, strict=True)):
            turned = np.rot90(source, fit.quarter_turns) if fit.quarter_turns else source
            x, y = (fit.x, fit.y) if i == 0 else (fit.x // 2, fit.y // 2)
            canvas[y : y + turned.shape[0], x : x + turned.shape[1]] = turned
        return self._canvas

    def _fitted(self, frame: VideoFrame, pixel_aspect: Fraction, rotation: int) -> Fit:
        asked = (frame.width, frame.height, pixel_aspect, rotation)
        if asked != self._fit_of:
            self._fit_of = asked
            self._fit = fit_into(self._house, (frame.width, frame.height), pixel_aspect, rotation)
            for canvas, black in zip(self._canvas, (BLACK_Y, BLACK_C, BLACK_C), strict=True):
                canvas[...] = black
        return self._fit

    def _scaled(self, frame: VideoFrame, fit: Fit) -> VideoFrame:
        name = frame.format.name
        is_full = name in _FULL_RANGE_FORMATS or frame.color_range == ColorRange.JPEG
        matrix = int(frame.colorspace)
        if matrix == _MATRIX_UNKNOWN:  # what players assume
            matrix = _MATRIX_709 if frame.height >= 720 else 5
        is_same_size = (frame.width, frame.height) == (fit.width, fit.height)
        if name == "yuv420p" and is_same_size and not is_full and matrix == _MATRIX_709:
            return frame
        is_rgb = frame.format.is_rgb
        try:
            return self._scaler.reformat(
                frame,
                width=fit.width,
                height=fit.height,
                format="yuv420p",
                src_colorspace=None if is_rgb else _SWS_OF_MATRIX.get(matrix, Colorspace.ITU709),
                dst_colorspace=Colorspace.ITU709,
                src_color_range=ColorRange.JPEG if is_full or is_rgb else ColorRange.MPEG,
                dst_color_range=ColorRange.MPEG,
                interpolation=Interpolation.BILINEAR,
                threads=1,
            )
        except (av.error.FFmpegError, ValueError) as error:
            raise FeedBroken(f"a picture of format {name} cannot be converted: {error}") from error


class Deinterlacer:
    """Makes whole pictures of fields, one for each that comes in, one picture later. One thread."""

    def __init__(self) -> None:
        self._graph: av.filter.Graph | None = None
        self._size = (0, 0, "")

    def push(self, frame: VideoFrame) -> list[VideoFrame]:
        """Progressive pictures that are ready; those that are no fields pass unchanged."""
        if not frame.interlaced_frame and self._graph is None:
            return [frame]
        size = (frame.width, frame.height, frame.format.name)
        if self._graph is None or size != self._size:
            self._graph, self._size = _bwdif(frame), size
        ready: list[VideoFrame] = []
        try:
            self._graph.vpush(frame)
            while True:
                ready.append(self._graph.vpull())
        except (BlockingIOError, EOFError):
            return ready
        except av.error.FFmpegError as error:
            self._graph = None
            raise FeedBroken(f"fields cannot be made whole: {error}") from error


def _bwdif(frame: VideoFrame) -> av.filter.Graph:
    graph = av.filter.Graph()
    graph.threads = 1
    source = graph.add_buffer(
        width=frame.width,
        height=frame.height,
        format=frame.format,
        time_base=frame.time_base or Fraction(1, 90_000),
    )
    filtered = graph.add("bwdif", "mode=send_frame:deint=interlaced")
    sink = graph.add("buffersink")
    source.link_to(filtered)
    filtered.link_to(sink)
    graph.configure()
    return graph
