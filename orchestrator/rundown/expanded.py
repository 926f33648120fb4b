"""A plan written out slot by slot: what the file comes to, without kinds, patterns or rotations.

It is a rundown itself: it loads again and resolves to the same frames. Of the kinds only the names
are left, because what a surgery is asked for (consent, the badge, the tables) hangs on them. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.rundown import builtin
from orchestrator.rundown.emit import block, flow, item, scalar
from orchestrator.rundown.kinds import built_in_section
from orchestrator.rundown.plan import (
    Clip,
    Feed,
    GraphicSpec,
    Health,
    Output,
    Person,
    Place,
    Plan,
    PlanSlot,
    Shot,
    Site,
    Start,
    TimeSpec,
    Transition,
)
from orchestrator.rundown.words import written


def expanded(plan: Plan) -> str:
    """The whole plan as YAML."""
    writer = _Writer(plan)
    lines = [f"# {plan.file}, written out", "version: 1", ""]
    for name, section in writer.sections():
        if section:
            lines += [f"{name}:", *block(section, "  "), ""]
    lines += ["rundown:", *writer.rundown()] if plan.slots else ["rundown: []"]
    if plan.standby:
        lines += ["", "standby:"]
        for slot in plan.standby:
            lines += item(writer.slot(slot), "  ")
    if plan.shifts:
        lines += ["", "shifts:"]
        for shift in plan.shifts:
            turn = {"from": shift.start.text, "to": shift.end.text, "desk": shift.desk}
            lines.append("  - " + flow(turn | _given(sound=shift.sound)))
    return "\n".join(lines) + "\n"


def _given(**fields: Any) -> dict[str, Any]:
    """Those of the fields that say something."""
    return {name: value for name, value in fields.items() if value not in (None, "", (), [], {})}


class _Writer:
    """Turns records back into fields; lengths in the programme's frames."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._fps = plan.programme.fps

    def _dur(self, frames: int) -> str:
        return written(frames, self._fps)

    def sections(self) -> list[tuple[str, Mapping[str, Any]]]:
        plan, programme = self._plan, self._plan.programme
        event = {
            "id": plan.id,
            "title": plan.title,
            "timezone": plan.timezone,
            "start": plan.start.text,
            "duration": self._dur(plan.duration),
            "languages": plan.languages,
            "audience": plan.audience,
        }
        settings = {
            "size": f"{programme.width}x{programme.height}",
            "fps": programme.fps,
            "delay": self._dur(programme.delay),
            "loudness": f"{programme.loudness_lufs:g} LUFS",
            "peak": f"{programme.peak_dbtp:g} dBTP",
        }
        own = {
            name: spec
            for name, spec in plan.graphics.items()
            if spec != GraphicSpec(name, f"{name}.svg") or name not in builtin.GRAPHICS
        }
        return [
            ("event", event),
            ("programme", settings),
            ("kinds", self._kinds()),
            ("people", {name: _person(person) for name, person in plan.people.items()}),
            ("sites", {name: _site(site) for name, site in plan.sites.items()}),
            (
                "layouts",
                {
                    name: {place.name: _place(place) for place in layout.places}
                    for name, layout in plan.layouts.items()
                },
            ),
            (
                "graphics",
                {
                    name: {"template": spec.template, **_given(defaults=spec.defaults)}
                    for name, spec in own.items()
                },
            ),
            ("clips", {name: self._clip(clip) for name, clip in plan.clips.items()}),
            ("outputs", self._outputs()),
        ]

    def _kinds(self) -> dict[str, Any]:
        """Names only: what each kind is like."""
        known = built_in_section("kinds").entries
        found: dict[str, Any] = {}
        for slot in (*self._plan.slots, *self._plan.standby):
            for kind, parent in zip(slot.kinds, (*slot.kinds[1:], None), strict=True):
                if parent is not None:
                    found[kind] = {"like": parent}
                elif kind not in known:
                    found[kind] = {}
        return found

    def _clip(self, clip: Clip) -> dict[str, Any]:
        return {
            "file": clip.file,
            "in": self._dur(clip.cue_in),
            **_given(
                out=self._dur(clip.cue_out) if clip.cue_out is not None else None,
                title=clip.title,
                consent=clip.consent,
            ),
            "loop": "true" if clip.loop else "false",
        }

    def _outputs(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for output in self._plan.outputs:
            fields = {"audience": output.audience, "ladder": output.ladder} | _options(output)
            if output.kind == "push":
                found.setdefault("push", {})[output.id] = fields
            else:
                found[output.kind] = fields
        return found

    # the running order

    def rundown(self) -> list[str]:
        lines: list[str] = []
        blocks = {block.first: block for block in self._plan.blocks}
        for slot in self._plan.slots:
            if (begins := blocks.get(slot.id)) is not None:
                lines.append(f"  - block: {scalar(begins.title)}")
                if begins.budget is not None:
                    lines.append(f"    budget: {self._dur(begins.budget)}")
            lines += item(self.slot(slot), "  ")
        return lines

    def slot(self, slot: PlanSlot) -> dict[str, Any]:
        return {
            "id": slot.id,
            "title": slot.title,
            "kind": slot.kind,
            **_given(
                site=slot.site,
                start=self._start(slot.start),
                was=slot.was,
                notes=slot.notes,
                standby=slot.standby,
                consent=slot.consent,
                people=slot.people,
                outputs=slot.outputs,
            ),
            "duration": self._dur(slot.duration),
            "flex": {"shrink": self._dur(slot.shrink), "grow": self._dur(slot.grow)},
            "end": slot.end.text if isinstance(slot.end, TimeSpec) else slot.end,
            "priority": slot.priority,
            "drop": "allowed" if slot.droppable else "never",
            "mode": slot.mode,
            "language": slot.language,
            "audience": slot.audience,
            "scene": self._scene(slot),
            "audio": _gains(slot.scene.audio),
            "shots": [self._shot(shot) for shot in slot.shots],
            "graphics": [self._cue(cue) for cue in slot.graphics],
            "transition": self._transition(slot.transition),
            "fallback": slot.fallback,
            "not_ready": {"wait": self._dur(slot.not_ready.wait), "then": slot.not_ready.then},
            "health": self._health(slot.health),
            "preroll": self._dur(slot.preroll),
            "arm": self._dur(slot.arm),
            "setup": self._dur(slot.setup),
            "checks": slot.checks,
            **slot.extra,
        }

    def _start(self, start: Start) -> Any:
        if start.after is not None:
            return {"after": start.after}
        if start.at is None:
            return None
        if start.slip:
            return {"at": start.at.text, "slip": self._dur(start.slip)}
        return start.at.text

    def _scene(self, slot: PlanSlot) -> dict[str, Any]:
        # a built-in kind puts something into `main`: where the slot has nothing, that goes
        nothing = {} if "main" in slot.scene.places else {"main": None}
        return {"layout": slot.scene.layout, **slot.scene.places, **nothing}

    def _shot(self, shot: Shot) -> dict[str, Any]:
        return {
            "id": shot.id,
            "at": self._dur(shot.at),
            "transition": self._transition(shot.transition),
            **_given(layout=shot.layout, places=shot.places, audio=_gains(shot.audio)),
        }

    def _cue(self, cue: Any) -> dict[str, Any]:
        return {
            "use": cue.use,
            "at": self._dur(cue.at),
            "for": self._dur(cue.length),
            **_given(
                who=cue.who,
                data=cue.data,
                every=self._dur(cue.every) if cue.every is not None else None,
            ),
        }

    def _transition(self, transition: Transition) -> str:
        if transition.kind == "cut":
            return "cut"
        return f"{transition.kind} {self._dur(transition.frames)}"

    def _health(self, health: Health) -> dict[str, str]:
        limits = {
            "loss": health.loss,
            "freeze": health.freeze,
            "black": health.black,
            "silence": health.silence,
            "back_after": health.back_after,
        }
        return {name: "off" if n is None else self._dur(n) for name, n in limits.items()}


def _person(person: Person) -> dict[str, Any]:
    return _given(
        name=person.name,
        native=person.native,
        role=person.role,
        languages=person.languages,
        site=person.site,
        zone=person.zone,
        pronounce=person.pronounce,
    )


def _site(site: Site) -> dict[str, Any]:
    first, last = site.staffed
    hours = f"{first // 60:02}:{first % 60:02}-{last // 60:02}:{last % 60:02}"
    return {
        "title": site.title,
        "timezone": site.timezone,
        "staffed": hours,
        "feeds": {feed.id.partition(".")[2]: _feed(feed) for feed in site.feeds},
        **_given(city=site.city, slate=site.slate, comms=site.comms),
    }


def _feed(feed: Feed) -> dict[str, Any]:
    return {
        feed.kind: feed.address,
        **_given(passphrase=feed.passphrase),
        "latency": f"{feed.latency_ms}ms",
        "av_offset": f"{feed.av_offset_ms}ms",
        "trim": f"{feed.trim_db:g} dB",
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "box": _fractions(place.box),
        "fit": place.fit,
        **_given(crop=_fractions(place.crop) if place.crop else None, border=place.border),
    }


def _fractions(box: tuple[float, float, float, float]) -> list[str]:
    return [f"{x:.6f}".rstrip("0").rstrip(".") for x in box]


def _gains(gains: Mapping[str, float | None]) -> dict[str, str]:
    return {place: "off" if db is None else f"{db:g} dB" for place, db in gains.items()}


def _options(output: Output) -> dict[str, Any]:
    found: dict[str, Any] = _given(url=output.url)
    for name, value in output.options.items():
        if isinstance(value, bool):
            found[name] = "true" if value else "false"
        elif isinstance(value, float):
            found[name.removesuffix("_s")] = f"{value:.3f}".rstrip("0").rstrip(".") + "s"
        else:
            found[name] = value
    return found
