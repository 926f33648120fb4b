"""A hot feed: packets that are due are decoded, made house pictures, and put into the ring.

`HotDecoder` is the rule, stepped with the time; `HotRun` steps it on the worker's thread. Packets
and sound are offered by the session's thread. All waiting is done on compressed packets: one is
decoded when it is due within four frames. Behind time (a warm feed that became hot, a machine
without time) non-reference pictures are skipped and superseded ones are not conformed.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from fractions import Fraction
from typing import Protocol, cast

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from orchestrator.bus.feedpage import FeedWord
from orchestrator.errors import FeedBroken, MediaError
from orchestrator.feeds.board import Board
from orchestrator.feeds.gop import Stamped
from orchestrator.feeds.judge import PictureJudge
from orchestrator.feeds.sound import Samples
from orchestrator.feeds.worker import Worker
from orchestrator.media.conform import Conformer, Deinterlacer
from orchestrator.media.ring import RingWriter
from orchestrator.timing.clock import Clock
from orchestrator.timing.grid import NS, Grid

LEAD_FRAMES = 4
JUDGE_EVERY = 8
MOST_PENDING = 2_000
MOST_ERRORS = 50
_IDLE_NS = NS // 4


def decoder_like(stream: VideoStream) -> VideoCodecContext:
    """A decoder of its own for the packets of `stream`, on one thread."""
    model = stream.codec_context
    context = cast(VideoCodecContext, av.CodecContext.create(model.name, "r"))
    if model.extradata:
        context.extradata = model.extradata
    if model.width and model.height:
        context.width, context.height = model.width, model.height
    if model.pix_fmt:
        context.pix_fmt = model.pix_fmt
    context.thread_count = 1
    context.thread_type = "NONE"
    return context


class DueTimes(Protocol):
    """When a picture with a stamp is due."""

    def picture_due_ns(self, stamp_ns: int) -> int: ...


class HotDecoder:
    """What is due goes into the ring. `step` on one thread; `offer…` on another."""

    def __init__(
        self,
        ring: RingWriter,
        conformer: Conformer,
        decoder: VideoCodecContext | None,
        timeline: DueTimes,
        grid: Grid,
        board: Board,
        rotation: int = 0,
        lead_frames: int = LEAD_FRAMES,
    ) -> None:
        """`decoder` is None for a feed of sound only."""
        self._ring = ring
        self._conformer = conformer
        self._decoder = decoder
        self._timeline = timeline
        self._grid = grid
        self._board = board
        self._rotation = rotation
        self._deinterlacer = Deinterlacer()
        self._judge = PictureJudge()
        self._pending: deque[Stamped] = deque()
        self._needs_keyframe = False
        self._sound: deque[tuple[int, Samples]] = deque(maxlen=1_000)
        self._half_frame_ns = NS // (2 * grid.fps)
        self._lead_ns = lead_frames * NS // grid.fps
        self._last_n = 0
        self._put = 0
        self._errors = 0
        self._skips = False

    def offer_packet(self, stamped: Stamped) -> None:
        """Too much waiting is given up as a whole; decoding goes on at the next keyframe."""
        if self._needs_keyframe and not stamped.is_keyframe:
            self._board.add(FeedWord.DROPPED)
            return
        self._needs_keyframe = False
        self._pending.append(stamped)
        if len(self._pending) > MOST_PENDING:
            self._board.add(FeedWord.DROPPED, len(self._pending))
            self._pending.clear()
            self._needs_keyframe = True

    def offer_sound(self, first_sample: int, samples: Samples) -> None:
        self._sound.append((first_sample, samples))

    def step(self, now_ns: int) -> int:
        """Do one thing that is due; give the nanoseconds until there is another.

        Raises FeedBroken when nothing can be decoded any more.
        """
        if self._last_n or self._decoder is None:
            # with a picture its sound is shown too: a new ring replaces the old one with both
            while self._sound:
                self._ring.put_sound(*self._sound.popleft())
        try:
            due_ns = self._timeline.picture_due_ns(self._pending[0].dts_ns)
            if due_ns - self._lead_ns > now_ns:
                return min(due_ns - self._lead_ns - now_ns, _IDLE_NS)
            head = self._pending.popleft()
        except IndexError:  # nothing waits, or all of it was given up just now
            return _IDLE_NS
        self._decode(head, self._grid.frame_at(now_ns))
        return 0

    @property
    def is_empty(self) -> bool:
        """Whether every packet that was offered has been decoded."""
        return not self._pending

    def finish(self, now_ns: int) -> None:
        """Nothing more will come: show what the decoder still holds, the last pictures."""
        if self._decoder is not None:
            with contextlib.suppress(av.error.FFmpegError):
                for frame in self._decoder.decode(None):
                    self._show(frame, 0, self._grid.frame_at(now_ns))

    def _frame_of(self, stamp_ns: int) -> int:
        """The grid frame nearest to when the picture is due."""
        return self._grid.frame_at(self._timeline.picture_due_ns(stamp_ns) + self._half_frame_ns)

    def _decode(self, stamped: Stamped, now_n: int) -> None:
        assert self._decoder is not None
        skips = self._frame_of(stamped.pts_ns) < now_n - 1
        if skips != self._skips:
            self._decoder.skip_frame = "NONREF" if skips else "DEFAULT"
            self._skips = skips
        try:
            for decoded in self._decoder.decode(stamped.packet):
                for frame in self._deinterlacer.push(decoded):
                    self._show(frame, stamped.pts_ns, now_n)
            self._errors = 0
        except (av.error.FFmpegError, FeedBroken) as error:
            self._board.add(FeedWord.DROPPED)
            self._errors += 1
            if self._errors >= MOST_ERRORS:
                raise FeedBroken(f"{self._errors} packets on end cannot be decoded") from error

    def _show(self, frame: VideoFrame, packet_pts_ns: int, now_n: int) -> None:
        self._board.add(FeedWord.DECODED)
        pts_ns = packet_pts_ns
        if frame.pts is not None and frame.time_base is not None:
            pts_ns = int(frame.pts * frame.time_base * NS)
        n = self._frame_of(pts_ns)
        if n <= self._last_n:
            return  # a second picture for the same frame, or stamps that went back
        if n < now_n - 1 and self._pending and self._frame_of(self._pending[0].pts_ns) <= now_n:
            return  # superseded by one that is due as well
        aspect = None if self._decoder is None else self._decoder.sample_aspect_ratio
        planes = self._conformer.picture(
            frame, pixel_aspect=aspect or Fraction(1), rotation=self._rotation
        )
        self._ring.put_picture(n, *planes)
        self._last_n = n
        self._board[FeedWord.PICTURE_N] = n
        if self._put % JUDGE_EVERY == 0:
            self._board.saw(n, self._judge.see(planes[0]))
            self._board[FeedWord.WIDTH] = frame.width
            self._board[FeedWord.HEIGHT] = frame.height
        self._put += 1


class HotRun:
    """Steps a decoder until it is stopped. `offer…`, `stop` and `failure` on the session's thread.

    The ring belongs to the worker's thread from `start` to the end of `stop`.
    """

    def __init__(self, decoder: HotDecoder, clock: Clock, worker: Worker) -> None:
        self._decoder = decoder
        self._clock = clock
        self._worker = worker
        self._news = threading.Condition()
        self._is_stopping = False
        self._has_news = False
        self._done: threading.Event | None = None
        self.failure: MediaError | None = None

    def start(self) -> None:
        self._done = self._worker.run(self._run)

    def offer_packet(self, stamped: Stamped) -> None:
        with self._news:
            self._decoder.offer_packet(stamped)
            self._has_news = True
            self._news.notify()

    def offer_sound(self, first_sample: int, samples: Samples) -> None:
        with self._news:
            self._decoder.offer_sound(first_sample, samples)
            self._has_news = True
            self._news.notify()

    def stop(self) -> None:
        """Returns when the decoder is at rest: after at most one picture."""
        with self._news:
            self._is_stopping = True
            self._news.notify()
        if self._done is not None:
            self._done.wait()

    def _run(self) -> None:
        try:
            while not self._is_stopping:
                wait_ns = self._decoder.step(self._clock.now_ns())
                if wait_ns > 0:
                    with self._news:
                        if not self._has_news and not self._is_stopping:
                            self._news.wait(wait_ns / NS)
                        self._has_news = False
        except MediaError as error:
            self.failure = error
