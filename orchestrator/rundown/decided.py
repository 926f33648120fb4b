"""What people and defaults have decided about a day, and the epoch for which it holds.

Pure records. An epoch holds from its order's frame to the next one's (`history`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from orchestrator.bus.orders import Order
from orchestrator.rundown.lineup import Day, Hold
from orchestrator.rundown.overlays import NOTHING_CALLED, Overlays
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.scene import Cause


@dataclass(frozen=True, slots=True)
class Trim:
    """A feed's own gain, on its way from one value to another from frame `n` on."""

    from_db: float
    to_db: float
    n: int
    frames: int = 0

    def at(self, n: int) -> float:
        if n >= self.n + self.frames:
            return self.to_db
        share = max(0, n - self.n + 1) / (self.frames + 1)
        return self.from_db + (self.to_db - self.from_db) * share


@dataclass(frozen=True, slots=True)
class StandIn:
    """Chosen by a person, before the slot or during it."""

    source: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class Decided:
    """Everything that people or defaults have said about slots, feeds and sites."""

    skipped: frozenset[str] = frozenset()
    ends: frozenset[str] = frozenset()
    """`end: ask` slots whose end has been decided."""
    staying: frozenset[str] = frozenset()
    ready: frozenset[str] = frozenset()
    frames: Mapping[str, int] = field(default_factory=dict)
    """Lengths given to slots before they began."""
    holds: Mapping[str, Hold] = field(default_factory=dict)
    trims: Mapping[str, Trim] = field(default_factory=dict)
    quarantined: frozenset[str] = frozenset()
    """Sites whose feeds are not to be shown (PRIVACY), until RESTORE."""
    hidden: frozenset[str] = frozenset()
    """Sites whose feeds are not to be shown (HIDE), until UNHIDE."""
    feeds_out: frozenset[str] = frozenset()
    """Feeds that are not to be shown until they are let back (QUARANTINE)."""
    latched: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Feeds whose stand-in stays while this run, by place and first frame, is on."""
    stand_ins: Mapping[str, StandIn] = field(default_factory=dict)
    """By slot: what is shown in it in place of a guest who is not there."""
    previewed: frozenset[str] = frozenset()
    """Sources of the preview: decoded, so that a TAKE is instant."""
    solos: frozenset[tuple[str, str]] = frozenset()
    """Who listens to which feed."""
    overlays: Overlays = NOTHING_CALLED
    stopped: Cause | None = None


@dataclass(frozen=True, slots=True)
class Epoch:
    """From `from_n` on: the line-up and what has been decided."""

    from_n: int
    day: Day
    decided: Decided = Decided()


def cause_of(order: Order, rule: str) -> Cause:
    return Cause(order.cause, rule, order.author, order.seq)


def of_day(decided: Decided, day: Resolved) -> Decided:
    """What has been decided about slots that are in `day`, by the names they have there."""
    names = {slot.id: slot.id for slot in day.slots}
    names |= {slot.plan.was: slot.id for slot in day.slots if slot.plan.was}

    def kept(ids: frozenset[str]) -> frozenset[str]:
        return frozenset(names[id_] for id_ in ids if id_ in names)

    return replace(
        decided,
        skipped=kept(decided.skipped),
        ends=kept(decided.ends),
        staying=kept(decided.staying),
        ready=kept(decided.ready),
        frames={names[id_]: frames for id_, frames in decided.frames.items() if id_ in names},
        holds={names[id_]: hold for id_, hold in decided.holds.items() if id_ in names},
        stand_ins={names[id_]: one for id_, one in decided.stand_ins.items() if id_ in names},
    )
