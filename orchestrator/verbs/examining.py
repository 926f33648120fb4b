"""Everything that can be known about an event file before the day: what `check` prints.

Reads the file, what it includes, and this machine (clips, fonts, environment).
"""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from orchestrator.control.inputs import faults_of, lengths_of, undrawable
from orchestrator.control.processes import processes_of
from orchestrator.ground import needed_bytes
from orchestrator.rundown.load import Loaded, load
from orchestrator.rundown.plan import Plan
from orchestrator.rundown.problem import Mark, Problem, Severity
from orchestrator.rundown.rebase import rebase
from orchestrator.rundown.resolve import Change, resolve
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.warnings import Day, warnings
from orchestrator.timing.clock import wall_offset_ns
from orchestrator.timing.grid import Grid

_SHM = Path("/dev/shm")
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Examined:
    """`resolved` is None if there is any error; `problems` are in the order of the lines."""

    loaded: Loaded
    resolved: Resolved | None
    problems: tuple[Problem, ...]
    changes: tuple[Change, ...] = ()

    @property
    def has_errors(self) -> bool:
        return any(problem.severity is Severity.ERROR for problem in self.problems)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(p for p in self.problems if p.severity is Severity.WARNING)


def examine(path: Path, start: str | None = None) -> Examined:
    """Load, resolve, warn. Raises ConfigError for a `start` that is no time."""
    loaded = load(path, environ=os.environ)
    problems = list(loaded.problems)
    plan = loaded.plan or loaded.draft
    if plan is None:
        return Examined(loaded, None, by_line(problems))
    moved = None
    if start is not None and loaded.plan is not None:
        grid = Grid.standard(plan.programme.fps)
        moved = rebase(plan, start, time.monotonic_ns() + wall_offset_ns(), grid)
    resolved, found, changes = resolve(plan, start=moved)
    problems += found
    if loaded.plan is None or resolved is None:
        return Examined(loaded, None, by_line(problems))
    lengths, unreadable = lengths_of(resolved, path.parent)
    problems += unreadable
    problems += _room(plan, resolved, _SHM)
    problems += warnings(Day(resolved, lengths, undrawable(resolved), plan.shifts))
    problems += faults_of(resolved, path.parent)
    return Examined(loaded, resolved, by_line(problems), changes)


def _room(plan: Plan, resolved: Resolved, shm: Path) -> list[Problem]:
    """Whether delay and window fit into this machine's tmpfs (`run` asks again, and refuses)."""
    hls = next(output for output in resolved.outputs if output.kind == "hls")
    needed = needed_bytes(processes_of(resolved, on_air=True))
    size = shutil.disk_usage(shm).total if shm.is_dir() else 0
    if size >= needed:
        return []
    return [
        Problem(
            hls.mark if hls.mark.line else Mark(plan.file, 1),
            Severity.NOTE,
            "N-room",
            f"delay and window need {needed // _MIB} MiB of tmpfs; {shm} holds {size // _MIB}.",
            "outputs › hls",
            "Make it larger, or ask for less.",
        )
    ]


def by_line(problems: list[Problem]) -> tuple[Problem, ...]:
    """By file, in the order they are first named, then by line; each said once."""
    files: dict[str, int] = {}
    for problem in problems:
        files.setdefault(problem.mark.file, len(files))
    return tuple(
        sorted(
            dict.fromkeys(problems),
            key=lambda p: (files[p.mark.file], p.mark.line, p.mark.column),
        )
    )
