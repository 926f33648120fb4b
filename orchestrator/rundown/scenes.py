"""Scenes of a slot: sources, places, gains, shots and fallbacks. Pure.

Sources are written out for the slot they stand in: `.headset` becomes `mumbai.headset`, `.guest`
the slot's first guest, `slate.site` the slate of its site. A place that no layout of the slot has
is left out if it was inherited, and is an error where it was written for this slot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from orchestrator.rundown import fields
from orchestrator.rundown.cast import Cast
from orchestrator.rundown.plan import CUT, SceneSpec, Shot, Transition
from orchestrator.rundown.problem import Mark
from orchestrator.rundown.sink import meant
from orchestrator.rundown.times import Unreadable, gain, length
from orchestrator.rundown.value import Value

HIDE = "hide"
_DIRECTIONS = ("left", "right", "up", "down")
_MIX_FRAMES_MS = "600ms"


@dataclass(frozen=True, slots=True)
class Stage:
    """What a slot's scenes are read with. `is_alone`: a kind read for itself, without a slot."""

    cast: Cast
    fps: int
    slot: str = ""
    mark: Mark | None = None
    site: str | None = None
    guests: tuple[str, ...] = ()
    is_alone: bool = False
    used: set[str] = field(default_factory=set)
    """Places of the layouts that the slot uses."""

    # sources

    def source(self, value: Value) -> str | None:
        """A source, written out; None after a complaint (or where a kind cannot know it)."""
        text = value.text()
        if text is None or text == HIDE:
            return text
        head, dot, name = text.partition(".")
        if not dot:
            value.error(
                f'"{text}" is not a source.',
                "Write site.feed, .feed, .guest, guest.person, clip.name, slate.event or hide.",
                code="E-reference",
                full=True,
            )
            return None
        if head == "slate":
            return self._slate(value, name)
        if head == "clip":
            return self._named(value, text, name, self.cast.clips, "clip")
        if head == "guest":
            return self._named(value, text, name, self.cast.people, "person")
        if not head:
            return self._guest(value) if name == "guest" else self._own_feed(value, name)
        if head not in self.cast.sites:
            self._complain(value, f'there is no site "{head}".', meant(head, self.cast.sites))
            return None
        return self._feed(value, head, name)

    def _complain(self, value: Value, message: str, hint: str = "") -> None:
        """About a reference; if it was written for several slots, this one is named."""
        also = self.mark if value.is_shared and not self.is_alone else None
        value.error(message, hint, code="E-reference", full=True, also=also)

    def _named(
        self, value: Value, text: str, name: str, known: Iterable[str], what: str
    ) -> str | None:
        if name in known:
            return text
        self._complain(
            value, f'there is no {what} "{name}".', meant(name, known, otherwise="Known")
        )
        return None

    def _feed(self, value: Value, site: str, name: str) -> str | None:
        feeds = [feed.id.partition(".")[2] for feed in self.cast.sites[site].feeds]
        if name in feeds:
            return f"{site}.{name}"
        hint = f"It has: {', '.join(feeds)}." if feeds else "It has no feeds."
        is_relative = (value.text() or "").startswith(".")
        wanted = (
            f", which {self.slot}{self._where()} wants" if is_relative and value.is_shared else ""
        )
        self._complain(value, f'site {site} has no feed "{name}"{wanted}.', hint)
        return None

    def _own_feed(self, value: Value, name: str) -> str | None:
        if self.is_alone:
            return None
        if self.site is None:
            self._complain(
                value,
                f'"{value.text()}" is a feed of the slot\'s site, but {self.slot}'
                f"{self._where()} has no site.",
                "Give it a site, or write site.feed.",
            )
            return None
        if self.site not in self.cast.sites:
            return None
        return self._feed(value, self.site, name)

    def _guest(self, value: Value) -> str | None:
        if self.is_alone:
            return None
        if not self.guests:
            self._complain(
                value,
                f'".guest" is the slot\'s guest, but {self.slot}{self._where()} has no guests.',
                "Write people: {guests: [name]}.",
            )
            return None
        return f"guest.{self.guests[0]}"

    def _where(self) -> str:
        return f" (line {self.mark.line})" if self.mark is not None else ""

    def _slate(self, value: Value, name: str) -> str | None:
        if name in ("event", "privacy"):
            return f"slate.{name}"
        if name == "site":
            if self.is_alone:
                return None
            return f"slate.site.{self.site}" if self.site in self.cast.sites else "slate.event"
        kind, _, site = name.partition(".")
        if kind == "site" and site in self.cast.sites:
            return f"slate.site.{site}"
        known = ("event", "privacy", "site")
        self._complain(
            value, f'there is no slate "{name}".', meant(name, known, otherwise="There are")
        )
        return None

    # places

    def layout(self, value: Value | None) -> str | None:
        if value is None:
            return None
        name = value.known(self.cast.layouts, "layout")
        if name is not None:
            self.used.update(place.name for place in self.cast.layouts[name].places)
        return name

    def has_place(self, name: str, value: Value) -> bool:
        """Whether a place is shown in this slot; complains where its name was meant for it."""
        if name in self.used:
            return True
        known = dict.fromkeys(
            place.name for layout in self.cast.layouts.values() for place in layout.places
        )
        if value.owner.endswith("(built in)"):
            return False
        if name not in known:
            value.error(
                f'no layout has a place "{name}".',
                meant(name, self.used or known, otherwise="There are"),
                code="E-reference",
                full=True,
            )
        elif not self.is_alone and not value.is_shared and self.used:
            value.error(
                f'the layouts of this slot have no place "{name}".',
                f"They have: {', '.join(sorted(self.used))}.",
                code="E-reference",
                full=True,
            )
        return self.is_alone and name in known

    def places(self, values: Iterable[tuple[str, Value]]) -> dict[str, str]:
        found = {}
        for name, value in values:
            if self.has_place(name, value) and (source := self.source(value)) is not None:
                found[name] = source
        return found

    def gains(self, value: Value | None) -> dict[str, float | None]:
        """`off` is None."""
        found: dict[str, float | None] = {}
        for name, child in value.fields() if value is not None else ():
            if self.has_place(name, child):
                found[name] = child.read(gain)
        return found

    def fallbacks(self, value: Value | None) -> dict[str, tuple[str, ...]]:
        found = {}
        for name, child in value.fields() if value is not None else ():
            if self.has_place(name, child):
                sources = [self.source(item) for item in child.one_or_many()]
                found[name] = tuple(source for source in sources if source is not None)
        return found


def use_layouts(slot: Value, stage: Stage) -> None:
    """Note the places of every layout that the slot's scene and shots use."""
    scene, shots = slot.get("scene"), slot.get("shots")
    if scene is not None:
        stage.layout(scene.get("layout"))
    for shot in shots.items() if shots is not None else ():
        stage.layout(shot.get("layout"))


def read_scene(slot: Value, stage: Stage) -> SceneSpec:
    """Call `use_layouts` first. Places without a gain: `main` at 0 dB, the others off."""
    scene, audio = slot.get("scene"), slot.get("audio")
    if scene is None or scene.table() is None:
        if not stage.is_alone and scene is None:
            slot.error(
                "has no scene.",
                "Write scene: {layout: full, main: …}.",
                code="E-missing",
                at=stage.mark,
            )
        return SceneSpec("full", {}, {})
    layout = scene.get("layout")
    name = layout.text() if layout is not None else None
    if name is None and not stage.is_alone:
        scene.error("lacks layout.", "Write layout: full.", code="E-missing")
    places = stage.places((k, v) for k, v in scene.fields() if k != "layout")
    if name is not None and name in stage.cast.layouts and not stage.is_alone:
        _check_filled(name, scene, places, scene, stage)
    gains = stage.gains(audio)
    defaults: dict[str, float | None] = {p: 0.0 if p == "main" else None for p in places}
    return SceneSpec(name or "full", places, defaults | gains)


def _check_filled(
    layout: str, scene: Value, places: Mapping[str, str], at: Value, stage: Stage
) -> None:
    """Nothing on air is empty by accident."""
    for place in stage.cast.layouts[layout].places:
        if place.name in places or scene.get(place.name) is not None:
            continue
        at.error(
            f'nothing stands in the place "{place.name}" of layout {layout}.',
            f"Write {place.name}: … (a source), or {place.name}: hide.",
            code="E-missing",
            at=stage.mark if at.is_shared or at.owner.endswith("(built in)") else None,
            full=True,
        )


def read_shots(slot: Value, stage: Stage, scene: SceneSpec) -> tuple[Shot, ...]:
    """Changes of scene inside the slot, in the order of the file."""
    written, base = slot.get("shots"), slot.get("scene")
    found: list[Shot] = []
    seen: set[str] = set()
    for value in written.items() if written is not None else ():
        shot = _shot(value, stage)
        if shot is None:
            continue
        if shot.id in seen:
            value.error(
                f'the shot "{shot.id}" is there twice.', "Give one an id.", code="E-duplicate"
            )
            continue
        seen.add(shot.id)
        found.append(shot)
        if shot.layout in stage.cast.layouts and base is not None and not stage.is_alone:
            assert shot.layout is not None
            _check_filled(shot.layout, base, {**scene.places, **shot.places}, value, stage)
    return tuple(found)


def _shot(value: Value, stage: Stage) -> Shot | None:
    if value.table() is None:
        return None
    at = value.required("at")
    n = at.offset(stage.fps) if at is not None else None
    flat = [(k, v) for k, v in value.fields() if k not in fields.SHOT]
    nested = value.get("places")
    if nested is not None:
        flat.extend(nested.fields())
    layout, transition, given = value.get("layout"), value.get("transition"), value.get("id")
    name = layout.text() if layout is not None else None
    written_at = (at.text() if at is not None else None) or "0"
    own_id = given.id() if given is not None else None
    shot = Shot(
        own_id or (f"end{written_at}" if written_at.startswith("-") else f"at-{written_at}"),
        n or 0,
        name,
        stage.places(flat),
        stage.gains(value.get("audio")),
        read_transition(transition, stage.fps) if transition is not None else CUT,
    )
    return shot if n is not None else None


def read_transition(value: Value, fps: int) -> Transition:
    """`cut`, `mix 600ms`, `wipe left 1s`, `push up 600ms`."""

    def parse(text: str) -> Transition:
        words = text.replace("-", " ").split()
        kind = words.pop(0) if words else ""
        if kind not in ("cut", "mix", "wipe", "push"):
            raise Unreadable(
                f'"{text}" is not a transition.',
                meant(kind, ("cut", "mix", "wipe", "push"), otherwise="Choose from"),
            )
        if kind in ("wipe", "push"):
            direction = words.pop(0) if words and words[0] in _DIRECTIONS else "left"
            kind = f"{kind}-{direction}"
        if kind == "cut":
            if words:
                raise Unreadable("a cut has no length.", "Write cut, or mix 600ms.")
            return CUT
        if len(words) > 1:
            raise Unreadable(f'"{text}" is not a transition.', "Write it like mix 600ms.")
        frames = length(words[0] if words else _MIX_FRAMES_MS).in_frames(fps)
        if frames > 10 * fps:
            raise Unreadable(f'"{text}" is longer than 10 s.', "Is the unit right?")
        return Transition(kind, frames) if frames else CUT

    return value.read(parse) or CUT
