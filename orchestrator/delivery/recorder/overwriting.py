"""Destroys columns of a recording that has ended, in place: the fastest there is, and no room
needed. What is left is made into a playable file by `finishing`. The worker's thread.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Set
from pathlib import Path

from orchestrator.bus.recordings import Sheet, finished_path, growing_path
from orchestrator.delivery.recorder.pieces import finished_pieces, growing_pieces
from orchestrator.timing.grid import NS, Grid

_CLOCKS_APART_NS = 60 * NS
"""A file's time is the wall clock's, a column's is ours."""


def columns_of(sheet: Sheet, grid: Grid) -> range:
    """The columns that lie in a recording that has ended, hidden ones included."""
    if sheet.to_n is None:
        return range(0)
    return range(sheet.first_k, grid.part_of(sheet.to_n - 1) + 1)


def damaged_with(folder: Path, replaced: Mapping[int, tuple[int, int]], grid: Grid) -> set[Path]:
    """Recordings set aside as damaged that may hold a column of `replaced` (k: slate part, tag):
    nobody can read them, but they were written last between that column and its look-back."""
    first: dict[int, int] = {}
    for k, (_, tag) in replaced.items():
        first[tag] = min(k, first.get(tag, k))
    spans = [
        (grid.instant_ns(grid.first_frame(k)) - _CLOCKS_APART_NS, tag * 10**6 + _CLOCKS_APART_NS)
        for tag, k in first.items()
    ]
    found = set()
    for path in folder.glob("*.damaged"):
        with contextlib.suppress(FileNotFoundError):
            written_ns = path.stat().st_mtime_ns
            if any(from_ns <= written_ns <= to_ns for from_ns, to_ns in spans):
                found.add(path)
    return found


def overwrite(folder: Path, sheet: Sheet, columns: Set[int]) -> None:
    """Zeros over the samples of these columns, on the disk when it returns. Raises OSError.

    A file that cannot be read as what it is gets deleted: it could hold anything.
    """
    for path, pieces in (
        (growing_path(folder, sheet.name), growing_pieces),
        (finished_path(folder, sheet.name), finished_pieces),
    ):
        try:
            fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            for piece in pieces(fd, sheet.first_k):
                if piece.k in columns:
                    os.pwrite(fd, bytes(piece.size), piece.offset)
            os.fdatasync(fd)
        except ValueError:
            path.unlink(missing_ok=True)
        finally:
            os.close(fd)
