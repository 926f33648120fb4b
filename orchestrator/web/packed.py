"""A file as it is handed out: read once, packed once, told apart by what is in it.

No state but the record's own; on the loop of whoever answers with it: the origin's or control's.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from aiohttp import hdrs, web

_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class Packed:
    name: str
    """With what tells its contents from others, for those who ask once."""
    body: bytes
    packed: bytes
    kind: str
    tag: str

    @classmethod
    def of(cls, name: str, body: bytes) -> Packed:
        digest, path = hashlib.sha256(body).hexdigest()[:16], Path(name)
        kind = _TYPES.get(path.suffix, "application/octet-stream")
        lasting = f"{path.stem}-{digest}{path.suffix}"
        return cls(lasting, body, gzip.compress(body, mtime=0), kind, f'"{digest}"')

    @classmethod
    def read(cls, path: Path) -> Packed:
        """Raises OSError."""
        return cls.of(path.name, path.read_bytes())

    def answer(self, request: web.Request, cache: str) -> web.Response:
        """All of it, packed for who can unpack it; or that it is what they have."""
        headers = {hdrs.ETAG: self.tag, hdrs.VARY: "Accept-Encoding", hdrs.CACHE_CONTROL: cache}
        if request.headers.get(hdrs.IF_NONE_MATCH) == self.tag:
            return web.Response(status=304, headers=headers)
        body = self.body
        if takes_gzip(request):
            body, headers[hdrs.CONTENT_ENCODING] = self.packed, "gzip"
        return web.Response(body=body, content_type=self.kind, charset="utf-8", headers=headers)


def takes_gzip(request: web.Request) -> bool:
    return "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "")
