"""The route table of the control port: every way in, and the least role that may take it.

There is no other: `add_routes` is the only place that puts a route on the server, and a test goes
through the table with every role, so that a new line without a rule cannot pass. OPEN stands only
where an unknown caller must get something: the sign-in page with its files and its four posts,
and the API's description, which says what a request looks like and nothing of the event.
"""

from __future__ import annotations

from aiohttp import web

from orchestrator.control.roles import Role
from orchestrator.web import (
    api,
    describe,
    deskfiles,
    events,
    guests,
    house,
    monitors,
    pages,
    people,
    signin,
    tokens,
)
from orchestrator.web.guard import TABLE
from orchestrator.web.route import OPEN, Route

_V1 = "/api/v1"
_HTML, _TEXT, _JS, _CSS = "text/html", "text/plain", "text/javascript", "text/css"
_VIEWER, _OPERATOR, _ADMIN = Role.VIEWER, Role.OPERATOR, Role.ADMIN
_ADM = f"{_V1}/admin"

ROUTES: tuple[Route, ...] = (
    # open to the unknown caller
    Route("GET", "/sign-in", OPEN, pages.sign_in, "The page to sign in", content=_HTML),
    Route("GET", "/sign-in.js", OPEN, pages.file_of("sign-in.js"), "Its script", content=_JS),
    Route("GET", "/sign-in.css", OPEN, pages.file_of("sign-in.css"), "Its looks", content=_CSS),
    Route("POST", f"{_V1}/sign-in", OPEN, signin.sign_in, "Sign in by name and password",
          body="SignIn", answer="SignedIn"),
    Route("POST", f"{_V1}/sign-in/link", OPEN, signin.sign_in_by_link,
          "Sign in by a site's or a guest's link", body="Link", answer="SignedIn"),
    Route("POST", f"{_V1}/sign-in/first", OPEN, signin.begin_first,
          "Make the first administrator, by the link of the first start", body="First",
          answer="SignedIn"),
    Route("POST", f"{_V1}/sign-in/invitation", OPEN, signin.accept_invitation,
          "Choose a password, by an administrator's link that works once", body="Invited",
          answer="SignedIn"),
    Route("GET", f"{_V1}/openapi.json", OPEN, describe.openapi, "This description"),
    # oneself
    Route("GET", f"{_V1}/me", _VIEWER, signin.me, "Who I am and what I may say", sites=True,
          guests=True,          answer="Me"),
    Route("POST", f"{_V1}/sign-out", _VIEWER, signin.sign_out, "End this session", sites=True,
          guests=True,          answer="Done"),
    Route("POST", f"{_V1}/password", _VIEWER, signin.change_password, "Change one's own password",
          body="NewPassword", answer="SignedIn"),
    # pages
    Route("GET", "/", _VIEWER, deskfiles.page, "The desk", is_page=True, content=_HTML),
    Route("GET", "/wall", _VIEWER, deskfiles.wall, "For a screen that nobody touches",
          is_page=True, content=_HTML),
    Route("GET", "/sheet", _VIEWER, deskfiles.sheet, "The running order, to read", is_page=True,
          content=_HTML),
    Route("GET", "/site", _VIEWER, deskfiles.site, "A site's own page", is_page=True, sites=True,
          content=_HTML),
    Route("GET", "/guest", _VIEWER, guests.page, "A guest's own page", is_page=True, guests=True,
          content=_HTML),
    Route("GET", "/restore", _VIEWER, deskfiles.restore, "End PRIVACY as the second person",
          is_page=True, sites=True, content=_HTML),
    Route("GET", "/static/desk/{name}", _VIEWER, deskfiles.file, "Scripts and looks of the pages",
          sites=True, guests=True, content=_JS),
    Route("GET", "/status", _VIEWER, pages.status, "How everything is", is_page=True,
          content=_HTML),
    Route("GET", "/status.js", _VIEWER, pages.file_of("status.js"), "Its script", content=_JS),
    Route("GET", "/status.css", _VIEWER, pages.file_of("status.css"), "Its looks", content=_CSS),
    # the show
    Route("GET", f"{_V1}/status", _VIEWER, api.status, "What is on air, and how everything is",
          answer="Status"),
    Route("GET", f"{_V1}/line-up", _VIEWER, api.line_up, "The day as it will run", answer="LineUp"),
    Route("GET", f"{_V1}/desk", _VIEWER, api.desk, "The desk view: all that a screen shows",
          answer="DeskView"),
    Route("GET", f"{_V1}/feeds/past", _VIEWER, api.past, "Ten minutes of every feed",
          answer="Past"),
    Route("POST", f"{_V1}/lip-sync", Role.OPERATOR, api.lip_sync,
          "Watch a hot feed for some seconds: how far is its sound from its picture?",
          body="OfFeed", answer="Answer"),
    Route("GET", f"{_V1}/site", _VIEWER, deskfiles.site_news, "What one site is told", sites=True,
          answer="SiteNews"),
    Route("GET", f"{_V1}/guest", _VIEWER, guests.news, "What one guest is told", guests=True,
          answer="GuestNews"),
    Route("POST", f"{_V1}/guest/stage", _OPERATOR, guests.stage, "How far a guest has come, by the "
          "guest's own page", guests=True, body="GuestStage", answer="Answer"),
    Route("POST", f"{_V1}/guests/link", _OPERATOR, guests.link, "The link of a guest's page",
          body="NewGuestLink", answer="Acted"),
    Route("GET", f"{_V1}/monitors", _VIEWER, monitors.monitors,
          "WebSocket: programme with sound, preview, tiles"),
    Route("GET", f"{_V1}/words", _VIEWER, api.words, "The words I may say", sites=True,
          answer="Words"),
    Route("GET", f"{_V1}/events", _VIEWER, events.events, "WebSocket: decisions and the desk",
          query=("since",)),
    Route("GET", f"{_V1}/journal", _VIEWER, api.journal, "The journal, page by page",
          answer="JournalPage", query=("after", "most")),
    Route("GET", f"{_V1}/as-run", _VIEWER, api.as_run, "What really went out, page by page",
          answer="AsRunPage", query=("after", "most")),
    Route("GET", f"{_V1}/missed", _VIEWER, api.missed,
          "Per output: what it did not send of the programme, and why", answer="Missed"),
    Route("GET", f"{_V1}/explain", _VIEWER, api.explained, "Explain a frame; the present one",
          answer="Explained", query=("n",)),
    Route("GET", f"{_V1}/handover", _VIEWER, api.handover, "The handover form, as of now",
          answer="HandoverForm"),
    Route("POST", f"{_V1}/commands/{{word}}", _VIEWER, api.command,
          "Say a word to the desk; the word has its own least role", sites=True,
          body="Wished", answer="Answer"),
    # administration
    Route("GET", "/admin", _ADMIN, deskfiles.admin, "Who may come in, and the house's records",
          is_page=True, content=_HTML),
    Route("GET", f"{_ADM}/access", _ADMIN, people.access, "Who may come in, and how",
          answer="Access"),
    Route("POST", f"{_ADM}/people/add", _ADMIN, people.add, "Add somebody", body="NewPerson",
          answer="Acted"),
    Route("POST", f"{_ADM}/people/role", _ADMIN, people.set_role, "Another role",
          body="NewRole", answer="Acted"),
    Route("POST", f"{_ADM}/people/password", _ADMIN, people.set_password, "Another password",
          body="SetPassword", answer="Acted"),
    Route("POST", f"{_ADM}/people/remove", _ADMIN, people.remove, "Somebody is out at once",
          body="Person", answer="Acted"),
    Route("POST", f"{_ADM}/people/sign-out", _ADMIN, people.sign_out,
          "Every session of somebody is over", body="Person", answer="Acted"),
    Route("POST", f"{_ADM}/sessions/end", _ADMIN, people.end_session, "One session is over",
          body="SessionId", answer="Acted"),
    Route("POST", f"{_ADM}/tokens/add", _ADMIN, tokens.add, "A token for a program",
          body="NewToken", answer="Acted"),
    Route("POST", f"{_ADM}/tokens/site-link", _ADMIN, tokens.site_link, "The link of a site's page",
          body="NewSiteLink", answer="Acted"),
    Route("POST", f"{_ADM}/tokens/revoke", _ADMIN, tokens.revoke, "A token or link is void",
          body="TokenId", answer="Acted"),
    Route("GET", f"{_ADM}/audit", _ADMIN, house.audit, "Who came in, who was refused, who changed "
          "what others may", answer="AuditPage", query=("most",)),
    Route("GET", f"{_ADM}/versions", _ADMIN, house.versions, "The versions of the rundown",
          answer="Versions"),
    Route("GET", f"{_ADM}/machine", _ADMIN, house.machine, "How the machine is", answer="Machine"),
    Route("GET", "/healthz", _VIEWER, api.health, "200 while control is fresh, 503 otherwise",
          answer="Done"),
    Route("GET", "/metrics", _VIEWER, api.metrics, "Prometheus metrics of every process",
          content=_TEXT),
)  # fmt: skip


def add_routes(app: web.Application) -> None:
    """Every line of the table, and nothing else."""
    app[TABLE] = {
        app.router.add_route(route.method, route.path, route.handler): route for route in ROUTES
    }
