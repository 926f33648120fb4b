"""The running order as the desk shows it: on air, what comes, room left, the next act. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from orchestrator.control.reflowview import reflow_view
from orchestrator.rundown.lineup import NEVER, LiveSlot
from orchestrator.rundown.moments import moments
from orchestrator.rundown.reflow import overrun
from orchestrator.rundown.scene import Look
from orchestrator.rundown.words import said

if TYPE_CHECKING:
    from orchestrator.control.deskview import Watched

_CHANGES_LOOKED_AT = 12
"""So many changes of graphics are passed over on the way to the next one of the picture."""


def status_line(seen: Watched) -> dict[str, Any]:
    """What the STATUS bar counts: slot on air, over or under, room, hard anchor, next act."""
    show, n = seen.show, seen.n
    current = next((slot for slot in seen.line_up if "on-air" in slot.state), None)
    room = show.room(n)
    return {
        "on_air": _current(seen, current) if current is not None else None,
        "over_s": seen.seconds(current.over) if current is not None else 0.0,
        "room": {
            "before_drop_s": _seconds(seen, room.before_drop),
            "before_late_s": _seconds(seen, room.before_late),
            "anchor": room.anchor,
        },
        "hard": _hard(seen),
        "next_auto": _next_auto(seen),
    }


def rundown(seen: Watched) -> list[dict[str, Any]]:
    """Every slot of the day as it runs, with its checks."""
    return [slot_view(seen, slot) | {"check": _check(seen, slot.id)} for slot in seen.line_up]


def shelf(seen: Watched) -> list[dict[str, Any]]:
    """The standby items that one press can put on."""
    return [
        {
            "id": plan.id,
            "title": said(plan.title),
            "kind": plan.kind,
            "length_s": seen.seconds(plan.duration),
        }
        for plan in seen.show.resolved.standby
    ]


def slot_view(seen: Watched, slot: LiveSlot) -> dict[str, Any]:
    plan = slot.plan
    people = seen.show.resolved.people
    has_end = not slot.is_open and slot.end_n < NEVER
    return {
        "id": slot.id,
        "title": said(slot.title),
        "kind": slot.kind,
        "block": plan.block,
        "site": slot.site,
        "mode": slot.mode,
        "audience": slot.audience,
        "start": seen.utc(slot.start_n),
        "end": seen.utc(slot.end_n) if has_end else None,
        "expected_end": seen.utc(slot.end_n) if slot.end_n < NEVER else None,
        "length_s": seen.seconds(slot.frames),
        "planned_s": seen.seconds(plan.duration),
        "over_s": seen.seconds(slot.over),
        "state": list(slot.state),
        "anchor": slot.anchor,
        "stands_for": slot.stands_for,
        "standby": plan.standby,
        "notes": plan.notes,
        "people": {
            role: [people[one].name if one in people else one for one in ids]
            for role, ids in plan.people.items()
        },
        "feeds": sorted(
            source for source in set(plan.scene.places.values()) if not source.startswith("slate.")
        ),
    }


def _current(seen: Watched, slot: LiveSlot) -> dict[str, Any]:
    fps = seen.grid.fps
    shots = [
        {"at": seen.utc(moment.n), "shot": moment.shot}
        for moment in moments(slot)
        if moment.shot and moment.n > seen.n - 3600 * fps
    ]
    return slot_view(seen, slot) | {
        "in_s": seen.seconds(seen.n - slot.start_n),
        "left_s": seen.seconds(slot.end_n - seen.n) if slot.end_n < NEVER else None,
        "is_open": slot.is_open,
        "is_staying": slot.is_staying,
        "past_end_s": max(0.0, seen.seconds(seen.n - (slot.own_end_n or slot.end_n))),
        "cost": reflow_view(overrun(seen.show, seen.n), seen.grid),
        "ends": seen.utc(slot.own_end_n or slot.end_n),
        "shots": shots,
    }


def _hard(seen: Watched) -> dict[str, Any] | None:
    """The next slot whose start is fixed, or the one that is overdue (R7)."""
    overdue = seen.show.overdue(seen.n)
    slot = overdue or next(
        (s for s in seen.line_up if s.anchor == "hard" and s.at_n is not None and s.at_n > seen.n),
        None,
    )
    if slot is None or slot.at_n is None:
        return None
    return {
        "slot": slot.id,
        "title": said(slot.title),
        "at": seen.utc(slot.at_n),
        "in_s": seen.seconds(slot.at_n - seen.n),
        "overdue": overdue is not None,
    }


def _next_auto(seen: Watched) -> dict[str, Any] | None:
    """The next change of picture that comes by itself; graphics are passed over."""
    show, n = seen.show, seen.n
    now = show.at(n, seen.dead)
    at_n = n
    for _ in range(_CHANGES_LOOKED_AT):
        at_n = show.next_change(at_n)
        if at_n >= NEVER:
            return None
        what = _difference(now, show.at(at_n, seen.dead), seen)
        if what:
            return {"what": what, "at": seen.utc(at_n), "in_s": seen.seconds(at_n - n)}
    return None


def _difference(now: Look, then: Look, seen: Watched) -> str:
    old, new = now.scene, then.scene
    if new.slot != old.slot:
        title = said(seen.show.slot_at(then.n).title) if new.slot else ""
        return title or new.slot or "event slate"
    if new.shot != old.shot:
        return f"{new.shot or 'scene'} (shot)"
    if {(x.place.name, x.source) for x in new.layers} != {
        (x.place.name, x.source) for x in old.layers
    }:
        return "picture of the schedule" if old.cause.by == "operator" else "another picture"
    return ""


def _check(seen: Watched, slot: str) -> Mapping[str, Any] | None:
    found = seen.checks.get(slot)
    return dict(found) if found is not None else None


def _seconds(seen: Watched, frames: int | None) -> float | None:
    return None if frames is None else seen.seconds(frames)
