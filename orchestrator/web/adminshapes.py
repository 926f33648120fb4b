"""What goes in and out of the administrator's routes as JSON. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from orchestrator.web.asked import Asked, Text

RoleName = Literal["viewer", "site", "operator", "producer", "safety", "admin"]
MaybeSecret = Annotated[str | None, Field(min_length=1, max_length=200, repr=False)]
Site = Annotated[str, Field(max_length=48)]
Hours = Annotated[int, Field(ge=1, le=9600)]


class NewPerson(Asked):
    """Without a password, a link comes back by which the person chooses one, once."""

    name: Text
    role: RoleName
    site: Site = ""
    password: MaybeSecret = None


class NewRole(Asked):
    name: Text
    role: RoleName
    site: Site = ""


class SetPassword(Asked):
    """Without a password, a link comes back by which the person chooses one, once."""

    name: Text
    password: MaybeSecret = None


class Person(Asked):
    name: Text


class NewToken(Asked):
    name: Text
    role: RoleName
    site: Site = ""
    hours: Hours = 720


class NewSiteLink(Asked):
    """The name stands in the journal; `site-SITE` if not given."""

    site: Text
    name: Annotated[str, Field(max_length=200)] = ""
    hours: Hours = 48


class NewGuestLink(Asked):
    """The name stands in the journal; `guest-PERSON` if not given."""

    person: Text
    name: Annotated[str, Field(max_length=200)] = ""
    hours: Hours = 48


class GuestStage(Asked):
    """`is_back`: the guest takes back to have come further."""

    stage: Literal["opened", "mic-ok", "waiting"]
    is_back: bool = False


class TokenId(Asked):
    id: Text


class SessionId(Asked):
    id: Text


@dataclass(frozen=True, slots=True)
class PersonView:
    """`invited_until` is of a link that has not been used yet. `open` counts sessions seen."""

    name: str
    role: str
    site: str
    has_password: bool
    invited_until: str | None
    open: int


@dataclass(frozen=True, slots=True)
class TokenView:
    id: str
    kind: str
    name: str
    role: str
    site: str
    person: str
    until: str
    is_over: bool


@dataclass(frozen=True, slots=True)
class VisitView:
    """A session that asked for something since control started."""

    id: str
    name: str
    role: str
    site: str
    address: str
    agent: str
    began: str
    last: str
    until: str
    is_mine: bool


@dataclass(frozen=True, slots=True)
class SiteView:
    id: str
    title: str


@dataclass(frozen=True, slots=True)
class GuestView:
    """Who joins a slot from elsewhere. `stage`: how far, as far as the desk knows."""

    id: str
    name: str
    slots: list[str]
    stage: str


@dataclass(frozen=True, slots=True)
class Access:
    """Who may come in, and how. No secret is in it."""

    me: str
    now: str
    people: list[PersonView]
    tokens: list[TokenView]
    sessions: list[VisitView]
    sites: list[SiteView]
    guests: list[GuestView]


@dataclass(frozen=True, slots=True)
class Acted:
    """`secret` is a token, or the path of a link with a token in its fragment: told this once, and
    empty where nothing was made, or when the same Idempotency-Key asks again."""

    ok: bool
    text: str
    secret: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Oldest first."""

    lines: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class VersionView:
    """`changes` are sentences about what it changed of the version before it."""

    version: int
    at: str
    author: str
    reason: str
    changes: list[str]
    reverts_to: int | None
    is_in_force: bool


@dataclass(frozen=True, slots=True)
class Versions:
    """Oldest first. `plan` goes into `saw` of REVERT; `waits` is the changed file, if it waits."""

    versions: list[VersionView]
    plan: int
    waits: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Disk:
    what: str
    path: str
    free_bytes: int | None
    total_bytes: int | None


@dataclass(frozen=True, slots=True)
class Machine:
    """`load` is of the last minute, over all cores."""

    version: str
    host: str
    cores: int
    load: float
    memory_free_bytes: int
    memory_bytes: int
    public: str
    disks: list[Disk]
    journal: dict[str, Any]
    processes: list[dict[str, Any]]
    counts: dict[str, int]
    warnings: list[str]


ADMIN_SHAPES: dict[str, Any] = {
    "NewPerson": NewPerson,
    "NewRole": NewRole,
    "SetPassword": SetPassword,
    "Person": Person,
    "NewToken": NewToken,
    "NewSiteLink": NewSiteLink,
    "NewGuestLink": NewGuestLink,
    "GuestStage": GuestStage,
    "TokenId": TokenId,
    "SessionId": SessionId,
    "Access": Access,
    "Acted": Acted,
    "AuditPage": AuditPage,
    "Versions": Versions,
    "Machine": Machine,
}
"""By the name that the route table calls them."""
