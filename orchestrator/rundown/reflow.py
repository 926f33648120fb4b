"""What a decision does to the rest of the day, before anybody confirms it (D13). Pure.

Two line-ups are compared, so this cannot promise anything but what the decision will do: EXTEND,
NEXT, SKIP, an insert, an undo and a changed file are all shown the same way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.rundown.lineup import NEVER, Day, LiveSlot
from orchestrator.rundown.moments import moments
from orchestrator.rundown.replan import Margin, SlotChange
from orchestrator.rundown.show import Show


@dataclass(frozen=True, slots=True)
class Late:
    """A fixed point that comes too late by so many frames, with all that can go gone."""

    anchor: str
    frames: int


@dataclass(frozen=True, slots=True)
class Reflow:
    shrinks: tuple[SlotChange, ...] = ()
    grows: tuple[SlotChange, ...] = ()
    moves: tuple[SlotChange, ...] = ()
    """Slots whose start moves; some of them shrink or grow as well."""
    drops: tuple[tuple[str, str], ...] = ()
    """Slots that will not play any more, and why."""
    returns: tuple[str, ...] = ()
    """Slots that will play, which they would not have."""
    unfires: tuple[str, ...] = ()
    """Shots that are on now and will come again (R5)."""
    anchors: tuple[Margin, ...] = ()
    """Every anchored slot to come, with its margin; negative is late."""
    late: tuple[Late, ...] = ()
    """Fixed points that this makes late, or later."""
    beyond_max: int = 0
    """Frames by which the slot on air exceeds its own longest: a reason is asked for."""
    ends_n: int | None = None
    """When the last slot ends; None while somebody holds it open."""
    new_ends_n: int | None = None

    @property
    def is_nothing(self) -> bool:
        return not (self.shrinks or self.grows or self.moves or self.drops or self.returns)


def compare(before: Show, after: Show, n: int) -> Reflow:
    """What is different from frame `n` on."""
    old, new = before.day_at(n), after.day_at(n)
    changes = _changes(old, new, n)
    played, known = _by_name(new.runs).keys(), _by_name(old.runs)
    gone = [r.id for key, r in known.items() if _is_to_come(r, n) and key not in played]
    current, now = old.on_air(n), new.on_air(n)
    same = current is not None and now is not None and current.place == now.place
    return Reflow(
        shrinks=tuple(c for c in changes if c.new_frames < c.frames),
        grows=tuple(c for c in changes if c.new_frames > c.frames),
        moves=tuple(c for c in changes if c.new_start_n != c.start_n),
        drops=tuple((slot, new.left_out.get(slot, "not played")) for slot in gone),
        returns=tuple(
            r.id for key, r in _by_name(new.runs).items() if _is_to_come(r, n) and key not in known
        ),
        unfires=_unfired(current, now, n) if same and current and now else (),
        anchors=tuple(
            Margin(r.id, r.latest_n - r.start_n)
            for r in new.runs
            if r.latest_n is not None and r.start_n > n
        ),
        late=_late(old, new),
        beyond_max=_beyond_max(current, now) if same and current and now else 0,
        ends_n=_end(old),
        new_ends_n=_end(new),
    )


def overrun(show: Show, n: int) -> Reflow:
    """What it costs that the slot on air stays: the day as it is at `n` against the day if the
    slot had ended when it should have. Nothing before its end; it grows as time goes by."""
    run = show.day_at(n).on_air(n)
    if run is None or n <= run.own_end_n:
        return Reflow()
    old, new = show.day_seen_at(n, run.own_end_n), show.day_at(n)
    changes = _changes(old, new, run.own_end_n - 1)
    played = {(run.place, run.id) for run in new.runs}
    gone = [r.id for r in old.runs if r.start_n >= run.own_end_n and (r.place, r.id) not in played]
    return Reflow(
        shrinks=tuple(c for c in changes if c.new_frames < c.frames),
        moves=tuple(c for c in changes if c.new_start_n != c.start_n),
        drops=tuple((slot, new.left_out.get(slot, "not played")) for slot in gone),
        late=_late(old, new),
        ends_n=_end(old),
        new_ends_n=_end(new),
    )


def _is_to_come(run: LiveSlot, n: int) -> bool:
    return run.start_n > n or (run.start_n <= n < run.end_n) or run.is_open


def _changes(old: Day, new: Day, n: int) -> list[SlotChange]:
    later = _by_name(new.runs)
    return [
        SlotChange(run.id, run.frames, other.frames, run.start_n, other.start_n)
        for key, run in _by_name(old.runs).items()
        if run.start_n > n and (other := later.get(key)) is not None
        if not run.is_open or not other.is_open or run.start_n != other.start_n
    ]


def _by_name(runs: Sequence[LiveSlot]) -> dict[tuple[str, int], LiveSlot]:
    """Runs by their id, and which of that id: an interrupted slot runs twice. Another edition of
    the rundown may give a slot another place."""
    count: Counter[str] = Counter()
    named = {}
    for run in runs:
        named[run.id, count[run.id]] = run
        count[run.id] += 1
    return named


def _late(old: Day, new: Day) -> tuple[Late, ...]:
    known = {short.anchor: short.frames for short in old.short}
    return tuple(
        Late(short.anchor, short.frames)
        for short in new.short
        if short.frames > known.get(short.anchor, 0)
    )


def _beyond_max(current: LiveSlot, now: LiveSlot) -> int:
    beyond = max(now.own_end_n - now.origin_n - now.plan.longest, 0)
    return beyond if now.own_end_n > current.own_end_n else 0


def _unfired(current: LiveSlot, now: LiveSlot, n: int) -> tuple[str, ...]:
    fired = {m.shot for m in moments(current) if m.n <= n}
    still = {m.shot for m in moments(now) if m.n <= n}
    return tuple(shot.id for shot in current.plan.shots if shot.id in fired - still)


def _end(day: Day) -> int | None:
    if not day.runs or day.runs[-1].is_open or day.runs[-1].end_n >= NEVER:
        return None
    return day.runs[-1].end_n
