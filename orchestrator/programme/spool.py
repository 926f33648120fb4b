"""The spool: where finished parts are laid down for the gate, a column's label always first.

Any thread of the programme. A part is complete under its name or not there at all. A part that is
finished before its column's label is known (the sound is encoded two pictures ahead) is held back
until the label is written.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from pathlib import Path

from orchestrator.bus import faultpoint
from orchestrator.bus.label import Label
from orchestrator.bus.tree import LiveTree
from orchestrator.timing.grid import Grid

log = logging.getLogger(__name__)

_HELD_COLUMNS = 16


class Spool:
    """`lost` counts files that could not be written: a full /dev/shm costs slate, not the loop."""

    def __init__(self, tree: LiveTree, grid: Grid) -> None:
        self._tree = tree
        self._grid = grid
        self._lock = threading.Lock()
        self._labelled = -1
        self._held: dict[tuple[int, str], bytes] = {}
        self._is_refused = False
        self.lost = 0

    def label(self, k: int, label: Label) -> None:
        """Say what is in column `k`, then lay down what waited for it. Labels come in order."""
        self._write(self._tree.spool_label(self._grid, k), label.to_bytes())
        with self._lock:
            self._labelled = max(self._labelled, k)
            ready = [key for key in self._held if key[0] <= k]
            parts = [(key, self._held.pop(key)) for key in ready]
        for (part_k, track), data in parts:
            self._write(self._tree.spool_part(self._grid, track, part_k), data)

    def part(self, track: str, k: int, data: bytes) -> None:
        """Lay down part `k` of a track, once its label is there."""
        data = _damaged(track, data)
        with self._lock:
            if k > self._labelled:
                self._held[k, track] = data
                while len(self._held) > _HELD_COLUMNS:
                    self._held.pop(next(iter(self._held)))
                    self.lost += 1
                return
        self._write(self._tree.spool_part(self._grid, track, k), data)

    def _write(self, path: Path, data: bytes) -> None:
        partial = path.with_name(f".{path.name}")
        try:
            try:
                _write_whole(partial, data)
            except FileNotFoundError:  # the first of its hour
                path.parent.mkdir(parents=True, exist_ok=True)
                _write_whole(partial, data)
            partial.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)  # half a part takes room, too
            self.lost += 1
            if not self._is_refused:
                log.error("the spool takes no parts, viewers see slate: %s", error.strerror)
            self._is_refused = True
        else:
            if self._is_refused:
                log.info("the spool takes parts again; %d files were lost", self.lost)
            self._is_refused = False


def _damaged(track: str, data: bytes) -> bytes:
    """As it is, but for tests."""
    if faultpoint.is_asked(f"cut.{track}"):
        return data[: len(data) // 2]
    if faultpoint.is_asked(f"garble.{track}"):
        return data[:40] + bytes(byte ^ 0x5A for byte in data[40:])
    return data


def _write_whole(path: Path, data: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        while data:
            data = data[os.write(fd, data) :]
    finally:
        os.close(fd)
