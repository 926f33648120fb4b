"""What a new version of the rundown must leave alone: what is on air or armed, and its feeds. Pure.

A layout or a graphic that the file defines otherwise stays as it is for the slots that are on air
or armed (`Resolved.kept`). A feed that such a slot could show stays connected as it is; control
gives it its new address, latency or key once nobody could (`control.gallery`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from orchestrator.rundown.lineup import LiveSlot
from orchestrator.rundown.plan import Feed, PlanSlot
from orchestrator.rundown.resolved import Definitions, Resolved
from orchestrator.rundown.show import Show


def live_runs(show: Show, n: int) -> tuple[LiveSlot, ...]:
    """The slot on air and those that are armed."""
    return tuple(
        run
        for run in show.day_at(n).runs
        if run.start_n - run.plan.arm <= n and (run.end_n > n or run.is_open)
    )


def sources_in_use(show: Show, n: int) -> frozenset[str]:
    """Everything that is on air, or could be before anybody has decided anything more."""
    found = {layer.source for layer in show.at(n).scene.layers} | show.hot(n).keys()
    for run in live_runs(show, n):
        found |= set(_sources_of(run.plan))
    return frozenset(found)


def with_feeds(day: Resolved, feeds: Mapping[str, Feed]) -> Resolved:
    """`day` with other records of these feeds."""
    sites = {
        key: replace(site, feeds=tuple(feeds.get(feed.id, feed) for feed in site.feeds))
        for key, site in day.sites.items()
    }
    return replace(day, sites=sites)


def feeds_that_wait(known: Resolved, show: Show, n: int) -> dict[str, Feed]:
    """The feeds of `known` that are another one in the version in force, and in use."""
    new = {feed.id: feed for feed in show.resolved.feeds()}
    other = {feed.id: feed for feed in known.feeds() if new.get(feed.id, feed) != feed}
    if not other:
        return {}
    busy = sources_in_use(show, n)
    return {name: feed for name, feed in other.items() if name in busy}


def kept_definitions(show: Show, n: int, file: Resolved) -> dict[str, Definitions]:
    """By slot on air or armed: the layouts and graphics that `file` defines otherwise."""
    now = show.resolved
    layouts = {key: one for key, one in now.layouts.items() if file.layouts.get(key, one) != one}
    graphics = {key: one for key, one in now.graphics.items() if file.graphics.get(key, one) != one}
    kept: dict[str, Definitions] = {}
    for run in live_runs(show, n):
        before = now.kept.get(run.id, Definitions())
        one = Definitions({**layouts, **before.layouts}, {**graphics, **before.graphics})
        if one.layouts or one.graphics:
            kept[run.id] = one
    return kept


def waiting(show: Show, n: int, about: str) -> str:
    """Why a change of `feeds.oslo.room` or `layouts.pip` is not seen at once; empty if it is."""
    table, _, name = about.partition(".")
    if table == "feeds" and name in sources_in_use(show, n):
        return f"{name} is on air or armed: it takes effect when it is off air"
    if table in ("layouts", "graphics"):
        users = [run.id for run in live_runs(show, n) if name in _named(run, table)]
        taken = show.taken(n)
        if table == "layouts" and taken is not None and taken.spec.layout == name and not users:
            users = [run.id for run in live_runs(show, n)[:1]]
        if users:
            them = "is on air or armed" if len(users) == 1 else "are on air or armed"
            return f"{' and '.join(users)} {them} with it: what follows has the new one"
    return ""


def _sources_of(plan: PlanSlot) -> Iterator[str]:
    yield from plan.scene.places.values()
    for shot in plan.shots:
        yield from shot.places.values()
    for others in plan.fallback.values():
        yield from others


def _named(run: LiveSlot, table: str) -> set[str]:
    plan = run.plan
    if table == "graphics":
        return {cue.use for cue in plan.graphics}
    return {plan.scene.layout, *(shot.layout for shot in plan.shots if shot.layout)}
