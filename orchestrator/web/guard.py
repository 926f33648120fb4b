"""The door of the control port: who asks, may they, and is it really they who ask.

The one middleware, on control's loop. Every request is matched with its line of the route table;
without one it gets nothing, and an unknown caller does not even learn whether a path exists.
Whatever goes wrong becomes a problem with a sentence; every answer carries the headers below.
"""

from __future__ import annotations

import logging
from urllib.parse import quote, urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from orchestrator.control.accounts import Book, Kind
from orchestrator.control.roles import Role, may
from orchestrator.errors import ConfigError
from orchestrator.web.console import CONSOLE, Caller, Console, let_in
from orchestrator.web.problem import Problem, of_http
from orchestrator.web.route import Route
from orchestrator.web.sessions import COOKIE, LIVES_S, Session

log = logging.getLogger(__name__)

TABLE = web.AppKey("table", dict[web.AbstractRoute, Route])
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; media-src 'self' blob:; worker-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
    "Server": "orchestrator",
}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def admits(route: Route, who: Caller) -> bool:
    """Whether this line of the table lets `who` in. A site's own people and guests have lines of
    their own."""
    if route.least is None:
        return True
    if who.person:
        return route.guests
    if who.role is Role.SITE:
        return route.sites and bool(who.site)
    return may(who.role, route.least, is_safety=True)


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    console = request.app[CONSOLE]
    console.counts["requests"] += 1
    response: web.StreamResponse
    try:
        response = await _answer(console, request, handler)
    except Problem as problem:
        response = problem.response()
    except web.HTTPException as error:
        response = of_http(error, request).response()
    except ConfigError as error:
        log.error("%s", error)
        response = Problem(503, "accounts", str(error)).response()
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        response = Problem(
            500, "broken", "control could not answer this; its log says why. The show goes on"
        ).response()
    if not response.prepared:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["Server"] = HEADERS["Server"]
    return response


async def _answer(console: Console, request: web.Request, handler: Handler) -> web.StreamResponse:
    route = request.app[TABLE].get(request.match_info.route)
    is_open = route is not None and route.least is None
    _check_origin(request)
    who = None if is_open else caller_of(console, request)
    if route is None or is_open or who is None:
        if not is_open and who is None:
            _turn_away(console, request, route)
        return await handler(request)
    if not admits(route, who):
        console.audit.note(
            "forbidden", name=who.name, role=who.role.value, address=request.remote,
            route=f"{route.method} {route.path}",
        )  # fmt: skip
        whom = "guests" if who.person else f"{who.role.value}s"
        raise Problem(403, "forbidden", f"this is not for {whom}")
    if request.method not in _SAFE and who.session is not None:
        said = request.headers.get("X-CSRF-Token", "")
        if not console.signer.is_csrf(who.session, said):
            raise Problem(
                403, "csrf", "the X-CSRF-Token is missing or old; load the page again "
                "(programs: GET /api/v1/me tells it, or use a bearer token)"
            )  # fmt: skip
    let_in(request, who)
    response = await handler(request)
    _renew(console, who.session, request, response)
    return response


def caller_of(console: Console, request: web.Request) -> Caller | None:
    """By bearer token, else by session cookie; None for nobody we know. Raises ConfigError."""
    now_s = console.now_s
    book = console.accounts.book()
    scheme, _, text = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.casefold() == "bearer":
        token = book.token(text.strip(), now_s)
        if token is None or token.kind is not Kind.API:
            return None
        return Caller(token.name, token.role, token.site)
    session = console.signer.read(request.cookies.get(COOKIE, ""), now_s)
    who = of_session(book, session, now_s) if session is not None else None
    if who is not None and who.session is not None:
        agent = request.headers.get(hdrs.USER_AGENT, "")
        console.visits.note(who.session, request.remote or "", agent, now_s)
    return who


def of_session(book: Book, session: Session, now_s: float) -> Caller | None:
    """Whose session this is; None if it was ended, or its account or token is not as it was."""
    if session.id in book.ended:
        return None
    kind, _, key = session.subject.partition(":")
    if kind == "user":
        account = book.users.get(key)
        if account is None or account.stamp != session.stamp:
            return None
        return Caller(account.name, account.role, account.site, session)
    token = book.tokens.get(key)
    if token is None or token.sha256[:16] != session.stamp or now_s >= token.expires_s:
        return None
    return Caller(token.name, token.role, token.site, session, token.person)


def _turn_away(console: Console, request: web.Request, route: Route | None) -> None:
    """An unknown caller: a person is shown the sign-in page, a program is told."""
    if request.headers.get(hdrs.AUTHORIZATION) or request.cookies.get(COOKIE):
        console.audit.note("refused", address=request.remote, route=request.path[:200])
    console.counts["turned_away"] += 1
    if route is not None and route.is_page and request.method == "GET":
        where = "/sign-in" if request.path == "/" else f"/sign-in?next={quote(request.path)}"
        raise Problem(303, "sign-in", "sign in first", {"Location": where})
    raise Problem(
        401, "sign-in", "sign in at /sign-in, or send Authorization: Bearer TOKEN "
        "(orchestrator token add)", {"WWW-Authenticate": 'Bearer realm="orchestrator"'},
    )  # fmt: skip


def _check_origin(request: web.Request) -> None:
    """A browser says from which site a request comes; ours come from here only."""
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None and urlsplit(origin).netloc.casefold() != request.host.casefold():
        raise Problem(
            403, "origin", "this came from another site. Behind a proxy: let it pass the Host "
            "header on unchanged"
        )  # fmt: skip


def _renew(
    console: Console, session: Session | None, request: web.Request, response: web.StreamResponse
) -> None:
    renewed = session.renewed(console.now_s) if session else None
    if renewed is not None and not response.prepared:
        set_cookie(console, renewed, request, response)


def set_cookie(
    console: Console, session: Session, request: web.Request, response: web.StreamResponse
) -> None:
    is_tls = request.secure or request.headers.get("X-Forwarded-Proto") == "https"
    response.set_cookie(
        COOKIE,
        console.signer.cookie(session),
        max_age=min(LIVES_S, session.expires_s - int(console.now_s)),
        path="/",
        httponly=True,
        samesite="Strict",
        secure=is_tls,
    )
