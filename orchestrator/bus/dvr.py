"""The DVR on disk, as its writer (the recorder) and its reader (the origin) agree on it.

A DVR segment holds the same `GROUP` = 3 live segments of one track (6.4 s at 30 fps, 5.76 at 25),
its parts one behind the other as they were published. Number g holds live segments 3g … 3g+2, so
numbering survives every restart; it is also the media sequence number to use.

    state/dvr/index.jsonl                        append-only, one writer
    state/dvr/<track>/<hour>/<g>.m4s             hour since the epoch of g's first frame
    state/dvr/<track>/<hour>/<g>.r<tag>.m4s      after a look-back has put slate into it

Lines of the index (`Shape`, `Kept`, `First` below):

    {"dvr": 1, "event", "shape", "fps", "part_frames", "segment_frames", "group", "tracks"}
        the first line of every index file. Another file (new inode) means: forget everything, read
        from its start; it happens when the index is written anew because most lines are old, and
        when the stream has another shape (then the old segments are gone).
    {"g", "tag", "bytes": {track: n}}
        segment g is there, whole and on disk in every track, under the name with that tag (0: the
        plain name). A second line for the same g replaces the first: the old name answers 410 from
        then on, and its file is gone. The highest tag counts.
    {"first_g": g}
        everything before g has left the playlist. Its files stay `MARGIN_S` longer, for players
        that still hold an old playlist, then they are deleted; a reader gets a whole file or none
        (FileNotFoundError: answer 404). Files are only ever renamed into place.

A segment in which a look-back has redacted columns may be on disk under its old name for some
milliseconds after the act is in `decisions`, or for longer while the disk refuses: a reader that
follows `decisions` too hands it out only once its tag is at least the act's (`SafetyAct.tag`).

From `first_g` to the newest g none is missing: what could not be had (the recorder was dead for
longer than the public window, the disk was full) is slate. Only a hole longer than the DVR itself
begins it anew: then a `first_g` line comes before the first segment behind the hole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.bus.lines import LineFollower, Record
from orchestrator.timing.grid import Grid

GROUP = 3
MARGIN_S = 600
"""How long a file outlives its place in the playlist. RFC 8216 asks for the length of the whole
playlist, which would double a DVR of hours; ten minutes outlive any reload."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The first line of an index: which stream it belongs to."""

    event: str
    shape: str
    """Hash of everything that must be the same for old and new segments to play together."""
    fps: int
    part_frames: int
    segment_frames: int
    tracks: tuple[str, ...]
    group: int = GROUP

    @property
    def grid(self) -> Grid:
        return Grid(self.fps, self.part_frames, self.segment_frames)

    def record(self) -> Record:
        return {
            "dvr": 1,
            "event": self.event,
            "shape": self.shape,
            "fps": self.fps,
            "part_frames": self.part_frames,
            "segment_frames": self.segment_frames,
            "group": self.group,
            "tracks": list(self.tracks),
        }

    @classmethod
    def of(cls, record: Record) -> Shape:
        """Raises ValueError, KeyError or TypeError."""
        if record["dvr"] != 1:
            raise ValueError(f"an index of version {record['dvr']}")
        return cls(
            str(record["event"]),
            str(record["shape"]),
            int(record["fps"]),
            int(record["part_frames"]),
            int(record["segment_frames"]),
            tuple(map(str, record["tracks"])),
            int(record["group"]),
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """Segment `g` is on disk. `sizes` are the bytes of each track's file."""

    g: int
    tag: int = 0
    sizes: dict[str, int] = field(default_factory=dict)

    def record(self) -> Record:
        return {"g": self.g, "tag": self.tag, "bytes": self.sizes}

    @classmethod
    def of(cls, record: Record) -> Kept:
        """Raises ValueError, KeyError, TypeError or AttributeError."""
        sizes = {str(track): int(size) for track, size in record["bytes"].items()}
        return cls(int(record["g"]), int(record.get("tag", 0)), sizes)


def index_path(dvr: Path) -> Path:
    return dvr / "index.jsonl"


def segment_path(dvr: Path, shape: Shape, track: str, g: int, tag: int = 0) -> Path:
    hour = g * shape.group * shape.segment_frames // (shape.fps * 3600)
    return dvr / track / str(hour) / (f"{g}.r{tag}.m4s" if tag else f"{g}.m4s")


def first_part(shape: Shape, g: int) -> int:
    """The first column of segment `g`."""
    return shape.grid.part(g * shape.group, 0)


def parts_per_group(shape: Shape) -> int:
    return shape.group * shape.grid.parts_per_segment


class DvrIndex:
    """What the lines of an index say so far. `take` is pure; one thread.

    `segments` is in the order of g and begins at `first_g`; `revision` counts changes.
    """

    def __init__(self) -> None:
        self.shape: Shape | None = None
        self.segments: dict[int, Kept] = {}
        self.first_g = 0
        self.lines = 0
        self.revision = 0
        self.damaged = 0

    @property
    def last_g(self) -> int | None:
        return next(reversed(self.segments), None)

    def take(self, record: Record) -> None:
        """One line. What is damaged or belongs nowhere is counted and passed over."""
        self.lines += 1
        try:
            self._take(record)
        except (ValueError, KeyError, TypeError, AttributeError):
            self.damaged += 1

    def _take(self, record: Record) -> None:
        if "dvr" in record:
            self.shape = Shape.of(record)
            self.segments, self.first_g, self.lines = {}, 0, 1
        elif "first_g" in record:
            self.first_g = max(self.first_g, int(record["first_g"]))
            for g in [g for g in self.segments if g < self.first_g]:
                del self.segments[g]
        else:
            self._keep(Kept.of(record))
        self.revision += 1

    def _keep(self, kept: Kept) -> None:
        if kept.g < self.first_g:
            return
        there = self.segments.get(kept.g)
        if there is None or kept.tag >= there.tag:
            self.segments[kept.g] = kept


class DvrFollower:
    """Keeps a `DvrIndex` at the newest line of the file. One thread, no waiting."""

    def __init__(self, dvr: Path) -> None:
        self._lines = LineFollower(index_path(dvr))
        self.index = DvrIndex()

    def look(self) -> bool:
        """Take up what is new; True if anything has changed."""
        before = self.index.revision
        for record in self._lines.read():
            self.index.take(record)
        return self.index.revision != before

    def close(self) -> None:
        self._lines.close()


__all__: list[Any] = [
    "GROUP", "MARGIN_S", "DvrFollower", "DvrIndex", "Kept", "Shape",
    "first_part", "index_path", "parts_per_group", "segment_path",
]  # fmt: skip
