"""A container that PyAV has opened for reading, with its errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import av
from av.audio.stream import AudioStream
from av.container.input import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from orchestrator.errors import FeedBroken, FeedRefused, FeedUnavailable, MediaError, redacted

PATIENCE_S = 10.0


class OpenedInput:
    """The first picture and the first sound stream of an input. Raises MediaError."""

    def __init__(
        self,
        name: str,
        source: str | BinaryIO,
        *,
        format: str | None = None,
        options: dict[str, str] | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """`name` is how messages call it; it is redacted here.

        `patience_s` is for opening, and for each read of what comes over a network.
        """
        self._name = redacted(name)
        try:
            self.container: InputContainer = av.open(
                source,
                "r",
                format=format,
                options=options or {},
                timeout=(patience_s, patience_s),
                metadata_errors="replace",
            )
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise translated(self._name, error) from error
        streams = self.container.streams
        self.video: VideoStream | None = streams.video[0] if streams.video else None
        self.audio: AudioStream | None = streams.audio[0] if streams.audio else None
        if self.video is None and self.audio is None:
            self.container.close()
            raise FeedBroken(f"{self._name} carries neither picture nor sound")

    def packets(self) -> Iterator[Packet[Any]]:
        """Packets as they come; those without content are left out."""
        wanted = [stream for stream in (self.video, self.audio) if stream is not None]
        try:
            for packet in self.container.demux(*wanted):
                if packet.size:
                    yield packet
        except av.error.EOFError:
            return
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise translated(self._name, error) from error

    def rewind(self) -> None:
        """Go on with the first packet again. Raises MediaError."""
        try:
            self.container.seek(self.container.start_time or 0)
        except (av.error.FFmpegError, OSError) as error:
            raise translated(self._name, error) from error

    def close(self) -> None:
        self.container.close()


def translated(name: str, error: Exception) -> MediaError:
    """The sentence for an operator, and whether waiting can help."""
    if isinstance(error, av.error.HTTPUnauthorizedError):
        return FeedRefused(f"{name} refused: 401 (check the user or stream key)")
    if isinstance(error, av.error.HTTPForbiddenError):
        return FeedRefused(f"{name} refused: 403 (check the user or stream key)")
    if isinstance(error, av.error.HTTPNotFoundError):
        return FeedUnavailable(f"{name} is not there: 404")
    if isinstance(error, av.error.ProtocolNotFoundError):
        return FeedRefused(f"{name}: this protocol is not known")
    if isinstance(error, av.error.ExitError):
        return FeedUnavailable(f"{name} did not answer in time")
    if isinstance(error, av.error.InvalidDataError):
        return FeedBroken(f"{name} sends what cannot be read")
    if isinstance(error, FileNotFoundError):
        return FeedUnavailable(f"{name} does not exist")
    reason = getattr(error, "strerror", None) or type(error).__name__
    return FeedUnavailable(f"{name}: {redacted(str(reason))}")
