"""Sites that are awaited, and messages that nobody has read. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from orchestrator.control.causes import feeds, guests
from orchestrator.control.deskstate import unread
from orchestrator.control.incidents import Action, Finding, Grade
from orchestrator.control.sight import Sight
from orchestrator.rundown.lineup import Hold, LiveSlot
from orchestrator.rundown.plan import NotReady, PlanSlot
from orchestrator.rundown.words import said

_ASKED_S = 600
"""Ten minutes before a slot its site should have said READY, and its guest should be there."""
_CLOSE_S = 60
_UNREAD_S = 60
_ANY_WAY = NotReady()


def find(sight: Sight) -> Iterator[Finding]:
    yield from _standing_in(sight)
    yield from _held(sight)
    for slot in sight.coming:
        if slot.start_n - sight.n > _ASKED_S * sight.fps:
            break
        yield from _not_heard_of(sight, slot)
        yield from guests.absent(sight, slot)
    yield from guests.late(sight)
    yield from guests.put_off(sight)
    yield from _messages(sight)


def _is_cut_off(sight: Sight, name: str) -> bool:
    """Then that is the card, not this."""
    site = sight.show.resolved.sites.get(name)
    return site is not None and feeds.is_cut_off(sight, site)


def _not_heard_of(sight: Sight, slot: LiveSlot) -> Iterator[Finding]:
    decided = sight.show.decided(sight.n)
    if slot.plan.not_ready == _ANY_WAY or slot.id in decided.ready or slot.id in decided.holds:
        return
    if slot.site is None or slot.stands_for is not None or _is_cut_off(sight, slot.site):
        return
    yield Finding(
        f"ready.{slot.id}",
        Grade.SOON,
        f"{sight.site(slot.site)} has not said READY for {said(slot.title) or slot.id}",
        f"it counts as ready two minutes before, and starts at {sight.at(slot.start_n)}",
        (_by_phone(slot.id), *feeds.postponing(slot.plan)),
        until_n=slot.start_n,
    )


def _held(sight: Sight) -> Iterator[Finding]:
    """Sites that have said that they are not ready, until the waiting is over."""
    plans = {slot.id: slot.plan for slot in sight.show.resolved.slots}
    for name, hold in sight.show.decided(sight.n).holds.items():
        plan = plans.get(name)
        if plan is None or plan.site is None or (hold.until_n <= sight.n and hold.then != "ask"):
            continue
        is_close = hold.until_n - sight.n <= max(plan.not_ready.wait, _CLOSE_S * sight.fps)
        yield Finding(
            f"ready.{name}",
            Grade.NOW if is_close else Grade.SOON,
            f"{sight.site(plan.site)} is not ready for {sight.slot(name)}",
            f"what is on goes on until {sight.at(hold.until_n)}, then {_then(sight, plan, hold)}",
            (_by_phone(name), *feeds.postponing(plan)),
            after_s=0,
            until_n=hold.until_n,
        )


def _then(sight: Sight, plan: PlanSlot, hold: Hold) -> str:
    if hold.then == "standby" and plan.standby:
        return f"{sight.slot(plan.standby)} plays instead"
    if hold.then == "skip":
        return f"{sight.slot(plan.id)} is skipped"
    if hold.then == "ask":
        return "it goes on until somebody decides"
    return f"{sight.slot(plan.id)} starts all the same"


def _by_phone(slot: str) -> Action:
    return Action("Ready by phone", "ready", {"slot": slot, "by": "phone"})


def _standing_in(sight: Sight) -> Iterator[Finding]:
    """The standby is on: has the site become ready meanwhile, and should it take its slot?"""
    slot = sight.on_air
    if slot is None or slot.stands_for is None:
        return
    title = sight.slot(slot.stands_for)
    if slot.stands_for not in sight.show.decided(sight.n).ready:
        yield Finding(
            f"join.{slot.stands_for}",
            Grade.SOON,
            f"{sight.slot(slot.id)} stands in for {title}",
            f"it plays to its end, {sight.at(slot.end_n)}; {title} does not play",
            (_by_phone(slot.stands_for),),
            after_s=0,
        )
        return
    yield Finding(
        f"join.{slot.stands_for}",
        Grade.SOON,
        f"{title} is ready; its standby is on air",
        f"the standby plays to its end, {sight.at(slot.end_n)}; {title} does not play",
        (Action("Join it now", "ready", {"slot": slot.stands_for, "join": True}),),
        after_s=0,
    )


def _messages(sight: Sight) -> Iterator[Finding]:
    """A site has written and nobody has read it; or a site has not read what it was told."""
    now = sight.grid.utc(sight.n)
    for message in unread(sight.state.messages):
        age_s = (now - datetime.fromisoformat(message.at)).total_seconds()
        if message.from_site:
            yield Finding(
                f"message.{message.seq}",
                Grade.SOON,
                f"{sight.site(message.site)} writes: {message.text}",
                "it waits unread",
                (Action("Read", "read", {"message": message.seq}),),
                after_s=0,
            )
        elif age_s > _UNREAD_S and any(_site_of(source) == message.site for source in sight.due):
            yield Finding(
                f"message.{message.seq}",
                Grade.NOTE,
                f"{sight.site(message.site)} has not read: {message.text}",
                "call them",
                after_s=0,
            )


def _site_of(source: str) -> str:
    return source.partition(".")[0]
