"""Tells a telephone, or whatever listens at a URL, what nobody at the desk has picked up.

On control's loop, each call a task of its own: nothing waits for it. Bounded: eight calls at a
time, five seconds each, three tries; what is over is counted. The URL comes from `ORCH_ALARM_URL`,
is a secret as a rule, and is never written anywhere.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import aiohttp

log = logging.getLogger(__name__)

VARIABLE = "ORCH_ALARM_URL"
_MOST = 8
_PATIENCE_S = 5.0
_TRIES = 3


class Webhook:
    """`sent`, `failed`, `dropped` count calls. Without a URL it does nothing."""

    def __init__(self, url: str, *, pause_s: float = 2.0) -> None:
        self._url = url
        self._pause_s = pause_s
        self._calls: set[asyncio.Task[None]] = set()
        self.sent = self.failed = self.dropped = 0

    def post(self, body: Mapping[str, Any]) -> None:
        """Returns at once."""
        if not self._url:
            return
        if len(self._calls) >= _MOST:
            self.dropped += 1
            return
        call = asyncio.get_running_loop().create_task(self._call(dict(body)), name="webhook")
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def settled(self) -> None:
        """Until every call that has been begun is over."""
        await asyncio.gather(*self._calls, return_exceptions=True)

    async def close(self) -> None:
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    async def _call(self, body: dict[str, Any]) -> None:
        why = ""
        for attempt in range(_TRIES):
            if attempt:
                await asyncio.sleep(self._pause_s)
            try:
                why = await self._try(body)
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                why = type(error).__name__  # its text may hold the URL
            if not why:
                self.sent += 1
                return
        self.failed += 1
        log.error("the alarm's URL cannot be told: %s", why)

    async def _try(self, body: dict[str, Any]) -> str:
        """What went wrong; empty if nothing did."""
        timeout = aiohttp.ClientTimeout(total=_PATIENCE_S)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(self._url, json=body, allow_redirects=False) as answer,
        ):
            return "" if answer.status < 300 else f"it answers {answer.status}"
