"""The poster and the thumbnails as viewers get them, from what the stills process keeps on disk.

    /poster.jpg                       the newest still, large; 404 until there is one
    /hls/thumbs.json                  {"width", "height", "pictures": [[ms since the epoch, uri]…]}
    /hls/thumbs/<k>[.r<tag>].jpg      410 once a look-back has taken it back

On the origin's loop; the disk is asked by threads. What the gate took back is known from
`decisions`, so nothing is handed out under an old name however long the disk takes to forget it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from contextlib import suppress
from pathlib import Path

from aiohttp import hdrs, web

from orchestrator.bus.decisions import SafetyAct
from orchestrator.bus.lines import LineFollower
from orchestrator.bus.stills import HEIGHT, WIDTH, Stills, poster_path, still_name, still_path
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery import answers
from orchestrator.delivery.answers import CORS, cache, gone, unavailable
from orchestrator.delivery.follow import DecisionsFollower
from orchestrator.delivery.rendered import Rendered
from orchestrator.delivery.stream import Stream
from orchestrator.timing.grid import Grid

log = logging.getLogger(__name__)

_LOOK_S = 2.0
_NAME = re.compile(r"(\d{1,15})(?:\.r(\d{1,15}))?\.jpg")


class StillsOrigin:
    """`routes` come before the origin's own, which would take `thumbs` for a rendition."""

    def __init__(self, tree: LiveTree, folder: Path, follower: DecisionsFollower) -> None:
        """`follower` says when there is something new."""
        stream = Stream.read(tree.processes)
        self._event = stream.event
        self._grid = stream.grid
        self._folder = folder
        self._follower = follower
        self._acts = LineFollower(tree.decisions, only=b'"act"')
        self._taken_back: list[tuple[int, int, int]] = []
        """First and last column and the tag of each look-back."""
        self._stills = Stills()
        self._rendered = Rendered.of(list_of(self._stills, self._grid))

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/poster.jpg", self._poster),
            web.get("/hls/thumbs.json", self._thumbs),
            web.get("/hls/thumbs/{name}", self._thumb),
        ]

    async def run(self) -> None:
        """Follow the gate's acts and the index until cancelled."""
        self._take(await asyncio.to_thread(self._acts.read))
        due_s = 0.0
        loop = asyncio.get_running_loop()
        while True:
            news = self._follower.news
            self._take(self._acts.read())
            if loop.time() >= due_s:
                await asyncio.to_thread(self._read)
                due_s = loop.time() + _LOOK_S
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await news.wait()

    def _read(self) -> None:
        """In a thread."""
        stills = Stills.read(self._folder)
        if stills.event == self._event and stills != self._stills:
            self._stills, self._rendered = stills, Rendered.of(list_of(stills, self._grid))

    def _take(self, records: list[dict[str, object]]) -> None:
        for record in records:
            with suppress(KeyError, TypeError, ValueError):
                act = SafetyAct.of(record)
                if act.redacted is not None:
                    self._taken_back.append((*act.redacted, act.tag))

    def _is_taken_back(self, k: int, tag: int) -> bool:
        return any(first <= k <= last and tag < newer for first, last, newer in self._taken_back)

    async def _poster(self, _: web.Request) -> web.StreamResponse:
        stills = self._stills
        if stills.poster_k < 0 or self._is_taken_back(stills.poster_k, stills.poster_tag):
            return gone(404)
        return await self._file(poster_path(self._folder), stills.poster_k, stills.poster_tag)

    async def _thumbs(self, request: web.Request) -> web.Response:
        return answers.text(request, self._rendered, max_age_s=5, kind="application/json")

    async def _thumb(self, request: web.Request) -> web.StreamResponse:
        match = _NAME.fullmatch(request.match_info["name"])
        if match is None:
            return gone(404)
        k, tag = int(match[1]), int(match[2] or 0)
        if self._is_taken_back(k, tag):
            return gone(410)
        return await self._file(still_path(self._folder, self._grid, k, tag), k, tag)

    async def _file(self, path: Path, k: int, tag: int) -> web.StreamResponse:
        try:
            body = await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError:
            return gone(404)
        except OSError:
            return unavailable()
        if self._is_taken_back(k, tag):  # while the disk was asked
            return gone(410)
        headers = CORS | cache(5) | {hdrs.CONTENT_LENGTH: str(len(body))}
        return web.Response(body=body, content_type="image/jpeg", headers=headers)


def list_of(stills: Stills, grid: Grid) -> str:
    """`thumbs.json`, oldest first; a picture is good from its instant until the next one's."""
    pictures = [
        [grid.instant_ns(grid.first_frame(k)) // 1_000_000, f"thumbs/{still_name(k, tag)}"]
        for k, tag in stills.pictures.items()
    ]
    return json.dumps(
        {"width": WIDTH, "height": HEIGHT, "pictures": pictures}, separators=(",", ":")
    )
