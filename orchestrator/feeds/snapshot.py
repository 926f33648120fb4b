"""Has the rundown been replaced? Asked once a second, on the main threads of our processes."""

from __future__ import annotations

from pathlib import Path


class SnapshotWatch:
    """Tells whether the snapshot was replaced since the last time one asked. One `stat` a call."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._identity()

    def has_changed(self) -> bool:
        identity = self._identity()
        changed = identity is not None and identity != self._seen
        self._seen = identity or self._seen
        return changed

    def _identity(self) -> tuple[int, int] | None:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return None
        return stat.st_ino, stat.st_mtime_ns
