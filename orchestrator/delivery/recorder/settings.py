"""What the file asked to be kept on disk, as the prepare job wrote it into `processes.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from orchestrator.errors import StartError


@dataclass(frozen=True, slots=True)
class Recordings:
    """`outputs.record`. `track` is the rendition that is recorded."""

    audience: str
    track: str
    each: Literal["slot", "event"] = "slot"
    keep_s: float = 30 * 86400.0
    event: str = ""
    end_n: int = 0
    """The frame at which the event is planned to be over."""
    clean_of: str = ""
    """The rendition that is recorded without graphics, too; empty for none."""


@dataclass(frozen=True, slots=True)
class Recording:
    """`dvr_s` 0 means no DVR; `recordings` None means none are asked for."""

    dvr_s: float = 0.0
    recordings: Recordings | None = None

    @classmethod
    def read(cls, path: Path) -> Recording:
        """Raises StartError."""
        try:
            facts = json.loads(path.read_bytes())
            asked = facts.get("record")
            recordings = None
            if asked is not None:
                recordings = Recordings(
                    str(asked["audience"]),
                    str(asked["track"]),
                    "event" if asked["each"] == "event" else "slot",
                    float(asked["keep_s"]),
                    str(facts["event"]),
                    int(facts["end_n"]),
                    str(asked.get("clean_of", "")),
                )
            return cls(float(facts.get("dvr_s", 0.0)), recordings)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StartError(f"{path} does not say what to record: {error}") from error
