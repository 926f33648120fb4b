"""The event itself: programme, outputs, shifts, and the record that times are read with. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from orchestrator.errors import ConfigError
from orchestrator.rundown import builtin, fields
from orchestrator.rundown.plan import Audience, Output, Programme, Shift, Site, Text, TimeSpec
from orchestrator.rundown.renditions import Wanted, wanted
from orchestrator.rundown.rtmpaddress import RtmpAddress
from orchestrator.rundown.sink import meant
from orchestrator.rundown.times import length, level, time_spec, zone
from orchestrator.rundown.value import Value, check_fields, check_id

_SIZE = re.compile(r"([0-9]{2,4})x([0-9]{2,4})")
_FPS = {"25": 25, "30": 30}


@dataclass(frozen=True, slots=True)
class Event:
    id: str
    title: Text
    timezone: str
    start: TimeSpec
    duration: int
    languages: tuple[str, ...]
    audience: Audience

    @property
    def floor(self) -> str:
        """The language that is spoken unless a slot says otherwise."""
        return self.languages[0]


def read_programme(top: Value) -> Programme:
    section = top.get("programme")
    if section is None:
        return Programme()
    value = Value(section.node, section.sink, "programme")
    check_fields(value, fields.PROGRAMME)
    fps = _fps(value.get("fps"))
    size, delay = value.get("size"), value.get("delay")
    loudness, peak = value.get("loudness"), value.get("peak")
    width, height = _size(size) if size is not None else (1280, 720)
    return Programme(
        width,
        height,
        fps,
        (delay.frames(fps) if delay is not None else None) or 0,
        _or(loudness.read(lambda t: level(t, "LUFS")) if loudness else None, -16.0),
        _or(peak.read(lambda t: level(t, "dBTP")) if peak else None, -1.5),
    )


def _or(found: float | None, otherwise: float) -> float:
    return otherwise if found is None else found


def _fps(value: Value | None) -> int:
    text = value.text() if value is not None else None
    if value is None or text is None or text in _FPS:
        return _FPS[text or "30"]
    if text in ("29.97", "30000/1001", "59.94", "60000/1001"):
        hint = f"Use 30; {text} feeds are converted on the way in."
    elif text in ("23.976", "24", "24000/1001"):
        hint = f"Use 25 or 30; {text} feeds are converted on the way in."
    elif text in ("50", "60"):
        hint = f"Use {int(text) // 2}; {text} is for later, on larger machines."
    else:
        hint = "Use 25 or 30."
    value.error(f"{text} is not offered.", hint)
    return 30


def _size(value: Value) -> tuple[int, int]:
    text = value.text()
    if text is None:
        return 1280, 720
    found = _SIZE.fullmatch(text)
    if found is None:
        value.error(f'"{text}" is not a size.', "Write it like 1280x720.")
        return 1280, 720
    width, height = int(found[1]), int(found[2])
    if width % 2 or height % 2 or not (128 <= width <= 3840 and 72 <= height <= 2160):
        value.error(f"{text} is not offered.", "Even numbers, from 128x72 to 3840x2160.")
        return 1280, 720
    return width, height


def read_event(top: Value, fps: int) -> Event:
    section = top.get("event")
    if section is None:
        top.error(
            "there is no event.",
            "Write event: {id, title, timezone, start, duration}.",
            code="E-missing",
        )
        return Event("event", {"en": ""}, "UTC", TimeSpec(""), fps * 86400, ("en",), "professional")
    value = Value(section.node, section.sink, "event")
    check_fields(value, fields.EVENT)
    languages = _languages(value.get("languages"))
    found_id = value.required("id")
    title = value.required("title")
    zone_value = value.required("timezone")
    timezone = (zone_value.read(zone) if zone_value is not None else None) or "UTC"
    duration = value.required("duration")
    audience = value.get("audience")
    length_frames = duration.frames(fps) if duration is not None else None
    if duration is not None and length_frames == 0:
        duration.error("must be longer than nothing.")
    return Event(
        (found_id.id() if found_id is not None else None) or "event",
        (title.words(languages[0]) if title is not None else None) or {languages[0]: ""},
        timezone,
        _start(value.required("start"), timezone, fps),
        length_frames or fps * 86400,
        languages,
        cast(
            Audience,
            (audience.choice("open", "professional") if audience else None) or "professional",
        ),
    )


def _languages(value: Value | None) -> tuple[str, ...]:
    found = [item.language() for item in value.one_or_many()] if value is not None else []
    return tuple(dict.fromkeys(text for text in found if text)) or ("en",)


def _start(value: Value | None, timezone: str, fps: int) -> TimeSpec:
    if value is None:
        return TimeSpec("")
    spec = value.read(
        lambda text: time_spec(
            text, event_zone=timezone, zone_of=lambda _: None, fps=fps, mark=value.mark
        )
    )
    if spec is None:
        return TimeSpec("")
    if spec.date is None:
        value.error(f'"{spec.text}" has no date.', "Write it like 2026-10-24 12:00.")
    return spec


def read_outputs(top: Value, programme: Programme, audience: Audience) -> tuple[Output, ...]:
    """hls, which is always there, then the pushes, then the recording."""
    section = top.get("outputs")
    ladder = tuple(r for r in builtin.LADDER if builtin.RENDITIONS[r] <= programme.height)
    reader = _Outputs(programme, audience, ladder or ("180p",))
    if section is None:
        return (reader.hls(None),)
    value = Value(section.node, section.sink, "outputs")
    check_fields(value, fields.OUTPUTS)
    outputs = [reader.hls(value.get("hls"))]
    pushes = value.get("push")
    for name, push in pushes.fields() if pushes is not None else ():
        if name in ("hls", "record"):
            push.error(f'"{name}" is another output; call this push something else.', code="E-id")
        elif check_id(name, push) and check_fields(push, fields.PUSH):
            outputs.append(reader.push(name, push))
    record = value.get("record")
    if record is not None and check_fields(record, fields.RECORD):
        outputs.append(reader.record(record))
    return tuple(outputs)


@dataclass(frozen=True, slots=True)
class _Outputs:
    programme: Programme
    audience: Audience
    default_ladder: tuple[str, ...]

    def hls(self, value: Value | None) -> Output:
        if value is None or not check_fields(value, fields.HLS):
            options: dict[str, Any] = {"window_s": 300.0, "dvr_s": 0.0}
            return Output("hls", "hls", self.audience, self.default_ladder, options=options)
        options = {
            "window_s": self._seconds(value.get("window"), 300.0),
            "dvr_s": self._seconds(value.get("dvr"), 0.0),
        }
        return Output(
            "hls", "hls", self._audience(value), self._encoded(value), None, options, value.mark
        )

    def push(self, name: str, value: Value) -> Output:
        url = value.get("url")
        if url is None:
            value.error("lacks url.", "Write url: env:PLATFORM_URL", code="E-missing")
        address = _push_address(url) if url is not None else None
        backup = value.get("backup")
        options = {"backup": _push_address(backup)} if backup is not None else {}
        options |= self._broadcasts(value)
        return Output(
            name,
            "push",
            self._audience(value),
            self._ladder(value),
            address,
            options,
            value.mark,
        )

    def _broadcasts(self, value: Value) -> dict[str, Any]:
        """How long one broadcast lasts at the platform, and where the following ones go."""
        handover, then = value.get("handover"), value.get("then")
        found: dict[str, Any] = {}
        if handover is not None:
            found["handover_s"] = self._seconds(handover, 0.0)
            if found["handover_s"] < _SHORTEST_BROADCAST_S:
                handover.error(
                    "is too short for a broadcast.",
                    "Write how long one may last at the platform, 10m or more: 7h50m.",
                )
        if then is not None:
            if handover is None:
                then.error("needs a handover.", "Say when:  handover: 7h50m", code="E-missing")
            addresses = [_push_address(item) for item in then.one_or_many()]
            found["then"] = [address for address in addresses if address is not None]
        return found

    def record(self, value: Value) -> Output:
        each, keep, clean = value.get("each"), value.get("keep"), value.get("clean")
        options = {
            "each": (each.choice("slot", "event") if each is not None else None) or "slot",
            "keep_s": self._seconds(keep, 30 * 86400.0),
            "clean": bool(clean is not None and clean.flag()),
        }
        return Output(
            "record",
            "record",
            self._audience(value),
            self._ladder(value),
            None,
            options,
            value.mark,
        )

    def _seconds(self, value: Value | None, otherwise: float) -> float:
        found = value.read(length) if value is not None else None
        return otherwise if found is None else found.in_seconds(self.programme.fps)

    def _audience(self, value: Value) -> Audience:
        given = value.get("audience")
        text = given.choice("open", "professional") if given is not None else None
        return cast(Audience, text or self.audience)

    def _encoded(self, value: Value) -> tuple[str, ...]:
        """What the encoders are to make: names, some with a bit rate and a preset."""
        return tuple(one.text for one in self._renditions(value)) or self.default_ladder

    def _ladder(self, value: Value) -> tuple[str, ...]:
        """Which of the encoded ones an output takes: names alone."""
        for item in self._items(value):
            name, *more = (item.text() or "").split()
            if more:
                item.error(
                    f"{' '.join(more)} cannot be asked for here.", _ENCODED_ONCE.format(name)
                )
                return self.default_ladder
        return tuple(one.name for one in self._renditions(value)) or self.default_ladder

    def _items(self, value: Value) -> list[Value]:
        given = value.get("ladder")
        return list(given.one_or_many()) if given is not None else []

    def _renditions(self, value: Value) -> list[Wanted]:
        found: dict[str, Wanted] = {}
        for item in self._items(value):
            asked = item.read(wanted)
            if asked is None:
                continue
            if builtin.RENDITIONS[asked.name] > self.programme.height:
                size = f"{self.programme.width}x{self.programme.height}"
                item.error(f"{asked.name} is larger than the programme ({size}).")
            elif found.setdefault(asked.name, asked) != asked:
                item.error(f"{asked.name} is in the ladder twice.", "Keep one of them.")
        return list(found.values())


_SHORTEST_BROADCAST_S = 600.0
_ENCODED_ONCE = "Write {} here; bit rate and preset stand once, in outputs › hls › ladder."
_LITERAL_SECRET = re.compile(
    r"(?i)://[^/@\s]+:[^/@\s]+@|\b(passphrase|streamid|key|token|pass|password|secret)=[^&\s]+"
)


def secret_or_address(value: Value) -> str | None:
    """An address, or `env:NAME`. A secret in clear is refused: this file gets mailed around."""
    text = value.text()
    if text is None:
        return None
    if not text.strip():
        value.error("is empty.", "Write an address, or env:NAME.")
        return None
    if text.startswith("env:"):
        if not re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*", text):
            value.error("is not the name of a variable.", "Write it like env:FEED_KEY.")
            return None
        return text
    if _LITERAL_SECRET.search(text):
        value.error(
            "holds a secret in clear.",
            "Put the whole address into the environment and write env:NAME.",
            code="E-secret",
        )
        return None
    return text


def _push_address(value: Value) -> str | None:
    """An RTMP address in clear must be one; that of a variable is looked at where it is set."""
    text = secret_or_address(value)
    if text is None or text.startswith("env:"):
        return text
    try:
        RtmpAddress.parse(text)
    except ConfigError as error:
        value.error(f"{error}.", "Write rtmp://HOST/APP/KEY, or better env:NAME.", code="E-address")
        return None
    return text


def read_shifts(top: Value, event: Event, sites: Mapping[str, Site], fps: int) -> tuple[Shift, ...]:
    section = top.get("shifts")
    found: list[Shift] = []
    for item in section.items() if section is not None else ():
        if not check_fields(item, fields.SHIFT):
            continue
        times = [item.required("from"), item.required("to")]
        specs = [read_time(t, event, sites, fps) if t is not None else None for t in times]
        desk, sound = item.required("desk"), item.get("sound")
        start, end = specs
        if start is None or end is None or desk is None:
            continue
        found.append(
            Shift(
                start,
                end,
                desk.text() or "",
                (sound.text() if sound is not None else None) or "",
                item.mark,
            )
        )
    return tuple(found)


def read_time(value: Value, event: Event, sites: Mapping[str, Site], fps: int) -> TimeSpec | None:
    """A point in time; a site's own clock may be named."""

    def zone_of(name: str) -> str | None:
        site = sites.get(name)
        if site is None:
            value.error(
                f'there is no site "{name}".',
                meant(name, sites, otherwise="There are"),
                code="E-reference",
                full=True,
            )
            return event.timezone
        return site.timezone

    return value.read(
        lambda text: time_spec(
            text, event_zone=event.timezone, zone_of=zone_of, fps=fps, mark=value.mark
        )
    )
