"""Every route and every word, tried by everybody: who may is in, who may not is refused.

The expectations are written out by hand; a route or a word that is not in them fails the test.
"""

from __future__ import annotations

from aiohttp import web
from controlport import Port

from orchestrator.control.accounts import Kind
from orchestrator.control.roles import Role
from orchestrator.control.words import WORDS
from orchestrator.web.guard import TABLE
from orchestrator.web.routes import ROUTES

V1 = "/api/v1"
ALL = set(Role)
KNOWN = ALL - {Role.SITE}
OPERATORS = {Role.OPERATOR, Role.PRODUCER, Role.ADMIN}
ADMINS = {Role.ADMIN}
OF_GUESTS = {
    ("GET", "/guest"),
    ("GET", f"{V1}/guest"),
    ("POST", f"{V1}/guest/stage"),
    ("GET", f"{V1}/me"),
    ("POST", f"{V1}/sign-out"),
    ("GET", "/static/desk/{name}"),
}
"""All there is for who comes by a guest's link."""
MAY: dict[tuple[str, str], set[Role] | None] = {
    # None: open to the unknown caller
    ("GET", "/sign-in"): None,
    ("GET", "/sign-in.js"): None,
    ("GET", "/sign-in.css"): None,
    ("POST", f"{V1}/sign-in"): None,
    ("POST", f"{V1}/sign-in/link"): None,
    ("POST", f"{V1}/sign-in/first"): None,
    ("POST", f"{V1}/sign-in/invitation"): None,
    ("GET", f"{V1}/openapi.json"): None,
    ("GET", f"{V1}/me"): ALL,
    ("POST", f"{V1}/sign-out"): ALL,
    ("POST", f"{V1}/password"): KNOWN,
    ("GET", "/"): KNOWN,
    ("GET", "/wall"): KNOWN,
    ("GET", "/sheet"): KNOWN,
    ("GET", "/status"): KNOWN,
    ("GET", "/site"): ALL,
    ("GET", "/restore"): ALL,
    ("GET", "/guest"): KNOWN,
    ("GET", f"{V1}/guest"): KNOWN,
    ("POST", f"{V1}/guest/stage"): OPERATORS,
    ("POST", f"{V1}/guests/link"): OPERATORS,
    ("GET", "/static/desk/{name}"): ALL,
    ("GET", "/status.js"): KNOWN,
    ("GET", "/status.css"): KNOWN,
    ("GET", f"{V1}/status"): KNOWN,
    ("GET", f"{V1}/line-up"): KNOWN,
    ("GET", f"{V1}/desk"): KNOWN,
    ("GET", f"{V1}/feeds/past"): KNOWN,
    ("POST", f"{V1}/lip-sync"): {Role.OPERATOR, Role.PRODUCER, Role.ADMIN},
    ("GET", f"{V1}/site"): ALL,
    ("GET", f"{V1}/monitors"): KNOWN,
    ("GET", f"{V1}/words"): ALL,
    ("GET", f"{V1}/events"): KNOWN,
    ("GET", f"{V1}/journal"): KNOWN,
    ("GET", f"{V1}/as-run"): KNOWN,
    ("GET", f"{V1}/missed"): KNOWN,
    ("GET", f"{V1}/explain"): KNOWN,
    ("GET", f"{V1}/handover"): KNOWN,
    ("POST", f"{V1}/commands/{{word}}"): ALL,
    ("GET", "/healthz"): KNOWN,
    ("GET", "/metrics"): KNOWN,
    ("GET", "/admin"): ADMINS,
    **{
        ("GET", f"{V1}/admin/{name}"): ADMINS for name in ("access", "audit", "versions", "machine")
    },
    **{
        ("POST", f"{V1}/admin/{name}"): ADMINS
        for name in (
            *("people/add", "people/role", "people/password", "people/remove", "people/sign-out"),
            *("sessions/end", "tokens/add", "tokens/site-link", "tokens/revoke"),
        )
    },
}
SITES_TOO = OPERATORS | {Role.SITE}
_OF_OPERATORS = """
    preview layout source transition take release safe quarantine latch stand-in guest next stay
    extend shorten
    end skip insert gain match fader mute solo graphic graphic-out graphics-out graphics-again
    person output undo lock unlock ack note handover accept refuse
    graphic-preview blank unblank restore-ask
"""
SAY: dict[str, set[Role]] = {
    **dict.fromkeys(_OF_OPERATORS.split(), OPERATORS),
    **{word: {Role.PRODUCER, Role.ADMIN} for word in ("rundown", "revert", "stop")},
    **dict.fromkeys(("ready", "not-ready", "message", "read"), SITES_TOO),
    **{word: SITES_TOO | {Role.SAFETY} for word in ("hide", "unhide", "privacy", "restore")},
}
PAGES = {"/", "/admin", "/wall", "/sheet", "/status", "/site", "/guest", "/restore"}
EVERY_TRY = [(key, role) for key in MAY for role in (None, *Role)]


def path_of(path: str) -> str:
    return path.replace("{word}", "no-such-word").replace("{name}", "x")


def test_every_route_and_every_word_has_its_rule_here() -> None:
    assert {(route.method, route.path) for route in ROUTES} == set(MAY)
    assert set(WORDS) == set(SAY)


async def test_nothing_is_served_that_is_not_in_the_table(port: Port) -> None:
    app: web.Application = port.server.app

    assert {(route.method, route.resource.canonical) for route in app.router.routes()
            if route.resource} == set(MAY)  # fmt: skip
    assert set(app[TABLE]) == set(app.router.routes())


async def test_every_route_refuses_whoever_it_is_not_for(port: Port) -> None:
    for (method, path), role in EVERY_TRY:
        told = await port.ask(method, path_of(path), role=role)

        allowed = MAY[method, path]
        is_in = allowed is None or role in allowed
        case = f"{method} {path} by {role or 'nobody'}: {told.status}"
        if is_in:
            assert told.status < 500, case
            assert told.status != 403, case
            assert allowed is None or told.status != 401, case
        elif role is None and path in PAGES:
            where = "/sign-in" if path == "/" else f"/sign-in?next={path}"
            assert (told.status, told.headers["Location"]) == (303, where), case
        else:
            assert told.status == (401 if role is None else 403), case
            assert told.body["detail"], case
        assert told.headers["Cache-Control"] == "no-store", case
        assert "unsafe-inline" not in told.headers["Content-Security-Policy"], case


async def test_who_comes_by_a_guests_link_has_that_guests_page_and_nothing_else(
    port: Port,
) -> None:
    text = port.console.accounts.mint(
        Kind.GUEST, "guest-tess", Role.SITE, port.now_s + 600, person="tess"
    )
    session = await port.ask("POST", f"{V1}/sign-in/link", json_body={"token": text})
    csrf = session.body["csrf"]
    assert (await port.ask("GET", f"{V1}/me", cookie=session.cookie)).body["words"] == []
    for word in WORDS:
        told = await port.ask(
            "POST", f"{V1}/commands/{word}", cookie=session.cookie, X_CSRF_Token=csrf,
            json_body={},
        )  # fmt: skip
        assert told.status == 403, word

    for method, path in sorted(MAY, key=lambda key: key[1] == f"{V1}/sign-out"):
        if MAY[method, path] is None:
            continue
        told = await port.ask(method, path_of(path), cookie=session.cookie, X_CSRF_Token=csrf)
        assert (told.status == 403) != ((method, path) in OF_GUESTS), (method, path, told.text)


async def test_a_word_is_refused_to_every_role_it_is_not_for(port: Port) -> None:
    before = port.console.gallery.last_seq
    for role in Role:
        mine = (await port.ask("GET", f"{V1}/me", role=role)).body["words"]
        assert set(mine) == {word for word in SAY if role in SAY[word]}
        for word in SAY:
            body = {"dry": True, "reason": "a test"}
            told = await port.ask("POST", f"{V1}/commands/{word}", role=role, json_body=body)

            case = f"{word} by {role}: {told.text}"
            if role in SAY[word]:
                assert told.status in (200, 400, 409, 503), case
            else:
                assert (told.status, told.body["code"]) == (403, "forbidden"), case
    assert port.console.gallery.last_seq == before


async def test_an_unknown_caller_does_not_learn_what_there_is(port: Port) -> None:
    told = [await port.ask("GET", path) for path in ("/nothing", f"{V1}/status", "/metrics")]

    assert {one.status for one in told} == {401}
    assert len({one.text for one in told}) == 1
    assert told[0].headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_site_that_is_nobodys_gets_nothing(port: Port) -> None:
    """A site's account without a site is a mistake; it must not act for every site."""
    token = port.console.accounts.mint(Kind.API, "lost", Role.SITE, port.now_s + 60, "")

    told = await port.ask(
        "POST", f"{V1}/commands/hide", json_body={}, Authorization=f"Bearer {token}"
    )

    assert told.status == 403
