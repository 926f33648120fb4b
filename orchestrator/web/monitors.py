"""Moving pictures for signed-in screens: one line to the monitor process, many WebSockets from it.

`GET /api/v1/monitors`, on control's loop. A screen sends `{"views": ["programme", "sound"]}`, the
newest of which holds, and gets binary messages: two bytes (length of the head, big-endian), the
head `{"view", "n", "type"}` as JSON, then a JPEG or PCM. Control asks the monitor for the union of
what anybody watches, and for nothing while nobody does.

Bounds: 24 screens of 40 views. Of each picture a screen has at most one waiting, the newest; of
sound a second. What a slow screen loses is counted; nobody waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from orchestrator.rundown.resolved import Resolved
from orchestrator.web.console import caller, console
from orchestrator.web.guard import caller_of
from orchestrator.web.problem import Problem

log = logging.getLogger(__name__)

MOST_SCREENS = 24
MOST_VIEWS = 40
_FIRST = ("programme", "preview")
_SOUND_KEPT = 10
_AGAIN_S = 0.5
_TAKES_S = 5.0
_REQUEST_BYTES = 8192
_HEAD_BYTES = 4096
_ALWAYS = frozenset({"programme", "preview", "sound"})
_MOST_BYTES = 4 << 20


@dataclass(slots=True, eq=False)
class Screen:
    """What one screen watches, and what waits for it."""

    views: frozenset[str] = frozenset()
    pictures: dict[str, bytes] = field(default_factory=dict)
    sound: deque[bytes] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def give(self, view: str, message: bytes, *, is_sound: bool) -> bool:
        """Whether something older was given up for it."""
        self.wake.set()
        if is_sound:
            is_late = len(self.sound) >= _SOUND_KEPT
            if is_late:
                self.sound.popleft()
            self.sound.append(message)
            return is_late
        is_late = view in self.pictures
        self.pictures[view] = message
        return is_late

    def take(self) -> bytes | None:
        """The next one: sound first, which cannot wait; then the large pictures, then tiles."""
        if self.sound:
            return self.sound.popleft()
        for view in _FIRST:
            if view in self.pictures:
                return self.pictures.pop(view)
        if self.pictures:
            return self.pictures.pop(next(iter(self.pictures)))
        return None


class MonitorBridge:
    """All screens' pictures. One `run` until cancelled."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._screens: set[Screen] = set()
        self._changed = asyncio.Event()
        self._asked: frozenset[str] = frozenset()
        self.counts: Counter[str] = Counter()

    def facts(self) -> dict[str, object]:
        return {"screens": len(self._screens), "views": len(self.views()), **self.counts}

    def views(self) -> frozenset[str]:
        return frozenset[str]().union(*(screen.views for screen in self._screens))

    def join(self) -> Screen:
        """Raises Problem when there are too many."""
        if len(self._screens) >= MOST_SCREENS:
            raise Problem(
                503, "busy", f"{MOST_SCREENS} screens watch already", {"Retry-After": "5"}
            )
        screen = Screen()
        self._screens.add(screen)
        return screen

    def part(self, screen: Screen) -> None:
        self._screens.discard(screen)
        self._changed.set()

    def watch(self, screen: Screen, views: frozenset[str]) -> None:
        screen.views = views
        for view in screen.pictures.keys() - views:
            del screen.pictures[view]
        self._changed.set()

    async def run(self) -> None:
        """Hold the line to the monitor while anybody watches; try again when it goes."""
        is_lost = False
        while True:
            if not self.views():
                self._changed.clear()
                await self._changed.wait()
                continue
            try:
                await self._line()
            except (OSError, ValueError, asyncio.IncompleteReadError) as error:
                if not is_lost:
                    log.warning("the monitor is away (%s); trying again", error)
                is_lost = True
            else:
                is_lost = False
            await asyncio.sleep(_AGAIN_S)

    async def _line(self) -> None:
        """One connection, until nobody watches any more or the monitor ends it."""
        reader, writer = await asyncio.open_unix_connection(str(self._path), limit=_HEAD_BYTES)
        asking = asyncio.create_task(self._ask(writer))
        hearing = asyncio.create_task(self._hear(reader))
        try:
            done, _ = await asyncio.wait({asking, hearing}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            writer.close()  # first: what waits below may be cancelled
            asking.cancel()
            hearing.cancel()
            await asyncio.gather(asking, hearing, return_exceptions=True)

    async def _ask(self, writer: asyncio.StreamWriter) -> None:
        asked: frozenset[str] | None = None
        while views := self.views():
            if views != asked:
                writer.write(json.dumps({"views": sorted(views)}).encode() + b"\n")
                await writer.drain()
                asked = views
            self._changed.clear()
            await self._changed.wait()

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        while True:
            line = await reader.readuntil(b"\n")
            head = json.loads(line)
            size = int(head["bytes"])
            if not 0 <= size <= _MOST_BYTES:
                raise ValueError(f"a message of {size} bytes")
            body = await reader.readexactly(size)
            self._share(str(head["view"]), int(head["n"]), str(head["type"]), body)

    def _share(self, view: str, n: int, kind: str, body: bytes) -> None:
        head = json.dumps({"view": view, "n": n, "type": kind}).encode()
        message = len(head).to_bytes(2, "big") + head + body
        is_sound = kind.startswith("audio/")
        for screen in self._screens:
            if view in screen.views:
                self.counts["given"] += 1
                self.counts["given_up"] += screen.give(view, message, is_sound=is_sound)


BRIDGE = web.AppKey("bridge", MonitorBridge)


async def bridging(app: web.Application) -> AsyncIterator[None]:
    """For `cleanup_ctx`: the line to the monitor lives as long as the server."""
    running = asyncio.create_task(app[BRIDGE].run(), name="monitors")
    yield
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def monitors(request: web.Request) -> web.StreamResponse:
    """The socket of one screen."""
    bridge, desk, who = request.app[BRIDGE], console(request), caller(request)
    socket = web.WebSocketResponse(
        heartbeat=10.0, max_msg_size=_REQUEST_BYTES, compress=False, timeout=1.0
    )
    if not socket.can_prepare(request).ok:
        raise Problem(
            426, "websocket", "this is a WebSocket: connect with Upgrade: websocket",
            {"Upgrade": "websocket", "Connection": "Upgrade"},
        )  # fmt: skip
    screen = bridge.join()
    try:
        await socket.prepare(request)
        sending = asyncio.create_task(
            _send(bridge, screen, socket, lambda: caller_of(desk, request) == who)
        )
        listening = asyncio.create_task(
            _listen(bridge, screen, socket, lambda: _there_is(desk.gallery.show.resolved))
        )
        try:
            await asyncio.wait({sending, listening}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
            listening.cancel()
            await asyncio.gather(sending, listening, return_exceptions=True)
    except ConnectionError:
        bridge.counts["lost"] += 1
    finally:
        bridge.part(screen)
    return socket


async def _send(
    bridge: MonitorBridge,
    screen: Screen,
    socket: web.WebSocketResponse,
    is_known: Callable[[], bool],
) -> None:
    """What waits; until the screen is gone, takes nothing, or its session has ended."""
    loop = asyncio.get_running_loop()
    asked_s = loop.time()
    while True:
        if loop.time() - asked_s >= 1.0:  # also of one so slow that there is always something left
            asked_s = loop.time()
            if not is_known():
                await socket.close()
                return
        message = screen.take()
        if message is None:
            screen.wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await screen.wake.wait()
        else:
            try:
                async with asyncio.timeout(_TAKES_S):
                    await socket.send_bytes(message)
            except (ConnectionError, TimeoutError):
                bridge.counts["lost"] += 1
                return


async def _listen(
    bridge: MonitorBridge,
    screen: Screen,
    socket: web.WebSocketResponse,
    there_is: Callable[[], frozenset[str]],
) -> None:
    async for message in socket:
        views = _views(message.data) if message.type is WSMsgType.TEXT else None
        if views is None:
            bridge.counts["malformed"] += 1
            await socket.close(message=b'say {"views": ["programme", "feed.site.name"]}')
            return
        bridge.watch(screen, views & there_is())


def _views(text: str) -> frozenset[str] | None:
    """None for what is no list of views."""
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    views = value.get("views") if isinstance(value, dict) else None
    if not isinstance(views, list) or len(views) > MOST_VIEWS:
        return None
    if not all(isinstance(view, str) and len(view) <= 120 and "/" not in view for view in views):
        return None
    return frozenset(views)


def _there_is(day: Resolved) -> frozenset[str]:
    """What can be watched. Nothing else is asked for: the monitor would keep every name, and hang
    up on all screens at once over more names than it hears."""
    sources = day.sources()
    kinds = ("feed", "sound")
    return _ALWAYS | {f"{kind}.{source}" for kind in kinds for source in sources}
