"""Parts we write, behind an init segment of FFmpeg's, are what libav reads and decodes."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest

from orchestrator.media.boxes import Sample, codec_string, walk, write_part

pytestmark = pytest.mark.media

GOP = 8


class _Init:
    """Collects what FFmpeg's muxer writes at the start."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, chunk: bytes) -> int:
        self.data += chunk
        return len(chunk)


def _video(frames: int) -> tuple[bytes, list[Sample]]:
    sink = _Init()
    muxer = av.open(
        sink,
        "w",
        format="mp4",
        options={
            "movflags": "empty_moov+default_base_moof+cmaf+skip_trailer+frag_custom",
            "use_editlist": "0",
        },
    )
    stream = muxer.add_stream(
        "libx264",
        rate=30,
        options={
            "preset": "superfast",
            "tune": "zerolatency",
            "profile": "main",
            "level": "3.1",
            "g": "9999",
            "x264-params": "annexb=0:stitchable=1:scenecut=0",
        },
    )
    assert isinstance(stream, av.VideoStream)
    stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
    stream.time_base = stream.codec_context.time_base = Fraction(1, 90_000)
    muxer.start_encoding()
    samples = []
    for n in range(frames):
        frame = av.VideoFrame.from_ndarray(
            np.full((270, 320), 40 + 4 * n, np.uint8), format="yuv420p"
        )
        frame.pts, frame.time_base = n * 3000, Fraction(1, 90_000)
        frame.pict_type = av.video.frame.PictureType.I if n % GOP == 0 else 0
        samples += [Sample(memoryview(p), 3000, p.is_keyframe) for p in stream.encode(frame)]
    return bytes(sink.data), samples


def _sound(frames: int) -> tuple[bytes, list[Sample]]:
    sink = _Init()
    muxer = av.open(
        sink,
        "w",
        format="mp4",
        options={"movflags": "empty_moov+default_base_moof+cmaf+skip_trailer+frag_custom"},
    )
    stream = muxer.add_stream("aac", rate=48_000, layout="stereo")
    muxer.start_encoding()
    samples = []
    for n in range(frames):
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
        frame.sample_rate, frame.pts = 48_000, n * 1024
        samples += [Sample(bytes(p), 1024, True) for p in stream.encode(frame)]
    return bytes(sink.data), samples


def test_parts_decode_at_the_decode_times_we_wrote() -> None:
    init, samples = _video(2 * GOP)
    start = 1_700_000_000 * 90_000
    parts = [
        write_part(i, 1, start + i * GOP * 3000, samples[i * GOP : (i + 1) * GOP]) for i in range(2)
    ]

    with av.open(io.BytesIO(init + b"".join(parts)), "r") as file:
        frames = [(f.pts, f.to_ndarray()[0, 0]) for f in file.decode(video=0)]

    assert [pts for pts, _ in frames] == [start + n * 3000 for n in range(2 * GOP)]
    assert all(abs(int(grey) - (40 + 4 * n)) <= 3 for n, (_, grey) in enumerate(frames))


def test_codec_strings_are_read_from_real_init_segments() -> None:
    assert codec_string(_video(1)[0]) == "avc1.4d401f"
    assert codec_string(_sound(2)[0]) == "mp4a.40.2"


def test_the_walker_finds_its_way_through_a_real_init_segment() -> None:
    paths = [box.path for box in walk(_video(1)[0])]

    assert paths[0] == "ftyp"
    assert "moov/trak/mdia/minf/stbl/stsd/avc1/avcC" in paths
    assert "moov/mvex/trex" in paths
