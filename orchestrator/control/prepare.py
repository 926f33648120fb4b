"""The prepare job: from the file and the journal to everything the other processes read.

Run by the supervisor as `python -m orchestrator.control.prepare` before anything else, one thread.
Writes `rundown.json` (the resolved day), `orders.jsonl` (what has been decided), `processes.json`
(which children there are to be). Exit 2 and sentences on stderr if the file is wrong; then nothing
has been written.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from orchestrator.bus.child import begin, log_unhandled
from orchestrator.bus.dvr import index_path
from orchestrator.bus.lines import LineWriter, replace_json
from orchestrator.bus.orders import Order, Verb
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control.carry import carry_what_is_left, last_carried_n
from orchestrator.control.chain import Entry
from orchestrator.control.derive import acts_in_force, orders_in_force, remind_gate
from orchestrator.control.journals import Ledger, now, open_ledger
from orchestrator.control.latejoin import DEFAULTS_AHEAD_S, missed_defaults
from orchestrator.errors import ConfigError, StartError
from orchestrator.media.house import House
from orchestrator.rundown.environment import check_environment, secret_names
from orchestrator.rundown.load import load
from orchestrator.rundown.plan import Clip, Feed, GraphicSpec, Output, Plan, Site
from orchestrator.rundown.problem import Problem, Severity
from orchestrator.rundown.rebase import Rebase, rebase
from orchestrator.rundown.resolve import resolve
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show
from orchestrator.timing import Clock, Grid, PageClock
from orchestrator.timing.clock import wall_offset_ns

_WINDOW_S = 300


def load_plan(event: Path) -> Plan:
    """The plan as the file says it. Raises ConfigError with all problems, a line each."""
    loaded = load(event)
    errors = [p for p in loaded.problems if p.severity is Severity.ERROR]
    if loaded.plan is None or errors:
        raise ConfigError(_lines(errors))
    return loaded.plan


def check_here(plan: Plan, folder: Path, *, sends: bool) -> None:
    """What `check` only notes (a clip that is not here, a secret that is not set) is an error for
    an event that is to be run on this machine. `sends`: its pushes will open."""
    if lacking := check_environment(plan, os.environ, folder, pushes=sends):
        raise ConfigError(_lines(lacking))


def resolve_plan(plan: Plan, start: Rebase | None, *, version: int = 1) -> Resolved:
    """The day. Raises ConfigError with everything that does not fit."""
    resolved, problems, _ = resolve(plan, start=start, version=version)
    errors = [p for p in problems if p.severity is Severity.ERROR]
    if resolved is None or errors:
        raise ConfigError(_lines(errors))
    return resolved


def check_runnable(
    event: Path, state: StateFolder, start: str | None, *, fresh: bool = False, on_air: bool = False
) -> None:
    """Raises ConfigError, with every sentence there is, if the prepare job would refuse."""
    plan = load_plan(event)
    now_ns = time.monotonic_ns() + wall_offset_ns()
    begins, _ = decide_start(state, plan, start, now_ns, fresh=fresh)
    check_here(plan, event.parent, sends=on_air or begins is None)
    resolve_plan(plan, begins)


def decide_start(
    state: StateFolder, plan: Plan, asked: str | None, now_ns: int, *, fresh: bool
) -> tuple[Rebase | None, bool]:
    """Where the event begins instead, and whether that was decided by an earlier run (R6).

    The instant is decided once and kept; a restart joins it, whatever it asks for, until a fresh
    start. Writes nothing. Raises ConfigError.
    """
    if not fresh:
        kept = _kept_start(state, plan)
        if kept is not None:
            return kept, True
    if asked is None:
        return None, False
    return rebase(plan, asked, now_ns, Grid.standard(plan.programme.fps)), False


def _kept_start(state: StateFolder, plan: Plan) -> Rebase | None:
    try:
        kept = json.loads(state.start.read_bytes())
        if kept["event"] == plan.id and kept["fps"] == plan.programme.fps:
            return Rebase(int(kept["start_n"]), str(kept["asked"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def _keep_start(state: StateFolder, plan: Plan, start: Rebase | None, utc: str) -> None:
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


def processes_of(day: Resolved, *, on_air: bool) -> dict[str, Any]:
    """`processes.json`: which children there are to be, and the shape of the stream."""
    hls = next((output for output in day.outputs if output.kind == "hls"), None)
    programme = day.programme
    ladder = hls.ladder if hls is not None else ("720p", "480p", "360p")
    house = House.of(programme.width, programme.height, programme.fps, ladder)
    is_closed = day.is_rehearsal and not on_air
    pushes = [] if is_closed else [output for output in day.outputs if output.kind == "push"]
    return {
        "event": day.id,
        "fps": programme.fps,
        "part_frames": house.grid.part_frames,
        "segment_frames": house.grid.segment_frames,
        "width": programme.width,
        "height": programme.height,
        "ladder": list(ladder),
        "tracks": list(house.tracks()),
        "delay_frames": programme.delay,
        "audiences": list(day.audiences()),
        "public_audience": hls.audience if hls is not None else day.audience,
        "feeds": [feed.id for feed in day.feeds()],
        "clips": bool(day.clips),
        "window_s": round(hls.options.get("window_s", _WINDOW_S) if hls else _WINDOW_S),
        "dvr_s": float(hls.options.get("dvr_s", 0.0)) if hls is not None else 0.0,
        "record": _recording(day, house),
        "on_air": on_air,
        "rehearsal": day.is_rehearsal,
        "start_n": day.start_n,
        "end_n": day.end_n,
        "pushes": [_push(output, ladder) for output in pushes],
        "secrets": secret_names(day),
    }


def _push(output: Output, made: Sequence[str]) -> dict[str, Any]:
    """Addresses stay `env:NAME`: the process that uses one looks it up."""
    return {
        "id": output.id,
        "audience": output.audience,
        "ladder": [name for name in output.ladder if name in made] or list(made),
        "url": output.url,
        **output.options,
    }


def _recording(day: Resolved, house: House) -> dict[str, Any] | None:
    """Which audience and which rendition is recorded: the best there is of those asked for."""
    output = next((output for output in day.outputs if output.kind == "record"), None)
    if output is None:
        return None
    best = sorted(house.ladder, key=lambda rendition: rendition.height, reverse=True)
    asked = [rendition.name for rendition in best if rendition.name in output.ladder]
    return {
        "audience": output.audience,
        "track": (asked or [rendition.name for rendition in best])[0],
        "each": output.options.get("each", "slot"),
        "keep_s": float(output.options.get("keep_s", 30 * 86400.0)),
    }


def next_version(entries: Sequence[Entry], digest: str) -> int:
    """One more than the last version applied, unless it is the same day again."""
    applied = [e for e in entries if e.verb in (Verb.START, Verb.RUNDOWN)]
    if not applied:
        return 1
    last = applied[-1].args
    return int(last.get("version", 0)) + (last.get("digest") != digest)


def prepare(
    live: LiveTree,
    state: StateFolder,
    event: Path,
    clock: Clock,
    *,
    start: str | None = None,
    fresh: bool = False,
    on_air: bool = False,
) -> list[str]:
    """Write everything; what there is to say about it. Raises ConfigError or StartError, having
    written nothing of its own, or OSError."""
    plan = load_plan(event)
    now_ns = clock.now_ns()
    grid = Grid.standard(plan.programme.fps)
    begins, is_kept = decide_start(state, plan, start, now_ns, fresh=fresh)
    check_here(plan, event.parent, sends=on_air or begins is None)
    day = with_paths(resolve_plan(plan, begins), event.resolve().parent)
    if on_air:
        day = replace(day, is_rehearsal=False)
    processes = processes_of(day, on_air=on_air)
    said: list[str] = []
    if not fresh:
        try:
            carry_what_is_left(live, state, clock)
        except OSError as error:
            said.append(f"the as-run waits in {live.root} ({error.strerror}): control carries it")
    journal = open_ledger(state, day.id, clock)
    if journal.trouble and fresh:
        raise StartError(f"{journal.trouble}: without it nothing can be left behind (--fresh)")
    try:
        said += [f"the journal was damaged: {damage.text()}" for damage in journal.damages]
        _check_owner(journal.entries, day, state, fresh=fresh)
        digest = hashlib.sha256(day.to_json()).hexdigest()[:16]
        day = replace(day, version=next_version(journal.entries, digest))
        if not is_kept:
            utc = grid.utc(day.start_n).isoformat(timespec="milliseconds")
            _keep_start(state, plan, begins, utc)
        args = {"event": day.id, "version": day.version, "digest": digest, "fresh": fresh}
        args |= {"start_n": day.start_n, "file": str(event), "on_air": on_air}
        if journal.trouble:  # the show goes on with what the copy says
            said.append(f"{journal.trouble}: commands are refused until it does")
        else:
            now_n = grid.frame_at(now_ns)
            missed = _missed(day, [] if fresh else journal.entries, state, now_n, fresh=fresh)
            said += _journal_start(journal, now_n, args, missed)
        orders = orders_in_force(journal.entries)
        remind_gate(live, acts_in_force(journal.entries))
    finally:
        now(journal.shut())
    _replace(live.snapshot, day.to_json())
    _write_orders(live, orders)
    replace_json(live.processes, processes)
    if fresh:  # nobody scrubs back into what was left behind; the recorder empties the folder
        index_path(state.dvr).unlink(missing_ok=True)
    return said + _about_start(day, grid, begins, start, is_kept)


def _missed(
    day: Resolved, entries: Sequence[Entry], state: StateFolder, now_n: int, *, fresh: bool
) -> list[Order]:
    """What nobody was there to decide since the last thing that is known to have happened."""
    orders = [order for order in orders_in_force(entries) if order.verb is not Verb.STOP]
    horizon = DEFAULTS_AHEAD_S * day.programme.fps
    from_n = max([day.start_n - horizon, *(order.n for order in orders)])
    if not fresh:
        from_n = max(from_n, last_carried_n(state.asrun))
    return missed_defaults(Show(day, orders), from_n, now_n, horizon)


def _journal_start(
    journal: Ledger, n: int, args: dict[str, Any], missed: Sequence[Order]
) -> list[str]:
    """A full disk is no reason to stay off the air: nothing needs to be decided for that."""
    try:
        now(_start(journal, n, args, missed))
    except OSError as error:
        return [
            f"the journal cannot be written ({error.strerror}): commands are refused until then"
        ]
    return [f"joins late: {len(missed)} defaults that fell due are decided now"] if missed else []


async def _start(journal: Ledger, n: int, args: dict[str, Any], missed: Sequence[Order]) -> None:
    try:
        await journal.write(Verb.START, n=n, author="supervisor", cause="schedule", args=args)
        for order in missed:
            await journal.write(
                order.verb,
                n=order.n,
                author="nobody",
                cause=order.cause,
                reason=order.reason,
                args=order.args,
            )
    finally:
        await journal.shut()


def _check_owner(
    entries: Sequence[Entry], day: Resolved, state: StateFolder, *, fresh: bool
) -> None:
    starts = [entry for entry in entries if entry.verb == Verb.START]
    if fresh or not starts or starts[-1].args.get("event") == day.id:
        return
    raise ConfigError(
        f"state folder {state.root} holds the decisions of event "
        f"{starts[-1].args.get('event')!r}, this is {day.id!r}: use another --state, "
        "or --fresh to leave them behind"
    )


def _about_start(
    day: Resolved, grid: Grid, begins: Rebase | None, asked: str | None, is_kept: bool
) -> list[str]:
    if begins is None:
        return []
    at = grid.utc(day.start_n).isoformat(sep=" ", timespec="seconds")
    if is_kept:
        other = f"; --start {asked} changes nothing without --fresh" if asked else ""
        return [f"joins the event that was started for {at} (--start {begins.text}){other}"]
    return [f"--start {begins.text}: the event begins at {at}"]


def _write_orders(live: LiveTree, orders: Sequence[Order]) -> None:
    partial = live.orders.with_suffix(".new")
    partial.unlink(missing_ok=True)
    writer = LineWriter(partial)
    for order in orders:
        writer.append(order.record())
    writer.close()
    partial.replace(live.orders)


def _replace(path: Path, content: bytes) -> None:
    partial = path.with_suffix(".new")
    partial.write_bytes(content)
    partial.replace(path)


def _lines(problems: Sequence[Problem]) -> str:
    return "\n".join(problem.text() for problem in problems)


def main() -> int:
    parser = argparse.ArgumentParser(prog="orchestrator.control.prepare")
    for name in ("live", "state", "event"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--start")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--on-air", action="store_true")
    args = parser.parse_args()
    begin("prepare")
    live = LiveTree(args.live)
    try:
        said = prepare(
            live,
            StateFolder(args.state),
            args.event,
            PageClock(live.clock),
            start=args.start,
            fresh=args.fresh,
            on_air=args.on_air,
        )
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    except StartError as error:
        print(error, file=sys.stderr)
        return 3
    for line in said:
        print(line, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(log_unhandled("prepare", main))
