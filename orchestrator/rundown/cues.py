"""What a slot lays over and watches in its pictures: graphic cues and health limits. Pure."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from orchestrator.rundown import builtin, fields
from orchestrator.rundown.cast import Cast
from orchestrator.rundown.nodes import Scalar, plain
from orchestrator.rundown.plan import GraphicCue, Health
from orchestrator.rundown.sink import meant
from orchestrator.rundown.value import Value, check_fields


def read_cues(value: Value | None, cast: Cast, roles: Set[str], fps: int) -> tuple[GraphicCue, ...]:
    """`roles` is every role that somebody has in the file."""
    found = [_cue(item, cast, roles, fps) for item in (value.items() if value is not None else ())]
    return tuple(cue for cue in found if cue is not None)


def _cue(value: Value, cast: Cast, roles: Set[str], fps: int) -> GraphicCue | None:
    if not check_fields(value, fields.CUE):
        return None
    use, data = value.required("use"), value.get("data")
    at, length, every = value.get("at"), value.get("for"), value.get("every")
    if use is not None and isinstance(use.node, Scalar) and use.node.text == builtin.BADGE:
        use.error("the badge is always there and follows the mode.", "Remove this line.")
        return None
    name = use.known(cast.graphics, "graphic") if use is not None else None
    shown = (length.frames(fps) if length is not None else None) or 0
    again = every.frames(fps) if every is not None else None
    if every is not None and again is not None and again <= shown:
        every.error("comes round before the graphic has gone.", "Longer than for.")
    own: dict[str, Any] = {}
    if data is not None and data.table() is not None:
        own = plain(data.node)
    who = _who(value.get("who"), cast, roles)
    first = (at.offset(fps) if at is not None else None) or 0
    return GraphicCue(name, who, own, first, shown, again) if name is not None else None


def _who(value: Value | None, cast: Cast, roles: Set[str]) -> str | None:
    """A role of the slot's people, or one person."""
    text = value.text() if value is not None else None
    if value is None or text is None or text in roles or text in cast.people:
        return text
    value.error(
        f'nobody in this file is "{text}".',
        meant(text, sorted(roles), otherwise="There are"),
        code="E-reference",
        full=True,
    )
    return None


def read_health(value: Value | None, fps: int) -> Health:
    """Limits in frames; `off` (and what was taken away) is None."""
    if value is None or not check_fields(value, fields.HEALTH):
        return Health(None, None, None, None, None)
    return Health(*(_limit(value.get(name), fps) for name in fields.HEALTH))


def _limit(value: Value | None, fps: int) -> int | None:
    if value is None or (isinstance(value.node, Scalar) and value.node.text == "off"):
        return None
    return value.frames(fps)
