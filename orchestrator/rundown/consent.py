"""Consent: what a slot shows against what the patient agreed to. Reads the record file; else pure.

The rundown holds an opaque reference. The record behind it (scopes, expiry, withdrawal, overrides)
is state, kept in a file of its own that is never mailed around with the rundown:

    C-LON-01: {scopes: [professional], expires: 2027-01-01}
    C-KYV-01: {scopes: [open], withdrawn: 2026-09-30}
    C-BER-01: {scopes: [professional], overrides: {berlin-case: {by: a-name, reason: "…"}}}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from orchestrator.rundown.plan import Clip, Plan, PlanSlot
from orchestrator.rundown.problem import Mark, Severity
from orchestrator.rundown.read import read_file
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.sink import Sink
from orchestrator.rundown.times import Unreadable
from orchestrator.rundown.value import Value, check_fields

_FIELDS = ("scopes", "expires", "withdrawn", "overrides")


@dataclass(frozen=True, slots=True)
class Record:
    """What a patient agreed to. Scope `open` includes `professional`."""

    scopes: tuple[str, ...]
    expires: date | None = None
    is_withdrawn: bool = False
    overrides: frozenset[str] = frozenset()
    """Slots for which the producer has taken the responsibility."""

    def covers(self, audience: str) -> bool:
        return audience in self.scopes or "open" in self.scopes


def read_records(path: Path, sink: Sink) -> dict[str, Record] | None:
    """None if there is no such file."""
    if not path.is_file():
        return None
    root = read_file(path, str(path), sink)
    if root is None:
        return {}
    return {ref: _record(value) for ref, value in Value(root, sink).fields()}


def _record(value: Value) -> Record:
    check_fields(value, _FIELDS)
    scopes, expires = value.required("scopes"), value.get("expires")
    withdrawn, overrides = value.get("withdrawn"), value.get("overrides")
    words = [
        item.choice("open", "professional")
        for item in (scopes.one_or_many() if scopes is not None else ())
    ]
    return Record(
        tuple(word for word in words if word is not None),
        expires.read(_date) if expires is not None else None,
        withdrawn is not None and withdrawn.text() not in ("no", "false"),
        frozenset(name for name, _ in overrides.fields()) if overrides is not None else frozenset(),
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unreadable(f'"{text}" is not a date.', "Write it like 2027-01-01.") from None


def check_consent(plan: Plan, path: Path, sink: Sink) -> None:
    """Complain about every slot that shows more than was agreed to (RUNDOWN §3, message 10)."""
    needed = list(_needed((*plan.slots, *plan.standby), plan.clips))
    if not needed:
        return
    records = read_records(path, sink)
    if records is None:
        sink.add(
            Mark(plan.file, 1),
            "N-consent",
            f"consent is not checked: there is no record file {path}.",
            severity=Severity.NOTE,
        )
        return
    day = date(*plan.start.date) if plan.start.date is not None else None
    for slot, ref in needed:
        _check(slot, ref, records, day, sink)


def troubles(day: Resolved, path: Path, on: date) -> dict[str, str]:
    """Slots of a running day that show more than is agreed to on that date, with the reason.

    The file is read anew: consent may be withdrawn while the event runs. Without a file nothing
    is known, and nothing is said.
    """
    records = read_records(path, Sink())
    found: dict[str, str] = {}
    plans = (*(slot.plan for slot in day.slots), *day.standby)
    for slot, ref in _needed(plans, day.clips) if records is not None else ():
        sink = Sink()
        _check(slot, ref, records or {}, on, sink)
        for problem in sink.sorted():
            if problem.severity is Severity.ERROR:
                found.setdefault(slot.id, problem.message)
    return found


def unproved(day: Resolved, path: Path) -> dict[str, str]:
    """Slots of a running day that rest on a consent nobody has written down, with the reason."""
    records = read_records(path, Sink())
    found: dict[str, str] = {}
    for slot, ref in _needed((*(slot.plan for slot in day.slots), *day.standby), day.clips):
        if records is None:
            found.setdefault(slot.id, f"consent {ref} is not checked: there is no {path.name}")
        elif ref not in records:
            found.setdefault(slot.id, f"there is no record of consent {ref} in {path.name}")
    return found


def _needed(slots: Iterable[PlanSlot], clips: Mapping[str, Clip]) -> Iterator[tuple[PlanSlot, str]]:
    """Every slot with each consent that it rests on: its own and those of its clips."""
    for slot in slots:
        shown = {*slot.scene.places.values()}
        shown.update(source for shot in slot.shots for source in shot.places.values())
        shown.update(source for chain in slot.fallback.values() for source in chain)
        refs = [slot.consent]
        refs.extend(clip.consent for name, clip in clips.items() if f"clip.{name}" in shown)
        for ref in dict.fromkeys(refs):
            if ref is not None:
                yield slot, ref


def _check(
    slot: PlanSlot, ref: str, records: Mapping[str, Record], day: date | None, sink: Sink
) -> None:
    record = records.get(ref)
    if record is None:
        sink.add(
            slot.at("consent"),
            "N-consent",
            f"there is no record of consent {ref}.",
            path=slot.id,
            severity=Severity.NOTE,
        )
    elif record.is_withdrawn:
        _refuse(slot, f"consent {ref} was withdrawn.", "Take it out of the rundown.", sink)
    elif slot.id in record.overrides:
        return
    elif not record.covers(slot.audience):
        covers = " and ".join(f'"{scope}"' for scope in record.scopes) or "nothing"
        _refuse(
            slot,
            f'{_what(slot)} for audience "{slot.audience}", consent {ref} covers {covers}.',
            f"{_set(record)}have the producer record an override:\n"
            f'orchestrator consent override {slot.id} --by NAME --reason "…"',
            sink,
        )
    elif day is not None and record.expires is not None and record.expires < day:
        _refuse(slot, f"consent {ref} expired on {record.expires}.", "Ask for it again.", sink)


def _set(record: Record) -> str:
    return "Set audience: professional, or " if "professional" in record.scopes else ""


def _what(slot: PlanSlot) -> str:
    return f"is {slot.mode} {'surgery' if 'surgery' in slot.kinds else slot.kind}"


def _refuse(slot: PlanSlot, message: str, hint: str, sink: Sink) -> None:
    said = f"{slot.id} {message}" if message.startswith("is ") else f"{slot.id}: {message}"
    sink.add(slot.mark, "E-consent", said, hint=hint)
