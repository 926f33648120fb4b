"""Who and what can be on air: sites with their feeds, people, layouts, graphics, clips. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar, cast

from orchestrator.rundown import builtin, fields
from orchestrator.rundown.event import secret_or_address
from orchestrator.rundown.kinds import built_in_section
from orchestrator.rundown.nodes import Items, Scalar, Table, plain
from orchestrator.rundown.plan import Clip, Feed, GraphicSpec, Layout, Person, Place, Site
from orchestrator.rundown.times import Length, gain, length, staffed, zone
from orchestrator.rundown.value import Value, check_fields, check_id

T = TypeVar("T")
_NUMBER = re.compile(r"[0-9]{0,4}(?:\.[0-9]{1,6})?")
_BORDER = re.compile(r"[0-9]{1,3}px #[0-9a-fA-F]{6}")
_Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Cast:
    """Everything a slot can refer to."""

    sites: Mapping[str, Site]
    people: Mapping[str, Person]
    layouts: Mapping[str, Layout]
    graphics: Mapping[str, GraphicSpec]
    clips: Mapping[str, Clip]


def read_cast(top: Value, floor: str, fps: int) -> Cast:
    sites = _section(top, "sites", lambda name, value: _site(name, value, floor, fps))
    layouts = _section(Value(built_in_section("layouts"), top.sink), "", _layout)
    return Cast(
        sites,
        _section(top, "people", lambda name, value: _person(name, value, sites)),
        layouts | _section(top, "layouts", _layout),
        _graphics(top),
        _section(top, "clips", lambda name, value: _clip(name, value, fps)),
    )


def _section(top: Value, name: str, read: Callable[[str, Value], T | None]) -> dict[str, T]:
    """A map of ids to records; what could not be read is left out."""
    section = top.get(name) if name else top
    found: dict[str, T] = {}
    for key, value in section.fields() if section is not None else ():
        own = Value(value.node, value.sink, f"{name} › {key}")
        check_id(key, own, at=value.mark)
        record = read(key, own)
        if record is not None:
            found[key] = record
    return found


def _text(value: Value, name: str) -> str:
    found = value.get(name)
    return (found.text() if found is not None else None) or ""


# sites and feeds


def _site(name: str, value: Value, floor: str, fps: int) -> Site | None:
    if not check_fields(value, fields.SITE):
        return None
    title, timezone = value.get("title"), value.required("timezone")
    hours, feeds = value.get("staffed"), value.get("feeds")
    found = [
        _feed(name, key, feed, fps) for key, feed in (feeds.fields() if feeds is not None else ())
    ]
    return Site(
        name,
        (title.words(floor) if title is not None else None) or {floor: name},
        _text(value, "city"),
        (timezone.read(zone) if timezone is not None else None) or "UTC",
        (hours.read(staffed) if hours is not None else None) or (0, 1440),
        tuple(feed for feed in found if feed is not None),
        _text(value, "slate") or None,
        _text(value, "comms"),
        value.mark,
    )


def _feed(site: str, name: str, value: Value, fps: int) -> Feed | None:
    check_id(name, value)
    if not check_fields(value, [*builtin.FEED_KINDS, *fields.FEED]):
        return None
    kinds = [kind for kind in builtin.FEED_KINDS if value.get(kind) is not None]
    if len(kinds) != 1:
        what = f"has {' and '.join(kinds)}" if kinds else "says nowhere where it comes from"
        value.error(f"{what}.", f"Write one of: {', '.join(builtin.FEED_KINDS)}.")
    kind = kinds[0] if kinds else "url"
    source = value.get(kind)
    return Feed(
        f"{site}.{name}",
        site,
        kind,
        (secret_or_address(source) if source is not None else None) or "",
        _passphrase(value.get("passphrase")),
        _ms(value.get("latency"), 300, fps),
        _signed_ms(value.get("av_offset"), fps),
        _trim(value.get("trim")),
        value.mark,
    )


def _passphrase(value: Value | None) -> str | None:
    text = value.text() if value is not None else None
    if value is None or text is None:
        return None
    if not re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*", text):
        value.error(
            "holds a secret in clear.",
            "Put it into the environment and write env:NAME.",
            code="E-secret",
        )
        return None
    return text


def _ms(value: Value | None, otherwise: int, fps: int) -> int:
    found = value.read(length) if value is not None else None
    return otherwise if found is None else found.in_ms(fps)


def _signed_ms(value: Value | None, fps: int) -> int:
    """Positive delays the picture, negative the sound."""

    def signed(text: str) -> tuple[int, Length]:
        return (-1 if text.startswith("-") else 1), length(text.removeprefix("-"))

    found = value.read(signed) if value is not None else None
    return 0 if found is None else found[0] * found[1].in_ms(fps)


def _trim(value: Value | None) -> float:
    if value is None:
        return 0.0
    found = value.read(gain)
    if found is None and isinstance(value.node, Scalar) and value.node.text == "off":
        value.error("a feed's trim cannot be off.", "Switch the place off in the slot's audio.")
    return found or 0.0


# people


def _person(name: str, value: Value, sites: Mapping[str, Site]) -> Person | None:
    if not check_fields(value, fields.PERSON):
        return None
    shown, site, timezone = value.required("name"), value.get("site"), value.get("zone")
    languages = value.get("languages")
    spoken = [item.language() for item in languages.one_or_many()] if languages is not None else []
    return Person(
        name,
        (shown.text() if shown is not None else None) or name,
        _text(value, "native"),
        _text(value, "role"),
        tuple(language for language in spoken if language),
        site.known(sites, "site") if site is not None else None,
        timezone.read(zone) if timezone is not None else None,
        _text(value, "pronounce"),
        value.mark,
    )


# layouts


def _layout(name: str, value: Value) -> Layout | None:
    if value.table() is None:
        return None
    assert isinstance(value.node, Table)
    found = []
    for key, child in value.fields():
        if key in fields.NOT_PLACES:
            child.error(f'a place cannot be called "{key}": scenes and shots use that word.')
        elif check_id(key, child) and (place := _place(key, child)) is not None:
            found.append(place)
    if not found:
        value.error("has no places.", "Write {main: [0, 0, 1, 1]}.")
    return Layout(name, tuple(found))


def _place(name: str, value: Value) -> Place | None:
    if isinstance(value.node, Items):
        box = _box(value)
        return Place(name, box) if box is not None else None
    if not check_fields(value, fields.PLACE):
        return None
    written, crop, fit = value.required("box"), value.get("crop"), value.get("fit")
    box = _box(written) if written is not None else None
    if box is None:
        return None
    return Place(
        name,
        box,
        cast(
            Literal["cover", "contain"],
            (fit.choice("cover", "contain") if fit is not None else None) or "cover",
        ),
        _box(crop) if crop is not None else None,
        _border(value.get("border")),
    )


def _box(value: Value) -> _Box | None:
    """x, y, width, height as fractions, inside the picture."""
    numbers = []
    for item in value.items():
        text = item.text()
        if text is None:
            return None
        if not text or not _NUMBER.fullmatch(text) or text == ".":
            item.error(f'"{text}" is not a fraction.', "Write numbers from 0 to 1, like 0.27.")
            return None
        numbers.append(float(text))
    if len(numbers) != 4:
        if isinstance(value.node, Items):
            value.error("must be four numbers.", "Write [x, y, width, height] as fractions.")
        return None
    x, y, width, height = numbers
    if width <= 0 or height <= 0 or x + width > 1.0001 or y + height > 1.0001:
        value.error("lies outside the picture.", "x + width and y + height are at most 1.")
        return None
    return x, y, width, height


def _border(value: Value | None) -> str | None:
    text = value.text() if value is not None else None
    if value is not None and text is not None and not _BORDER.fullmatch(text):
        value.error(f'"{text}" is not a border.', 'Write it like "4px #ffffff".')
        return None
    return text


# graphics and clips


def _graphics(top: Value) -> dict[str, GraphicSpec]:
    """The built-in ones, and the file's own laid over them."""
    own = _section(top, "graphics", _graphic)
    return {name: GraphicSpec(name, f"{name}.svg") for name in builtin.GRAPHICS} | own


def _graphic(name: str, value: Value) -> GraphicSpec | None:
    if name == builtin.BADGE:
        value.error("the badge tells the truth about a slot's mode and cannot be changed.")
        return None
    if not check_fields(value, fields.GRAPHIC):
        return None
    template, defaults = value.get("template"), value.get("defaults")
    file = template.text() if template is not None else None
    if file is None and name not in builtin.GRAPHICS:
        value.error("lacks template.", f"Write template: {name}.svg", code="E-missing")
    data = plain(defaults.node) if defaults is not None and defaults.table() is not None else {}
    return GraphicSpec(name, file or f"{name}.svg", data)


def _clip(name: str, value: Value, fps: int) -> Clip | None:
    if not check_fields(value, fields.CLIP):
        return None
    file, consent, loop = value.required("file"), value.get("consent"), value.get("loop")
    cue_in, cue_out = value.get("in"), value.get("out")
    first = (cue_in.frames(fps) if cue_in is not None else None) or 0
    last = cue_out.frames(fps) if cue_out is not None else None
    if cue_out is not None and last is not None and last <= first:
        cue_out.error("is not after the clip's in.")
    return Clip(
        name,
        (file.text() if file is not None else None) or "",
        first,
        last,
        bool(loop is not None and loop.flag()),
        _text(value, "title"),
        consent_ref(consent) if consent is not None else None,
        value.mark,
    )


_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def consent_ref(value: Value) -> str | None:
    """`C-LON-01` or `{ref: C-LON-01}`: opaque, never a name."""
    if isinstance(value.node, Table):
        check_fields(value, ["ref"])
        ref = value.required("ref")
        return _ref(ref) if ref is not None else None
    return _ref(value)


def _ref(value: Value) -> str | None:
    text = value.text()
    if text is not None and not _REF.fullmatch(text):
        value.error(f'"{text}" is not a reference.', "Write it like C-LON-01; never a name.")
        return None
    return text
