"""A pool of composed pictures, reused so that the tick thread causes no page faults.

The tick thread borrows a picture and composes into it; each rendition's thread gives it back when
it has encoded it. With nothing in the pool a new one is made: the encoders' bounded queues bound
the pool too.
"""

from __future__ import annotations

import threading

import av

from orchestrator.media.picture import Planes, planes_of_frame


class Composed:
    """One picture of the programme. Written by the tick thread before anybody else has it."""

    def __init__(self, width: int, height: int) -> None:
        self.frame = av.VideoFrame(width, height, "yuv420p")
        self.planes: Planes = planes_of_frame(self.frame)
        self.holders = 0


class Pool:
    """Borrowed by the tick thread, given back by any thread."""

    def __init__(self, width: int, height: int) -> None:
        self._width = width
        self._height = height
        self._lock = threading.Lock()
        self._free: list[Composed] = []
        self.made = 0

    def borrow(self, holders: int) -> Composed:
        """A picture that comes back when `holders` have given it back."""
        with self._lock:
            picture = self._free.pop() if self._free else None
        if picture is None:
            picture = Composed(self._width, self._height)
            self.made += 1
        picture.holders = holders
        return picture

    def give_back(self, picture: Composed, holders: int = 1) -> None:
        with self._lock:
            picture.holders -= holders
            if picture.holders <= 0:
                self._free.append(picture)
