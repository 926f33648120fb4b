"""What people did at the gate, as a state: which columns must be slate, whatever has arrived.

Pure; the gate's rule asks it for every column, and rebuilds it from `decisions` after a restart.

BLANK is slate until UNBLANK. HIDE is slate wherever the named site is seen, until UNHIDE: it covers
what the programme had made before it shows something else. PRIVACY destroys every column up to
now; after that, a column in which the named site is seen stays slate until RESTORE (a column
without a label could show anything). Without a named site everything stays slate until RESTORE.
STOP ends the stream at the end of the running segment.

`request_of` reads what somebody asks for, before it becomes an act.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from orchestrator.bus.decisions import SafetyAct
from orchestrator.bus.label import Label
from orchestrator.errors import CommandRejected
from orchestrator.timing.grid import Grid

ACTS = ("blank", "unblank", "hide", "unhide", "privacy", "restore", "stop")

_LONGEST_S = 10.0**6
"""Nothing that can be taken back is older."""

_AHEAD_FRAMES = 3
"""Sound is encoded two pictures ahead, so what is being made now may reach into the next column."""


@dataclass(frozen=True, slots=True)
class Request:
    """A safety act as somebody asks for it."""

    act: str
    author: str
    reason: str = ""
    site: str = ""
    look_back_s: float = 0.0


def request_of(record: Mapping[str, Any]) -> Request:
    """Raises CommandRejected for what is no act, or nobody's."""
    word, author = text_of(record, "act"), text_of(record, "author")
    if word not in ACTS:
        raise CommandRejected("unknown-act", f"the gate knows {', '.join(ACTS)}, not {word!r}")
    if not author:
        raise CommandRejected("bad-request", "say who you are (author)")
    if word == "restore":
        second = text_of(record, "second")
        if second in ("", author):
            raise CommandRejected("second-person", "restore takes two: say who else (second)")
        author = f"{author} and {second}"
    site = text_of(record, "site")
    if word in ("hide", "unhide") and not site:
        raise CommandRejected("bad-request", f"{word} which site?")
    look_back_s = record.get("look_back_s") or 0
    if not isinstance(look_back_s, int | float) or not look_back_s >= 0:
        raise CommandRejected("bad-request", "look_back_s is a number of seconds")
    longest_s = min(look_back_s, _LONGEST_S)  # as an int it may be larger than any float
    return Request(word, author, text_of(record, "reason"), site, float(longest_s))


def text_of(record: Mapping[str, Any], key: str) -> str:
    """One text of a request. Half a character (the shell of somebody with another encoding) is
    repaired: it must neither keep anybody from blanking nor the act from being written down."""
    return str(record.get(key) or "").encode(errors="replace").decode().strip()


@dataclass(frozen=True, slots=True)
class Safety:
    """Immutable; `after` gives the next one."""

    is_blank: bool = False
    is_held: bool = False
    """PRIVACY was pressed without naming a site."""
    sites: frozenset[str] = frozenset()
    """Quarantined: not to be seen until RESTORE."""
    hidden: frozenset[str] = frozenset()
    """Sites that are not to be seen until UNHIDE."""
    destroyed_k: int = -1
    """The last column destroyed by PRIVACY."""
    stop_k: int | None = None
    """The first column that is never published: the stream ends before it."""

    @classmethod
    def of(cls, acts: Iterable[SafetyAct], grid: Grid) -> Safety:
        state = cls()
        for act in acts:
            state = state.after(act, grid)
        return state

    def after(self, act: SafetyAct, grid: Grid) -> Safety:
        """The state once `act` holds."""
        if act.act == "blank":
            return replace(self, is_blank=True)
        if act.act == "unblank":
            return replace(self, is_blank=False)
        if act.act == "hide":
            return replace(self, hidden=self.hidden | {act.site})
        if act.act == "unhide":
            return replace(self, hidden=self.hidden - {act.site})
        if act.act == "privacy":
            running = grid.part_of(grid.frame_at(act.at_ns) + _AHEAD_FRAMES)
            return replace(
                self,
                is_held=self.is_held or not act.site,
                sites=self.sites | {act.site} if act.site else self.sites,
                destroyed_k=max(self.destroyed_k, running),
            )
        if act.act == "restore":
            if act.site:
                return replace(self, sites=self.sites - {act.site})
            return replace(self, sites=frozenset(), is_held=False)
        if act.act == "stop" and self.stop_k is None:
            return replace(self, stop_k=grid.part(grid.msn_of(act.k - 1) + 1, 0))
        return self

    def why(self, k: int, label: Label | None) -> str:
        """Why column `k` must be slate, or an empty string."""
        if self.stop_k is not None:
            return "stop"
        if k <= self.destroyed_k or self.is_held:
            return "privacy"
        if self.sites and (label is None or not self.sites.isdisjoint(label.sites)):
            return "privacy"
        if self.hidden and (label is None or not self.hidden.isdisjoint(label.sites)):
            return "hidden"
        return "blank" if self.is_blank else ""

    def has_ended(self, k: int) -> bool:
        """True if column `k` is past the end of the stream."""
        return self.stop_k is not None and k >= self.stop_k


Span = tuple[int, int]


def redaction(span: Span, earlier: Iterable[Span], parts_per_segment: int) -> dict[int, int]:
    """Which slate part replaces each published column of `span`: {k: j}.

    Columns that an earlier look-back has replaced keep what they have. Each run begins with slate
    part 0 and begins again at every segment start, so that whatever follows still decodes.
    """
    taken = tuple(earlier)
    plan: dict[int, int] = {}
    for k in range(span[0], span[1] + 1):
        if any(first <= k <= last for first, last in taken):
            continue
        starts_anew = k % parts_per_segment == 0 or k - 1 not in plan
        plan[k] = 0 if starts_anew else plan[k - 1] + 1
    return plan
