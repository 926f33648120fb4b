"""What can be seen from the desk at one frame: the show, what was measured, what was said. Pure.

Made once a second from the facts files, the feeds' pages and the journal; incidents, pre-flight
and the handover form are functions of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from orchestrator.control import say
from orchestrator.control.deskstate import DeskState
from orchestrator.rundown.lineup import LiveSlot
from orchestrator.rundown.plan import PlanSlot, Site
from orchestrator.rundown.show import Show
from orchestrator.rundown.words import said
from orchestrator.timing import Grid

DUE_S = 1800
"""A feed that is not due within half an hour never alarms (DESK §3)."""

Facts = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Sight:
    """`facts` by process, `pages` by feed, as `control/facts.py` reads them."""

    show: Show
    n: int
    facts: Facts = field(default_factory=dict)
    pages: Facts = field(default_factory=dict)
    state: DeskState = field(default_factory=DeskState)
    loudness_lufs: Mapping[str, float] = field(default_factory=dict)
    """Of feeds, over the last minute in which they were heard."""
    journal_trouble: str = ""
    journal_damages: int = 0
    new_day: Mapping[str, Any] = field(default_factory=dict)
    disk_free_bytes: int | None = None
    consent: Mapping[str, str] = field(default_factory=dict)
    """What is wrong with a slot's consent, by slot."""
    missing_clips: frozenset[str] = frozenset()
    outdated: Mapping[str, int] = field(default_factory=dict)
    """Recordings that are older than the file wants them to get, and their bytes."""
    unproved: Mapping[str, str] = field(default_factory=dict)
    """Why a slot's consent cannot be told, by slot: nobody has written it down."""
    sound_offset_ms: Mapping[str, int] = field(default_factory=dict)
    """How much later than its picture a feed's sound is, where that was measured."""

    @cached_property
    def grid(self) -> Grid:
        return Grid.standard(self.show.resolved.programme.fps)

    @property
    def fps(self) -> int:
        return self.grid.fps

    @cached_property
    def now_ns(self) -> int:
        return self.grid.instant_ns(self.n)

    @cached_property
    def line_up(self) -> tuple[LiveSlot, ...]:
        return self.show.line_up(self.n)

    @cached_property
    def on_air(self) -> LiveSlot | None:
        slot = self.show.slot_at(self.n)
        return slot if slot.id else None

    @cached_property
    def coming(self) -> tuple[LiveSlot, ...]:
        """The slots still to begin, soonest first."""
        return tuple(slot for slot in self.line_up if slot.start_n > self.n)

    @cached_property
    def wanted(self) -> frozenset[str]:
        """Sources that the picture on air asks for, whatever stands in for them."""
        return frozenset(layer.wanted for layer in self.show.at(self.n).scene.layers)

    @cached_property
    def due(self) -> Mapping[str, LiveSlot]:
        """Feeds that are wanted within half an hour, and the slot that wants each first."""
        due: dict[str, LiveSlot] = {}
        soon_n = self.n + DUE_S * self.fps
        slots = [self.on_air, *self.coming] if self.on_air is not None else [*self.coming]
        for slot in slots:
            if slot.start_n > soon_n:
                break
            for source in sources_of(slot.plan):
                due.setdefault(source, slot)
        return due

    def judged(self, feed: str) -> Mapping[str, Any]:
        """The programme's verdict of a source; empty if it has none, or has gone silent."""
        programme = self.facts.get("programme", {})
        if self.age_s("programme") > 5.0:
            return {}
        judged = programme.get("sources", {}).get(feed, {})
        return judged if isinstance(judged, Mapping) else {}

    def age_s(self, process: str) -> float:
        """Since a process last wrote its facts; infinite if it never did."""
        at_ns = self.facts.get(process, {}).get("at_ns")
        return (self.now_ns - at_ns) / 1e9 if isinstance(at_ns, int) else float("inf")

    def feeds_of(self, site: Site) -> tuple[str, ...]:
        return tuple(feed.id for feed in site.feeds)

    # how it is said

    def at(self, n: int) -> str:
        return say.at(n, self.grid, self.show.resolved.timezone)

    def site(self, site: str) -> str:
        """`Thamesside Hospital, London`."""
        known = self.show.resolved.sites.get(site)
        return f"{said(known.title)}, {known.city}" if known is not None else site

    def slot(self, slot: str) -> str:
        for run in self.line_up:
            if run.id == slot:
                return said(run.title) or slot
        plans = [*(s.plan for s in self.show.resolved.slots), *self.show.resolved.standby]
        return next((said(plan.title) or slot for plan in plans if plan.id == slot), slot)


def sources_of(plan: PlanSlot) -> Iterator[str]:
    """What the slot's scene and shots ask for, each once, but no slates."""
    places = [*plan.scene.places.values()]
    for shot in plan.shots:
        places += shot.places.values()
    for source in dict.fromkeys(places):
        if not source.startswith("slate.") and source != "hide":
            yield source
