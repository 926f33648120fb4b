"""A slot with its layers merged becomes a typed record. Pure.

The same readers also go over every kind, pattern and default by itself (`check_alone`), so that a
mistake in a kind nobody uses yet is found too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from orchestrator.rundown import builtin, fields
from orchestrator.rundown.builtin import FILE as BUILTIN
from orchestrator.rundown.cast import Cast, consent_ref
from orchestrator.rundown.cues import read_cues, read_health
from orchestrator.rundown.event import Event, read_time
from orchestrator.rundown.expand import Written
from orchestrator.rundown.nodes import Items, Scalar, Table, places
from orchestrator.rundown.plan import (
    Audience,
    Mode,
    NotReady,
    Output,
    PlanSlot,
    SceneSpec,
    Start,
    TimeSpec,
    Transition,
)
from orchestrator.rundown.problem import Mark
from orchestrator.rundown.scenes import (
    HIDE,
    Stage,
    read_scene,
    read_shots,
    read_transition,
    use_layouts,
)
from orchestrator.rundown.sink import Sink, meant
from orchestrator.rundown.value import Value, check_fields
from orchestrator.rundown.words import written

_THEN = ("standby", "skip", "start", "ask")


@dataclass(frozen=True, slots=True)
class SlotReader:
    """Reads slots of one event. `ids` and `shelf` are the ids that slots may refer to."""

    event: Event
    cast: Cast
    outputs: tuple[Output, ...]
    fps: int
    sink: Sink
    ids: frozenset[str] = frozenset()
    shelf: tuple[str, ...] = ()
    roles: frozenset[str] = frozenset(builtin.ROLES)
    """Every role that somebody has in this file."""

    def read(self, slot: Written) -> PlanSlot:
        value = Value(slot.fields, self.sink, slot.owner, user=slot.id, user_mark=slot.mark)
        site = self._site(value)
        people = self._people(value)
        stage = Stage(self.cast, self.fps, slot.id, slot.mark, site, people.get("guests", ()))
        use_layouts(value, stage)
        scene = read_scene(value, stage)
        shots = read_shots(value, stage, scene)
        shrink, grow = self._flex(value.get("flex"))
        return PlanSlot(
            id=slot.id,
            title=self._title(value, slot.id),
            kind=slot.kinds[0] if slot.kinds else "",
            kinds=slot.kinds,
            duration=self._duration(value, shrink, slot.mark),
            scene=scene,
            start=self._start(value.get("start"), slot.id),
            end=self._end(value.get("end")),
            shrink=shrink,
            grow=grow,
            priority=self._priority(value),
            droppable=self._choice(value, "drop", ("never", "allowed"), "never") == "allowed",
            mode=cast(Mode, self._choice(value, "mode", ("live", "deferred", "recorded"), "live")),
            site=site,
            block=slot.block,
            shots=shots,
            graphics=read_cues(value.get("graphics"), self.cast, self.roles, self.fps),
            transition=self._transition(value),
            fallback=self._fallback(value, stage, scene, shots),
            not_ready=self._not_ready(value.get("not_ready")),
            standby=self._standby(value),
            people=people,
            language=self._language(value),
            audience=cast(
                Audience,
                self._choice(value, "audience", ("open", "professional"), self.event.audience),
            ),
            consent=self._consent(value, slot),
            health=read_health(value.get("health"), self.fps),
            preroll=self._frames(value, "preroll"),
            arm=self._frames(value, "arm"),
            setup=self._frames(value, "setup"),
            checks=self._checks(value.get("checks")),
            outputs=self._outputs(value.get("outputs")),
            was=self._was(value),
            notes=self._text(value, "notes"),
            extra=self._extra(value),
            mark=slot.mark,
            marks=_marks(slot.fields),
        )

    def check_alone(self, table: Table, owner: str) -> None:
        """What can be said about a kind, a pattern or defaults without a slot."""
        value = Value(table, self.sink, owner)
        stage = Stage(self.cast, self.fps, is_alone=True)
        use_layouts(value, stage)
        scene = read_scene(value, stage)
        shots = read_shots(value, stage, scene)
        self._fallback(value, stage, scene, shots)
        self._flex(value.get("flex"))
        self._end(value.get("end"))
        self._not_ready(value.get("not_ready"))
        read_health(value.get("health"), self.fps)
        read_cues(value.get("graphics"), self.cast, self.roles, self.fps)
        self._checks(value.get("checks"))
        self._outputs(value.get("outputs"))
        self._transition(value)
        self._priority(value)
        self._language(value)
        self._site(value)
        self._people(value)
        self._standby(value)
        self._extra(value)
        for name in ("duration", "preroll", "arm", "setup"):
            self._frames(value, name)
        self._choice(value, "drop", ("never", "allowed"), "never")
        self._choice(value, "mode", ("live", "deferred", "recorded"), "live")
        self._choice(value, "audience", ("open", "professional"), "open")

    # small things

    def _text(self, value: Value, name: str) -> str:
        found = value.get(name)
        return (found.text() if found is not None else None) or ""

    def _choice(self, value: Value, name: str, words: tuple[str, ...], otherwise: str) -> str:
        found = value.get(name)
        return (found.choice(*words) if found is not None else None) or otherwise

    def _frames(self, value: Value, name: str) -> int:
        found = value.get(name)
        return (found.frames(self.fps) if found is not None else None) or 0

    def _extra(self, value: Value) -> dict[str, str]:
        found = {}
        assert isinstance(value.node, Table)
        for name in value.node.entries:
            if name.startswith("x-") and (column := value.get(name)) is not None:
                found[name] = column.text() or ""
        return found

    def _title(self, value: Value, slot_id: str) -> Mapping[str, str]:
        title = value.get("title")
        return (title.words(self.event.floor) if title is not None else None) or {
            self.event.floor: slot_id
        }

    def _priority(self, value: Value) -> int:
        found = value.get("priority")
        return (found.whole(1, 9) if found is not None else None) or 5

    def _transition(self, value: Value) -> Transition:
        found = value.get("transition")
        return read_transition(found, self.fps) if found is not None else Transition()

    def _language(self, value: Value) -> str:
        found = value.get("language")
        return (found.language() if found is not None else None) or self.event.floor

    # time

    def _duration(self, value: Value, shrink: int, mark: Mark) -> int:
        found = value.get("duration")
        if found is None:
            value.error(
                "has no duration.",
                "Write duration: 20m, or give it to its kind.",
                code="E-missing",
                at=mark,
            )
            return max(shrink, self.fps)
        frames = found.frames(self.fps)
        if frames is None:
            return max(shrink, self.fps)
        if frames == 0:
            found.error("must be longer than nothing.")
            return max(shrink, self.fps)
        if shrink > frames:
            limits = value.get("flex")
            value.error(
                f"lasts {written(frames, self.fps)} and may shrink by {written(shrink, self.fps)}.",
                "Write flex: none, or a flex of its own.",
                at=found.mark,
                also=limits.mark if limits is not None else None,
            )
        return frames

    def _flex(self, value: Value | None) -> tuple[int, int]:
        if value is None:
            return 0, 0
        if isinstance(value.node, Scalar):
            if value.node.text != "none":
                value.error("must be none or {shrink, grow}.", "Write {shrink: 5m, grow: 5m}.")
            return 0, 0
        check_fields(value, fields.FLEX)
        return self._frames(value, "shrink"), self._frames(value, "grow")

    def _start(self, value: Value | None, slot_id: str) -> Start:
        if value is None:
            return Start()
        if isinstance(value.node, Scalar):
            return Start(self._time(value))
        if not check_fields(value, fields.START):
            return Start()
        at, after = value.get("at"), value.get("after")
        if (at is None) == (after is None):
            value.error("must have either at or after.", "Write {at: 18:30, slip: 5m}.")
            return Start()
        if after is not None:
            if value.get("slip") is not None:
                value.error("has a slip but no time.", "slip goes with at.")
            name = after.known(self.ids, "slot")
            if name == slot_id:
                after.error("is the slot itself.", code="E-reference")
                return Start()
            return Start(after=name)
        assert at is not None
        return Start(self._time(at), self._frames(value, "slip"))

    def _time(self, value: Value) -> TimeSpec | None:
        return read_time(value, self.event, self.cast.sites, self.fps)

    def _end(self, value: Value | None) -> Literal["auto", "ask", "event"] | TimeSpec:
        if value is None:
            return "auto"
        text = value.text()
        if text in ("auto", "ask", "event"):
            return cast(Literal["auto", "ask", "event"], text)
        return (self._time(value) if text is not None else None) or "auto"

    def _not_ready(self, value: Value | None) -> NotReady:
        if value is None or not check_fields(value, fields.NOT_READY):
            return NotReady()
        then = self._choice(value, "then", _THEN, "start")
        return NotReady(
            self._frames(value, "wait"), cast(Literal["standby", "skip", "start", "ask"], then)
        )

    # who and where

    def _site(self, value: Value) -> str | None:
        found = value.get("site")
        return found.known(self.cast.sites, "site") if found is not None else None

    def _people(self, value: Value) -> dict[str, tuple[str, ...]]:
        section = value.get("people")
        found: dict[str, tuple[str, ...]] = {}
        for role, persons in section.fields() if section is not None else ():
            names = [self._person(person) for person in persons.one_or_many()]
            found[role] = tuple(name for name in names if name is not None)
        return found

    def _person(self, value: Value) -> str | None:
        text = value.text()
        if text is None or text in self.cast.people:
            return text
        hint = meant(text, self.cast.people, otherwise="There are")
        guess = hint.removeprefix("Did you mean ").removesuffix("?")
        if (person := self.cast.people.get(guess)) is not None:
            there = f"line {person.mark.line}"
            if person.mark.file != value.mark.file:
                there += f" of {person.mark.file}"
            hint = f"Did you mean {guess} ({person.name}, {there})?"
        value.error(f'nobody is called "{text}".', hint, code="E-reference", full=True)
        return None

    def _standby(self, value: Value) -> str | None:
        found = value.get("standby")
        if found is None:
            return None
        if not self.shelf:
            found.error(
                "there is no standby shelf.",
                "Write standby: [{id: …, kind: …}].",
                code="E-reference",
                full=True,
            )
            return None
        return found.known(self.shelf, "standby slot")

    def _consent(self, value: Value, slot: Written) -> str | None:
        found = value.get("consent")
        ref = consent_ref(found) if found is not None else None
        if found is None and "surgery" in slot.kinds:
            value.error(
                "is a surgery and names no consent.",
                "Write consent: C-… (the reference, never a name).",
                code="E-consent",
                at=slot.mark,
            )
        return ref

    def _was(self, value: Value) -> str | None:
        found = value.get("was")
        old = found.id() if found is not None else None
        if found is not None and old in self.ids:
            found.error(f'"{old}" is still the id of a slot.', code="E-reference")
        return old

    # what is shown

    def _fallback(
        self,
        value: Value,
        stage: Stage,
        scene: SceneSpec,
        shots: tuple[Any, ...],
    ) -> dict[str, tuple[str, ...]]:
        """`main` falls back to the site's slate, other places are hidden."""
        shown = [*scene.places, *(place for shot in shots for place in shot.places)]
        slate = f"slate.site.{stage.site}" if stage.site else "slate.event"
        found = {p: ((slate,) if p == "main" else (HIDE,)) for p in dict.fromkeys(shown)}
        return found | stage.fallbacks(value.get("fallback"))

    def _checks(self, value: Value | None) -> tuple[str, ...]:
        if value is None or not isinstance(value.node, Items):
            if value is not None:
                value.items()
            return ()
        found = [item.known(builtin.CHECKS, "check") for item in value.items()]
        return tuple(dict.fromkeys(name for name in found if name is not None))

    def _outputs(self, value: Value | None) -> dict[str, Literal["slate", "on"]]:
        known = {output.id: output for output in self.outputs}
        found: dict[str, Literal["slate", "on"]] = {}
        for name, child in value.fields() if value is not None else ():
            if name not in known:
                child.error(
                    f'there is no output "{name}".',
                    meant(name, known, otherwise="There are"),
                    code="E-reference",
                    full=True,
                )
                continue
            word = child.choice("slate", "on")
            if word is not None:
                found[name] = cast(Literal["slate", "on"], word)
        return found


def _marks(table: Table) -> dict[str, Mark]:
    """Where each field was written; what is built in has no place."""
    return {
        path: entry.node.mark
        for path, entry in places(table)
        if entry.node.mark.file not in ("", BUILTIN)
    }
