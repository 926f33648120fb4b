"""What the public answers have in common: headers, ranges, and the words for "not there".

On the origin's loop; no state.
"""

from __future__ import annotations

from typing import Final

from aiohttp import hdrs, web

from orchestrator.delivery.playlists import PLAYLIST_TYPE
from orchestrator.delivery.rendered import Rendered
from orchestrator.media.house import AUDIO_TRACK

CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Date, Age",
    "Timing-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def cache(max_age_s: int) -> dict[str, str]:
    return {hdrs.CACHE_CONTROL: f"public, max-age={max_age_s}"}


def gone(status: int) -> web.Response:
    """404: not (yet) there. 410: taken back."""
    return web.Response(status=status, headers=CORS | cache(1))


def unavailable() -> web.Response:
    headers = {hdrs.CACHE_CONTROL: "no-store", hdrs.RETRY_AFTER: "1"}
    return web.Response(status=503, headers=CORS | headers)


def text(
    request: web.Request, rendered: Rendered, *, max_age_s: int, kind: str = PLAYLIST_TYPE
) -> web.Response:
    """What was rendered, packed for who can unpack it."""
    headers = CORS | cache(max_age_s) | {hdrs.VARY: "Accept-Encoding"}
    body = rendered.plain
    if "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
        headers[hdrs.CONTENT_ENCODING] = "gzip"
        body = rendered.packed
    return web.Response(body=body, content_type=kind, headers=headers)


def media_type(track: str) -> str:
    return "audio/mp4" if track == AUDIO_TRACK else "video/mp4"


def asked_range(
    request: web.Request, size: int, headers: dict[str, str]
) -> tuple[int, int, int] | None:
    """Status, first byte and one past the last of what is asked of `size` bytes; None if no byte
    of it is there (416). `headers` gets what belongs to it."""
    headers[hdrs.ACCEPT_RANGES] = "bytes"
    if hdrs.RANGE not in request.headers or hdrs.IF_RANGE in request.headers:
        return 200, 0, size
    try:
        first, end, _ = request.http_range.indices(size)
    except ValueError:  # not one range of bytes: all of it, as RFC 9110 has it
        return 200, 0, size
    if first >= end:
        headers[hdrs.CONTENT_RANGE] = f"bytes */{size}"
        return None
    headers[hdrs.CONTENT_RANGE] = f"bytes {first}-{end - 1}/{size}"
    return 206, first, end
