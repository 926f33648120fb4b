"""One connection of a feed: what is done with every packet, warm and hot.

Runs on the session's thread from the reader's first packet to its last. Warm: packets since the
last keyframe are kept, keyframes and sound are decoded and judged. Hot while the `wants` page
says so, or while there are too many packets between keyframes to catch up with.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import threading
from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.context import Flags as CodecFlags
from av.packet import Packet
from av.video.reformatter import VideoReformatter

from orchestrator.bus.feedpage import FeedState, FeedWord
from orchestrator.errors import FeedBroken
from orchestrator.feeds.board import Board
from orchestrator.feeds.gop import GopStore, Stamped
from orchestrator.feeds.hot import HotDecoder, HotRun, decoder_like
from orchestrator.feeds.judge import PictureJudge, SoundJudge
from orchestrator.feeds.readers import Reader
from orchestrator.feeds.sound import Samples, SoundConverter, SoundLine
from orchestrator.feeds.timeline import MS, Timeline
from orchestrator.feeds.wants import Wants
from orchestrator.feeds.worker import Worker
from orchestrator.media.conform import Conformer, plane_view
from orchestrator.media.picture import planes_of_frame
from orchestrator.media.ring import RingWriter
from orchestrator.media.thumbnail import HEIGHT, WIDTH, ThumbnailWriter
from orchestrator.rundown.plan import Feed, Programme
from orchestrator.timing.clock import Clock
from orchestrator.timing.grid import NS, Grid

log = logging.getLogger(__name__)

AHEAD_NS = 2 * NS
"""What is pulled is read so far ahead of when it is due."""
SOUND_AHEAD_NS = 5 * NS // 2
"""And its sound is decoded so far ahead: between two segments of HLS nothing arrives for a while
that could drive us, and the ring holds four seconds."""
WARM_SOUND_PACKETS = 20
"""While nobody hears it, sound is decoded so many packets at a time (0.43 s of AAC): a process
that has just woken up finds none of its code in the caches, and pays for that each time."""
STAY_HOT_S = 60
HEAT_EVERY_NS = 20 * MS
"""Packets come in bursts, a picture and its sound; one look at the wishes is enough for each."""
_RATE_PACKETS = 60
_RING_RETRY_S = 5
_MOST_ERRORS = 200


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a session needs besides its packets."""

    programme: Programme
    grid: Grid
    clock: Clock
    board: Board
    wants: Wants
    index: int
    """Of the feed in the `wants` page."""
    ring_path: Path
    ring_lock: threading.Lock
    """Held while HOT is set and the ring made, and while the main thread removes what is old."""
    stop: threading.Event
    worker: Worker
    """Decodes while the feed is hot."""
    thumbnail: ThumbnailWriter | None = None
    """None when there was no room for one."""


class Session:
    """One thread. `last_packet_ns` and `stays_hot` may be read by any."""

    def __init__(self, feed: Feed, reader: Reader, around: Surroundings) -> None:
        self._feed = feed
        self._reader = reader
        self._around = around
        self._clock = around.clock
        self._board = around.board
        self._timeline = Timeline(feed.latency_ms, feed.av_offset_ms, is_pulled=reader.is_pulled)
        self._gop = GopStore()
        self._hot: HotRun | None = None
        self._ring: RingWriter | None = None
        self._hot_not_before_ns = 0
        self._heat_ns = 0
        self._stay_hot_until_n = 0
        self._conformer: Conformer | None = None
        self._rotation = 0
        self._judge = PictureJudge()
        self._thumbnails = VideoReformatter()
        self._sound_judge = SoundJudge()
        self._converter = SoundConverter()
        self._line = SoundLine()
        self._sound_waiting: deque[tuple[Packet[Any], int | None]] = deque()
        self._video_index = -1 if reader.video is None else reader.video.index
        self._sound_at_once = 1 if reader.video is None else WARM_SOUND_PACKETS
        self._sound_tail: deque[tuple[int, Samples]] = deque()
        self._bases: dict[int, tuple[int, int]] = {}
        self._video_dts_ns: int | None = None
        self._rate_count = 0
        self._rate_from_ns = 0
        self._errors = 0
        self.last_packet_ns = 0
        self.stays_hot = False
        self.codec = "" if reader.video is None else reader.video.codec_context.name
        self._board.next_session()
        if reader.video is not None:
            reader.video.codec_context.thread_count = 1
            reader.video.codec_context.skip_frame = "NONKEY"
            reader.video.codec_context.flags |= CodecFlags.low_delay  # else it is one keyframe late

    def run(self) -> None:
        """Returns when the reader's packets end. Raises MediaError."""
        try:
            for packet in self._reader.packets():
                self._packet(packet)
                if self._around.stop.is_set():
                    return
        finally:
            self._cool(keep=True)

    def _packet(self, packet: Packet[Any]) -> None:
        now_ns = self._clock.now_ns()
        self.last_packet_ns = now_ns
        self._board.state = FeedState.LIVE
        self._board.add(FeedWord.BYTES, packet.size)
        if packet.stream_index == self._video_index:
            now_ns = self._video(packet, now_ns)
        else:
            now_ns = self._sound(packet, now_ns)
        if self._hot is not None or len(self._sound_waiting) >= self._sound_at_once:
            self._decode_sound(now_ns)
        if not 0 <= now_ns - self._heat_ns < HEAT_EVERY_NS:
            self._heat_ns = now_ns
            self._heat(now_ns)
        if self._hot is not None and self._hot.failure is not None:
            raise self._hot.failure

    # picture

    def _video(self, packet: Packet[Any], now_ns: int) -> int:
        dts_ns, pts_ns = self._stamps_ns(packet)
        if dts_ns is None:
            dts_ns = 0 if self._video_dts_ns is None else self._video_dts_ns + NS // 30
        pts_ns = dts_ns if pts_ns is None else pts_ns
        now_ns = self._anchor(dts_ns, now_ns)
        self._measure_rate(dts_ns)
        self._video_dts_ns = dts_ns
        stamped = Stamped(packet, dts_ns, pts_ns, bool(packet.is_keyframe), packet.size)
        self._gop.add(stamped)
        if self._hot is not None:
            self._hot.offer_packet(stamped)
        elif stamped.is_keyframe:
            self._look_at(stamped)
        return now_ns

    def _look_at(self, stamped: Stamped) -> None:
        """Decode a keyframe for what can be told from it while the feed is warm."""
        try:
            frames = stamped.packet.decode()
        except av.error.FFmpegError:
            self._gave_up()
            return
        for frame in frames:
            if not isinstance(frame, av.VideoFrame):
                continue
            self._errors = 0
            self._rotation = frame.rotation
            n = self._around.grid.frame_at(self._timeline.picture_due_ns(stamped.pts_ns))
            small = self._thumbnails.reformat(
                frame, width=WIDTH, height=HEIGHT, format="yuv420p", threads=1
            )
            self._board.saw(n, self._judge.see(plane_view(small, 0), spacing=2))
            if self._around.thumbnail is not None:
                self._around.thumbnail.put(n, planes_of_frame(small))
            self._board[FeedWord.PICTURE_N] = n
            self._board[FeedWord.WIDTH] = frame.width
            self._board[FeedWord.HEIGHT] = frame.height
            self._board.add(FeedWord.DECODED)

    def _measure_rate(self, dts_ns: int) -> None:
        if self._video_dts_ns is None or not 0 < dts_ns - self._video_dts_ns < NS:
            self._rate_count, self._rate_from_ns = 0, dts_ns
            return
        self._rate_count += 1
        if self._rate_count == _RATE_PACKETS:
            span_ns = dts_ns - self._rate_from_ns
            self._board[FeedWord.MILLIFPS] = round(_RATE_PACKETS * 1000 * NS / span_ns)
            self._rate_count, self._rate_from_ns = 0, dts_ns

    # time

    def _anchor(self, dts_ns: int, now_ns: int) -> int:
        """Tell the timeline of an arrival; for what is pulled, wait until it is time to read on."""
        if self._reader.is_pulled and self._timeline.is_anchored:
            ahead_ns = self._timeline.picture_due_ns(dts_ns) - AHEAD_NS - now_ns
            if ahead_ns > 0 and self._around.stop.wait(min(ahead_ns, AHEAD_NS) / NS):
                return now_ns
            now_ns = self._clock.now_ns()
        if self._timeline.arrived(dts_ns, now_ns).reanchored:
            session = self._board.next_session()
            log.warning(
                "feed %s jumped: its stamps lie elsewhere now, session %d", self._feed.id, session
            )
            self._cool(keep=True)
            self._line = SoundLine()
            self._sound_tail.clear()
        self._board[FeedWord.OFFSET_US] = self._timeline.error_ns // 1000
        self._board[FeedWord.DRIFT_PPB] = self._timeline.drift_ppb
        return now_ns

    # sound

    def _sound(self, packet: Packet[Any], now_ns: int) -> int:
        dts_ns, pts_ns = self._stamps_ns(packet)
        stamp_ns = dts_ns if pts_ns is None else pts_ns
        if self._reader.video is None and stamp_ns is not None:
            now_ns = self._anchor(stamp_ns, now_ns)
        elif stamp_ns is not None:
            self._timeline.sound_arrived(stamp_ns, now_ns)
        self._sound_waiting.append((packet, stamp_ns))
        return now_ns

    def _decode_sound(self, now_ns: int) -> None:
        """Of a live feed at once; what is pulled may come further ahead than the ring is long."""
        while self._timeline.is_anchored and self._sound_waiting:
            packet, stamp_ns = self._sound_waiting[0]
            due_ns = None if stamp_ns is None else self._timeline.sound_due_ns(stamp_ns)
            if due_ns is not None and due_ns - now_ns > SOUND_AHEAD_NS and self._reader.is_pulled:
                return
            self._sound_waiting.popleft()
            blocks = self._decoded(packet)
            while self._sound_waiting and self._sound_waiting[0][1] is None:
                blocks += self._decoded(self._sound_waiting.popleft()[0])  # of the same PES
            if blocks:
                block = blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
                self._deliver_sound(block, None if due_ns is None else due_ns * 48 // MS, now_ns)

    def _decoded(self, packet: Packet[Any]) -> list[Samples]:
        blocks: list[Samples] = []
        try:
            for frame in packet.decode():
                assert isinstance(frame, av.AudioFrame)
                blocks += self._converter.convert(frame)
        except (av.error.FFmpegError, FeedBroken):
            self._gave_up()
        return blocks

    def _deliver_sound(self, block: Samples, due_sample: int | None, now_ns: int) -> None:
        placed = self._line.place(block, due_sample, is_heard=self._timeline.is_frozen)
        if placed is None or not len(placed[1]):
            return
        first, samples = placed
        grid = self._around.grid
        n = (first + len(samples)) // grid.samples_per_frame
        self._board[FeedWord.AUDIO_N] = n
        heard = self._sound_judge.hear(samples)
        if heard is not None:
            self._board.heard(n, heard)
        self._sound_tail.append(placed)
        oldest = grid.sample_of(grid.frame_at(now_ns) - grid.fps // 4)
        while self._sound_tail[0][0] + len(self._sound_tail[0][1]) < oldest:
            self._sound_tail.popleft()
            if not self._sound_tail:
                break
        if self._hot is not None:
            self._hot.offer_sound(first, samples)

    def _gave_up(self) -> None:
        self._board.add(FeedWord.DROPPED)
        self._errors += 1
        if self._errors > _MOST_ERRORS:
            raise FeedBroken(f"feed {self._feed.id} sends what cannot be decoded")

    def _stamps_ns(self, packet: Packet[Any]) -> tuple[int | None, int | None]:
        """dts and pts in nanoseconds; a missing dts is the pts."""
        base = self._bases.get(packet.stream_index)
        if base is None:  # asking for it makes a Fraction each time
            tick = packet.time_base or Fraction(1, 90_000)
            base = self._bases[packet.stream_index] = (tick.numerator * NS, tick.denominator)
        pts = None if packet.pts is None else packet.pts * base[0] // base[1]
        dts = None if packet.dts is None else packet.dts * base[0] // base[1]
        return pts if dts is None else dts, pts

    # warm and hot

    def _heat(self, now_ns: int) -> None:
        now_n = self._around.grid.frame_at(now_ns)
        if self._gop.is_nearly_full or self._gop.is_overfull:
            self._stay_hot_until_n = now_n + STAY_HOT_S * self._around.grid.fps
        stays_hot = now_n < self._stay_hot_until_n
        if stays_hot and not self.stays_hot:
            log.warning(
                "feed %s has too much between its keyframes to catch up with; it stays hot",
                self._feed.id,
            )
        self.stays_hot = stays_hot
        must = stays_hot or self._around.wants.hot_until(self._around.index) >= now_n
        if self._hot is None and must and now_ns >= self._hot_not_before_ns:
            has_something = len(self._gop) > 0 or self._reader.video is None
            if has_something and self._timeline.is_showable(now_ns):
                self._become_hot(now_ns)
        elif self._hot is not None and not must:
            self._cool(keep=False)

    def _become_hot(self, now_ns: int) -> None:
        self._decode_sound(now_ns)
        house, board = self._around.programme, self._board
        session = board[FeedWord.SESSION]
        try:
            with self._around.ring_lock:
                board[FeedWord.HOT] = 1
                self._ring = RingWriter(
                    self._around.ring_path, house.width, house.height, session=session
                )
        except OSError as error:
            board[FeedWord.HOT] = 0
            if self._hot_not_before_ns == 0:
                log.error("feed %s cannot become hot: %s", self._feed.id, error)
            self._hot_not_before_ns = now_ns + _RING_RETRY_S * NS
            return
        self._hot_not_before_ns = 0
        self._conformer = self._conformer or Conformer(house.width, house.height)
        video = self._reader.video
        decoder = HotDecoder(
            self._ring,
            self._conformer,
            None if video is None else decoder_like(video),
            self._timeline,
            self._around.grid,
            board,
            self._rotation,
        )
        for stamped in self._gop:
            decoder.offer_packet(stamped)
        for first, samples in self._sound_tail:
            decoder.offer_sound(first, samples)
        self._timeline.freeze()
        self._hot = HotRun(decoder, self._clock, self._around.worker)
        self._hot.start()

    def _cool(self, *, keep: bool) -> None:
        """Stop decoding. `keep`: the last picture stays in the ring's file until it is old."""
        if self._hot is not None:
            self._hot.stop()
        if self._ring is not None:
            self._ring.close(keep=keep)
        was_hot = self._hot is not None
        self._hot = self._ring = None
        self._board[FeedWord.HOT] = 0
        if was_hot:
            give_back_memory()


def give_back_memory() -> None:
    """A decoder's pictures were freed; have the allocator return them (6 MiB at 720p)."""
    with contextlib.suppress(OSError, AttributeError):  # glibc has it, others need not
        ctypes.CDLL(None).malloc_trim(0)
