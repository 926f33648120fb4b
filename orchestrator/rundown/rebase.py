"""`--start now|14:00|+10m`: the whole day moved, every anchor at its elapsed distance (R6).

Pure: the caller hands in the time, keeps the result in the state folder, and never asks twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from orchestrator.errors import ConfigError
from orchestrator.rundown.instants import Fault, Frame, locate
from orchestrator.rundown.plan import Plan, TimeSpec
from orchestrator.rundown.resolved import Resolved
from orchestrator.timing import Grid

_LEAD_S = 15
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_WAIT = re.compile(r"\+(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


@dataclass(frozen=True, slots=True)
class Rebase:
    """The frame at which the event begins instead, and what was asked for."""

    start_n: int
    text: str


def rebase(plan: Plan, text: str, now_ns: int, grid: Grid) -> Rebase:
    """`now`: the first whole segment at least 15 s ahead. `+10m`: the first one after that.

    `14:00`: that time in the event's zone, exactly, the next one from now on. Raises ConfigError.
    """
    now_n = grid.frame_at(now_ns)
    if text == "now":
        return Rebase(_segment(now_n + _LEAD_S * grid.fps, grid), text)
    if (wait := _WAIT.fullmatch(text)) and any(wait.groups()):
        hours, minutes, seconds = (int(group or 0) for group in wait.groups())
        ahead_s = hours * 3600 + minutes * 60 + seconds
        return Rebase(_segment(now_n + ahead_s * grid.fps, grid), text)
    if clock := _CLOCK.fullmatch(text):
        hour, minute, second = (int(group or 0) for group in clock.groups())
        if hour < 24 and minute < 60 and second < 60:
            spec = TimeSpec(text, (hour, minute, second), plan.timezone)
            found = locate(spec, Frame(grid.fps, plan.timezone), now_n + 1)
            if isinstance(found, Fault):
                raise ConfigError(f"--start {found.message}   Write --start now or +10m.")
            return Rebase(found, text)
    raise ConfigError(f"--start {text} is not a time.   Write now, 14:00 or +10m.")


def _segment(n: int, grid: Grid) -> int:
    """The first frame from `n` on that begins a segment."""
    return -(-n // grid.segment_frames) * grid.segment_frames


def moved(day: Resolved, start: Rebase) -> Resolved:
    """`day`, beginning at `start`; a rehearsal from here on."""
    by = start.start_n - day.start_n
    return replace(
        day,
        start_n=day.start_n + by,
        end_n=day.end_n + by,
        slots=tuple(
            replace(
                slot,
                start_n=slot.start_n + by,
                end_n=slot.end_n + by,
                latest_n=None if slot.latest_n is None else slot.latest_n + by,
            )
            for slot in day.slots
        ),
        shifts=tuple(
            replace(shift, start_n=shift.start_n + by, end_n=shift.end_n + by)
            for shift in day.shifts
        ),
        is_rehearsal=True,
    )
