"""Signing in and out: by name and password, by the link of a site, a guest, the first start or an
invitation.

On control's loop; a password is checked (one at a time) and the file of accounts is written in a
thread: both may take their time. Everything here is open to the unknown caller or is about oneself
alone. A link carries its token in the fragment of the address, which no browser sends and no log
sees; the page's script posts it.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from typing import Any

from aiohttp import web

from orchestrator.control import passwords, people, seat
from orchestrator.control.accounts import Account, Kind, check_name
from orchestrator.control.roles import Role, may
from orchestrator.control.words import WORDS, Word
from orchestrator.errors import CommandRejected, ConfigError
from orchestrator.web.acts import change
from orchestrator.web.console import Caller, Console, body_as, caller, console
from orchestrator.web.guard import set_cookie
from orchestrator.web.problem import Problem
from orchestrator.web.sessions import COOKIE, LIVES_S, LONGEST_S, Session
from orchestrator.web.shapes import First, Invited, Link, NewPassword, SignIn

_QUEUE = 8
"""So many passwords may wait to be checked."""


async def sign_in(request: web.Request) -> web.Response:
    """POST {name, password}."""
    desk = console(request)
    body = await body_as(request, SignIn)
    name, password = body.name, body.password
    address = request.remote or ""
    _count_try(desk, name, address)
    account = desk.accounts.book().users.get(name)
    if not await in_turn(desk, passwords.is_right, password, account.password if account else ""):
        # what was typed as a name may have been a password: only names that exist are noted
        desk.audit.note("sign-in refused", name=name if account else "unknown", address=address)
        raise Problem(401, "sign-in", "this name and this password do not belong together")
    assert account is not None
    desk.throttle.worked(name, address)
    desk.audit.note("signed in", name=name, role=account.role.value, address=address)
    return _begin(request, _session_of(desk, account))


async def sign_in_by_link(request: web.Request) -> web.Response:
    """POST {token}: the page of a site or of a guest."""
    desk = console(request)
    body = await body_as(request, Link)
    token = desk.accounts.book().token(body.token, desk.now_s)
    if token is None or token.kind not in (Kind.SITE, Kind.GUEST):
        desk.audit.note("link refused", address=request.remote)
        raise Problem(401, "sign-in", "this link is too old or was withdrawn; ask for a new one")
    desk.audit.note("signed in", name=token.name, role=token.role.value, address=request.remote)
    left_s = token.expires_s - int(desk.now_s)
    session = desk.signer.begin(f"token:{token.id}", token.sha256[:16], desk.now_s, left_s)
    return _begin(request, session)


async def begin_first(request: web.Request) -> web.Response:
    """POST {token, name, password}: the first administrator."""
    desk = console(request)
    body = await body_as(request, First)
    name = body.name
    token = desk.accounts.book().token(body.token, desk.now_s)
    if token is None or token.kind is not Kind.FIRST:
        desk.audit.note("link refused", address=request.remote)
        raise Problem(
            401, "sign-in", "this link was used, or is too old, or there was a newer start; "
            "orchestrator user add NAME --role admin  works, too"
        )  # fmt: skip
    try:
        check_name(name)
        stored = await in_turn(desk, passwords.hashed, body.password, name)
        first = Account(name, Role.ADMIN, password=stored)
        await asyncio.to_thread(desk.accounts.begin, token, first)
    except ConfigError as error:
        raise Problem(400, "malformed", str(error)) from error
    desk.audit.note("first administrator", name=name, address=request.remote)
    return _begin(request, _session_of(desk, desk.accounts.book().users[name]))


async def accept_invitation(request: web.Request) -> web.Response:
    """POST {token, password}: whom an administrator has invited chooses a password."""
    desk = console(request)
    body = await body_as(request, Invited)
    token = desk.accounts.book().token(body.token, desk.now_s)
    if token is None or token.kind is not Kind.INVITE:
        desk.audit.note("link refused", address=request.remote)
        raise Problem(401, "sign-in", "this link was used or is too old; ask for a new one")
    try:
        stored = await in_turn(desk, passwords.hashed, body.password, token.name)
        stamp = secrets.token_hex(8)
        book = await change(desk, lambda book: people.accepted(book, token, stored, stamp))
    except ConfigError as error:
        raise Problem(400, "malformed", str(error)) from error
    except CommandRejected as error:
        raise Problem(401, "sign-in", str(error)) from error
    account = book.users[token.name]
    desk.audit.note("invitation accepted", name=account.name, address=request.remote)
    return _begin(request, _session_of(desk, account))


async def sign_out(request: web.Request) -> web.Response:
    desk, who = console(request), caller(request)
    response = web.json_response({"ok": True})
    if who.session is not None:
        session = who.session
        until_s = session.began_s + LONGEST_S  # however often its cookie had been renewed
        await asyncio.to_thread(desk.accounts.end, session.id, until_s, desk.now_s)
        desk.audit.note("signed out", name=who.name, address=request.remote)
        response.del_cookie(COOKIE, path="/", httponly=True, samesite="Strict")
    return response


async def change_password(request: web.Request) -> web.Response:
    """POST {old, new}: one's own."""
    desk, who = console(request), caller(request)
    body = await body_as(request, NewPassword)
    account = desk.accounts.book().users.get(who.name)
    if account is None or who.session is None:
        raise Problem(409, "no-password", "you came without a password: there is none to change")
    address = request.remote or ""
    _count_try(desk, who.name, address)
    if not await in_turn(desk, passwords.is_right, body.old, account.password):
        desk.audit.note("password refused", name=who.name, address=request.remote)
        raise Problem(403, "forbidden", "the old password is another")
    desk.throttle.worked(who.name, address)
    try:
        stored = await in_turn(desk, passwords.hashed, body.new, who.name)
    except ConfigError as error:
        raise Problem(400, "malformed", str(error)) from error
    try:
        changed = await asyncio.to_thread(desk.accounts.give_password, account, stored)
    except ConfigError as error:
        raise Problem(409, "changed-meanwhile", str(error)) from error
    desk.audit.note("password changed", name=who.name, address=request.remote)
    return _begin(request, _session_of(desk, changed))


async def me(request: web.Request) -> web.Response:
    """Who I am, what I may say, and the token that unsafe requests of this session carry."""
    desk, who = console(request), caller(request)
    return web.json_response(me_of(desk, who))


def me_of(desk: Console, who: Caller) -> dict[str, Any]:
    """As things are now: who has handed the desk over may, ten minutes later, only look."""
    before, who = who, replace(who, role=desk.gallery.role_of(who.name, who.role))
    still = {name for name in seat.STILL if may_say(before, WORDS[name])}
    return {
        "name": who.name,
        "role": who.role.value,
        "site": who.site,
        "person": who.person,
        "csrf": desk.signer.csrf(who.session) if who.session else "",
        "words": [word.name for word in WORDS.values() if may_say(who, word) or word.name in still],
    }


def may_say(who: Caller, word: Word) -> bool:
    if who.person:
        return False  # a guest's page has the one route for what it may say
    if who.role is Role.SITE and not (word.own_site or word.name == "restore"):
        return False
    return may(who.role, word.least, is_safety=word.is_safety)


def _session_of(desk: Console, account: Account) -> Session:
    return desk.signer.begin(f"user:{account.name}", account.stamp, desk.now_s, LIVES_S)


def _begin(request: web.Request, session: Session) -> web.Response:
    response = web.json_response({"ok": True, "csrf": console(request).signer.csrf(session)})
    set_cookie(console(request), session, request, response)
    return response


def _count_try(desk: Console, name: str, address: str) -> None:
    """Counted before it is looked at: tries at the same moment are tries, too. Raises Problem."""
    wait_s = desk.throttle.wait_s(name, address, desk.now_s)
    if wait_s > 0:
        desk.audit.note("throttled", address=address)
        raise Problem(
            429, "too-many-tries", f"too many tries; wait {wait_s:.0f} s, then try again",
            {"Retry-After": str(int(wait_s) + 1)},
        )  # fmt: skip
    desk.throttle.failed(name, address, desk.now_s)


async def in_turn(desk: Console, check: Any, *words: str) -> Any:
    """A slow look at a password, in a thread, after those who came before."""
    if desk.counts["passwords_waiting"] >= _QUEUE:
        raise Problem(
            503, "busy", "many sign in just now; try again in a moment", {"Retry-After": "2"}
        )
    desk.counts["passwords_waiting"] += 1
    try:
        async with desk.checking:
            return await asyncio.to_thread(check, *words)
    finally:
        desk.counts["passwords_waiting"] -= 1
