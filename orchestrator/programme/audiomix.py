"""The sound desk: from a look to exactly the samples of its frame.

Tick thread. Gains belong to places; a source heard in two places is heard once, at the louder
gain. Nothing is ever switched: on a cut a gain takes 10 ms to its new value, in a transition it
follows the transition, equal-power. A source whose sound stops in the middle is let down over
5 ms, and raised again when it is back. The limiter comes last, and the meter after it.

The limiter looks 1.6 ms ahead, so sources are read that much further; the samples that come out
are those of frame n.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from orchestrator.media.limiter import AHEAD, Limiter
from orchestrator.media.loudness import LoudnessMeter
from orchestrator.rundown.scene import Look, Scene
from orchestrator.timing.grid import AUDIO_RATE, Grid

Samples = NDArray[np.float32]

RAMP = AUDIO_RATE // 100
_LET_DOWN = AUDIO_RATE // 200


class Sounds(Protocol):
    """Where the sound of the sources comes from."""

    def sound(self, source: str, first_sample: int, out: Samples) -> bool:
        """Fill `out` (k, 2) from that sample on; False if the source does not have all of it."""
        ...


def amplitude(gain_db: float | None) -> float:
    return 0.0 if gain_db is None else math.pow(10.0, gain_db / 20.0)


def targets(look: Look, trim_db: Callable[[str], float]) -> dict[str, float]:
    """How loud every source is to be at the end of frame n, as a factor."""
    coming = _gains(look.scene, trim_db)
    if look.outgoing is None or look.progress >= 1.0:
        return coming
    going = _gains(look.outgoing, trim_db)
    angle = look.progress * math.pi / 2
    up, down = math.sin(angle), math.cos(angle)
    mixed: dict[str, float] = {}
    for source in going.keys() | coming.keys():
        if source in going and source in coming:  # the same sound: a straight line, no bump
            share = look.progress
            mixed[source] = going[source] * (1 - share) + coming[source] * share
        elif source in coming:
            mixed[source] = coming[source] * up
        else:
            mixed[source] = going[source] * down
    return mixed


def _gains(scene: Scene, trim_db: Callable[[str], float]) -> dict[str, float]:
    gains: dict[str, float] = {}
    for layer in scene.layers:
        if layer.gain_db is not None:
            gain = amplitude(layer.gain_db + trim_db(layer.source))
            gains[layer.source] = max(gain, gains.get(layer.source, 0.0))
    return gains


class AudioMix:
    """Mixes frame after frame. `missing` counts frames of sources that should have been heard."""

    def __init__(self, grid: Grid, sounds: Sounds, *, peak_dbtp: float) -> None:
        self._grid = grid
        self._sounds = sounds
        self._frame = grid.samples_per_frame
        self._limiter = Limiter(peak_dbtp, self._frame)
        self._gains: dict[str, float] = {}
        self._tails: dict[str, Samples] = {}
        self._next_n: int | None = None
        self._block = np.zeros((self._frame, 2), np.float32)
        self._cut = np.minimum(1.0, np.arange(1, self._frame + 1, dtype=np.float32) / RAMP)
        self._line = np.arange(1, self._frame + 1, dtype=np.float32) / self._frame
        self._let_down = np.linspace(1.0, 0.0, _LET_DOWN, dtype=np.float32)[:, np.newaxis]
        self._trims: Mapping[str, float] = {}
        self.meter = LoudnessMeter()
        self.missing = 0

    def set_trims(self, trims_db: Mapping[str, float]) -> None:
        """The feeds' own gains; ramped like everything else."""
        self._trims = trims_db

    def mix(self, look: Look) -> Samples:
        """The samples of frame `look.n`, (samples per frame, 2). Frames normally come in order."""
        n = look.n
        if n != self._next_n:
            self._begin(look)
        self._next_n = n + 1
        raw = self._raw(look, self._grid.sample_of(n) + AHEAD, self._block)
        out = self._limiter.process(raw)
        self.meter.add(out)
        return out

    def take_reduction_db(self) -> float:
        """The limiter's strongest reduction since the last call."""
        least, self._limiter.least_gain = self._limiter.least_gain, 1.0
        return -20.0 * math.log10(least)

    def _begin(self, look: Look) -> None:
        """After a start or a hole: sources fade in from nothing."""
        self._gains.clear()
        self._tails.clear()
        ahead = np.zeros((AHEAD, 2), np.float32)
        self._limiter.restart(self._raw(look, self._grid.sample_of(look.n), ahead))

    def _raw(self, look: Look, first_sample: int, out: Samples) -> Samples:
        """The sum of all sources, before the limiter, for `len(out)` samples."""
        wanted = targets(look, lambda source: self._trims.get(source, 0.0))
        in_transition = look.outgoing is not None and look.progress < 1.0
        count = len(out)
        shape = (self._line if in_transition else self._cut)[:count]
        out[...] = 0.0
        piece = np.empty((count, 2), np.float32)
        for source in wanted.keys() | self._gains.keys():
            before, after = self._gains.get(source, 0.0), wanted.get(source, 0.0)
            if source.startswith("slate.") or (before == 0.0 and after == 0.0):
                continue
            if not self._sounds.sound(source, first_sample, piece):
                self._stopped(source, out)
                continue
            if before == after:
                piece *= after
            else:
                piece *= (before + (after - before) * shape)[:, np.newaxis]
                if shape[-1] < 1.0:
                    after = before + (after - before) * float(shape[-1])
            out += piece
            self._keep(source, after, piece)
        for source in self._gains.keys() - wanted.keys():
            if self._gains[source] == 0.0:
                del self._gains[source]
                self._tails.pop(source, None)
        return out

    def _keep(self, source: str, gain: float, piece: Samples) -> None:
        self._gains[source] = gain
        self._tails[source] = piece[-1].copy()

    def _stopped(self, source: str, out: Samples) -> None:
        """No sound where there should be some: let the last sample down, so that nothing clicks."""
        self.missing += 1
        tail = self._tails.pop(source, None)
        if tail is not None:
            k = min(_LET_DOWN, len(out))
            out[:k] += tail * self._let_down[:k]
        self._gains[source] = 0.0
