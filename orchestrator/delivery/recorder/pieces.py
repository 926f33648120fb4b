"""Where the parts of a recording lie in its file, growing or finished. The worker's thread.

A piece is one column's part of one track: its samples and the place of its payload. A growing file
is read moof by moof, as far as it is whole; a finished one from the tables in its moov.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

from orchestrator.media.boxes import read_part
from orchestrator.media.mp4 import AUDIO_ID, VIDEO_ID, Samples, read_samples

_HEAD_BYTES = 4096


class Piece(NamedTuple):
    """The part of column `k` in track `track_id`. `start` is where its box begins."""

    k: int
    track_id: int
    start: int
    offset: int
    """Of its payload."""
    sizes: tuple[int, ...]
    durations: tuple[int, ...]
    syncs: tuple[bool, ...]

    @property
    def size(self) -> int:
        return sum(self.sizes)

    @property
    def end(self) -> int:
        return self.offset + self.size


def read_head(fd: int) -> tuple[bytes, int]:
    """The moov of a file, and where what follows it begins. Raises ValueError, or OSError."""
    at = 0
    while len(head := os.pread(fd, 8, at)) == 8:
        size, kind = struct.unpack(">I4s", head)
        if size < 8:
            break
        if kind == b"moov":
            moov = os.pread(fd, size, at)
            if len(moov) == size:
                return moov, at + size
            break
        at += size
    raise ValueError("not a recording: it has no whole moov")


def growing_pieces(fd: int, first_k: int) -> Iterator[Piece]:
    """Picture and sound of every whole column, in order. Raises ValueError, or OSError."""
    _, at = read_head(fd)
    size = os.fstat(fd).st_size
    k = first_k
    while at < size:
        column = []
        for track_id in (VIDEO_ID, AUDIO_ID):
            piece = _fragment(fd, at, size, k, track_id)
            if piece is None:
                return
            column.append(piece)
            at = piece.end
        yield from column
        k += 1


def _fragment(fd: int, at: int, size: int, k: int, track_id: int) -> Piece | None:
    """None if it is cut short."""
    try:
        part = read_part(os.pread(fd, _HEAD_BYTES, at))
    except ValueError:
        return None
    end = at + part.size
    if part.track_id != track_id or end > size:
        return None
    return Piece(k, track_id, at, end - sum(part.sizes), part.sizes, part.durations, part.syncs)


def finished_pieces(fd: int, first_k: int) -> Iterator[Piece]:
    """The same of a finished file. Raises ValueError, or OSError."""
    moov, _ = read_head(fd)
    tracks = [(track_id, read_samples(moov, track_id)) for track_id in (VIDEO_ID, AUDIO_ID)]
    columns = zip_longest(*(_chunks(samples, track, first_k) for track, samples in tracks))
    for column in columns:  # the last one may have been cut short of any sound
        yield from (piece for piece in column if piece is not None)


def _chunks(samples: Samples, track_id: int, first_k: int) -> Iterator[Piece]:
    at = 0
    syncs = frozenset(samples.syncs)
    durations = (ticks for count, ticks in samples.durations for _ in range(count))
    for i, (count, offset) in enumerate(zip(samples.chunk_samples, samples.offsets, strict=True)):
        yield Piece(
            first_k + i,
            track_id,
            offset,
            offset,
            tuple(samples.sizes[at : at + count]),
            tuple(next(durations) for _ in range(count)),
            tuple(number + 1 in syncs for number in range(at, at + count)),
        )
        at += count
