"""The JSON Schema of the file, for editors: completion and the first red line while typing. Pure.

It knows shapes and words; `check` knows the rest. Every text may also be a number to YAML (`08`),
and `~` may take away any inherited field. The three shapes of `rundown` items are keyed by what
they must have: with a bare `anyOf`, editors report every branch at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator.rundown import builtin, fields
from orchestrator.rundown.renditions import PATTERN
from orchestrator.rundown.value import ID

_Schema = dict[str, Any]

_TEXT: _Schema = {"type": ["string", "number", "boolean"]}
_WORDS: _Schema = {
    "anyOf": [_TEXT, {"type": "object", "additionalProperties": _TEXT}],
    "description": "A text, or one per language: {en: …, fr: …}",
}
_FREE: _Schema = {"type": "object"}


def _ref(name: str) -> _Schema:
    return {"$ref": f"#/$defs/{name}"}


def _said(schema: _Schema, description: str) -> _Schema:
    return {**schema, "description": description}


def _choice(*words: str) -> _Schema:
    """Words; YAML 1.1 editors read `on` and `off` as booleans."""
    booleans = [True] * ("on" in words) + [False] * ("off" in words)
    return {"enum": [*words, *booleans]}


def _record(
    properties: Mapping[str, _Schema], *, required: Iterable[str] = (), free: bool = False
) -> _Schema:
    schema: _Schema = {
        "type": "object",
        "properties": dict(properties),
        "additionalProperties": False,
    }
    if free:
        schema["patternProperties"] = {"^x-": True}
    if needed := list(required):
        schema["required"] = needed
    return schema


def _map(schema: _Schema) -> _Schema:
    return {"type": "object", "propertyNames": _ref("id"), "additionalProperties": schema}


def _places(schema: _Schema, **others: _Schema) -> _Schema:
    return {"type": "object", "properties": others, "additionalProperties": schema}


def _or(*schemas: _Schema) -> _Schema:
    return {"anyOf": list(schemas)}


def _removable(schema: _Schema) -> _Schema:
    """`~` is allowed too. Tables and lists stay themselves, so that editors go on inside them."""
    if schema.get("type") in ("object", "array"):
        return {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    return {"anyOf": [schema, {"type": "null"}]}


def _list(schema: _Schema) -> _Schema:
    return {"type": "array", "items": schema}


def _one_or_many(schema: _Schema) -> _Schema:
    return _or(schema, _list(schema))


_DUR = _ref("duration")
_TIME = _ref("time")
_SOURCE = _removable(_ref("source"))
_GAIN = _removable(_ref("gain"))
_THEN = ("standby", "skip", "start", "ask")
_AUDIENCE = _choice("open", "professional")
_TRANSITION = _said(_TEXT, "INTO: cut, mix 600ms, wipe left 1s, push up 600ms")


def _slot_fields() -> dict[str, _Schema]:
    limit = _or(_DUR, _choice("off"))
    found: dict[str, _Schema] = {
        "id": _said(_ref("id"), "Never changes: recordings and calendars hang on it"),
        "title": _WORDS,
        "kind": _ref("kind"),
        "site": _ref("id"),
        "notes": _TEXT,
        "start": _said(
            _or(_TIME, _record({"at": _TIME, "slip": _DUR, "after": _ref("id")})),
            "Default: after the item above. A plain time is hard; slip makes it soft",
        ),
        "end": _said(_or(_choice("auto", "ask", "event"), _TIME), "ask: the clock never ends it"),
        "duration": _DUR,
        "flex": _or(_choice("none"), _record(dict.fromkeys(fields.FLEX, _removable(_DUR)))),
        "priority": _said(_or({"type": "integer", "minimum": 1, "maximum": 9}), "9: squeezed last"),
        "drop": _choice("never", "allowed"),
        "mode": _choice("live", "deferred", "recorded"),
        "scene": _places(_SOURCE, layout=_ref("id")),
        "shots": _list(
            _places(
                _SOURCE,
                at=_ref("offset"),
                id=_ref("id"),
                layout=_ref("id"),
                places=_places(_SOURCE),
                audio=_places(_GAIN),
                transition=_TRANSITION,
            )
            | {"required": ["at"]}
        ),
        "graphics": _list(_cue()),
        "audio": _said(_places(_GAIN), "By place, so that a fallback brings its own sound"),
        "transition": _TRANSITION,
        "fallback": _places(_removable(_one_or_many(_ref("source")))),
        "not_ready": _record({"wait": _removable(_DUR), "then": _removable(_choice(*_THEN))}),
        "standby": _ref("id"),
        "people": _places(_removable(_one_or_many(_ref("id")))),
        "language": _TEXT,
        "audience": _AUDIENCE,
        "consent": _or(_TEXT, _record({"ref": _TEXT})),
        "health": _record({name: _removable(limit) for name in fields.HEALTH}),
        "preroll": _DUR,
        "arm": _DUR,
        "setup": _DUR,
        "checks": _list({"enum": list(builtin.CHECKS)}),
        "outputs": _places(_removable(_choice("slate", "on"))),
        "was": _said(_ref("id"), "The id it had before"),
    }
    return {
        name: schema if name in fields.OWN else _removable(schema) for name, schema in found.items()
    }


def _cue() -> _Schema:
    properties = {
        "use": _ref("id"),
        "who": _said(_TEXT, "A role of the slot's people, or a person"),
        "data": _FREE,
        "at": _ref("offset"),
        "for": _DUR,
        "every": _DUR,
    }
    return _record(properties, required=["use"])


def _part_of_slot(left_out: Iterable[str], **others: _Schema) -> _Schema:
    left = {name: s for name, s in _slot_fields().items() if name not in set(left_out)}
    return _record(left | others, free=True)


def _slot(required: Iterable[str], left_out: Iterable[str] = ()) -> _Schema:
    return _part_of_slot(left_out) | {"required": list(required)}


def _rundown_item() -> _Schema:
    row: _Schema = _places(
        _or(_choice("off"), _ref("member")),
        site=_ref("id"),
        start=_slot_fields()["start"],
        slot=_ref("member"),
        **{"as": _ref("id")},
    )
    rotation = {
        "rotation": _ref("id"),
        "defaults": _ref("member"),
        "rows": _list(row),
        "between": _ref("member"),
    }
    return {
        "type": "object",
        "if": {"required": ["block"]},
        "then": _record({"block": _TEXT, "budget": _DUR}),
        "else": {
            "if": {"required": ["rotation"]},
            "then": _record(rotation, required=["rows"]),
            "else": _slot(["id"]),
        },
    }


def _definitions() -> dict[str, _Schema]:
    number = r"[0-9]+(\.[0-9]+)?"
    length = rf"^(0|({number}\s*(ms|d|h|m|s|f)\s*)+|[0-9]{{1,3}}:[0-5][0-9]:[0-5][0-9])$"
    return {
        "id": _or(
            {"type": "string", "pattern": f"^{ID.pattern}$"}, {"type": ["boolean", "integer"]}
        ),
        "duration": _said(
            _or({"type": "string", "pattern": length}, {"const": 0}),
            "90s 40m 1h30m 600ms 12f 0:40:00; never a bare number",
        ),
        "offset": _said(
            _or({"type": "string", "pattern": length.replace("^", "^-?", 1)}, {"const": 0}),
            "From the slot's start; -2m: before its end",
        ),
        "time": _said(
            _or({"type": "string"}, {"type": "integer"}),
            "event · 18:30 · 08:00 brussels · 2026-10-25 02:30+02:00 · +6h30m",
        ),
        "source": _said(
            {"type": "string"},
            "site.feed · .feed · .guest · guest.person · clip.name · slate.event · hide",
        ),
        "gain": _said(
            _or(
                {"type": "string", "pattern": r"^[+-−]?[0-9]+(\.[0-9]+)?\s*[dD][bB]$"},
                _choice("off"),
            ),
            "-6 dB, or off",
        ),
        "kind": _said({"type": "string"}, f"Built in: {', '.join(_BUILT_IN_KINDS)}"),
        "member": _part_of_slot(fields.OWN),
        "box": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
    }


_BUILT_IN_KINDS = ("surgery", "panel", "interview", "video", "break", "handover")


def _feed() -> _Schema:
    kinds: dict[str, _Schema] = dict.fromkeys(builtin.FEED_KINDS, _TEXT)
    rest: dict[str, _Schema] = {
        "passphrase": _said({"type": "string", "pattern": "^env:"}, "Only as env:NAME"),
        "latency": _DUR,
        "av_offset": _ref("offset"),
        "trim": _ref("gain"),
    }
    return _record(kinds | rest)


def _sections() -> dict[str, _Schema]:
    site = {
        "title": _WORDS,
        "city": _TEXT,
        "timezone": _TEXT,
        "staffed": _said({"type": "string"}, "08:00-20:00, on the site's clock"),
        "feeds": _map(_feed()),
        "slate": _TEXT,
        "comms": _said(_TEXT, "How the desk talks to them"),
    }
    person = dict.fromkeys(fields.PERSON, _TEXT) | {"languages": _one_or_many(_TEXT)}
    place = {
        "box": _ref("box"),
        "fit": _choice("cover", "contain"),
        "crop": _ref("box"),
        "border": _TEXT,
    }
    clip = {
        "file": _TEXT,
        "in": _DUR,
        "out": _DUR,
        "loop": _TEXT,
        "title": _TEXT,
        "consent": _or(_TEXT, _record({"ref": _TEXT})),
    }
    shift = {"from": _TIME, "to": _TIME, "desk": _TEXT, "sound": _TEXT}
    return {
        "version": {"const": 1},
        "include": _one_or_many(_TEXT),
        "event": _event(),
        "programme": _record(
            {
                "size": _TEXT,
                "fps": {"enum": [25, 30]},
                "delay": _DUR,
                "loudness": _TEXT,
                "peak": _TEXT,
            }
        ),
        "defaults": _part_of_slot(fields.NOT_IN_DEFAULTS),
        "kinds": _map(_part_of_slot(fields.NOT_IN_KIND, like=_ref("kind"))),
        "patterns": _map(_map(_part_of_slot(fields.NOT_IN_PATTERN))),
        "people": _map(_record(person, required=["name"])),
        "contacts": _FREE,
        "sites": _map(_record(site, required=["timezone"])),
        "layouts": _map(_map(_or(_ref("box"), _record(place, required=["box"])))),
        "graphics": _map(_record({"template": _TEXT, "defaults": _FREE})),
        "clips": _map(_record(clip, required=["file"])),
        "rundown": _list(_rundown_item()),
        "standby": _list(_slot(["id"], fields.NOT_IN_STANDBY)),
        "outputs": _outputs(),
        "shifts": _list(_record(shift, required=["from", "to", "desk"])),
    }


def _event() -> _Schema:
    properties = {
        "id": _ref("id"),
        "title": _WORDS,
        "timezone": _said(_TEXT, "IANA, like Europe/Paris"),
        "start": _TIME,
        "duration": _said(_DUR, "Elapsed, also over a change of clocks"),
        "languages": _said(_one_or_many(_TEXT), "The first is the floor language"),
        "audience": _AUDIENCE,
    }
    return _record(properties, required=["id", "title", "timezone", "start", "duration"])


def _outputs() -> _Schema:
    names: _Schema = {"enum": list(builtin.RENDITIONS)}
    encoded = _or(names, {"type": "string", "pattern": PATTERN})
    both = {"audience": _AUDIENCE, "ladder": _one_or_many(names)}
    hls = both | {
        "ladder": _said(
            _one_or_many(encoded), "720p, or with bit rate and preset: 720p 3500k faster"
        ),
        "window": _DUR,
        "dvr": _DUR,
    }
    push = _record(
        both
        | {
            "url": _TEXT,
            "backup": _TEXT,
            "handover": _said(_DUR, "How long one broadcast may last at the platform"),
            "then": _one_or_many(_TEXT),
        },
        required=["url"],
    )
    record = both | {"each": _choice("slot", "event"), "keep": _DUR, "clean": _TEXT}
    return _record(
        {
            "hls": _record(hls),
            "push": _map(push),
            "record": _record(record),
        }
    )


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of an event file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rundown",
        "type": "object",
        "properties": _sections(),
        "patternProperties": {"^x-": True},
        "additionalProperties": False,
        "required": ["version"],
        "$defs": _definitions(),
    }
