"""What people have said about graphics: brought in, taken out, brought in again, corrected. Pure.

The schedule's cues go on as they are; these come on top. A graphic that was taken out stays out
for this appearance only; a corrected name holds for every later use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from orchestrator.bus.orders import Order, Verb
from orchestrator.rundown.plan import Person

OVERLAY_VERBS = (
    Verb.GRAPHIC,
    Verb.GRAPHIC_OUT,
    Verb.GRAPHICS_OUT,
    Verb.GRAPHICS_AGAIN,
    Verb.PERSON,
)
_CORRECTED = ("name", "native", "role")
_KEPT = 16


@dataclass(frozen=True, slots=True)
class Called:
    """A graphic that somebody called for. `run` is the run it belongs to: place, first frame."""

    key: str
    use: str
    who: str | None
    data: Mapping[str, Any]
    from_n: int
    until_n: int | None
    run: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Overlays:
    called: tuple[Called, ...] = ()
    out: frozenset[str] = frozenset()
    """Keys of graphics, cued or called, that were taken out."""
    people: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Corrections by person."""

    def after(self, order: Order, run: tuple[int, int]) -> Overlays:
        """Raises KeyError, TypeError or ValueError for arguments that mean nothing."""
        args = order.args
        if order.verb is Verb.GRAPHIC:
            return self._with(_called(args, order.n, run))
        if order.verb is Verb.GRAPHICS_AGAIN:
            overlays = self
            for one in args["graphics"]:
                overlays = overlays._with(_called(one, order.n, run))
            return overlays
        if order.verb is Verb.PERSON:
            said = {key: str(args[key]) for key in _CORRECTED if args.get(key) is not None}
            person = str(args["id"])
            known = dict(self.people.get(person, {})) | said
            return replace(self, people=dict(self.people) | {person: known})
        gone = frozenset(map(str, args["keys"]))
        kept = tuple(one for one in self.called if one.key not in gone)
        return replace(self, called=kept, out=self.out | gone)

    def _with(self, one: Called) -> Overlays:
        others = tuple(other for other in self.called if other.key != one.key)
        return replace(self, called=(*others, one)[-_KEPT:], out=self.out - {one.key})

    def corrected(self, people: Mapping[str, Person]) -> Mapping[str, Person]:
        """Everybody, as they are to be named from now on."""
        if not self.people:
            return people
        return {
            name: _corrected(person, self.people[name]) if name in self.people else person
            for name, person in people.items()
        }


NOTHING_CALLED = Overlays()


def _corrected(person: Person, said: Mapping[str, str]) -> Person:
    return replace(
        person,
        name=said.get("name", person.name),
        native=said.get("native", person.native),
        role=said.get("role", person.role),
    )


def _called(args: Mapping[str, Any], n: int, run: tuple[int, int]) -> Called:
    until_n = args.get("until_n")
    if until_n is None and args.get("frames"):
        until_n = n + int(args["frames"])
    return Called(
        str(args["key"]),
        str(args["use"]),
        None if args.get("who") is None else str(args["who"]),
        dict(args.get("data") or {}),
        n,
        None if until_n is None else int(until_n),
        run,
    )
