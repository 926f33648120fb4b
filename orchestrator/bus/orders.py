"""Orders: decisions that have been validated, journalled and given a frame, as readers see them.

Written by control to `orders.jsonl`, one line each, after the journal has them; read by programme,
gate and feeds. An order whose frame has passed is applied at once by whoever reads it, and the
as-run says at which frame it really took.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Verb(StrEnum):
    """One word, one effect (DESK §2), and the decisions behind them that people do not press."""

    TAKE = (
        "take"  # args: layout?, places {place: source}, audio? {place: dB|None}, transition?, until
    )
    RELEASE = "release"  # drop the operator's scene; the schedule's comes back
    NEXT = "next"  # leave this slot now, start the next one; args: slot (the one left)
    STAY = "stay"  # args: slot, on: bool
    EXTEND = "extend"  # args: slot, end_n (absolute; shorter or longer)
    SKIP = "skip"  # args: slot, on: bool
    READY = "ready"  # args: slot; the site said so, or the default did
    NOT_READY = "not-ready"  # args: slot, then: standby|skip|start|ask
    END = "end"  # args: slot, end_n: what was decided at the end of an `end: ask` slot
    INSERT = "insert"  # args: item (of the standby shelf), frames, resume: bool
    GAIN = "gain"  # args: feed, trim_db, frames? (how long it takes to get there)
    FADER = "fader"  # args: place, gain_db (None: off), clear?: bool; until the slot ends
    SOLO = "solo"  # args: feed, on: decoded for somebody's ears, never on air
    PREVIEW = "preview"  # args: as TAKE; what TAKE would put on air: decoded, not shown
    QUARANTINE = "quarantine"  # args: feed, on: not shown until let back
    LATCH = "latch"  # args: feed, on: its stand-in stays until the slot ends
    STAND_IN = "stand-in"  # args: slot, source: shown in it where a guest is not ("": nobody)
    GRAPHIC = "graphic"  # args: key, use, who?, data, until_n? (None: until the slot ends)
    GRAPHIC_OUT = "graphic-out"  # args: keys: out at once
    GRAPHICS_OUT = "graphics-out"  # args: keys
    GRAPHICS_AGAIN = "graphics-again"  # args: graphics: [as GRAPHIC]
    PERSON = "person"  # args: id, and what is to be said of them: name?, native?, role?
    OUTPUT = "output"  # args: output, on?: bool, backup?: bool (which address it goes to)
    UNDO = "undo"  # args: seq: from this frame on, as if that order had not been given
    SAFE = "safe"  # the configured safe scene
    HIDE = "hide"  # gate; args: site: its feeds are not shown to anybody
    UNHIDE = "unhide"
    BLANK = "blank"  # gate, merged into the journal afterwards
    UNBLANK = "unblank"
    PRIVACY = "privacy"  # args: site, look_back_s, k range
    RESTORE = "restore"
    RUNDOWN = "rundown"  # args: version; a new resolved rundown is in the snapshot
    START = "start"  # the event was (re)started; args: version
    STOP = "stop"


SAFETY_VERBS = frozenset(
    {
        Verb.HIDE,
        Verb.UNHIDE,
        Verb.BLANK,
        Verb.UNBLANK,
        Verb.PRIVACY,
        Verb.RESTORE,
        Verb.STOP,
    }
)


@dataclass(frozen=True, slots=True)
class Order:
    """One decision. `n` is the frame at which it applies, `seq` its number in the journal."""

    seq: int
    verb: Verb
    n: int
    author: str = "schedule"
    cause: str = "operator"
    """operator · default (nobody was there to decide) · safety · schedule"""
    reason: str = ""
    args: dict[str, Any] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        return asdict(self) | {"verb": self.verb.value}

    @classmethod
    def of(cls, record: dict[str, Any]) -> Order:
        """Raises ValueError or KeyError for a record that is not an order."""
        return cls(
            seq=int(record["seq"]),
            verb=Verb(record["verb"]),
            n=int(record["n"]),
            author=str(record.get("author", "")),
            cause=str(record.get("cause", "operator")),
            reason=str(record.get("reason", "")),
            args=dict(record.get("args", {})),
        )
