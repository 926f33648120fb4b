"""Sound of any kind becomes 48 kHz stereo float on the house's count of samples.

One thread (the session's). The sender's sample clock is not ours: a block that should lie a
little later or earlier than where the count has come to is stretched or squeezed by at most 0.6 %
until both agree again; beyond 60 ms the count jumps. Blocks without a stamp just go on counting
(MPEG-TS packs several into one PES and stamps the first).
"""

from __future__ import annotations

from collections.abc import Iterator

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from orchestrator.errors import FeedBroken
from orchestrator.timing.grid import AUDIO_RATE

Samples = NDArray[np.float32]

JUMP = AUDIO_RATE * 60 // 1000
_ENGAGE = AUDIO_RATE * 2 // 1000
_RELEASE = AUDIO_RATE // 4000
_PULL = 4 * AUDIO_RATE
"""An error is stretched away over about four seconds."""
_MOST = 0.006
_SMOOTHING = 0.1


_NEARLY_RIGHT = ("fltp", "stereo", AUDIO_RATE)
"""What AAC at 48 kHz decodes to: worth a way of its own, a third of the cost."""


class SoundConverter:
    """Decoded sound → (k, 2) float32 at 48 kHz. Starts over when the input's format changes."""

    def __init__(self) -> None:
        self._format: tuple[str, str, int] | None = None
        self._resampler: AudioResampler | None = None

    def convert(self, frame: AudioFrame) -> Iterator[Samples]:
        """Raises FeedBroken for sound that cannot be converted."""
        arriving = (frame.format.name, frame.layout.name, frame.sample_rate)
        if arriving == _NEARLY_RIGHT:
            yield _interleaved(frame)
            return
        if self._resampler is None or arriving != self._format:
            self._format = arriving
            self._resampler = AudioResampler(format="flt", layout="stereo", rate=AUDIO_RATE)
        frame.pts = None  # the count is kept here; the resampler would fill holes on its own
        try:
            for converted in self._resampler.resample(frame):
                yield converted.to_ndarray().reshape(-1, 2).astype(np.float32, copy=False)
        except (av.error.FFmpegError, ValueError) as error:
            self._resampler = None
            raise FeedBroken(f"sound {arriving} cannot be converted: {error}") from error


def _interleaved(frame: AudioFrame) -> Samples:
    out = np.empty((frame.samples, 2), np.float32)
    for channel in range(2):
        plane = np.frombuffer(memoryview(frame.planes[channel]), np.float32)
        out[:, channel] = plane[: frame.samples]
    return out


class SoundLine:
    """Gives each block its place on the house's count of samples. Pure."""

    def __init__(self) -> None:
        self.jumps = 0
        self._next: int | None = None
        self._error = 0.0
        self._is_engaged = False
        self._recent = np.zeros((3, 2), np.float32)
        self._position = 1.0
        """Where the next output sample lies in `recent` + block; between 1 and 2."""

    @property
    def stretch(self) -> float:
        """Output samples per input sample, less one."""
        if not self._is_engaged:
            return 0.0
        return max(-_MOST, min(_MOST, self._error / _PULL))

    def place(
        self, block: Samples, due_sample: int | None, *, is_heard: bool = True
    ) -> tuple[int, Samples] | None:
        """The block's first sample number and its samples; None while no stamp has come yet.

        While nobody hears it, the count is put right at once.
        """
        if due_sample is not None:
            self._compare(due_sample, JUMP if is_heard else _ENGAGE)
        if self._next is None:
            return None
        placed = self._stretched(block)
        first = self._next
        self._next += len(placed)
        return first, placed

    def _compare(self, due_sample: int, jump: int) -> None:
        if self._next is None or abs(due_sample - self._next) > jump:
            self.jumps += self._next is not None and jump == JUMP
            self._next, self._error, self._is_engaged = due_sample, 0.0, False
            return
        self._error += (due_sample - self._next - self._error) * _SMOOTHING
        limit = _RELEASE if self._is_engaged else _ENGAGE
        self._is_engaged = abs(self._error) > limit

    def _stretched(self, block: Samples) -> Samples:
        """Third-order interpolation at steps of 1 / (1 + stretch); a plain copy when that is 1."""
        n = len(block)
        joined = np.concatenate((self._recent, block))
        self._recent = joined[-3:]
        stretch = self.stretch
        if stretch == 0.0:
            start = round(self._position)
            self._position = 1.0
            return joined[start : n + 1]
        step = 1.0 / (1.0 + stretch)
        count = max(0, int(np.ceil((n + 1 - self._position) / step)))
        at = self._position + step * np.arange(count)
        at = at[at < n + 1]
        self._position = self._position + step * len(at) - n
        index = at.astype(np.int64)
        t = (at - index).astype(np.float32)[:, None]
        a, b, c, d = (joined[index + k] for k in (-1, 0, 1, 2))
        # Catmull-Rom
        cubic: Samples = b + 0.5 * t * (
            c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a))
        )
        return cubic
