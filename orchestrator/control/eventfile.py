"""The event's file on this machine: loaded, checked against what is here, resolved.

The prepare job reads it at the start, the reading job whenever it has been changed. Everything
that is wrong is one ConfigError with all the sentences.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from orchestrator.bus.lines import replace_json
from orchestrator.bus.tree import StateFolder
from orchestrator.errors import ConfigError, StartError
from orchestrator.rundown.edition import without_marks
from orchestrator.rundown.environment import check_environment
from orchestrator.rundown.load import load
from orchestrator.rundown.plan import Clip, Feed, GraphicSpec, Plan, Site
from orchestrator.rundown.problem import Problem, Severity
from orchestrator.rundown.rebase import Rebase, rebase
from orchestrator.rundown.resolve import resolve
from orchestrator.rundown.resolved import Resolved
from orchestrator.timing import Grid


def load_plan(event: Path) -> Plan:
    """The plan as the file says it. Raises ConfigError with all problems, a line each."""
    loaded = load(event)
    errors = [p for p in loaded.problems if p.severity is Severity.ERROR]
    if loaded.plan is None or errors:
        raise ConfigError(_lines(errors))
    return loaded.plan


def check_here(plan: Plan, folder: Path, *, sends: bool, has_keys: bool = True) -> None:
    """What `check` only notes (a clip that is not here, a secret that is not set) is an error for
    an event that is to be run on this machine. `sends`: its pushes will open. Without `has_keys`
    this process was given none, and cannot tell."""
    lacking = check_environment(plan, os.environ, folder, pushes=sends)
    if not has_keys:
        lacking = tuple(one for one in lacking if one.code not in ("N-secret", "N-address"))
    if lacking:
        raise ConfigError(_lines(lacking))


def resolve_plan(plan: Plan, start: Rebase | None, *, version: int = 1) -> Resolved:
    """The day. Raises ConfigError with everything that does not fit."""
    resolved, problems, _ = resolve(plan, start=start, version=version)
    errors = [p for p in problems if p.severity is Severity.ERROR]
    if resolved is None or errors:
        raise ConfigError(_lines(errors))
    return resolved


def decide_start(
    state: StateFolder, plan: Plan, asked: str | None, now_ns: int, *, fresh: bool
) -> tuple[Rebase | None, bool]:
    """Where the event begins instead, and whether that was decided by an earlier run (R6).

    The instant is decided once and kept; a restart joins it, whatever it asks for, until a fresh
    start. Writes nothing. Raises ConfigError.
    """
    if not fresh:
        kept = kept_start(state, plan)
        if kept is not None:
            return kept, True
    if asked is None:
        return None, False
    return rebase(plan, asked, now_ns, Grid.standard(plan.programme.fps)), False


def kept_start(state: StateFolder, plan: Plan) -> Rebase | None:
    try:
        kept = json.loads(state.start.read_bytes())
        if kept["event"] == plan.id and kept["fps"] == plan.programme.fps:
            return Rebase(int(kept["start_n"]), str(kept["asked"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def keep_start(state: StateFolder, plan: Plan, start: Rebase | None, utc: str) -> None:
    """Raises StartError: without it, a restart would not find its place in the day."""
    if start is None:
        state.start.unlink(missing_ok=True)
        return
    kept = {"event": plan.id, "fps": plan.programme.fps, "start_n": start.start_n}
    try:
        replace_json(state.start, kept | {"asked": start.text, "begins": utc})
    except OSError as error:
        raise StartError(
            f"{state.start} cannot be written ({error.strerror}): make room, or choose another "
            "state folder with --state DIR"
        ) from error


def with_paths(day: Resolved, folder: Path) -> Resolved:
    """`day` with the files it names made absolute: no other process knows where the event lies."""

    def absolute(name: str) -> str:
        return name if name.startswith("env:") or "://" in name else str((folder / name).resolve())

    def of_feed(feed: Feed) -> Feed:
        is_file = feed.kind in ("file", "still")
        return replace(feed, address=absolute(feed.address)) if is_file else feed

    def of_site(site: Site) -> Site:
        slate = site.slate if site.slate is None else absolute(site.slate)
        return replace(site, feeds=tuple(map(of_feed, site.feeds)), slate=slate)

    def of_clip(clip: Clip) -> Clip:
        return replace(clip, file=absolute(clip.file))

    def of_graphic(graphic: GraphicSpec) -> GraphicSpec:
        own = folder / graphic.template  # or else it is one of ours, by its name
        return replace(graphic, template=str(own.resolve())) if own.is_file() else graphic

    return replace(
        day,
        sites={key: of_site(site) for key, site in day.sites.items()},
        clips={key: of_clip(clip) for key, clip in day.clips.items()},
        graphics={key: of_graphic(graphic) for key, graphic in day.graphics.items()},
    )


def file_day(
    plan: Plan,
    folder: Path,
    begins: Rebase | None,
    *,
    on_air: bool,
    sends: bool,
    has_keys: bool = True,
) -> Resolved:
    """What the file says for this machine and this run. Raises ConfigError."""
    check_here(plan, folder, sends=sends, has_keys=has_keys)
    day = without_marks(with_paths(resolve_plan(plan, begins), folder.resolve()))
    return replace(day, is_rehearsal=False) if on_air else day


def _lines(problems: Sequence[Problem]) -> str:
    return "\n".join(problem.text() for problem in problems)
