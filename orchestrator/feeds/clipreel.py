"""A clip's packets with the times at which they are due: cue-in, cue-out, loop, any position.

One thread. Frame 0 of the clip is its cue-in, due at frame `begin_n` of the programme; whoever
opens it late is given the packets from the keyframe before the position it should have.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import av
from av.packet import Packet

from orchestrator.errors import FeedBroken
from orchestrator.feeds.gop import Stamped
from orchestrator.feeds.readers.opened import OpenedInput, translated
from orchestrator.rundown.plan import Clip
from orchestrator.timing.grid import NS, Grid

_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Reeled:
    """A packet with its due times as stamps, and whether it is picture or sound."""

    stamped: Stamped
    is_picture: bool


class ClipReel:
    """Raises MediaError from every call."""

    def __init__(self, clip: Clip, grid: Grid) -> None:
        self._clip = clip
        self._grid = grid
        self.opened = OpenedInput(f"clip {clip.id}: {clip.file}", clip.file)
        container = self.opened.container
        self._start_ns = (container.start_time or 0) * (NS // _MICROSECONDS)
        whole_ns = (container.duration or 0) * (NS // _MICROSECONDS)
        out_n = grid.frame_at(whole_ns) if clip.cue_out is None else clip.cue_out
        self.frames = out_n - clip.cue_in
        """Length from cue-in to cue-out, in the programme's frames. At least 1."""
        if self.frames <= 0:
            self.close()
            raise FeedBroken(f"clip {clip.id} has nothing between its cue-in and its end")

    def packets(self, begin_n: int, now_n: int) -> Iterator[Reeled]:
        """From where the clip should be at `now_n`; for ever if it loops, else to its end."""
        into = max(0, now_n - begin_n)
        turn, position = divmod(into, self.frames) if self._clip.loop else (0, into)
        position = min(position, self.frames - 1)
        while True:
            yield from self._once(begin_n + turn * self.frames, position)
            if not self._clip.loop:
                return
            turn, position = turn + 1, 0

    def close(self) -> None:
        self.opened.close()

    def _once(self, begin_n: int, position: int) -> Iterator[Reeled]:
        self._seek(position)
        cue_in_ns = self._start_ns + self._grid.instant_ns(self._clip.cue_in)
        shift_ns = self._grid.instant_ns(begin_n) - cue_in_ns
        from_ns = self._grid.instant_ns(begin_n + position)
        until_ns = self._grid.instant_ns(begin_n + self.frames)
        has_keyframe = False
        for packet in self.opened.packets():
            stamped = _stamped(packet, shift_ns)
            is_picture = packet.stream.type == "video"
            has_keyframe |= is_picture and bool(packet.is_keyframe)
            if stamped is None or (is_picture and not has_keyframe):
                continue
            if stamped.pts_ns < until_ns:
                # pictures before the position are needed to decode it; its sound is not
                if is_picture or stamped.pts_ns >= from_ns:
                    yield Reeled(stamped, is_picture)
            elif stamped.dts_ns > until_ns + NS:
                return  # well past the cue-out: nothing more can belong before it

    def _seek(self, position: int) -> None:
        """Go to a keyframe at or before `position`.

        Not every format has an index of keyframes: MPEG-TS seeks to whatever packet has the time.
        So look what comes first, and go further back until that is a keyframe early enough.
        """
        at_ns = self._start_ns + self._grid.instant_ns(self._clip.cue_in + position)
        for back_s in (0, 1, 3, 7, 15):
            begin_ns = max(self._start_ns, at_ns - back_s * NS)
            self._seek_to(begin_ns)
            if self.opened.video is None or self._comes_by(at_ns) or begin_ns == self._start_ns:
                self._seek_to(begin_ns)
                return
        self._seek_to(self._start_ns)

    def _comes_by(self, at_ns: int) -> bool:
        """Whether the next keyframe belongs at or before `at_ns`."""
        for packet in self.opened.packets():
            base, pts = packet.time_base, packet.pts if packet.pts is not None else packet.dts
            if packet.stream is not self.opened.video or base is None or pts is None:
                continue
            pts_ns = pts * base.numerator * NS // base.denominator
            if packet.is_keyframe or pts_ns > at_ns:
                return bool(packet.is_keyframe) and pts_ns <= at_ns
        return False

    def _seek_to(self, at_ns: int) -> None:
        try:
            self.opened.container.seek(at_ns // (NS // _MICROSECONDS))
        except (av.error.FFmpegError, OSError) as error:
            raise translated(f"clip {self._clip.id}", error) from error


def _stamped(packet: Packet[Any], shift_ns: int) -> Stamped | None:
    """The packet, its own stamps moved to when it is due, so that decoded frames carry that too."""
    base, pts = packet.time_base, packet.pts if packet.pts is not None else packet.dts
    if base is None or pts is None:
        return None
    tick, denominator = base.numerator * NS, base.denominator
    shift = (shift_ns * denominator + tick // 2) // tick
    packet.dts = (pts if packet.dts is None else packet.dts) + shift
    packet.pts = pts + shift
    return Stamped(
        packet,
        packet.dts * tick // denominator,
        packet.pts * tick // denominator,
        bool(packet.is_keyframe),
        packet.size,
    )
