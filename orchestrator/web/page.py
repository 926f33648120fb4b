"""The viewer's page and the files it needs, from memory, under a policy that allows nothing else.

On the origin's loop. No inline script, no inline style, nothing from other hosts: what is not in
`static/` (or built into `build/static/` from npm) does not run.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import hdrs, web

from orchestrator.delivery.guide import Guide
from orchestrator.web.packed import Packed

if TYPE_CHECKING:
    import jinja2

_ROOT = Path(__file__).parents[2]
_STATIC = Path(__file__).parent / "static"
_BUILT = _ROOT / "build" / "static"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self' blob: data:; connect-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_MISSING_PLAYER = (
    "hls.js has not been built into this installation: run `npm ci && npm run build`\n"
)

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Server": "orchestrator",
}


class ViewerPage:
    """Routes of `/` and `/static/`."""

    def __init__(self, guide: Guide) -> None:
        self._guide = guide
        self._files = {path.name: Packed.read(path) for path in _STATIC.iterdir() if path.is_file()}

    @cached_property
    def _template(self) -> jinja2.Template:
        import jinja2  # here: a restarted origin owes its viewers these 70 ms

        loader = jinja2.FileSystemLoader(_ROOT / "templates" / "pages")
        environment = jinja2.Environment(
            loader=loader, autoescape=True, undefined=jinja2.StrictUndefined
        )
        return environment.get_template("viewer.html")

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/", self._page), web.get("/static/{name}", self._file)]

    async def _page(self, _: web.Request) -> web.Response:
        text = self._template.render(self._words())
        headers = {hdrs.CACHE_CONTROL: "no-cache", "Content-Security-Policy": _POLICY}
        return web.Response(text=text, content_type="text/html", headers=headers)

    def _words(self) -> dict[str, Any]:
        event = self._guide.event()
        if event is None:
            return {"title": "Live", "language": "en", "is_rehearsal": False}
        language, title = next(iter(event.title.items()))
        return {"title": title, "language": language, "is_rehearsal": event.is_rehearsal}

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        file = self._files.get(name) or self._built(name)
        if file is None:
            text = _MISSING_PLAYER if name == "hls.min.js" else "there is no such file\n"
            return web.Response(status=404, text=text, headers={hdrs.CACHE_CONTROL: "no-store"})
        return file.answer(request, "public, max-age=300")

    def _built(self, name: str) -> Packed | None:
        """A file of the npm build; it may be made while we run, and then stays."""
        if name not in ("hls.min.js", "hls.worker.js"):
            return None
        try:
            self._files[name] = Packed.read(_BUILT / name)
        except OSError:
            return None
        return self._files[name]
