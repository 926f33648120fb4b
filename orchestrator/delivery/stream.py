"""What the gate and the origin need to know of the running stream, from `processes.json`.

Frozen for the life of a stream name: grid, tracks, delay and audiences never change on air.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from orchestrator.bus.tree import CLEAN_TRACK
from orchestrator.errors import StartError
from orchestrator.media.house import AUDIO_TRACK, House, Rendition
from orchestrator.timing.grid import NS, Grid

AUDIENCES = ("open", "professional")
"""From the widest to the strictest; a column for a stricter audience is slate to a wider one."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One event's stream as it is published."""

    event: str
    grid: Grid
    ladder: tuple[Rendition, ...]
    tracks: tuple[str, ...]
    """What HLS carries."""
    delay_frames: int
    audiences: tuple[str, ...]
    public_audience: str
    window_s: int
    clean_of: str = ""
    """The rendition that is encoded once more without graphics (`CLEAN_TRACK`); empty for none."""

    @classmethod
    def read(cls, path: Path) -> Stream:
        """Raises StartError when the prepare job has not written it, or wrote something else."""
        try:
            facts = json.loads(path.read_bytes())
            house = House.of(
                int(facts["width"]), int(facts["height"]), int(facts["fps"]), tuple(facts["ladder"])
            )
            return cls(
                event=str(facts["event"]),
                grid=Grid(
                    int(facts["fps"]), int(facts["part_frames"]), int(facts["segment_frames"])
                ),
                ladder=house.ladder,
                tracks=tuple(map(str, facts["tracks"])),
                delay_frames=int(facts["delay_frames"]),
                audiences=tuple(map(str, facts["audiences"])),
                public_audience=str(facts["public_audience"]),
                window_s=int(facts["window_s"]),
                clean_of=str((facts.get("record") or {}).get("clean_of", "")),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StartError(f"{path} does not describe a stream: {error}") from error

    @property
    def gated_tracks(self) -> tuple[str, ...]:
        """Everything that passes the gate: what HLS carries, and what only recordings read."""
        return (*self.tracks, CLEAN_TRACK) if self.clean_of else self.tracks

    def made_as(self, track: str) -> str:
        """The rendition whose init segment and slate a track has."""
        return self.clean_of if track == CLEAN_TRACK else track

    @property
    def delay_ns(self) -> int:
        return self.delay_frames * NS // self.grid.fps

    @property
    def window_parts(self) -> int:
        return int(self.window_s / self.grid.part_s)

    def tfdt(self, track: str, k: int) -> int:
        """Decode time of part `k` in that track's own ticks."""
        return self.grid.audio_tfdt(k) if track == AUDIO_TRACK else self.grid.video_tfdt(k)
