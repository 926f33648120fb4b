"""What an extension would cost, before anybody confirms it: ROOM LEFT and the EXTEND preview.

Pure. The preview applies the order to the epoch of its frame and compares the two line-ups; so it
cannot promise anything else than what the order will do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.bus.orders import Order, Verb
from orchestrator.rundown.decided import Epoch
from orchestrator.rundown.history import History
from orchestrator.rundown.lineup import Day, Item, LiveSlot
from orchestrator.rundown.moments import moments
from orchestrator.rundown.words import running


@dataclass(frozen=True, slots=True)
class RoomLeft:
    """Frames by which the slot on air can still grow; None where nothing limits it.

    Negative: it is already too late by that much.
    """

    before_drop: int | None
    before_late: int | None
    anchor: str = ""
    """The fixed point that limits it; empty for the end of the event."""


@dataclass(frozen=True, slots=True)
class SlotChange:
    """A slot before and after: length, and first frame."""

    slot: str
    frames: int
    new_frames: int
    start_n: int
    new_start_n: int


@dataclass(frozen=True, slots=True)
class Margin:
    """An anchored slot after the change: frames from its start to the latest one; < 0 is late."""

    slot: str
    frames: int


@dataclass(frozen=True, slots=True)
class Preview:
    """`why` says why it is refused, or what the operator must give a reason for."""

    slot: str
    end_n: int
    allowed: bool
    why: str = ""
    beyond_max: int = 0
    """Frames by which the slot exceeds its own max: a reason is asked for."""
    shrinks: tuple[SlotChange, ...] = ()
    drops: tuple[str, ...] = ()
    moves: tuple[SlotChange, ...] = ()
    """Slots whose start moves (some of them are in `shrinks` as well)."""
    unfires: tuple[str, ...] = ()
    """End-timed shots that are on now and will come again (R5)."""
    anchors: tuple[Margin, ...] = ()


def room_left(history: History, epoch: Epoch, n: int) -> RoomLeft:
    """How far the end of the slot on air can move before a drop, before an anchor is late."""
    day = history.rest.seen_at(epoch, n)
    run = day.on_air(n)
    if run is None:
        return RoomLeft(None, None)
    end_n = max(run.end_n, n)
    items = history.rest.items_after(epoch, n)
    limit_n, anchor, window = _window(items, history.resolved.end_n, 0)
    drop_n = _latest(window, limit_n, with_droppable=True)
    late_n = _latest(window, limit_n, with_droppable=False)
    return RoomLeft(drop_n - end_n, late_n - end_n, anchor)


def _window(items: Sequence[Item], event_end_n: int, begin: int) -> tuple[int, str, Sequence[Item]]:
    """What lies before the next hard fixed point: its frame, its slot and the items before it."""
    for i, item in enumerate(items):
        if item.slot.anchor == "hard" and item.at_n is not None:
            return item.at_n, item.slot.id, items[begin:i]
        if item.fixed_end_n is not None:
            return item.fixed_end_n, item.slot.id, items[begin : i + 1]
    return event_end_n, "", items[begin:]


def _latest(window: Sequence[Item], limit_n: int, *, with_droppable: bool) -> int:
    """The latest frame at which the window can begin, everything in it at its shortest."""
    n = limit_n
    for item in reversed(window):
        if with_droppable or not item.slot.plan.droppable:
            n -= item.shortest
            if item.slot.anchor == "soft" and item.slot.latest_n is not None:
                n = min(n, item.slot.latest_n)
    return n


def preview_extend(history: History, epoch: Epoch, n: int, slot: str, frames: int) -> Preview:
    """What `EXTEND slot` by `frames` (negative: SHORTEN) at frame `n` would do."""
    before = history.rest.seen_at(epoch, n)
    run = next((r for r in before.runs if r.id == slot and (r.end_n > n or r.is_open)), None)
    if run is None:
        return Preview(slot, n, allowed=False, why=f"{slot} is not on air and not to come.")
    end_n = run.end_n + frames
    if end_n <= max(n, run.start_n):
        return Preview(slot, end_n, allowed=False, why=f"{slot} would be over already: use NEXT.")
    order = Order(0, Verb.EXTEND, n, args={"slot": slot, "end_n": end_n})
    after = history.rest.seen_at(history.after(epoch, order), n)
    moved = next((r for r in after.runs if r.place == run.place and r.id == slot), run)
    refusal = _refusal(history, before, after)
    return Preview(
        slot,
        end_n,
        allowed=not refusal,
        why=refusal,
        beyond_max=max(moved.frames - run.plan.longest, 0),
        shrinks=tuple(c for c in _changes(before, after, run) if c.new_frames < c.frames),
        drops=tuple(name for name in after.left_out if name not in before.left_out),
        moves=tuple(c for c in _changes(before, after, run) if c.new_start_n != c.start_n),
        unfires=_unfired(run, moved, n),
        anchors=tuple(
            Margin(r.id, r.latest_n - r.start_n)
            for r in after.runs
            if r.latest_n is not None and r.start_n >= end_n
        ),
    )


def _refusal(history: History, before: Day, after: Day) -> str:
    known = {shortage.anchor: shortage.frames for shortage in before.short}
    for shortage in after.short:
        more = shortage.frames - known.get(shortage.anchor, 0)
        if more > 0:
            late = running(shortage.frames, history.resolved.programme.fps)
            return (
                f"{shortage.anchor} would be {late} late, with all that can go dropped: use STAY."
            )
    return ""


def _changes(before: Day, after: Day, run: LiveSlot) -> list[SlotChange]:
    new = {(r.place, r.id): r for r in after.runs}
    return [
        SlotChange(r.id, r.frames, other.frames, r.start_n, other.start_n)
        for r in before.runs
        if r.start_n > run.start_n and (other := new.get((r.place, r.id))) is not None
    ]


def _unfired(run: LiveSlot, moved: LiveSlot, n: int) -> tuple[str, ...]:
    fired = {m.shot for m in moments(run) if m.n <= n}
    still = {m.shot for m in moments(moved) if m.n <= n}
    return tuple(shot.id for shot in run.plan.shots if shot.id in fired - still)
