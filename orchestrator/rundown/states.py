"""The state words of a line-up, as screens and tables show them. Pure."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.rundown.decided import Decided
from orchestrator.rundown.lineup import Day, LiveSlot


def with_states(day: Day, n: int, decided: Decided) -> tuple[LiveSlot, ...]:
    """The runs, each with the words that hold for it at frame `n`."""
    return tuple(with_state(day, j, n, decided) for j in range(len(day.runs)))


def with_state(day: Day, j: int, n: int, decided: Decided) -> LiveSlot:
    """Run number `j` with the words that hold for it at frame `n`."""
    run = day.runs[j]
    is_on = day.on_air(n) is not None
    return replace(run, state=tuple(_words(day, run, j - day.index_at(n), n, decided, is_on=is_on)))


def anchor_due(day: Day, n: int) -> LiveSlot | None:
    """The hard anchor that is overdue at `n` because the slot on air was not ended (R7)."""
    i = day.index_at(n)
    if day.on_air(n) is None:
        return None
    for run in day.runs[i + 1 :]:
        if run.anchor == "hard" and run.at_n is not None:
            return run if n >= run.at_n else None
    return None


def _words(
    day: Day, run: LiveSlot, ahead: int, n: int, decided: Decided, *, is_on: bool
) -> list[str]:
    words: list[str] = []
    if ahead < 0 or (ahead == 0 and not is_on):
        return ["done"]
    if ahead == 0:
        words.append("on-air")
        if n >= run.own_end_n:
            words.append("over")
    elif ahead == 1:
        words.append("next")
    if ahead > 0 and n >= run.start_n - run.plan.arm:
        words.append("armed")
    if run.is_staying:
        words.append("stay")
    elif run.is_open:
        words.append("ask")
    if run.stands_for is not None:
        words.append("standby")
    if run.id in decided.ready:
        words.append("ready")
    elif run.id in decided.holds:
        words.append("not-ready")
    if ahead > 0 and run.anchor == "hard" and run is anchor_due(day, n):
        words.append("overdue")
    if run.latest_n is not None and run.start_n > run.latest_n:
        words.append("late")
    if run.frames < max(run.plan.shortest, 0) and run.stands_for is None and ahead > 0:
        words.append("cut")
    return words
