"""The dashboard's pages and files, from memory, packed once. On control's loop.

A page asks for one script, made of all the modules that it leads to, under an address that changes
with what is in it, so that a browser asks once and then never again. The desk's page brings along
who asks, what they may say, and the desk as it is: it can be worked with before any line is open.

No inline script, no inline style; nothing is loaded from elsewhere but the public stream, from the
public port of this same event, and the policy of the page says so.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from orchestrator.bus.tree import StateFolder
from orchestrator.control.roles import Role
from orchestrator.control.siteview import site_view
from orchestrator.rundown.words import said
from orchestrator.web.api import words_of
from orchestrator.web.bundle import bundle
from orchestrator.web.console import caller, console
from orchestrator.web.events import HUB
from orchestrator.web.packed import Packed, takes_gzip
from orchestrator.web.problem import Problem
from orchestrator.web.signin import me_of

_FILES = Path(__file__).parent / "static" / "desk"
_PLAYER = Path(__file__).parents[2] / "build" / "static" / "hls.light.min.mjs"
_SCRIPTS = ("main.js", "wall.js", "sheet.js", "site.js", "guest.js", "restore.js", "admin.js")
"""Those that pages ask for."""
_MISSING_PLAYER = "hls.js has not been built into this installation: npm ci && npm run build\n"
_FOR_EVER = "private, max-age=31536000, immutable"


_KNOWN = {path.name: Packed.read(path) for path in sorted(_FILES.iterdir()) if path.is_file()}
_MODULES = {name: file.body.decode() for name, file in _KNOWN.items() if name.endswith(".js")}
_ASKED = _KNOWN | {name: Packed.of(name, bundle(name, _MODULES).encode()) for name in _SCRIPTS}
"""What pages ask for, by the name that they have for it."""
_LASTING = {file.name: file for file in _ASKED.values()}


def address(name: str) -> str:
    """Where a page finds this file, a script with all its modules; empty for a player that has
    not been built. New contents have a new address."""
    if name == _PLAYER.name and name not in _ASKED:
        try:
            file = Packed.read(_PLAYER)
        except OSError:
            return ""
        _KNOWN[name] = _ASKED[name] = _LASTING[file.name] = file
    return f"/static/desk/{_ASKED[name].name}"


address(_PLAYER.name)  # packed now rather than while the first page waits


async def file(request: web.Request) -> web.Response:
    """GET /static/desk/NAME. A name that is not among the files has no answer but 404."""
    name = request.match_info["name"]
    lasting = _LASTING.get(name)
    found = lasting or _KNOWN.get(name)
    if found is None:
        text = _MISSING_PLAYER if name == _PLAYER.name else "there is no such file\n"
        return web.Response(status=404, text=text)
    return found.answer(request, "no-cache" if lasting is None else _FOR_EVER)


def public_address(state: StateFolder, request: web.Request) -> str:
    """Where a browser finds the public port: on the host it came to us by, if that is bound to
    every address; empty while nobody has said."""
    try:
        running = json.loads((state.root / "running.json").read_bytes())
        address = urlsplit(str(running["public"]))
        port = address.port
    except (OSError, ValueError, KeyError):
        return ""
    host = address.hostname or ""
    if host in ("0.0.0.0", "::"):
        host = request.url.host or host
    name = f"[{host}]" if ":" in host else host
    return f"{address.scheme}://{name}:{port}/" if port else f"{address.scheme}://{name}/"


async def page(request: web.Request) -> web.Response:
    """The dashboard, with the desk as it is now."""
    desk, who = console(request), caller(request)
    public = public_address(desk.state, request)
    me, words = json.dumps(me_of(desk, who)), json.dumps(words_of(who))
    seen = request.app[HUB].newest() or "null"
    text = desk.pages.get_template("desk.html").render(
        title=said(desk.gallery.show.resolved.title),
        csrf=desk.signer.csrf(who.session) if who.session else "",
        public=public,
        player=address(_PLAYER.name),
        begin=f'{{"me": {me}, "words": {words}, "desk": {seen}}}',
        address=address,
    )
    headers = {"Content-Security-Policy": policy(public), hdrs.VARY: "Accept-Encoding"}
    body = text.encode()
    if takes_gzip(request):
        body, headers[hdrs.CONTENT_ENCODING] = gzip.compress(body, 3, mtime=0), "gzip"
    return web.Response(body=body, content_type="text/html", charset="utf-8", headers=headers)


def policy(public: str) -> str:
    """Everything from here; media data from the public port as well. (`data:` is an empty text
    track that hls.js makes.)"""
    more = f" {public.rstrip('/')}" if public else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        f"media-src 'self' blob: data:; worker-src 'self'; connect-src 'self'{more}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


async def wall(request: web.Request) -> web.Response:
    """For a screen that nobody touches."""
    return plain(request, "wall.html")


async def sheet(request: web.Request) -> web.Response:
    """The running order, to read."""
    return plain(request, "sheet.html")


async def restore(request: web.Request) -> web.Response:
    """For the second person (D10); the token is in the fragment."""
    return plain(request, "restore.html")


async def site(request: web.Request) -> web.Response:
    """A site's own page; the desk may look at it too, with `?site=`."""
    return plain(request, "site.html", site=site_asked(request))


async def admin(request: web.Request) -> web.Response:
    """Administration; apart from the desk, whose page does not carry its scripts."""
    zone = console(request).gallery.show.resolved.timezone
    return plain(request, "admin.html", zone=zone)


def plain(request: web.Request, template: str, **words: Any) -> web.Response:
    """A page of these files with the event's title and the session's CSRF token."""
    desk, who = console(request), caller(request)
    text = desk.pages.get_template(template).render(
        title=said(desk.gallery.show.resolved.title),
        csrf=desk.signer.csrf(who.session) if who.session else "",
        address=address,
        **words,
    )
    return web.Response(text=text, content_type="text/html")


async def site_news(request: web.Request) -> web.Response:
    """GET /api/v1/site: what one site is told. A site's own people are told of theirs alone."""
    desk = console(request)
    name = site_asked(request)
    if name not in desk.gallery.show.resolved.sites:
        raise Problem(404, "unknown-site", f"there is no site {name[:64]!r} in the rundown")
    return web.json_response(site_view(desk.watched(), name))


def site_asked(request: web.Request) -> str:
    who = caller(request)
    asked = request.query.get("site", "")
    if who.role is Role.SITE:
        if asked not in ("", who.site):
            raise Problem(403, "forbidden", "a site sees itself alone")
        return who.site
    return asked
