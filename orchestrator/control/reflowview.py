"""A reflow as JSON: seconds and instants instead of frames. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orchestrator.rundown.reflow import Reflow
from orchestrator.rundown.replan import SlotChange
from orchestrator.timing import Grid


def reflow_view(reflow: Reflow, grid: Grid) -> dict[str, Any]:
    """`shrinks`, `grows`, `moves`: from → to; `anchors`: margin in seconds, negative is late."""

    def lengths(changes: Sequence[SlotChange]) -> list[dict[str, Any]]:
        return [
            {"slot": c.slot, "from_s": c.frames / grid.fps, "to_s": c.new_frames / grid.fps}
            for c in changes
        ]

    def at(n: int | None) -> str | None:
        return None if n is None else _utc(grid, n)

    return {
        "shrinks": lengths(reflow.shrinks),
        "grows": lengths(reflow.grows),
        "moves": [
            {"slot": c.slot, "from": at(c.start_n), "to": at(c.new_start_n)} for c in reflow.moves
        ],
        "drops": [{"slot": slot, "why": why} for slot, why in reflow.drops],
        "returns": list(reflow.returns),
        "unfires": list(reflow.unfires),
        "anchors": [
            {"slot": margin.slot, "margin_s": margin.frames / grid.fps} for margin in reflow.anchors
        ],
        "late": [{"anchor": one.anchor, "by_s": one.frames / grid.fps} for one in reflow.late],
        "beyond_max_s": reflow.beyond_max / grid.fps,
        "ends": at(reflow.ends_n),
        "new_end": at(reflow.new_ends_n),
    }


def _utc(grid: Grid, n: int) -> str:
    return grid.utc(n).isoformat(timespec="milliseconds").replace("+00:00", "Z")
