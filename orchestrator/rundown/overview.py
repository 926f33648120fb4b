"""What `check` says above and below the table: the event, what moved, what is not kept yet.

Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.rundown import where
from orchestrator.rundown.problem import Problem, Severity
from orchestrator.rundown.resolve import Change
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.words import said, written
from orchestrator.timing.grid import Grid


def head(resolved: Resolved, changes: Sequence[Change], unenforced: Sequence[str]) -> str:
    """The event in a few lines, every planned → resolved change, every field nobody acts on."""
    grid = Grid.standard(resolved.programme.fps)
    zone = resolved.timezone
    begin, end = resolved.start_n, resolved.end_n
    lines = [
        f"{said(resolved.title)} ({resolved.id}), {zone}",
        f"{where.day(begin, grid, zone)} {where.clock(begin, grid, zone)} to "
        f"{where.day(end, grid, zone)} {where.clock(end, grid, zone)}: "
        f"{written(end - begin, grid.fps)}, {len(resolved.slots)} slots, "
        f"{len(resolved.sites)} sites, {len(resolved.feeds())} feeds"
        + (". REHEARSAL: moved by --start." if resolved.is_rehearsal else ""),
        *_on_the_grid(resolved, grid),
    ]
    if changes:
        lines += ["", "Moved to fit:", *(f"  {change.text()}" for change in changes)]
    if unenforced:
        lines += ["", "Not enforced yet:", *(f"  {field}" for field in unenforced)]
    return "\n".join(lines) + "\n"


def _on_the_grid(resolved: Resolved, grid: Grid) -> list[str]:
    """What the lengths that were asked for have become: whole parts and segments."""
    programme = resolved.programme
    lines = [
        f"Programme {programme.width}x{programme.height} at {grid.fps}: parts of "
        f"{grid.part_frames} pictures ({grid.part_s:.3f} s), segments of {grid.segment_frames} "
        f"({grid.segment_s:.3f} s), delay {written(programme.delay, grid.fps)}."
    ]
    for output in resolved.outputs:
        lengths = [
            f"{name} {written(frames, grid.fps)} in {-(-frames // grid.segment_frames)} segments"
            for name in ("window", "dvr")
            if (frames := grid.frames(float(output.options.get(f"{name}_s") or 0)))
        ]
        if output.kind == "hls":
            ladder = " + ".join(output.ladder)
            lines.append(
                f"HLS for {output.audience}: {ladder}" + "".join(f", {x}" for x in lengths)
            )
        elif output.kind == "push":
            lines.append(f"Push {output.id} for {output.audience}.")
        elif output.options.get("clean"):
            lines.append(
                f"Recordings for {output.audience}, each with and without graphics: the latter is "
                "one more rendition to encode, and as much again on disk."
            )
    return lines


def count(problems: Sequence[Problem]) -> str:
    """`No warnings.` or `3 warnings, 2 notes.`"""
    words = [
        f"{number} {name}{'s' if number > 1 else ''}"
        for severity, name in ((Severity.WARNING, "warning"), (Severity.NOTE, "note"))
        if (number := sum(problem.severity is severity for problem in problems))
    ]
    return (", ".join(words) if words else "No warnings") + ".\n"
