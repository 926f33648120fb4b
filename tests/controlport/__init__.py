"""The control port on loopback, in this process: over a small event, with a clock that stands."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer
from smallevent import EVENT, GRID, Place

from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control import passwords
from orchestrator.control.accounts import Account, Kind
from orchestrator.control.eventfile import load_plan, resolve_plan
from orchestrator.control.roles import Role
from orchestrator.timing import NS, ManualClock
from orchestrator.web.console import Console
from orchestrator.web.events import EventHub
from orchestrator.web.private import app_of, console_of

PASSWORD = "correct horse battery"


@dataclass(frozen=True, slots=True)
class Told:
    """An answer. `body` is its JSON, or None."""

    status: int
    headers: dict[str, str]
    text: str
    body: Any

    @property
    def cookie(self) -> str:
        return self.headers.get("Set-Cookie", "").partition(";")[0].partition("=")[2]


@dataclass(slots=True)
class Port:
    place: Place
    console: Console
    server: TestServer
    client: aiohttp.ClientSession
    tokens: dict[tuple[Role, str], str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return str(self.server.make_url("/")).rstrip("/")

    @property
    def now_s(self) -> int:
        return self.place.clock.now_ns() // NS

    def token(self, role: Role, site: str = "") -> str:
        """The bearer token `test-ROLE`, the same one every time; a site's is of london."""
        site = site or ("london" if role is Role.SITE else "")
        if (role, site) not in self.tokens:
            self.tokens[role, site] = self.console.accounts.mint(
                Kind.API, f"test-{role.value}{site and '-'}{site}", role, self.now_s + 86400, site
            )
        return self.tokens[role, site]

    def add(self, name: str, role: Role, password: str = PASSWORD, site: str = "") -> None:
        self.console.accounts.put(Account(name, role, site, passwords.hashed(password, name)))

    async def ask(
        self,
        method: str,
        path: str,
        *,
        role: Role | None = None,
        json_body: Any = None,
        cookie: str = "",
        **headers: str,
    ) -> Told:
        """One request, as `role` by bearer token, or with a session's cookie, or as nobody."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if role is not None:
            sent["Authorization"] = f"Bearer {self.token(role)}"
        if cookie:
            sent["Cookie"] = f"orch_session={cookie}"
        async with self.client.request(
            method, self.server.make_url(path), json=json_body, headers=sent, allow_redirects=False
        ) as answer:
            text = await answer.text()
            is_json = answer.content_type.endswith("json")
            body = json.loads(text) if is_json else None
            return Told(answer.status, dict(answer.headers), text, body)

    async def sign_in(self, name: str, password: str = PASSWORD) -> Told:
        return await self.ask(
            "POST", "/api/v1/sign-in", json_body={"name": name, "password": password}
        )


@contextmanager
def serving(place: Place) -> Iterator[Port]:
    """The port in a thread of its own, for clients that block: browsers, schemathesis."""
    opened: list[Port] = []
    is_open, is_over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with open_port(place) as port:
            opened.append(port)
            is_open.set()
            await asyncio.to_thread(is_over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="control port")
    thread.start()
    try:
        assert is_open.wait(30)
        yield opened[0]
    finally:
        is_over.set()
        thread.join()


def small_place(folder: Path, text: str = EVENT) -> Place:
    """A small event, prepared; the clock stands at its first frame."""
    event = folder / "event.yaml"
    event.write_text(text)
    day = resolve_plan(load_plan(event), None)
    live, state = LiveTree(folder / "live"), StateFolder(folder / "state")
    live.make()
    state.root.mkdir()
    place = Place(live, state, event, ManualClock(GRID.instant_ns(day.start_n)))
    place.prepare()
    return place


@asynccontextmanager
async def open_port(
    place: Place, hub: Callable[[Console], EventHub] = EventHub
) -> AsyncIterator[Port]:
    console = console_of(place.live, place.state, place.clock)
    app = app_of(console, hub(console))
    console.ticked_s = asyncio.get_running_loop().time()
    server = TestServer(app)
    await server.start_server()
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
            yield Port(place, console, server, client)
    finally:
        await server.close()
        await console.attention.close()
        await console.gallery.close()
