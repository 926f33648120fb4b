"""Looks at the spool for the gate: what has arrived of a column, whole and on the grid.

One thread. A part that is cut short, unreadable or not at its decode time counts as not there: a
player would choke on it, slate it can play.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from pathlib import Path

from orchestrator.bus.label import Label
from orchestrator.bus.tree import LiveTree, part_name
from orchestrator.delivery.rule import Arrived
from orchestrator.delivery.stream import Stream
from orchestrator.media.boxes import read_part
from orchestrator.timing.grid import Grid

log = logging.getLogger(__name__)

_HEAD_BYTES = 2048


class Spool:
    """Remembers what it has seen of the column it was last asked for."""

    def __init__(self, tree: LiveTree, stream: Stream) -> None:
        self._tree = tree
        self._stream = stream
        self._k = -1
        self._there: dict[str, bool] = {}
        self._refused: set[str] = set()
        self._label: Label | None = None
        self.refused = 0
        """Parts that arrived but cannot be published."""

    def arrived(self, k: int) -> Arrived:
        """What there is of column `k` now."""
        if k != self._k:
            self._k, self._there, self._refused, self._label = k, {}, set(), None
        for track in self._stream.gated_tracks:
            if track not in self._there and track not in self._refused:
                self._look(track, k)
        if self._label is None:
            self._label = self.label(k)
        return Arrived(dict(self._there), self._label)

    def label(self, k: int) -> Label | None:
        """What the programme said is in column `k`, if it did."""
        try:
            return Label.of(self._tree.spool_label(self._stream.grid, k).read_bytes())
        except (OSError, ValueError):
            return None

    def destroy(self, k: int) -> None:
        """Delete what there is of column `k`: it is never to be seen by anybody."""
        for track in self._stream.gated_tracks:
            self._tree.spool_part(self._stream.grid, track, k).unlink(missing_ok=True)

    def _look(self, track: str, k: int) -> None:
        try:
            with self._tree.spool_part(self._stream.grid, track, k).open("rb", buffering=0) as file:
                head = file.read(_HEAD_BYTES)
                size = os.fstat(file.fileno()).st_size
        except OSError:
            return
        try:
            part = read_part(head)
            if size == part.size and part.tfdt == self._stream.tfdt(track, k):
                self._there[track] = part.syncs[0]
                return
            why = f"{size} bytes at {part.tfdt}, not {part.size} at {self._stream.tfdt(track, k)}"
        except ValueError as error:
            why = str(error)
        self._refused.add(track)
        self.refused += 1
        log.error("%s part %d is damaged, slate is published in its place: %s", track, k, why)


def sweep(track: Path, grid: Grid, before_k: int) -> None:
    """Delete what is behind the window below `track`, i.e. `<hour>/<msn>.…` of earlier segments."""
    oldest_msn = grid.msn_of(before_k)
    oldest_hour = int(part_name(grid, "", before_k).split("/")[1])
    with contextlib.suppress(FileNotFoundError):
        for hour in track.iterdir():
            if not hour.name.isdigit() or int(hour.name) > oldest_hour:
                continue
            if int(hour.name) < oldest_hour:
                shutil.rmtree(hour, ignore_errors=True)
                continue
            for part in hour.iterdir():
                msn = part.name.lstrip(".").split(".")[0]
                if msn.isdigit() and int(msn) < oldest_msn:
                    part.unlink(missing_ok=True)
