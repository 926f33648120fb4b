"""The event stream: every screen hears every decision, and sees the desk 1 to 4 times a second.

`GET /api/v1/events?since=SEQ`, a WebSocket, on control's loop. Messages are `{"seq", "kind",
"data"}`; `seq` is the number of the last journal entry the screen knows of with it, so a screen
that lost the line comes back with `since=` and misses nothing, over restarts of control too; of
more than 200 entries it is told the newest (`replayed_from`), and reads the others in the journal.

The desk view is made and written as JSON once for all, and sent as the same bytes. Each client has
a bound: of desk views the newest wins, entries wait in a queue of 256; whoever leaves that full, or
takes nothing for ten seconds, is told to come again (`bye`) and counted. Nobody waits for a slow
client.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from orchestrator.control.chain import Entry
from orchestrator.web.console import Caller, Console, caller, console, number_of
from orchestrator.web.guard import caller_of
from orchestrator.web.problem import Problem

log = logging.getLogger(__name__)

LEAST_GAP_S = 0.25
MOST_GAP_S = 1.0
_CLIENTS = 48
_CLIENTS_OF_ONE = 12
_ENTRIES = 256
_REPLAYED = 200
_TAKES_S = 10.0
_MESSAGE_BYTES = 2048
_SAID_A_SECOND = 10
_ORDERLY = (WSCloseCode.OK, WSCloseCode.GOING_AWAY)


@dataclass(slots=True, eq=False)
class Client:
    """What waits for one screen."""

    who: Caller
    seq: int
    entries: deque[Entry] = field(default_factory=deque)
    notices: deque[str] = field(default_factory=lambda: deque(maxlen=8))
    desk: str | None = None
    bye: str = ""
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, entry: Entry) -> None:
        if len(self.entries) >= _ENTRIES:
            self.leave("too slow: load what you missed with since=")
            return
        self.entries.append(entry)
        self.wake.set()

    def look(self, desk: str) -> bool:
        """Whether an older view was given up for this one."""
        is_late, self.desk = self.desk is not None, desk
        self.wake.set()
        return is_late

    def leave(self, why: str) -> None:
        self.bye = self.bye or why
        self.wake.set()


class EventHub:
    """All screens. `view` makes the desk view's JSON. One `run`, and `heard` for every entry."""

    def __init__(
        self, desk: Console, view: Callable[[], str] | None = None, takes_s: float = _TAKES_S
    ) -> None:
        self._desk = desk
        self.takes_s = takes_s
        self._view = view or (lambda: json.dumps(desk.desk(), ensure_ascii=False))
        self._clients: set[Client] = set()
        self._changed = asyncio.Event()
        self._newest = ""
        self._made_s = 0.0
        self._message: tuple[int, str, bytes] = (0, "", b"")
        self.counts: Counter[str] = Counter()

    @property
    def seq(self) -> int:
        return self._desk.gallery.last_seq

    def heard(self, entry: Entry) -> None:
        """The journal has one more."""
        for client in self._clients:
            client.take(entry)
        self._changed.set()

    def tell(self, whom: str, text: str) -> None:
        """A sentence for one person, on every screen of theirs; the newest eight wait for each."""
        for client in self._clients:
            if client.who.name == whom:
                client.notices.append(text)
                client.wake.set()

    def changed(self) -> None:
        """Something is to be seen at the desk that no entry tells."""
        self._changed.set()

    async def run(self) -> None:
        """Show the desk to everybody, until cancelled."""
        while True:
            if self._clients:
                self._show()
            await asyncio.sleep(LEAST_GAP_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(MOST_GAP_S - LEAST_GAP_S):
                    await self._changed.wait()
            self._changed.clear()

    def close(self) -> None:
        for client in self._clients:
            client.leave("control restarts; come again in a second")

    def facts(self) -> dict[str, object]:
        return {"clients": len(self._clients), **self.counts}

    def join(self, who: Caller, since: int) -> Client:
        """`since` is the last entry it knows, -1 for all of them. Raises Problem for too many."""
        if len(self._clients) >= _CLIENTS:
            raise Problem(503, "busy", f"{_CLIENTS} screens are open already", {"Retry-After": "5"})
        if sum(client.who.name == who.name for client in self._clients) >= _CLIENTS_OF_ONE:
            raise Problem(503, "busy", f"{who.name} has {_CLIENTS_OF_ONE} screens open already")
        seq = self.seq
        client = Client(who, min(since, seq) if since >= 0 else seq)
        client.entries.extend(self._desk.gallery.entries_after(client.seq, _REPLAYED))
        self._clients.add(client)
        client.desk = self.newest() or None
        client.wake.set()
        self._changed.set()
        return client

    def part(self, client: Client) -> None:
        self._clients.discard(client)

    def newest(self) -> str:
        """The desk view as JSON, of now or of a moment ago; empty if it cannot be made."""
        is_fresh = 0 <= self._desk.now_s - self._made_s < LEAST_GAP_S
        return self._newest if (is_fresh and self._newest) or self._make() else ""

    def desk_message(self, seq: int, view: str) -> bytes:
        """What a screen gets that knows entry `seq`: the same bytes for all that are as far."""
        if self._message[0] != seq or self._message[1] is not view:
            self._message = (seq, view, _message(seq, "desk", view).encode())
        return self._message[2]

    def _make(self) -> bool:
        try:
            self._newest = self._view()
        except (OSError, ValueError) as error:
            log.error("the desk's view cannot be made: %s", error)
            return False
        self._made_s = self._desk.now_s
        return True

    def _show(self) -> None:
        if not self._make():
            return
        for client in self._clients:
            self.counts["desk_views"] += 1
            self.counts["desk_views_given_up"] += client.look(self._newest)


HUB = web.AppKey("hub", EventHub)


async def events(request: web.Request) -> web.StreamResponse:
    """The socket of one screen."""
    hub, desk = request.app[HUB], console(request)
    since = number_of(request, "since", -1, 0, 10**15)
    socket = web.WebSocketResponse(
        heartbeat=hub.takes_s, max_msg_size=_MESSAGE_BYTES, compress=False, timeout=1.0
    )
    if not socket.can_prepare(request).ok:
        raise Problem(
            426, "websocket", "this is a WebSocket: connect with Upgrade: websocket",
            {"Upgrade": "websocket", "Connection": "Upgrade"},
        )  # fmt: skip
    client = hub.join(caller(request), since)
    try:
        await socket.prepare(request)
        hello = {
            "name": client.who.name,
            "role": client.who.role.value,
            "site": client.who.site,
            "journal": hub.seq,
            "replayed_from": client.entries[0].seq if client.entries else None,
        }
        await socket.send_str(_message(client.seq, "hello", json.dumps(hello)))
        tasks = [
            asyncio.create_task(_tell(hub, client, socket, lambda: caller_of(desk, request))),
            asyncio.create_task(_listen(desk, hub, client, socket)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    except ConnectionError:
        log.debug("%s went away while it was greeted", client.who.name)
    finally:  # also when aiohttp cancels us, because the line is dead
        hub.part(client)
        if not client.bye and socket.close_code not in _ORDERLY:
            hub.counts["lost"] += 1
            if request.transport is not None:
                request.transport.abort()  # a close would wait for who takes nothing
    return socket


async def _tell(
    hub: EventHub,
    client: Client,
    socket: web.WebSocketResponse,
    known: Callable[[], Caller | None],
) -> None:
    """Send what waits; stop when the client is gone, too slow, or no longer who it was."""
    while not client.bye:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MOST_GAP_S):
                await client.wake.wait()
        client.wake.clear()
        if known() != client.who:
            client.leave("your session has ended; sign in again")
            break
        while client.entries and not client.bye:
            entry = client.entries.popleft()
            client.seq = entry.seq
            record = json.dumps(entry.record(), ensure_ascii=False)
            if not await _send(hub, socket, _message(entry.seq, "entry", record).encode()):
                return
        while client.notices:
            notice = json.dumps({"text": client.notices.popleft()}, ensure_ascii=False)
            if not await _send(hub, socket, _message(client.seq, "notice", notice).encode()):
                return
        if client.desk is not None:
            view, client.desk = client.desk, None
            if not await _send(hub, socket, hub.desk_message(client.seq, view)):
                return
    with contextlib.suppress(ConnectionError, TimeoutError):
        async with asyncio.timeout(1.0):
            why = json.dumps({"why": client.bye}, ensure_ascii=False)
            await socket.send_str(_message(client.seq, "bye", why))
            await socket.close(code=WSCloseCode.POLICY_VIOLATION)


async def _send(hub: EventHub, socket: web.WebSocketResponse, text: bytes) -> bool:
    try:
        async with asyncio.timeout(hub.takes_s):
            await socket.send_frame(text, WSMsgType.TEXT)
    except (ConnectionError, TimeoutError):
        return False
    return True


async def _listen(
    desk: Console, hub: EventHub, client: Client, socket: web.WebSocketResponse
) -> None:
    """A screen says what it looks at: `{"looks_at": "…"}`. All else is answered, not obeyed."""
    second, said = -1, 0
    async for message in socket:
        if message.type is WSMsgType.ERROR:
            return
        now_s = int(desk.now_s)
        second, said = now_s, said + 1 if now_s == second else 1
        if said > _SAID_A_SECOND:
            hub.counts["turned_away"] += 1
            client.leave("too many messages; a screen says what it looks at once a second")
            return
        looks_at = _looks_at(message.data) if message.type is WSMsgType.TEXT else None
        if looks_at is None:
            hub.counts["malformed"] += 1
            client.notices.append('say {"looks_at": "…"}; wishes go to /api/v1/commands/…')
            client.wake.set()
        else:
            desk.gallery.seen(client.who.name, looks_at)


def _looks_at(text: str) -> str | None:
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    looks_at = value.get("looks_at") if isinstance(value, dict) else None
    if not isinstance(looks_at, str) or len(looks_at) > 200 or not looks_at.isprintable():
        return None
    return looks_at


def _message(seq: int, kind: str, body: str) -> str:
    return f'{{"seq":{seq},"kind":"{kind}","data":{body}}}'
