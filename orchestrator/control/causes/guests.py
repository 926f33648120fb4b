"""Guests that are awaited and not there, that come late, and slots that were put off. Pure.

Ten minutes before its slot a guest who is not there is a NO-GO, with three offers in the order in
which they hurt: the voice by telephone with a still, the studio reads the statement, later.
"""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.control.causes import feeds
from orchestrator.control.guests import guests_of, line_of, phone_of, reader_of
from orchestrator.control.incidents import Action, Finding, Grade, Step
from orchestrator.control.sight import Sight
from orchestrator.control.words import STAGES
from orchestrator.rundown.lineup import NEVER, LiveSlot
from orchestrator.rundown.words import said, spoken

_CLOSE_S = 60
_SPOKEN = {
    "invited": "invited",
    "opened": "opened the link",
    "mic-ok": "microphone heard",
    "waiting": "waiting",
}


def absent(sight: Sight, slot: LiveSlot) -> Iterator[Finding]:
    """NO-GO, how far the guest has come, and what could be done instead."""
    chosen = sight.show.decided(sight.n).stand_ins.get(slot.id)
    title = said(slot.title) or slot.id
    starts = sight.at(slot.start_n)
    for person in guests_of(slot.plan):
        if _is_there(sight, person):
            continue
        is_close = slot.start_n - sight.n <= _CLOSE_S * sight.fps
        what = f"NO-GO: {_name(sight, person)} is not connected for {title}"
        if chosen is not None:
            stands = f"{title} starts at {starts} with {chosen.source} in the guest's place"
        else:
            stands = f"{title} starts at {starts} without; what stands in is shown"
        yield Finding(
            f"guest.{slot.id}.{person}",
            Grade.NOW if is_close and chosen is None else Grade.SOON,
            what if chosen is None else f"{what}; {chosen.source} stands in",
            stands,
            _offers(sight, slot, chosen.source if chosen is not None else ""),
            until_n=slot.start_n,
            steps=_stages(sight, person),
        )


def _offers(sight: Sight, slot: LiveSlot, chosen: str) -> tuple[Action, ...]:
    day = sight.show.resolved
    phone, studio = phone_of(day), reader_of(day)
    offers = []
    if phone and feeds.is_good(sight, phone):
        offers.append(_stand_in("Phone and still", slot, phone))
    if studio:
        offers.append(_stand_in("Studio reads it", slot, studio))
    after = next((run for run in sight.coming if run.start_n > slot.start_n), None)
    if after is not None:
        put_off = {"slot": slot.id, "after": after.id}
        label = f"After {said(after.title) or after.id}"
        offers.append(Action(label, "skip", put_off, is_weighed=True))
    return tuple(offer for offer in offers if offer.args.get("source") != chosen)


def _stand_in(label: str, slot: LiveSlot, source: str) -> Action:
    args = {"slot": slot.id, "source": source}
    return Action(label, "stand-in", args, is_weighed=True)


def _stages(sight: Sight, person: str) -> tuple[Step, ...]:
    reached = _reached(sight, person)
    return tuple(
        Step(
            _SPOKEN[stage],
            i <= reached,
            action=Action(_SPOKEN[stage], "guest", {"person": person, "stage": stage}),
        )
        for i, stage in enumerate(STAGES)
    )


def late(sight: Sight) -> Iterator[Finding]:
    """The slot has begun without the guest, who is expected still, or waits to be put on."""
    slot = sight.on_air
    if slot is None:
        return
    chosen = sight.show.decided(sight.n).stand_ins.get(slot.id)
    for person in guests_of(slot.plan):
        line = line_of(sight.show.resolved, person)
        if _is_there(sight, person) or (chosen is not None and chosen.source == line):
            continue
        cause = f"late.{slot.id}.{person}"
        is_waiting = _reached(sight, person) == len(STAGES) - 1
        if line is None or not is_waiting or not feeds.is_good(sight, line):
            stands = chosen.source if chosen is not None else "what stands in"
            yield Finding(
                cause,
                Grade.SOON,
                f"{_name(sight, person)} has not come yet; {stands} is shown",
                "the slot goes on without",
                after_s=0,
                steps=_stages(sight, person),
            )
            continue
        gone = sight.n - slot.start_n
        left = slot.end_n - sight.n if slot.end_n < NEVER and not slot.is_open else None
        cost = f"{spoken(gone, sight.fps)} of the slot are gone"
        if left is not None:
            cost += f", {spoken(left, sight.fps)} are left"
        yield Finding(
            cause,
            Grade.SOON,
            f"{_name(sight, person)} is waiting: put on now? {cost}",
            "the slot goes on without",
            (
                Action("Put on now", "stand-in", {"slot": slot.id, "source": line}),
                Action("Give the time back", "extend", {"slot": slot.id}),
            ),
            after_s=0,
        )


def put_off(sight: Sight) -> Iterator[Finding]:
    """What was to come after a slot that is over now."""
    places = {slot.id: i for i, slot in enumerate(sight.show.resolved.slots)}
    on_air = sight.on_air.place if sight.on_air is not None else -1
    for name, touch in sight.state.put_off.items():
        after = str(touch.args.get("after"))
        if name not in places or on_air <= places.get(after, len(places)):
            continue
        plan = sight.show.resolved.slots[places[name]].plan
        yield Finding(
            f"put-off.{name}",
            Grade.SOON,
            f"{sight.slot(name)} was put off until now: it costs "
            f"{spoken(plan.duration, sight.fps)}",
            "it does not play",
            (Action("Now", "insert", {"item": name, "resume": True}, is_weighed=True),),
            after_s=0,
        )


def _reached(sight: Sight, person: str) -> int:
    touch = sight.state.guests.get(person)
    return STAGES.index(str(touch.args.get("stage"))) if touch is not None else -1


def _is_there(sight: Sight, person: str) -> bool:
    return bool(sight.pages.get(f"guest.{person}", {}).get("state") == "live")


def _name(sight: Sight, person: str) -> str:
    known = sight.show.resolved.people.get(person)
    return known.name if known is not None else person
