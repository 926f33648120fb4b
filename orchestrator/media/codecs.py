"""The encoders: H.264 by x264 and AAC by FFmpeg, through PyAV, and every option they are given.

Used by the programme (one encoder per thread) and by the slate job. Both must come to the same
init segment, byte for byte: the gate puts slate parts and real parts behind one public init. So
the options live here alone, and `fingerprint` names them together with the FFmpeg build.

What each option is for (DESIGN §9, §10):
`annexb=0` gives AVCC packets, ready for an mdat; `stitchable=1` keeps SPS and PPS free of what
depends on preset and rate control; `repeat-headers=0` leaves them to the init; `g=9999`,
`scenecut=0` and `forced-idr` leave every IDR to us; `bf=0` and `zerolatency` give a packet for
each picture at once; the level is written out because it stands in the init. Sound is AAC-LC.
"""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from typing import Any, NamedTuple

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.frame import PictureType
from av.video.stream import VideoStream
from numpy.typing import NDArray

from orchestrator.errors import EncoderFailed
from orchestrator.media.house import AUDIO_BITRATE_BPS, AUDIO_TRACK, House, Rendition
from orchestrator.timing.grid import AAC_SAMPLES, AUDIO_RATE, VIDEO_TICKS, Grid

_INIT_OPTIONS = {
    "movflags": "empty_moov+default_base_moof+cmaf+skip_trailer+frag_custom",
    "use_editlist": "0",
}
_X264_PARAMS = "annexb=0:stitchable=1:repeat-headers=0:open-gop=0:scenecut=0"
_BT709 = 1
_LIMITED_RANGE = 1


class Packet(NamedTuple):
    """What an encoder gave: AVCC or raw AAC, ready for an mdat. `stamp` is a frame or a sample."""

    stamp: int
    payload: memoryview
    is_sync: bool


def video_options(rendition: Rendition) -> dict[str, str]:
    rate = str(rendition.bitrate_bps)
    return {
        "preset": rendition.preset,
        "tune": "zerolatency",
        "profile": "main",
        "level": rendition.level,
        "g": "9999",
        "bf": "0",
        "forced-idr": "1",
        "b": rate,
        "maxrate": rate,
        "bufsize": rate,
        "x264-params": _X264_PARAMS,
    }


def audio_options() -> dict[str, str]:
    return {"b": str(AUDIO_BITRATE_BPS)}


def fingerprint(house: House) -> str:
    """Names everything an init segment and a slate part depend on, but for the slate's picture."""
    parts: list[Any] = [
        av.ffmpeg_version_info,
        {name: list(version) for name, version in av.library_versions.items()},
        [house.grid.fps, house.grid.part_frames, house.grid.segment_frames],
        [
            [r.name, r.width, r.height, r.bitrate_bps, r.level, r.preset, video_options(r)]
            for r in house.ladder
        ],
        [AUDIO_TRACK, AUDIO_RATE, audio_options()],
        _INIT_OPTIONS,
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class _Collector:
    """The file that FFmpeg's muxer writes the init segment into."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> int:
        self.data += data
        return len(data)


class VideoEncoder:
    """One rendition. One thread. A picture goes in and its packet comes out, at once."""

    def __init__(self, rendition: Rendition, grid: Grid) -> None:
        """Raises EncoderFailed when x264 will not have it."""
        self.rendition = rendition
        self._ticks = grid.ticks_per_frame
        self._time_base = Fraction(1, VIDEO_TICKS)
        self._first_n: int | None = None
        collector = _Collector()
        try:
            self._muxer = av.open(
                collector, "w", format="mp4", buffer_size=1 << 16, options=_INIT_OPTIONS
            )
            stream = self._muxer.add_stream(
                "libx264", rate=grid.fps, options=video_options(rendition)
            )
            assert isinstance(stream, VideoStream)
            stream.width, stream.height = rendition.width, rendition.height
            stream.pix_fmt = "yuv420p"
            stream.time_base = self._time_base
            context = stream.codec_context
            context.time_base = self._time_base
            context.thread_count = 1
            context.color_primaries = _BT709
            context.color_trc = _BT709
            context.colorspace = _BT709
            context.color_range = _LIMITED_RANGE
            self._muxer.start_encoding()
        except av.error.FFmpegError as error:
            raise EncoderFailed(f"the {rendition.name} encoder did not start: {error}") from error
        self._stream = stream
        self.init = bytes(collector.data)

    def encode(self, picture: av.VideoFrame, n: int, *, idr: bool) -> list[Packet]:
        """Encode the picture of frame `n` (later than the one before). Raises EncoderFailed.

        The caller may use `picture` again as soon as this returns.
        """
        if self._first_n is None:
            self._first_n = n
        # Counted from the encoder's first picture: x264 keeps its times in doubles here and there.
        picture.pts = (n - self._first_n) * self._ticks
        picture.time_base = self._time_base
        picture.pict_type = PictureType.I if idr else PictureType.NONE
        try:
            packets = self._stream.encode(picture)
        except (av.error.FFmpegError, MemoryError, ValueError) as error:
            raise EncoderFailed(
                f"the {self.rendition.name} encoder gave up at frame {n}: {error}"
            ) from error
        if len(packets) != 1:
            raise EncoderFailed(
                f"the {self.rendition.name} encoder gave {len(packets)} packets for frame {n}"
            )
        return [Packet(n, memoryview(packet), packet.is_keyframe) for packet in packets]

    def close(self) -> None:
        self._muxer.close()


class AudioEncoder:
    """The sound, from one sample on. One thread. After a hole there is a new one.

    Takes any number of samples, gives AAC frames stamped with their first sample. FFmpeg's AAC
    needs 2048 samples beyond a frame before it gives it out, and begins with a priming frame,
    which is dropped here.
    """

    def __init__(self, first_sample: int = 0) -> None:
        """`first_sample` counts from the epoch. Raises EncoderFailed."""
        self.first_sample = first_sample
        self.next_sample = first_sample
        self._fed = 0
        self._rest: NDArray[np.float32] = np.zeros((0, 2), np.float32)
        self._time_base = Fraction(1, AUDIO_RATE)
        collector = _Collector()
        try:
            self._muxer = av.open(
                collector, "w", format="mp4", buffer_size=1 << 16, options=_INIT_OPTIONS
            )
            stream = self._muxer.add_stream("aac", rate=AUDIO_RATE, options=audio_options())
            assert isinstance(stream, AudioStream)
            stream.layout = "stereo"
            stream.codec_context.time_base = self._time_base
            self._muxer.start_encoding()
        except av.error.FFmpegError as error:
            raise EncoderFailed(f"the AAC encoder did not start: {error}") from error
        self._stream = stream
        self.init = bytes(collector.data)

    def encode(self, samples: NDArray[np.float32]) -> list[Packet]:
        """Encode the next samples, (k, 2). Raises EncoderFailed."""
        self.next_sample += len(samples)
        waiting = np.concatenate((self._rest, samples))
        whole = len(waiting) - len(waiting) % AAC_SAMPLES
        packets: list[Packet] = []
        for at in range(0, whole, AAC_SAMPLES):
            packets += self._encode_frame(waiting[at : at + AAC_SAMPLES])
        self._rest = waiting[whole:]
        return packets

    def _encode_frame(self, samples: NDArray[np.float32]) -> list[Packet]:
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples.T), format="fltp", layout="stereo"
        )
        frame.sample_rate = AUDIO_RATE
        frame.time_base = self._time_base
        frame.pts = self._fed
        self._fed += AAC_SAMPLES
        try:
            packets = self._stream.encode(frame)
        except (av.error.FFmpegError, MemoryError, ValueError) as error:
            raise EncoderFailed(f"the AAC encoder gave up: {error}") from error
        return [
            Packet(self.first_sample + packet.pts, memoryview(packet), True)
            for packet in packets
            if packet.pts is not None and packet.pts >= 0
        ]

    def close(self) -> None:
        self._muxer.close()
