"""What the desk has decided that the producer's file does not say (D14). Pure.

These are entries of the journal that lie over the file: they hold until they are taken back, and a
file that says something else about the same thing does not overwrite them: that is a conflict, and
is listed. `orchestrator plan patch` proposes to write them into the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from orchestrator.rundown.decided import Decided
from orchestrator.rundown.difference import Change
from orchestrator.rundown.lineup import LiveSlot
from orchestrator.rundown.show import Show
from orchestrator.rundown.words import written

Kind = Literal["length", "skip", "person", "trim", "not-ready"]

_LENGTHS = frozenset({"duration", "shrink", "grow", "end", ""})


@dataclass(frozen=True, slots=True)
class LiveChange:
    """`value` is as a producer would write it: `12m`, a name, `-3 dB`. `field` is of a person."""

    kind: Kind
    about: str
    value: str
    text: str
    field: str = ""


def live_changes(show: Show, n: int) -> tuple[LiveChange, ...]:
    """Everything decided by frame `n` that still matters and is not in the file."""
    decided = show.decided(n)
    return (
        *_lengths(show, n, decided),
        *_skips(show, n, decided),
        *_people(show, decided),
        *_trims(show, n, decided),
        *_policies(show, n, decided),
    )


def conflicts(show: Show, n: int, changes: Sequence[Change]) -> tuple[str, ...]:
    """Where the file now says something about what the desk has decided. The desk's holds."""
    found = []
    for live in live_changes(show, n):
        told = [change for change in changes if _is_about(live, change)]
        if told:
            said = "; ".join(dict.fromkeys(change.text for change in told))
            found.append(f"{live.text}, and stays so; the file: {said}")
    return tuple(found)


def _is_about(live: LiveChange, change: Change) -> bool:
    if live.kind == "person":
        return change.about == f"people.{live.about}" and change.field in ("", live.field)
    if live.kind == "trim":
        return change.about == f"feeds.{live.about}" and change.field == "trim_db"
    if change.about != live.about or change.what == "removed":
        return False
    if live.kind == "length":
        return change.field in _LENGTHS
    return live.kind == "skip" or change.field == "not_ready"


def _lengths(show: Show, n: int, decided: Decided) -> Iterator[LiveChange]:
    """EXTEND and SHORTEN: of the slot on air by its end, of one to come by the length given."""
    day, fps = show.resolved, show.resolved.programme.fps
    planned = {slot.id: slot for slot in day.slots}
    current = show.slot_at(n)
    ended = {
        str(order.args.get("slot")) for order in show.orders if order.verb in ("extend", "end")
    }
    given = dict(decided.frames)
    if current.id in planned and current.id in ended:
        given[current.id] = current.own_end_n - current.origin_n
    for name, frames in given.items():
        slot = planned.get(name)
        if slot is None or frames in (slot.plan.duration, slot.frames) or _is_over(show, n, name):
            continue
        length, was = written(frames, fps), written(slot.plan.duration, fps)
        yield LiveChange("length", name, length, f"{name} was given {length} at the desk ({was})")


def _skips(show: Show, n: int, decided: Decided) -> Iterator[LiveChange]:
    known = {slot.id for slot in show.resolved.slots}
    for name in sorted(decided.skipped & known):
        yield LiveChange("skip", name, "", f"{name} is skipped at the desk")


def _people(show: Show, decided: Decided) -> Iterator[LiveChange]:
    for person, said in decided.overlays.people.items():
        known = show.resolved.people.get(person)
        for field, text in said.items():
            if known is not None and getattr(known, field) != text:
                said_so = f"{person} is called “{text}” at the desk ({field})"
                yield LiveChange("person", person, text, said_so, field)


def _trims(show: Show, n: int, decided: Decided) -> Iterator[LiveChange]:
    trims = {feed.id: feed.trim_db for feed in show.resolved.feeds()}
    for feed, trim in decided.trims.items():
        if feed in trims and abs(trim.to_db - trims[feed]) > 0.05:
            text = f"{trim.to_db:g} dB"
            yield LiveChange("trim", feed, text, f"{feed} is trimmed to {text} at the desk")


def _policies(show: Show, n: int, decided: Decided) -> Iterator[LiveChange]:
    known = {slot.id: slot.plan for slot in show.resolved.slots}
    for name, hold in decided.holds.items():
        if name in known and hold.then != known[name].not_ready.then:
            text = f"{name} is waited for, then {hold.then}, as the desk said"
            yield LiveChange("not-ready", name, hold.then, text)


def _is_over(show: Show, n: int, name: str) -> bool:
    run: LiveSlot | None = next((run for run in show.line_up(n) if run.id == name), None)
    return run is not None and "done" in run.state
