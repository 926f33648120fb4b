"""The order on air: the order of the file, except for what is told to come `after` something else.

Pure. A slot with `after: x` comes directly behind x; several of them keep the file's order.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.rundown.plan import PlanSlot
from orchestrator.rundown.problem import Problem, Severity


def on_air_order(slots: Sequence[PlanSlot]) -> tuple[tuple[PlanSlot, ...], tuple[Problem, ...]]:
    """All slots once, in the order in which they play. What cannot be followed stays in place."""
    known = {slot.id for slot in slots}
    problems: list[Problem] = []
    followers: dict[str, list[PlanSlot]] = {}
    free: list[PlanSlot] = []
    for slot in slots:
        after = slot.start.after
        if after is None:
            free.append(slot)
        elif after not in known:
            problems.append(_problem(slot, f'nothing is called "{after}".'))
            free.append(slot)
        else:
            followers.setdefault(after, []).append(slot)
    ordered: list[PlanSlot] = []

    def place(slot: PlanSlot) -> None:
        ordered.append(slot)
        for follower in followers.get(slot.id, ()):
            place(follower)

    for slot in free:
        place(slot)
    placed = {slot.id for slot in ordered}
    for slot in slots:
        if slot.id not in placed:
            problems.append(_problem(slot, f"{slot.start.after} in turn waits for {slot.id}."))
            ordered.append(slot)
    return tuple(ordered), tuple(problems)


def _problem(slot: PlanSlot, message: str) -> Problem:
    return Problem(
        slot.at("start"),
        Severity.ERROR,
        "E-after",
        message,
        f"{slot.id} › start.after",
        "Leave it out: without a start an item follows the one above.",
    )
