"""From a file to a plan: everything that can be said about it without times. Reads files.

`load` never raises for what a file holds: all problems are collected, and reported together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestrator.rundown import builtin
from orchestrator.rundown.cast import read_cast
from orchestrator.rundown.event import read_event as read_event_section
from orchestrator.rundown.event import read_outputs, read_programme, read_shifts
from orchestrator.rundown.expand import Expansion, Written
from orchestrator.rundown.files import read_event
from orchestrator.rundown.kinds import Kinds, default_fields, patterns
from orchestrator.rundown.nodes import Table
from orchestrator.rundown.plan import Block, Plan, PlanSlot
from orchestrator.rundown.problem import Mark, Problem
from orchestrator.rundown.sink import Sink
from orchestrator.rundown.slots import SlotReader
from orchestrator.rundown.value import Value


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came out of a file. `plan` is None if anything is wrong with it.

    `draft` is then the best guess, for telling what else is wrong; it must never be played.
    """

    plan: Plan | None
    problems: tuple[Problem, ...]
    unenforced: tuple[str, ...] = ()
    draft: Plan | None = None


def load(path: Path, *, environ: Mapping[str, str] | None = None) -> Loaded:
    """Read the event file at `path` and everything that it includes."""
    sink = Sink()
    table = read_event(path, sink)
    if table is None:
        return Loaded(None, sink.sorted())
    draft = _plan(Value(table, sink), str(path))
    problems = sink.sorted()
    return Loaded(None if sink.has_errors else draft, problems, (), draft)


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
    if top.get("rundown") is None:
        top.error(
            "there is no rundown.",
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


__all__ = ["Loaded", "PlanSlot", "load"]
