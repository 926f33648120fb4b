"""Encodes a contribution once per machine into a film that can be played round and round.

A loop is as long as a whole number of pictures, of AAC frames and of GOPs all allow: a multiple of
8 s at 30 fps. Its sound is encoded from the middle of an endless repetition, so that the AAC
frames of the last second and the first one belong together; its picture begins with an IDR and has
no B-pictures. Passes therefore follow each other without a seam. Runs in pool processes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from orchestrator.rehearsal import patterns, picture, sound, strip
from orchestrator.rehearsal.picture import Contribution, Painter
from orchestrator.timing.grid import AAC_SAMPLES, AUDIO_RATE

GOP_S = 2


@dataclass(frozen=True, slots=True)
class Film:
    """How a contribution is encoded. `fps` 30 wants `seconds` in multiples of 8, 25 of 16."""

    width: int = 1280
    height: int = 720
    fps: int = 30
    seconds: int = 24
    bitrate_bps: int = 2_200_000
    preset: str = "superfast"
    container: str = "mpegts"

    def __post_init__(self) -> None:
        if self.seconds * AUDIO_RATE % AAC_SAMPLES or self.seconds % GOP_S:
            raise ValueError(f"{self.seconds} s is no whole number of AAC frames and GOPs")

    @property
    def frames(self) -> int:
        return self.seconds * self.fps


SMALL = Film(320, 180, seconds=8, bitrate_bps=500_000)
"""For tests: made in half a second, small enough to be decoded by the dozen."""


def loops(
    contributions: list[Contribution], film: Film, folder: Path, workers: int
) -> Iterator[tuple[Contribution, Path]]:
    """Each contribution with its film, as they get ready; what is in `folder` is not made again."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = []
    for contribution in contributions:
        path = path_of(contribution, film, folder)
        if path.exists():
            yield contribution, path
        else:
            missing.append(contribution)
    if not missing:
        return
    with ProcessPoolExecutor(min(workers, len(missing))) as pool:
        jobs = {pool.submit(encode, one, film, folder): one for one in missing}
        for job in as_completed(jobs):
            yield jobs[job], job.result()


def path_of(contribution: Contribution, film: Film, folder: Path) -> Path:
    """The name says everything the film depends on, our own drawing code included."""
    made_of = repr((asdict(contribution), asdict(film), _code())).encode()
    ending = "ts" if film.container == "mpegts" else film.container
    return folder / f"{contribution.feed}-{hashlib.sha256(made_of).hexdigest()[:12]}.{ending}"


def encode(contribution: Contribution, film: Film, folder: Path) -> Path:
    """Make the film; readers see it whole or not at all."""
    path = path_of(contribution, film, folder)
    partial = path.with_suffix(".part")
    with av.open(str(partial), "w", format=film.container) as container:
        video = container.add_stream("libx264", rate=film.fps)
        _configure(video, film)
        audio = container.add_stream("aac", rate=AUDIO_RATE, layout="stereo")
        audio.bit_rate = 96_000
        samples = iter(_sound_packets(contribution, film, audio))
        pending = next(samples, None)
        for packet in _picture_packets(contribution, film, video):
            while pending is not None and pending.pts * film.fps <= packet.pts * AUDIO_RATE:
                container.mux(pending)
                pending = next(samples, None)
            container.mux(packet)
        while pending is not None:
            container.mux(pending)
            pending = next(samples, None)
    partial.replace(path)
    return path


def _configure(video: Any, film: Film) -> None:
    video.width, video.height, video.pix_fmt = film.width, film.height, "yuv420p"
    video.bit_rate = film.bitrate_bps
    gop = str(GOP_S * film.fps)
    video.options = {
        "preset": film.preset,
        "g": gop,
        "keyint_min": gop,
        "bf": "0",
        "sc_threshold": "0",
        "maxrate": str(film.bitrate_bps * 3 // 2),
        "bufsize": str(film.bitrate_bps),
        "x264-params": "colorprim=bt709:transfer=bt709:colormatrix=bt709:rc-lookahead=10",
    }
    video.codec_context.thread_count = 1
    video.codec_context.time_base = Fraction(1, film.fps)


def _picture_packets(contribution: Contribution, film: Film, video: Any) -> Iterator[Any]:
    painter = Painter(contribution, film.width, film.height, film.fps, film.frames)
    for counter in range(film.frames):
        frame = av.VideoFrame(film.width, film.height, "yuv420p")
        for plane, content in zip(frame.planes, painter.paint(counter), strict=True):
            rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
            rows[:, : plane.width] = content
        frame.pts, frame.time_base = counter, Fraction(1, film.fps)
        yield from video.encode(frame)
    yield from video.encode(None)


def _sound_packets(contribution: Contribution, film: Film, audio: Any) -> Iterator[Any]:
    """The AAC frames of one loop, cut from the middle of three repetitions of it."""
    loop = sound.sound(contribution.number, film.seconds)
    loop *= np.float32(10 ** (contribution.level_db / 20))
    frames = len(loop) // AAC_SAMPLES
    lead = 8  # frames of the repetition before, enough for the encoder to have settled
    endless = np.concatenate([loop[-lead * AAC_SAMPLES :], loop, loop[: lead * AAC_SAMPLES]])
    for i in range(len(endless) // AAC_SAMPLES):
        block = endless[i * AAC_SAMPLES : (i + 1) * AAC_SAMPLES]
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block.T), "fltp", "stereo")
        frame.sample_rate, frame.pts = AUDIO_RATE, (i - lead) * AAC_SAMPLES
        frame.time_base = Fraction(1, AUDIO_RATE)
        for packet in audio.encode(frame):
            if 0 <= packet.pts < frames * AAC_SAMPLES:
                yield packet


def _code() -> str:
    modules = (patterns, picture, sound, strip)
    files = [Path(__file__), *(Path(module.__file__) for module in modules if module.__file__)]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
