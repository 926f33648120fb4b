"""Incidents as JSON, for every screen: what, since when, if nobody acts, what to press. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from orchestrator.control.deskstate import DeskState
from orchestrator.control.incidents import Acked, Action, Incident, holder_of
from orchestrator.rundown.resolved import Resolved
from orchestrator.timing import Grid


def acks_of(state: DeskState) -> dict[str, Acked]:
    return {name: Acked(touch.author, touch.n) for name, touch in state.acks.items()}


def cards(
    incidents: Sequence[Incident], acks: Mapping[str, Acked], grid: Grid, second: str
) -> list[dict[str, Any]]:
    """`holder` is empty while it is nobody's; `escalated` names whom it has been put to."""
    return [_card(one, acks.get(one.cause), grid, second) for one in incidents]


def _card(incident: Incident, ack: Acked | None, grid: Grid, second: str) -> dict[str, Any]:
    finding = incident.finding
    return {
        "id": incident.cause,
        "grade": finding.grade.value,
        "what": finding.what,
        "since_n": incident.since_n,
        "since": _utc(grid, incident.since_n),
        "if_nothing": finding.if_nothing,
        "actions": [_action(action) for action in finding.actions],
        "holder": holder_of(incident, ack),
        "escalated": second if incident.escalated_n is not None else "",
        "until_n": finding.until_n,
        "until": None if finding.until_n is None else _utc(grid, finding.until_n),
        "steps": [
            {
                "label": step.label,
                "done": step.is_done,
                "until_n": step.until_n,
                "action": None if step.action is None else _action(step.action),
            }
            for step in finding.steps
        ],
        "note": finding.note,
        "over": incident.is_over,
        "times": incident.times,
    }


def _action(action: Action) -> dict[str, Any]:
    return {
        "label": action.label,
        "word": action.word,
        "args": dict(action.args),
        "weighed": action.is_weighed,
    }


def second_person(day: Resolved, n: int, holder: str, present: Iterable[str] = ()) -> str:
    """Who is told when the first person does not answer: the shift's other one, whoever else is
    there, the next shift, and at the very last the producer."""
    shift = next((s for s in day.shifts if s.start_n <= n < s.end_n), None)
    following = next((s for s in day.shifts if s.start_n > n), None)
    first = holder or (shift.desk if shift is not None else "")
    names = [*((shift.desk, shift.sound) if shift is not None else ()), *present]
    names += [following.desk] if following is not None else []
    return next((name for name in names if name and name != first), "the producer")


def _utc(grid: Grid, n: int) -> str:
    return grid.utc(n).isoformat(timespec="milliseconds").replace("+00:00", "Z")
