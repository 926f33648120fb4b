"""What goes in and out of the API as JSON: one record each, checked on the way in and described
to the world from the same record. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, TypeAdapter

from orchestrator.control.status import LineUp, Status
from orchestrator.web.adminshapes import ADMIN_SHAPES
from orchestrator.web.asked import Asked, Secret, Text


class SignIn(Asked):
    name: Text
    password: Secret


class Link(Asked):
    token: Secret


class First(Asked):
    token: Secret
    name: Text
    password: Secret


class Invited(Asked):
    token: Secret
    password: Secret


class NewPassword(Asked):
    old: Secret
    new: Secret


class OfFeed(Asked):
    feed: Text


class Nothing(Asked):
    """An empty object; no body at all is the same."""


class Wished(Asked):
    """`dry` only asks what would happen. `saw` has the versions of what the sender looked at."""

    args: dict[str, JsonValue] = Field(default_factory=dict)
    reason: Annotated[str, Field(max_length=500)] = ""
    dry: bool = False
    saw: dict[str, int] | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    ok: bool
    csrf: str


@dataclass(frozen=True, slots=True)
class Done:
    ok: bool


@dataclass(frozen=True, slots=True)
class Me:
    """`person` is who came by a guest's link. `csrf` goes into X-CSRF-Token of every POST of this
    session; a bearer needs none."""

    name: str
    role: str
    site: str
    person: str
    csrf: str
    words: list[str]


@dataclass(frozen=True, slots=True)
class WordField:
    name: str
    kind: str
    is_required: bool
    choices: list[str]
    about: str


@dataclass(frozen=True, slots=True)
class WordView:
    name: str
    area: str
    least: str
    effect: str
    is_safety: bool
    needs_reason: bool
    is_undone: bool
    sees: list[str]
    fields: list[WordField]


@dataclass(frozen=True, slots=True)
class EntryView:
    """A line of the journal. `n` is the frame at which it applies, 0 if it has none."""

    seq: int
    at: str
    author: str
    cause: str
    reason: str
    verb: str
    args: dict[str, Any]
    n: int
    prev: str
    hash: str


@dataclass(frozen=True, slots=True)
class JournalPage:
    """Oldest first. `last` is the newest number there is; `damages` say what is wrong with it."""

    entries: list[EntryView]
    last: int
    damages: list[str]


@dataclass(frozen=True, slots=True)
class AsRunPage:
    """Oldest first. `next` is where the next page begins: `?after=`."""

    records: list[dict[str, Any]]
    next: int


@dataclass(frozen=True, slots=True)
class Curve:
    """Oldest first; -90 dB for nothing. `grades` has a letter a look: good, note or dead."""

    level_db: list[int]
    grades: str


@dataclass(frozen=True, slots=True)
class Past:
    """A look every `every_s`, `kept` of them at most; the newest is of now."""

    every_s: int
    kept: int
    feeds: dict[str, Curve]


@dataclass(frozen=True, slots=True)
class MissedSpan:
    """Columns of an output in which it sent a slate, or nothing."""

    output: str
    from_k: int
    to_k: int
    what: str
    why: str
    utc: str
    length_s: float


@dataclass(frozen=True, slots=True)
class Shown:
    place: str
    source: str


@dataclass(frozen=True, slots=True)
class Explained:
    """`text` says it all in sentences."""

    n: int
    at: str
    clock: str
    slot: str
    shot: str
    layout: str
    places: list[dict[str, Any]]
    since: str | None
    cause: dict[str, Any] | None
    wish: dict[str, Any] | None
    failovers: list[dict[str, Any]]
    public: list[dict[str, Any]]
    text: str


@dataclass(frozen=True, slots=True)
class HandoverForm:
    """What the next person at the desk must know; `items` are what ACCEPT ticks, by id."""

    n: int
    at: str
    holder: str
    since: str
    offered_to: str
    on_air: dict[str, Any]
    items: list[dict[str, Any]]
    risks: list[dict[str, Any]]
    next_hard: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The desk's answer to a wish, or the gate's to a safety word: more may be told than this."""

    ok: Literal[True]
    text: str


@dataclass(frozen=True, slots=True)
class ProblemView:
    """RFC 9457. `code` is for programs, `detail` for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str


DeskView = dict[str, Any]
SiteNews = dict[str, Any]
GuestNews = dict[str, Any]

SHAPES: dict[str, TypeAdapter[Any]] = {
    name: TypeAdapter(shape)
    for name, shape in {
        "SignIn": SignIn,
        "Link": Link,
        "First": First,
        "Invited": Invited,
        "NewPassword": NewPassword,
        "OfFeed": OfFeed,
        "Nothing": Nothing,
        "Wished": Wished,
        "SignedIn": SignedIn,
        "Done": Done,
        "Me": Me,
        "Words": list[WordView],
        "JournalPage": JournalPage,
        "AsRunPage": AsRunPage,
        "Past": Past,
        "Missed": dict[str, list[MissedSpan]],
        "Explained": Explained,
        "HandoverForm": HandoverForm,
        "Answer": Answer,
        "Problem": ProblemView,
        "DeskView": DeskView,
        "SiteNews": SiteNews,
        "GuestNews": GuestNews,
        "Status": Status,
        "LineUp": LineUp,
        **ADMIN_SHAPES,
    }.items()
}
"""By the name that the route table calls them."""


def schemas() -> dict[str, Any]:
    """JSON schemas of all of them, for the description."""
    found: dict[str, Any] = {}
    for name, adapter in SHAPES.items():
        schema = adapter.json_schema(ref_template="#/components/schemas/{model}")
        found |= schema.pop("$defs", {})
        found[name] = schema
    return found
