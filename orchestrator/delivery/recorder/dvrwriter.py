"""Writes the DVR: a file a track for every three live segments, and the index (`bus/dvr.py`).

The worker's thread. Files are written beside their name, put on the disk, renamed, and only then
named in the index; so a line of the index never promises what a power cut took. Nothing is deleted
but what left the playlist `MARGIN_S` ago, and what was taken back, which goes at once.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from orchestrator.bus.dvr import (
    MARGIN_S,
    DvrIndex,
    Kept,
    Shape,
    first_part,
    index_path,
    parts_per_group,
    segment_path,
)
from orchestrator.bus.lines import LineWriter, read_lines
from orchestrator.delivery.recorder.source import Source

log = logging.getLogger(__name__)

_OLD_LINES = 2000
"""So many lines that say nothing any more, beyond as many as do, and the index is written anew."""


def length_in_groups(length_s: float, shape: Shape) -> int:
    """How many segments a DVR of that length holds."""
    return max(1, int(length_s / (shape.grid.segment_s * shape.group)))


_NAME = re.compile(r"(\d+)(?:\.r(\d+))?\.m4s")


class DvrWriter:
    """`open` what is on disk, `pump` what is public into it, `redact` what was taken back."""

    def __init__(self, folder: Path, shape: Shape, source: Source, length_s: float) -> None:
        self._folder = folder
        self._shape = shape
        self._source = source
        self._most = length_in_groups(length_s, shape)
        self._margin = max(1, int(MARGIN_S / (shape.grid.segment_s * shape.group)))
        self._index = DvrIndex()
        self._lines: LineWriter | None = None
        self._behind: dict[int, int] = {}
        """Segments that have left the playlist and are still on disk: g and tag."""
        self._waiting: set[int] = set()
        """Segments with something in them that was taken back, which the disk refused so far."""
        self.bytes = 0

    @property
    def next_g(self) -> int | None:
        last = self._index.last_g
        return None if last is None else last + 1

    @property
    def next_k(self) -> int | None:
        """The first column that is not in the DVR, None before the first."""
        return None if self.next_g is None else first_part(self._shape, self.next_g)

    def facts(self) -> dict[str, object]:
        segments = self._index.segments
        grid = self._shape.grid
        return {
            "segments": len(segments),
            "length_s": round(len(segments) * grid.segment_s * self._shape.group, 1),
            "bytes": self.bytes,
            "first_g": self._index.first_g,
            "next_g": self.next_g,
            "waiting_redactions": len(self._waiting),
        }

    def open(self) -> None:
        """Take over what is on disk, or begin anew if it is another stream's. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = index_path(self._folder)
        index = DvrIndex()
        for record in read_lines(path):
            index.take(record)
        if index.shape != self._shape:
            self._empty()
            index = DvrIndex()
            index.take(self._shape.record())
        self._index = index
        self._rewrite()
        self._drop_strangers()
        self.bytes = sum(sum(kept.sizes.values()) for kept in index.segments.values())
        log.info("the DVR holds %d segments", len(index.segments))

    def close(self) -> None:
        if self._lines is not None:
            self._lines.close()
            self._lines = None

    def stop(self, k: int) -> None:
        """The stream ends before column `k`; the DVR stays as it is."""

    def make_room(self) -> None:
        """Nothing here can be done without."""

    def pump(self) -> bool:
        """Write the next segment if all of it is public; True if there was one. Raises OSError,
        or NotThereYet."""
        if self._waiting:
            self._rewrite_taken_back()
        source = self._source
        oldest_k = source.oldest_k
        if oldest_k is None:
            return False
        size = parts_per_group(self._shape)
        g = self.next_g
        if g is None or first_part(self._shape, g) + self._most * size <= oldest_k:
            g = -(-oldest_k // size)
        if first_part(self._shape, g) + size - 1 > source.newest_k:
            return False
        self._write(g)
        return True

    def redact(self, columns: Iterable[int]) -> None:
        """Put slate in place of columns. Never raises: what the disk refuses is tried again, but
        what must not be seen is gone from it."""
        size = parts_per_group(self._shape)
        touched = {k // size for k in columns}
        self._waiting |= {g for g in touched if g in self._index.segments or g in self._behind}
        with contextlib.suppress(OSError):
            self._rewrite_taken_back()

    def recheck(self, replaced: dict[int, tuple[int, int]]) -> None:
        """After a start: whatever was taken back while nobody was looking."""
        size = parts_per_group(self._shape)
        for k, (_, tag) in replaced.items():
            kept = self._index.segments.get(k // size)
            if kept is not None and kept.tag < tag:
                self._waiting.add(kept.g)
        with contextlib.suppress(OSError):
            self._rewrite_taken_back()

    # writing

    def _write(self, g: int) -> None:
        first = first_part(self._shape, g)
        ks = range(first, first + parts_per_group(self._shape))
        filled = self._source.fill(ks, self._shape.tracks)
        tag = max(column.tag for column in filled)
        sizes = {}
        for track in self._shape.tracks:
            body = b"".join(column.parts[track] for column in filled)
            self._put(segment_path(self._folder, self._shape, track, g, tag), body)
            sizes[track] = len(body)
        if g != self.next_g:
            self._leave(before_g=g)  # the first of all, or the first behind a hole
        self._say(Kept(g, tag, sizes).record())
        self.bytes += sum(sizes.values())
        self._leave(before_g=g + 1 - self._most)
        self._sweep()
        if self._index.lines > 2 * len(self._index.segments) + _OLD_LINES:
            self._rewrite()

    def _put(self, path: Path, body: bytes) -> None:
        """The whole file under its name and on the disk, or nothing. Raises OSError."""
        partial = path.with_name(f".{path.name}")
        try:
            fd = _open_new(partial)
            try:
                _write_all(fd, body)
                os.fdatasync(fd)
            finally:
                os.close(fd)
            partial.replace(path)
        except OSError:
            partial.unlink(missing_ok=True)
            raise

    def _say(self, record: dict[str, object]) -> None:
        if self._lines is None:
            self._lines = LineWriter(index_path(self._folder), durable=True)
        self._lines.append(record)
        self._index.take(record)

    def _leave(self, before_g: int) -> None:
        """Everything before `before_g` leaves the playlist."""
        if before_g <= self._index.first_g:
            return
        gone = {g: kept for g, kept in self._index.segments.items() if g < before_g}
        self._say({"first_g": before_g})
        self._behind |= {g: kept.tag for g, kept in gone.items()}
        self.bytes -= sum(sum(kept.sizes.values()) for kept in gone.values())

    def _sweep(self) -> None:
        """Delete what left the playlist long ago."""
        limit = self._index.first_g - self._margin
        for g in [g for g in self._behind if g < limit]:
            self._delete(g, self._behind.pop(g))

    def _delete(self, g: int, tag: int) -> None:
        for track in self._shape.tracks:
            path = segment_path(self._folder, self._shape, track, g, tag)
            path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # not empty yet
                path.parent.rmdir()

    # taking back

    def _rewrite_taken_back(self) -> None:
        while self._waiting:
            g = max(self._waiting)
            if g in self._behind:
                self._delete(g, self._behind.pop(g))
            elif (kept := self._index.segments.get(g)) is not None:
                self._rewrite_segment(kept)
            self._waiting.discard(g)

    def _rewrite_segment(self, kept: Kept) -> None:
        """The segment with slate in it, under a new name. The old file is not waited for: if there
        is no room for the new one beside it, it goes first."""
        first = first_part(self._shape, kept.g)
        ks = range(first, first + parts_per_group(self._shape))
        old = {
            track: segment_path(self._folder, self._shape, track, kept.g, kept.tag)
            for track in self._shape.tracks
        }
        bodies, tag = self._source.with_slate(ks, {t: _read(old[t]) for t in old})
        new = {
            track: segment_path(self._folder, self._shape, track, kept.g, tag) for track in bodies
        }
        for is_last_try in (False, True):
            try:
                for track, body in bodies.items():
                    self._put(new[track], body)
                break
            except OSError:
                for path in old.values():
                    path.unlink(missing_ok=True)
                if is_last_try:
                    raise
        sizes = {track: len(body) for track, body in bodies.items()}
        self._say(Kept(kept.g, tag, sizes).record())
        self.bytes += sum(sizes.values()) - sum(kept.sizes.values())
        for track, path in old.items():
            if path != new[track]:
                path.unlink(missing_ok=True)

    # the index as a file

    def _rewrite(self) -> None:
        """Write the index anew with what still counts, and go on behind it. Raises OSError."""
        self.close()
        path = index_path(self._folder)
        partial = path.with_name(f".{path.name}")
        partial.unlink(missing_ok=True)
        writer = LineWriter(partial)
        records = [self._shape.record(), {"first_g": self._index.first_g}]
        records += [kept.record() for kept in self._index.segments.values()]
        try:
            for record in records:
                writer.append(record)
        finally:
            writer.close()
        _sync(partial)  # or a power cut may leave an empty file under the name
        partial.replace(path)
        index = DvrIndex()
        for record in records:
            index.take(record)
        self._index = index
        self._lines = LineWriter(path, durable=True)

    def _empty(self) -> None:
        for path in self._folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _drop_strangers(self) -> None:
        """After a start: delete what was never named in the index, or left it long ago."""
        named = {
            segment_path(self._folder, self._shape, track, kept.g, kept.tag)
            for kept in self._index.segments.values()
            for track in self._shape.tracks
        }
        first_g = self._index.first_g
        for path in _media_files(self._folder):
            if path in named:
                continue
            name = _NAME.fullmatch(path.name)
            if name and first_g - self._margin <= int(name[1]) < first_g:
                self._behind[int(name[1])] = int(name[2] or 0)
                continue
            path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                path.parent.rmdir()


def _media_files(folder: Path) -> Iterator[Path]:
    for track in folder.iterdir():
        if track.is_dir():
            for hour in track.iterdir():
                if hour.is_dir():
                    yield from sorted(hour.iterdir())


def _read(path: Path) -> bytes:
    """Empty if it is not there: then the whole of it is slate."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _open_new(path: Path) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o600)


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fdatasync(fd)
    finally:
        os.close(fd)


def _write_all(fd: int, body: bytes) -> None:
    view = memoryview(body)
    while view:
        view = view[os.write(fd, view) :]
