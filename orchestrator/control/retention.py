"""The retention bell: what was deleted because it had been kept as long as asked, what should be.

Pure but for what it has counted. The recorder deletes, once a minute, by the rundown's `keep` and
the DVR's length; the bell tells what became of it, and there is a card for what is still there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.control.incidents import Finding, Grade
from orchestrator.control.sight import Sight
from orchestrator.rundown.words import spoken

_GB = 1 << 30
_NAMED = 5
_SINKS = {"recordings": "", "clean": "without graphics: "}
"""The recorder's facts of them, and what is said in front."""


class Retention:
    def __init__(self) -> None:
        self._told: dict[str, tuple[int, int]] = {}
        """Recordings and bytes that had been deleted when the bell rang last."""
        self._is_overdue = False

    def look(self, sight: Sight) -> str:
        """What the bell says."""
        recorder = sight.facts.get("recorder", {})
        said = []
        for sink, prefix in _SINKS.items():
            kept = _of(recorder, sink)
            if kept or not prefix:
                said.append(prefix + self._removed(sink, kept))
            if kept:
                size = int(kept.get("bytes", 0)) / _GB
                days = float(kept.get("keep_s", 0)) / 86_400
                said.append(
                    f"kept: {kept.get('closed', 0)} ({size:.1f} GB), for {days:g} days each"
                )
        dvr = _of(recorder, "dvr")
        if dvr:
            length = spoken(round(float(dvr.get("length_s", 0))), 1)
            said.append(f"DVR: {length} ({int(dvr.get('bytes', 0)) / _GB:.1f} GB)")
        self._is_overdue = bool(sight.outdated)
        if sight.outdated:
            said.append(_still_there(sight.outdated))
        return "; ".join(said)

    def findings(self, sight: Sight) -> Iterator[Finding]:
        """What the recorder has not deleted although it should have, an hour or more ago."""
        if not self._is_overdue or not sight.outdated:
            return
        runs = "recordings" in sight.facts.get("recorder", {})
        yield Finding(
            "retention",
            Grade.SOON,
            _still_there(sight.outdated),
            "the recorder deletes them as soon as the disk lets it"
            if runs
            else "nothing: nobody records in this event, so delete them by hand",
            after_s=0,
        )

    def _removed(self, sink: str, kept: Mapping[str, Any]) -> str:
        count, size = int(kept.get("removed", 0)), int(kept.get("removed_bytes", 0))
        before, self._told[sink] = self._told.get(sink, (0, 0)), (count, size)
        if count < before[0]:
            before = (0, 0)  # another recorder has begun to count
        if count == before[0]:
            return "nothing had to be deleted"
        new = count - before[0]
        names = list(kept.get("removed_last", ()))[-min(new, _NAMED) :]
        more = f" and {new - len(names)} more" if new > len(names) else ""
        size_gb = (size - before[1]) / _GB
        things = "recording" if new == 1 else "recordings"
        return f"deleted {new} {things} ({size_gb:.1f} GB): {', '.join(map(str, names))}{more}"


def _of(recorder: Mapping[str, Any], sink: str) -> Mapping[str, Any]:
    found = recorder.get(sink)
    return found if isinstance(found, Mapping) else {}


def _still_there(outdated: Mapping[str, int]) -> str:
    size = sum(outdated.values()) / _GB
    names = ", ".join(sorted(outdated)[:_NAMED])
    more = f" and {len(outdated) - _NAMED} more" if len(outdated) > _NAMED else ""
    return (
        f"{len(outdated)} files of recordings ({size:.1f} GB) are older than they may get and are "
        f"still there: {names}{more}"
    )
