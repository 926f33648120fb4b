"""The ladder: one composed picture, encoded into every rendition, each on its own thread.

Threads: `offer` by the tick thread; the rest by the rendition's own thread. The tick thread never
waits: a queue holds 32 pictures, and a picture that finds it full is lost to that rendition and
counted. When one falls behind, pictures are left out (`haste`), which lengthens the one before;
the parts stay whole (`cutter`).
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from pathlib import Path

import av

from orchestrator.errors import EncoderFailed, StartError
from orchestrator.media.boxes import Sample, write_part
from orchestrator.media.codecs import VideoEncoder
from orchestrator.media.house import Rendition
from orchestrator.media.picture import Planes, planes_of_frame, scale
from orchestrator.programme.cutter import Close, Cutter
from orchestrator.programme.haste import Haste
from orchestrator.programme.measure import Spread
from orchestrator.programme.pool import Composed, Pool
from orchestrator.programme.spool import Spool
from orchestrator.programme.tap import Tap
from orchestrator.timing import Clock, Grid

log = logging.getLogger(__name__)

QUEUE_PICTURES = 32
LATE_NS = 300_000_000
"""A part this late after its end may have been replaced by slate; the gate waits 400 ms."""

VIDEO_TRACK_ID = 1


def check_init(track: str, init: bytes, public: Path) -> None:
    """Refuse to encode what the public init segment does not describe. Raises StartError."""
    try:
        expected = public.read_bytes()
    except FileNotFoundError:
        raise StartError(
            f"{public} is missing: run the slate job (orchestrator.programme.slate_job) first"
        ) from None
    if init != expected:
        raise StartError(
            f"the {track} encoder's init segment differs from the public one ({public}): the "
            "ladder, its options or FFmpeg changed since the event began. Go back to what it was, "
            "or end this event and start it with --fresh"
        )


class PartMaker:
    """Turns the pictures of one rendition into parts. No thread of its own."""

    def __init__(self, rendition: Rendition, grid: Grid, first_n: int) -> None:
        """Raises EncoderFailed."""
        self._encoder = VideoEncoder(rendition, grid)
        self._grid = grid
        self._cutter = Cutter(grid, first_n)
        self._samples: list[tuple[memoryview, bool]] = []
        self._scaled = av.VideoFrame(rendition.width, rendition.height, "yuv420p")
        self._scaled_planes = planes_of_frame(self._scaled)
        self.fitted: Planes | None = None
        """The picture of the last `take` at this rendition's size; None if it was left out."""

    @property
    def init(self) -> bytes:
        return self._encoder.init

    def mark_hole(self) -> None:
        self._cutter.mark_hole()

    def take(self, n: int, picture: Composed, *, encode: bool = True) -> list[tuple[int, bytes]]:
        """Encode frame `n`; gives the parts completed by it. Raises EncoderFailed."""
        parts: list[tuple[int, bytes]] = []
        frame: av.VideoFrame | None = None
        self.fitted = None
        for step in self._cutter.take(n, encode=encode):
            if isinstance(step, Close):
                parts.append((step.k, self._part(step)))
                continue
            if step.n % self._grid.part_frames == 0:
                self._samples.clear()  # of a part that a long hole has cut off
            frame = frame or self._fitted(picture)
            for packet in self._encoder.encode(frame, step.n, idr=step.idr):
                self._samples.append((packet.payload, packet.is_sync))
        return parts

    def _fitted(self, picture: Composed) -> av.VideoFrame:
        if (picture.frame.width, picture.frame.height) == (self._scaled.width, self._scaled.height):
            self.fitted = picture.planes
            return picture.frame
        scale(picture.planes, self._scaled_planes)
        self.fitted = self._scaled_planes
        return self._scaled

    def _part(self, step: Close) -> bytes:
        ticks = self._grid.ticks_per_frame
        samples = [
            Sample(payload, frames * ticks, is_sync)
            for (payload, is_sync), frames in zip(self._samples, step.frames, strict=True)
        ]
        self._samples.clear()
        return write_part(step.k, VIDEO_TRACK_ID, self._grid.video_tfdt(step.k), samples)


class Rung(threading.Thread):
    """One rendition's thread. `facts()` may be called by any thread."""

    def __init__(
        self,
        rendition: Rendition,
        grid: Grid,
        first_n: int,
        *,
        pool: Pool,
        spool: Spool,
        clock: Clock,
        public_init: Path,
        tap: Tap | None = None,
    ) -> None:
        """Raises StartError when its init segment is not the public one."""
        super().__init__(name=f"rung-{rendition.name}", daemon=True)
        self._tap = tap
        self._rendition = rendition
        self._grid = grid
        self._pool = pool
        self._spool = spool
        self._clock = clock
        self._queue: queue.SimpleQueue[tuple[int, Composed] | None] = queue.SimpleQueue()
        self._maker = PartMaker(rendition, grid, first_n)
        check_init(rendition.name, self._maker.init, public_init)
        self._encode_ms = Spread()
        self._after_end_ms = Spread(256)
        self._haste = Haste(grid)
        self._lost = 0
        self._left_out = 0
        self._late_parts = 0
        self._restarts = 0

    def offer(self, n: int, picture: Composed) -> None:
        """Hand over frame `n`; give the picture back at once if there is no room."""
        if self._queue.qsize() >= QUEUE_PICTURES:
            self._lost += 1
            self._pool.give_back(picture)
        else:
            self._queue.put((n, picture))

    def stop(self) -> None:
        self._queue.put(None)

    def run(self) -> None:
        while (item := self._queue.get()) is not None:
            n, picture = item
            try:
                self._take(n, picture)
            except EncoderFailed:
                log.exception("%s: new encoder at the next segment", self.name)
                self._begin_again(n)
            finally:
                self._pool.give_back(picture)

    def _take(self, n: int, picture: Composed) -> None:
        began = time.perf_counter()
        leave_out = self._haste.leaves_out(n, self._queue.qsize())
        self._left_out += leave_out
        for k, data in self._maker.take(n, picture, encode=not leave_out):
            self._spool.part(self._rendition.name, k, data)
            after_end_ns = self._clock.now_ns() - self._grid.part_end_ns(k)
            self._after_end_ms.add(after_end_ns / 1e6)
            if after_end_ns > LATE_NS:
                self._late_parts += 1
                self._maker.mark_hole()
        if self._tap is not None and self._maker.fitted is not None:
            self._tap.picture(n, self._maker.fitted)
        took_s = time.perf_counter() - began
        if not leave_out:
            self._haste.took(took_s)
        self._encode_ms.add(took_s * 1e3)

    def _begin_again(self, n: int) -> None:
        self._restarts += 1
        next_segment = (n // self._grid.segment_frames + 1) * self._grid.segment_frames
        with contextlib.suppress(EncoderFailed):  # then the old one fails again, and we are here
            self._maker = PartMaker(self._rendition, self._grid, next_segment)

    def facts(self) -> dict[str, object]:
        return {
            "queue": self._queue.qsize(),
            "lost": self._lost,
            "left_out": self._left_out,
            "late_parts": self._late_parts,
            "restarts": self._restarts,
            "encode_ms": self._encode_ms.summary(),
            "part_after_end_ms": self._after_end_ms.summary(),
        }


class Ladder:
    """Every rung. Tick thread."""

    def __init__(self, rungs: list[Rung], pool: Pool) -> None:
        self._rungs = rungs
        self._pool = pool

    def start(self) -> None:
        for rung in self._rungs:
            rung.start()

    def borrow(self) -> Composed:
        """A picture to compose into; `offer` it exactly once."""
        return self._pool.borrow(len(self._rungs))

    def offer(self, n: int, picture: Composed) -> None:
        for rung in self._rungs:
            rung.offer(n, picture)

    def stop(self) -> None:
        """Let every rung finish what waits, for at most a second each."""
        for rung in self._rungs:
            rung.stop()
        for rung in self._rungs:
            rung.join(1.0)

    def facts(self) -> dict[str, object]:
        return {rung.name.removeprefix("rung-"): rung.facts() for rung in self._rungs}
