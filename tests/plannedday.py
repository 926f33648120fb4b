"""What becomes of a plan when it is resolved, as lines to compare."""

from __future__ import annotations

from orchestrator.rundown.plan import Plan
from orchestrator.rundown.problem import Severity
from orchestrator.rundown.resolve import resolve

FPS = 30
M = 60 * FPS


def times(plan: Plan) -> list[str]:
    """`id start-end` in minutes after the event's start; `+gap` where slate follows."""
    day, problems, _ = resolve(plan)
    assert day is not None, [problem.text() for problem in problems]
    return [
        f"{s.id} {(s.start_n - day.start_n) / M:g}-{(s.end_n - day.start_n) / M:g}"
        + (f" +{s.gap_after / M:g}" if s.gap_after else "")
        for s in day.slots
    ]


def errors(plan: Plan) -> list[str]:
    day, problems, _ = resolve(plan)
    found = [p.text() for p in problems if p.severity is Severity.ERROR]
    assert (day is None) == bool(found)
    return found
