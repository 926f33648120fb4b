"""What the gate decided, column by column, as origin, push, recorder and control read it.

A column is one part of every track. Its line is in `decisions.jsonl` before any of its files is
linked; `REAL` is the programme's part, `SLATE` number j is slate part j.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from orchestrator.bus.label import ANY_OUTPUT
from orchestrator.bus.tree import CLEAN_TRACK

REAL = -1
"""The programme's own part; 0, 1, 2 … is that part of the slate's segment."""

HLS = "hls"
NOT_FOR_OUTPUT = "not for this output"


def hls_folder(audience: str) -> str:
    """Below `public/`: what HLS has instead of its audience's parts, where the two differ."""
    return f"{audience}.{HLS}"


@dataclass(frozen=True, slots=True)
class Column:
    """Part `k` of every track of one audience: `{"720p": REAL, "a": REAL, …}`, and why."""

    k: int
    tracks: dict[str, int]
    independent: frozenset[str]
    """Tracks whose part begins with an IDR (EXT-X-PART INDEPENDENT); audio always does."""
    audience: str = "open"
    late_ms: float = 0.0
    """Publication against the part's due time (end + delay); negative is early."""
    why: str = ""
    """Empty for the programme; `missing`, `blank`, `privacy`, `audience` otherwise."""
    slate_outputs: tuple[str, ...] = ()
    """Outputs that show slate in its place whatever it holds (a slot's `outputs`); `*` is all."""
    hls_tracks: Mapping[str, int] = field(default_factory=dict)
    """Of the public audience: what HLS has instead of `tracks`, if that is not the same."""
    hls_independent: frozenset[str] = frozenset()
    is_apart: bool = False
    """Its parts lie in HLS' own folder; see `for_hls`."""

    def is_slate_for(self, output: str) -> bool:
        return output in self.slate_outputs or ANY_OUTPUT in self.slate_outputs

    @property
    def folder(self) -> str:
        """Where its parts lie below `public/`."""
        return hls_folder(self.audience) if self.is_apart else self.audience

    def for_hls(self) -> Column:
        """The column as HLS has it: viewers, the DVR, thumbnails. The clean picture is no part."""
        if not self.hls_tracks:
            tracks = {track: v for track, v in self.tracks.items() if track != CLEAN_TRACK}
            return replace(self, tracks=tracks)
        return replace(
            self,
            tracks=dict(self.hls_tracks),
            independent=self.hls_independent,
            why=NOT_FOR_OUTPUT if REAL in self.tracks.values() else self.why,
            hls_tracks={},
            hls_independent=frozenset(),
            is_apart=True,
        )

    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = {
            "k": self.k,
            "audience": self.audience,
            "tracks": self.tracks,
            "idr": sorted(self.independent),
            "late_ms": self.late_ms,
            "why": self.why,
        }
        if self.slate_outputs:
            record["slate_outputs"] = self.slate_outputs
        if self.hls_tracks:
            record["hls"] = {"tracks": self.hls_tracks, "idr": sorted(self.hls_independent)}
        return record

    @classmethod
    def of(cls, record: dict[str, Any]) -> Column:
        """Raises KeyError, TypeError or ValueError for a record that is no column."""
        hls = record.get("hls") or {"tracks": {}, "idr": ()}
        for tracks in (record["tracks"], hls["tracks"]):
            if not isinstance(tracks, dict):
                raise TypeError(f"tracks is no table: {tracks!r}")
        return cls(
            k=int(record["k"]),
            tracks={str(t): int(v) for t, v in record["tracks"].items()},
            independent=frozenset(record.get("idr", ())),
            audience=str(record.get("audience", "open")),
            late_ms=float(record.get("late_ms", 0)),
            why=str(record.get("why", "")),
            slate_outputs=tuple(map(str, record.get("slate_outputs", ()))),
            hls_tracks={str(t): int(v) for t, v in hls["tracks"].items()},
            hls_independent=frozenset(hls["idr"]),
        )


@dataclass(frozen=True, slots=True)
class SafetyAct:
    """A line of the same file: something a person did at the gate. `{"act": …}` tells it apart."""

    act: str  # blank, unblank, privacy, restore, stop
    k: int  # first column it holds for
    at_ns: int
    author: str
    reason: str = ""
    site: str = ""
    redacted: tuple[int, int] | None = None
    """Published columns replaced under a new name: first and last."""

    @property
    def tag(self) -> int:
        """What the new names carry: `817612345.2.r<tag>.m4s`."""
        return self.at_ns // 1_000_000

    def record(self) -> dict[str, Any]:
        return {
            "act": self.act,
            "k": self.k,
            "at_ns": self.at_ns,
            "author": self.author,
            "reason": self.reason,
            "site": self.site,
            "redacted": list(self.redacted) if self.redacted else None,
        }

    @classmethod
    def of(cls, record: dict[str, Any]) -> SafetyAct:
        """Raises KeyError, TypeError or ValueError for a record that is no act."""
        span = record.get("redacted")
        return cls(
            act=str(record["act"]),
            k=int(record["k"]),
            at_ns=int(record["at_ns"]),
            author=str(record["author"]),
            reason=str(record.get("reason", "")),
            site=str(record.get("site", "")),
            redacted=(int(span[0]), int(span[1])) if span else None,
        )


def is_decision(record: dict[str, Any]) -> bool:
    """Whether it can be read at all: a damaged line must end nobody who follows."""
    try:
        SafetyAct.of(record) if "act" in record else Column.of(record)
    except (KeyError, TypeError, ValueError, IndexError):
        return False
    return True
