"""RTMP addresses: `rtmps://live.example:443/app/key?more`. The key is everything behind the app.

`check` reads a producer's, a push connects to one. Pure. What is shown to anybody is `text`; the
key itself never leaves this record but to the server.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from orchestrator.errors import ConfigError

_PORTS = {"rtmp": 1935, "rtmps": 443}


@dataclass(frozen=True, slots=True)
class RtmpAddress:
    """As OBS reads one: server and app up to the last slash of the path, then the key."""

    scheme: str
    host: str
    port: int
    app: str
    key: str = field(repr=False)

    @property
    def is_tls(self) -> bool:
        return self.scheme == "rtmps"

    @property
    def tc_url(self) -> str:
        """What `connect` tells the server; a port that goes without saying is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}/{self.app}"

    @property
    def text(self) -> str:
        """For logs and screens: without the key."""
        return f"{self.tc_url}/…"

    def without_key(self, text: str) -> str:
        """A server's own words may repeat the key; ours do not."""
        for secret in sorted({self.key, self.key.split("?")[0]}, key=len, reverse=True):
            if len(secret) >= 4:
                text = text.replace(secret, "…")
        return text

    @classmethod
    def parse(cls, url: str) -> RtmpAddress:
        """Raises ConfigError with a sentence that does not repeat the address."""
        try:
            split = urlsplit(url.strip())
            port = split.port
        except ValueError:
            raise ConfigError("is no address: its host or port cannot be read") from None
        if split.scheme not in _PORTS:
            raise ConfigError("must begin with rtmp:// or rtmps://")
        if not split.hostname:
            raise ConfigError("names no host")
        if "@" in split.netloc:
            raise ConfigError("holds a user name; RTMP knows keys only")
        app, _, key = split.path.strip("/").rpartition("/")
        if not app or not key:
            raise ConfigError(f"needs an app and a key: {split.scheme}://host/app/key")
        more = f"?{split.query}" if split.query else ""
        return cls(split.scheme, split.hostname, port or _PORTS[split.scheme], app, key + more)
