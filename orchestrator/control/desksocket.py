"""The desk's unix socket: one wish per connection, a line of JSON in, a line of JSON back.

Part of the control process, on its event loop. Bounded: sixteen callers at a time, 64 KiB a wish,
five seconds of patience. Only this user and root are listened to, whatever the file's mode says.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from orchestrator.bus.lines import json_of

log = logging.getLogger(__name__)

_CALLERS = 16
_LINE_BYTES = 1 << 16
_PATIENCE_S = 5.0


class DeskSocket:
    """`ask` is called on the loop, as this user: an administrator. `turned_away` counts callers."""

    def __init__(self, path: Path, ask: Callable[[Any], Awaitable[dict[str, Any]]]) -> None:
        self._path = path
        self._ask = ask
        self._callers = 0
        self.turned_away = 0
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen; a leftover of a killed control is replaced."""
        self._path.unlink(missing_ok=True)
        before = os.umask(0o177)  # never, not for a moment, open to others
        try:
            self._server = await asyncio.start_unix_server(
                self._serve, self._path, limit=_LINE_BYTES
            )
        finally:
            os.umask(before)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._callers += 1
        try:
            async with asyncio.timeout(_PATIENCE_S):
                answer = await self._answer(reader, writer)
                writer.write(line_of(answer))
                await writer.drain()
        except (OSError, TimeoutError):
            self.turned_away += 1
        finally:
            self._callers -= 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> dict[str, Any]:
        if self._callers > _CALLERS:
            self.turned_away += 1
            return {"ok": False, "code": "busy", "why": "too many at the desk; try again"}
        if _uid_of(writer) not in (0, os.getuid()):
            self.turned_away += 1
            return {"ok": False, "code": "forbidden", "why": "this desk is another user's"}
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            return {"ok": False, "code": "malformed", "why": "a wish is at most 64 KiB"}
        except asyncio.IncompleteReadError as error:
            line = error.partial
        try:
            request = json.loads(line)
        except (ValueError, RecursionError):
            return {"ok": False, "code": "malformed", "why": "a wish is one line of JSON"}
        return await self._ask(request)


def line_of(answer: dict[str, Any]) -> bytes:
    """An answer as it is sent, whatever of the question it quotes."""
    return json_of(answer) + b"\n"


def _uid_of(writer: asyncio.StreamWriter) -> int:
    peer: socket.socket = writer.get_extra_info("socket")
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    return int(uid)
