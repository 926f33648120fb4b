"""The public tree of one audience: hard links to the programme's parts, slate where there is none.
HLS has a second one, for the columns in which a slot makes it differ from its audience.

Written by the gate alone, after the decision is in `decisions`. Everything here can be done again
with the same outcome: a restarted gate redoes its last line.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Mapping
from pathlib import Path

from orchestrator.bus.decisions import REAL, Column
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery.spool import sweep
from orchestrator.delivery.stream import Stream
from orchestrator.errors import StartError
from orchestrator.media.boxes import restamp

log = logging.getLogger(__name__)

SlateParts = Mapping[tuple[str, int], bytes]


def read_slate(tree: LiveTree, stream: Stream) -> SlateParts:
    """Every slate part of every track. Raises StartError if the slate job has not run."""
    try:
        return {
            (track, j): (tree.slate / f"{stream.made_as(track)}.{j}").read_bytes()
            for track in stream.gated_tracks
            for j in range(stream.grid.parts_per_segment)
        }
    except OSError as error:
        raise StartError(f"there is no slate to fall back on: {error}") from error


def redacted_path(path: Path, tag: int) -> Path:
    """The new name of a part that slate has replaced: `817612345.2.m4s` → `817612345.2.r7.m4s`."""
    return path.with_name(f"{path.name.removesuffix('.m4s')}.r{tag}.m4s")


class PublicTree:
    """One thread: the gate's."""

    def __init__(self, tree: LiveTree, stream: Stream, folder: str, slate: SlateParts) -> None:
        """`folder` is its name below `public/`: the audience, or HLS' own."""
        self._folder = folder
        self._tree = tree
        self._stream = stream
        self._slate = slate

    def publish(self, column: Column) -> None:
        """Put the column's parts where readers look for them. What is there already stays."""
        for track, value in column.tracks.items():
            target = self._path(track, column.k)
            if value == REAL and self._link(track, column.k, target):
                continue
            if not target.exists():
                self._write_slate(track, column.k, max(value, 0), target)

    def holds(self, k: int) -> bool:
        """True if column `k` is there under its first name."""
        return any(self._path(track, k).exists() for track in self._stream.gated_tracks)

    def redact(self, k: int, j: int, tag: int) -> None:
        """Slate part `j` in place of a published column, under a new name; the old one is deleted.

        If the column is not there (any more), nothing happens.
        """
        if not self.holds(k):
            return
        for track in self._stream.gated_tracks:
            self._path(track, k).unlink(missing_ok=True)  # first: this must not fail for room
        for track in self._stream.gated_tracks:
            self._write_slate(track, k, j, redacted_path(self._path(track, k), tag))

    def sweep(self, before_k: int) -> None:
        """Delete what is behind the window."""
        for track in self._stream.gated_tracks:
            sweep(self._tree.root / "public" / self._folder / track, self._stream.grid, before_k)

    def _path(self, track: str, k: int) -> Path:
        return self._tree.public_part(self._stream.grid, self._folder, track, k)

    def _link(self, track: str, k: int, target: Path) -> bool:
        source = self._tree.spool_part(self._stream.grid, track, k)
        for _ in range(2):
            try:
                os.link(source, target)
            except FileExistsError:
                return True
            except FileNotFoundError:
                target.parent.mkdir(parents=True, exist_ok=True)
            else:
                return True
        if target.exists():
            return True
        log.error("%s part %d vanished between decision and link; slate is in its place", track, k)
        return False

    def _write_slate(self, track: str, k: int, j: int, target: Path) -> None:
        part = restamp(self._slate[track, j], self._stream.tfdt(track, k), k)
        partial = target.with_name(f".{target.name}")
        with contextlib.suppress(FileNotFoundError):
            partial.write_bytes(part)
            partial.replace(target)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(part)
        partial.replace(target)
