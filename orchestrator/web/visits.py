"""Which sessions have been seen since control started: for the administrator's list. Pure.

A cookie says by itself whose it is (`sessions.py`); nothing keeps a list of them. So this one knows
the sessions that asked for something, and forgets all of them when control restarts. Bounded: 1024,
the one that was seen longest ago is forgotten first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.web.sessions import Session

_MOST = 1024
_AGENT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Visit:
    """A session, where it came from last, and when. `agent` is what the browser calls itself."""

    session: Session
    address: str
    agent: str
    last_s: int


class Visits:
    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._visits: dict[str, Visit] = {}

    def note(self, session: Session, address: str, agent: str, now_s: float) -> None:
        """To be called with every request, and once a second for a socket."""
        self._visits.pop(session.id, None)  # to the end: the newest
        printable = "".join(c if c.isprintable() else " " for c in agent[:_AGENT_LENGTH])
        self._visits[session.id] = Visit(session, address, printable, int(now_s))
        if len(self._visits) > self._most:
            del self._visits[next(iter(self._visits))]

    def of(self, session_id: str) -> Visit | None:
        return self._visits.get(session_id)

    def all(self) -> Sequence[Visit]:
        """The one that was seen last comes last."""
        return list(self._visits.values())
