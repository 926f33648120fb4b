"""Bells: what somebody, or some check, must be reminded of, and when. Pure.

They follow from the line-up as it stands, so every reflow moves them. A bell is told apart by what
it is about and its stage; one that has rung never rings again (D12). What a slot that was pulled
earlier has missed is due at once. Nothing here touches a picture: frames do that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from orchestrator.rundown.show import Show

STAGES_MIN = (60, 30, 10, 2)
"""Minutes before a slot at which it is checked."""
_HANDOVER_MIN = (15, 5)
_DISK_MIN = 10
_RETENTION_MIN = 60

Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Bell:
    kind: str
    """preflight · handover · disk · retention"""
    about: str
    """The slot, the shift that begins, or nothing."""
    stage: int
    """Minutes before; of disk and retention the how manieth."""
    n: int
    until_n: int
    """From here on it has no meaning: the slot has begun."""

    @property
    def key(self) -> Key:
        return (self.kind, self.about, self.stage)


def bells(show: Show, n: int) -> Iterator[Bell]:
    """Every bell of the day as seen from frame `n` whose time has a meaning still."""
    day = show.resolved
    minute = 60 * day.programme.fps
    for run in show.line_up(n):
        if run.start_n <= n or run.stands_for is not None:
            continue
        for stage in STAGES_MIN:
            yield Bell("preflight", run.id, stage, run.start_n - stage * minute, run.start_n)
    for shift in day.shifts:
        if shift.start_n > max(n, day.start_n):
            for stage in _HANDOVER_MIN:
                at_n = shift.start_n - stage * minute
                yield Bell("handover", shift.desk, stage, at_n, shift.start_n)
    for kind, every in (("disk", _DISK_MIN), ("retention", _RETENTION_MIN)):
        yield from _again_and_again(kind, every * minute, day.start_n, day.end_n, n)


def _again_and_again(kind: str, every: int, start_n: int, end_n: int, n: int) -> Iterator[Bell]:
    """The last one that was due, and the next."""
    if not start_n <= n < end_n:
        return
    stage = (n - start_n) // every
    for at in (stage, stage + 1):
        at_n = start_n + at * every
        yield Bell(kind, "", at, at_n, at_n + every)


def due(show: Show, n: int, rung: Collection[Key]) -> list[Bell]:
    """Bells that should have rung by frame `n` and have not, in order."""
    waiting = [bell for bell in bells(show, n) if bell.n <= n < bell.until_n]
    return sorted((bell for bell in waiting if bell.key not in rung), key=lambda bell: bell.n)


def to_come(show: Show, n: int, rung: Collection[Key]) -> list[Bell]:
    """Bells still to ring, soonest first."""
    coming = [bell for bell in bells(show, n) if bell.n > n and bell.key not in rung]
    return sorted(coming, key=lambda bell: bell.n)
