"""A resolved day as rows: what every table, call sheet and calendar is made from. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from unicodedata import category

from orchestrator.rundown import where
from orchestrator.rundown.plan import Block, PlanSlot
from orchestrator.rundown.resolved import Resolved, Slot
from orchestrator.rundown.words import said, written
from orchestrator.timing.grid import Grid


@dataclass(frozen=True, slots=True)
class Row:
    """One slot, in words. `block` is on every row; `local` is `15:50 Mumbai · 12:20 Paris`."""

    number: int
    slot: Slot
    block: str
    date: str
    start: str
    end: str
    local: str
    planned: str
    actual: str
    title: str
    who: str
    feeds: str
    anchor: str
    notes: str

    @property
    def id(self) -> str:
        return self.slot.id

    @property
    def duration(self) -> str:
        """`17m (10m)`: what it is, and what was planned if that is something else."""
        return self.actual if self.actual == self.planned else f"{self.planned} → {self.actual}"


def rows(resolved: Resolved, blocks: Sequence[Block] = ()) -> list[Row]:
    """Every slot of the day, in order on air."""
    grid = Grid.standard(resolved.programme.fps)
    title_from = {block.first: block.title for block in blocks}
    block, found = "", []
    for number, slot in enumerate(resolved.slots, 1):
        block = title_from.get(slot.id, slot.plan.block or block)
        found.append(_row(resolved, grid, number, slot, block))
    return found


def _row(resolved: Resolved, grid: Grid, number: int, slot: Slot, block: str) -> Row:
    plan, fps, zone = slot.plan, resolved.programme.fps, resolved.timezone
    return Row(
        number=number,
        slot=slot,
        block=block,
        date=where.day(slot.start_n, grid, zone),
        start=where.clock(slot.start_n, grid, zone),
        end=where.clock(slot.end_n, grid, zone),
        local=_local(resolved, grid, slot),
        planned=written(plan.duration, fps),
        actual=written(slot.frames, fps),
        title=one_line(said(plan.title)),
        who=who(resolved, plan),
        feeds=" ".join(dict.fromkeys(live_sources(resolved, plan))),
        anchor=_anchor(slot, fps),
        notes=one_line(plan.notes),
    )


def printable(text: str) -> str:
    """Without control characters but line breaks: what is printed must not drive the terminal."""
    return "".join(c for c in text if c == "\n" or category(c) != "Cc")


def one_line(text: str) -> str:
    return printable(" ".join(text.split()))


def live_sources(resolved: Resolved, plan: PlanSlot) -> Iterator[str]:
    for source in where.sources(plan):
        if where.site_of(source, resolved.sites) or source.split(".")[0] in ("guest", "clip"):
            yield source


def zones(resolved: Resolved, plan: PlanSlot) -> dict[str, str]:
    """Place → zone of the slot's site, of the sites it shows and of guests who join from home."""
    found: dict[str, str] = {}
    own = resolved.sites.get(plan.site or "")
    if own is not None:
        found[where.city(own)] = own.timezone
    for source in where.sources(plan):
        site_id = where.site_of(source, resolved.sites)
        if site_id is not None:
            site = resolved.sites[site_id]
            found.setdefault(where.city(site), site.timezone)
            continue
        kind, _, id_ = source.partition(".")
        if kind == "guest" and id_ in resolved.people:
            zone = zone_of(resolved, id_)
            found.setdefault(zone.rpartition("/")[2].replace("_", " "), zone)
    return found


def zone_of(resolved: Resolved, person_id: str) -> str:
    """The clock a person lives by: their own zone, else their site's, else the event's."""
    person = resolved.people[person_id]
    if person.zone:
        return person.zone
    site = resolved.sites.get(person.site or "")
    return site.timezone if site else resolved.timezone


def who(resolved: Resolved, plan: PlanSlot) -> str:
    """`host Marion Roux · guests Vikram Rao, Ben Kim`."""
    return " · ".join(
        f"{role} {', '.join(name(resolved, person) for person in people)}"
        for role, people in plan.people.items()
        if people
    )


def name(resolved: Resolved, person_id: str) -> str:
    person = resolved.people.get(person_id)
    return person.name if person else person_id


def _local(resolved: Resolved, grid: Grid, slot: Slot) -> str:
    """Of places other than the slot's own site only those whose clock shows another time."""
    here = where.clock(slot.start_n, grid, resolved.timezone)
    own = resolved.sites.get(slot.plan.site or "")
    clocks = {
        place: where.clock(slot.start_n, grid, zone)
        for place, zone in zones(resolved, slot.plan).items()
    }
    return " · ".join(
        f"{clock} {place}"
        for place, clock in clocks.items()
        if clock != here or (own is not None and place == where.city(own))
    )


def _anchor(slot: Slot, fps: int) -> str:
    """`hard`, `soft +10m`, `ends with the event`, then the room: `-10m +15m`; `ask` if so."""
    plan = slot.plan
    words = []
    if slot.anchor == "soft":
        words.append(f"soft +{written(plan.start.slip, fps)}")
    elif plan.end == "event":
        words.append("ends with the event")
    elif slot.anchor == "hard":
        words.append("hard")
    if plan.end == "ask":
        words.append("ask")
    if plan.shrink:
        words.append(f"-{written(plan.shrink, fps)}")
    if plan.grow:
        words.append(f"+{written(plan.grow, fps)}")
    return " ".join(words)
