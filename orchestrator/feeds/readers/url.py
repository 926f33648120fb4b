"""Whatever PyAV opens by its address: RTMP, RTSP, HTTP(S), HLS, UDP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from av.audio.stream import AudioStream
from av.packet import Packet
from av.video.stream import VideoStream

from orchestrator.errors import FeedEnded
from orchestrator.feeds.readers.opened import PATIENCE_S, OpenedInput
from orchestrator.rundown.plan import Feed

_PULLED_FORMATS = ("hls", "dash")


class UrlReader:
    """One connection. Ends by itself at the latest `patience_s` after the last byte."""

    def __init__(self, feed: Feed, patience_s: float = PATIENCE_S) -> None:
        self._feed = feed
        self._patience_s = patience_s
        self._opened: OpenedInput | None = None
        self._is_aborted = False

    @property
    def is_pulled(self) -> bool:
        """HLS, and files behind HTTP: those have a length."""
        if self._opened is None:
            return False
        container = self._opened.container
        return container.format.name.split(",")[0] in _PULLED_FORMATS or bool(container.duration)

    @property
    def video(self) -> VideoStream | None:
        return None if self._opened is None else self._opened.video

    @property
    def audio(self) -> AudioStream | None:
        return None if self._opened is None else self._opened.audio

    def prepare(self) -> None:
        return None

    def open(self) -> None:
        address = self._feed.address
        options = {"rtsp_transport": "tcp"} if address.startswith("rtsp") else {}
        self._opened = OpenedInput(address, address, options=options, patience_s=self._patience_s)

    def packets(self) -> Iterator[Packet[Any]]:
        if self._opened is None:
            raise FeedEnded(f"feed {self._feed.id} was not opened")
        for packet in self._opened.packets():
            if self._is_aborted:
                return
            yield packet

    def abort(self) -> None:
        self._is_aborted = True

    def complaints(self) -> list[str]:
        return []

    def close(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()
