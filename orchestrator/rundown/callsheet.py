"""Call sheets: the day as one hospital or one person sees it, on their own clock. Pure.

A call sheet leaves the house: addresses are redacted, and what is not that site's is not in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator.errors import redacted
from orchestrator.rundown import where
from orchestrator.rundown.plan import Feed, PlanSlot
from orchestrator.rundown.resolved import Resolved, Slot
from orchestrator.rundown.rows import name, zone_of
from orchestrator.rundown.table import aligned
from orchestrator.rundown.words import said, written
from orchestrator.timing.grid import Grid


def for_site(resolved: Resolved, site_id: str) -> str:
    """Feeds, on-air windows and people of one site. KeyError if there is no such site."""
    site = resolved.sites[site_id]
    grid = Grid.standard(resolved.programme.fps)
    slots = [slot for slot in resolved.slots if is_on(slot.plan, site_id)]
    lines = [
        f"{said(site.title)}, {where.city(site)}: call sheet for {said(resolved.title)}",
        f"All times are {where.city(site)}'s own ({site.timezone}).",
        f"Somebody is there {where.hours(site.staffed)}.",
        f"Contact: {site.comms or 'none written in the file (sites.' + site_id + '.comms)'}",
        "",
        "Feeds",
        *(f"  {line}" for line in _table(_feed(resolved, feed) for feed in site.feeds)),
        "",
        "On air",
        *_windows(resolved, grid, site.timezone, slots, site_id),
    ]
    wanted = list(_people_of(resolved, site_id))
    if wanted:
        lines += ["", "Your people elsewhere in the programme"]
        cells = (_wanted(resolved, grid, site.timezone, slot, who) for slot, who in wanted)
        lines += [f"  {line}" for line in _table(cells)]
    return "\n".join(lines) + "\n"


def for_person(resolved: Resolved, person_id: str) -> str:
    """Everything one person is in, on their own clock. KeyError if there is nobody of that id."""
    person = resolved.people[person_id]
    zone = zone_of(resolved, person_id)
    grid = Grid.standard(resolved.programme.fps)
    role = f", {person.role}" if person.role else ""
    lines = [
        f"{person.name}{role}: call sheet for {said(resolved.title)}",
        f"All times are {zone}.",
        "",
    ]
    mine = [slot for slot in resolved.slots if person_id in _everybody(slot.plan)]
    cells = (_wanted(resolved, grid, zone, slot, person_id) for slot in mine)
    lines += _table(cells) if mine else ["Not on in this rundown."]
    return "\n".join(lines) + "\n"


def is_on(plan: PlanSlot, site_id: str) -> bool:
    """Whether the slot is this site's, or shows one of its feeds."""
    return plan.site == site_id or any(s.startswith(f"{site_id}.") for s in where.sources(plan))


def slots_of(resolved: Resolved, site: str | None, person: str | None) -> Sequence[Slot]:
    """The slots that concern a site or a person; all of them if neither is given."""
    return [
        slot
        for slot in resolved.slots
        if (site is None or is_on(slot.plan, site))
        and (person is None or person in _everybody(slot.plan))
    ]


def address(feed: Feed) -> str:
    """Where a feed comes from, without anything that opens a door."""
    if feed.address.startswith("env:"):
        source = f"address sent apart ({feed.address.removeprefix('env:')})"
    else:
        source = redacted(feed.address)
    return source + (", passphrase sent apart" if feed.passphrase else "")


def _feed(resolved: Resolved, feed: Feed) -> tuple[str, ...]:
    hot = [slot for slot in resolved.slots if feed.id in where.sources(slot.plan)]
    fallback = [
        slot
        for slot in resolved.slots
        if any(feed.id in chain for chain in slot.plan.fallback.values())
    ]
    uses = (("on in", len(hot)), ("backup in", len(fallback)))
    use = ", ".join(f"{word} {n} slot{'s' if n > 1 else ''}" for word, n in uses if n) or "not used"
    delay = f", picture delayed {feed.av_offset_ms} ms" if feed.av_offset_ms else ""
    return (feed.id, feed.kind, address(feed), f"{feed.latency_ms} ms latency{delay}", use)


def _windows(
    resolved: Resolved, grid: Grid, zone: str, slots: Sequence[Slot], site_id: str
) -> list[str]:
    if not slots:
        return ["  Never, in this rundown."]
    fps = resolved.programme.fps
    lines = []
    for slot in slots:
        plan = slot.plan
        seen = [source for source in where.sources(plan) if source.startswith(f"{site_id}.")]
        lines.append(
            f"  {where.day(slot.start_n, grid, zone)}  {where.clock(slot.start_n, grid, zone)}-"
            f"{where.clock(slot.end_n, grid, zone)}  {slot.id}  {said(plan.title)}"
            f"  ({plan.mode}, {plan.audience}, {plan.language})"
        )
        if plan.setup:
            begins = where.clock(slot.start_n - plan.setup, grid, zone)
            lines.append(f"      set up from {begins}")
        if seen:
            begins = where.clock(slot.start_n - plan.preroll, grid, zone)
            shown = ", ".join(dict.fromkeys(seen))
            lines.append(f"      {shown} must be sending by {begins}")
        else:
            lines.append("      none of your feeds is planned to be on")
        if plan.end == "ask":
            lines.append(
                f"      the desk ends it: {written(plan.shortest, fps)} to "
                f"{written(plan.longest, fps)}"
            )
        if plan.people:
            people = " · ".join(
                f"{role} {', '.join(name(resolved, p) for p in ids)}"
                for role, ids in plan.people.items()
            )
            lines.append(f"      {people}")
        if plan.consent:
            lines.append(f"      consent {plan.consent}")
        lines += [f"      {text}" for text in _remarks(plan)]
    return lines


def _remarks(plan: PlanSlot) -> Iterator[str]:
    if plan.notes:
        yield plan.notes
    for key, value in plan.extra.items():
        yield f"{key.removeprefix('x-')}: {value}"


def _people_of(resolved: Resolved, site_id: str) -> Iterator[tuple[Slot, str]]:
    """(slot, person) of this site's people in slots that are not the site's own."""
    for slot in resolved.slots:
        if is_on(slot.plan, site_id):
            continue
        for person in _everybody(slot.plan):
            if person in resolved.people and resolved.people[person].site == site_id:
                yield slot, person


def _everybody(plan: PlanSlot) -> list[str]:
    return list(dict.fromkeys(person for people in plan.people.values() for person in people))


def _wanted(resolved: Resolved, grid: Grid, zone: str, slot: Slot, person: str) -> tuple[str, ...]:
    roles = [role for role, people in slot.plan.people.items() if person in people]
    site = resolved.sites.get(slot.plan.site or "")
    return (
        where.day(slot.start_n, grid, zone),
        f"{where.clock(slot.start_n, grid, zone)}-{where.clock(slot.end_n, grid, zone)}",
        slot.id,
        name(resolved, person),
        "/".join(roles),
        said(slot.plan.title),
        f"with {where.city(site)}" if site else "",
        slot.plan.language,
        slot.plan.notes,
    )


def _table(cells: Iterator[tuple[str, ...]]) -> list[str]:
    rows = list(cells)
    return aligned(rows).splitlines() if rows else ["none"]
