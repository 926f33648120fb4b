"""Fields that are read, checked and kept, and that nothing acts on yet. Pure.

`check` says so for each one that a file uses, so that nobody relies on it. Whoever makes the
programme act on a field removes its line here.
"""

from __future__ import annotations

from collections.abc import Callable

from orchestrator.rundown.plan import Plan, PlanSlot

_Uses = Callable[[Plan], bool]


def _slots(plan: Plan) -> tuple[PlanSlot, ...]:
    return (*plan.slots, *plan.standby)


def _sources(slot: PlanSlot) -> set[str]:
    shots = (source for shot in slot.shots for source in shot.places.values())
    chains = (source for chain in slot.fallback.values() for source in chain)
    return {*slot.scene.places.values(), *shots, *chains}


def _any_slot(uses: Callable[[PlanSlot], bool]) -> _Uses:
    return lambda plan: any(uses(slot) for slot in _slots(plan))


def _any_feed(kind: str) -> _Uses:
    return lambda plan: any(feed.kind == kind for feed in plan.feeds())


_TABLE: tuple[tuple[str, str, _Uses], ...] = (
    (
        "guest.person, .guest",
        "a guest's link brings no picture: the fallback shows until a line of theirs is put on",
        _any_slot(lambda s: any(source.startswith("guest.") for source in _sources(s))),
    ),
    ("feeds: whip", "not connected yet", _any_feed("whip")),
    ("feeds: hololens", "not connected yet", _any_feed("hololens")),
    ("setup", "does not block a site's feeds yet", _any_slot(lambda s: s.setup > 0)),
    ("was", "renames are not followed yet", _any_slot(lambda s: s.was is not None)),
    ("block budget", "not compared yet", lambda p: any(b.budget is not None for b in p.blocks)),
)


def unenforced(plan: Plan) -> tuple[str, ...]:
    """What `plan` uses and nothing acts on, each with what is missing."""
    return tuple(f"{field}: {why}" for field, why, uses in _TABLE if uses(plan))
