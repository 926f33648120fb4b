"""The origin: LL-HLS over HTTP from memory (draft-pantos-hls-rfc8216bis-22, section 6.2.5).

Runs on one event loop; nothing in it blocks. It follows the gate's decisions and hands out what is
public, never more: a request for what comes next waits, one for what has been taken back gets 410.
A playlist is rendered and compressed once per part for everybody who waits for it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

from orchestrator.bus.decisions import SafetyAct
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery import answers
from orchestrator.delivery.answers import CORS, cache, gone, unavailable
from orchestrator.delivery.blocking import BadDirective, read_directive
from orchestrator.delivery.dvrorigin import DvrOrigin
from orchestrator.delivery.dvrshape import shape_of
from orchestrator.delivery.dvrshelf import DvrShelf
from orchestrator.delivery.follow import DecisionsFollower
from orchestrator.delivery.guide import Guide, LineUp
from orchestrator.delivery.origintally import Tally
from orchestrator.delivery.publictree import read_slate
from orchestrator.delivery.rendered import Playlists, Rendered
from orchestrator.delivery.rule import GRACE_NS
from orchestrator.delivery.shelf import Shelf
from orchestrator.delivery.stream import Stream
from orchestrator.errors import StartError
from orchestrator.media.boxes import codec_string
from orchestrator.media.house import AUDIO_TRACK
from orchestrator.timing.clock import Clock
from orchestrator.timing.grid import NS

MAX_WAITING: Final = 20_000
"""Blocked requests at a time (about 8 KB each); beyond that 503 with Retry-After."""

_FRESH_SLACK_NS = NS
_MEDIA_NAME = re.compile(r"(\d{1,15})(?:\.(\d{1,2}))?(?:\.r(\d{1,15}))?\.m4s")


class Origin:
    """The public routes of one stream, and the tasks behind them."""

    def __init__(
        self,
        tree: LiveTree,
        clock: Clock,
        line_up: LineUp,
        *,
        language: str = "en",
        max_waiting: int = MAX_WAITING,
        dvr: Path | None = None,
    ) -> None:
        self._clock = clock
        self._stream = Stream.read(tree.processes)
        self._grid = self._stream.grid
        self._inits = _read_inits(tree, self._stream)
        self.shelf = Shelf(tree, self._stream, read_slate(tree, self._stream))
        self._dvr_shelf = DvrShelf(tree, dvr, shape_of(tree, self._stream)) if dvr else None
        on_act = self._dvr_shelf.take if self._dvr_shelf else _nothing
        self.follower = DecisionsFollower(tree, self._stream, self.shelf, on_act)
        self.guide = Guide(tree, self._grid, line_up)
        codecs = {track: codec_string(init) for track, init in self._inits.items()}
        self._playlists = Playlists(self._stream, self.shelf, self.guide, codecs, language)
        self._max_waiting = max_waiting
        self._stopping = False
        self.tally = Tally(self._grid)
        self._dvr = DvrOrigin(
            self._stream, self.shelf, self.guide, self._playlists, self.tally, self._dvr_shelf
        )

    def routes(self) -> list[web.RouteDef]:
        return [
            *self._dvr.routes(),
            web.get("/healthz", self._healthz),
            web.get("/now.json", self._now_next),
            web.get("/hls/index.m3u8", self._multivariant),
            web.get("/hls/{track}/live.m3u8", self._media_playlist),
            web.get("/hls/{track}/iframes.m3u8", self._iframe_playlist),
            web.get("/hls/{track}/init.mp4", self._init),
            web.get("/hls/{track}/{name}", self._media),
            web.options("/hls/{playlist}", self._preflight),
            web.options("/hls/{track}/{name}", self._preflight),
            web.options("/hls/{track}/dvr/{name}", self._preflight),
        ]

    async def run(self) -> None:
        """Follow decisions and the guide until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.follower.run(), name="decisions")
            tasks.create_task(self._watch(), name="guide")
            if self._dvr_shelf:
                tasks.create_task(self._dvr_shelf.run(), name="dvr")

    def stop(self) -> None:
        """From now on the health check fails and nobody is kept waiting."""
        self._stopping = True
        self.follower.wake()

    def facts(self) -> dict[str, object]:
        return {
            "last_k": self.shelf.last_k,
            "age_ms": round(self._age_ns() / 1e6, 1),
            "waiting": self.tally.waiting,
            "damaged_parts": self.shelf.damaged,
            "dvr": self._dvr.facts(),
            **self.tally.facts(),
        }

    async def _watch(self) -> None:
        """Once a part, and once a second: note how late it came, keep the guide up to date."""
        last_k = -1
        while True:
            news = self.follower.news
            if -1 < last_k < self.shelf.last_k:
                self.tally.published(self._age_ns())
            last_k = self.shelf.last_k
            self.guide.look(self._public_n())
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await news.wait()

    # playlists

    async def _multivariant(self, request: web.Request) -> web.Response:
        self.tally.count("multivariant")
        return self._playlist_response(request, self._playlists.multivariant, max_age_s=6)

    async def _media_playlist(self, request: web.Request) -> web.Response:
        track = self._track(request)
        self.tally.playlist(track, is_blocking="_HLS_msn" in request.query)
        deadline = asyncio.get_running_loop().time() + 3 * self._playlists.target_s
        if not await self._until(lambda: self.shelf.has_segment, deadline):
            return unavailable()
        try:
            directive = read_directive(
                request.query, self._grid, self.shelf.last_k, has_ended=self.shelf.has_ended
            )
        except BadDirective as error:
            return web.Response(status=400, text=f"{error}\n", headers=CORS | cache(1))
        if not await self._until(
            lambda: self.shelf.last_k >= directive.wait_k or self.shelf.has_ended, deadline
        ):
            return unavailable()
        rendered = self._playlists.media(track, directive.skip)
        is_directed = any(name.startswith("_HLS_") for name in request.query)
        return self._playlist_response(request, rendered, max_age_s=6 if is_directed else 1)

    async def _iframe_playlist(self, request: web.Request) -> web.Response:
        track = self._track(request)
        self.tally.count("iframes")
        deadline = asyncio.get_running_loop().time() + 3 * self._playlists.target_s
        if not await self._until(lambda: self.shelf.has_segment, deadline):
            return unavailable()
        rendered = self._playlists.iframes(track) if track != AUDIO_TRACK else None
        if rendered is None:
            return gone(404)
        return self._playlist_response(request, rendered, max_age_s=1)

    def _playlist_response(
        self, request: web.Request, rendered: Rendered, *, max_age_s: int
    ) -> web.Response:
        self.tally.sent(len(rendered.packed))
        return answers.text(request, rendered, max_age_s=max_age_s)

    # media

    async def _init(self, request: web.Request) -> web.Response:
        track = self._track(request)
        self.tally.count("init")
        return self._bytes_response(request, track, self._inits[track])

    async def _media(self, request: web.Request) -> web.Response:
        track = self._track(request)
        match = _MEDIA_NAME.fullmatch(request.match_info["name"])
        if match is None:
            return gone(404)
        msn, tag = int(match[1]), int(match[3] or 0)
        if match[2] is None:
            self.tally.count("segment")
            return self._segment(request, track, msn, tag)
        self.tally.count("part")
        return await self._part(request, track, msn, int(match[2]), tag)

    def _segment(self, request: web.Request, track: str, msn: int, tag: int) -> web.Response:
        now = self.shelf.tag_of_segment(msn)
        if tag != now:
            return gone(410 if tag < now else 404)
        body = self.shelf.segment(track, msn)
        if body is None:
            return unavailable() if tag else gone(404)
        return self._bytes_response(request, track, body)

    async def _part(
        self, request: web.Request, track: str, msn: int, index: int, tag: int
    ) -> web.Response:
        k = self._grid.part(msn, index)
        if index >= self._grid.parts_per_segment:
            return gone(404)
        if k == self.shelf.last_k + 1 and not tag and self.shelf.has_segment:
            # the hinted part: hold the request until all of it can be sent
            deadline = asyncio.get_running_loop().time() + 3 * self._playlists.target_s
            if not await self._until(
                lambda: self.shelf.last_k >= k or self.shelf.has_ended, deadline
            ):
                return unavailable()
        column = self.shelf.column(k)
        if column is None:
            return gone(404)
        if column.tag != tag:
            return gone(410 if tag < column.tag else 404)
        body = self.shelf.part(track, k)
        if body is None:  # the gate is writing the slate that stands for it
            return unavailable() if tag else gone(404)
        return self._bytes_response(request, track, body)

    def _bytes_response(self, request: web.Request, track: str, body: bytes) -> web.Response:
        # a name never means anything else, but a look-back may take it back: hence not immutable
        headers = CORS | cache(self._stream.window_s) | {hdrs.ETAG: f'"{request.path}"'}
        if request.headers.get(hdrs.IF_NONE_MATCH) == headers[hdrs.ETAG]:
            return web.Response(status=304, headers=headers)
        asked = answers.asked_range(request, len(body), headers)
        if asked is None:
            return web.Response(status=416, headers=headers)
        status, first, end = asked
        if status == 206:
            body = body[first:end]
        self.tally.sent(len(body))
        kind = answers.media_type(track)
        return web.Response(status=status, body=body, content_type=kind, headers=headers)

    # the rest

    async def _healthz(self, _: web.Request) -> web.Response:
        """Freshness, not mere life: 200 only while new parts come and we do not stop."""
        age_ns = self._age_ns()
        limit = round(self._grid.part_s * NS) + GRACE_NS + _FRESH_SLACK_NS
        is_fresh = age_ns <= limit or self.shelf.has_ended
        state = "stopping" if self._stopping else "fresh" if is_fresh else "stale"
        return web.json_response(
            {
                "state": state,
                "msn": self._grid.msn_of(self.shelf.last_k),
                "age_ms": age_ns // 10**6,
            },
            status=200 if state == "fresh" else 503,
            headers={hdrs.CACHE_CONTROL: "no-store"},
        )

    async def _now_next(self, _: web.Request) -> web.Response:
        self.tally.count("now")
        body = self.guide.now_next(self._public_n()) | {"ended": self.shelf.has_ended}
        return web.json_response(body, headers=CORS | cache(1))

    async def _preflight(self, _: web.Request) -> web.Response:
        allow = {
            "Access-Control-Allow-Methods": "GET, HEAD",
            "Access-Control-Allow-Headers": "Range",
            "Access-Control-Max-Age": "86400",
        }
        return web.Response(status=204, headers=CORS | allow)

    def _track(self, request: web.Request) -> str:
        track = request.match_info["track"]
        if track not in self._inits:
            raise web.HTTPNotFound(headers=CORS | cache(1))
        return track

    def _public_n(self) -> int:
        """The newest frame that is public."""
        return self._grid.first_frame(self.shelf.last_k + 1) - 1

    def _age_ns(self) -> int:
        """How long ago the newest public part became due."""
        due_ns = self._grid.part_end_ns(self.shelf.last_k) + self._stream.delay_ns
        return self._clock.now_ns() - due_ns

    async def _until(self, is_there: Callable[[], bool], deadline: float) -> bool:
        """Wait for news until `is_there`; False if it is too late, or there are too many of us."""
        if is_there():
            return True
        if self.tally.waiting >= self._max_waiting:
            self.tally.count("turned_away")
            return False
        self.tally.waiting += 1
        try:
            async with asyncio.timeout_at(deadline):
                while not is_there():
                    if self._stopping:
                        return False
                    await self.follower.news.wait()
        except TimeoutError:
            return False
        finally:
            self.tally.waiting -= 1
        return True


def _nothing(_: SafetyAct) -> None:
    """Nobody else needs to know."""


def _read_inits(tree: LiveTree, stream: Stream) -> dict[str, bytes]:
    try:
        return {t: (tree.slate / f"{t}.init").read_bytes() for t in stream.tracks}
    except OSError as error:
        raise StartError(f"there is no init segment: {error}") from error
