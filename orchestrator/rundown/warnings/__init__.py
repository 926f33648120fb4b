"""The twelve warnings of a rundown that resolves (`check`; `--strict` makes them count). Pure.

Each is a function from a `Day` to problems, in the module of its theme. Errors are the loader's
and the resolver's; a warning is a day that would run, and would be regretted.
"""

from __future__ import annotations

from orchestrator.rundown.problem import Problem
from orchestrator.rundown.warnings.backup import bare_surgeries
from orchestrator.rundown.warnings.clips import clip_lengths
from orchestrator.rundown.warnings.cues import lost_cues
from orchestrator.rundown.warnings.day import Day
from orchestrator.rundown.warnings.fit import gaps, reachable_anchors, shrunk
from orchestrator.rundown.warnings.hours import shift_changes, unstaffed
from orchestrator.rundown.warnings.identifiability import identifiable
from orchestrator.rundown.warnings.names import unreadable
from orchestrator.rundown.warnings.outputs import mostly_slate
from orchestrator.rundown.warnings.people import clashes

WARNINGS = (
    shrunk,  # W1
    gaps,  # W2
    unstaffed,  # W3
    clashes,  # W4
    bare_surgeries,  # W5
    shift_changes,  # W6
    clip_lengths,  # W7
    unreadable,  # W8
    lost_cues,  # W9
    mostly_slate,  # W10
    reachable_anchors,  # W11
    identifiable,  # W12
)

__all__ = ["WARNINGS", "Day", "warnings"]


def warnings(day: Day) -> list[Problem]:
    """All of them, in the order of their numbers."""
    return [problem for warn in WARNINGS for problem in warn(day)]
