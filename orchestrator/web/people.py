"""The administrator's routes for people and their sessions. On control's loop.

Each act is refused with a sentence or done at once, and then it is in the audit; passwords are made
into hashes in a thread. A link by which somebody chooses a password is told once, to who asked.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import UTC, datetime

from aiohttp import web

from orchestrator.control import people
from orchestrator.control.accounts import Account, Book, Kind, check_name, new_token
from orchestrator.control.guests import guests_of
from orchestrator.control.passwords import hashed
from orchestrator.control.roles import Role
from orchestrator.errors import CommandRejected, ConfigError
from orchestrator.rundown.words import said
from orchestrator.web.acts import Done, change, done, note
from orchestrator.web.adminshapes import (
    Access,
    GuestView,
    NewPerson,
    NewRole,
    Person,
    PersonView,
    SessionId,
    SetPassword,
    SiteView,
    TokenView,
    VisitView,
)
from orchestrator.web.console import Console, body_as, caller, console
from orchestrator.web.guard import of_session
from orchestrator.web.sessions import LONGEST_S
from orchestrator.web.signin import in_turn
from orchestrator.web.visits import Visit

INVITED_S = 48 * 3600


async def access(request: web.Request) -> web.Response:
    """Who may come in, and how."""
    desk, who = console(request), caller(request)
    book = desk.accounts.book()
    mine = who.session.id if who.session else ""
    visits = [view for one in desk.visits.all() if (view := _visit(desk, book, one, mine))]
    invited = {
        token.name: utc(token.expires_s)
        for token in book.tokens.values()
        if token.kind is Kind.INVITE and token.expires_s > desk.now_s
    }
    told = Access(
        me=who.name,
        now=utc(int(desk.now_s)),
        people=[
            PersonView(
                name=one.name,
                role=one.role.value,
                site=one.site,
                has_password=bool(one.password),
                invited_until=invited.get(one.name),
                open=sum(visit.name == one.name for visit in visits),
            )
            for one in sorted(book.users.values(), key=lambda one: one.name.casefold())
        ],
        tokens=[
            TokenView(
                id=one.id,
                kind=one.kind.value,
                name=one.name,
                role=one.role.value,
                site=one.site,
                person=one.person,
                until=utc(one.expires_s),
                is_over=one.expires_s <= desk.now_s,
            )
            for one in sorted(book.tokens.values(), key=lambda one: one.name.casefold())
            if one.kind not in (Kind.FIRST, Kind.INVITE)
        ],
        sessions=visits[::-1],
        sites=[
            SiteView(one.id, said(one.title)) for one in desk.gallery.show.resolved.sites.values()
        ],
        guests=_guests(desk),
    )
    return web.json_response(asdict(told))


def _guests(desk: Console) -> list[GuestView]:
    """Who joins from elsewhere, in the order of the day."""
    show = desk.gallery.show
    slots: dict[str, list[str]] = {}
    for slot in show.line_up(desk.gallery.now_n):
        for person in guests_of(slot.plan):
            slots.setdefault(person, []).append(said(slot.title) or slot.id)
    stages = desk.gallery.state.guests
    return [
        GuestView(
            person,
            show.resolved.people[person].name,
            titles,
            str(stages[person].args.get("stage", "")) if person in stages else "",
        )
        for person, titles in slots.items()
        if person in show.resolved.people
    ]


async def add(request: web.Request) -> web.Response:
    """POST {name, role, site, password}."""
    desk, body = console(request), await body_as(request, NewPerson)

    async def act() -> Done:
        role, name = Role(body.role), proper(body.name)
        people.check_site(role, body.site, sites(desk))
        stored = await _stored(desk, body.password, name)
        account = Account(name, role, body.site, stored, _stamp())
        await change(desk, lambda book: people.added(book, account))
        note(request, "user added", name=name, role=role.value, site=body.site)
        if stored:
            return Done(f"{name} may sign in as {role.value}")
        return await _invite(request, name, f"{name} is in the book as {role.value}")

    return await done(request, body, act)


async def set_role(request: web.Request) -> web.Response:
    """POST {name, role, site}."""
    desk, who, body = console(request), caller(request), await body_as(request, NewRole)

    async def act() -> Done:
        role, name = Role(body.role), body.name
        people.check_site(role, body.site, sites(desk))
        stamp, by = _stamp(), who.name
        await change(desk, lambda book: people.with_role(book, name, role, body.site, stamp, by))
        note(request, "role changed", name=name, role=role.value, site=body.site)
        return Done(f"{name} is {role.value} from now on, and has to sign in again")

    return await done(request, body, act)


async def set_password(request: web.Request) -> web.Response:
    """POST {name, password}. With a link, the old password stays good until the link is used."""
    desk, body = console(request), await body_as(request, SetPassword)

    async def act() -> Done:
        name = body.name
        if name not in desk.accounts.book().users:
            raise CommandRejected("unknown-user", "there is nobody of this name; look again")
        if body.password is None:
            return await _invite(request, name, f"{name} may choose another password")
        stored = await _stored(desk, body.password, name)
        await change(desk, lambda book: people.with_password(book, name, stored, _stamp()))
        note(request, "password changed", name=name)
        return Done(f"{name} has another password; who was signed in as {name} is out")

    return await done(request, body, act)


async def remove(request: web.Request) -> web.Response:
    """POST {name}."""
    desk, who, body = console(request), caller(request), await body_as(request, Person)

    async def act() -> Done:
        await change(desk, lambda book: people.removed(book, body.name, who.name))
        note(request, "user removed", name=body.name)
        return Done(f"{body.name} is out")

    return await done(request, body, act)


async def sign_out(request: web.Request) -> web.Response:
    """POST {name}: every session of somebody."""
    desk, body = console(request), await body_as(request, Person)

    async def act() -> Done:
        await change(desk, lambda book: people.signed_out(book, body.name, _stamp()))
        note(request, "sessions ended", name=body.name)
        return Done(f"every session of {body.name} is over")

    return await done(request, body, act)


async def end_session(request: web.Request) -> web.Response:
    """POST {id}: one session."""
    desk, body = console(request), await body_as(request, SessionId)

    async def act() -> Done:
        visit = desk.visits.of(body.id)
        view = _visit(desk, desk.accounts.book(), visit, "") if visit is not None else None
        if visit is None or view is None:
            raise CommandRejected("unknown-session", "this session is over, or was never seen")
        until_s, now_s = visit.session.began_s + LONGEST_S, desk.now_s
        await change(desk, lambda book: book.with_ended(body.id, until_s, now_s))
        note(request, "session ended", name=view.name)
        return Done(f"that session of {view.name} is over")

    return await done(request, body, act)


def sites(desk: Console) -> frozenset[str]:
    return frozenset(desk.gallery.show.resolved.sites)


def proper(name: str) -> str:
    """A name as it may stand in the journal. Raises CommandRejected."""
    try:
        return check_name(name)
    except ConfigError as error:
        raise CommandRejected("malformed", str(error)) from error


def utc(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def spoken(seconds: int) -> str:
    """An instant in a sentence, as the command line writes it."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%MZ}"


async def _invite(request: web.Request, name: str, text: str) -> Done:
    desk = console(request)
    role = desk.accounts.book().users[name].role
    secret, token = new_token(Kind.INVITE, name, role, int(desk.now_s) + INVITED_S)
    await change(desk, lambda book: people.invited(book, token))
    note(request, "invited", name=name, until=utc(token.expires_s))
    hours = INVITED_S // 3600
    return Done(
        f"{text}: the link to choose a password works once, for {hours} hours",
        f"/sign-in?name={name}#{secret}",
    )


async def _stored(desk: Console, password: str | None, name: str) -> str:
    """Empty for none. Raises CommandRejected for one that is too short."""
    if password is None:
        return ""
    try:
        return str(await in_turn(desk, hashed, password, name))
    except ConfigError as error:
        raise CommandRejected("malformed", str(error)) from error


def _stamp() -> str:
    return secrets.token_hex(8)


def _visit(desk: Console, book: Book, visit: Visit, mine: str) -> VisitView | None:
    """None if it is over."""
    session = visit.session
    who = of_session(book, session, desk.now_s)
    if who is None or session.expires_s <= desk.now_s:
        return None
    return VisitView(
        id=session.id,
        name=who.name,
        role=who.role.value,
        site=who.site,
        address=visit.address,
        agent=visit.agent,
        began=utc(session.began_s),
        last=utc(visit.last_s),
        until=utc(session.expires_s),
        is_mine=session.id == mine,
    )
