"""The true-peak limiter at the end of the mix. Pure numpy, one thread.

It looks 76 samples (1.6 ms) ahead, so whoever feeds it reads that much further; nothing is
delayed. The level between samples is found by four-fold oversampling (ITU-R BS.1770-5, annex 2).
Gain is decided for blocks of 64 samples and runs in straight lines between their borders, never
above what either neighbour may have; it falls within one block and comes back over 300 ms.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from orchestrator.timing.grid import AUDIO_RATE

BLOCK = 64
_SIDE = 12
"""Samples on either side that the level between two samples depends on."""

AHEAD = BLOCK + _SIDE
_RELEASE_S = 0.3
_HEADROOM = 0.98
"""0.18 dB for what a four-fold oversampling still does not see."""


def _interpolators() -> list[NDArray[np.float32]]:
    """Taps for the points ¼, ½ and ¾ between two samples: a Kaiser-windowed sinc of 24."""
    offsets = np.arange(-_SIDE + 1, _SIDE + 1)
    interpolators = []
    for quarter in (0.25, 0.5, 0.75):
        at = offsets - quarter
        window = np.i0(4.0 * np.sqrt(np.clip(1 - (at / _SIDE) ** 2, 0, None))) / np.i0(4.0)
        taps = np.sinc(at) * window
        interpolators.append((taps / taps.sum()).astype(np.float32))
    return interpolators


_INTERPOLATORS = _interpolators()


def true_peaks(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of (k, 2) samples: the larger channel's level at and after each, but for 12 at each end."""
    peaks: NDArray[np.float32] = np.abs(samples[_SIDE - 1 : -_SIDE]).max(axis=1)
    for channel in np.ascontiguousarray(samples.T):
        for taps in _INTERPOLATORS:
            np.maximum(peaks, np.abs(np.correlate(channel, taps)), out=peaks)
    return peaks


class Limiter:
    """Keeps the true peak of a stream under a ceiling. `frame` samples go in and out at a time."""

    def __init__(self, peak_dbtp: float, frame: int) -> None:
        if frame % BLOCK:
            raise ValueError(f"a frame of {frame} samples does not hold whole blocks of {BLOCK}")
        self._ceiling = 10.0 ** (peak_dbtp / 20.0) * _HEADROOM
        self._frame = frame
        self._release = 1.0 - float(np.exp(-BLOCK / (_RELEASE_S * AUDIO_RATE)))
        self._raw = np.zeros((2 * _SIDE + BLOCK + frame, 2), np.float32)
        self._gain = 1.0
        self._ramp: NDArray[np.float32] = np.linspace(0, 1, BLOCK, endpoint=False, dtype=np.float32)
        self.least_gain = 1.0
        """The strongest reduction since it was last set to 1."""

    def restart(self, ahead: NDArray[np.float32]) -> None:
        """Begin anew, after a hole: `ahead` are the first AHEAD samples of what comes."""
        self._raw[:] = 0.0
        self._raw[-AHEAD:] = ahead
        self._gain = 1.0

    def process(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Takes samples [s + AHEAD, s + AHEAD + frame), gives [s, s + frame), limited."""
        raw = self._raw
        raw[: -self._frame] = raw[self._frame :]
        raw[-self._frame :] = samples
        # raw begins 12 samples before s; the peaks end one block after the frame
        out = raw[_SIDE : _SIDE + self._frame]
        blocks = self._block_peaks()
        if self._gain == 1.0 and blocks.max() <= self._ceiling:
            return out.copy()
        return out * self._gains(blocks)[:, np.newaxis]

    def _block_peaks(self) -> NDArray[np.float32]:
        """The peak of each block of the frame and of the one after it.

        What lies between samples is only looked for where it can matter: no sound rises 6 dB
        above its samples.
        """
        core = np.abs(self._raw[_SIDE : _SIDE + self._frame + BLOCK])
        blocks: NDArray[np.float32] = core.reshape(-1, 2 * BLOCK).max(axis=1)
        loud = np.flatnonzero(blocks > 0.5 * self._ceiling)
        if loud.size:
            first, last = int(loud[0]), int(loud[-1]) + 1
            peaks = true_peaks(self._raw[first * BLOCK : last * BLOCK + 2 * _SIDE])
            found = peaks[1 : 1 + (last - first) * BLOCK].reshape(-1, BLOCK).max(axis=1)
            np.maximum(blocks[first:last], found, out=blocks[first:last])
        return blocks

    def _gains(self, blocks: NDArray[np.float32]) -> NDArray[np.float32]:
        may = np.minimum(1.0, self._ceiling / np.maximum(blocks, 1e-9)).tolist()
        gain, border = self._gain, min(self._gain, may[0])
        borders = [border]
        for now, then in itertools.pairwise(may):
            gain = min(now, gain + (1.0 - gain) * self._release)
            borders.append(min(gain, then))
        self._gain = 1.0 if gain > 0.9999 else gain
        self.least_gain = min(self.least_gain, *borders)
        at = np.array(borders, np.float32)
        lines: NDArray[np.float32] = (
            at[:-1, np.newaxis] + (at[1:] - at[:-1])[:, np.newaxis] * self._ramp
        )
        return lines.reshape(-1)
