"""The running order against the clock: anchors, slots without an end, a changed file. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.control.incidents import Action, Finding, Grade
from orchestrator.control.sight import Sight
from orchestrator.rundown.lineup import LiveSlot
from orchestrator.rundown.words import running, said

_SOON_S, _CLOSE_S = 300, 60


def find(sight: Sight) -> Iterator[Finding]:
    yield from _anchor(sight)
    yield from _late(sight)
    yield from _new_day(sight)


def _anchor(sight: Sight) -> Iterator[Finding]:
    """R7: a hard anchor against a slot that nobody has ended. The slot stays; one press takes
    the anchor. Said five minutes before, a minute before, and from then on."""
    slot = sight.on_air
    overdue = sight.show.overdue(sight.n)
    if slot is None:
        return
    if overdue is not None and overdue.at_n is not None:
        late = running(sight.n - overdue.at_n, sight.fps)
        yield Finding(
            f"anchor.{overdue.id}",
            Grade.NOW,
            f"{_name(overdue)} is OVERDUE by {late}: {_name(slot)} is still on",
            f"{_name(slot)} stays on air; {_name(overdue)} loses what passes",
            (Action(f"Take {_name(overdue)} now", "next"),),
            since_n=overdue.at_n,
            after_s=0,
        )
        return
    anchor = next((s for s in sight.coming if s.anchor == "hard" and s.at_n is not None), None)
    if anchor is None or anchor.at_n is None or not slot.is_open:
        return
    left = anchor.at_n - sight.n
    if not 0 <= left <= _SOON_S * sight.fps:
        return
    yield Finding(
        f"anchor.{anchor.id}",
        Grade.NOW if left <= _CLOSE_S * sight.fps else Grade.SOON,
        f"{_name(anchor)} is fixed for {sight.at(anchor.at_n)}, and {_name(slot)} has no end",
        f"{_name(slot)} stays on air and {_name(anchor)} is OVERDUE",
        (
            Action("End it in time", "end", {"slot": slot.id, "to": sight.at(anchor.at_n)})
            if not slot.is_staying
            else Action("STAY off", "stay", {"slot": slot.id, "on": False}),
            Action("Next now", "next"),
        ),
        after_s=0,
        until_n=anchor.at_n,
    )


def _late(sight: Sight) -> Iterator[Finding]:
    """Fixed points that cannot be kept any more, with everything gone that may go."""
    overdue = sight.show.overdue(sight.n)
    for short in sight.show.day_at(sight.n).short:
        if overdue is not None and short.anchor == overdue.id:
            continue
        what = "the event's end" if short.anchor == "the end" else sight.slot(short.anchor)
        yield Finding(
            "room",
            Grade.SOON,
            f"{what} cannot be reached in time: "
            f"{running(short.frames, sight.fps)} too much lies before it",
            "what lies before it is cut when its time comes",
            (Action("Next now", "next"),),
        )
        return  # what comes behind it is late for the same reason


def _new_day(sight: Sight) -> Iterator[Finding]:
    if not sight.new_day:
        return
    if errors := sight.new_day.get("errors"):
        yield Finding(
            "file",
            Grade.NOTE,
            f"the rundown's file is broken: {errors[0]}",
            "the running order stays as it is",
        )
        return
    conflicts = len(sight.new_day.get("conflicts") or ())
    also = f"; {conflicts} of the desk's changes hold against it" if conflicts else ""
    digest = str(sight.new_day.get("digest", ""))
    yield Finding(
        "file",
        Grade.NOTE,
        f"the rundown's file has changed{also}",
        "the running order stays as it is",
        (Action("Take it over", "rundown", {"digest": digest}, is_weighed=True),) if digest else (),
    )


def _name(slot: LiveSlot) -> str:
    return said(slot.title) or slot.id
