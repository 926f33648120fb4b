"""The event stream: what a screen hears, in which order, and what a slow or odd one is told."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from controlport import Port, open_port, small_place
from hypothesis import given
from hypothesis import strategies as st
from smallevent import GRID

from orchestrator.control.roles import Role
from orchestrator.web.console import Caller, Console
from orchestrator.web.events import _CLIENTS_OF_ONE, HUB, Client, EventHub, _looks_at

V1 = "/api/v1"


class Screen:
    """One socket; `next(kind)` waits for the next message of a kind."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def next(self, kind: str) -> dict[str, Any]:
        async with asyncio.timeout(10):
            while True:
                message = json.loads(await self.socket.receive_str())
                if message["kind"] == kind:
                    return dict(message)


@asynccontextmanager
async def screen(
    port: Port, role: Role = Role.OPERATOR, since: str = "", max_bytes: int = 1 << 20
) -> AsyncIterator[Screen]:
    url = port.server.make_url(f"{V1}/events").with_query({"since": since} if since else {})
    headers = {"Authorization": f"Bearer {port.token(role)}"}
    async with port.client.ws_connect(url, headers=headers, max_msg_size=max_bytes) as socket:
        yield Screen(socket)


async def note(port: Port, text: str) -> int:
    told = await port.ask(
        "POST", f"{V1}/commands/note", role=Role.OPERATOR, json_body={"args": {"text": text}}
    )
    return int(told.body["seq"])


async def test_a_screen_is_greeted_and_sees_the_desk_and_every_decision(port: Port) -> None:
    async with screen(port) as one, screen(port, Role.VIEWER) as other:
        hello = await one.next("hello")
        assert (hello["data"]["name"], hello["data"]["role"]) == ("test-operator", "operator")
        desk = await one.next("desk")
        assert desk["data"]["event"]["id"] == "small"

        seq = await note(port, "mind the step")

        for each in (one, other):
            entry = await each.next("entry")
            assert (entry["seq"], entry["data"]["args"]) == (seq, {"text": "mind the step"})
        assert (await one.next("desk"))["seq"] == seq


async def test_who_changed_it_is_told_that_somebody_pressed_on_what_was_there_before(
    port: Port,
) -> None:
    """D4: the one whose picture was stale is refused, and both are told."""

    async def preview(role: Role, source: str, **more: Any) -> Any:
        body = {"args": {"source": source}} | more
        return await port.ask("POST", f"{V1}/commands/preview", role=role, json_body=body)

    seen = (await preview(Role.OPERATOR, "london.room")).body["version"]["preview"]
    async with screen(port, Role.OPERATOR) as own, screen(port, Role.PRODUCER) as other:
        await own.next("desk")
        await other.next("desk")
        assert (await preview(Role.PRODUCER, "london.headset")).status == 200

        refused = await preview(Role.OPERATOR, "london.room", saw={"preview": seen})

        assert refused.body["code"] == "stale"
        assert "test-producer" in refused.body["detail"]
        notice = await other.next("notice")
        assert notice["data"]["text"].startswith("test-operator pressed PREVIEW and had not yet")


async def test_a_screen_that_lost_the_line_misses_nothing(port: Port) -> None:
    seqs = [await note(port, str(i)) for i in range(5)]

    async with screen(port, since=str(seqs[1])) as one:
        assert (await one.next("hello"))["data"]["replayed_from"] == seqs[2]
        assert [(await one.next("entry"))["seq"] for _ in range(3)] == seqs[2:]


async def test_the_desk_is_shown_once_a_second_even_if_nothing_happens(port: Port) -> None:
    async with screen(port) as one:
        for _ in range(3):
            await one.next("desk")


async def test_who_comes_to_an_empty_house_is_shown_what_is_and_not_what_was(port: Port) -> None:
    async with screen(port) as one:
        was = await one.next("desk")
    hub = port.server.app[HUB]
    async with asyncio.timeout(5):
        while hub.facts()["clients"]:  # noqa: ASYNC110 - a count, no event
            await asyncio.sleep(0.01)
    port.place.clock.advance(3600)

    async with screen(port) as other:
        now = await other.next("desk")

    assert now["data"]["clock"]["n"] - was["data"]["clock"]["n"] == 3600 * GRID.fps


async def test_a_session_that_ends_closes_its_screens(port: Port) -> None:
    async with screen(port) as one:
        await one.next("hello")
        port.console.accounts.revoke("test-operator")

        assert "sign in again" in (await one.next("bye"))["data"]["why"]
        async with asyncio.timeout(5):
            assert (await one.socket.receive()).type is aiohttp.WSMsgType.CLOSE
    async with asyncio.timeout(5):
        while port.server.app[HUB].facts()["clients"]:  # noqa: ASYNC110 - a count, no event
            await asyncio.sleep(0.01)


async def test_what_a_screen_looks_at_is_known_to_the_desk(port: Port) -> None:
    async with screen(port) as one:
        await one.next("hello")
        await one.socket.send_str('{"looks_at": "london.room"}')
        await one.socket.send_str("what?")
        assert "looks_at" in (await one.next("notice"))["data"]["text"]

    [there] = port.console.gallery.presence.there(port.place.clock.now_ns())
    assert (there.author, there.looks_at) == ("test-operator", "london.room")


async def test_too_many_screens_of_one_are_refused(port: Port) -> None:
    hub = port.server.app[HUB]
    clients = [hub.join(Caller("x", Role.VIEWER), -1) for _ in range(_CLIENTS_OF_ONE)]
    with pytest.raises(Exception, match="screens open already"):
        hub.join(Caller("x", Role.VIEWER), -1)
    for client in clients:
        hub.part(client)


def test_screens_that_are_as_far_get_the_same_bytes(port: Port) -> None:
    hub, view = port.server.app[HUB], '{"a": "é"}'

    one = hub.desk_message(7, view)

    assert json.loads(one) == {"seq": 7, "kind": "desk", "data": {"a": "é"}}
    assert hub.desk_message(7, view) is one
    assert json.loads(hub.desk_message(8, view))["seq"] == 8
    assert json.loads(hub.desk_message(8, "{}"))["data"] == {}


async def test_who_is_slow_loses_old_views_and_at_last_the_line_but_holds_nobody_up(
    port: Port,
) -> None:
    client = Client(Caller("slow", Role.VIEWER), 0)
    assert [client.look(view) for view in ("1", "2", "3")] == [False, True, True]
    assert client.desk == "3"
    entry = port.console.gallery.journal.entries[-1]
    for _ in range(300):
        client.take(entry)

    assert len(client.entries) == 256
    assert "too slow" in client.bye


async def test_a_screen_that_takes_nothing_is_let_go_and_the_others_see_on(tmp_path: Path) -> None:
    views = itertools.count()

    def big(console: Console) -> EventHub:
        padding = "x" * 2_000_000
        return EventHub(console, lambda: f'{{"view": {next(views)}, "padding": "{padding}"}}', 0.5)

    async with open_port(small_place(tmp_path), big) as port:
        reader, writer = await asyncio.open_connection(
            port.server.host, port.server.port, limit=1024
        )
        writer.write(
            f"GET {V1}/events HTTP/1.1\r\nHost: {port.server.host}:{port.server.port}\r\n"
            f"Authorization: Bearer {port.token(Role.VIEWER)}\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ==\r\n\r\n".encode()
        )
        assert b"101" in await reader.readline()  # and from here on it reads nothing
        hub = port.server.app[HUB]

        async with screen(port, max_bytes=8_000_000) as other, asyncio.timeout(20):
            seen = [(await other.next("desk"))["data"]["view"]]
            while not hub.counts["lost"]:
                seen.append((await other.next("desk"))["data"]["view"])
            seen.append((await other.next("desk"))["data"]["view"])

        assert seen == sorted(set(seen))
        assert hub.counts["lost"] == 1
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@pytest.mark.parametrize("since", ["x", "-1", "1e3", "9" * 40])
async def test_a_screen_that_asks_nonsense_is_told(port: Port, since: str) -> None:
    told = await port.ask("GET", f"{V1}/events?since={since}", role=Role.VIEWER)

    assert (told.status, told.body["code"]) == (400, "malformed")


async def test_without_a_websocket_there_is_a_sentence(port: Port) -> None:
    told = await port.ask("GET", f"{V1}/events", role=Role.VIEWER)

    assert (told.status, told.body["code"]) == (426, "websocket")


@given(st.text() | st.recursive(st.none() | st.booleans() | st.text(), st.lists).map(json.dumps))
def test_nothing_a_screen_says_is_taken_for_more_than_it_is(text: str) -> None:
    looks_at = _looks_at(text)

    assert looks_at is None or looks_at == json.loads(text)["looks_at"]
