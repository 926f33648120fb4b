"""Files that play for ever: a looped file, a still picture, a synthetic picture with a tone.

Stills and synthetic pictures are encoded once, a few seconds of them, into memory, and then are
files like any other: the rest of the process knows only packets. The stamps go on rising from
round to round.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from typing import Any, BinaryIO

from av.audio.stream import AudioStream
from av.packet import Packet
from av.video.stream import VideoStream

from orchestrator.errors import FeedBroken, FeedEnded
from orchestrator.feeds.readers.opened import OpenedInput
from orchestrator.rundown.plan import Feed, Programme
from orchestrator.timing.grid import NS


class LoopReader:
    """A file on disk, from its beginning, again and again."""

    is_pulled = True

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._opened: OpenedInput | None = None
        self._stop = threading.Event()

    @property
    def video(self) -> VideoStream | None:
        return None if self._opened is None else self._opened.video

    @property
    def audio(self) -> AudioStream | None:
        return None if self._opened is None else self._opened.audio

    def source(self) -> str | BinaryIO:
        """What to open. Raises MediaError."""
        return self._feed.address.removeprefix("file://")

    def prepare(self) -> None:
        return None

    def open(self) -> None:
        name = f"feed {self._feed.id}: {self._feed.address}"
        self._opened = OpenedInput(name, self.source())

    def packets(self) -> Iterator[Packet[Any]]:
        if self._opened is None:
            raise FeedEnded(f"feed {self._feed.id} was not opened")
        shift_ns = 0
        leading = self.video or self.audio
        while not self._stop.is_set():
            begin_ns: int | None = None
            end_ns = 0
            for packet in self._opened.packets():
                if self._stop.is_set():
                    return
                if packet.dts is None or packet.time_base is None:
                    continue
                tick_ns = packet.time_base * NS
                if packet.stream is leading:
                    at_ns = int(packet.dts * tick_ns)
                    begin_ns = at_ns if begin_ns is None else begin_ns
                    end_ns = at_ns + int((packet.duration or 0) * tick_ns)
                shift = round(shift_ns / tick_ns)
                packet.dts += shift
                packet.pts = None if packet.pts is None else packet.pts + shift
                yield packet
            if begin_ns is None or end_ns <= begin_ns:
                raise FeedBroken(f"feed {self._feed.id}: {self._feed.address} has no length")
            shift_ns += end_ns - begin_ns
            self._opened.rewind()

    def abort(self) -> None:
        self._stop.set()

    def complaints(self) -> list[str]:
        return []

    def close(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()


class StillReader(LoopReader):
    """A picture file, without sound."""

    def __init__(self, feed: Feed, programme: Programme) -> None:
        super().__init__(feed)
        self._programme = programme
        self._made = b""

    def source(self) -> BinaryIO:
        from orchestrator.feeds.readers.made import still

        path = super().source()
        assert isinstance(path, str)
        self._made = self._made or still(path, self._programme)
        return io.BytesIO(self._made)


class SyntheticReader(StillReader):
    """Moving bars with a beep every second, for a desk without sites. The address is its title."""

    def source(self) -> BinaryIO:
        from orchestrator.feeds.readers.made import bars

        self._made = self._made or bars(self._programme)
        return io.BytesIO(self._made)
