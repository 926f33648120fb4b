"""What a viewer got, read from the published parts themselves: which site, which frame, which beep.

Pure but for decoding (PyAV). Every picture and every sample carries its place on the grid, so what
is seen can be compared frame by frame with what the rundown and the simulated sites say.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import av
import numpy as np
from numpy.typing import NDArray

from orchestrator.rehearsal import sound, strip
from orchestrator.rehearsal.strip import Box, Strip
from orchestrator.timing.grid import AUDIO_RATE, NS, Grid

_WINDOW = 480  # samples over which a beep's level is taken: 10 ms, whole cycles of every pitch
_RISE = 0.5


class Picture(NamedTuple):
    """Programme frame `n` as published."""

    n: int
    luma: NDArray[np.uint8]

    def strip(self, box: Box = strip.WHOLE) -> Strip | None:
        return strip.read(self.luma, box)


class Sound(NamedTuple):
    """Published samples, the first of which is number `first` since the epoch."""

    first: int
    samples: NDArray[np.float32]


def pictures(init: bytes, parts: Iterable[bytes], grid: Grid) -> Iterator[Picture]:
    """Every picture in the parts of a video track, decoded. Raises av.FFmpegError on damage."""
    with av.open(io.BytesIO(init + b"".join(parts)), "r", format="mp4") as container:
        stream = container.streams.video[0]
        stream.codec_context.options = {"err_detect": "explode"}
        for frame in container.decode(stream):
            assert frame.pts is not None
            plane = frame.planes[0]
            rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
            yield Picture(frame.pts // grid.ticks_per_frame, rows[:, : plane.width].copy())


def heard(init: bytes, parts: Iterable[bytes]) -> Sound:
    """The sound in the parts of the audio track, in one piece; holes are silence."""
    blocks: list[tuple[int, NDArray[np.float32]]] = []
    with av.open(io.BytesIO(init + b"".join(parts)), "r", format="mp4") as container:
        for frame in container.decode(audio=0):
            assert frame.pts is not None
            blocks.append((frame.pts, np.asarray(frame.to_ndarray().T, np.float32)))
    if not blocks:
        return Sound(0, np.zeros((0, 2), np.float32))
    first = blocks[0][0]
    last_at, last = blocks[-1]
    samples = np.zeros((last_at - first + len(last), 2), np.float32)
    for at, block in blocks:
        samples[at - first : at - first + len(block)] = block
    return Sound(first, samples)


def beeps(what: Sound, number: int) -> list[int]:
    """Sample numbers at which the beep of contribution `number` begins."""
    mono = what.samples.mean(axis=1, dtype=np.float64)
    if len(mono) < 2 * _WINDOW:
        return []
    turn = np.exp(-2j * np.pi * sound.beep_hz(number) * np.arange(len(mono)) / AUDIO_RATE)
    summed = np.concatenate([[0], np.cumsum(mono * turn)])
    level = np.abs(summed[_WINDOW:] - summed[:-_WINDOW]) / _WINDOW
    loud = level > _RISE * max(float(level.max()), 0.01)
    edges = np.flatnonzero(loud[1:] & ~loud[:-1]) + 1
    onsets: list[int] = []
    for edge in edges:  # at half level the window is half full
        at = what.first + int(edge) + _WINDOW // 2
        if not onsets or at - onsets[-1] > AUDIO_RATE // 2:
            onsets.append(at)
    return onsets


def lip_sync_ms(
    seen: Iterable[tuple[int, Strip | None]], onsets: Sequence[int], number: int, grid: Grid
) -> list[float]:
    """For each flash of contribution `number`, how much later its beep is heard.

    `seen` are programme frames with their strips. Negative is a beep before its flash.
    """
    flashes = [
        grid.sample_of(n)
        for n, found in seen
        if found is not None and found.site == number and found.counter % grid.fps == 0
    ]
    offsets = []
    for flash in flashes:
        nearest = min(onsets, key=lambda onset: abs(onset - flash), default=None)
        if nearest is not None and abs(nearest - flash) < AUDIO_RATE // 2:
            offsets.append((nearest - flash) * 1000 / AUDIO_RATE)
    return offsets


@dataclass(frozen=True, slots=True)
class Sending:
    """When the pictures of a contribution left, from `sent.jsonl`."""

    number: int
    began_ns: int
    fps: int
    frames: int

    @classmethod
    def latest(cls, records: Iterable[Mapping[str, int]]) -> dict[int, Sending]:
        """The newest knowledge about each contribution, by number."""
        return {
            r["number"]: cls(r["number"], r["began_ns"], r["fps"], r["frames"]) for r in records
        }

    def age_ms(self, counter: int, at_ns: int) -> float:
        """How old the picture with this counter is at an instant; the film repeats."""
        elapsed_ns = at_ns - self.began_ns - counter * NS // self.fps
        return elapsed_ns % (self.frames * NS // self.fps) / 1e6
