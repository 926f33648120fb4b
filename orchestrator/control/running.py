"""NEXT, STAY, EXTEND, SKIP, END and READY: the desk's acts on the running order. Pure.

Each answers with the order's args and what will happen, or refuses. What moves behind it is found
by comparing the line-ups, in `desk`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from orchestrator.control import say
from orchestrator.control.wish import Wish, unknown
from orchestrator.errors import CommandRejected
from orchestrator.rundown.instants import Fault, Frame, locate
from orchestrator.rundown.lineup import LiveSlot
from orchestrator.rundown.plan import TimeSpec
from orchestrator.rundown.problem import NOWHERE
from orchestrator.rundown.show import Show
from orchestrator.rundown.times import Unreadable, time_spec
from orchestrator.rundown.words import written
from orchestrator.timing import Grid

Read = tuple[dict[str, Any], str]


def read_next(wish: Wish, show: Show, n: int) -> Read:
    wish.only()
    current, upcoming = _on_air(show, n), _after(show, n)
    if upcoming is None:
        raise CommandRejected("nothing-next", "nothing comes after this: it is the last slot")
    leaving = f", leaves {current.id}" if current is not None else ""
    return (
        {"slot": current.id if current is not None else ""},
        f"NEXT: {upcoming.id} starts{leaving}",
    )


def read_stay(wish: Wish, show: Show, n: int) -> Read:
    wish.only("slot", "on")
    slot = _slot(wish, show, n)
    on = wish.flag("on", True)
    if on == slot.is_staying:
        state = "is staying already" if on else "was not staying"
        raise CommandRejected("no-change", f"{slot.id} {state}")
    text = "does not end by itself until STAY is taken off" if on else "ends by itself again"
    return {"slot": slot.id, "on": on}, f"STAY: {slot.id} {text}"


def read_extend(wish: Wish, show: Show, n: int) -> Read:
    """By a length (`10m`, `-5m`) or to a time of the event's clock (`18:05`)."""
    wish.only("slot", "by", "to")
    day = show.resolved
    grid = Grid.standard(day.programme.fps)
    slot = _slot(wish, show, n)
    planned_n = slot.own_end_n or slot.end_n
    if bool(wish.text("by")) == bool(wish.text("to")):
        raise CommandRejected("malformed", "extend by a length (10m, -5m) or to a time (18:05)")
    if wish.text("by"):
        # an open slot past its end is given the time from now on
        end_n = max(planned_n, n) + wish.frames("by", grid.fps)
    else:
        end_n = _instant(wish.text("to"), show, max(slot.start_n, n))
    if end_n <= max(n, slot.start_n):
        ends = say.at(end_n, grid, day.timezone)
        raise CommandRejected(
            "in-the-past", f"{slot.id} cannot end at {ends}; use NEXT to leave it now"
        )
    verb = "longer" if end_n > planned_n else "shorter"
    by = written(abs(end_n - planned_n), grid.fps)
    ends = say.at(end_n, grid, day.timezone)
    return {"slot": slot.id, "end_n": end_n}, f"EXTEND: {slot.id} ends at {ends} ({by} {verb})"


def read_shorten(wish: Wish, show: Show, n: int) -> Read:
    wish.only("slot", "by", "to")
    if wish.text("by"):
        wish = replace(wish, args={**wish.args, "by": f"-{wish.text('by').lstrip('-−')}"})
    args, text = read_extend(wish, show, n)
    slot = _slot(wish, show, n)
    if args["end_n"] >= max(slot.own_end_n, n):
        raise CommandRejected("malformed", f"{slot.id} would not end earlier: use EXTEND")
    return args, text.replace("EXTEND", "SHORTEN", 1)


def read_insert(wish: Wish, show: Show, n: int) -> Read:
    """An item of the standby shelf, now. `resume`: what it interrupts goes on afterwards."""
    wish.only("item", "resume", "for")
    day = show.resolved
    left_out = show.left_out(n)
    skipped = (slot.plan for slot in day.slots if left_out.get(slot.id) == "skipped")
    shelf = {plan.id: plan for plan in (*skipped, *day.standby)}
    name = wish.text("item")
    if name not in shelf:
        raise unknown("unknown-item", "item on the shelf", name, tuple(shelf))
    frames = wish.frames("for", day.programme.fps) if wish.text("for") else shelf[name].duration
    if frames <= 0:
        raise CommandRejected("malformed", "for is a length: 5m")
    current, resume = _on_air(show, n), wish.flag("resume", False)
    if current is not None and current.id == name:
        raise CommandRejected("no-change", f"{name} is on air")
    then = "then the next slot"
    if resume and current is not None:
        then = f"then {current.id} goes on"
    args = {"item": name, "frames": frames, "resume": resume}
    return args, f"INSERT: {name} for {written(frames, day.programme.fps)}, {then}"


def read_end(wish: Wish, show: Show, n: int) -> Read:
    """Decide the end of a slot that asks for it; without a time, at its planned end."""
    wish.only("slot", "to")
    grid = Grid.standard(show.resolved.programme.fps)
    slot = _slot(wish, show, n)
    if not slot.is_open:
        raise CommandRejected("no-change", f"{slot.id} ends by itself already")
    end_n = slot.own_end_n or slot.end_n
    if wish.text("to"):
        end_n = _instant(wish.text("to"), show, max(slot.start_n, n))
    end_n = max(end_n, n)
    ends = say.at(end_n, grid, show.resolved.timezone)
    return {"slot": slot.id, "end_n": end_n}, f"END: {slot.id} ends at {ends}"


def read_skip(wish: Wish, show: Show, n: int) -> Read:
    """`after` puts it off: the desk is asked again when that slot is over."""
    wish.only("slot", "on", "after")
    on = wish.flag("on", True)
    name = wish.text("slot")
    upcoming = {slot.id: slot for slot in show.line_up(n)}
    if not on:
        if show.day_at(n).left_out.get(name) != "skipped":
            raise CommandRejected("no-change", f"{name} was not skipped")
        return {"slot": name, "on": False}, f"SKIP off: {name} plays after all"
    slot = upcoming.get(name)
    if slot is None:
        raise unknown("unknown-slot", "slot", name, tuple(upcoming))
    if n >= slot.start_n:
        is_on = (current := _on_air(show, n)) is not None and current.id == name
        why = "is on air: use NEXT to leave it" if is_on else "has been on air already"
        raise CommandRejected("not-in-the-future", f"{name} {why}")
    if n >= slot.start_n - slot.plan.arm:
        raise CommandRejected("armed", f"{name} is armed and starts in moments: use NEXT after it")
    after = wish.text("after")
    if not after:
        return {"slot": name, "on": True}, f"SKIP: {name} will not play"
    if after not in upcoming or upcoming[after].start_n < slot.start_n:
        later = tuple(run.id for run in upcoming.values() if run.start_n > slot.start_n)
        raise unknown("unknown-slot", "slot after it", after, later)
    args = {"slot": name, "on": True, "after": after}
    return args, f"SKIP: {name} is put off until {after} is over"


def read_ready(wish: Wish, show: Show, n: int) -> Read:
    """The site said so, by phone perhaps. `join` takes its slot back from a standby."""
    wish.only("slot", "join", "by")
    name = wish.text("slot")
    known = [slot.id for slot in show.resolved.slots]
    if name not in known:
        raise unknown("unknown-slot", "slot", name, known)
    _check_own(wish, name, show)
    by = wish.text("by") or ("site" if wish.site else "")
    if by not in ("", "site", "phone"):
        raise CommandRejected("malformed", "by is site or phone")
    args: dict[str, Any] = {"slot": name}
    if wish.flag("join", False):
        if wish.site:
            raise CommandRejected("forbidden", "when the standby is left is for the desk to say")
        args["join"] = True
    return args | ({"by": by} if by else {}), f"READY: {name}{f' (by {by})' if by else ''}"


def read_not_ready(wish: Wish, show: Show, n: int) -> Read:
    wish.only("slot", "wait", "then")
    name = wish.text("slot")
    current = _on_air(show, n)
    if current is not None and current.stands_for == name:
        return _not_ready_after_all(wish, name, show, n)
    coming = [slot for slot in show.line_up(n) if slot.start_n > n]
    upcoming = [slot.stands_for or slot.id for slot in coming]
    if name not in upcoming:
        raise unknown("unknown-slot", "slot to come", name, upcoming)
    _check_own(wish, name, show)
    args: dict[str, Any] = {"slot": name}
    if wish.text("wait"):
        args["wait"] = max(0, wish.frames("wait", show.resolved.programme.fps))
    if then := wish.text("then"):
        if then not in ("standby", "skip", "start", "ask"):
            raise CommandRejected("malformed", "then is standby, skip, start or ask")
        args["then"] = then
    return args, f"NOT READY: {name}"


def _not_ready_after_all(wish: Wish, name: str, show: Show, n: int) -> Read:
    """Its standby is on: there is only READY to take back."""
    _check_own(wish, name, show)
    if wish.text("wait") or wish.text("then"):
        raise CommandRejected("on-air", f"the standby of {name} is on air: what comes is decided")
    if name not in show.decided(n).ready:
        raise CommandRejected("no-change", f"{name} has not said READY")
    return {"slot": name}, f"NOT READY: {name}; its standby plays on"


def _check_own(wish: Wish, slot: str, show: Show) -> None:
    """A site speaks for its own slots."""
    if wish.site and not any(
        s.id == slot and s.plan.site == wish.site for s in show.resolved.slots
    ):
        raise CommandRejected("forbidden", f"{slot} is not a slot of {wish.site}")


def _on_air(show: Show, n: int) -> LiveSlot | None:
    slot = show.slot_at(n)
    return slot if slot.id in {run.id for run in show.line_up(n)} else None


def _after(show: Show, n: int) -> LiveSlot | None:
    return next((slot for slot in show.line_up(n) if slot.start_n > n), None)


def _slot(wish: Wish, show: Show, n: int) -> LiveSlot:
    """The slot named, or the one on air; it must not be over."""
    name = wish.text("slot")
    line_up = show.line_up(n)
    if not name:
        current = _on_air(show, n)
        if current is None:
            raise CommandRejected("nothing-on-air", "no slot is on air now; name one with --slot")
        return current
    found = next((slot for slot in line_up if slot.id == name), None)
    if found is None:
        raise unknown("unknown-slot", "slot", name, tuple(slot.id for slot in line_up))
    if "done" in found.state:
        raise CommandRejected("over", f"{name} is over")
    return found


def _instant(text: str, show: Show, not_before_n: int) -> int:
    day = show.resolved

    def zone_of(site: str) -> str | None:
        return day.sites[site].timezone if site in day.sites else None

    try:
        spec: TimeSpec = time_spec(
            text, event_zone=day.timezone, zone_of=zone_of, fps=day.programme.fps, mark=NOWHERE
        )
    except Unreadable as error:
        raise CommandRejected("malformed", f"{error.message} {error.hint}".strip()) from error
    event = Frame(day.programme.fps, day.timezone, day.start_n, day.end_n)
    found = locate(spec, event, not_before_n)
    if isinstance(found, Fault):
        raise CommandRejected("malformed", f"{found.message} {found.hint}")
    return found
