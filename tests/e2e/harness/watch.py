"""A viewer that keeps everything: follows live playlists over HTTP, part by part, and reads them.

One thread per track, each with blocking playlist reloads as a low-latency player does them. What
was fetched can be decoded and asked: which frame, which site, which beep (`rehearsal/witness.py`).
"""

from __future__ import annotations

import http.client
import re
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import urljoin, urlsplit

from harness.run import until

from orchestrator.rehearsal import witness
from orchestrator.timing.grid import Grid

_PART = re.compile(r'#EXT-X-PART:(?=.*URI="([^"]+)")(?:.*INDEPENDENT=(YES))?')
_NAME = re.compile(r"(\d+)\.(\d+)[^/]*\.m4s$")
_PATIENCE_S = 3.0
_PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class Part:
    k: int
    body: bytes
    is_independent: bool
    at_s: float
    """Monotonic time at which it had been fetched."""


@dataclass(slots=True)
class Track:
    """What has been fetched of one track, and every line that ought not to be there."""

    name: str
    init: bytes = b""
    parts: dict[int, Part] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    odd_lines: set[str] = field(default_factory=set)

    def newest(self) -> int:
        return max(self.parts, default=-1)


class Watch:
    """`with Watch(run.public, run.grid(), ["180p", "a"]) as watch:` fetches until it is closed."""

    def __init__(self, public: str, grid: Grid, tracks: list[str]) -> None:
        self._public, self._grid = public, grid
        self.tracks = {name: Track(name) for name in tracks}
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._follow, args=(track,), name=f"watch {track.name}")
            for track in self.tracks.values()
        ]

    def __enter__(self) -> Watch:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, n: int, timeout_s: float = 30.0) -> None:
        """Until every track has the part that holds frame `n`."""
        k = self._grid.part_of(n)
        until(
            f"frame {n} is public",
            lambda: all(track.newest() >= k for track in self.tracks.values()),
            timeout_s,
        )

    def first_n(self) -> int:
        """The first frame that every track has."""
        return max(min(t.parts) for t in self.tracks.values()) * self._grid.part_frames

    def span(self, track: str, first_n: int, last_n: int) -> list[bytes]:
        """The parts that hold these frames, from the start of a segment on, none missing."""
        grid = self._grid
        first_k = grid.part(grid.msn_of(grid.part_of(first_n)), 0)
        parts = self.tracks[track].parts
        first_k = max(first_k, min(parts))
        return [parts[k].body for k in range(first_k, grid.part_of(last_n) + 1)]

    def pictures(self, track: str, first_n: int, last_n: int) -> list[witness.Picture]:
        parts = self.span(track, first_n, last_n)
        decoded = witness.pictures(self.tracks[track].init, parts, self._grid)
        return [picture for picture in decoded if first_n <= picture.n <= last_n]

    def sound(self, first_n: int, last_n: int) -> witness.Sound:
        return witness.heard(self.tracks["a"].init, self.span("a", first_n, last_n))

    def holes(self) -> dict[str, list[int]]:
        """Part numbers that were never published, by track."""
        return {
            name: [k for k in range(min(t.parts), t.newest()) if k not in t.parts]
            for name, t in self.tracks.items()
            if t.parts
        }

    def _follow(self, track: Track) -> None:
        where = urljoin(self._public, f"hls/{track.name}/live.m3u8")
        client = _Client(where)
        while not self._over.is_set():
            try:
                self._round(track, client, where)
            except (OSError, http.client.HTTPException, ValueError) as error:
                if not self._over.is_set():
                    track.errors.append(repr(error))
                client.close()
                time.sleep(_PAUSE_S)
        client.close()

    def _round(self, track: Track, client: _Client, where: str) -> None:
        after = track.newest() + 1
        block = ""
        if track.parts:
            block = f"?_HLS_msn={self._grid.msn_of(after)}&_HLS_part={self._grid.index_of(after)}"
        playlist = client.get(where + block).decode()
        if not track.init:
            found = re.search(r'#EXT-X-MAP:URI="([^"]+)"', playlist)
            track.init = client.get(urljoin(where, found[1])) if found else b""
        for line in playlist.splitlines():
            if line.startswith(("#EXT-X-DISCONTINUITY", "#EXT-X-GAP")) or "GAP=YES" in line:
                track.odd_lines.add(line)
            part = _PART.match(line)
            name = part and _NAME.search(part[1])
            if not part or not name:
                continue
            k = self._grid.part(int(name[1]), int(name[2]))
            if k not in track.parts:
                body = client.get(urljoin(where, part[1]))
                track.parts[k] = Part(k, body, part[2] == "YES", time.monotonic())


class _Client:
    """One kept-alive connection; raises OSError for any answer but 200."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc
        self._connection: http.client.HTTPConnection | None = None

    def get(self, url: str) -> bytes:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self._host, timeout=_PATIENCE_S)
        split = urlsplit(url)
        self._connection.request("GET", f"{split.path}?{split.query}")
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise OSError(f"{answer.status} for {split.path}?{split.query}")
        return body

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
