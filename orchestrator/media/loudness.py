"""Loudness after EBU R128 and ITU-R BS.1770-5: momentary, short-term and integrated.

Pure numpy; one thread per meter; used for the programme and for feeds. The K weighting is done by
convolution (overlap and save, one FFT per 100 ms): the two biquads' impulse response is 70 ms long
but for −90 dB. It costs 0.2 ms per 100 ms of stereo, which a recursion in Python could not.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from orchestrator.timing.grid import AUDIO_RATE

STEP = AUDIO_RATE // 10
_FFT = 8192
_TAPS = _FFT - STEP
_MOMENTARY_STEPS = 4
_SHORT_STEPS = 30
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_BINS_PER_LU = 10
_TOP_LUFS = 20.0

# ITU-R BS.1770-5, tables 1 and 2, at 48 kHz: the head's shelf, then the high pass
_SHELF_B = (1.53512485958697, -2.69169618940638, 1.19839281085285)
_SHELF_A = (1.0, -1.69065929318241, 0.73248077421585)
_HIGH_PASS_B = (1.0, -2.0, 1.0)
_HIGH_PASS_A = (1.0, -1.99004745483398, 0.99007225036621)


def _biquad(
    samples: NDArray[np.float64], b: tuple[float, ...], a: tuple[float, ...]
) -> NDArray[np.float64]:
    out = np.zeros_like(samples)
    x1 = x2 = y1 = y2 = 0.0
    for i, x in enumerate(samples):
        y = b[0] * x + b[1] * x1 + b[2] * x2 - a[1] * y1 - a[2] * y2
        x2, x1, y2, y1 = x1, float(x), y1, float(y)
        out[i] = y
    return out


def _response() -> NDArray[np.complex64]:
    impulse = np.zeros(_TAPS)
    impulse[0] = 1.0
    taps = _biquad(_biquad(impulse, _SHELF_B, _SHELF_A), _HIGH_PASS_B, _HIGH_PASS_A)
    return np.fft.rfft(taps, _FFT).astype(np.complex64)[:, np.newaxis]


def _lufs(power: float) -> float:
    """Loudness of a mean square summed over both channels; −inf of silence."""
    return -0.691 + 10.0 * float(np.log10(power)) if power > 0 else float("-inf")


class LoudnessMeter:
    """Give it samples, of any number at a time; ask for the three loudnesses whenever."""

    _weighting: NDArray[np.complex64] | None = None  # the same for every meter

    def __init__(self) -> None:
        if LoudnessMeter._weighting is None:
            LoudnessMeter._weighting = _response()
        self._history = np.zeros((_FFT, 2), np.float32)
        self._filled = 0
        self._powers: deque[float] = deque(maxlen=_SHORT_STEPS)
        self._steps = 0
        bins = round((_TOP_LUFS - _ABSOLUTE_GATE_LUFS) * _BINS_PER_LU)
        self._block_count = np.zeros(bins, np.int64)
        self._block_power = np.zeros(bins)
        self.peak = 0.0
        """The largest sample since `take_peak`."""

    def add(self, samples: NDArray[np.float32]) -> None:
        """Measure the next samples, (k, 2), 48 kHz."""
        if len(samples):
            self.peak = max(self.peak, float(np.abs(samples).max()))
        at = 0
        while at < len(samples):
            take = min(STEP - self._filled, len(samples) - at)
            begin = _FFT - STEP + self._filled
            self._history[begin : begin + take] = samples[at : at + take]
            self._filled += take
            at += take
            if self._filled == STEP:
                self._step()

    def take_peak(self) -> float:
        """The sample peak since the last call, in dBFS."""
        peak, self.peak = self.peak, 0.0
        return 20.0 * float(np.log10(peak)) if peak > 0 else float("-inf")

    @property
    def momentary_lufs(self) -> float:
        """Over the last 400 ms."""
        return self._over(_MOMENTARY_STEPS)

    @property
    def short_term_lufs(self) -> float:
        """Over the last 3 s."""
        return self._over(_SHORT_STEPS)

    @property
    def integrated_lufs(self) -> float:
        """Since the start or the last `reset`, gated."""
        absolute = int(self._block_count.sum())
        if absolute == 0:
            return float("-inf")
        gate = _lufs(float(self._block_power.sum()) / absolute) + _RELATIVE_GATE_LU
        first = max(0, int(np.ceil((gate - _ABSOLUTE_GATE_LUFS) * _BINS_PER_LU)))
        count = int(self._block_count[first:].sum())
        return _lufs(float(self._block_power[first:].sum()) / count) if count else float("-inf")

    def reset(self) -> None:
        """Begin a new integration; the last 3 s stay."""
        self._block_count[:] = 0
        self._block_power[:] = 0.0
        self._steps = 0

    def _over(self, steps: int) -> float:
        powers = list(self._powers)[-steps:]
        return _lufs(sum(powers) / len(powers)) if powers else float("-inf")

    def _step(self) -> None:
        assert LoudnessMeter._weighting is not None
        spectrum = np.fft.rfft(self._history, axis=0) * LoudnessMeter._weighting
        weighted = np.fft.irfft(spectrum, _FFT, axis=0)[_FFT - STEP :]
        self._powers.append(float(np.mean(np.square(weighted), axis=0).sum()))
        self._history[: _FFT - STEP] = self._history[STEP:]
        self._filled = 0
        self._steps += 1
        if self._steps >= _MOMENTARY_STEPS:
            self._gate_block()

    def _gate_block(self) -> None:
        power = sum(list(self._powers)[-_MOMENTARY_STEPS:]) / _MOMENTARY_STEPS
        place = int((_lufs(power) - _ABSOLUTE_GATE_LUFS) * _BINS_PER_LU) if power > 0 else -1
        if place >= 0:
            place = min(place, len(self._block_count) - 1)
            self._block_count[place] += 1
            self._block_power[place] += power
