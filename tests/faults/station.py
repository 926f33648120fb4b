"""A hospital whose encoder can be told to misbehave: MPEG-TS over HTTP, in whatever state asked.

One listening socket and one thread a station. The film goes round and round at its own pace; a
fault is set from any thread and holds until `heal`. What is sent during a fault is real: real
packets with other stamps, real encoders' other films, real garbage, real silence on the line.
"""

from __future__ import annotations

import contextlib
import io
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np
from av.container.output import OutputContainer
from av.packet import Packet

_HOURS_3 = 3 * 3600.0
_AHEAD_S = 0.05
_FIRST_STAMP_S = 10.0  # so that going back does not end below zero
_LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Film:
    """A file whose packets can be repeated every `seconds`."""

    path: Path
    seconds: float


class _Line(io.RawIOBase):
    """What the muxer writes to: the connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._connection.sendall(data)
        return len(data)


class _Over(Exception):
    """This connection has ended, as the fault wants it."""


class Station:
    """`fault` is "" while all is well, else one of:

    mute, refuse, hang up, garbage · stop, freeze · zero, +3h, back · resize · no sound, only sound
    """

    def __init__(self, film: Film, other: Film | None = None, fault: str = "") -> None:
        """`other` is what the encoder sends after its size was changed."""
        self._film, self._other = film, other
        self._fault = fault
        self._is_over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(_LOOK_S)
        self._thread = threading.Thread(target=self._serve, name="station")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/live.ts"

    def do(self, fault: str) -> None:
        self._fault = fault

    def heal(self) -> None:
        self._fault = ""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while not self._is_over.is_set():
            if self._fault == "refuse connections":
                self._is_over.wait(_LOOK_S)
                continue
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            with connection, contextlib.suppress(OSError, _Over, av.error.FFmpegError):
                connection.settimeout(5)
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        while not connection.recv(4096).endswith(b"\r\n\r\n"):
            pass
        if self._fault == "refuse":
            connection.sendall(b"HTTP/1.0 403 Forbidden\r\n\r\n")
            return
        while self._fault == "mute":
            self._pause(connection)
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n")
        noise = np.random.default_rng(1)
        while self._fault == "garbage":
            connection.sendall(noise.bytes(8192))
            self._pause(connection)
        self._play(connection)

    def _pause(self, connection: socket.socket) -> None:
        """Wait a moment; raises _Over when the other side has had enough."""
        connection.settimeout(_LOOK_S)
        with contextlib.suppress(TimeoutError):
            if not connection.recv(4096):
                raise _Over
        connection.settimeout(5)
        if self._is_over.is_set():
            raise _Over

    def _play(self, connection: socket.socket) -> None:
        """An encoder at work; raises _Over when it falls silent for good."""
        out = self._muxer(connection)
        begun_s = time.monotonic()
        shift_s, done = 0.0, ""
        last: dict[str, int] = {}
        for kind, packet, at_s in self._packets():
            wait_s = begun_s + at_s - _AHEAD_S - time.monotonic()
            if wait_s > 0 and self._is_over.wait(wait_s):
                raise _Over
            if self._fault == "stop":
                while self._fault == "stop":
                    self._pause(connection)
                begun_s = time.monotonic() - at_s  # it takes up again in the middle of its GOP
            fault = self._fault
            if fault in ("mute", "hang up", "refuse", "garbage", "refuse connections"):
                raise _Over
            if fault in ("zero", "+3h", "back") and done != fault and kind == "video":
                shift_s += {"zero": -at_s - shift_s, "+3h": _HOURS_3, "back": -2.0}[fault]
                out, done = self._muxer(connection), fault
                last.clear()
            if (fault, kind) in (("no sound", "audio"), ("only sound", "video")):
                continue
            tick = packet.time_base or Fraction(1, 90_000)
            assert packet.dts is not None
            move = round((shift_s + _FIRST_STAMP_S) / tick)
            packet.dts += move
            packet.pts = packet.dts if packet.pts is None else packet.pts + move
            if packet.dts <= last.get(kind, -1):
                continue  # where one round of the film meets the next
            last[kind] = packet.dts
            packet.stream = next(stream for stream in out.streams if stream.type == kind)
            out.mux_one(packet)

    def _muxer(self, connection: socket.socket) -> OutputContainer:
        options = {"flush_packets": "1", "max_interleave_delta": "100000"}  # µs: a lost stream
        out = av.open(_Line(connection), "w", format="mpegts", options=options)
        with av.open(str(self._film.path)) as like:
            for stream in like.streams:
                out.add_stream_from_template(stream)
        return out

    def _packets(self) -> Iterator[tuple[str, Packet[Any], float]]:
        """Packets and when they are to leave, round after round, in the order of their stamps."""
        base_s, kept = 0.0, b""
        while True:
            film = self._other if self._fault == "resize" and self._other else self._film
            with av.open(str(film.path)) as container:
                first_s = (container.start_time or 0) / av.time_base
                for packet in container.demux():
                    if packet.dts is None or packet.time_base is None:
                        continue
                    tick, kind = packet.time_base, packet.stream.type
                    at_s = float(packet.dts * tick)
                    if at_s - first_s >= film.seconds:
                        continue
                    if kind == "video" and packet.is_keyframe and not kept:
                        kept = bytes(packet)
                    if (
                        self._fault == "resize"
                        and self._other
                        and film is self._film
                        and (kind == "video" and packet.is_keyframe and at_s > first_s)
                    ):
                        base_s += at_s - first_s - film.seconds
                        break
                    if self._fault == "freeze" and kind == "video":
                        frozen = Packet(kept)
                        frozen.stream, frozen.time_base = packet.stream, tick
                        frozen.pts, frozen.dts, frozen.is_keyframe = packet.pts, packet.dts, True
                        packet = frozen
                    at_s = at_s - first_s + base_s
                    move = round(base_s / tick) - round(first_s / tick)
                    packet.dts = (packet.dts or 0) + move
                    packet.pts = None if packet.pts is None else packet.pts + move
                    yield kind, packet, at_s
            base_s += film.seconds
