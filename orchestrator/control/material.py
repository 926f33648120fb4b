"""What lies on the disk and concerns the desk: free room, clips, consent records, old recordings.

On control's loop; each is looked at again only after a while, so that a look costs nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from orchestrator.bus.tree import StateFolder
from orchestrator.control.chain import Entry
from orchestrator.rundown.consent import troubles, unproved
from orchestrator.rundown.resolved import Resolved
from orchestrator.timing import NS

_EVERY = 30
"""Looks between two visits to the disk."""
_KEEP_S = 30 * 86400.0


class Material:
    """One thread. Missing files and folders are answers, not errors."""

    def __init__(self, state: StateFolder, entries: Iterable[Entry]) -> None:
        self._state = state
        files = [str(e.args.get("file", "")) for e in entries if e.verb == "start"]
        self._event = Path(files[-1]) if files and files[-1] else None
        self._looks = {"consent": 0, "clips": 0, "recordings": 0}
        self._consent: dict[str, str] = {}
        self._unproved: dict[str, str] = {}
        self._missing: frozenset[str] = frozenset()
        self._outdated: dict[str, int] = {}

    def free_bytes(self) -> int | None:
        try:
            return shutil.disk_usage(self._state.root).free
        except OSError:
            return None

    def consent(self, day: Resolved, now: datetime) -> Mapping[str, str]:
        if self._event is not None and self._is_due("consent"):
            path = self._event.with_name("consent.yaml")
            self._consent = troubles(day, path, now.date())
            self._unproved = unproved(day, path)
        return self._consent

    def unproved(self) -> Mapping[str, str]:
        """As of the last look at `consent`: slots whose consent is written down nowhere."""
        return self._unproved

    def missing_clips(self, day: Resolved) -> frozenset[str]:
        if self._is_due("clips"):
            gone = (name for name, clip in day.clips.items() if not Path(clip.file).is_file())
            self._missing = frozenset(gone)
        return self._missing

    def outdated(self, day: Resolved, now_ns: int) -> Mapping[str, int]:
        """Recordings older than the file's `keep`."""
        if self._is_due("recordings"):
            record = next((o for o in day.outputs if o.kind == "record"), None)
            keep_s = float(record.options.get("keep_s", _KEEP_S)) if record else _KEEP_S
            self._outdated = {}
            try:
                for path in self._state.recordings.rglob("*.*"):
                    stat = path.stat()
                    if now_ns / NS - stat.st_mtime > keep_s:
                        name = str(path.relative_to(self._state.recordings))
                        self._outdated[name] = stat.st_size
            except OSError:
                pass
        return self._outdated

    def _is_due(self, what: str) -> bool:
        looks = self._looks[what]
        self._looks[what] = (looks + 1) % _EVERY
        return looks == 0
