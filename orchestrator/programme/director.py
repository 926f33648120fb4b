"""The director: which look is on at frame n, waiting a moment for a picture that is not there yet.

Pure but for what it remembers of the last frame; tick thread. `Show` says what should be on. The
one thing added here: a new scene whose sources have no picture yet (a take of a feed that was not
hot) is put off for up to a second, and the old scene stays, so that no black and no half-old
picture is ever shown. A transition put off is played in full from where the scene comes in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from orchestrator.rundown.plan import Transition
from orchestrator.rundown.scene import Look, Scene


class Looks(Protocol):
    """The show, as far as it is needed here."""

    def at(self, n: int, dead: frozenset[str]) -> Look: ...


Ready = Callable[[str, int], bool]
"""Whether a source has a picture for that frame."""


@dataclass(frozen=True, slots=True)
class _PutOff:
    """A scene that waits for its pictures, and what it comes from."""

    scene: Scene
    since_n: int
    transition: Transition


@dataclass(frozen=True, slots=True)
class _Delayed:
    """A transition that began later than the show says."""

    began_n: int
    outgoing: Scene
    transition: Transition

    def over(self, look: Look) -> Look:
        done = look.n - self.began_n + 1
        if done > self.transition.frames:
            return replace(look, outgoing=None, progress=1.0)
        progress = done / (self.transition.frames + 1)
        return replace(look, outgoing=self.outgoing, transition=self.transition, progress=progress)


class Director:
    """Asked for each frame in order. `put_off` counts scenes that had to wait."""

    def __init__(self, patience_frames: int) -> None:
        self._patience = patience_frames
        self._shown: Look | None = None
        self._put_off: _PutOff | None = None
        self._delayed: _Delayed | None = None
        self.put_off = 0

    def look(self, show: Looks, n: int, dead: frozenset[str], ready: Ready) -> Look:
        """What is on at frame `n`. This is the frame's one decision."""
        wanted = show.at(n, dead)
        shown = self._shown
        if shown is not None and self._must_wait(wanted, shown, ready):
            held = self._held(shown, n)
            self._shown = held
            return held
        if self._put_off is not None and shown is not None:
            self._delayed = self._begin_late(self._put_off, wanted, shown)
            self._put_off = None
        self._shown = self._delayed.over(wanted) if self._delayed is not None else wanted
        if self._shown.outgoing is None:
            self._delayed = None
        return self._shown

    def sound_look(self, show: Looks, n: int, dead: frozenset[str]) -> Look:
        """What is heard at a frame that is not decided yet: sound is mixed two pictures ahead."""
        if self._put_off is not None and self._shown is not None:
            return self._held(self._shown, n)
        wanted = show.at(n, dead)
        return self._delayed.over(wanted) if self._delayed is not None else wanted

    def waiting_for(self) -> frozenset[str]:
        """Sources of a scene that has been put off."""
        return self._put_off.scene.sources() if self._put_off is not None else frozenset()

    def _must_wait(self, wanted: Look, shown: Look, ready: Ready) -> bool:
        scene, n = wanted.scene, wanted.n
        new = scene.sources() - shown.scene.sources()
        if scene is shown.scene or not new or all(ready(source, n) for source in new):
            return False
        if self._put_off is None or self._put_off.scene != scene:
            since_n = self._put_off.since_n if self._put_off is not None else n
            transition = wanted.transition if wanted.outgoing is not None else Transition()
            self.put_off += self._put_off is None
            self._put_off = _PutOff(scene, since_n, transition)
        return n - self._put_off.since_n < self._patience

    def _held(self, shown: Look, n: int) -> Look:
        """The scene that is on, for one frame more; its own transition goes on."""
        look = replace(shown, n=n)
        if look.outgoing is None:
            return look
        step = 1.0 / (look.transition.frames + 1)
        progress = look.progress + step * (n - shown.n)
        if progress >= 1.0 - step / 2:
            return replace(look, outgoing=None, progress=1.0)
        return replace(look, progress=progress)

    def _begin_late(self, put_off: _PutOff, wanted: Look, shown: Look) -> _Delayed | None:
        """The transition of the scene that has waited, unless something else came instead."""
        if put_off.transition.frames and put_off.scene.began_n == wanted.scene.began_n:
            return _Delayed(wanted.n, shown.scene, put_off.transition)
        return None
