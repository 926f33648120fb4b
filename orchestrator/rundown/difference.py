"""What a producer changed between two versions of a day, in sentences. Pure.

Both days are as their files say them; what a running event makes of it is for `edition` and the
desk. Places in the file (lines) are no difference, nor is what follows by itself: a slot that
starts later because the one before grew has not been changed.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.rundown import where
from orchestrator.rundown.edition import without_marks
from orchestrator.rundown.plan import PlanSlot, SceneSpec, Start, TimeSpec
from orchestrator.rundown.resolved import Resolved, Slot
from orchestrator.rundown.words import said, written
from orchestrator.timing import Grid

What = Literal["added", "removed", "moved", "retimed", "retitled", "re-sourced", "changed"]

_TIMES = frozenset({"duration", "shrink", "grow", "start", "end"})
_SOURCES = frozenset({"scene", "shots", "fallback", "site", "standby"})
_FRAMES = frozenset({"duration", "shrink", "grow", "preroll", "arm", "setup"})
_NOT_TOLD = frozenset({"id", "was", "mark", "marks", "kinds", "block"})
_SIMPLE = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Change:
    """`about` is a slot's id, or `people.ada`; `field` what of it (empty: all of it)."""

    what: What
    about: str
    field: str
    text: str


def difference(before: Resolved, after: Resolved) -> tuple[Change, ...]:
    """Every change, slots first, in the order of the new file."""
    before, after = without_marks(before), without_marks(after)
    return (*_of_slots(before, after), *_of_the_rest(before, after))


def _of_slots(before: Resolved, after: Resolved) -> Iterator[Change]:
    grid = Grid.standard(after.programme.fps)
    names = {slot.id: slot.id for slot in before.slots}
    was = {s.id: s.plan.was for s in after.slots if s.plan.was in names and s.id not in names}
    old = {slot.id: slot for slot in before.slots}
    new_names = {was.get(slot.id) or slot.id for slot in after.slots}
    moved = _moved(
        [slot.id for slot in before.slots if slot.id in new_names],
        [name for slot in after.slots if (name := was.get(slot.id) or slot.id) in old],
    )
    for i, slot in enumerate(after.slots):
        behind = after.slots[i - 1].id if i else ""
        place = f"behind {behind}" if behind else "first"
        known = old.get(was.get(slot.id) or slot.id)
        if known is None:
            yield Change(
                "added", slot.id, "", f"{slot.id}: new, {_row(slot, after, grid)}, {place}"
            )
            continue
        if known.id != slot.id:
            yield Change("changed", slot.id, "id", f"{slot.id}: was called {known.id}")
        if known.id in moved:
            yield Change("moved", slot.id, "", f"{slot.id}: moved, now {place}")
        yield from _of_slot(slot.id, known.plan, slot.plan, after.programme.fps)
    for slot in before.slots:
        if slot.id not in new_names:
            text = f"{slot.id}: taken out ({_row(slot, before, grid)})"
            yield Change("removed", slot.id, "", text)


def _row(slot: Slot, day: Resolved, grid: Grid) -> str:
    length = written(slot.frames, grid.fps)
    return f"{slot.plan.kind} of {length} at {where.clock(slot.start_n, grid, day.timezone)}"


def _moved(before: Sequence[str], after: Sequence[str]) -> frozenset[str]:
    """The fewest that must have been moved: all but a longest run that kept its order."""
    place = {name: i for i, name in enumerate(before)}
    tails: list[int] = []
    ends: list[str] = []
    previous: dict[str, str | None] = {}
    for name in after:
        i = bisect_left(tails, place[name])
        previous[name] = ends[i - 1] if i else None
        if i == len(tails):
            tails.append(place[name])
            ends.append(name)
        else:
            tails[i], ends[i] = place[name], name
    kept: set[str] = set()
    at = ends[-1] if ends else None
    while at is not None:
        kept.add(at)
        at = previous[at]
    return frozenset(before) - kept


def _of_slot(name: str, before: PlanSlot, after: PlanSlot, fps: int) -> Iterator[Change]:
    for field in (f.name for f in dataclasses.fields(PlanSlot)):
        old, new = getattr(before, field), getattr(after, field)
        if field in _NOT_TOLD or old == new:
            continue
        for text in _said(field, old, new, fps):
            yield Change(_what(field), name, field, f"{name}: {text}")


def _what(field: str) -> What:
    if field in _TIMES:
        return "retimed"
    if field == "title":
        return "retitled"
    return "re-sourced" if field in _SOURCES else "changed"


def _said(field: str, old: Any, new: Any, fps: int) -> Iterator[str]:
    if field in _FRAMES:
        yield f"{field} {written(old, fps)} → {written(new, fps)}"
    elif field in ("start", "end"):
        yield f"{field} {_time(old, fps)} → {_time(new, fps)}"
    elif field == "title":
        yield f"title “{said(old)}” → “{said(new)}”"
    elif isinstance(old, SceneSpec) and isinstance(new, SceneSpec):
        yield from _scene(old, new)
    elif field == "people":
        yield from _table("", _joined(old), _joined(new))
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _table(f"{field} ", _joined(old), _joined(new))
    elif isinstance(old, _SIMPLE) and isinstance(new, _SIMPLE):
        yield f"{field} {_plain(old)} → {_plain(new)}"
    else:
        yield f"{field} changed"


def _scene(old: SceneSpec, new: SceneSpec) -> Iterator[str]:
    if old.layout != new.layout:
        yield f"layout {old.layout} → {new.layout}"
    yield from _table("", old.places, new.places)
    yield from _table("sound of ", _gains(old), _gains(new))


def _gains(scene: SceneSpec) -> dict[str, str]:
    return {p: "off" if gain is None else f"{gain:g} dB" for p, gain in scene.audio.items()}


def _joined(table: Mapping[str, Any]) -> dict[str, str]:
    return {k: " ".join(v) if isinstance(v, tuple) else str(v) for k, v in table.items()}


def _table(lead: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for key in [*old, *(key for key in new if key not in old)]:
        if old.get(key) != new.get(key):
            yield f"{lead}{key} {_plain(old.get(key))} → {_plain(new.get(key))}"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value is None or value == "" else str(value)


def _time(value: Start | TimeSpec | str, fps: int) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, TimeSpec):
        return value.text
    if value.at is not None:
        return value.at.text + (f" (slip {written(value.slip, fps)})" if value.slip else "")
    return f"after {value.after}" if value.after else "after the slot above"


# everything but the slots

_TABLES = ("people", "sites", "layouts", "graphics", "clips")
_SINGLE = ("title", "timezone", "languages", "audience", "programme")


def _of_the_rest(before: Resolved, after: Resolved) -> Iterator[Change]:
    fps = after.programme.fps
    for table in _TABLES:
        yield from _of_table(table, getattr(before, table), getattr(after, table), fps)
    shelf = {plan.id: plan for plan in before.standby}, {plan.id: plan for plan in after.standby}
    yield from _of_table("standby", *shelf, fps)
    outputs = {out.id: out for out in before.outputs}, {out.id: out for out in after.outputs}
    yield from _of_table("outputs", *outputs, fps)
    for field in _SINGLE:
        for text in _said(field, getattr(before, field), getattr(after, field), fps):
            if getattr(before, field) != getattr(after, field):
                yield Change("changed", "event", field, f"event: {text}")
    if before.start_n != after.start_n:
        yield Change("changed", "event", "start", "event: starts at another time")
    lasts = before.end_n - before.start_n, after.end_n - after.start_n
    if lasts[0] != lasts[1]:
        length, longer = (written(frames, fps) for frames in lasts)
        yield Change("changed", "event", "duration", f"event: duration {length} → {longer}")
    if before.shifts != after.shifts:
        yield Change("changed", "shifts", "", "shifts: changed")


def _of_table(
    table: str, before: Mapping[str, Any], after: Mapping[str, Any], fps: int
) -> Iterator[Change]:
    for name in [*after, *(name for name in before if name not in after)]:
        about, old, new = f"{table}.{name}", before.get(name), after.get(name)
        if old is None or new is None:
            word: What = "added" if old is None else "removed"
            text = "new" if old is None else "taken out"
            yield Change(word, about, "", f"{table} › {name}: {text}")
        elif isinstance(new, PlanSlot):
            yield from _of_slot(f"{table} › {name}", old, new, fps)
        elif old != new:
            yield from _of_record(table, name, old, new, fps)


def _of_record(table: str, name: str, old: Any, new: Any, fps: int) -> Iterator[Change]:
    for field in (f.name for f in dataclasses.fields(new)):
        was, now = getattr(old, field), getattr(new, field)
        if was == now:
            continue
        if field == "feeds":
            feeds = {f.id: f for f in was}, {f.id: f for f in now}
            yield from _of_table("feeds", *feeds, fps)
            continue
        secret = field in ("address", "passphrase", "url", "options")
        told = [f"{field} changed"] if secret else _said(field, was, now, fps)
        for text in told:
            yield Change("changed", f"{table}.{name}", field, f"{table} › {name}: {text}")
