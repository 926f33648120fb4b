"""What is seen and heard in a feed: moving or frozen, black or bright, loud or silent.

Pure arithmetic on small arrays, used by whichever thread has a decoded picture or sound. Only
facts; whether they make a feed dead is decided by the programme (DESIGN §7).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from orchestrator.timing.grid import AUDIO_RATE

SILENCE_DBFS = -60.0
FLOOR_DB = -120.0
BLOCK = AUDIO_RATE * 2 // 5
"""400 ms: the momentary window of BS.1770."""

_STEP = 6
"""A sample of luma has changed if it differs by more; re-encoding a still picture does not."""
_BRIGHT = 40
_SHARE = 0.002
_NOISE_PICTURES = 9
"""A keyframe between two pictures writes even the same picture anew: the middle of so many."""


@dataclass(frozen=True, slots=True)
class Seen:
    moved: bool
    bright: bool
    noise: float | None = None
    """How much a sample differs from the picture before, in luma levels, usually. A camera always
    has some, even before a still scene; an encoder that repeats its picture has none at all."""


class PictureJudge:
    """Compares each picture it is shown with the one before, on every sixteenth row and column."""

    def __init__(self) -> None:
        self._before: NDArray[np.int16] | None = None
        self._noise: deque[float] = deque(maxlen=_NOISE_PICTURES)

    def see(self, y: NDArray[np.uint8], spacing: int = 16) -> Seen:
        """`y` is luma, limited range; `spacing` between the samples looked at."""
        now = y[spacing // 2 :: spacing, spacing // 2 :: spacing].astype(np.int16)
        before, self._before = self._before, now
        enough = max(1, int(now.size * _SHARE))
        bright = int(np.count_nonzero(now > _BRIGHT)) >= enough
        if before is None or before.shape != now.shape:
            self._noise.clear()
            return Seen(True, bright)
        difference = np.abs(now - before)
        self._noise.append(float(difference.mean()))
        moved = int(np.count_nonzero(difference > _STEP)) >= enough
        return Seen(moved, bright, median(self._noise))


@dataclass(frozen=True, slots=True)
class Heard:
    """Level and momentary loudness of 400 ms of sound."""

    rms_dbfs: float
    lufs: float

    @property
    def is_sound(self) -> bool:
        return self.rms_dbfs > SILENCE_DBFS


class SoundJudge:
    """Collects 48 kHz stereo and gives a `Heard` whenever 400 ms are full."""

    def __init__(self) -> None:
        self._block = np.zeros((BLOCK, 2), np.float32)
        self._fill = 0

    def hear(self, samples: NDArray[np.float32]) -> Heard | None:
        """The newest full block's, if `samples` filled one."""
        heard = None
        while len(samples):
            k = min(len(samples), BLOCK - self._fill)
            self._block[self._fill : self._fill + k] = samples[:k]
            samples = samples[k:]
            self._fill += k
            if self._fill == BLOCK:
                self._fill = 0
                heard = measure(self._block)
        return heard


def measure(block: NDArray[np.float32]) -> Heard:
    """RMS over both channels, and loudness per ITU-R BS.1770-4 (left and right weigh 1).

    The K weighting is applied to the power spectrum (Parseval), which costs one small FFT in
    place of four recursive filters. One for both channels: left + i·right has at f and −f
    together twice the power of both, and K weighs f and −f alike.
    """
    samples = block.reshape(-1)
    mean_square = float(samples @ samples) / len(samples)
    spectrum = cv2.dft(block.reshape(1, -1, 2)).reshape(-1)
    np.square(spectrum, out=spectrum)
    weighted = float(spectrum @ _k_weighting(len(block))) / len(block) ** 2
    return Heard(_db(mean_square), max(FLOOR_DB, -0.691 + _db(weighted)))


def _db(power: float) -> float:
    return max(FLOOR_DB, 10.0 * float(np.log10(power))) if power > 0 else FLOOR_DB


_WEIGHTS: dict[int, NDArray[np.float32]] = {}


def _k_weighting(samples: int) -> NDArray[np.float32]:
    """|H(f)|² of BS.1770's two biquads at 48 kHz: one value for each part, real and imaginary, of
    each bin of a complex FFT."""
    if samples not in _WEIGHTS:
        z = np.exp(-2j * np.pi * np.arange(samples) / samples)
        shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
            1.0 - 1.69065929318241 * z + 0.73248077421585 * z**2
        )
        high_pass = (1.0 - 2.0 * z + z**2) / (1.0 - 1.99004745483398 * z + 0.99007225036621 * z**2)
        _WEIGHTS[samples] = np.repeat(np.abs(shelf * high_pass) ** 2, 2).astype(np.float32)
    return _WEIGHTS[samples]
