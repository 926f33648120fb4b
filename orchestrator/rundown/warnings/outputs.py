"""W10: an open output that shows the slate for most of the event."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.rundown.plan import Output
from orchestrator.rundown.problem import Problem
from orchestrator.rundown.resolved import Slot
from orchestrator.rundown.warnings.day import Day, warning_at


def mostly_slate(day: Day) -> Iterator[Problem]:
    """W10: more than half of the event is slate for an output whose audience is `open`."""
    resolved = day.resolved
    total = resolved.end_n - resolved.start_n
    for output in resolved.outputs:
        if output.audience != "open" or total <= 0:
            continue
        shown = sum(slot.frames for slot in resolved.slots if shows(output, slot))
        if (total - shown) * 2 > total:
            yield warning_at(
                "W10",
                output.mark,
                f"outputs › {output.id}",
                f"shows the slate for {day.length(total - shown)} of {day.length(total)} "
                f"({round(100 * (total - shown) / total)} %).",
                "Open some slots up (audience: open), or tell the platform not to expect more.",
            )


def shows(output: Output, slot: Slot) -> bool:
    """Whether `output` carries the slot, rather than the slate."""
    if slot.plan.outputs.get(output.id) == "slate":
        return False
    return not (output.audience == "open" and slot.plan.audience == "professional")
