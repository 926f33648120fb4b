"""The prepare job: from the file and the journal to everything the other processes read.

Run by the supervisor as `python -m orchestrator.control.prepare` before anything else, one thread.
Writes `rundown.json` (the resolved day), `orders.jsonl` (what has been decided), `processes.json`
(which children there are to be). Exit 2 and sentences on stderr if the file is wrong; then nothing
has been written.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.bus.child import begin, log_unhandled
from orchestrator.bus.dvr import index_path
from orchestrator.bus.lines import LineWriter, replace_json
from orchestrator.bus.orders import Order, Verb
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control.beginning import Beginning, beginning, with_truth
from orchestrator.control.carry import carry_what_is_left, last_carried_n
from orchestrator.control.chain import Entry
from orchestrator.control.derive import acts_in_force, orders_in_force, remind_gate
from orchestrator.control.editions import Editions, versions_in_force
from orchestrator.control.eventfile import decide_start, file_day, keep_start, load_plan
from orchestrator.control.journals import Ledger, now, open_ledger
from orchestrator.control.latejoin import DEFAULTS_AHEAD_S, missed_defaults
from orchestrator.control.processes import processes_of
from orchestrator.errors import ConfigError, StartError
from orchestrator.rundown.plan import Plan
from orchestrator.rundown.rebase import Rebase
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show
from orchestrator.timing import Clock, Grid, PageClock
from orchestrator.timing.clock import wall_offset_ns


def check_runnable(
    event: Path,
    state: StateFolder,
    start: str | None,
    *,
    fresh: bool = False,
    on_air: bool = False,
    reload: bool = False,
) -> None:
    """Raises ConfigError, with every sentence there is, if the prepare job would refuse.

    An event that has begun goes on with the version in force, whatever its file has become.
    """
    now_ns = time.monotonic_ns() + wall_offset_ns()
    try:
        plan = load_plan(event)
        begins, _ = decide_start(state, plan, start, now_ns, fresh=fresh)
        file_day(plan, event.parent, begins, on_air=on_air, sends=on_air or begins is None)
    except ConfigError:
        if fresh or reload or Editions(LiveTree(Path()), state).running(now_ns) is None:
            raise


def prepare(
    live: LiveTree,
    state: StateFolder,
    event: Path,
    clock: Clock,
    *,
    start: str | None = None,
    fresh: bool = False,
    on_air: bool = False,
    reload: bool = False,
) -> list[str]:
    """Write everything; what there is to say about it. Raises ConfigError or StartError, having
    written nothing of its own, or OSError."""
    now_ns = clock.now_ns()
    editions = Editions(live, state)
    must = fresh or reload
    read = _read(event, state, editions, now_ns, start, must=must, fresh=fresh, on_air=on_air)
    grid = Grid.standard(read.day.programme.fps)
    now_n = grid.frame_at(now_ns)
    said: list[str] = []
    if not fresh:
        try:
            carry_what_is_left(live, state, clock)
        except OSError as error:
            said.append(f"the as-run waits in {live.root} ({error.strerror}): control carries it")
    journal = open_ledger(state, read.day.id, clock)
    if journal.trouble and fresh:
        raise StartError(f"{journal.trouble}: without it nothing can be left behind (--fresh)")
    try:
        said += [f"the journal was damaged: {damage.text()}" for damage in journal.damages]
        entries = journal.entries
        _check_owner(entries, read.day, state, fresh=fresh)
        if not fresh:
            said += _fetch_versions(editions, journal)
        first = beginning(editions, entries, read.file, now_n, fresh=fresh, reload=reload)
        day = with_truth(first.chain[-1], read.file)
        processes = processes_of(day, on_air=on_air)
        if read.plan is not None and not read.is_kept:
            utc = grid.utc(day.start_n).isoformat(timespec="milliseconds")
            keep_start(state, read.plan, read.begins, utc)
        args = {"event": day.id, "start_n": day.start_n, "file": str(event), "on_air": on_air}
        if journal.trouble:  # the show goes on with what the copy says
            said.append(f"{journal.trouble}: commands are refused until it does")
        else:
            if first.is_new and read.file is not None:
                said += _keep_version(editions, journal, first.chain[-1], read.file, event)
            missed = _missed(first, [] if fresh else entries, state, now_n, fresh=fresh)
            said += _journal_start(journal, now_n, first, args | {"fresh": fresh}, missed)
        orders = orders_in_force(journal.entries)
        remind_gate(live, acts_in_force(journal.entries))
    finally:
        now(journal.shut())
    editions.lay_out([*first.chain[:-1], day])
    _write_orders(live, orders)
    replace_json(live.processes, processes)
    if fresh:  # nobody scrubs back into what was left behind; the recorder empties the folder
        index_path(state.dvr).unlink(missing_ok=True)
    said += [*read.said, *first.said]
    return said + _about_start(day, grid, read.begins, start, read.is_kept)


@dataclass(frozen=True, slots=True)
class _Read:
    """What there is to begin with: the file's day, or else the version that is in force."""

    day: Resolved
    file: Resolved | None
    plan: Plan | None = None
    begins: Rebase | None = None
    is_kept: bool = False
    said: tuple[str, ...] = ()


def _read(
    event: Path,
    state: StateFolder,
    editions: Editions,
    now_ns: int,
    start: str | None,
    *,
    must: bool,
    fresh: bool,
    on_air: bool,
) -> _Read:
    """Raises ConfigError if the file is wrong and `must` be right, or no version is in force."""
    try:
        plan = load_plan(event)
        begins, is_kept = decide_start(state, plan, start, now_ns, fresh=fresh)
        sends = on_air or begins is None
        file = file_day(plan, event.parent, begins, on_air=on_air, sends=sends)
    except ConfigError as error:
        running = None if must else editions.running(now_ns)
        if running is None:
            raise
        said = (
            f"the event goes on with version {running.version} of its rundown, for:",
            str(error),
        )
        return _Read(running, None, said=said)
    return _Read(file, file, plan, begins, is_kept)


def _missed(
    first: Beginning, entries: Sequence[Entry], state: StateFolder, now_n: int, *, fresh: bool
) -> list[Order]:
    """What nobody was there to decide since the last thing that is known to have happened."""
    orders = [order for order in orders_in_force(entries) if order.verb is not Verb.STOP]
    day = first.chain[0]
    horizon = DEFAULTS_AHEAD_S * day.programme.fps
    from_n = max([day.start_n - horizon, *(order.n for order in orders)])
    if not fresh:
        from_n = max(from_n, last_carried_n(state.asrun))
    return missed_defaults(Show(day, orders, first.chain[1:]), from_n, now_n, horizon)


def _fetch_versions(editions: Editions, journal: Ledger) -> list[str]:
    """What another machine has brought into force and this one has no files of; what to say."""

    try:
        lacking = now(editions.fetch(versions_in_force(journal.entries), journal))
    except OSError as error:
        return [f"versions of the rundown that are not here cannot be had: {error.strerror}"]
    if not lacking:
        return []
    numbers = ", ".join(map(str, lacking))
    return [
        f"version {numbers} of the rundown was in force and is neither in the state folder nor "
        "beside the journal: the event goes on with its file as it is now"
    ]


def _keep_version(
    editions: Editions, journal: Ledger, day: Resolved, file: Resolved, event: Path
) -> list[str]:
    """A full disk is no reason to stay off the air; a restart then begins with the file anew."""

    try:
        editions.keep(day, file, event)
        now(journal.shelve(day.version, editions.files(day.version)))
    except OSError as error:
        return [f"version {day.version} of the rundown cannot be kept ({error.strerror})"]
    return []


def _journal_start(
    journal: Ledger, n: int, first: Beginning, args: dict[str, Any], missed: Sequence[Order]
) -> list[str]:
    """A full disk is no reason to stay off the air: nothing needs to be decided for that."""
    try:
        now(_start(journal, n, first, args, missed))
    except OSError as error:
        return [
            f"the journal cannot be written ({error.strerror}): commands are refused until then"
        ]
    return [f"joins late: {len(missed)} defaults that fell due are decided now"] if missed else []


async def _start(
    journal: Ledger, n: int, first: Beginning, args: dict[str, Any], missed: Sequence[Order]
) -> None:
    async def say(verb: Verb, args: dict[str, Any]) -> None:
        await journal.write(verb, n=n, author="supervisor", cause="schedule", args=args)

    try:
        await say(Verb.START, args | {"version": first.version, "digest": first.digest})
        if first.chain[-1].version != first.version:
            await say(Verb.RUNDOWN, {"version": first.chain[-1].version, "digest": first.digest})
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


def main() -> int:
    parser = argparse.ArgumentParser(prog="orchestrator.control.prepare")
    for name in ("live", "state", "event"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--start")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--on-air", action="store_true")
    parser.add_argument("--reload", action="store_true")
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
            reload=args.reload,
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
