"""The plan: what the file says, typed, with every default merged in, but no slot timed yet.

Made by `load`, read by `resolve`, the checks and the tables. Lengths are frames of the programme's
grid (`12f` and `40m` alike); offsets are frames too, negative from the slot's end. Sources are
written out: `.headset` has become `mumbai.headset`, `slate.site` has become `slate.site.mumbai`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from orchestrator.rundown.problem import NOWHERE, Mark

Audience = Literal["open", "professional"]
Mode = Literal["live", "deferred", "recorded"]
Text = Mapping[str, str]
"""A text by language; the event's first language is always there."""


@dataclass(frozen=True, slots=True)
class TimeSpec:
    """A point in time as written. Exactly one of `clock`, `elapsed`, `is_event` is set.

    `clock` is (hour, minute, second) in `zone`, on `date` (year, month, day) if one was written,
    with `utc_offset_s` if one was written. The resolver turns it into an instant.
    """

    text: str
    clock: tuple[int, int, int] | None = None
    zone: str = ""
    date: tuple[int, int, int] | None = None
    utc_offset_s: int | None = None
    elapsed: int | None = None
    is_event: bool = False
    mark: Mark = NOWHERE


@dataclass(frozen=True, slots=True)
class Start:
    """When a slot begins. Neither `at` nor `after`: after the item above.

    `slip` frames of lateness are allowed (a soft anchor); 0 with `at` is a hard one.
    """

    at: TimeSpec | None = None
    slip: int = 0
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A rectangle of a layout, as fractions of the picture; `crop` as fractions of the source."""

    name: str
    box: tuple[float, float, float, float]
    fit: Literal["cover", "contain"] = "cover"
    crop: tuple[float, float, float, float] | None = None
    border: str | None = None
    """`WIDTHpx #rrggbb`, drawn inside the box; None for none."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Places from back to front."""

    id: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Transition:
    """`cut`, `mix`, `wipe`, `push` (with a direction for the last two) and a length in frames."""

    kind: str = "cut"
    frames: int = 0


CUT = Transition()


@dataclass(frozen=True, slots=True)
class SceneSpec:
    """Which layout, what stands in its places, and how loud each place is (dB; None is off)."""

    layout: str
    places: Mapping[str, str]
    audio: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Shot:
    """A change inside a slot. `at` < 0 counts from the slot's current end (R5).

    Only what is set changes: the rest stays as the scene of the slot says.
    """

    id: str
    at: int
    layout: str | None = None
    places: Mapping[str, str] = field(default_factory=dict)
    audio: Mapping[str, float | None] = field(default_factory=dict)
    transition: Transition = CUT


@dataclass(frozen=True, slots=True)
class GraphicCue:
    """A graphic inside a slot: from `at` for `length` frames (0: until the slot ends)."""

    use: str
    who: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    at: int = 0
    length: int = 0
    every: int | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """Thresholds in frames after which a source counts as dead in a slot; None is `off`."""

    loss: int | None
    freeze: int | None
    black: int | None
    silence: int | None
    back_after: int | None


@dataclass(frozen=True, slots=True)
class NotReady:
    wait: int = 0
    then: Literal["standby", "skip", "start", "ask"] = "start"


@dataclass(frozen=True, slots=True)
class Feed:
    """One contribution. `id` is `site.feed`; `address` and `passphrase` may be `env:NAME`.

    `kind` is srt, rtmp, url, whip, hololens, file, still or synthetic. `latency` and `av_offset`
    are milliseconds (positive delays the picture), `trim_db` is the feed's own sticky gain.
    """

    id: str
    site: str
    kind: str
    address: str
    passphrase: str | None = None
    latency_ms: int = 300
    av_offset_ms: int = 0
    trim_db: float = 0.0
    mark: Mark = NOWHERE


@dataclass(frozen=True, slots=True)
class Site:
    id: str
    title: Text
    city: str
    timezone: str
    staffed: tuple[int, int]
    """Minutes of the local day, e.g. (480, 1200); the end may be 1440 or lie before the start."""
    feeds: tuple[Feed, ...] = ()
    slate: str | None = None
    comms: str = ""
    mark: Mark = NOWHERE


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str
    native: str = ""
    role: str = ""
    languages: tuple[str, ...] = ()
    site: str | None = None
    zone: str | None = None
    pronounce: str = ""
    mark: Mark = NOWHERE


@dataclass(frozen=True, slots=True)
class Clip:
    """A file played as a source (`clip.<id>`); `cue_in` and `cue_out` are frames into it."""

    id: str
    file: str
    cue_in: int = 0
    cue_out: int | None = None
    loop: bool = False
    title: str = ""
    consent: str | None = None
    mark: Mark = NOWHERE


@dataclass(frozen=True, slots=True)
class GraphicSpec:
    id: str
    template: str
    defaults: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlanSlot:
    """One planned stretch with everything merged in.

    Merge order: built-in < defaults < kind < pattern < rotation.defaults < row < slot.
    """

    id: str
    title: Text
    kind: str
    kinds: tuple[str, ...]
    """The kind and what it is like, nearest first: ("recorded-case", "surgery")."""
    duration: int
    scene: SceneSpec
    start: Start = Start()
    end: Literal["auto", "ask", "event"] | TimeSpec = "auto"
    shrink: int = 0
    grow: int = 0
    priority: int = 5
    droppable: bool = False
    mode: Mode = "live"
    site: str | None = None
    block: str = ""
    shots: tuple[Shot, ...] = ()
    graphics: tuple[GraphicCue, ...] = ()
    transition: Transition = Transition("mix", 18)
    fallback: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    not_ready: NotReady = NotReady()
    standby: str | None = None
    people: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    language: str = "en"
    audience: Audience = "professional"
    consent: str | None = None
    health: Health = Health(45, 600, 300, 900, 300)
    preroll: int = 1800
    arm: int = 450
    setup: int = 0
    checks: tuple[str, ...] = ("feed", "sound")
    outputs: Mapping[str, Literal["slate", "on"]] = field(default_factory=dict)
    was: str | None = None
    notes: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)
    """The `x-*` columns, as text."""
    mark: Mark = NOWHERE
    marks: Mapping[str, Mark] = field(default_factory=dict)
    """Where each field was written (`duration`, `people.surgeon`), through kinds and rotations."""

    @property
    def shortest(self) -> int:
        return self.duration - self.shrink

    @property
    def longest(self) -> int:
        return self.duration + self.grow

    def at(self, name: str) -> Mark:
        """Where field `name` was written; the slot itself if it was not."""
        return self.marks.get(name, self.mark)


@dataclass(frozen=True, slots=True)
class Block:
    title: str
    budget: int | None
    first: str
    """Id of the first slot in it."""
    mark: Mark = NOWHERE


@dataclass(frozen=True, slots=True)
class Output:
    """hls, record, or a push (by its id). `options` holds what is particular to the kind."""

    id: str
    kind: Literal["hls", "push", "record"]
    audience: Audience
    ladder: tuple[str, ...] = ()
    url: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    mark: Mark = NOWHERE


@dataclass(frozen=True, slots=True)
class Shift:
    start: TimeSpec
    end: TimeSpec
    desk: str
    sound: str = ""
    mark: Mark = NOWHERE


@dataclass(frozen=True, slots=True)
class Programme:
    width: int = 1280
    height: int = 720
    fps: int = 30
    delay: int = 0
    """Frames between a part's end and its publication."""
    loudness_lufs: float = -16.0
    peak_dbtp: float = -1.5


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole file. Maps keep the order of the file; slots keep the order on air."""

    file: str
    id: str
    title: Text
    timezone: str
    start: TimeSpec
    duration: int
    languages: tuple[str, ...]
    audience: Audience
    programme: Programme
    sites: Mapping[str, Site]
    people: Mapping[str, Person]
    layouts: Mapping[str, Layout]
    graphics: Mapping[str, GraphicSpec]
    clips: Mapping[str, Clip]
    slots: tuple[PlanSlot, ...]
    standby: tuple[PlanSlot, ...]
    blocks: tuple[Block, ...]
    outputs: tuple[Output, ...]
    shifts: tuple[Shift, ...]

    def feeds(self) -> tuple[Feed, ...]:
        """Every feed of every site, in the order of the file."""
        return tuple(feed for site in self.sites.values() for feed in site.feeds)
