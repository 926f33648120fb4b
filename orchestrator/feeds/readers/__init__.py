"""Readers: one small class per kind of contribution. Open once, give packets, end or raise.

Nobody in here waits and tries again; that is `attempts`. `prepare` runs on the process's main
thread, because a child is tied to the thread that forked it (PR_SET_PDEATHSIG); `open`, `packets`
and `close` on the session's thread; `abort` and `complaints` on the main thread at any time.
Errors of PyAV are translated here, and addresses redacted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from av.audio.stream import AudioStream
from av.packet import Packet
from av.video.stream import VideoStream

from orchestrator.errors import FeedRefused
from orchestrator.rundown.plan import Feed, Programme


class Reader(Protocol):
    """One try at one contribution."""

    @property
    def is_pulled(self) -> bool:
        """Whether packets come as fast as we ask (a file, HLS), not as they are made."""

    @property
    def video(self) -> VideoStream | None: ...

    @property
    def audio(self) -> AudioStream | None: ...

    def prepare(self) -> None:
        """Start what has to be started by the main thread. Raises MediaError, OSError."""

    def open(self) -> None:
        """Connect or listen until there are streams. Raises MediaError."""

    def packets(self) -> Iterator[Packet[Any]]:
        """Every packet of the two streams; returns at a clean end. Raises MediaError."""

    def abort(self) -> None:
        """Make `open` or `packets` end soon."""

    def complaints(self) -> list[str]:
        """What a child said since the last call, redacted."""

    def close(self) -> None: ...


_LATER = {
    "whip": "WHIP feeds are not received yet; let the site send SRT or RTMP",
    "hololens": "the HoloLens Device Portal is not read yet; let the site send SRT or RTMP",
}


def reader_for(feed: Feed, programme: Programme) -> Reader:
    """The reader for a feed whose secrets have been looked up. Raises FeedRefused."""
    from orchestrator.feeds.readers.loop import LoopReader, StillReader, SyntheticReader
    from orchestrator.feeds.readers.srt import SrtReader
    from orchestrator.feeds.readers.url import UrlReader

    if feed.kind in _LATER:
        raise FeedRefused(f"feed {feed.id}: {_LATER[feed.kind]}")
    if feed.kind == "srt" or feed.address.startswith("srt:"):
        return SrtReader(feed)
    if feed.kind in ("rtmp", "url"):
        return UrlReader(feed)
    if feed.kind == "file":
        return LoopReader(feed)
    if feed.kind == "still":
        return StillReader(feed, programme)
    if feed.kind == "synthetic":
        return SyntheticReader(feed, programme)
    raise FeedRefused(f"feed {feed.id}: there is no reader for kind {feed.kind}")
