"""Plays one clip into its ring: from its begin frame on, or from the middle if it is late.

One thread per clip that is wanted. Opened ahead, it shows its first picture until it begins; at
its end the last picture stays. A clip is what it was made to be, so it is never called frozen,
black or silent: its page says that all is well as long as it plays.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from orchestrator.bus.feedpage import FeedState, FeedWord
from orchestrator.errors import FeedBroken, MediaError
from orchestrator.feeds.board import Board
from orchestrator.feeds.clipreel import ClipReel, Reeled
from orchestrator.feeds.hot import HotDecoder, decoder_like
from orchestrator.feeds.sound import SoundConverter, SoundLine
from orchestrator.media.conform import Conformer
from orchestrator.media.ring import RingWriter
from orchestrator.rundown.plan import Clip, Programme
from orchestrator.timing.clock import Clock
from orchestrator.timing.grid import NS, Grid

LEAD_FRAMES = 6
READ_AHEAD_NS = 2 * NS
SOUND_AHEAD_NS = NS // 2
_TICK_NS = NS // 40


class OnTheDot:
    """A clip's stamps already say when it is due."""

    def picture_due_ns(self, stamp_ns: int) -> int:
        return stamp_ns


class ClipPlayer:
    """`start`, `stop`, `failure` and `begin_n` on the main thread; the rest on its own."""

    def __init__(
        self,
        clip: Clip,
        begin_n: int,
        programme: Programme,
        grid: Grid,
        clock: Clock,
        board: Board,
        ring_path: Path,
    ) -> None:
        self.begin_n = begin_n
        self.failure: BaseException | None = None
        self._clip = clip
        self._programme = programme
        self._grid = grid
        self._clock = clock
        self._board = board
        self._ring_path = ring_path
        self._stop = threading.Event()
        self._waiting_sound: deque[Reeled] = deque()
        self._converter = SoundConverter()
        self._line = SoundLine()
        self._sound_end = 0
        self._has_sound = True
        self._thread = threading.Thread(target=self._run, name=f"clip {clip.id}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def has_ended(self) -> bool:
        return self._thread.ident is not None and not self._thread.is_alive()

    def stop(self, timeout_s: float | None = None) -> None:
        """The clip is not wanted any more: its ring is removed."""
        self._stop.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            self._play()
        except (MediaError, OSError) as error:
            self.failure = error
            self._board.state = FeedState.REFUSED
        except Exception as crash:  # the main thread lets the process die of it
            self.failure = crash

    def _play(self) -> None:
        house = self._programme
        self._board.state = FeedState.CONNECTING
        reel = ClipReel(self._clip, self._grid)
        self._has_sound = reel.opened.audio is not None
        try:
            ring = RingWriter(
                self._ring_path, house.width, house.height, session=self._board.next_session()
            )
            try:
                conformer = Conformer(house.width, house.height)
                rotation = self._show_first(reel, ring, conformer)
                video = reel.opened.video
                decoder = HotDecoder(
                    ring,
                    conformer,
                    None if video is None else decoder_like(video),
                    OnTheDot(),
                    self._grid,
                    self._board,
                    rotation,
                    LEAD_FRAMES,
                )
                self._board[FeedWord.HOT] = 1
                self._loop(reel, decoder)
            finally:
                ring.close()
                self._board[FeedWord.HOT] = 0
                self._board.state = FeedState.IDLE
        finally:
            reel.close()

    def _show_first(self, reel: ClipReel, ring: RingWriter, conformer: Conformer) -> int:
        """Put in the clip's first picture until it begins; its rotation, in degrees."""
        now_n = self._grid.frame_at(self._clock.now_ns())
        video = reel.opened.video
        if video is None:
            return 0
        video.codec_context.thread_count = 1
        for reeled in reel.packets(self.begin_n, self.begin_n):
            if not reeled.is_picture:
                continue
            for frame in reeled.stamped.packet.decode():
                if not isinstance(frame, av.VideoFrame):
                    continue
                if self._grid.frame_at(int((frame.time or 0) * NS) + NS // 50) < self.begin_n:
                    continue
                if now_n < self.begin_n:
                    aspect = video.sample_aspect_ratio
                    planes = conformer.picture(frame, pixel_aspect=aspect, rotation=frame.rotation)
                    ring.put_picture(now_n, *planes)
                return frame.rotation
        raise FeedBroken(f"clip {self._clip.id}: {self._clip.file} has no picture at its cue-in")

    def _loop(self, reel: ClipReel, decoder: HotDecoder) -> None:
        now_ns = self._clock.now_ns()
        packets: Iterator[Reeled] = reel.packets(self.begin_n, self._grid.frame_at(now_ns))
        head = next(packets, None)
        is_finished = False
        while not self._stop.is_set():
            now_ns = self._clock.now_ns()
            while head is not None and head.stamped.dts_ns - now_ns < READ_AHEAD_NS:
                if head.is_picture:
                    decoder.offer_packet(head.stamped)
                else:
                    self._waiting_sound.append(head)
                head = next(packets, None)
            self._decode_sound(decoder, now_ns, is_over=head is None)
            wait_ns = decoder.step(now_ns)
            if head is None and decoder.is_empty and not is_finished:
                decoder.finish(now_ns)
                is_finished = True
            self._say_all_is_well(now_ns)
            if wait_ns > 0:
                self._stop.wait(min(wait_ns, _TICK_NS) / NS)

    def _decode_sound(self, decoder: HotDecoder, now_ns: int, *, is_over: bool) -> None:
        while self._waiting_sound:
            stamped = self._waiting_sound[0].stamped
            if stamped.pts_ns - now_ns > SOUND_AHEAD_NS:
                return
            self._waiting_sound.popleft()
            due: int | None = stamped.pts_ns * 48 // (NS // 1000)
            try:
                for frame in stamped.packet.decode():
                    assert isinstance(frame, av.AudioFrame)
                    for block in self._converter.convert(frame):
                        placed = self._line.place(block, due)
                        due = None
                        if placed is not None:
                            decoder.offer_sound(*placed)
                            self._sound_end = placed[0] + len(placed[1])
            except (av.error.FFmpegError, FeedBroken):
                self._board.add(FeedWord.DROPPED)
        if is_over or not self._has_sound:
            self._fill_with_silence(decoder, now_ns)

    def _fill_with_silence(self, decoder: HotDecoder, now_ns: int) -> None:
        """A clip without sound, or one that is over, is silent and not broken."""
        until = (now_ns + SOUND_AHEAD_NS) * 48 // (NS // 1000)
        first = max(self._sound_end, now_ns * 48 // (NS // 1000))
        if until > first:
            decoder.offer_sound(first, np.zeros((until - first, 2), np.float32))
            self._sound_end = until

    def _say_all_is_well(self, now_ns: int) -> None:
        n = self._grid.frame_at(now_ns)
        board = self._board
        board.state = FeedState.LIVE
        board[FeedWord.ALIVE_NS] = now_ns
        for word in (
            FeedWord.PICTURE_N,
            FeedWord.MOVED_N,
            FeedWord.BRIGHT_N,
            FeedWord.SOUND_N,
            FeedWord.AUDIO_N,
        ):
            board[word] = max(n, board[word])
