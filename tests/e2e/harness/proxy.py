"""A TCP relay that misbehaves when it is told to: it stops reading, or resets the connection."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress


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
                    threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while self._reads.wait() and (data := source.recv(4096)):
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # a close alone does not wake the other thread
            end.close()
