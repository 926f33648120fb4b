"""How an administrator's act is done once, answered with a sentence, and written down.

On control's loop; the book of accounts is written in a thread, for a slow disk must not hold the
desk up. A secret is given to the request that made it and kept nowhere: the same Idempotency-Key
again is told the same answer without it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from orchestrator.control.accounts import Book
from orchestrator.errors import CommandRejected
from orchestrator.web.asked import Asked
from orchestrator.web.console import Console, caller, console
from orchestrator.web.problem import Kept, of_desk
from orchestrator.web.route import JSON


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, as a sentence; and what nobody is told twice."""

    text: str
    secret: str = field(default="", repr=False)

    def kept(self, secret: str = "") -> Kept:
        body = {"ok": True, "text": self.text, "secret": secret}
        return Kept(200, json.dumps(body, ensure_ascii=False).encode(), JSON)


async def done(
    request: web.Request, body: Asked, act: Callable[[], Awaitable[Done]]
) -> web.Response:
    """The answer to an act; with an Idempotency-Key, the same wish again is not done again."""
    mine: list[Done] = []

    async def judged() -> Kept:
        try:
            made = await act()
        except CommandRejected as error:
            return of_desk(error.code, str(error)).kept()
        mine.append(made)
        return made.kept()

    key = request.headers.get("Idempotency-Key", "")
    if key:
        # the wish may hold a password: only its digest stays
        wish = request.path.encode() + b"\0" + body.model_dump_json().encode()
        digest = hashlib.sha256(wish).digest()
        answer = await console(request).once.do(caller(request).name, key, digest, judged)
    else:
        answer = (await judged()).response()
    return mine[0].kept(mine[0].secret).response() if mine else answer


async def change(desk: Console, how: Callable[[Book], Book]) -> Book:
    """The book as it is then. Raises CommandRejected, and ConfigError for a disk that refuses."""
    return await asyncio.to_thread(desk.accounts.change, how)


def note(request: web.Request, what: str, **more: object) -> None:
    """Into the audit: what was done to whom, by whom, from where. Never a secret."""
    by, address = caller(request).name, request.remote or ""
    kept = {name: value for name, value in more.items() if value != ""}
    console(request).audit.acted(what, by, **kept, address=address)
