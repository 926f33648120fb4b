"""The chunk stream: messages cut into chunks, many streams in one connection (RTMP 1.0 §5.3). Pure.

Time stamps are milliseconds modulo 2^32. A header has 24 bits for one; what does not fit stands
in four more bytes behind it, and again behind the header of *every* chunk that continues that
message. As OBS and FFmpeg do, a stream's first message carries its time (type 0) and all others
only what has passed since (type 1): so the 24 bits are not crossed at 4 h 39 m 37 s at all, and a
wrap after 49.7 days is nothing but an addition.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

Payload = bytes | bytearray | memoryview

EXTENDED = 0xFFFFFF
_WRAP = 1 << 32
_FIRST_CHUNK_BYTES = 128
_LARGEST_MESSAGE = 1 << 20
_MOST_STREAMS = 64


@dataclass(frozen=True, slots=True)
class Message:
    """`kind` is the message type id; `stream` the message stream, 0 for the connection itself."""

    kind: int
    payload: bytes
    timestamp: int = 0
    stream: int = 0


@dataclass(slots=True)
class _Sent:
    timestamp: int
    stream: int


class ChunkWriter:
    """Writes messages. Ids of chunk streams are 3 to 63, which is more than anybody needs."""

    def __init__(self) -> None:
        self.chunk_bytes = _FIRST_CHUNK_BYTES
        """What the peer was told; it counts from the message behind Set Chunk Size on."""
        self._sent: dict[int, _Sent] = {}

    def write(
        self, chunk_stream: int, kind: int, payload: Payload, *, timestamp: int = 0, stream: int = 0
    ) -> bytes:
        timestamp %= _WRAP
        last = self._sent.get(chunk_stream)
        passed = (timestamp - last.timestamp) % _WRAP if last is not None else EXTENDED
        size = len(payload)
        if last is not None and last.stream == stream and passed < EXTENDED:
            head = struct.pack(">B3s3sB", 0x40 | chunk_stream, _u24(passed), _u24(size), kind)
            extended = b""
        else:
            short, extended = min(timestamp, EXTENDED), b""
            if short == EXTENDED:
                extended = struct.pack(">I", timestamp)
            head = struct.pack(">B3s3sB", chunk_stream, _u24(short), _u24(size), kind)
            head += struct.pack("<I", stream) + extended
        self._sent[chunk_stream] = _Sent(timestamp, stream)
        more = bytes((0xC0 | chunk_stream,)) + extended
        view = memoryview(payload)
        parts: list[Payload] = [head, view[: self.chunk_bytes]]
        for at in range(self.chunk_bytes, size, self.chunk_bytes):
            parts += [more, view[at : at + self.chunk_bytes]]
        return b"".join(parts)


@dataclass(slots=True)
class _Stream:
    """What a chunk stream's last header said, and what has come of its message so far."""

    timestamp: int = 0
    delta: int = 0
    size: int = 0
    kind: int = 0
    stream: int = 0
    is_extended: bool = False
    payload: bytearray = field(default_factory=bytearray)


class ChunkReader:
    """Puts messages together again. Raises ValueError for what no peer may send."""

    def __init__(self) -> None:
        self.chunk_bytes = _FIRST_CHUNK_BYTES
        self._streams: dict[int, _Stream] = {}
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Every message that `data` completes. The chunk size may be set between two of them."""
        self._rest += data
        while (taken := self._chunk()) is not None:
            used, message = taken
            del self._rest[:used]
            if message is not None:
                yield message

    def abort(self, chunk_stream: int) -> None:
        """Forget the half of a message (Abort Message)."""
        if chunk_stream in self._streams:
            self._streams[chunk_stream].payload.clear()

    def _chunk(self) -> tuple[int, Message | None] | None:
        """Bytes used and perhaps a message; None while the chunk is not here in full."""
        try:
            form, number, at = self._basic()
            known = self._streams.get(number)
            if known is None and form != 0:
                raise ValueError(f"chunk stream {number} begins without a full header")
            stream = known or _Stream()
            timestamp, delta, is_extended = stream.timestamp, stream.delta, stream.is_extended
            size, kind, message_stream = stream.size, stream.kind, stream.stream
            short = 0
            if form < 3:
                short = self._u24(at)
                is_extended = short == EXTENDED
            if form < 2:
                size, kind = self._u24(at + 3), self._rest[at + 6]
            if form == 0:
                message_stream = struct.unpack_from("<I", self._rest, at + 7)[0]
            at += (11, 7, 3, 0)[form]
            if is_extended:
                short = struct.unpack_from(">I", self._rest, at)[0]
                at += 4
        except (IndexError, struct.error):
            return None
        if size > _LARGEST_MESSAGE:
            raise ValueError(f"a message of {size} bytes")
        is_new = not stream.payload
        take = min(self.chunk_bytes, size - len(stream.payload))
        if len(self._rest) < at + take:
            return None
        if known is None:
            if len(self._streams) >= _MOST_STREAMS:
                raise ValueError("too many chunk streams")
            self._streams[number] = stream
        if form == 0:
            timestamp, delta = short, 0
        elif form < 3:
            delta = short
            timestamp = (timestamp + delta) % _WRAP
        elif is_new:
            timestamp = (timestamp + delta) % _WRAP
        stream.timestamp, stream.delta, stream.is_extended = timestamp, delta, is_extended
        stream.size, stream.kind, stream.stream = size, kind, message_stream
        stream.payload += self._rest[at : at + take]
        if len(stream.payload) < size:
            return at + take, None
        message = Message(kind, bytes(stream.payload), timestamp, message_stream)
        stream.payload.clear()
        return at + take, message

    def _basic(self) -> tuple[int, int, int]:
        form, number = self._rest[0] >> 6, self._rest[0] & 0x3F
        if number == 0:
            return form, 64 + self._rest[1], 2
        if number == 1:
            return form, 64 + self._rest[1] + 256 * self._rest[2], 3
        return form, number, 1

    def _u24(self, at: int) -> int:
        if len(self._rest) < at + 3:
            raise IndexError
        return int.from_bytes(self._rest[at : at + 3], "big")


def _u24(value: int) -> bytes:
    return value.to_bytes(3, "big")
