"""The stills on disk: which column gets one, how long it stays, what a look-back does to it.

One thread of the stills process. The index is written after the pictures it names.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from orchestrator.bus.decisions import REAL, Column
from orchestrator.bus.lines import replace_json
from orchestrator.bus.stills import (
    EVERY_S,
    HEIGHT,
    WIDTH,
    Stills,
    index_path,
    poster_path,
    still_path,
)
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery.publictree import SlateParts
from orchestrator.delivery.stills.jpeg import Sizes, jpegs
from orchestrator.delivery.stream import Stream

log = logging.getLogger(__name__)

_POSTER_HEIGHT = 480


class StillShelf:
    """`wants` a column, is `offer`ed it; `redact` and `tidy` take away."""

    def __init__(
        self,
        folder: Path,
        live: LiveTree,
        stream: Stream,
        slate: SlateParts,
        inits: Mapping[str, bytes],
        kept_s: float,
    ) -> None:
        self._folder = folder
        self._live = live
        self._stream = stream
        self._slate = slate
        self._inits = inits
        grid = stream.grid
        self._kept = int(kept_s / grid.part_s) + grid.parts_per_segment
        self._every = max(1, round(EVERY_S / grid.segment_s)) * grid.parts_per_segment
        # the smallest that is enough for a poster; else the largest there is
        by_height = sorted(stream.ladder, key=lambda rendition: rendition.height)
        enough = [rendition for rendition in by_height if rendition.height >= _POSTER_HEIGHT]
        rendition = (enough or by_height[-1:])[0]
        self._track = rendition.name
        self._sizes: Sizes = ((rendition.width, rendition.height, 4), (WIDTH, HEIGHT, 6))
        self._pictures: dict[int, int] = {}
        self._poster: tuple[int, int] = (-1, 0)
        self._newest_k = -1
        self._is_told = True
        self._to_replace: dict[int, int] = {}
        """Columns that are taken back and have no slate in their place yet: k and tag."""

    def facts(self) -> dict[str, object]:
        return {
            "pictures": len(self._pictures),
            "poster_k": self._poster[0],
            "waiting_redactions": len(self._to_replace),
        }

    def open(self, replaced: Mapping[int, int]) -> None:
        """Take over what is on disk; `replaced` is what was taken back, with tags."""
        grid = self._stream.grid
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
        told = Stills.read(self._folder)
        if (told.event, told.fps, told.part_frames) == (
            self._stream.event, grid.fps, grid.part_frames,
        ):  # fmt: skip
            self._pictures = dict(told.pictures)
            self._poster = (told.poster_k, told.poster_tag)
        for k, tag in replaced.items():
            self.redact([k], tag)
        self._drop_strangers()

    def wants(self, column: Column) -> bool:
        """Whether there is to be a still of it: one with a key picture, every so often."""
        return (
            column.k % self._every == 0
            and column.k > self._newest_k
            and self._track in column.independent
        )

    def offer(self, column: Column) -> None:
        """Make a thumbnail and the poster of it. Raises OSError."""
        k = column.k
        self._newest_k = k
        part = self._part(column)
        if part is None:
            return
        poster, thumbnail = jpegs(self._inits[self._track] + part, self._sizes)
        _put(still_path(self._folder, self._stream.grid, k), thumbnail)
        _put(poster_path(self._folder), poster)
        self._pictures[k], self._poster = 0, (k, 0)
        self._tell()

    def redact(self, columns: Iterable[int], tag: int) -> None:
        """Delete what shows any of these columns, at once. Never raises: what the disk refuses is
        tried again by `tidy`."""
        poster_k, poster_tag = self._poster
        for k in columns:
            if self._pictures.get(k, tag) < tag or (k == poster_k and poster_tag < tag):
                self._to_replace[k] = tag
        for k in self._to_replace:
            with contextlib.suppress(OSError):
                self._delete(k)

    def tidy(self) -> None:
        """Slate in place of what was taken back; nothing older than asked for. Raises OSError."""
        if self._to_replace:
            poster, thumbnail = jpegs(
                self._inits[self._track] + self._slate[self._track, 0], self._sizes
            )
        while self._to_replace:
            k, tag = max(self._to_replace.items())
            self._delete(k)
            if k in self._pictures:
                _put(still_path(self._folder, self._stream.grid, k, tag), thumbnail)
                self._pictures[k] = tag
            if k == self._poster[0]:
                _put(poster_path(self._folder), poster)
                self._poster = (k, tag)
            del self._to_replace[k]
            self._is_told = False
        oldest_k = max(self._pictures, default=0) - self._kept
        for k in [k for k in self._pictures if k < oldest_k]:
            path = still_path(self._folder, self._stream.grid, k, self._pictures.pop(k))
            path.unlink(missing_ok=True)
            self._is_told = False
            with contextlib.suppress(OSError):  # not empty yet
                path.parent.rmdir()
        if not self._is_told:
            self._tell()

    def _delete(self, k: int) -> None:
        """Raises OSError."""
        if k in self._pictures:
            path = still_path(self._folder, self._stream.grid, k, self._pictures[k])
            path.unlink(missing_ok=True)
        if k == self._poster[0]:
            poster_path(self._folder).unlink(missing_ok=True)

    def _part(self, column: Column) -> bytes | None:
        value = column.tracks[self._track]
        if value != REAL:
            return self._slate[self._track, value]
        path = self._live.public_part(self._stream.grid, column.folder, self._track, column.k)
        try:
            return path.read_bytes()
        except FileNotFoundError:  # about to be linked, or taken back: another one comes
            return None

    def _tell(self) -> None:
        grid = self._stream.grid
        record = Stills(
            self._stream.event, grid.fps, grid.part_frames, self._pictures, *self._poster
        ).record()
        replace_json(index_path(self._folder), record)
        self._is_told = True

    def _drop_strangers(self) -> None:
        """Delete what the index does not name: left by a killed process, or of another stream."""
        grid = self._stream.grid
        named = {still_path(self._folder, grid, k, tag) for k, tag in self._pictures.items()}
        with contextlib.suppress(OSError):
            for path in self._folder.rglob("*.jpg"):
                if path not in named and path != poster_path(self._folder):
                    path.unlink(missing_ok=True)


def _put(path: Path, body: bytes) -> None:
    partial = path.with_name(f".{path.name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        fd = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(body)
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
