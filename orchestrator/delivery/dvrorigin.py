"""The DVR over HTTP: its playlists, its segments from disk, and where the page may scrub to.

On the origin's loop, which a disk must never stop: index, opening and the first reading of a file
are done by threads, at most `_MOST` at a time; then the kernel sends the file from its cache
(sendfile), so that ten thousand slow viewers cost descriptors and no memory. A file that the
recorder deletes meanwhile is sent to its end: whoever has it open has it.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from pathlib import Path
from typing import Any, BinaryIO, Final

from aiohttp import hdrs, web

from orchestrator.delivery import answers
from orchestrator.delivery.answers import CORS, cache, gone, unavailable
from orchestrator.delivery.dvrlists import DvrPlaylists
from orchestrator.delivery.dvrshelf import THERE, DvrShelf
from orchestrator.delivery.guide import Guide
from orchestrator.delivery.origintally import Tally
from orchestrator.delivery.playlists import iso
from orchestrator.delivery.rendered import Playlists, Rendered
from orchestrator.delivery.shelf import Shelf
from orchestrator.delivery.stream import Stream

_MOST: Final = 4000
"""Segments on their way at a time; beyond that 503 with Retry-After."""
_WARM: Final = 256
"""So many files are remembered as being in the kernel's cache."""
_CHUNK: Final = 1 << 20
_NAME = re.compile(r"(\d{1,15})(?:\.r(\d{1,15}))?\.m4s")


class DvrOrigin:
    """Routes of the DVR. Without a shelf (none is kept) only `/dvr.json` says something: no."""

    def __init__(
        self,
        stream: Stream,
        live: Shelf,
        guide: Guide,
        playlists: Playlists,
        tally: Tally,
        shelf: DvrShelf | None,
    ) -> None:
        self._stream = stream
        self._live = live
        self._guide = guide
        self._playlists = playlists
        self._tally = tally
        self._shelf = shelf
        self._lists = DvrPlaylists(shelf, guide) if shelf else None
        self._window: tuple[int, Rendered] | None = None
        self._warm: dict[tuple[str, int, int], None] = {}
        self._on_their_way = 0

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/dvr.json", self._json),
            web.get("/hls/dvr.m3u8", self._multivariant),
            web.get("/hls/{track}/dvr.m3u8", self._media_playlist),
            web.get("/hls/{track}/dvr/{name}", self._segment),
        ]

    def facts(self) -> dict[str, object]:
        view = self._shelf.view if self._shelf else None
        return {
            "segments": view.last_g + 1 - view.first_g if view else 0,
            "on_their_way": self._on_their_way,
        }

    async def _multivariant(self, request: web.Request) -> web.Response:
        self._tally.count("dvr_multivariant")
        if self._shelf is None or self._shelf.view is None:
            return gone(404)
        rendered = self._playlists.dvr_multivariant
        self._tally.sent(len(rendered.packed))
        return answers.text(request, rendered, max_age_s=6)

    async def _media_playlist(self, request: web.Request) -> web.Response:
        is_delta = request.query.get("_HLS_skip") in ("YES", "v2")
        self._tally.count("dvr_delta" if is_delta else "dvr_playlist")
        if self._lists is None or request.match_info["track"] not in self._stream.tracks:
            return gone(404)
        rendered = await self._lists.media(is_delta=is_delta, has_ended=self._has_ended)
        if rendered is None:
            return gone(404)
        self._tally.sent(len(rendered.packed))
        return answers.text(request, rendered, max_age_s=self._lists.target_s // 2)

    @property
    def _has_ended(self) -> bool:
        """After STOP, once no whole segment can come any more."""
        shelf, end_k = self._shelf, self._live.end_k
        if shelf is None or shelf.view is None or end_k is None or not self._live.has_ended:
            return False
        return shelf.end_n(shelf.view) + shelf.group_frames > self._stream.grid.first_frame(end_k)

    async def _json(self, request: web.Request) -> web.Response:
        self._tally.count("dvr")
        revision = self._shelf.revision if self._shelf else 0
        if self._window is None or self._window[0] != revision:
            text = json.dumps(self._describe(), ensure_ascii=False, separators=(",", ":"))
            self._window = (revision, Rendered.of(text))
        return answers.text(request, self._window[1], max_age_s=1, kind="application/json")

    def _describe(self) -> dict[str, Any]:
        """As of the newest DVR segment, so that nothing is told that is not public."""
        shelf = self._shelf
        if shelf is None or shelf.view is None:
            return {"start": None, "end": None, "slots": []}
        grid, view = self._stream.grid, shelf.view
        first_n, end_n = shelf.first_n(view.first_g), shelf.end_n(view)
        return {
            "start": iso(grid.utc(first_n)),
            "end": iso(grid.utc(end_n)),
            "slots": self._guide.chapters(first_n, end_n),
        }

    async def _segment(self, request: web.Request) -> web.StreamResponse:
        self._tally.count("dvr_segment")
        track, match = request.match_info["track"], _NAME.fullmatch(request.match_info["name"])
        shelf = self._shelf
        if shelf is None or match is None or track not in self._stream.tracks:
            return gone(404)
        g, tag = int(match[1]), int(match[2] or 0)
        if (verdict := shelf.verdict(g, tag)) != THERE:
            return unavailable() if verdict == 503 else gone(verdict)
        headers = CORS | cache(self._stream.window_s) | {hdrs.ETAG: f'"{request.path}"'}
        if request.headers.get(hdrs.IF_NONE_MATCH) == headers[hdrs.ETAG]:
            return web.Response(status=304, headers=headers)
        if self._on_their_way >= _MOST:
            return unavailable()
        self._on_their_way += 1
        try:
            return await self._send_file(request, (track, g, tag), headers)
        finally:
            self._on_their_way -= 1

    async def _send_file(
        self, request: web.Request, key: tuple[str, int, int], headers: dict[str, str]
    ) -> web.StreamResponse:
        assert self._shelf is not None
        path = self._shelf.path(*key)
        try:
            file, size = await asyncio.to_thread(_open, path, is_warm=key in self._warm)
        except FileNotFoundError:
            return gone(404)
        except OSError:
            return unavailable()
        try:
            self._note_warm(key)
            if self._shelf.verdict(*key[1:]) != THERE:  # taken back while the disk was asked
                return gone(410)
            return await self._send(request, file, size, answers.media_type(key[0]), headers)
        finally:
            file.close()

    async def _send(
        self,
        request: web.Request,
        file: BinaryIO,
        size: int,
        kind: str,
        headers: dict[str, str],
    ) -> web.StreamResponse:
        asked = answers.asked_range(request, size, headers)
        if asked is None:
            return web.Response(status=416, headers=headers)
        status, first, end = asked
        response = web.StreamResponse(status=status, headers=headers)
        response.content_type = kind
        response.content_length = end - first
        await response.prepare(request)
        if request.method == "GET":
            if request.transport is None:
                raise ConnectionResetError("the viewer has gone")
            loop = asyncio.get_running_loop()
            await loop.sendfile(request.transport, file, first, end - first)
            self._tally.sent(end - first)
        await response.write_eof()
        return response

    def _note_warm(self, key: tuple[str, int, int]) -> None:
        self._warm.pop(key, None)
        self._warm[key] = None
        while len(self._warm) > _WARM:
            del self._warm[next(iter(self._warm))]


def _open(path: Path, *, is_warm: bool) -> tuple[BinaryIO, int]:
    """In a thread. Reads the file once, so that it is in the kernel's cache and sending it does not
    keep the loop waiting for the disk. Raises OSError."""
    file = path.open("rb", buffering=0)
    try:
        size = os.fstat(file.fileno()).st_size
        if not is_warm:
            scratch = bytearray(min(size, _CHUNK))
            at = 0
            while at < size and (count := os.preadv(file.fileno(), [scratch], at)):
                at += count
    except BaseException:
        file.close()
        raise
    return file, size
