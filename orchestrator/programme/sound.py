"""The sound track: samples in, AAC parts out, on a thread of its own.

Threads: `offer` by the tick thread, two pictures ahead of the picture; the rest by this thread.
FFmpeg's AAC encoder gives a frame out only when it has 2048 samples more; with the lead, a part
of sound is ready before its pictures are. After a hole, sound begins in a new encoder at the next
part boundary.
"""

from __future__ import annotations

import logging
import queue
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orchestrator.errors import EncoderFailed
from orchestrator.media.boxes import Sample, write_part
from orchestrator.media.codecs import AudioEncoder
from orchestrator.media.house import AUDIO_TRACK
from orchestrator.programme.ladder import check_init
from orchestrator.programme.measure import Spread
from orchestrator.programme.spool import Spool
from orchestrator.programme.tap import Tap
from orchestrator.timing import Clock, Grid
from orchestrator.timing.grid import AAC_SAMPLES

log = logging.getLogger(__name__)

LEAD_FRAMES = 2
QUEUE_BLOCKS = 96
AUDIO_TRACK_ID = 1


class SoundParts:
    """Turns frames of samples into AAC parts. No thread of its own."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._encoder: AudioEncoder | None = None
        self._samples: dict[int, list[Sample]] = {}
        self._part_samples = grid.aac_per_part * AAC_SAMPLES

    def take(self, n: int, samples: NDArray[np.float32]) -> list[tuple[int, bytes]]:
        """The samples of frame `n`; gives the parts completed by them. Raises EncoderFailed."""
        first = self._grid.sample_of(n)
        if self._encoder is None or self._encoder.next_sample != first:
            self.begin_again()
            if n % self._grid.part_frames:
                return []
            self._encoder = AudioEncoder(first)
        parts: list[tuple[int, bytes]] = []
        for packet in self._encoder.encode(samples):
            k = packet.stamp // self._part_samples
            in_part = self._samples.setdefault(k, [])
            in_part.append(Sample(packet.payload, AAC_SAMPLES, is_sync=True))
            if len(in_part) == self._grid.aac_per_part:
                del self._samples[k]
                data = write_part(k, AUDIO_TRACK_ID, self._grid.audio_tfdt(k), in_part)
                parts.append((k, data))
        return parts

    def begin_again(self) -> None:
        """Drop what is unfinished; a new encoder starts with the next part."""
        if self._encoder is not None:
            self._encoder.close()
        self._encoder = None
        self._samples.clear()


class SoundTrack(threading.Thread):
    """The AAC encoder's thread. Full queue: the block is lost, which makes a hole, and counted."""

    def __init__(
        self,
        grid: Grid,
        *,
        spool: Spool,
        clock: Clock,
        public_init: Path,
        tap: Tap | None = None,
    ) -> None:
        """Raises StartError when its init segment is not the public one."""
        super().__init__(name="rung-a", daemon=True)
        self._tap = tap
        self._grid = grid
        self._spool = spool
        self._clock = clock
        self._queue: queue.SimpleQueue[tuple[int, NDArray[np.float32]] | None] = queue.SimpleQueue()
        self._parts = SoundParts(grid)
        self._after_end_ms = Spread(256)
        self._lost = 0
        self._restarts = 0
        check_init(AUDIO_TRACK, AudioEncoder().init, public_init)

    def offer(self, n: int, samples: NDArray[np.float32]) -> None:
        if self._queue.qsize() >= QUEUE_BLOCKS:
            self._lost += 1
        else:
            self._queue.put((n, samples))

    def stop(self) -> None:
        self._queue.put(None)
        self.join(1.0)

    def run(self) -> None:
        while (item := self._queue.get()) is not None:
            if self._tap is not None:
                self._tap.sound(self._grid.sample_of(item[0]), item[1])
            try:
                for k, data in self._parts.take(*item):
                    self._spool.part(AUDIO_TRACK, k, data)
                    end_ns = self._grid.part_end_ns(k)
                    self._after_end_ms.add((self._clock.now_ns() - end_ns) / 1e6)
            except EncoderFailed:
                self._restarts += 1
                log.exception("%s: new encoder at the next part", self.name)
                self._parts.begin_again()

    def facts(self) -> dict[str, object]:
        return {
            "queue": self._queue.qsize(),
            "lost": self._lost,
            "restarts": self._restarts,
            "part_after_end_ms": self._after_end_ms.summary(),
        }
