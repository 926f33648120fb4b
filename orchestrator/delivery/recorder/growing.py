"""A recording while it grows: a fragmented MP4, playable at any time. The worker's thread.

Columns are appended as they were published, stamped from the file's beginning. A writer that is
killed leaves at most a torn column behind, which the next one cuts off and writes again; so does
a look-back that takes columns back: the file is cut before the first of them, at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from orchestrator.delivery.recorder.pieces import growing_pieces, read_head
from orchestrator.media.boxes import restamp
from orchestrator.media.mp4 import AUDIO_ID, FTYP, VIDEO_ID, Kind, Track, kinds_of, movie
from orchestrator.timing.grid import Grid

_SYNC_EVERY_S = 6.0


class GrowingFile:
    """`first_k` is the column it begins with, `next_k` the first that is not in it."""

    def __init__(self, path: Path, grid: Grid, first_k: int) -> None:
        """Take over a file, cutting off what is not whole. Raises ValueError, or OSError."""
        self.path = path
        self.first_k = first_k
        self._grid = grid
        self._fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            moov, self._end = read_head(self._fd)
            self.kinds = kinds_of(moov)
            self.next_k = first_k
            self._starts: list[int] = []
            for piece in growing_pieces(self._fd, first_k):
                if piece.track_id == VIDEO_ID:
                    self._starts.append(piece.start)
                else:
                    self.next_k, self._end = piece.k + 1, piece.end
            os.ftruncate(self._fd, self._end)
        except BaseException:
            os.close(self._fd)
            raise
        self._synced_k = self.next_k
        self._sync_every = max(1, int(_SYNC_EVERY_S / grid.part_s))

    @classmethod
    def create(
        cls, path: Path, grid: Grid, kinds: dict[int, Kind], from_n: int, title: str
    ) -> GrowingFile:
        """A new file whose first picture to be seen is `from_n`. Raises OSError."""
        first_k = grid.part(grid.msn_of(grid.part_of(from_n)), 0)
        hidden_n = from_n - grid.first_frame(first_k)
        tracks = [
            Track(track_id, kind, hidden_n * kind.timescale // grid.fps)
            for track_id, kind in kinds.items()
        ]
        begins: datetime = grid.utc(from_n)
        partial = path.with_name(f".{path.name}")
        partial.write_bytes(FTYP + movie(tracks, title=title, begins=begins))
        partial.replace(path)
        return cls(path, grid, first_k)

    @property
    def size(self) -> int:
        return self._end

    def append(self, columns: Iterable[tuple[int, bytes, bytes]]) -> None:
        """Columns (k, picture part, sound part) in order; those it has already are passed over.

        Raises OSError; then none of them counts.
        """
        grid = self._grid
        chunks: list[bytes] = []
        starts: list[int] = []
        at, next_k = self._end, self.next_k
        for k, picture, sound in columns:
            if k != next_k:
                continue
            video_time = grid.video_tfdt(k) - grid.video_tfdt(self.first_k)
            audio_time = grid.audio_tfdt(k) - grid.audio_tfdt(self.first_k)
            sequence = 2 * (k - self.first_k) + 1
            starts.append(at)
            chunks.append(restamp(picture, video_time, sequence, VIDEO_ID))
            chunks.append(restamp(sound, audio_time, sequence + 1, AUDIO_ID))
            at += len(chunks[-2]) + len(chunks[-1])
            next_k = k + 1
        self._write(b"".join(chunks))
        self._starts += starts
        self._end, self.next_k = at, next_k
        if self.next_k - self._synced_k >= self._sync_every:
            self.sync()

    def sync(self) -> None:
        """Put it on the disk. Raises OSError."""
        os.fdatasync(self._fd)
        self._synced_k = self.next_k

    def cut_before(self, k: int) -> None:
        """Let go of column `k` and all behind it. Raises OSError."""
        at = max(0, k - self.first_k)
        if at >= len(self._starts):
            return
        os.ftruncate(self._fd, self._starts[at])
        self._end = self._starts[at]
        del self._starts[at:]
        self.next_k = self.first_k + at
        self.sync()

    def close(self) -> None:
        os.close(self._fd)

    def _write(self, data: bytes) -> None:
        view, at = memoryview(data), self._end
        try:
            while view:
                written = os.pwrite(self._fd, view, at)
                view, at = view[written:], at + written
        except OSError:
            os.ftruncate(self._fd, self._end)  # half a column takes room, too
            raise
