"""What the twelve warnings look at: a day that fits, and two facts about this machine. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator.rundown import where
from orchestrator.rundown.plan import PlanSlot, Shift
from orchestrator.rundown.problem import Mark, Problem, Severity
from orchestrator.rundown.resolved import Resolved, Slot
from orchestrator.rundown.words import written
from orchestrator.timing.grid import Grid


@dataclass(frozen=True, slots=True)
class Day:
    """`clip_frames` are lengths of the clips that could be read, by id, in the programme's frames.

    `undrawable` holds the characters for which no font of this machine has a glyph, each with the
    font to install (empty where none is known).
    `shifts` are the shifts as written, for their marks.
    """

    resolved: Resolved
    clip_frames: Mapping[str, int] = field(default_factory=dict)
    undrawable: Mapping[str, str] = field(default_factory=dict)
    shifts: tuple[Shift, ...] = ()

    @property
    def grid(self) -> Grid:
        return Grid.standard(self.resolved.programme.fps)

    def length(self, frames: int) -> str:
        return written(frames, self.resolved.programme.fps)

    def clock(self, n: int, zone: str = "") -> str:
        """Frame `n` on the clock of `zone`; the event's own without."""
        return where.clock(n, self.grid, zone or self.resolved.timezone)

    def frames(self, *, minutes: int) -> int:
        return minutes * 60 * self.resolved.programme.fps


def is_live_surgery(slot: PlanSlot) -> bool:
    """A person lies on a table while this is on."""
    return slot.mode == "live" and "surgery" in slot.kinds


def warning(code: str, slot: Slot | PlanSlot, at: str, message: str, hint: str = "") -> Problem:
    """A warning about `slot`, at its field `at` (the slot itself if that is not written)."""
    plan = slot.plan if isinstance(slot, Slot) else slot
    return Problem(plan.at(at), Severity.WARNING, code, message, plan.id, hint)


def warning_at(code: str, mark: Mark, path: str, message: str, hint: str = "") -> Problem:
    return Problem(mark, Severity.WARNING, code, message, path, hint)
