"""Still pictures of the public programme on disk, as their writer and the origin agree on them.

    state/stills/index.json               what there is (`Stills`), replaced atomically
    state/stills/<hour>/<k>.jpg           the first picture of column k; hour since the epoch
    state/stills/<hour>/<k>.r<tag>.jpg    slate: a look-back has taken the column back
    state/stills/poster.jpg               the newest, large

The origin serves them as `/poster.jpg`, `/hls/thumbs.json` and `/hls/thumbs/<k>[.r<tag>].jpg`. A
name never means another picture later on; the old name of what was taken back is gone at once,
before the index says so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.timing.grid import Grid

WIDTH, HEIGHT = 160, 90
EVERY_S = 10


@dataclass(frozen=True, slots=True)
class Stills:
    """`pictures` are columns, oldest first, each with the tag of its look-back, or 0."""

    event: str = ""
    fps: int = 30
    part_frames: int = 16
    pictures: dict[int, int] = field(default_factory=dict)
    poster_k: int = -1
    """The column that the poster shows, -1 if there is no poster."""
    poster_tag: int = 0

    def record(self) -> dict[str, Any]:
        return {
            "event": self.event,
            "fps": self.fps,
            "part_frames": self.part_frames,
            "poster": [self.poster_k, self.poster_tag],
            "pictures": list(self.pictures.items()),
        }

    @classmethod
    def read(cls, folder: Path) -> Stills:
        """Nothing, if there is no index or it is damaged."""
        try:
            record = json.loads(index_path(folder).read_bytes())
            poster_k, poster_tag = record["poster"]
            return cls(
                str(record["event"]),
                int(record["fps"]),
                int(record["part_frames"]),
                {int(k): int(tag) for k, tag in record["pictures"]},
                int(poster_k),
                int(poster_tag),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return cls()


def index_path(folder: Path) -> Path:
    return folder / "index.json"


def poster_path(folder: Path) -> Path:
    return folder / "poster.jpg"


def still_name(k: int, tag: int = 0) -> str:
    return f"{k}.r{tag}.jpg" if tag else f"{k}.jpg"


def still_path(folder: Path, grid: Grid, k: int, tag: int = 0) -> Path:
    hour = grid.first_frame(k) // (grid.fps * 3600)
    return folder / str(hour) / still_name(k, tag)
