"""The control process: the desk's socket, and a read-only page, API and metrics for operators.

`python -m orchestrator.web.private`, one asyncio loop on the main thread; the HTTP socket is
inherited from the supervisor (`ORCH_FD`). It may die at any time: the programme goes on with the
orders it has, and the next control takes up where this one was.
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
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest

from orchestrator.bus.child import FactSheet, begin, log_unhandled
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control.attention import Attention
from orchestrator.control.desksocket import DeskSocket
from orchestrator.control.facts import read_facts, read_feed
from orchestrator.control.gallery import Gallery
from orchestrator.control.metrics import registry_of
from orchestrator.control.status import Status, line_up_of, openapi, status_of, to_json
from orchestrator.timing import PageClock

log = logging.getLogger(__name__)

_TICK_S = 1.0
_STALE_S = 5.0
_PAGES = Path(__file__).parents[2] / "templates" / "pages"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Server": "orchestrator",
}


class Control:
    """Desk, HTTP and the tick, all on one loop."""

    def __init__(self, live: LiveTree, state: StateFolder) -> None:
        self._live = live
        self._clock = PageClock(live.clock)
        self._gallery = Gallery(live, state, self._clock)
        self._attention = Attention(self._gallery, live, state, self._clock)
        self._desk = DeskSocket(live.desk_socket, self._gallery.ask)
        self._facts = FactSheet(live.facts("control"), "control")
        self._registry: CollectorRegistry = registry_of(live, self._gallery.grid, self._clock)
        self._pages = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_PAGES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
        )
        self._inputs: tuple[str, ...] = ()
        self._requests = 0
        self._ticked_s = 0.0

    async def run(self, listener: socket.socket) -> None:
        """Until SIGTERM or SIGINT."""
        stop = asyncio.Event()
        for sig in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(sig, stop.set)
        await self._desk.open()
        runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        examination = asyncio.create_task(self._examine(), name="inputs")
        try:
            while not stop.is_set():
                await self._tick()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_TICK_S):
                        await stop.wait()
        finally:
            examination.cancel()
            await self._desk.close()
            await runner.cleanup()
            await self._attention.close()
            await self._gallery.close()

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard], client_max_size=1024)
        app.router.add_get("/", self._page)
        app.router.add_get("/status.js", self._static("status.js", "text/javascript"))
        app.router.add_get("/status.css", self._static("status.css", "text/css"))
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/api/v1/openapi.json", self._openapi)
        app.router.add_get("/api/v1/status", self._status)
        app.router.add_get("/api/v1/line-up", self._line_up)
        return app

    async def _tick(self) -> None:
        await self._gallery.tick()
        self._attention.tick()
        self._ticked_s = asyncio.get_running_loop().time()
        self._facts.write(
            {
                **self._gallery.facts(),
                **self._attention.facts(),
                "inputs": self._inputs,
                "desk_turned_away": self._desk.turned_away,
                "http_requests": self._requests,
            },
            now_ns=self._clock.now_ns(),
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
            self._inputs = tuple(map(str, json.loads(said)))
        except ValueError:
            self._inputs = ("glyphs, templates and clips could not be examined; the log says why",)
        finally:
            if process.returncode is None:
                process.kill()
        for sentence in self._inputs:
            log.warning("%s", sentence)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Headers on every answer; an exception is a sentence for the caller and a log line."""
        self._requests += 1
        try:
            response: web.StreamResponse = await handler(request)
        except web.HTTPException as error:
            error.headers.update(_HEADERS)
            raise
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            response = web.json_response(
                {"title": "control could not answer this; its log says why", "status": 500},
                status=500,
                content_type="application/problem+json",
            )
        response.headers.update(_HEADERS)
        return response

    def _now(self) -> Status:
        now_ns = self._clock.now_ns()
        gallery = self._gallery
        n = gallery.grid.frame_at(now_ns)
        pages = {
            feed.id: read_feed(self._live.feed_page(feed.id), n, now_ns)
            for feed in gallery.show.resolved.feeds()
        }
        journal = len(gallery.journal.entries), len(gallery.journal.damages)
        facts = read_facts(self._live)
        return status_of(gallery.show, n, facts, pages, journal, now_ns, self._inputs)

    async def _page(self, _: web.Request) -> web.Response:
        template = self._pages.get_template("status.html")
        show, n = self._gallery.show, self._gallery.now_n
        text = template.render(status=self._now(), line_up=line_up_of(show, n))
        return web.Response(text=text, content_type="text/html")

    def _static(self, name: str, content_type: str) -> Any:
        body = (_PAGES / name).read_bytes()

        async def answer(_: web.Request) -> web.Response:
            return web.Response(body=body, content_type=content_type, charset="utf-8")

        return answer

    async def _health(self, _: web.Request) -> web.Response:
        age_s = asyncio.get_running_loop().time() - self._ticked_s
        fresh = age_s < _STALE_S
        return web.json_response(
            {"ok": fresh, "age_s": round(age_s, 1)}, status=200 if fresh else 503
        )

    async def _metrics(self, _: web.Request) -> web.Response:
        # PSS walks page tables in the kernel: milliseconds a process, not on the desk's loop
        body = await asyncio.to_thread(generate_latest, self._registry)
        return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4"})

    async def _openapi(self, _: web.Request) -> web.Response:
        return web.json_response(openapi())

    async def _status(self, _: web.Request) -> web.Response:
        return web.Response(body=to_json(self._now()), content_type="application/json")

    async def _line_up(self, _: web.Request) -> web.Response:
        line_up = line_up_of(self._gallery.show, self._gallery.now_n)
        return web.Response(body=to_json(line_up), content_type="application/json")


def main() -> int:
    parser = argparse.ArgumentParser(prog="orchestrator.web.private")
    for name in ("live", "state", "event"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    begin("control", nice=5)
    listener = socket.socket(fileno=int(os.environ["ORCH_FD"]))
    control = Control(LiveTree(args.live), StateFolder(args.state))
    asyncio.run(control.run(listener))
    return 0


if __name__ == "__main__":
    sys.exit(log_unhandled("control", main))
