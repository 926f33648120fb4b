"""The public process: the origin and the viewer's page on one inherited socket.

`python -m orchestrator.web.public --live DIR --state DIR`, environment ORCH_FD = the listening
socket, so that connections wait in its backlog while we restart. One event loop at nice 5. When
told to stop it first fails its health check, so that a proxy looks elsewhere, then lets go of those
who wait.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from aiohttp import web

from orchestrator.bus import faultpoint
from orchestrator.bus.child import FactSheet, begin, log_unhandled
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.delivery.origin import Origin
from orchestrator.delivery.recorder.settings import Recording
from orchestrator.delivery.stillorigin import StillsOrigin
from orchestrator.errors import OrchestratorError, StartError
from orchestrator.rundown.show import Show
from orchestrator.timing.clock import PageClock
from orchestrator.web.page import SECURITY_HEADERS, ViewerPage

log = logging.getLogger(__name__)

_BEAT_S = 0.1
_DRAIN_S = 0.5
"""How long a failing health check is seen before connections close."""


def make_app(
    origin: Origin, page: ViewerPage, stills: StillsOrigin, beat: Callable[[], None]
) -> web.Application:
    """`beat` is called with every answer: ten thousand at once are one long turn of the loop, and
    no hang."""

    async def on_prepare(_: web.Request, response: web.StreamResponse) -> None:
        beat()
        response.headers.update(SECURITY_HEADERS)

    app = web.Application()
    app.add_routes(page.routes())
    app.add_routes(stills.routes())
    app.add_routes(origin.routes())
    app.on_response_prepare.append(on_prepare)
    return app


async def serve(tree: LiveTree, state: StateFolder, listener: socket.socket) -> None:
    """Until SIGTERM or SIGINT."""
    clock = PageClock(tree.clock)
    origin = Origin(
        tree,
        clock,
        lambda resolved, orders: Show(resolved, orders).line_up(),
        dvr=state.dvr if Recording.read(tree.processes).dvr_s else None,
    )
    stills = StillsOrigin(tree, state.stills, origin.follower)
    facts = FactSheet(tree.facts("origin"), "origin")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sig in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sig, stop.set)
    app = make_app(origin, ViewerPage(origin.guide), stills, facts.beat)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    following = asyncio.create_task(_follow(origin, stills), name="origin")
    following.add_done_callback(lambda _: stop.set())
    site = web.SockSite(runner, listener)
    await site.start()
    log.info("serving on port %d", listener.getsockname()[1])
    while not stop.is_set():
        facts.beat()
        if facts.due():
            facts.write(origin.facts(), now_ns=clock.now_ns())
        faultpoint.hang_here("origin")
        with suppress(TimeoutError):
            async with asyncio.timeout(_BEAT_S):
                await stop.wait()
    origin.stop()
    if not following.done():
        await asyncio.sleep(_DRAIN_S)
    await runner.cleanup()
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following


async def _follow(origin: Origin, stills: StillsOrigin) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(origin.run(), name="decisions")
        tasks.create_task(stills.run(), name="stills")


def main() -> int:
    parser = argparse.ArgumentParser(prog="public", description=__doc__)
    parser.add_argument("--live", type=Path, required=True, help="the live tree")
    parser.add_argument("--state", type=Path, required=True, help="the state folder: DVR, stills")
    arguments = parser.parse_args()
    begin("origin", nice=5)
    try:
        fd = os.environ.get("ORCH_FD")
        if fd is None:
            raise StartError("ORCH_FD does not name a listening socket")
        asyncio.run(
            serve(
                LiveTree(arguments.live),
                StateFolder(arguments.state),
                socket.socket(fileno=int(fd)),
            )
        )
    except OrchestratorError as error:
        log.error("%s", error)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(log_unhandled("origin", main))
