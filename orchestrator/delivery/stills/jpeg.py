"""From the key picture of a part to JPEGs. PyAV; the stills process' only thread."""

from __future__ import annotations

import io
from fractions import Fraction

import av
from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange, Colorspace

Sizes = tuple[tuple[int, int, int], ...]
"""Width, height and quantiser (2 is best, 31 worst) of every picture wanted."""


def jpegs(media: bytes, sizes: Sizes) -> list[bytes]:
    """The first picture of `media` (init segment and part) in these sizes. Raises OSError."""
    try:
        with av.open(io.BytesIO(media), "r") as container:
            picture = next(container.decode(video=0))
            return [_jpeg(picture, *size) for size in sizes]
    except (av.error.FFmpegError, StopIteration) as error:
        raise OSError(0, f"a key picture that cannot be decoded: {error}") from error


def _jpeg(picture: av.VideoFrame, width: int, height: int, quantiser: int) -> bytes:
    small = picture.reformat(
        width,
        height,
        "yuvj420p",
        src_colorspace=Colorspace.ITU709,
        dst_colorspace=Colorspace.ITU601,
        src_color_range=ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
    )
    context = CodecContext.create("mjpeg", "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, "yuvj420p"
    context.time_base = Fraction(1, 25)
    context.options = {"qmin": str(quantiser), "qmax": str(quantiser), "strict": "unofficial"}
    small.pts = 0
    small.pict_type = av.video.frame.PictureType.NONE
    packets = [*context.encode(small), *context.encode(None)]
    return b"".join(bytes(memoryview(packet)) for packet in packets)
