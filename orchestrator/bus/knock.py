"""Knocks: empty unix datagrams that say "look again". They carry nothing and may be lost.

A listener binds `knock/<topic>/<name>`; the writer sends to whatever is bound there. Nobody ever
waits for a knock alone: readers also look every 250 ms.
"""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path


class Knocker:
    """Sends knocks on one topic. One thread; never blocks, never raises."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def knock(self) -> None:
        try:
            doors = list(self._folder.iterdir())
        except FileNotFoundError:
            return
        for door in doors:
            with contextlib.suppress(OSError):  # a dead listener, or one with a full queue
                self._socket.sendto(b"!", str(door))

    def close(self) -> None:
        self._socket.close()


class Door:
    """The listening end: a bound datagram socket, for `select`, or for asyncio's `add_reader`."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.setblocking(False)

    def fileno(self) -> int:
        return self.socket.fileno()

    def wait(self, timeout_s: float) -> bool:
        """Block until somebody knocks, at most `timeout_s`; True if they did. Empties the queue."""
        import select

        ready, _, _ = select.select([self.socket], [], [], max(0.0, timeout_s))
        if ready:
            self.drain()
        return bool(ready)

    def drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                self.socket.recv(16)

    def close(self) -> None:
        self.socket.close()
        self.path.unlink(missing_ok=True)
