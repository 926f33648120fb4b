"""Laying out the slots that are still to come behind what has already been (R3, R4, R7).

Pure. What is missing is shared by rule R3; what is too much makes the last slot before an anchor
longer, to its max, and the rest is event slate. Hard anchors keep their time: what finds no room
before one is dropped, droppable slots of the lowest priority first; then the anchor cuts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from orchestrator.rundown.lineup import Day, Hold, Item, LiveSlot, Shortage
from orchestrator.rundown.plan import PlanSlot
from orchestrator.rundown.resolved import Resolved, Slot
from orchestrator.rundown.share import Room, spread


@dataclass(slots=True)
class Draft:
    """A day being laid out."""

    runs: list[LiveSlot]
    event_end_n: int
    fps: int
    standby: Mapping[str, PlanSlot]
    left_out: dict[str, str]
    short: list[Shortage] = field(default_factory=list)
    cap: int | None = None
    holds: dict[str, Hold] = field(default_factory=dict)
    """Of the slots whose sites are waited for, as they have been laid out."""

    def finish(self, current: int) -> Day:
        """`current` is the index of the run on air; what ran before it has ended."""
        runs = [run for i, run in enumerate(self.runs) if i <= current or run.frames or run.is_open]
        for i, run in enumerate(runs):
            after_n = runs[i + 1].start_n if i + 1 < len(runs) else self.event_end_n
            gap = max(after_n - run.end_n, 0)
            if gap != run.gap_after:
                runs[i] = replace(run, gap_after=gap)
        opened = (i for i in range(max(current, 0), len(runs)) if runs[i].is_open)
        cap = min(next(opened, len(runs) - 1), len(runs) - 1 if self.cap is None else self.cap)
        starts = tuple(run.start_n for run in runs)
        return Day(tuple(runs), cap, self.left_out, tuple(self.short), starts)


def as_resolved(day: Resolved) -> Day:
    """The day as it was resolved, with nothing decided."""
    draft = Draft([], day.end_n, day.programme.fps, {}, {})
    for place, slot in enumerate(day.slots):
        item = Item(slot, place, slot.frames, slot.frames, slot.frames)
        if slot.frames:
            draft.runs.append(_run(item, slot.start_n, slot.end_n))
        else:
            draft.left_out[slot.id] = "squeezed to nothing"
    return draft.finish(0)


def project(draft: Draft, items: Sequence[Item], start_n: int, due_n: int = 0) -> None:
    """Append `items` to the draft, from `start_n` on; sites that are not ready are waited for.

    Nothing of it is due before `due_n`."""
    before = len(draft.runs)
    _lay_out(draft, items, start_n)
    held = next(
        (i for i in range(before, len(draft.runs)) if _item_of(items, draft.runs[i]).hold), None
    )
    if held is None:
        return
    run = draft.runs[held]
    item = _item_of(items, run)
    assert item.hold is not None
    run_before = draft.runs[held - 1] if held else None
    due_n = max(_due(run_before, run), due_n)
    hold = item.hold.laid_out(due_n, run.start_n)
    draft.holds[item.slot.id] = hold
    until_n = hold.until_n
    later = [other for other in items if other.place > item.place]
    for other in (item, *later):
        draft.left_out.pop(other.slot.id, None)
    del draft.runs[held:]
    draft.short.clear()
    if run_before is not None and run_before.end_n == run.start_n:  # the slot before goes on
        draft.runs[-1] = replace(
            draft.runs[-1],
            end_n=until_n,
            is_open=draft.runs[-1].is_open or hold.then == "ask",
        )
    if hold.then == "ask":
        draft.cap = held - 1
    instead = _instead(draft, item, due_n, until_n)
    if instead is None and hold.then == "skip":
        draft.left_out[item.slot.id] = "not ready"
    project(draft, [*([instead] if instead else []), *later], until_n, until_n)


def _due(before: LiveSlot | None, run: LiveSlot) -> int:
    """When a slot should begin, however long what is before it has been going on already."""
    at_n = run.at_n
    if before is not None and before.end_n == run.start_n:
        return before.own_end_n if at_n is None else max(before.own_end_n, at_n)
    return run.start_n if at_n is None else at_n


def _instead(draft: Draft, item: Item, due_n: int, until_n: int) -> Item | None:
    """What begins when the waiting is over: the slot itself, its standby, or nothing."""
    hold = item.hold
    assert hold is not None
    if hold.then == "skip":
        return None
    filler = draft.standby.get(item.slot.plan.standby or "") if hold.then == "standby" else None
    if filler is None:
        return replace(item, hold=None, shortest=item.frames, longest=item.frames)  # R4
    frames = max(due_n + item.frames - until_n, 0)  # it takes what is left of the slot's time
    shortest = max(frames - (item.frames - item.shortest), 0)
    slot = Slot(filler, until_n, until_n + frames)
    return Item(
        slot, item.place, frames, shortest, frames, stands_for=item.slot.id, cause=hold.cause
    )


def _item_of(items: Sequence[Item], run: LiveSlot) -> Item:
    return next(item for item in items if item.slot.plan is run.plan)


def _lay_out(draft: Draft, items: Sequence[Item], start_n: int) -> None:
    i = 0
    while i < len(items):
        first = items[i]
        at_n = first.at_n
        if at_n is not None and start_n < at_n:
            start_n = at_n
        j = i + 1
        if first.fixed_end_n is None:
            while j < len(items) and items[j].at_n is None:
                j += 1
                if items[j - 1].fixed_end_n is not None:
                    break
        start_n = _fit(draft, list(items[i:j]), items[j] if j < len(items) else None, start_n)
        i = j


def _fit(draft: Draft, members: list[Item], until: Item | None, start_n: int) -> int:
    """Lay out one window; the frame at which the next one can begin."""
    members[0] = _joined(members[0], start_n)
    end_n, slip, name = draft.event_end_n, 0, "the end"
    back_timed = members[-1].fixed_end_n
    if back_timed is not None:
        end_n, name = back_timed, members[-1].slot.id
    elif until is not None and until.at_n is not None:
        end_n, slip, name = until.at_n, until.slot.plan.start.slip, until.slot.id
    room = end_n - start_n
    members = _with_drops(draft, members, room + slip)
    if not members:
        return start_n
    needs = sum(item.shortest for item in members)
    slack = room - sum(item.frames for item in members)
    gap_before_last = 0
    if needs > room:
        lengths = [item.shortest for item in members]
        if needs > room + slip:
            draft.short.append(Shortage(name, needs - room - slip))
            if not slip:
                keep = lengths[-1] if back_timed is not None else 0
                lengths = _cut(lengths, max(room, 0), min(keep, max(room, 0)))
    elif slack < 0:
        rooms = [Room(item.slot.plan.priority, item.frames - item.shortest) for item in members]
        shares, _ = spread(-slack, rooms, draft.fps)
        lengths = [item.frames - share for item, share in zip(members, shares, strict=True)]
    else:
        lengths = [item.frames for item in members]
        grown = min(slack, members[-1].longest - lengths[-1])
        lengths[-1] += grown
        if back_timed is not None:
            gap_before_last = slack - grown
    for i, (item, frames) in enumerate(zip(members, lengths, strict=True)):
        if i == len(members) - 1:
            start_n += gap_before_last
        if frames or item.is_staying:
            draft.runs.append(_run(item, start_n, start_n + frames))
        else:
            draft.left_out[item.slot.id] = f"no time left before {name}"
        start_n += frames
    return start_n


def _joined(item: Item, start_n: int) -> Item:
    """A hard anchor that is overdue is joined at its elapsed time: what has passed is gone."""
    if item.played or item.slot.anchor != "hard" or item.at_n is None or start_n <= item.at_n:
        return item
    late = start_n - item.at_n
    return replace(
        item,
        frames=max(item.frames - late, 0),
        shortest=max(item.shortest - late, 0),
        longest=max(item.longest - late, 0),
    )


def _with_drops(draft: Draft, members: list[Item], room: int) -> list[Item]:
    """Without the droppable slots there is no room for, lowest priority first."""
    needs = sum(item.shortest for item in members)
    going: set[int] = set()
    for item in sorted(members, key=lambda item: item.slot.plan.priority):
        if needs <= room:
            break
        if item.slot.plan.droppable and item.shortest > 0:
            going.add(item.place)
            needs -= item.shortest
            draft.left_out[item.slot.id] = "dropped"
    return [item for item in members if item.place not in going]


def _cut(lengths: list[int], room: int, keep: int) -> list[int]:
    """`lengths` until the room is used up; the last one is sure of `keep`."""
    left = room - keep
    cut: list[int] = []
    for frames in lengths[:-1]:
        cut.append(min(frames, left))
        left -= cut[-1]
    return [*cut, min(lengths[-1], left + keep)]


def _run(item: Item, start_n: int, end_n: int) -> LiveSlot:
    slot = item.slot
    at_n = item.at_n
    is_joined = slot.anchor == "hard" and at_n is not None and start_n > at_n
    origin_n = at_n if is_joined and at_n is not None else start_n
    return LiveSlot(
        plan=slot.plan,
        start_n=start_n,
        end_n=end_n,
        place=item.place,
        origin_n=start_n - item.played if item.played else origin_n,
        own_end_n=end_n,
        planned_start_n=slot.start_n,
        planned_end_n=slot.end_n,
        anchor=slot.anchor,
        at_n=at_n,
        latest_n=None if item.played else slot.latest_n,
        is_open=item.is_staying or (slot.plan.end == "ask" and not item.is_decided),
        is_staying=item.is_staying,
        stands_for=item.stands_for,
        cause=item.cause,
        back=item.back,
    )
