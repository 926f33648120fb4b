"""When a disk is too full to go on writing, and when there is room again. A rule and a look.

What else lies in the state folder matters more than recordings: the journal and the as-run must
always find room. So the recorder stops while there is still some left.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_MIB = 1 << 20
_KEEP_FREE_BYTES = 1 << 30
_KEEP_FREE_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Room:
    """Free and total bytes of the disk that a folder lies on."""

    free: int
    total: int

    @classmethod
    def of(cls, folder: Path) -> Room:
        """Raises OSError."""
        stat = os.statvfs(folder)
        return cls(stat.f_bavail * stat.f_frsize, stat.f_blocks * stat.f_frsize)

    @property
    def keep_free(self) -> int:
        """Not to be touched: 1 GiB, or a twentieth of a small disk."""
        return min(_KEEP_FREE_BYTES, int(self.total * _KEEP_FREE_SHARE))


def is_full(room: Room, *, was_full: bool) -> bool:
    """Stops below the threshold and begins again half as much above it, so that it does not
    flutter."""
    return room.free < room.keep_free * (3 if was_full else 2) // 2


def sentence(room: Room, folder: Path) -> str:
    return (
        f"the disk under {folder} is full ({room.free // _MIB} MiB free, "
        f"{room.keep_free * 3 // 2 // _MIB} MiB are needed to go on): recording and DVR have "
        "stopped, the air goes on; delete something, or shorten outputs.record.keep or "
        "outputs.hls.dvr"
    )
