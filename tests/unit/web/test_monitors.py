"""Pictures from the monitor process to screens: only what is watched, the newest, to who is in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from controlport import Port

from orchestrator.control.roles import Role
from orchestrator.web.monitors import MOST_SCREENS, MonitorBridge, Screen
from orchestrator.web.problem import Problem


@dataclass
class Monitor:
    """The monitor's socket: hears what is asked for, says what it is told to say."""

    asked: list[set[str]] = field(default_factory=list)
    lines: list[asyncio.StreamWriter] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines.append(writer)
        while line := await reader.readline():
            self.asked.append(set(json.loads(line)["views"]))
            self.heard.set()

    def say(self, view: str, n: int, body: bytes, kind: str = "image/jpeg") -> None:
        head = {"view": view, "n": n, "type": kind, "bytes": len(body)}
        self.lines[-1].write(json.dumps(head).encode() + b"\n" + body)


@pytest.fixture
async def monitor(port: Port) -> AsyncIterator[Monitor]:
    monitor = Monitor()
    path = port.console.live.monitor_socket
    server = await asyncio.start_unix_server(monitor.meet, str(path))
    yield monitor
    for line in monitor.lines:
        line.close()
    server.close()
    await server.wait_closed()


def watching(port: Port, *, role: Role) -> aiohttp.client._WSRequestContextManager:
    headers = {"Authorization": f"Bearer {port.token(role)}"}
    return port.client.ws_connect(port.server.make_url("/api/v1/monitors"), headers=headers)


def parts(message: bytes) -> tuple[dict[str, object], bytes]:
    size = int.from_bytes(message[:2], "big")
    return json.loads(message[2 : 2 + size]), message[2 + size :]


async def asked(monitor: Monitor, views: set[str]) -> None:
    async with asyncio.timeout(5):
        while not monitor.asked or monitor.asked[-1] != views:
            await monitor.heard.wait()
            monitor.heard.clear()


async def test_a_screen_gets_what_it_watches_and_the_monitor_makes_no_more(
    port: Port, monitor: Monitor
) -> None:
    async with watching(port, role=Role.VIEWER) as one, watching(port, role=Role.OPERATOR) as two:
        await one.send_json({"views": ["programme"]})
        await two.send_json({"views": ["programme", "feed.london.room"]})
        await asked(monitor, {"programme", "feed.london.room"})

        monitor.say("feed.london.room", 7, b"room")
        monitor.say("programme", 9, b"picture")

        assert parts(await one.receive_bytes(timeout=5)) == (
            {"view": "programme", "n": 9, "type": "image/jpeg"}, b"picture",
        )  # fmt: skip
        both = [parts(await two.receive_bytes(timeout=5))[1] for _ in range(2)]
        assert set(both) == {b"room", b"picture"}
        await two.close()
        await asked(monitor, {"programme"})


async def test_the_line_is_taken_up_again_when_the_monitor_has_gone(
    port: Port, monitor: Monitor
) -> None:
    async with watching(port, role=Role.VIEWER) as screen:
        await screen.send_json({"views": ["programme"]})
        await asked(monitor, {"programme"})
        monitor.asked.clear()
        monitor.lines[-1].close()

        await asked(monitor, {"programme"})
        monitor.say("programme", 12, b"again")
        assert parts(await screen.receive_bytes(timeout=5))[0]["n"] == 12


@pytest.mark.parametrize(
    "said", ["", "[]", '{"views": "programme"}', '{"views": [1]}', '{"views": ["../secret"]}',
             '{"views": ["' + "x" * 200 + '"]}', "[" * 4000],
)  # fmt: skip
async def test_a_screen_that_asks_for_nonsense_is_shown_out(
    port: Port, monitor: Monitor, said: str
) -> None:
    async with watching(port, role=Role.VIEWER) as screen:
        await screen.send_str(said)
        assert (await screen.receive(timeout=5)).type is aiohttp.WSMsgType.CLOSE
    assert monitor.asked == []


async def test_what_is_not_there_is_not_asked_for(port: Port, monitor: Monitor) -> None:
    made_up = [f"feed.{number}.{'x' * 90}" for number in range(38)]
    async with watching(port, role=Role.VIEWER) as screen:
        await screen.send_json({"views": [*made_up, "preview", "sound.london.room"]})

        await asked(monitor, {"preview", "sound.london.room"})


async def test_a_screen_whose_session_has_ended_is_shown_out_however_slow_it_is(
    port: Port, monitor: Monitor
) -> None:
    async with watching(port, role=Role.VIEWER) as screen:
        await screen.send_json({"views": ["programme"]})
        await asked(monitor, {"programme"})
        port.console.accounts.revoke("test-viewer")

        async def keep_busy() -> None:  # there is always a picture left to be sent
            while True:
                monitor.say("programme", 1, b"picture")
                await asyncio.sleep(0)

        busy = asyncio.create_task(keep_busy())
        try:
            async with asyncio.timeout(30):
                while (await screen.receive()).type is not aiohttp.WSMsgType.CLOSE:
                    pass
        finally:
            busy.cancel()


async def test_a_site_gets_no_pictures_of_anybody(port: Port) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await watching(port, role=Role.SITE)
    assert refused.value.status == 403


def test_a_slow_screen_has_the_newest_picture_and_the_last_second_of_sound() -> None:
    screen = Screen(frozenset({"programme", "sound"}))

    late = [screen.give("programme", bytes([n]), is_sound=False) for n in range(3)]
    late += [screen.give("sound", bytes([n]), is_sound=True) for n in range(12)]

    assert sum(late) == 2 + 2
    taken = [screen.take() for _ in range(12)]
    assert taken == [*(bytes([n]) for n in range(2, 12)), b"\x02", None]


def test_where_pictures_wait_the_programme_comes_before_tiles() -> None:
    screen = Screen(frozenset({"programme", "preview", "feed.a"}))
    for view in ("feed.a", "preview", "programme"):
        screen.give(view, view.encode(), is_sound=False)

    assert [screen.take() for _ in range(3)] == [b"programme", b"preview", b"feed.a"]


async def test_too_many_screens_are_turned_away(tmp_path: Path) -> None:
    bridge = MonitorBridge(tmp_path / "nobody")
    screens = [bridge.join() for _ in range(MOST_SCREENS)]
    with pytest.raises(Problem, match="watch already"):
        bridge.join()
    bridge.part(screens[0])
    bridge.join()
