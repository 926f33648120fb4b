"""What programs and pages ask of the control port, and the one way to make a wish of the desk.

On control's loop. Reading changes nothing; state is changed by POST alone (D11).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cache
from typing import Any, TypeVar

from aiohttp import web
from prometheus_client import generate_latest

from orchestrator.bus.sent import REAL, read_sent
from orchestrator.control import asrunreader
from orchestrator.control.explain import explain
from orchestrator.control.facts import read_feed
from orchestrator.control.presses import Press
from orchestrator.control.status import line_up_of, to_json
from orchestrator.control.words import WORDS, Word
from orchestrator.errors import CommandRejected
from orchestrator.web.console import Caller, Console, body_as, caller, console, number_of
from orchestrator.web.once import REPLAYED
from orchestrator.web.problem import Kept, Problem, of_desk
from orchestrator.web.route import JSON
from orchestrator.web.shapes import OfFeed, Wished
from orchestrator.web.signin import may_say

_STALE_S = 5.0
_PAGE = 500
_LONGEST_PAGE = 2000
_MISSED = 50
_LOOKS = 8
"""So many may wait for a look at the as-run or at what was sent."""

T = TypeVar("T")


async def health(request: web.Request) -> web.Response:
    """For monitoring, with a viewer's token. (What a load balancer asks is the public port.)"""
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


async def past(request: web.Request) -> web.Response:
    """The curves of the Feeds screen."""
    return web.json_response(console(request).attention.past.view())


async def lip_sync(request: web.Request) -> web.Response:
    """POST {feed}: watch how its sound lies to its picture; the desk view tells what was found."""
    desk = console(request)
    feed = (await body_as(request, OfFeed)).feed
    if feed not in {one.id for one in desk.gallery.show.resolved.feeds()}:
        raise Problem(404, "unknown-feed", f"there is no feed {feed[:64]!r} in the rundown")
    page = read_feed(desk.live.feed_page(feed), desk.gallery.now_n, desk.clock.now_ns())
    if not page.get("hot"):
        raise Problem(409, "not-hot", f"{feed} is not decoded now: listen to it first (solo)")
    if desk.attention.lipsync.is_busy(feed):
        raise Problem(
            503, "busy", "a lip sync is being measured; wait for it", {"Retry-After": "12"}
        )
    return web.json_response({"ok": True, "text": desk.attention.measure(feed)})


async def handover(request: web.Request) -> web.Response:
    return web.json_response(console(request).attention.handover())


async def line_up(request: web.Request) -> web.Response:
    gallery = console(request).gallery
    day = line_up_of(gallery.show, gallery.now_n)
    return web.Response(body=to_json(day), content_type="application/json")


async def words(request: web.Request) -> web.Response:
    """The words this caller may say, with their fields: what buttons and forms are made from."""
    return web.json_response(words_of(caller(request)))


def words_of(who: Caller) -> list[dict[str, Any]]:
    return [_described(word) for word in WORDS.values() if may_say(who, word)]


@cache
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
    who, desk = caller(request), console(request)
    verb = request.match_info["word"]
    if verb not in WORDS:
        raise Problem(404, "unknown-word", "there is no such word; GET /api/v1/words has them")
    if not may_say(who, WORDS[verb]):
        desk.audit.note("forbidden", name=who.name, role=who.role.value, word=verb)
        raise Problem(403, "forbidden", f"{verb} is not for a {who.role.value}")
    body = await body_as(request, Wished)
    wish: dict[str, Any] = {"verb": verb, "author": who.name, **body.model_dump()}
    key = request.headers.get("Idempotency-Key", "")

    if not key:
        return _kept(await desk.gallery.ask(wish, role=who.role, site=who.site)).response()
    asked = verb.encode() + b"\0" + body.model_dump_json().encode()

    async def act() -> Kept:
        press = Press.of(who.name, key, asked)
        try:
            before = desk.gallery.told_before(press)
        except CommandRejected as error:
            return of_desk(error.code, str(error)).kept()
        if before is not None:  # a control that was killed since has told it
            return _kept(before, REPLAYED)
        return _kept(await desk.gallery.ask(wish, role=who.role, site=who.site, press=press))

    return await desk.once.do(who.name, key, asked, act)


def _kept(answer: dict[str, Any], headers: Mapping[str, str] | None = None) -> Kept:
    if answer.get("ok"):
        return Kept(200, json.dumps(answer, ensure_ascii=False).encode(), JSON, headers or {})
    code, why = answer.get("code", "refused"), answer.get("why", "refused without a reason")
    return of_desk(str(code), str(why)).kept()


async def journal(request: web.Request) -> web.Response:
    """After an entry; from 0, which is the default, the newest."""
    gallery = console(request).gallery
    after = number_of(request, "after", 0, 0, 10**15)
    most = number_of(request, "most", _PAGE, 1, _LONGEST_PAGE)
    entries = gallery.journal.entries
    page = [entry for entry in entries if entry.seq > after][:most] if after else entries[-most:]
    return web.json_response(
        {
            "entries": [entry.record() for entry in page],
            "last": gallery.last_seq,
            "damages": [damage.text() for damage in gallery.journal.damages],
        }
    )


async def as_run(request: web.Request) -> web.Response:
    """What really went out, and why; from 0, which is the default, the newest."""
    after = number_of(request, "after", 0, 0, 10**15)
    most = number_of(request, "most", _PAGE, 1, _LONGEST_PAGE)
    path = console(request).state.asrun
    records, place = await asyncio.to_thread(asrunreader.page_of, path, after, most)
    return web.json_response({"records": records, "next": place})


async def missed(request: web.Request) -> web.Response:
    """Per output, what it did not send of the programme: gaps and slates, the newest last."""
    desk = console(request)
    day = desk.gallery.show.resolved
    paths = {output.id: desk.state.sent(output.id) for output in day.outputs}
    spans = await _looked(
        desk, lambda: {name: read_sent(path) for name, path in paths.items() if path.exists()}
    )
    return web.json_response(
        {
            name: [span.record(desk.gallery.grid) for span in sent if span.what != REAL][-_MISSED:]
            for name, sent in spans.items()
        }
    )


async def explained(request: web.Request) -> web.Response:
    """One frame: what was on, why, who wished it, and what became of it at the gate."""
    desk = console(request)
    n = number_of(request, "n", desk.gallery.now_n, 0, 10**13)
    day, entries = desk.gallery.show.resolved, desk.gallery.journal.entries
    told = await _looked(
        desk, lambda: explain(n, day, entries, desk.state.asrun, desk.live.decisions)
    )
    return web.json_response(told)


async def _looked(desk: Console, doing: Callable[[], T]) -> T:
    """A long look at files, in a thread, one at a time: what it parses holds the interpreter up,
    and with it the desk. Raises Problem when many wait for theirs."""
    if desk.counts["looks_waiting"] >= _LOOKS:
        raise Problem(503, "busy", "many look things up just now; try again", {"Retry-After": "2"})
    desk.counts["looks_waiting"] += 1
    try:
        async with desk.looking:
            return await asyncio.to_thread(doing)
    finally:
        desk.counts["looks_waiting"] -= 1
