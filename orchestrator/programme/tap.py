"""What the monitor sees of the programme: small pictures and the sound, in a ring of their own.

Threads: `picture` by the lowest rendition's thread, when it has one at its size to encode;
`sound` by the sound track's. Never the tick thread. Ten pictures a second are enough for a
control room, and a monitor that cannot be fed is no reason to stop: without room there is none.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orchestrator.media.house import Rendition
from orchestrator.media.picture import Planes
from orchestrator.media.ring import RingWriter

log = logging.getLogger(__name__)

EVERY = 3
"""Pictures of the programme to one of the monitor; that many after the last one, whichever it was,
because a rendition that hurries leaves some out."""


class Tap:
    """Two threads write; one lock, held for a copy of 0.1 ms."""

    def __init__(self, ring: RingWriter) -> None:
        self._ring = ring
        self._last_n = 0
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path, size: Rendition) -> Tap | None:
        try:
            return cls(RingWriter(path, size.width, size.height, session=1))
        except OSError as error:
            log.warning("no monitor of the programme: %s", error.strerror)
            return None

    def picture(self, n: int, planes: Planes) -> None:
        if n - self._last_n >= EVERY:
            self._last_n = n
            with self._lock:
                self._ring.put_picture(n, *planes)

    def sound(self, first_sample: int, samples: NDArray[np.float32]) -> None:
        with self._lock:
            self._ring.put_sound(first_sample, samples)
