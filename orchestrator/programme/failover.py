"""Who is alive: the judgement of sources, with its hysteresis. Pure; frames in, verdicts out.

    unknown ──good──► alive ──bad for its threshold──► dead ──good for back_after──► alive

Health is judged from pictures and sound that came, never from errors (DESIGN §7). A verdict holds
for a second at least. The third death within ten minutes latches: the source stays dead for the
rest of the slot, or until it has been good for five minutes. A source that has not been seen since
the start, or whose first picture was only late, needs no waiting period: there is nothing to
mistrust in it yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from orchestrator.rundown.plan import Health

_NO_PICTURE = "no picture yet"
_URGENT = ("quarantined", "lost", _NO_PICTURE)


class Verdict(StrEnum):
    UNKNOWN = "unknown"  # asked for a moment ago, nothing seen yet
    ALIVE = "alive"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Vitals:
    """What was measured of one source, as frames at which something last happened; 0 is never."""

    asked_n: int
    """Since when every picture of it has been wanted; 0 while it need not be decoded."""
    is_receiving: bool = False
    """Packets arrive, as far as its process says."""
    picture_n: int = 0
    moved_n: int | None = None
    """None where nobody measures it (clips)."""
    bright_n: int | None = None
    sound_n: int | None = None
    is_heard: bool = False
    """Its sound is on air, so that silence matters."""
    is_quarantined: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """One source's verdict, its reason, and what it takes to change it."""

    verdict: Verdict = Verdict.UNKNOWN
    why: str = ""
    since_n: int = 0
    good_since_n: int | None = None
    deaths: tuple[int, ...] = ()
    """Frames of the deaths that count towards the latch."""
    is_latched: bool = False
    was_seen: bool = False
    """It has been alive since the programme started."""


@dataclass(frozen=True, slots=True)
class Limits:
    """In frames. What the slot's `health` does not say."""

    first_picture: int
    dwell: int
    flap_window: int
    unlatch: int
    flaps: int = 3

    @classmethod
    def at(cls, fps: int) -> Limits:
        return cls(first_picture=fps, dwell=fps, flap_window=600 * fps, unlatch=300 * fps)


def complaint(vitals: Vitals, health: Health, limits: Limits, n: int) -> str | None:
    """What is wrong with a source at frame `n`; "" if nothing, None if it is too early to say."""
    if vitals.is_quarantined:
        return "quarantined"
    if health.loss is not None and vitals.picture_n < n - health.loss:
        if vitals.asked_n == 0:  # warm: a keyframe now and then, so only packets tell
            return "" if vitals.is_receiving else "lost"
        if not vitals.is_receiving or vitals.picture_n >= vitals.asked_n:
            return "lost"
        return None if n - vitals.asked_n <= limits.first_picture else _NO_PICTURE
    if _since(n, vitals.moved_n, vitals.asked_n, health.freeze):
        return "frozen"
    if _since(n, vitals.bright_n, vitals.asked_n, health.black):
        return "black"
    if vitals.is_heard and _since(n, vitals.sound_n, vitals.asked_n, health.silence):
        return "silent"
    return ""


def _since(n: int, last_n: int | None, asked_n: int, limit: int | None) -> bool:
    """Whether the last time, counted from when we began to ask, is longer ago than the limit."""
    if last_n is None or limit is None:
        return False
    last_n = max(last_n, asked_n)
    return last_n > 0 and n - last_n > limit


def judge(before: Judged, vitals: Vitals, health: Health, limits: Limits, n: int) -> Judged:
    """The verdict at frame `n`, from the one before and what has been measured."""
    wrong = complaint(vitals, health, limits, n)
    if wrong is None:
        return before
    is_good = wrong == ""
    good_since_n = (before.good_since_n or n) if is_good else None
    now = replace(before, good_since_n=good_since_n)
    if before.verdict is Verdict.UNKNOWN:
        verdict = Verdict.ALIVE if is_good else Verdict.DEAD
        return replace(
            now, verdict=verdict, why=wrong, since_n=n, was_seen=before.was_seen or is_good
        )
    is_first = is_good and before.why == _NO_PICTURE  # late, and here: a slate was up long enough
    if wrong not in _URGENT and not is_first and n - before.since_n < limits.dwell:
        return now
    if before.verdict is Verdict.ALIVE:
        return now if is_good else _death(now, wrong, limits, n)
    if not is_good:
        return replace(now, why=wrong) if before.why != wrong else now
    return _resurrection(now, health, limits, n)


def _death(before: Judged, why: str, limits: Limits, n: int) -> Judged:
    recent = tuple(d for d in before.deaths if n - d <= limits.flap_window)
    deaths = recent if why in ("quarantined", _NO_PICTURE) else (*recent, n)
    return Judged(
        Verdict.DEAD,
        why,
        n,
        deaths=deaths,
        is_latched=before.is_latched or len(deaths) >= limits.flaps,
        was_seen=before.was_seen,
    )


def _resurrection(before: Judged, health: Health, limits: Limits, n: int) -> Judged:
    """Alive again after long enough; a latched source after five minutes."""
    good_for = n - (before.good_since_n if before.good_since_n is not None else n)
    if before.why == "quarantined":
        return replace(before, verdict=Verdict.UNKNOWN, why="", since_n=n)
    alive = replace(before, verdict=Verdict.ALIVE, why="", since_n=n, was_seen=True)
    if before.is_latched:
        return replace(alive, deaths=(), is_latched=False) if good_for >= limits.unlatch else before
    if not before.was_seen or before.why == _NO_PICTURE:
        return alive
    if health.back_after is None or good_for < health.back_after:
        return before
    return alive


def unlatched(judged: Mapping[str, Judged]) -> dict[str, Judged]:
    """At the beginning of a slot: flaps of the last one are forgiven, verdicts stay."""
    return {
        source: replace(j, is_latched=False, deaths=()) if j.deaths or j.is_latched else j
        for source, j in judged.items()
    }


def dead_of(judged: Mapping[str, Judged], absent: Iterable[str] = ()) -> frozenset[str]:
    """The sources that must not be shown, with those that nothing can come from."""
    return frozenset(s for s, j in judged.items() if j.verdict is Verdict.DEAD).union(absent)
