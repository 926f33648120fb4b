"""The recordings on disk, as their writer (the recorder) and their readers agree on them.

    state/recordings/<name>.growing.mp4   fragmented, as far as it goes; playable at any time
    state/recordings/<name>.mp4           finished: one moov in front, chapters, exact to a picture
    state/recordings/<name>.json          what is in it (`Sheet`), replaced atomically
    state/recordings/<name>.vtt           its chapters as WebVTT, once it is finished

    state/recordings/clean/…              the same without graphics, where the file asks for it

`<name>` is the slot's id, or the event's with `each: event`; a slot that comes on air again is
`<slot>-2`, `<slot>-3` … A name means one recording as long as that is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.bus.tree import CLEAN_TRACK

GROWING, CLOSING, CLOSED = "growing", "closing", "closed"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One recording. `to_n` is the frame after the last; None while nobody knows it."""

    name: str
    slot: str
    title: str
    audience: str
    rendition: str
    fps: int
    from_n: int
    first_k: int
    """The column the file begins with; pictures before `from_n` are hidden by an edit list."""
    to_n: int | None = None
    state: str = GROWING
    tag: int = 0
    """Of the newest look-back (`SafetyAct.tag`) that it follows."""
    begins: str = ""
    length_s: float = 0.0
    bytes: int = 0
    slate_s: float = 0.0
    """How much of it is slate in place of the programme, holes included."""
    gap_s: float = 0.0
    chapters: tuple[tuple[float, str], ...] = field(default=())
    """Seconds from its beginning, and title."""

    def record(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, record: dict[str, Any]) -> Sheet:
        """Raises ValueError, KeyError or TypeError."""
        chapters = tuple((float(at), str(title)) for at, title in record.pop("chapters", ()))
        sheet = cls(**record, chapters=chapters)
        if not isinstance(sheet.from_n, int) or sheet.state not in (GROWING, CLOSING, CLOSED):
            raise ValueError("not a recording's sheet")
        return sheet


def clean_folder(folder: Path) -> Path:
    return folder / CLEAN_TRACK


def sheet_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"


def growing_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.growing.mp4"


def finished_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.mp4"


def chapters_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.vtt"


def sheets(folder: Path) -> Iterator[Sheet]:
    """Every recording there is, oldest first. What is no sheet is passed over."""
    found = []
    for path in folder.glob("*.json") if folder.is_dir() else ():
        try:
            found.append(Sheet.of(json.loads(path.read_bytes())))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    yield from sorted(found, key=lambda sheet: (sheet.from_n, sheet.name))
