"""The monitor's socket: who is watching what, and bytes to them that never wait.

One thread, that of the monitor. Bounds: 8 clients, 16 KiB of a request, 2 MiB waiting for a client;
what would be more is dropped for that client and counted.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import selectors
import socket
from dataclasses import dataclass, field
from pathlib import Path

log = logging.getLogger(__name__)

MOST_CLIENTS = 8
MOST_REQUEST_BYTES = 1 << 14
MOST_WAITING_BYTES = 2 << 20


@dataclass(slots=True)
class _Client:
    line: socket.socket
    views: frozenset[str] = frozenset()
    asked: bytes = b""
    waiting: bytearray = field(default_factory=bytearray)


class MonitorDoor:
    """Raises OSError when the socket cannot be made."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._path = path
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        old = os.umask(0o177)
        try:
            self._listener.bind(str(path))
        finally:
            os.umask(old)
        self._listener.listen(MOST_CLIENTS)
        self._listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._clients: dict[socket.socket, _Client] = {}
        self.dropped = 0

    @property
    def clients(self) -> int:
        return len(self._clients)

    def views(self) -> frozenset[str]:
        """What anybody is watching."""
        return frozenset[str]().union(*(client.views for client in self._clients.values()))

    def serve(self, wait_s: float) -> None:
        """Hear requests and send what waits, for `wait_s` at most."""
        for key, events in self._selector.select(max(0.0, wait_s)):
            if key.fileobj is self._listener:
                self._accept()
                continue
            client = self._clients[key.fileobj]  # type: ignore[index]
            if events & selectors.EVENT_READ:
                self._hear(client)
            if events & selectors.EVENT_WRITE and client.line in self._clients:
                self._push(client)

    def send(self, view: str, message: bytes) -> None:
        """To everybody who watches `view`: wholly, or not at all."""
        for client in list(self._clients.values()):
            if view not in client.views:
                continue
            if len(client.waiting) + len(message) > MOST_WAITING_BYTES:
                self.dropped += 1
                continue
            client.waiting += message
            self._push(client)

    def close(self) -> None:
        for client in list(self._clients.values()):
            self._part(client)
        self._selector.close()
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        try:
            line, _ = self._listener.accept()
        except OSError:
            return
        if len(self._clients) >= MOST_CLIENTS:
            line.close()
            return
        line.setblocking(False)
        self._clients[line] = _Client(line)
        self._selector.register(line, selectors.EVENT_READ)

    def _hear(self, client: _Client) -> None:
        try:
            data = client.line.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        client.asked += data
        if not data or len(client.asked) > MOST_REQUEST_BYTES:
            self._part(client)
            return
        *lines, client.asked = client.asked.split(b"\n")
        for line in lines:
            try:
                client.views = frozenset(map(str, json.loads(line)["views"]))
            except (ValueError, TypeError, KeyError, RecursionError):
                log.warning("the monitor was asked for something that is no list of views")
                self._part(client)
                return

    def _push(self, client: _Client) -> None:
        try:
            sent = client.line.send(client.waiting)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._part(client)
            return
        del client.waiting[:sent]
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.waiting else 0)
        self._selector.modify(client.line, events)

    def _part(self, client: _Client) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(client.line)
        self._clients.pop(client.line, None)
        client.line.close()
