"""The ladder: one composed picture, encoded into every rendition, each on its own thread.

Threads: `offer` by the tick thread; the rest by the rendition's own thread. The tick thread never
waits: a queue holds 32 pictures, and a picture that finds it full is lost to that rendition and
counted. When one falls behind, pictures are left out (`haste`), which lengthens the one before;
the parts stay whole (`cutter`). One whose encoder fails drops its pictures until the next segment
and begins there with a new one; the gate fills its parts meanwhile, the others notice nothing.
The clean picture, if recordings ask for it, is one more rendition, of a copy without graphics.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import av

from orchestrator.bus import faultpoint
from orchestrator.errors import EncoderFailed, StartError
from orchestrator.media.boxes import Sample, write_part
from orchestrator.media.codecs import VideoEncoder
from orchestrator.media.house import Rendition
from orchestrator.media.picture import copy, planes_of_frame, scale
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

_RECENT_S = 15
"""So long after an encoder failed people are told of it."""


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

    def __init__(
        self, rendition: Rendition, grid: Grid, first_n: int, tap: Tap | None = None
    ) -> None:
        """`tap` gets every picture at this rendition's size before it is encoded. Raises
        EncoderFailed."""
        self._encoder = VideoEncoder(rendition, grid)
        self._grid = grid
        self._cutter = Cutter(grid, first_n)
        self._samples: list[tuple[memoryview, bool]] = []
        self._scaled = av.VideoFrame(rendition.width, rendition.height, "yuv420p")
        self._scaled_planes = planes_of_frame(self._scaled)
        self._tap = tap

    @property
    def init(self) -> bytes:
        return self._encoder.init

    def mark_hole(self) -> None:
        self._cutter.mark_hole()

    def take(self, n: int, picture: Composed, *, encode: bool = True) -> list[tuple[int, bytes]]:
        """Encode frame `n`; gives the parts completed by it. Raises EncoderFailed."""
        parts: list[tuple[int, bytes]] = []
        frame: av.VideoFrame | None = None
        for step in self._cutter.take(n, encode=encode):
            if isinstance(step, Close):
                parts.append((step.k, self._part(step)))
                continue
            if step.n % self._grid.part_frames == 0:
                self._samples.clear()  # of a part that a long hole has cut off
            frame = frame or self._fitted(n, picture)
            if faultpoint.is_asked(f"encoder.{self._encoder.rendition.name}"):
                raise EncoderFailed(f"the encoder was made to fail at frame {n}")
            for packet in self._encoder.encode(frame, step.n, idr=step.idr):
                self._samples.append((packet.payload, packet.is_sync))
        return parts

    def close(self) -> None:
        self._encoder.close()

    def _fitted(self, n: int, picture: Composed) -> av.VideoFrame:
        frame, planes = picture.frame, picture.planes
        if (frame.width, frame.height) != (self._scaled.width, self._scaled.height):
            frame, planes = self._scaled, self._scaled_planes
            scale(picture.planes, planes)
        if self._tap is not None:
            self._tap.picture(n, planes)
        return frame

    def _part(self, step: Close) -> bytes:
        ticks = self._grid.ticks_per_frame
        if len(self._samples) != len(step.frames):
            raise EncoderFailed(
                f"part {step.k} has {len(self._samples)} pictures, not {len(step.frames)}"
            )
        samples = [
            Sample(payload, frames * ticks, is_sync)
            for (payload, is_sync), frames in zip(self._samples, step.frames, strict=True)
        ]
        self._samples.clear()
        return write_part(step.k, VIDEO_TRACK_ID, self._grid.video_tfdt(step.k), samples)


@dataclass(frozen=True, slots=True)
class Failure:
    """An encoder has given up."""

    track: str
    n: int
    why: str
    again_n: int
    restarts: int

    def sentence(self) -> str:
        return (
            f"{self.track}: {self.why}; slate in this rendition until frame {self.again_n}, then "
            f"a new encoder (number {self.restarts + 1}); the other renditions go on"
        )


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
        self._maker: PartMaker | None = PartMaker(rendition, grid, first_n, tap)
        check_init(rendition.name, self._maker.init, public_init)
        self._again_n = first_n
        self._encode_ms = Spread()
        self._after_end_ms = Spread(256)
        self._haste = Haste(grid)
        self._lost = 0
        self._left_out = 0
        self._late_parts = 0
        self._restarts = 0
        self._failures: queue.SimpleQueue[Failure] = queue.SimpleQueue()
        self._last_failure: Failure | None = None

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
            except EncoderFailed as error:
                self._failed(n, error)
            finally:
                self._pool.give_back(picture)

    def _take(self, n: int, picture: Composed) -> None:
        began = time.perf_counter()
        maker = self._maker
        if maker is None:
            if n < self._again_n:
                return
            self._maker = maker = PartMaker(self._rendition, self._grid, n, self._tap)
        leave_out = self._haste.leaves_out(n, self._queue.qsize())
        self._left_out += leave_out
        for k, data in maker.take(n, picture, encode=not leave_out):
            self._spool.part(self._rendition.name, k, data)
            after_end_ns = self._clock.now_ns() - self._grid.part_end_ns(k)
            self._after_end_ms.add(after_end_ns / 1e6)
            if after_end_ns > LATE_NS:
                self._late_parts += 1
                maker.mark_hole()
        took_s = time.perf_counter() - began
        if not leave_out:
            self._haste.took(took_s)
        self._encode_ms.add(took_s * 1e3)

    def _failed(self, n: int, error: EncoderFailed) -> None:
        """Wait for the next segment; one that cannot even be made is tried again once a segment."""
        self._restarts += 1
        self._again_n = (n // self._grid.segment_frames + 1) * self._grid.segment_frames
        failure = Failure(self._rendition.name, n, str(error), self._again_n, self._restarts)
        log.error("%s", failure.sentence())
        self._last_failure = failure
        self._failures.put(failure)
        if self._maker is not None:
            self._maker.close()
        self._maker = None

    def take_failures(self) -> list[Failure]:
        """What went wrong since the last time. Tick thread."""
        failures = []
        while not self._failures.empty():
            failures.append(self._failures.get())
        return failures

    def trouble(self, n: int) -> str:
        """That the encoder has failed of late, as a sentence; empty if all is well at frame `n`."""
        failure = self._last_failure
        is_recent = failure is not None and n - failure.n < _RECENT_S * self._grid.fps
        return failure.sentence() if failure is not None and is_recent else ""

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
    """Every rung; `clean` is fed before graphics are laid over the picture. Tick thread."""

    def __init__(self, rungs: list[Rung], pool: Pool, clean: Rung | None = None) -> None:
        self._rungs = rungs
        self._pool = pool
        self._clean = clean
        self._all = [*rungs, clean] if clean is not None else rungs

    def start(self) -> None:
        for rung in self._all:
            rung.start()

    def borrow(self) -> Composed:
        """A picture to compose into; `offer` it exactly once."""
        return self._pool.borrow(len(self._rungs))

    def offer_clean(self, n: int, picture: Composed) -> None:
        """Keep the picture as it is before graphics (0.1 ms at 720p), if anybody asked for it."""
        if self._clean is not None:
            kept = self._pool.borrow(1)
            copy(picture.planes, kept.planes)
            self._clean.offer(n, kept)

    def offer(self, n: int, picture: Composed) -> None:
        for rung in self._rungs:
            rung.offer(n, picture)

    def stop(self) -> None:
        """Let every rung finish what waits, for at most a second each."""
        for rung in self._all:
            rung.stop()
        for rung in self._all:
            rung.join(1.0)

    def take_failures(self) -> list[Failure]:
        return [failure for rung in self._all for failure in rung.take_failures()]

    def trouble(self, n: int) -> list[str]:
        return [sentence for rung in self._all if (sentence := rung.trouble(n))]

    def facts(self) -> dict[str, object]:
        return {rung.name.removeprefix("rung-"): rung.facts() for rung in self._all}
