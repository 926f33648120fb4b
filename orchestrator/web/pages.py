"""Pages of the control port and their files, from memory. No inline script, no inline style.

On control's loop. Templates get `csrf` for `<meta name="csrf">`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from orchestrator.control.status import line_up_of
from orchestrator.web.console import caller, console

PAGES = Path(__file__).parents[2] / "templates" / "pages"
_TYPES = {".js": "text/javascript", ".css": "text/css"}


def file_of(name: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A handler that answers with this file of `templates/pages`, read once."""
    path = PAGES / name
    body, kind = path.read_bytes(), _TYPES[path.suffix]

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type=kind, charset="utf-8")

    return answer


async def status(request: web.Request) -> web.Response:
    desk, who = console(request), caller(request)
    template = desk.pages.get_template("status.html")
    show, n = desk.gallery.show, desk.gallery.now_n
    csrf = desk.signer.csrf(who.session) if who.session else ""
    text = template.render(status=desk.status(), line_up=line_up_of(show, n), csrf=csrf)
    return web.Response(text=text, content_type="text/html")


async def sign_in(request: web.Request) -> web.Response:
    """Open: the one page for who is not known yet. It says nothing of the event."""
    text = console(request).pages.get_template("sign-in.html").render()
    return web.Response(text=text, content_type="text/html")
