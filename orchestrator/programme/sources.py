"""Pictures and sound of every source, whoever makes them: rings of feeds and clips, slates.

Tick thread. A ring is opened when its source is first asked for. A new picture is drawn straight
from the ring, where it lies for another twelve; one that is shown again is copied out of it, so
that a source that stops is shown standing until it is judged dead.
"""

from __future__ import annotations

import logging

import numpy as np

from orchestrator.bus.tree import LiveTree
from orchestrator.media.house import House
from orchestrator.media.picture import Planes, copy, new_picture, planes_of
from orchestrator.media.ring import RingReader, Seen
from orchestrator.programme.audiomix import Samples

log = logging.getLogger(__name__)

_NEVER = -1


class _Ring:
    """A ring and the picture last shown out of it."""

    def __init__(self, reader: RingReader) -> None:
        self.reader = reader
        self.seen: Seen | None = None
        self.kept: Planes | None = None
        self.stamp = _NEVER
        self.used_n = 0

    def show(self, seen: Seen | None, n: int) -> None:
        """Frame `n` shows `seen`, or once more what was shown before."""
        if seen is not None and seen.frame != self.stamp:
            self.seen, self.stamp = seen, seen.frame
        elif self.seen is not None and n != self.used_n:
            self._keep(self.seen)
        self.used_n = n

    def _keep(self, seen: Seen) -> None:
        """It stands: out of the ring with it, before its place is needed."""
        room = self.kept
        if room is None:
            height, width = seen.planes[0].shape
            room = new_picture(width, height)
        copy(seen.planes, room)
        self.seen = None
        self.kept = room if seen.is_whole() else None
        if self.kept is None:
            self.stamp = _NEVER

    def forget(self) -> None:
        self.seen, self.kept, self.stamp = None, None, _NEVER
        self.reader.close()

    @property
    def picture(self) -> Planes | None:
        return self.kept if self.seen is None else self.seen.planes


class Sources:
    """Implements the compositor's `Pictures` and the sound desk's `Sounds`."""

    def __init__(self, tree: LiveTree, house: House) -> None:
        self._tree = tree
        self._house = house
        self._rings: dict[str, _Ring] = {}
        self._slates: dict[str, Planes | None] = {}

    def read(self, source: str, n: int) -> Planes | None:
        """The newest picture due by frame n, or the last one there was; None if never any."""
        if source.startswith("slate."):
            return self._slate(source)
        ring = self._ring(source)
        ring.show(ring.reader.look(n), n)
        return ring.picture

    def is_whole(self, source: str) -> bool:
        """Whether the picture that `read` gave last has not been written over meanwhile."""
        ring = self._rings.get(source)
        if ring is None or ring.seen is None or ring.seen.is_whole():
            return True
        ring.seen, ring.stamp = None, _NEVER
        ring.kept = None
        return False

    def age(self, source: str, n: int) -> int | None:
        """How many frames old the picture of frame n would be; None if the ring has none."""
        if source.startswith("slate."):
            return 0
        stamp = self._ring(source).reader.due(n)
        return None if stamp is None else n - stamp

    def newest_n(self, source: str) -> int:
        """The frame of the newest picture in the ring, due or not; 0 if there is none."""
        return self._ring(source).reader.newest_n()

    def sound(self, source: str, first_sample: int, out: Samples) -> bool:
        if source.startswith("slate."):
            return False
        return self._ring(source).reader.sound(first_sample, len(out), out)

    def forget_unused(self, n: int) -> None:
        """Let go of pictures and rings that have not been shown for ten seconds.

        A ring that is kept mapped keeps the memory of a file that its feed has long removed.
        """
        for ring in self._rings.values():
            if n - ring.used_n > 10 * self._house.grid.fps:
                ring.forget()

    def ages(self, n: int) -> dict[str, int]:
        """Of every source with a picture: how old it is, for the fact sheet."""
        return {
            source: n - ring.stamp
            for source, ring in list(self._rings.items())
            if ring.stamp != _NEVER
        }

    def _ring(self, source: str) -> _Ring:
        ring = self._rings.get(source)
        if ring is None:
            reader = RingReader(self._tree.ring(source), self._house.width, self._house.height)
            ring = self._rings[source] = _Ring(reader)
        return ring

    def _slate(self, source: str) -> Planes | None:
        if source not in self._slates:
            self._slates[source] = self._load_slate(source)
        return self._slates[source]

    def _load_slate(self, source: str) -> Planes | None:
        path = self._tree.slate / "pictures" / f"{source}.i420"
        try:
            raw = np.fromfile(path, np.uint8)
            return planes_of(raw, self._house.width, self._house.height)
        except (OSError, ValueError) as error:
            log.error("no picture for %s: %s", source, error)
            return None
