"""The resolved rundown: every slot with its first frame and the first frame after it.

Made by `resolve`; written as JSON into the live tree's snapshot; read by every process. It is the
plan's records plus times, so that the programme needs no YAML and no zone data to run the day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import msgspec

from orchestrator.rundown.plan import (
    Audience,
    Clip,
    Feed,
    GraphicSpec,
    Layout,
    Output,
    Person,
    PlanSlot,
    Programme,
    Site,
    Text,
)

Anchor = Literal["none", "hard", "soft"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot with its time. Frames are numbers on the grid, counted from the Unix epoch."""

    plan: PlanSlot
    start_n: int
    end_n: int
    anchor: Anchor = "none"
    latest_n: int | None = None
    """Of an anchored slot: the last frame at which it may begin (start + slip)."""
    gap_after: int = 0
    """Frames of event slate between this slot's end and the next one's start."""

    @property
    def id(self) -> str:
        return self.plan.id

    @property
    def frames(self) -> int:
        return self.end_n - self.start_n


@dataclass(frozen=True, slots=True)
class Shift:
    start_n: int
    end_n: int
    desk: str
    sound: str = ""


@dataclass(frozen=True, slots=True)
class Definitions:
    """Layouts and graphics as they were before a version that defines them otherwise."""

    layouts: Mapping[str, Layout] = field(default_factory=dict)
    graphics: Mapping[str, GraphicSpec] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A day that fits. `version` counts what has been applied to this event, from 1."""

    version: int
    id: str
    title: Text
    timezone: str
    start_n: int
    end_n: int
    languages: tuple[str, ...]
    audience: Audience
    programme: Programme
    sites: Mapping[str, Site]
    people: Mapping[str, Person]
    layouts: Mapping[str, Layout]
    graphics: Mapping[str, GraphicSpec]
    clips: Mapping[str, Clip]
    slots: tuple[Slot, ...]
    standby: tuple[PlanSlot, ...]
    outputs: tuple[Output, ...]
    shifts: tuple[Shift, ...] = ()
    is_rehearsal: bool = False
    """True when --start moved it: the viewer page says REHEARSAL and pushes stay closed."""
    kept: Mapping[str, Definitions] = field(default_factory=dict)
    """By slot that was on air or armed when this version came: what stays as it was for it."""

    def as_for(self, slot: str) -> Resolved:
        """The day with the layouts and graphics that hold for this slot."""
        kept = self.kept.get(slot)
        if kept is None:
            return self
        layouts, graphics = {**self.layouts, **kept.layouts}, {**self.graphics, **kept.graphics}
        return replace(self, layouts=layouts, graphics=graphics)

    def feeds(self) -> tuple[Feed, ...]:
        """Every feed, in the order of the file: the order of the `wants` page."""
        return tuple(feed for site in self.sites.values() for feed in site.feeds)

    def sources(self) -> tuple[str, ...]:
        """Everything that has a ring: feeds, then clips (`clip.<id>`). Index = place in `wants`."""
        return (*(feed.id for feed in self.feeds()), *(f"clip.{clip}" for clip in self.clips))

    def audiences(self) -> tuple[Audience, ...]:
        """The public trees there must be: one per audience that an output reads, open first."""
        read = {output.audience for output in self.outputs} or {self.audience}
        return tuple(a for a in ("open", "professional") if a in read)

    def to_json(self) -> bytes:
        return msgspec.json.encode(self)

    @classmethod
    def from_json(cls, text: bytes) -> Resolved:
        """Raises ValueError if the text is not a resolved rundown."""
        try:
            return _DECODER.decode(text)
        except msgspec.DecodeError as error:
            raise ValueError(f"not a resolved rundown: {error}") from error


_DECODER = msgspec.json.Decoder(Resolved)
