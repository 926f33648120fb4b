"""A TCP relay that misbehaves when it is told to: it stops reading, takes little, or resets the
connection; and one that stands before a server with TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path


class Relay:
    """`with Relay(port) as relay:` relays `relay.port` to `port` on loopback, both ways."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        # or the kernel would go on taking megabytes for a relay that has stopped reading
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self.port = int(self._listener.getsockname()[1])
        self._reads = threading.Event()
        self._reads.set()
        self._ends: list[socket.socket] = []
        self.accepted = 0
        self.takes_bps: float | None = None
        """So much it takes from the near end, in bits a second; None is all."""

    def stop_reading(self) -> None:
        """Take nothing more from anybody; the connections stay open."""
        self._reads.clear()

    def read_on(self) -> None:
        self._reads.set()

    def reset(self) -> None:
        """End every connection with RST, as a middlebox does that has lost its state."""
        for end in self._ends:
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RD)
                end.close()
        self._ends.clear()

    def __enter__(self) -> Relay:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self._reads.set()
        self.reset()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self.accepted += 1
                try:
                    far = socket.create_connection(("127.0.0.1", self._target), 2)
                except OSError:
                    near.close()
                    continue
                far.settimeout(None)
                self._ends += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(
                        target=self._pump, args=(source, sink, source is near), daemon=True
                    ).start()

    def _pump(self, source: socket.socket, sink: socket.socket, is_near: bool) -> None:
        with suppress(OSError):
            while self._reads.wait() and (data := source.recv(4096)):
                sink.sendall(data)
                if is_near and self.takes_bps is not None:
                    time.sleep(len(data) * 8 / self.takes_bps)  # the rate is what is simulated
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # a close alone does not wake the other thread
            end.close()


class TlsFront:
    """`with TlsFront(port, cert, key) as front:` takes TLS at `front.port` and hands what is in it
    to `port` on loopback, as stunnel does for nginx-rtmp. A loop and a thread of its own."""

    def __init__(self, port: int, certificate: Path, key: Path) -> None:
        self._target = port
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(certificate, key)
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        )
        self.port = int(self._server.sockets[0].getsockname()[1])

    def __enter__(self) -> TlsFront:
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        for one, other in ((reader, far_writer), (far_reader, writer)):
            task = self._loop.create_task(self._pump(one, other))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            try:
                while data := await reader.read(65536):
                    writer.write(data)
                    await writer.drain()
            finally:
                writer.close()


def make_certificates(openssl: str, folder: Path) -> tuple[Path, Path, Path]:
    """A CA of our own, and what it has signed for 127.0.0.1: CA, certificate, key."""
    ca, ca_key, cert, key = (folder / name for name in ("ca.pem", "ca.key", "cert.pem", "key.pem"))
    new = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    new += ["-nodes", "-days", "2"]
    signed = ["-CA", ca, "-CAkey", ca_key, "-addext", "subjectAltName=IP:127.0.0.1"]
    signed += ["-addext", "basicConstraints=CA:FALSE"]
    for command in (
        [*new, "-keyout", ca_key, "-out", ca, "-subj", "/CN=CA of the test"],
        [*new, "-keyout", key, "-out", cert, "-subj", "/CN=127.0.0.1", *signed],
    ):
        subprocess.run(command, check=True, capture_output=True)
    return ca, cert, key
