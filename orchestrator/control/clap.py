"""How far a feed's sound lies from its picture, from flashes and their beeps. Pure.

A site that holds a sync application before its lens, or claps a slate under a lamp, gives moments
at which a part of the picture becomes bright and something is heard. Each flash is paired with
every onset of sound near it; what the flashes agree on is the offset. Speech has onsets too, but at
no constant distance from any flash.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestrator.timing.grid import AUDIO_RATE

MOST_S = 0.5
"""Further apart than this, a flash and a beep are taken for two things."""
LEAST_FLASHES = 3
_LEAST_SHARE = 0.6
_AGREE_S = 0.03
_STEP = 12.0
"""A part of the picture that flashes becomes brighter by so many luma levels in one frame."""
_UNUSUAL = 6.0
_LIKE_THE_BRIGHTEST = 0.3
"""What is far less than the brightest one is something else that happened to become brighter."""
_APART_S = 0.25
_WINDOW = AUDIO_RATE // 200
_RISE_DB = 9.0
_FLOOR_DB = -75.0

Blocks = NDArray[np.float32]
Sound = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Clap:
    """`offset_ms` > 0: the sound comes later than its picture. To a frame or so."""

    offset_ms: int
    flashes: int


def offset_of(pictures: Blocks, sound: Sound, fps: int) -> Clap | None:
    """`pictures` is (frames, parts) of mean luma, `sound` one channel from the same instant on.

    None if there were too few flashes, or their beeps do not agree.
    """
    flashes = flashes_of(pictures, fps)
    onsets = onsets_of(sound)
    if len(flashes) < LEAST_FLASHES or not len(onsets):
        return None
    lags = onsets[None, :] - flashes[:, None]
    near = lags[np.abs(lags) <= MOST_S]
    best = max(near, key=lambda lag: _agreeing(lags, lag).sum(), default=None)
    if best is None:
        return None
    agreeing = _agreeing(lags, best)
    if agreeing.sum() < max(LEAST_FLASHES, _LEAST_SHARE * len(flashes)):
        return None
    nearest = np.take_along_axis(lags, np.abs(lags - best).argmin(axis=1)[:, None], axis=1)[:, 0]
    return Clap(round(float(np.median(nearest[agreeing])) * 1000), int(agreeing.sum()))


def flashes_of(pictures: Blocks, fps: int) -> NDArray[np.float64]:
    """Seconds at which some part of the picture became bright at once."""
    if len(pictures) < 2:
        return np.empty(0)
    rises = np.diff(pictures, axis=0)
    usual = np.median(np.abs(rises), axis=0)  # of each part: hands move, numbers count
    beyond = np.maximum(0.0, rises - np.maximum(_STEP, _UNUSUAL * usual)).sum(axis=1)
    brightest = float(beyond.max())
    if not brightest:
        return np.empty(0)
    return _apart((np.flatnonzero(beyond > _LIKE_THE_BRIGHTEST * brightest) + 1) / fps)


def onsets_of(sound: Sound) -> NDArray[np.float64]:
    """Seconds at which something began to be heard, whatever hums or murmurs below it.

    Differentiated twice, so that hum and voices weigh little against a beep or a clap.
    """
    bright = np.diff(sound.astype(np.float64), n=2)
    count = len(bright) // _WINDOW
    if count < 2:
        return np.empty(0)
    power = np.square(bright[: count * _WINDOW]).reshape(count, _WINDOW).mean(axis=1)
    level = np.maximum(_FLOOR_DB, 10.0 * np.log10(power + 1e-12))
    before = np.stack([np.roll(level, shift) for shift in (2, 3, 4, 5)]).max(axis=0)
    rises = level - before > _RISE_DB
    rises[:6] = False
    return _apart(np.flatnonzero(rises) * _WINDOW / AUDIO_RATE)


def _apart(times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """The first of each bunch."""
    kept: list[float] = []
    for time_s in times_s.tolist():
        if not kept or time_s - kept[-1] >= _APART_S:
            kept.append(time_s)
    return np.array(kept)


def _agreeing(lags: NDArray[np.float64], lag: float) -> NDArray[np.bool_]:
    """Which flashes have an onset at this distance."""
    return np.asarray(np.any(np.abs(lags - lag) <= _AGREE_S, axis=1))
