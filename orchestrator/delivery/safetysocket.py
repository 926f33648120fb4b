"""The gate's own socket: a line of JSON in, a line of JSON out. It works when nothing else does.

Same thread as the gate: `serve` is how the gate sleeps. Bounded: eight callers at a time, 4 KiB a
request, two seconds of patience; who is over is hung up on.
"""

from __future__ import annotations

import json
import selectors
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Answer = Callable[[dict[str, Any]], dict[str, Any]]

_CALLERS = 8
_WAITING = 128
"""Connections in the backlog; a full one turns the next caller away with EAGAIN."""
_LINE_BYTES = 4096
_PATIENCE_S = 2.0


class SafetySocket:
    """Listens from the moment it is made; a leftover of a killed gate is replaced."""

    def __init__(self, path: Path, answer: Answer) -> None:
        self._answer = answer
        path.unlink(missing_ok=True)
        self._path = path
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        path.chmod(0o600)
        self._listener.listen(_WAITING)
        self._listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._callers: dict[socket.socket, tuple[float, bytes]] = {}

    def serve(self, timeout_s: float) -> None:
        """Wait at most that long; answer whoever asks, then return."""
        for key, _ in self._selector.select(max(0.0, timeout_s)):
            if key.fileobj is self._listener:
                self._accept()
            elif isinstance(key.fileobj, socket.socket):
                self._read(key.fileobj)
        if self._callers:
            late = time.monotonic() - _PATIENCE_S
            for caller in [c for c, (since, _) in self._callers.items() if since < late]:
                self._hang_up(caller)

    def close(self) -> None:
        for caller in list(self._callers):
            self._hang_up(caller)
        self._selector.close()
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        try:
            caller, _ = self._listener.accept()
        except OSError:
            return
        if len(self._callers) >= _CALLERS:
            self._hang_up(min(self._callers, key=lambda c: self._callers[c][0]))
        caller.setblocking(False)
        self._callers[caller] = (time.monotonic(), b"")
        self._selector.register(caller, selectors.EVENT_READ)

    def _read(self, caller: socket.socket) -> None:
        if caller not in self._callers:
            return  # hung up on within this very look, to make room
        since, line = self._callers[caller]
        try:
            chunk = caller.recv(_LINE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        line += chunk
        if chunk and b"\n" not in line and len(line) <= _LINE_BYTES:
            self._callers[caller] = (since, line)
            return
        if b"\n" in line:
            self._reply(caller, line.split(b"\n", 1)[0])
        self._hang_up(caller)

    def _reply(self, caller: socket.socket, line: bytes) -> None:
        try:
            request = json.loads(line)
        except (ValueError, RecursionError):
            request = None
        if isinstance(request, dict):
            reply = self._answer(request)
        else:
            reply = {"ok": False, "code": "bad-request", "why": "one line of JSON, please"}
        try:
            caller.send(json.dumps(reply).encode() + b"\n")
        except OSError:
            return  # gone; what was asked for has been done all the same

    def _hang_up(self, caller: socket.socket) -> None:
        self._callers.pop(caller, None)
        self._selector.unregister(caller)
        caller.close()
