"""Makes a finished MP4 of a growing or of an older finished one, a slice at a time.

The worker's thread, between its turns: a recording of hours must not keep the DVR waiting. Nothing
is encoded; payloads are copied by the kernel. The file stands under its name when it is whole and
on the disk, or not at all.
"""

from __future__ import annotations

import os
import struct
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from orchestrator.delivery.recorder.pieces import (
    Piece,
    finished_pieces,
    growing_pieces,
    read_head,
)
from orchestrator.media.boxes import read_part
from orchestrator.media.mp4 import (
    AUDIO_ID,
    FTYP,
    MDAT_HEAD_BYTES,
    VIDEO_ID,
    Samples,
    Track,
    chapter_track,
    kinds_of,
    lay_out,
    mdat_head,
    movie,
)

_SLICE_BYTES = 16 << 20
_SLICE_PIECES = 4000

SlatePart = Callable[[int, int], bytes]
"""(track, slate part): a whole part."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the file is to be. Lengths in frames; `replaced` says which slate part a column gets."""

    first_k: int
    hidden: int
    length: int
    fps: int
    title: str
    begins: datetime
    chapters: Sequence[tuple[float, str]]
    replaced: Mapping[int, int]
    slate: SlatePart


def finish(source: Path, target: Path, wanted: Wanted, *, is_growing: bool) -> Iterator[None]:
    """Yields between slices. Raises ValueError for a source that is none, or OSError."""
    fd = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    try:
        pieces = growing_pieces if is_growing else finished_pieces
        yield from _Making(fd, wanted).run(pieces(fd, wanted.first_k), target)
    finally:
        os.close(fd)


class _Making:
    def __init__(self, fd: int, wanted: Wanted) -> None:
        self._fd = fd
        self._wanted = wanted
        self._kinds = kinds_of(read_head(fd)[0])
        self._samples = {VIDEO_ID: Samples(), AUDIO_ID: Samples()}
        self._from = array("q")
        """Of each piece, where its payload lies in the source; a slate part j is -1 - j."""
        self._bytes = array("Q")

    def run(self, pieces: Iterable[Piece], target: Path) -> Iterator[None]:
        for count, piece in enumerate(pieces, 1):
            self._take(piece)
            if count % _SLICE_PIECES == 0:
                yield
        partial = target.with_name(f".{target.name}")
        out = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            yield from self._write(out)
            os.fdatasync(out)
            partial.replace(target)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        finally:
            os.close(out)

    def _take(self, piece: Piece) -> None:
        """Into the tables, but for what lies behind the end."""
        j = self._wanted.replaced.get(piece.k)
        offset = piece.offset
        sizes, durations, syncs = piece.sizes, piece.durations, piece.syncs
        if j is not None:
            part = read_part(self._wanted.slate(piece.track_id, j))
            sizes, durations, syncs = part.sizes, part.durations, part.syncs
            offset = -1 - j
        samples = self._samples[piece.track_id]
        kind = self._kinds[piece.track_id]
        frames = self._wanted.hidden + self._wanted.length
        left = frames * kind.timescale // self._wanted.fps - samples.length
        kept = _fitting(durations, left, cut_last=piece.track_id == VIDEO_ID)
        if not kept:
            return
        samples.add(sizes[: len(kept)], kept, syncs[: len(kept)])
        self._from.append(offset)
        self._bytes.append(samples.chunk_bytes[-1])

    def _write(self, out: int) -> Iterator[None]:
        texts, tracks = self._tracks()
        wanted = self._wanted
        laid = [self._samples[VIDEO_ID], self._samples[AUDIO_ID]]
        for _ in range(2):  # the length of the moov does not depend on what it says
            head = FTYP + movie(tracks, title=wanted.title, begins=wanted.begins)
            begin = len(head) + MDAT_HEAD_BYTES
            tracks[-1].samples.offsets = array("Q", [begin])  # type: ignore[union-attr]
            end = lay_out(laid, begin + len(texts))
        _put(out, head + mdat_head(end - begin) + texts)
        done = 0
        tracks_in_turn = _in_turn(laid)
        for offset, size in zip(self._from, self._bytes, strict=True):
            track_id = next(tracks_in_turn)
            if offset < 0:
                _put(out, _payload(wanted.slate(track_id, -1 - offset), size))
            else:
                _send(out, self._fd, offset, size)
            done += size
            if done >= _SLICE_BYTES:
                done = 0
                yield

    def _tracks(self) -> tuple[bytes, list[Track]]:
        wanted = self._wanted
        length_ms = wanted.length * 1000 // wanted.fps
        marks = [(max(0, round(at * 1000)), title) for at, title in wanted.chapters]
        chapters, texts = chapter_track(marks or [(0, wanted.title)], max(1, length_ms))
        tracks = []
        for track_id, samples in self._samples.items():
            kind = self._kinds[track_id]
            hidden = wanted.hidden * kind.timescale // wanted.fps
            length = min(
                wanted.length * kind.timescale // wanted.fps, max(0, samples.length - hidden)
            )
            tracks.append(Track(track_id, kind, hidden, length, samples, chapters.id))
        return texts, [*tracks, chapters]


def _fitting(durations: Sequence[int], left: int, *, cut_last: bool) -> list[int]:
    """The durations that fit into `left` ticks; the last one shortened if it may be."""
    kept: list[int] = []
    for ticks in durations:
        if left <= 0 or (ticks > left and not cut_last):
            break
        kept.append(min(ticks, left))
        left -= ticks
    return kept


def _in_turn(laid: Sequence[Samples]) -> Iterator[int]:
    for i in range(max(len(samples.chunk_bytes) for samples in laid)):
        for track_id, samples in zip((VIDEO_ID, AUDIO_ID), laid, strict=True):
            if i < len(samples.chunk_bytes):
                yield track_id


def _payload(part: bytes, size: int) -> bytes:
    """The first `size` bytes of what a part holds."""
    head = read_part(part)
    begin = head.size - sum(head.sizes)
    return part[begin : begin + size]


def _put(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _send(out: int, source: int, offset: int, size: int) -> None:
    while size:
        sent = os.sendfile(out, source, offset, size)
        if not sent:
            raise ValueError("the file became shorter while it was read")
        offset, size = offset + sent, size - sent


def is_finished(path: Path) -> bool:
    """Whether a file has its tables in front and its media behind: written to its end."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        _, at = read_head(fd)
        head = os.pread(fd, MDAT_HEAD_BYTES, at)
        if len(head) < MDAT_HEAD_BYTES or head[4:8] != b"mdat":
            return False
        return at + int(struct.unpack_from(">Q", head, 8)[0]) == os.fstat(fd).st_size
    except ValueError:
        return False
    finally:
        os.close(fd)
