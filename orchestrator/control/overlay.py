"""GRAPHIC in, out, all out, again, previewed, and PERSON: the desk's acts on graphics. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator.control.floor import Act, Floor
from orchestrator.control.wish import Wish, unknown
from orchestrator.errors import CommandRejected
from orchestrator.rundown.builtin import BADGE
from orchestrator.rundown.lineup import NEVER
from orchestrator.rundown.scene import GraphicOn

_TEXT = 200
_OF_A_PERSON = frozenset({"id", "name", "native", "role", "site", "city", "people"})


def read_graphic(wish: Wish, floor: Floor) -> Act:
    wish.only("use", "who", "data", "for")
    day = floor.show.resolved
    use = wish.text("use")
    known = [name for name in day.graphics if name != BADGE]
    if use not in known:
        raise unknown("unknown-graphic", "graphic", use, known)
    slot = floor.show.slot_at(floor.n)
    who = wish.text("who")
    if who and who not in day.people and who not in slot.plan.people:
        raise unknown("unknown-person", "person or role", who, (*slot.plan.people, *day.people))
    data = {key: _short(value) for key, value in wish.table("data").items()}
    args: dict[str, Any] = {"key": f"call-{floor.n}", "use": use, "data": data}
    if who:
        args["who"] = who
    length = ""
    if wish.text("for"):
        args["frames"] = wish.frames("for", day.programme.fps)
        length = f" for {wish.text('for')}"
        if args["frames"] <= 0:
            raise CommandRejected("malformed", "for is a length: 10s")
    about = f" {who}" if who else ""
    return Act("graphic", args, f"GRAPHIC {use}{about}{length or ' until the slot ends'}")


def read_graphic_preview(wish: Wish, floor: Floor) -> Act:
    """Without a graphic it is what AGAIN would bring, as it would say it now."""
    wish.only("use", "who", "data", "for", "on")
    if not wish.flag("on", True):
        if floor.state.look is None:
            raise CommandRejected("no-change", "no graphic is in the preview")
        return Act("graphic-preview", {"on": False}, "GRAPHIC PREVIEW: none any more")
    if not wish.text("use"):
        again = read_graphics_again(replace(wish, args={}), floor)
        text = again.text.replace("GRAPHICS again", "GRAPHIC PREVIEW of what went out last", 1)
        return Act("graphic-preview", {"again": True}, text)
    args = {key: value for key, value in wish.args.items() if key != "on"}
    called = read_graphic(replace(wish, args=args), floor)
    text = called.text.replace("GRAPHIC", "GRAPHIC PREVIEW", 1)
    return Act("graphic-preview", {"graphics": [called.args]}, text)


def read_graphic_out(wish: Wish, floor: Floor) -> Act:
    wish.only("key")
    on = _on_air(floor)
    key = wish.text("key")
    if key not in on:
        raise unknown("unknown-graphic", "graphic on air with the key", key, tuple(on))
    return _out("graphic-out", {key: on[key]}, floor)


def read_graphics_out(wish: Wish, floor: Floor) -> Act:
    wish.only()
    on = _on_air(floor)
    if not on:
        raise CommandRejected(
            "no-change", "no graphic is on air but the badge, which tells the truth"
        )
    return _out("graphics-out", on, floor)


def read_graphics_again(wish: Wish, floor: Floor) -> Act:
    wish.only()
    last = [dict(one) for one in floor.state.last_out]
    if not last:
        raise CommandRejected("no-change", "no graphic has been taken out")
    for i, one in enumerate(last):
        one["key"] = f"again-{floor.n}-{i}"
    uses = ", ".join(str(one["use"]) for one in last)
    return Act("graphics-again", {"graphics": last}, f"GRAPHICS again: {uses}")


def read_person(wish: Wish, floor: Floor) -> Act:
    wish.only("id", "name", "native", "role")
    people = floor.show.resolved.people
    person = wish.text("id")
    if person not in people:
        raise unknown("unknown-person", "person", person, tuple(people))
    said = {key: _short(wish.text(key)) for key in ("name", "native", "role") if key in wish.args}
    if not said or not said.get("name", "x"):
        raise CommandRejected("malformed", "correct what? name, native or role")
    shown = ", ".join(f"{key} “{value}”" for key, value in said.items())
    return Act("person", {"id": person, **said}, f"PERSON {person}: {shown} from now on")


def _on_air(floor: Floor) -> dict[str, GraphicOn]:
    graphics = floor.show.at(floor.n).scene.graphics
    return {graphic.key: graphic for graphic in graphics if graphic.use != BADGE}


def _out(verb: str, graphics: Mapping[str, GraphicOn], floor: Floor) -> Act:
    uses = ", ".join(graphic.use for graphic in graphics.values())
    again = [_again(graphic) for graphic in graphics.values()]
    text = f"{verb.upper().replace('-', ' ')}: {uses}"
    return Act(verb, {"keys": list(graphics), "graphics": again}, text)


def _again(graphic: GraphicOn) -> dict[str, Any]:
    """As GRAPHIC takes it; a single person by id, so that a correction reaches it."""
    one: dict[str, Any] = {"use": graphic.use}
    data = dict(graphic.data)
    if "id" in data and len(data.get("people", ())) == 1:
        one["who"] = data["id"]
        data = {key: value for key, value in data.items() if key not in _OF_A_PERSON}
    one["data"] = data
    if graphic.until_n < NEVER:
        one["frames"] = graphic.until_n - graphic.from_n
    return one


def _short(value: object) -> str:
    text = str(value)
    if len(text) > _TEXT or not text.isprintable():
        raise CommandRejected("malformed", f"a text is one line of at most {_TEXT} characters")
    return text
