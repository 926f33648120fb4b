"""One publisher's side of one RTMP connection: bytes in, bytes out, no socket, no clock.

    hello → handshake → connect → createStream → publish → media, until `goodbye`

`receive` takes what came, `take` gives what is to be sent. A server that says no raises
`Refused` with the server's own words (and without the key, should it repeat that).
"""

from __future__ import annotations

import os
import struct
from enum import Enum
from typing import Any

from orchestrator.delivery.rtmp import amf0
from orchestrator.delivery.rtmp.chunks import ChunkReader, ChunkWriter, Message, Payload
from orchestrator.errors import SinkRefused, SinkUnavailable
from orchestrator.rundown.rtmpaddress import RtmpAddress

CHUNK_BYTES = 60_000
"""What FFmpeg announces: a picture is one chunk or two, and every server is used to it."""
WINDOW_BYTES = 2_500_000
_HANDSHAKE_BYTES = 1536
_VERSION = 3

SET_CHUNK_SIZE, ABORT, ACKNOWLEDGEMENT, USER_CONTROL, WINDOW_SIZE = 1, 2, 3, 4, 5
AUDIO, VIDEO, DATA_AMF0, COMMAND_AMF3, COMMAND_AMF0 = 8, 9, 18, 17, 20
_PING, _PONG = 6, 7

_CONTROL_STREAM, _COMMAND_STREAM, _AUDIO_STREAM, _VIDEO_STREAM, _DATA_STREAM = 2, 3, 4, 6, 5
_CHUNK_STREAMS = {AUDIO: _AUDIO_STREAM, VIDEO: _VIDEO_STREAM, DATA_AMF0: _DATA_STREAM}


class Stage(Enum):
    """What the server is being waited for."""

    HELLO = "the handshake"
    CONNECT = "the answer to connect"
    CREATE = "the answer to createStream"
    PUBLISH = "the answer to publish (the key)"
    LIVE = "nothing"


class Publisher:
    """One connection, once."""

    def __init__(self, address: RtmpAddress, challenge: bytes | None = None) -> None:
        self.stage = Stage.HELLO
        self.acknowledged = 0
        """Bytes the server says it has received (32 bits)."""
        self.is_asked_to_reconnect = False
        self._address = address
        self._writer = ChunkWriter()
        self._reader = ChunkReader()
        self._out = bytearray()
        self._greeting = bytearray()
        self._was_answered = False
        self._received = self._told = 0
        self._window = 0
        self._stream = 0
        challenge = os.urandom(_HANDSHAKE_BYTES - 8) if challenge is None else challenge
        self._out += bytes((_VERSION,)) + bytes(8) + challenge

    def take(self) -> bytes:
        """What is to be sent now."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def receive(self, data: bytes) -> None:
        """Raises SinkRefused when the server says no, SinkUnavailable when it makes no sense."""
        if self.stage is Stage.HELLO:
            data = self._greet(data)
            if self.stage is Stage.HELLO:
                return
        self._received += len(data)
        try:
            for message in self._reader.feed(data):
                self._answer(message)
        except (ValueError, IndexError, struct.error) as error:
            raise SinkUnavailable(f"{self._address.text} does not speak RTMP: {error}") from error
        if self._window and self._received - self._told >= self._window:
            self._told = self._received
            self._control(ACKNOWLEDGEMENT, struct.pack(">I", self._received & 0xFFFFFFFF))

    def media(self, kind: int, payload: Payload, timestamp: int) -> bytes:
        """A message of sound, pictures or metadata, as the bytes to send."""
        return self._writer.write(
            _CHUNK_STREAMS[kind], kind, payload, timestamp=timestamp, stream=self._stream
        )

    def goodbye(self) -> bytes:
        """Say that the stream is over."""
        if self.stage is not Stage.LIVE:
            return b""
        self._command("FCUnpublish", 6, None, self._address.key)
        self._command("deleteStream", 7, None, self._stream)
        return self.take()

    # the handshake (RTMP 1.0 §5.2, without digests)

    def _greet(self, data: bytes) -> bytes:
        """What follows the handshake in `data`."""
        self._greeting += data
        if self._greeting[0] != _VERSION:
            raise SinkUnavailable(
                f"{self._address.text} does not speak RTMP: it greets with {self._greeting[0]}"
            )
        first, whole = 1 + _HANDSHAKE_BYTES, 1 + 2 * _HANDSHAKE_BYTES
        if len(self._greeting) >= first and not self._was_answered:
            self._was_answered = True
            self._out += self._greeting[1:first]  # C2 is an echo of S1
        if len(self._greeting) < whole:
            return b""
        rest = bytes(self._greeting[whole:])
        self._greeting.clear()
        self._connect()
        return rest

    # commands (§7.2)

    def _connect(self) -> None:
        self.stage = Stage.CONNECT
        self._control(SET_CHUNK_SIZE, struct.pack(">I", CHUNK_BYTES))
        self._writer.chunk_bytes = CHUNK_BYTES
        self._control(WINDOW_SIZE, struct.pack(">I", WINDOW_BYTES))
        properties = {
            "app": self._address.app,
            "type": "nonprivate",
            "flashVer": "FMLE/3.0 (compatible; orchestrator)",
            "tcUrl": self._address.tc_url,
        }
        self._command("connect", 1, properties)

    def _answer(self, message: Message) -> None:
        kind, payload = message.kind, message.payload
        if kind == SET_CHUNK_SIZE:
            size = struct.unpack_from(">I", payload)[0] & 0x7FFFFFFF
            self._reader.chunk_bytes = max(1, size)
        elif kind == ABORT:
            self._reader.abort(struct.unpack_from(">I", payload)[0])
        elif kind == ACKNOWLEDGEMENT:
            self.acknowledged = struct.unpack_from(">I", payload)[0]
        elif kind == WINDOW_SIZE:
            self._window = struct.unpack_from(">I", payload)[0]
        elif kind == USER_CONTROL and struct.unpack_from(">H", payload)[0] == _PING:
            self._control(USER_CONTROL, struct.pack(">H", _PONG) + payload[2:6])
        elif kind == COMMAND_AMF0:
            self._hear(amf0.decode(payload))
        elif kind == COMMAND_AMF3:
            self._hear(amf0.decode(payload[1:]))

    def _hear(self, values: list[Any]) -> None:
        name = values[0] if values else None
        number = values[1] if len(values) > 1 else 0
        details = values[3] if len(values) > 3 else None
        if name == "_result" and number == 1 and self.stage is Stage.CONNECT:
            self._create()
        elif name == "_result" and number == 4 and self.stage is Stage.CREATE:
            self._publish(details)
        elif name == "_error" and (
            (number == 1 and self.stage is Stage.CONNECT)
            or (number == 4 and self.stage is Stage.CREATE)
        ):
            raise self._refusal(details)
        elif name == "onStatus":
            self._status(details if isinstance(details, dict) else {})
        elif name == "close":
            raise SinkUnavailable(f"{self._address.text} ended the connection")

    def _create(self) -> None:
        self.stage = Stage.CREATE
        self._command("releaseStream", 2, None, self._address.key)
        self._command("FCPublish", 3, None, self._address.key)
        self._command("createStream", 4, None)

    def _publish(self, stream: Any) -> None:
        if not isinstance(stream, int | float) or not 0 < stream < 1 << 32:
            raise ValueError("a stream without a number")
        self.stage = Stage.PUBLISH
        self._stream = int(stream)
        self._command("publish", 5, None, self._address.key, "live", stream=self._stream)

    def _status(self, details: dict[str, Any]) -> None:
        code = str(details.get("code", ""))
        if code == "NetStream.Publish.Start" and self.stage is Stage.PUBLISH:
            self.stage = Stage.LIVE
        elif code == "NetConnection.Connect.ReconnectRequest":
            self.is_asked_to_reconnect = True
        elif details.get("level") == "error":
            raise self._refusal(details)
        elif code.startswith("NetStream.Unpublish"):
            raise SinkUnavailable(f"{self._address.text} has ended the broadcast ({code})")

    def _refusal(self, details: Any) -> SinkUnavailable:
        details = details if isinstance(details, dict) else {}
        words = [str(details.get(key) or "") for key in ("code", "description")]
        said = self._address.without_key(": ".join(filter(None, words)))[:300] or "no reason given"
        what = {Stage.LIVE: "ended the broadcast", Stage.PUBLISH: "refused the key"}
        return SinkRefused(
            f"{self._address.text} {what.get(self.stage, 'refused the connection')} ({said})"
        )

    def _command(self, name: str, number: int, *values: Any, stream: int = 0) -> None:
        payload = amf0.encode(name, number, *values)
        self._out += self._writer.write(_COMMAND_STREAM, COMMAND_AMF0, payload, stream=stream)

    def _control(self, kind: int, payload: bytes) -> None:
        self._out += self._writer.write(_CONTROL_STREAM, kind, payload)
