"""W9: shots and graphics that a squeezed slot loses, or whose order depends on its length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from orchestrator.rundown.plan import GraphicCue, PlanSlot, Shot
from orchestrator.rundown.problem import Problem
from orchestrator.rundown.warnings.day import Day, warning


@dataclass(frozen=True, slots=True)
class _Cue:
    """A shot, or a graphic: where it was written, what it is called, when it is on."""

    where: str
    name: str
    at: int
    length: int

    def begin(self, slot_frames: int) -> int:
        return self.at if self.at >= 0 else slot_frames + self.at


def lost_cues(day: Day) -> Iterator[Problem]:
    """W9. A slot that may shrink to nothing is left alone: it takes its cues with it."""
    for slot in [*(slot.plan for slot in day.resolved.slots), *day.resolved.standby]:
        if slot.shortest <= 0:
            continue
        shots = [_Cue("shots", _called(shot), shot.at, 0) for shot in slot.shots]
        graphics = [_Cue("graphics", _named(cue), cue.at, cue.length) for cue in slot.graphics]
        for cue in [*shots, *graphics]:
            yield from _beyond(day, slot, cue)
        for one, other in combinations(shots, 2):
            yield from _crossing(day, slot, one, other)
        for a, b in combinations(range(len(graphics)), 2):
            if slot.graphics[a].use == slot.graphics[b].use:
                yield from _crossing(day, slot, graphics[a], graphics[b])


def _called(shot: Shot) -> str:
    """Ids that only repeat the time are left out."""
    return "the shot" if shot.id.startswith(("at-", "end-")) else f"the shot {shot.id}"


def _named(cue: GraphicCue) -> str:
    return f"the {cue.use} for {cue.who}" if cue.who else f"the {cue.use}"


def _beyond(day: Day, slot: PlanSlot, cue: _Cue) -> Iterator[Problem]:
    if cue.at < 0:
        is_lost = -cue.at > slot.shortest
    else:
        is_lost = cue.at > 0 and (cue.at >= slot.shortest or cue.at + cue.length > slot.shortest)
    if is_lost:
        yield warning(
            "W9",
            slot,
            cue.where,
            f"{cue.name} at {day.length(cue.at)} vanishes or is cut off when the slot is squeezed "
            f"to its shortest ({day.length(slot.shortest)}).",
            "Move it, time it from the other end, or let the slot shrink less.",
        )


def _crossing(day: Day, slot: PlanSlot, one: _Cue, other: _Cue) -> Iterator[Problem]:
    if (one.at < 0) == (other.at < 0):
        return
    early, late = (other, one) if one.at < 0 else (one, other)
    room = late.begin(slot.shortest) - (early.at + early.length)
    if room < 0 <= late.begin(slot.longest) - early.at:
        yield warning(
            "W9",
            slot,
            early.where,
            f"{early.name} at {day.length(early.at)} and {late.name} at {day.length(late.at)} "
            f"cross when the slot is squeezed to its shortest ({day.length(slot.shortest)}).",
            "Time both from the same end.",
        )
