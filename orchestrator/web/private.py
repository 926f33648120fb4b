"""The control process: the desk's socket, the port of operators and programs, and the tick.

`python -m orchestrator.web.private`, one asyncio loop on the main thread; the HTTP socket is
inherited from the supervisor (`ORCH_FD`). It may die at any time: the programme goes on with the
orders it has, and the next control takes up where this one was. What is served, and to whom, is in
`routes.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import jinja2
from aiohttp import web

from orchestrator.bus.child import FactSheet, begin, log_unhandled
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control.accounts import Accounts
from orchestrator.control.attention import Attention
from orchestrator.control.audit import Audit
from orchestrator.control.desksocket import DeskSocket
from orchestrator.control.deskwatch import PreviewFile, look
from orchestrator.control.ending import Ending, parent
from orchestrator.control.filewatch import FileWatch
from orchestrator.control.gallery import Gallery
from orchestrator.control.metrics import registry_of
from orchestrator.timing import Clock, PageClock
from orchestrator.web.console import CONSOLE, Console
from orchestrator.web.events import HUB, EventHub
from orchestrator.web.guard import guard
from orchestrator.web.monitors import BRIDGE, MonitorBridge, bridging
from orchestrator.web.pages import PAGES
from orchestrator.web.routes import add_routes
from orchestrator.web.sessions import Signer

log = logging.getLogger(__name__)

_TICK_S = 1.0
_MOST_BYTES = 1 << 16


def console_of(live: LiveTree, state: StateFolder, clock: Clock) -> Console:
    """Everything handlers need, over these folders. Raises what `Gallery` raises."""
    gallery = Gallery(live, state, clock)
    return Console(
        live=live,
        state=state,
        clock=clock,
        gallery=gallery,
        accounts=Accounts(state.users),
        signer=Signer.of_file(state.session_key),
        audit=Audit(state.audit, clock),
        registry=registry_of(live, gallery.grid, clock),
        pages=jinja2.Environment(
            loader=jinja2.FileSystemLoader(PAGES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
        ),
        attention=Attention(gallery, live, state, clock),
        preview=PreviewFile(live),
    )


def app_of(console: Console, hub: EventHub | None = None) -> web.Application:
    """The control port, with nothing on it that is not in the route table."""
    app = web.Application(middlewares=[guard], client_max_size=_MOST_BYTES)
    app[CONSOLE] = console
    hub = hub or EventHub(console)
    console.gallery.listeners.append(hub.heard)
    console.gallery.tellers.append(hub.tell)
    app[HUB] = hub
    app[BRIDGE] = MonitorBridge(console.live.monitor_socket)
    add_routes(app)
    app.cleanup_ctx.append(_showing)
    app.cleanup_ctx.append(bridging)
    app.on_shutdown.append(_say_bye)
    return app


async def _showing(app: web.Application) -> AsyncIterator[None]:
    showing = asyncio.create_task(app[HUB].run(), name="events")
    yield
    showing.cancel()
    await asyncio.gather(showing, return_exceptions=True)


async def _say_bye(app: web.Application) -> None:
    app[HUB].close()


class Control:
    """Desk, HTTP and the tick, all on one loop; what the gallery writes keeps nobody waiting."""

    def __init__(self, live: LiveTree, state: StateFolder, event: Path) -> None:
        self._live = live
        self._console = console_of(live, state, PageClock(live.clock))
        self._desk = DeskSocket(
            live.desk_socket, partial(self._console.gallery.ask, is_known=False)
        )
        self._facts = FactSheet(live.facts("control"), "control")
        self._ending = Ending()
        self._app = app_of(self._console)
        self._file = FileWatch(self._console.gallery, event, state)
        self._ticking: asyncio.Task[None] | None = None

    async def run(self, listener: socket.socket) -> None:
        """Until SIGTERM or SIGINT."""
        stop = asyncio.Event()
        for sig in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(sig, stop.set)
        await self._desk.open()
        self._console.attention.start()
        runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        beside = [
            asyncio.create_task(self._examine(), name="inputs"),
            asyncio.create_task(self._file.run(), name="file"),
        ]
        try:
            while not stop.is_set():
                await self._tick()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_TICK_S):
                        await stop.wait()
        finally:
            for task in beside:
                task.cancel()
            await self._desk.close()
            await runner.cleanup()
            await self._console.attention.close()
            if self._ticking is not None:
                await self._ticking
            await self._console.gallery.close()

    async def _tick(self) -> None:
        console = self._console
        if self._ticking is None:
            self._ticking = asyncio.create_task(console.gallery.tick(), name="gallery")
        await asyncio.wait({self._ticking}, timeout=_TICK_S)
        if self._ticking.done():  # or its disk keeps it waiting, and nothing else
            done, self._ticking = self._ticking, None
            done.result()
        console.attention.tick()
        self._ending.look(console.attention.sight, parent())
        console.preview.follow(look(console.gallery, self._live, console.clock))
        console.ticked_s = asyncio.get_running_loop().time()
        self._facts.write(
            {
                **console.gallery.facts(),
                **console.attention.facts(),
                "inputs": console.inputs,
                "desk_turned_away": self._desk.turned_away,
                "http_requests": console.counts["requests"],
                "http_turned_away": console.counts["turned_away"],
                "events": self._app[HUB].facts(),
                "monitors": self._app[BRIDGE].facts(),
            },
            now_ns=console.clock.now_ns(),
        )

    async def _examine(self) -> None:
        """What is wrong with glyphs, templates and clips, found once by a process of its own."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "orchestrator.control.inputs", "--live", str(self._live.root)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"ORCH_PARENT": str(os.getpid())},
        )
        try:
            said, _ = await process.communicate()
            self._console.inputs = tuple(map(str, json.loads(said)))
        except ValueError:
            self._console.inputs = (
                "glyphs, templates and clips could not be examined; the log says why",
            )
        finally:
            if process.returncode is None:
                process.kill()
        for sentence in self._console.inputs:
            log.warning("%s", sentence)


def main() -> int:
    parser = argparse.ArgumentParser(prog="orchestrator.web.private")
    for name in ("live", "state", "event"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    begin("control", nice=5)
    listener = socket.socket(fileno=int(os.environ["ORCH_FD"]))
    control = Control(LiveTree(args.live), StateFolder(args.state), args.event)
    asyncio.run(control.run(listener))
    return 0


if __name__ == "__main__":
    sys.exit(log_unhandled("control", main))
