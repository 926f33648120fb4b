"""How the desk speaks of frames, lengths and consequences. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestrator.rundown import where
from orchestrator.rundown.lineup import LiveSlot
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.words import written
from orchestrator.timing import Grid


def at(n: int, grid: Grid, zone: str) -> str:
    """`18:57:12` on the event's clock; in the hour that happens twice `02:57:12+02:00`."""
    local = where.local(n, grid, zone)
    return f"{local:%H:%M:%S}{where.offset_if_twice(local)}"


def consequences(
    before: Sequence[LiveSlot],
    after: Sequence[LiveSlot],
    left_out: Mapping[str, str],
    day: Resolved,
) -> list[str]:
    """What a decision moves, slot by slot: `talk: 12m → 8m, starts 18:02:00`."""
    grid = Grid.standard(day.programme.fps)
    later = {slot.id: slot for slot in after}
    lines = []
    for slot in before:
        now = later.get(slot.id)
        if now is None:
            why = left_out.get(slot.id, "dropped")
            lines.append(f"{slot.id}: not played ({why})")
            continue
        changes = []
        if now.frames != slot.frames and not now.is_open:
            changes.append(f"{written(slot.frames, grid.fps)} → {written(now.frames, grid.fps)}")
        if now.is_open != slot.is_open:
            changes.append("no end by the clock" if now.is_open else "ends by the clock")
        if now.start_n != slot.start_n:
            changes.append(f"starts {at(now.start_n, grid, day.timezone)}")
        if changes:
            lines.append(f"{slot.id}: {', '.join(changes)}")
    known = {slot.id for slot in before}
    lines += [f"{s.id}: comes in at {at(s.start_n, grid, day.timezone)}" for s in after
              if s.id not in known]  # fmt: skip
    return lines
