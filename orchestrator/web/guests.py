"""A guest's own way in: the link that invites, the page it opens, and how far the guest has come.

On control's loop. Who comes by a guest's link is no role of the desk: the page, its news and the
three stages are all there is for them, and only about themselves. A stage that the page reports is
journalled like the one that somebody at the desk ticks, under the link's name.
"""

from __future__ import annotations

from datetime import datetime

from aiohttp import web

from orchestrator.control import people
from orchestrator.control.accounts import Kind, new_token
from orchestrator.control.guestview import guest_view
from orchestrator.control.people import MOST_TOKENS
from orchestrator.control.roles import Role
from orchestrator.control.words import STAGES
from orchestrator.errors import CommandRejected
from orchestrator.web.acts import Done, change, done, note
from orchestrator.web.adminshapes import GuestStage, NewGuestLink
from orchestrator.web.console import Console, body_as, caller, console
from orchestrator.web.deskfiles import plain
from orchestrator.web.people import proper, spoken, utc
from orchestrator.web.problem import Problem, of_desk

_GAP_S = 1.0
"""So long a page waits between two stages: each is a line of the journal."""


async def page(request: web.Request) -> web.Response:
    """A guest's own page; the desk may look at it too, with `?person=`."""
    answer = plain(request, "guest.html", person=_asked(request))
    # the page hears the guest's microphone, to say whether it works; nothing of it is sent
    answer.headers["Permissions-Policy"] = "camera=(), microphone=(self), geolocation=()"
    return answer


async def news(request: web.Request) -> web.Response:
    """GET: what one guest is told. A guest is told of himself alone."""
    desk, person = console(request), _asked(request)
    _known(desk, person)
    return web.json_response(guest_view(desk.watched(), person))


async def stage(request: web.Request) -> web.Response:
    """POST {stage}: by the guest's own page."""
    desk, who = console(request), caller(request)
    body = await body_as(request, GuestStage)
    if not who.person:
        raise Problem(409, "not-a-guest", "a guest's page says this; at the desk it is: guest")
    _known(desk, who.person)
    touch = desk.gallery.state.guests.get(who.person)
    reached = str(touch.args.get("stage", "")) if touch else ""
    if reached == body.stage or not (body.is_back or _later(body.stage, reached)):
        return web.json_response({"ok": True, "text": f"{who.person} is at: {reached}"})
    if touch is not None and touch.author == who.name:
        since_s = desk.now_s - datetime.fromisoformat(touch.at).timestamp()
        if 0 <= since_s < _GAP_S:
            raise Problem(429, "too-many-tries", "wait a moment, then say it again",
                          {"Retry-After": "1"})  # fmt: skip
    answer = await _tell(desk, who.name, who.person, body.stage)
    if not answer.get("ok"):
        raise of_desk(str(answer.get("code", "refused")), str(answer.get("why", "refused")))
    return web.json_response({"ok": True, "text": str(answer["text"])})


async def link(request: web.Request) -> web.Response:
    """POST {person, name, hours}: who has it can open that guest's page, and nothing else."""
    desk, who, body = console(request), caller(request), await body_as(request, NewGuestLink)

    async def act() -> Done:
        known = desk.gallery.show.resolved.people
        if body.person not in known:
            raise CommandRejected("unknown-person", "there is no such person in the rundown")
        name = proper(body.name or _free_name(desk, body.person))
        until_s = int(desk.now_s) + body.hours * 3600
        secret, token = new_token(Kind.GUEST, name, Role.SITE, until_s, person=body.person)
        await change(desk, lambda book: people.with_token(book, token))
        note(request, "token added", name=name, guest=body.person, until=utc(until_s))
        if body.person not in desk.gallery.state.guests:
            await _tell(desk, who.name, body.person, STAGES[0])
        said = f"{name} opens the page of {known[body.person].name} until {spoken(until_s)}"
        return Done(said, f"/guest#{secret}")

    return await done(request, body, act)


async def _tell(desk: Console, author: str, person: str, stage: str) -> dict[str, object]:
    wish = {"verb": "guest", "author": author, "args": {"person": person, "stage": stage}}
    return dict(await desk.gallery.ask(wish, role=Role.OPERATOR))


def _free_name(desk: Console, person: str) -> str:
    """A guest who has lost a link is given another: names in the journal are never the same."""
    book, stem = desk.accounts.book(), f"guest-{person}"[:28]
    names = (stem, *(f"{stem}-{i}" for i in range(2, MOST_TOKENS)))
    return next(name for name in names if not book.is_taken(name))


def _later(stage: str, reached: str) -> bool:
    return not reached or STAGES.index(stage) > STAGES.index(reached)


def _asked(request: web.Request) -> str:
    who = caller(request)
    asked = request.query.get("person", "")
    if who.person:
        if asked not in ("", who.person):
            raise Problem(403, "forbidden", "a guest sees himself alone")
        return who.person
    return asked


def _known(desk: Console, person: str) -> None:
    if person not in desk.gallery.show.resolved.people:
        raise Problem(404, "unknown-person", f"there is no {person[:64]!r} in the rundown")
