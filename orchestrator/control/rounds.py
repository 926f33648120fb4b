"""The rounds: what is done when a bell rings, and what is remembered of it. Control's loop.

Pure but for its memory: which bells have rung (from the diary, after a restart), and what the disk
had left last time. A check is a look, never an act.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.control.bells import STAGES_MIN, Bell, Key, due, to_come
from orchestrator.control.incidents import Action, Finding, Grade
from orchestrator.control.preflight import Light, Readiness, check
from orchestrator.control.retention import Retention
from orchestrator.control.sight import DUE_S, Sight
from orchestrator.rundown.words import spoken

_HOURS_S = STAGES_MIN[0] * 60


@dataclass(frozen=True, slots=True)
class Rung:
    """Bells of one kind about one thing; more than one if some were missed."""

    kind: str
    about: str
    stages: tuple[int, ...]
    text: str
    light: str = ""

    def record(self) -> dict[str, Any]:
        return {
            "bell": self.kind,
            "about": self.about,
            "stages": list(self.stages),
            "text": self.text,
            "light": self.light,
        }


class Rounds:
    def __init__(self, lines: Iterable[Mapping[str, Any]] = ()) -> None:
        """`lines` are the diary's."""
        self.rung: set[Key] = set()
        self.readiness: dict[str, Readiness] = {}
        self._free: tuple[int, int] | None = None
        self._full_in_s: float | None = None
        self._retention = Retention()
        for line in lines:
            if line.get("kind") == "bell":
                stages = line.get("stages") or ()
                self.rung |= {
                    (str(line.get("bell")), str(line.get("about")), int(stage)) for stage in stages
                }

    def look(self, sight: Sight) -> None:
        """How ready the slots of the next hour are."""
        until_n = sight.n + _HOURS_S * sight.fps
        self.readiness = {
            slot.id: check(sight, slot)
            for slot in sight.coming
            if slot.start_n <= until_n and slot.stands_for is None
        }

    def ring(self, sight: Sight) -> list[Rung]:
        """Everything that is due by now, each thing once, whatever it has missed."""
        waiting: dict[tuple[str, str], list[Bell]] = {}
        for bell in due(sight.show, sight.n, self.rung):
            waiting.setdefault((bell.kind, bell.about), []).append(bell)
            self.rung.add(bell.key)
        return [
            self._rung(sight, kind, about, tuple(bell.stage for bell in bells))
            for (kind, about), bells in waiting.items()
        ]

    def to_come(self, sight: Sight) -> list[Bell]:
        return to_come(sight.show, sight.n, self.rung)

    def findings(self, sight: Sight) -> Iterator[Finding]:
        """What the rounds have found and no other card tells."""
        yield from self._not_ready(sight)
        yield from self._handover(sight)
        if self._full_in_s is not None:
            left = spoken(round(self._full_in_s), 1)
            yield Finding(
                "disk.full",
                Grade.SOON,
                f"the disk is full in {left}, before the event is over",
                "recording ends then; the stream goes on",
                after_s=0,
            )
        yield from self._retention.findings(sight)

    def _rung(self, sight: Sight, kind: str, about: str, stages: tuple[int, ...]) -> Rung:
        if kind == "preflight":
            slot = next((s for s in sight.coming if s.id == about), None)
            readiness = check(sight, slot) if slot is not None else None
            if readiness is None:
                return Rung(kind, about, stages, "is not to come any more")
            self.readiness[about] = readiness
            why = "; ".join(reason.text for reason in readiness.reasons)
            light = readiness.light.value
            standby = f"; standby: {readiness.standby}" if readiness.standby and why else ""
            text = f"T-{min(stages)} min: {light}{': ' if why else ''}{why}{standby}"
            return Rung(kind, about, stages, text, light)
        if kind == "handover":
            return Rung(kind, about, stages, f"{about} takes the desk in {min(stages)} min")
        if kind == "disk":
            return Rung(kind, about, stages, self._look_at_disk(sight))
        return Rung(kind, about, stages, self._retention.look(sight))

    def _look_at_disk(self, sight: Sight) -> str:
        """From how much has gone since the last time: is there room until the end?"""
        free, before = sight.disk_free_bytes, self._free
        self._full_in_s = None
        if free is None:
            return "the disk cannot be looked at"
        self._free = (sight.n, free)
        if before is not None and before[1] > free and sight.n > before[0]:
            rate = (before[1] - free) * sight.fps / (sight.n - before[0])
            left_s = (sight.show.resolved.end_n - sight.n) / sight.fps
            if free < rate * left_s:
                self._full_in_s = free / rate
        return f"{free / (1 << 30):.1f} GB free"

    def _not_ready(self, sight: Sight) -> Iterator[Finding]:
        soon_n = sight.n + DUE_S * sight.fps
        for slot in sight.coming:
            readiness = self.readiness.get(slot.id)
            if slot.start_n > soon_n or readiness is None:
                continue
            own = [reason for reason in readiness.reasons if not reason.is_carded]
            if not own:
                continue
            is_red = any(reason.light is Light.RED for reason in own)
            standby = {"slot": slot.id, "wait": "0s", "then": "standby"}
            yield Finding(
                f"preflight.{slot.id}",
                Grade.SOON if is_red else Grade.NOTE,
                f"{sight.slot(slot.id)}: " + "; ".join(reason.text for reason in own),
                f"it starts so at {sight.at(slot.start_n)}",
                (Action("Standby instead", "not-ready", standby),)
                if slot.plan.standby
                else (Action("Skip it", "skip", {"slot": slot.id}, is_weighed=True),),
                after_s=5.0,
                until_n=slot.start_n,
            )

    def _handover(self, sight: Sight) -> Iterator[Finding]:
        """The next shift is near: from its first bell until it has the desk."""
        for shift in sight.show.resolved.shifts:
            stages = [key[2] for key in self.rung if key[:2] == ("handover", shift.desk)]
            if not stages or not shift.start_n - max(stages) * 60 * sight.fps <= sight.n:
                continue
            if sight.n >= shift.end_n or sight.state.seat.holder in ("", shift.desk):
                continue
            yield Finding(
                f"handover.{shift.desk}",
                Grade.SOON,
                f"{shift.desk} takes the desk at {sight.at(shift.start_n)}: the form is ready",
                "nothing: whoever has the desk keeps it",
                (Action(f"Hand over to {shift.desk}", "handover", {"to": shift.desk}),),
                after_s=0,
                until_n=shift.start_n,
            )
