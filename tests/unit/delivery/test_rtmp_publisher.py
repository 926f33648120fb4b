"""One side of an RTMP connection against a server that is played by hand, byte by byte."""

from __future__ import annotations

import pytest

from orchestrator.delivery.rtmp import amf0, flv
from orchestrator.delivery.rtmp.chunks import ChunkReader, ChunkWriter, Message
from orchestrator.delivery.rtmp.publisher import (
    ACKNOWLEDGEMENT,
    COMMAND_AMF0,
    SET_CHUNK_SIZE,
    USER_CONTROL,
    VIDEO,
    WINDOW_SIZE,
    Publisher,
    Stage,
)
from orchestrator.errors import ConfigError, SinkRefused, SinkUnavailable
from orchestrator.rundown.rtmpaddress import RtmpAddress

KEY = "very-secret-key"
ADDRESS = RtmpAddress.parse(f"rtmp://live.example:1936/app/{KEY}")
GREETING = bytes((3,)) + bytes(1536) + bytes(1536)


class Server:
    """The other side."""

    def __init__(self) -> None:
        self.publisher = Publisher(ADDRESS, challenge=bytes(1528))
        self._reader = ChunkReader()
        self._writer = ChunkWriter()
        assert self.publisher.take()[0] == 3
        self.publisher.receive(GREETING)
        self._rest = self.publisher.take()[1536:]

    def heard(self) -> list[Message]:
        data, self._rest = self._rest + self.publisher.take(), b""
        messages = []
        for message in self._reader.feed(data):
            if message.kind == SET_CHUNK_SIZE:
                self._reader.chunk_bytes = int.from_bytes(message.payload, "big")
            messages.append(message)
        return messages

    def commands(self) -> list[list[object]]:
        return [amf0.decode(m.payload) for m in self.heard() if m.kind == COMMAND_AMF0]

    def say(self, *values: object) -> None:
        self.publisher.receive(self._writer.write(3, COMMAND_AMF0, amf0.encode(*values)))

    def tell(self, kind: int, payload: bytes) -> None:
        self.publisher.receive(self._writer.write(2, kind, payload))

    def go_live(self) -> None:
        self.commands()
        self.say("_result", 1, {}, {"code": "NetConnection.Connect.Success"})
        self.commands()
        self.say("_result", 4, None, 1)
        self.commands()
        self.say("onStatus", 0, None, {"level": "status", "code": "NetStream.Publish.Start"})


def test_it_connects_creates_a_stream_and_publishes_the_key() -> None:
    server = Server()
    assert server.commands()[0][:2] == ["connect", 1]
    server.say("_result", 1, {}, {"code": "NetConnection.Connect.Success"})
    assert [command[0] for command in server.commands()] == [
        "releaseStream", "FCPublish", "createStream",
    ]  # fmt: skip
    server.say("_result", 4, None, 7)
    assert server.commands() == [["publish", 5, None, KEY, "live"]]
    assert server.publisher.stage is Stage.PUBLISH
    server.say("onStatus", 0, None, {"level": "status", "code": "NetStream.Publish.Start"})
    assert server.publisher.stage is Stage.LIVE


def test_a_picture_goes_to_the_stream_that_the_server_named() -> None:
    server = Server()
    server.go_live()
    server.heard()
    (message,) = server._reader.feed(server.publisher.media(VIDEO, b"picture", 1234))
    assert (message.kind, message.payload, message.timestamp) == (VIDEO, b"picture", 1234)
    assert message.stream == 1


def test_a_refusal_says_the_servers_words_and_never_the_key() -> None:
    server = Server()
    server.commands()
    server.say("_result", 1, {}, {})
    server.say("_result", 4, None, 1)
    bad = {
        "level": "error",
        "code": "NetStream.Publish.BadName",
        "description": f"{KEY} is taken",
    }

    with pytest.raises(SinkRefused) as refused:
        server.say("onStatus", 0, None, bad)

    assert "NetStream.Publish.BadName" in str(refused.value)
    assert "refused the key" in str(refused.value)
    assert KEY not in str(refused.value)


@pytest.mark.parametrize("stage", [1, 4])
def test_an_error_to_connect_or_create_stream_is_a_refusal(stage: int) -> None:
    server = Server()
    if stage == 4:
        server.say("_result", 1, {}, {})
    with pytest.raises(SinkRefused, match="refused the connection"):
        server.say("_error", stage, None, {"level": "error", "code": "no"})


def test_what_is_no_rtmp_is_said_to_be_none() -> None:
    publisher = Publisher(ADDRESS)
    with pytest.raises(SinkUnavailable, match="does not speak RTMP"):
        publisher.receive(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_garbage_behind_the_handshake_is_no_rtmp_either() -> None:
    server = Server()
    with pytest.raises(SinkUnavailable, match="does not speak RTMP"):
        server.publisher.receive(b"\xff" * 64)


def test_a_ping_is_answered_and_a_window_acknowledged() -> None:
    server = Server()
    server.go_live()
    server.heard()
    server.tell(USER_CONTROL, b"\x00\x06\x00\x00\x01\x02")
    assert [m.payload for m in server.heard()] == [b"\x00\x07\x00\x00\x01\x02"]
    server.tell(WINDOW_SIZE, (10).to_bytes(4, "big"))
    kinds = {message.kind for message in server.heard()}
    assert ACKNOWLEDGEMENT in kinds


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://live.example/app/key", "rtmp://"),
        ("rtmp:///app/key", "no host"),
        ("rtmp://live.example/app", "an app and a key"),
        ("rtmp://user:word@live.example/app/key", "user name"),
        ("rtmp://live.example:port/app/key", "port"),
    ],
)
def test_an_address_that_is_none_is_refused_without_being_repeated(url: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as refused:
        RtmpAddress.parse(url)
    assert "word" not in str(refused.value)


def test_an_address_is_shown_without_its_key() -> None:
    address = RtmpAddress.parse(f"rtmps://live.example/app/name/{KEY}?sign=abcd")
    assert (address.app, address.port, address.is_tls) == ("app/name", 443, True)
    assert address.key == f"{KEY}?sign=abcd"
    assert KEY not in f"{address.text} {address!r}"


def test_enhanced_rtmp_is_neither_offered_nor_used_where_nobody_asks() -> None:
    """H.264 and AAC go to every platform as they always did; a server that speaks more is not
    told that we do."""
    server = Server()
    ((name, _, offered),) = server.commands()
    assert name == "connect"
    assert isinstance(offered, dict)
    assert not {"fourCcList", "videoFourCcInfoMap", "audioFourCcInfoMap", "capsEx"} & offered.keys()

    enhanced = {"code": "NetConnection.Connect.Success", "fourCcList": ["hvc1", "av01", "*"]}
    server.say("_result", 1, enhanced, enhanced)
    server.commands()
    server.say("_result", 4, None, 1)
    server.commands()

    is_extended = 0x80
    assert not (flv.AVC_KEY[0] | flv.AVC_INTER[0]) & is_extended
    assert flv.avc_sequence_header(b"avcC")[:5] == bytes((0x17, 0, 0, 0, 0))
