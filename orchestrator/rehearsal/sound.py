"""What a simulated site sounds like: a quiet chord of its own, and a beep once a second. Pure.

The beep begins on the first sample of each frame whose counter is a whole second, the one that
flashes, and has the site's own pitch. Everything repeats after a whole number of seconds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from orchestrator.timing.grid import AUDIO_RATE

BEEP_S = 0.05
BEEP_LEVEL = 0.25  # -12 dBFS
BED_LEVEL = 0.05
_SCALE = (0, 2, 4, 7, 9)  # major pentatonic: whichever sites are mixed, they agree


def beep_hz(number: int) -> int:
    """The pitch of a contribution's beep: 100 Hz apart, so that 10 ms hold whole cycles of each."""
    return 1000 + 100 * (number % 30)


def sound(number: int, seconds: int) -> NDArray[np.float32]:
    """One loop in stereo, (seconds * 48000, 2)."""
    count = seconds * AUDIO_RATE
    t = np.arange(count, dtype=np.float64) / AUDIO_RATE
    bed = np.zeros((count, 2))
    for i in range(3):
        step = _SCALE[(number + 2 * i) % 5] + 12 * ((number + i) % 2)
        hz = _whole(110 * 2 ** (step / 12), seconds)
        swell = 0.6 + 0.4 * np.sin(2 * np.pi * (t * (i + 1) / seconds + i / 3))
        voice = np.sin(2 * np.pi * hz * t) + 0.3 * np.sin(4 * np.pi * hz * t)
        pan = 0.5 + 0.35 * (i - 1)
        bed += (voice * swell)[:, None] * [1 - pan, pan]
    second = np.zeros(AUDIO_RATE)
    length = round(BEEP_S * AUDIO_RATE)
    edge = np.minimum(1, np.minimum(np.arange(length), np.arange(length)[::-1]) / 48)
    second[:length] = edge * np.sin(2 * np.pi * beep_hz(number) * np.arange(length) / AUDIO_RATE)
    return (bed * BED_LEVEL + np.tile(second, seconds)[:, None] * BEEP_LEVEL).astype(np.float32)


def _whole(hz: float, seconds: int) -> float:
    """The nearest pitch with a whole number of cycles in the loop, so that it has no seam."""
    return round(hz * seconds) / seconds
