"""What every handler of the control port can reach, and who is calling. On control's loop."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, TypeVar

import jinja2
from aiohttp import web
from prometheus_client import CollectorRegistry
from pydantic import ValidationError
from pydantic_core import from_json

from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control.accounts import Accounts
from orchestrator.control.attention import Attention
from orchestrator.control.audit import Audit
from orchestrator.control.deskview import Watched, desk_view
from orchestrator.control.deskwatch import PreviewFile, look
from orchestrator.control.facts import read_facts, read_feed
from orchestrator.control.gallery import Gallery
from orchestrator.control.roles import Role
from orchestrator.control.status import Status, status_of
from orchestrator.timing import NS, Clock
from orchestrator.web.asked import Asked, sentence_of
from orchestrator.web.once import Once
from orchestrator.web.problem import Problem
from orchestrator.web.sessions import Session, Signer
from orchestrator.web.throttle import Throttle
from orchestrator.web.visits import Visits


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `session` is None for a bearer token; then there is no CSRF either. Who comes by a
    guest's link is a `person` of the rundown, of no site, and has routes of their own."""

    name: str
    role: Role
    site: str = ""
    session: Session | None = None
    person: str = ""


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
    once: Once = field(default_factory=Once)
    checking: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One password at a time."""
    looking: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    """One long look at files at a time."""
    visits: Visits = field(default_factory=Visits)

    @property
    def now_s(self) -> float:
        return self.clock.now_ns() / NS

    def watched(self) -> Watched:
        """Everything that screens are made from, as of now."""
        return look(
            self.gallery,
            self.live,
            self.clock,
            self.inputs,
            incidents=self.attention.cards(),
            checks=self.attention.checks(),
            lip_sync=self.attention.lipsync.view(),
        )

    def desk(self) -> dict[str, Any]:
        """The desk view as of now; the monitor composes the preview that is in it."""
        seen = self.watched()
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


T = TypeVar("T", bound=Asked)


async def body_as(request: web.Request, shape: type[T]) -> T:
    """The JSON that was sent; nothing sent is an empty object. Raises Problem."""
    raw = await request.read()
    if raw and request.content_type != "application/json":
        raise Problem(415, "content-type", "send JSON, with Content-Type: application/json")
    try:
        # strict about what json.loads would let through: NaN, lone surrogates, endless nesting
        value = from_json(raw, allow_inf_nan=False) if raw else {}
    except ValueError as error:
        raise Problem(400, "malformed", f"the body is not JSON: {str(error)[:100]}") from error
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        raise Problem(400, "malformed", sentence_of(error)) from error


def number_of(request: web.Request, name: str, default: int, least: int, most: int) -> int:
    """A number from the query string. Raises Problem."""
    text = request.query.get(name, "")
    if not text:
        return default
    if (
        not (text.isascii() and text.isdecimal())
        or len(text) > 18
        or not least <= int(text) <= most
    ):
        raise Problem(400, "malformed", f"{name} is a whole number from {least} to {most}")
    return int(text)
