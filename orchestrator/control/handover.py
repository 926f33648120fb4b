"""The handover form: what the next person at the desk must know. Generated, never typed. Pure.

What has to be ticked is a list of items, each with an id and a sentence: open incidents, overrides
in force with their end, trims, quarantines, skips, absent guests and sites that are not ready, and
the notes of this shift. Then what is only to be read: what is on air, the next three risks with
their times, the next fixed point (D7).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.control.incidents import Grade, Incident
from orchestrator.control.preflight import Light, Readiness
from orchestrator.control.sight import Sight, sources_of
from orchestrator.rundown.lineup import NEVER, LiveSlot
from orchestrator.rundown.plan import PlanSlot
from orchestrator.rundown.words import running, said, spoken

RISKS = 3


@dataclass(frozen=True, slots=True)
class Item:
    """To be ticked. `group` is what the form puts it under."""

    id: str
    group: str
    text: str
    until_n: int | None = None
    """When it ends by itself; None: not before somebody ends it."""


def items(sight: Sight, incidents: Sequence[Incident]) -> tuple[Item, ...]:
    """Everything the taker must tick, in the form's order."""
    return (
        *_incidents(incidents),
        *_overrides(sight),
        *_trims(sight),
        *_withheld(sight),
        *_skips(sight),
        *_awaited(sight),
        *_notes(sight),
    )


def form(
    sight: Sight, incidents: Sequence[Incident], readiness: Mapping[str, Readiness]
) -> dict[str, Any]:
    """The whole form as JSON. Instants are UTC; `clock` is the event's."""
    seat = sight.state.seat
    anchor = next((s for s in sight.coming if s.anchor == "hard" and s.at_n is not None), None)
    return {
        "n": sight.n,
        "at": _utc(sight, sight.n),
        "holder": seat.holder,
        "since": seat.since,
        "offered_to": seat.offered_to,
        "on_air": _on_air(sight),
        "items": [
            {
                "id": item.id,
                "group": item.group,
                "text": item.text,
                "until": None if item.until_n is None else _utc(sight, item.until_n),
            }
            for item in items(sight, incidents)
        ],
        "risks": risks(sight, readiness),
        "next_hard": None
        if anchor is None or anchor.at_n is None
        else {
            "slot": anchor.id,
            "title": said(anchor.title),
            "at": _utc(sight, anchor.at_n),
            "clock": sight.at(anchor.at_n),
            "in_s": (anchor.at_n - sight.n) / sight.fps,
        },
    }


def _on_air(sight: Sight) -> dict[str, Any]:
    slot, scene = sight.on_air, sight.show.at(sight.n).scene
    has_end = slot is not None and not slot.is_open and slot.end_n < NEVER
    return {
        "slot": slot.id if slot is not None else "",
        "title": said(slot.title) if slot is not None else "",
        "end": _utc(sight, slot.end_n) if slot is not None and has_end else None,
        "clock": sight.at(slot.end_n) if slot is not None and has_end else "",
        "over_s": slot.over / sight.fps if slot is not None else 0.0,
        "places": {layer.place.name: layer.source for layer in scene.layers},
        "cause": scene.cause.by,
        "author": scene.cause.author,
    }


def _incidents(incidents: Sequence[Incident]) -> Iterator[Item]:
    for incident in incidents:
        if incident.opened_n is not None and not incident.is_over:
            finding = incident.finding
            if finding.grade is not Grade.NOTE:
                yield Item(f"incident {incident.cause}", "incidents", finding.what, finding.until_n)


def _overrides(sight: Sight) -> Iterator[Item]:
    show, n = sight.show, sight.n
    taken, slot = show.taken(n), sight.on_air
    if taken is not None:
        shown = ", ".join(taken.spec.places.values())
        ends_n = taken.until_n
        if ends_n is None and taken.bound is not None and slot is not None and not slot.is_open:
            ends_n = slot.end_n
        until = f"until {sight.at(ends_n)}" if ends_n is not None else "until it is released"
        word = "SAFE" if taken.is_safe else "TAKE"
        text = f"{word} by {taken.cause.author}: {shown}, {until}"
        yield Item("take", "overrides", text, ends_n)
    for run in sight.line_up:
        if run.end_n <= n and not run.is_open:
            continue
        if run.is_staying:
            yield Item(f"stay {run.id}", "overrides", f"STAY: {run.id} does not end by itself")
        elif run.start_n <= n and run.over and run.place >= 0 and not run.is_open:
            by = spoken(abs(run.over), sight.fps)
            word = "later" if run.over > 0 else "earlier"
            text = f"{run.id} ends {by} {word} than planned, at {sight.at(run.end_n)}"
            yield Item(f"end {run.id}", "overrides", text, run.end_n)
    for name, chosen in show.decided(n).stand_ins.items():
        if any(run.id == name and (run.end_n > n or run.is_open) for run in sight.line_up):
            text = f"{chosen.source} stands in for the guest of {sight.slot(name)}"
            yield Item(f"stand-in {name}", "overrides", text)
    for name, put_off in sight.state.put_off.items():
        text = f"{sight.slot(name)} is put off until after {put_off.args['after']}"
        yield Item(f"put-off {name}", "overrides", text)
    for name, wish in sight.state.outputs.items():
        if not wish.on:
            yield Item(f"output {name}", "overrides", f"output {name} is off")
        elif wish.backup:
            text = f"output {name} goes to its backup address"
            yield Item(f"output {name}", "overrides", text)
    for key, touch in sight.state.safety.items():
        if key == "blank":
            text = f"BLANK by {touch.author}: the public sees the slate"
            yield Item("blank", "overrides", text)


def _trims(sight: Sight) -> Iterator[Item]:
    """Trims that differ from the file's."""
    own = {feed.id: feed.trim_db for feed in sight.show.resolved.feeds()}
    for feed, trim in sight.show.decided(sight.n).trims.items():
        if abs(trim.to_db - own.get(feed, 0.0)) > 0.05:
            text = f"{feed} is trimmed by {trim.to_db:+g} dB (the file says {own.get(feed, 0.0):g})"
            yield Item(f"trim {feed}", "trims", text)


def _withheld(sight: Sight) -> Iterator[Item]:
    decided, slot = sight.show.decided(sight.n), sight.on_air
    for feed in sorted(decided.feeds_out):
        yield Item(f"quarantine {feed}", "quarantines", f"{feed} is quarantined")
    for site in sorted(decided.quarantined):
        yield Item(f"privacy {site}", "quarantines", f"PRIVACY: {sight.site(site)} is kept away")
    for site in sorted(decided.hidden):
        yield Item(f"hide {site}", "quarantines", f"{sight.site(site)} is hidden")
    for feed in sorted(decided.latched):
        if slot is not None and decided.latched[feed] == (slot.place, slot.start_n):
            until_n = None if slot.is_open else slot.end_n
            text = f"the stand-in for {feed} stays until {slot.id} ends"
            yield Item(f"latch {feed}", "quarantines", text, until_n)


def _skips(sight: Sight) -> Iterator[Item]:
    """Only of what would still be to come."""
    plans = {slot.id: slot for slot in sight.show.resolved.slots}
    on_air = sight.on_air.place if sight.on_air is not None else -1
    places = {slot.id: place for place, slot in enumerate(sight.show.resolved.slots)}
    for slot, why in sight.show.left_out(sight.n).items():
        if places.get(slot, -1) > on_air:
            title = said(plans[slot].plan.title) or slot
            yield Item(f"skip {slot}", "skips", f"{title} ({slot}) does not play: {why}")


def _awaited(sight: Sight) -> Iterator[Item]:
    decided = sight.show.decided(sight.n)
    plans = {slot.id: slot.plan for slot in sight.show.resolved.slots}
    for name, hold in decided.holds.items():
        plan = plans.get(name)
        if plan is not None and (hold.until_n > sight.n or hold.then == "ask"):
            who = sight.site(plan.site) if plan.site else name
            text = f"{who} is not ready for {sight.slot(name)}; then: {hold.then}"
            yield Item(f"not-ready {name}", "absent", text, hold.until_n)
    for slot in sight.coming:
        if slot.start_n - sight.n > 3600 * sight.fps:
            return
        for guest in _absent(sight, slot.plan):
            text = f"{guest} is not there yet for {sight.slot(slot.id)}"
            yield Item(f"guest {slot.id} {guest}", "absent", text, slot.start_n)


def _absent(sight: Sight, plan: PlanSlot) -> Iterator[str]:
    for source in sources_of(plan):
        if source.startswith("guest.") and sight.pages.get(source, {}).get("state") != "live":
            person = sight.show.resolved.people.get(source.removeprefix("guest."))
            yield person.name if person is not None else source


def _notes(sight: Sight) -> Iterator[Item]:
    """Those of this shift."""
    for note in sight.state.notes:
        if note.seq > sight.state.seat.seq:
            text = f"{note.author}: {note.args.get('text', '')}"
            yield Item(f"note {note.seq}", "notes", text)


def risks(sight: Sight, readiness: Mapping[str, Readiness]) -> list[dict[str, Any]]:
    """The next three things that may go wrong, in the order of their times."""
    found: list[dict[str, Any]] = []
    for slot in sight.coming:
        why = _risk(sight, slot, readiness.get(slot.id))
        if why:
            found.append(
                {
                    "slot": slot.id,
                    "title": said(slot.title),
                    "at": _utc(sight, slot.start_n),
                    "clock": sight.at(slot.start_n),
                    "in": running(slot.start_n - sight.n, sight.fps),
                    "why": why,
                }
            )
        if len(found) == RISKS:
            break
    return found


def _risk(sight: Sight, slot: LiveSlot, readiness: Readiness | None) -> str:
    """Why a slot to come is a risk; empty if it is none."""
    if readiness is not None and readiness.light is not Light.READY:
        return f"{readiness.light.value}: {readiness.reasons[0].text}"
    late = next((s for s in sight.show.day_at(sight.n).short if s.anchor == slot.id), None)
    if late is not None:
        return f"{running(late.frames, sight.fps)} too much lies before it"
    guest = next((s for s in sources_of(slot.plan) if s.startswith("guest.")), "")
    if guest:
        return f"depends on {guest}"
    anchor = next(
        (s for s in sight.coming if s.at_n is not None and s.start_n > slot.start_n), None
    )
    if slot.is_open and anchor is not None and anchor.at_n is not None:
        longest_n = slot.start_n + slot.plan.longest
        if anchor.anchor == "hard" and longest_n > anchor.at_n:
            return (
                f"nobody has decided its end, and {anchor.id} is fixed for {sight.at(anchor.at_n)}"
            )
    if "surgery" in slot.plan.kinds and slot.mode == "live":
        standby = slot.plan.standby
        return "live surgery, " + (f"standby: {standby}" if standby else "no standby declared")
    return ""


def _utc(sight: Sight, n: int) -> str:
    return sight.grid.utc(n).isoformat(timespec="milliseconds").replace("+00:00", "Z")
