"""What a bench says: a figure, its goal, what was measured, and whether that will do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    figure: str
    goal: str
    measured: str
    is_met: bool


def markdown(rows: Iterable[Row]) -> str:
    lines = ["| figure | goal | measured | |", "|---|---|---|---|"]
    lines += [
        f"| {r.figure} | {r.goal} | {r.measured} | {'✓' if r.is_met else '✗'} |" for r in rows
    ]
    return "\n".join(lines)
