"""From a file to a plan: everything that can be said about it without times. Reads files.

`load` never raises for what a file holds: all problems are collected, and reported together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestrator.rundown import builtin
from orchestrator.rundown.cast import read_cast
from orchestrator.rundown.consent import check_consent
from orchestrator.rundown.environment import check_environment
from orchestrator.rundown.event import read_event as read_event_section
from orchestrator.rundown.event import read_outputs, read_programme, read_shifts
from orchestrator.rundown.expand import Expansion, Written
from orchestrator.rundown.files import read_event
from orchestrator.rundown.kinds import Kinds, default_fields, patterns
from orchestrator.rundown.nodes import Table
from orchestrator.rundown.plan import Block, Plan
from orchestrator.rundown.problem import Mark, Problem, Severity
from orchestrator.rundown.sink import Sink
from orchestrator.rundown.slots import SlotReader
from orchestrator.rundown.unenforced import unenforced
from orchestrator.rundown.value import Value


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came out of a file. `plan` is None if anything is wrong with it.

    `draft` is then the best guess, for telling what else is wrong (the resolver's conflicts); it
    is None too if a mistake may have moved a slot. It must never be played.
    """

    plan: Plan | None
    problems: tuple[Problem, ...]
    unenforced: tuple[str, ...] = ()
    draft: Plan | None = None


_TIMING = frozenset(
    (
        *("event", "fps", "start", "end", "duration", "flex", "kind", "like", "rotation", "rows"),
        *("as", "site", "timezone", "defaults", "patterns", "standby"),
    )
)


def load(
    path: Path, *, environ: Mapping[str, str] | None = None, consent: Path | None = None
) -> Loaded:
    """Read the event file at `path` and everything that it includes.

    With `environ`, what this machine lacks is noted too. `consent` is the file of consent records,
    by default `consent.yaml` beside the event.
    """
    sink = Sink()
    table = read_event(path, sink)
    if table is None:
        return Loaded(None, sink.sorted())
    draft = _plan(Value(table, sink), str(path))
    check_consent(draft, consent or path.with_name("consent.yaml"), sink)
    if environ is not None:
        sink.extend(check_environment(draft, environ, path.parent))
    problems = sink.sorted()
    if any(_touches_time(problem) for problem in problems):
        return Loaded(None, problems)
    return Loaded(None if sink.has_errors else draft, problems, unenforced(draft), draft)


def _touches_time(problem: Problem) -> bool:
    """Whether this mistake may have moved a slot, so that sums over the day would be wrong too."""
    if problem.severity is not Severity.ERROR:
        return False
    if problem.code in ("E-consent", "E-secret"):
        return False
    if problem.code in ("E-reference", "E-value", "E-syntax"):
        words = set(re.split(r"[ ›.\[\]]+", problem.path))
        return not words - {""} or bool(words & _TIMING)
    return True


def _plan(top: Value, file: str) -> Plan:
    if top.get("version") is None:
        top.error("there is no version.", "Write version: 1", code="E-missing", at=Mark(file, 1))
    programme = read_programme(top)
    event = read_event_section(top, programme.fps)
    cast = read_cast(top, event.floor, programme.fps)
    outputs = read_outputs(top, programme, event.audience)
    kinds = Kinds(top)
    defaults = default_fields(top)
    order = Expansion(top, kinds, defaults, patterns(top))
    if not order.slots:
        top.error(
            "there is nothing in the rundown.",
            "Write rundown: [{id: …, kind: …}].",
            code="E-missing",
            at=Mark(file, 1),
        )
    reader = SlotReader(
        event,
        cast,
        outputs,
        programme.fps,
        top.sink,
        frozenset(slot.id for slot in order.slots),
        tuple(slot.id for slot in order.standby),
        frozenset(builtin.ROLES) | _roles([*order.slots, *order.standby]),
    )
    for name, fields in kinds.written().items():
        reader.check_alone(fields, f"kinds › {name}")
    slots = tuple(reader.read(slot) for slot in order.slots)
    return Plan(
        file,
        event.id,
        event.title,
        event.timezone,
        event.start,
        event.duration,
        event.languages,
        event.audience,
        programme,
        cast.sites,
        cast.people,
        cast.layouts,
        cast.graphics,
        cast.clips,
        slots,
        tuple(reader.read(slot) for slot in order.standby),
        tuple(_blocks(order, programme.fps)),
        outputs,
        read_shifts(top, event, cast.sites, programme.fps),
    )


def _roles(slots: list[Written]) -> frozenset[str]:
    tables = [slot.fields.get("people") for slot in slots]
    return frozenset(role for t in tables if isinstance(t, Table) for role in t.entries)


def _blocks(order: Expansion, fps: int) -> list[Block]:
    return [
        Block(b.title, b.budget.frames(fps) if b.budget is not None else None, b.first, b.mark)
        for b in order.blocks
    ]
