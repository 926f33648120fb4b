"""Incidents: cards that open when a cause has lasted, and close when it has long gone. Pure.

`causes` finds what is wrong just now; here it gets a memory. A card opens after its cause has
held for a moment and closes after ten quiet seconds, twice as long each time it comes back within
ten minutes: a flapping feed is one card, not a hundred. A card that says *now* and is nobody's for
a minute is escalated, once. Everything here can be written down and read back (`record`, `of`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

CLEAR_S, LONGEST_CLEAR_S = 10, 300
COMES_BACK_S = 600
ESCALATE_S = 60
_MOST = 100


class Grade(StrEnum):
    NOW = "now"  # sounds, covers a corner of the screen
    SOON = "soon"  # a card
    NOTE = "note"  # the log


_RANK = {Grade.NOTE: 0, Grade.SOON: 1, Grade.NOW: 2}


@dataclass(frozen=True, slots=True)
class Action:
    """A button: a word of the desk with its arguments."""

    label: str
    word: str
    args: Mapping[str, Any] = field(default_factory=dict)
    is_weighed: bool = False
    """What it costs is shown first, and Enter does it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One of the steps that a card guides through."""

    label: str
    is_done: bool = False
    until_n: int | None = None
    """Done by itself at this frame."""
    action: Action | None = None
    """What says that it is done."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong at one frame, as a person should hear it."""

    cause: str
    """Names it from one look to the next: `feeds.london`, `push.youtube`."""
    grade: Grade
    what: str
    if_nothing: str
    """What happens if nobody acts."""
    actions: tuple[Action, ...] = ()
    since_n: int = 0
    """When it began, if whoever measured it knows; else 0: when it was first seen."""
    after_s: float = 2.0
    """It must have held for so long."""
    covers: tuple[str, ...] = ()
    """Causes that this one explains: their cards close at once."""
    until_n: int | None = None
    """A frame that is being counted down to."""
    steps: tuple[Step, ...] = ()
    note: str = ""
    """A text to be copied, for people elsewhere."""


@dataclass(frozen=True, slots=True)
class Acked:
    """Who has said that an incident is theirs, and at which frame."""

    author: str
    n: int


@dataclass(frozen=True, slots=True)
class Incident:
    """A cause with a memory."""

    finding: Finding
    since_n: int
    seen_n: int
    """Last frame at which it was found."""
    opened_n: int | None = None
    """None while it has not held long enough."""
    graded_n: int = 0
    """Since when it is as grave as it is."""
    times: int = 1
    """How often it has opened within ten minutes of having closed."""
    escalated_n: int | None = None
    is_over: bool = False
    """Not found any more; it waits to be forgotten."""

    @property
    def cause(self) -> str:
        return self.finding.cause

    def clear_s(self) -> float:
        return float(min(CLEAR_S * 2 ** (self.times - 1), LONGEST_CLEAR_S))

    def record(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Incident:
        """Raises KeyError, TypeError or ValueError for a record that is none."""
        found = dict(record["finding"])
        finding = Finding(
            **found
            | {
                "grade": Grade(found["grade"]),
                "actions": tuple(Action(**one) for one in found["actions"]),
                "steps": tuple(_step(one) for one in found["steps"]),
                "covers": tuple(found["covers"]),
            }
        )
        return cls(**dict(record) | {"finding": finding})


def _step(record: Mapping[str, Any]) -> Step:
    action = record.get("action")
    return Step(**dict(record) | {"action": None if action is None else Action(**action)})


class Happening(StrEnum):
    OPENED = "opened"
    GRAVER = "graver"
    ESCALATED = "escalated"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class News:
    """What `look` has changed, for the log and for telephones."""

    happening: Happening
    incident: Incident


@dataclass(frozen=True, slots=True)
class Closed:
    """Remembered for a while, so that what comes back is known."""

    n: int
    times: int


@dataclass(frozen=True, slots=True)
class Incidents:
    """Immutable; `look` gives the next one."""

    all: Mapping[str, Incident] = field(default_factory=dict)
    closed: Mapping[str, Closed] = field(default_factory=dict)

    def open(self) -> tuple[Incident, ...]:
        """The gravest first, then the oldest."""
        cards = (one for one in self.all.values() if one.opened_n is not None)
        return tuple(
            sorted(cards, key=lambda one: (one.is_over, -_RANK[one.finding.grade], one.since_n))
        )

    def look(
        self, found: Sequence[Finding], n: int, fps: int, acks: Mapping[str, Acked]
    ) -> tuple[Incidents, tuple[News, ...]]:
        """What is found at frame `n`; `acks` say whose an incident is."""
        news: list[News] = []
        now = {finding.cause: finding for finding in found[:_MOST]}
        covered = {cause for finding in now.values() for cause in finding.covers}
        closed = {c: one for c, one in self.closed.items() if n - one.n < COMES_BACK_S * fps}
        kept: dict[str, Incident] = {}
        for cause, incident in self.all.items():
            if cause in now and cause not in covered:
                continue
            if cause not in covered and incident.opened_n is not None:
                incident = replace(incident, is_over=True)
                if n - incident.seen_n < incident.clear_s() * fps:
                    kept[cause] = incident
                    continue
            if incident.opened_n is not None:
                news.append(News(Happening.CLOSED, incident))
                closed[cause] = Closed(n, incident.times)
        for cause, finding in now.items():
            if cause not in covered:
                before = self.all.get(cause)
                times = closed[cause].times + 1 if cause in closed else 1
                kept[cause], said = _seen(before, finding, n, fps, times, acks.get(cause))
                news += said
        for cause in [c for c, one in kept.items() if one.opened_n is not None]:
            closed.pop(cause, None)
        return Incidents(kept, closed), tuple(news)


def _seen(
    before: Incident | None, finding: Finding, n: int, fps: int, times: int, ack: Acked | None
) -> tuple[Incident, list[News]]:
    news: list[News] = []
    if before is None:
        incident = Incident(finding, finding.since_n or n, n, graded_n=n, times=times)
    else:
        is_graver = _RANK[finding.grade] > _RANK[before.finding.grade]
        incident = replace(
            before,
            finding=finding,
            seen_n=n,
            is_over=False,
            since_n=min(before.since_n, finding.since_n or before.since_n),
            graded_n=n if is_graver else before.graded_n,
            escalated_n=None if is_graver else before.escalated_n,
        )
        if is_graver and incident.opened_n is not None:
            news.append(News(Happening.GRAVER, incident))
    if incident.opened_n is None and n - incident.since_n >= finding.after_s * fps:
        incident = replace(incident, opened_n=n, graded_n=n)
        news.append(News(Happening.OPENED, incident))
    if _is_nobodys(incident, ack, n, fps):
        incident = replace(incident, escalated_n=n)
        news.append(News(Happening.ESCALATED, incident))
    return incident, news


def _is_nobodys(incident: Incident, ack: Acked | None, n: int, fps: int) -> bool:
    return (
        incident.finding.grade is Grade.NOW
        and incident.opened_n is not None
        and incident.escalated_n is None
        and n - incident.graded_n >= ESCALATE_S * fps
        and holder_of(incident, ack) == ""
    )


def holder_of(incident: Incident, ack: Acked | None) -> str:
    """Whose it is; a card that has become graver, or has come back, is nobody's again."""
    return ack.author if ack is not None and ack.n >= incident.graded_n else ""
