"""What every handler of the control port can reach, and who is calling. On control's loop."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import jinja2
from aiohttp import web
from prometheus_client import CollectorRegistry

from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control.accounts import Accounts
from orchestrator.control.attention import Attention
from orchestrator.control.audit import Audit
from orchestrator.control.deskview import desk_view
from orchestrator.control.deskwatch import PreviewFile, look
from orchestrator.control.facts import read_facts, read_feed
from orchestrator.control.gallery import Gallery
from orchestrator.control.roles import Role
from orchestrator.control.status import Status, status_of
from orchestrator.timing import NS, Clock
from orchestrator.web.problem import Problem
from orchestrator.web.sessions import Session, Signer
from orchestrator.web.throttle import Throttle


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `session` is None for a bearer token; then there is no CSRF either."""

    name: str
    role: Role
    site: str = ""
    session: Session | None = None


@dataclass(slots=True)
class Console:
    live: LiveTree
    state: StateFolder
    clock: Clock
    gallery: Gallery
    accounts: Accounts
    signer: Signer
    audit: Audit
    registry: CollectorRegistry
    pages: jinja2.Environment
    attention: Attention
    preview: PreviewFile
    throttle: Throttle = field(default_factory=Throttle)
    inputs: tuple[str, ...] = ()
    """Sentences about bad material (`inputs.py`)."""
    counts: Counter[str] = field(default_factory=Counter)
    ticked_s: float = 0.0
    """When control last ticked, on the loop's clock."""
    checking: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One password at a time."""

    @property
    def now_s(self) -> float:
        return self.clock.now_ns() / NS

    def desk(self) -> dict[str, Any]:
        """The desk view as of now; the monitor composes the preview that is in it."""
        seen = look(
            self.gallery, self.live, self.clock, self.inputs, incidents=self.attention.cards()
        )
        self.preview.follow(seen)
        return desk_view(seen)

    def status(self) -> Status:
        """Everything as of now."""
        now_ns = self.clock.now_ns()
        gallery = self.gallery
        n = gallery.grid.frame_at(now_ns)
        pages = {
            feed.id: read_feed(self.live.feed_page(feed.id), n, now_ns)
            for feed in gallery.show.resolved.feeds()
        }
        journal = len(gallery.journal.entries), len(gallery.journal.damages)
        facts = read_facts(self.live)
        return status_of(gallery.show, n, facts, pages, journal, now_ns, self.inputs)


CONSOLE = web.AppKey("console", Console)
_CALLER = web.RequestKey("caller", Caller)


def console(request: web.Request) -> Console:
    return request.app[CONSOLE]


def caller(request: web.Request) -> Caller:
    """Who was let in; only for handlers of routes that are not open."""
    return request[_CALLER]


def let_in(request: web.Request, who: Caller) -> None:
    request[_CALLER] = who


async def body_of(request: web.Request, *known: str) -> dict[str, Any]:
    """The JSON object that was sent, with no keys but these. Raises Problem."""
    if request.content_type != "application/json":
        raise Problem(415, "content-type", "send JSON, with Content-Type: application/json")
    try:
        value = json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise Problem(400, "malformed", "the body is not JSON") from error
    if not isinstance(value, dict):
        raise Problem(400, "malformed", "the body is one JSON object")
    for key in value:
        if key not in known:
            raise Problem(
                400, "unknown-argument", f"there is no {key[:64]!r} here; it takes: "
                f"{', '.join(known)}"
            )  # fmt: skip
    return value


def text_of(body: dict[str, Any], key: str, most: int = 200) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not value or len(value) > most:
        raise Problem(400, "malformed", f"{key} is a text of at most {most} characters")
    return value
