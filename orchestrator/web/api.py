"""What programs and pages ask of the control port, and the one way to make a wish of the desk.

On control's loop. Reading changes nothing; state is changed by POST alone (D11).
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from aiohttp import web
from prometheus_client import generate_latest

from orchestrator.control.status import line_up_of, to_json
from orchestrator.control.words import WORDS, Word
from orchestrator.web.console import body_of, caller, console
from orchestrator.web.problem import Problem, of_desk
from orchestrator.web.signin import may_say

_STALE_S = 5.0


async def health(request: web.Request) -> web.Response:
    """Open: supervisors, containers and load balancers that look at it have no account, and all it
    says is whether control is fresh. Not what is on air, not even for how long it was not."""
    age_s = asyncio.get_running_loop().time() - console(request).ticked_s
    is_fresh = age_s < _STALE_S
    return web.json_response({"ok": is_fresh}, status=200 if is_fresh else 503)


async def metrics(request: web.Request) -> web.Response:
    # PSS walks page tables in the kernel: milliseconds a process, not on the desk's loop
    body = await asyncio.to_thread(generate_latest, console(request).registry)
    return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4"})


async def status(request: web.Request) -> web.Response:
    return web.Response(body=to_json(console(request).status()), content_type="application/json")


async def desk(request: web.Request) -> web.Response:
    return web.json_response(console(request).desk())


async def line_up(request: web.Request) -> web.Response:
    gallery = console(request).gallery
    day = line_up_of(gallery.show, gallery.now_n)
    return web.Response(body=to_json(day), content_type="application/json")


async def words(request: web.Request) -> web.Response:
    """The words this caller may say, with their fields: what buttons and forms are made from."""
    who = caller(request)
    said = [_described(word) for word in WORDS.values() if may_say(who, word)]
    return web.json_response({"words": said})


def _described(word: Word) -> dict[str, Any]:
    return {
        "name": word.name,
        "area": word.area.value,
        "least": word.least.value,
        "effect": word.effect,
        "is_safety": word.is_safety,
        "needs_reason": word.needs_reason,
        "is_undone": word.is_undone,
        "sees": list(word.sees),
        "fields": [asdict(field) for field in word.fields],
    }


async def command(request: web.Request) -> web.Response:
    """POST {args, reason, dry, saw}: the gallery's answer, or why not."""
    who = caller(request)
    verb = request.match_info["word"]
    if verb not in WORDS:
        raise Problem(404, "unknown-word", "there is no such word; GET /api/v1/words has them")
    if not may_say(who, WORDS[verb]):
        console(request).audit.note("forbidden", name=who.name, role=who.role.value, word=verb)
        raise Problem(403, "forbidden", f"{verb} is not for a {who.role.value}")
    body = await body_of(request, "args", "reason", "dry", "saw")
    dry = body.get("dry", False)
    if not isinstance(dry, bool):
        raise Problem(400, "malformed", "dry is true or false")
    wish: dict[str, Any] = {
        "verb": verb,
        "author": who.name,
        "args": body.get("args", {}),
        "reason": body.get("reason", ""),
        "dry": dry,
        "saw": body.get("saw"),
    }
    answer = await console(request).gallery.ask(wish, role=who.role, site=who.site)
    if not answer.get("ok"):
        code, why = answer.get("code", "refused"), answer.get("why", "refused without a reason")
        raise of_desk(str(code), str(why))
    return web.json_response(answer)
