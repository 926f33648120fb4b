"""`orchestrator journal verify|show|export|explain`: the record of everything decided, read only.

Works with the event running or not. Exit 1 when something in the file does not belong to it.
"""

from __future__ import annotations

import asyncio
import csv
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.bus.lines import read_lines
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control.chain import Entry, Reading
from orchestrator.control.journal import read_journal
from orchestrator.errors import StartError
from orchestrator.rundown.instants import Fault, Frame, locate
from orchestrator.rundown.problem import NOWHERE
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.times import Unreadable, time_spec
from orchestrator.verbs.running import DEFAULT_STATE, State


class Form(StrEnum):
    JSONL = "jsonl"
    CSV = "csv"


_COLUMNS = ("seq", "at", "n", "verb", "author", "cause", "reason", "args")


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="The record of everything decided.", no_args_is_help=True)
    for verb in (verify, show, export, explain):
        group.command()(verb)
    app.add_typer(group, name="journal")


def verify(state: State = DEFAULT_STATE) -> None:
    """Check every entry against the one before it."""
    reading = _read(state)
    last = reading.last
    if last is None and not reading.damages:
        typer.echo("the journal is empty")
        return
    for damage in reading.damages:
        typer.echo(f"DAMAGED {damage.text()}")
        if damage.until_byte > damage.from_byte:
            typer.echo(f"  bytes {damage.from_byte} to {damage.until_byte} do not count")
    where = f"{last.seq} {last.hash[:16]}… of {last.at}" if last else "none"
    typer.echo(f"{len(reading.entries)} entries chain; the last good one is {where}")
    if reading.damages:
        raise typer.Exit(1)


def show(
    last: Annotated[int, typer.Option(help="So many of the newest entries; 0 for all.")] = 20,
    state: State = DEFAULT_STATE,
) -> None:
    """The newest entries, a line each."""
    entries = _read(state).entries
    for entry in entries[-last:] if last > 0 else entries:
        typer.echo(_line(entry))


def export(
    form: Annotated[Form, typer.Option("--as", help="jsonl or csv.")] = Form.JSONL,
    out: Annotated[Path | None, typer.Option(help="A file; else standard output.")] = None,
    state: State = DEFAULT_STATE,
) -> None:
    """Every entry that chains, for another program."""
    entries = _read(state).entries
    if out is None:
        _write(entries, form, sys.stdout)
        return
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            _write(entries, form, file)
    except OSError as error:
        raise StartError(f"{out} cannot be written: {error.strerror}") from error
    typer.echo(f"{len(entries)} entries in {out}")


def explain(
    at: Annotated[
        str, typer.Option(help="A time of the event's clock (18:57:12), or a frame's number.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Everything, for a program.")] = False,
    state: State = DEFAULT_STATE,
) -> None:
    """What was on at that moment, and because of what; the present moment if none is given."""
    from orchestrator.control.explain import explain as told_of

    folder, live = StateFolder(state), LiveTree.of_state(state)
    entries = _read(state).entries
    day = _day(live, entries)
    n = _frame(at, day, folder)
    told = told_of(n, day, entries, folder.asrun, live.decisions)
    typer.echo(json.dumps(told, ensure_ascii=False, indent=1) if as_json else told["text"])


def _day(live: LiveTree, entries: Sequence[Entry]) -> Resolved:
    """The running day, or the file that the last one was started from."""
    from orchestrator.control.eventfile import load_plan, resolve_plan

    try:
        return Resolved.from_json(live.snapshot.read_bytes())
    except (OSError, ValueError):
        pass
    starts = [entry for entry in entries if entry.verb == "start"]
    if not starts:
        raise StartError("no event has been started here: there is nothing to explain")
    day = resolve_plan(load_plan(Path(str(starts[-1].args.get("file")))), None)
    by = int(starts[-1].args.get("start_n", day.start_n)) - day.start_n
    return replace(day, start_n=day.start_n + by, end_n=day.end_n + by)


def _frame(at: str, day: Resolved, folder: StateFolder) -> int:
    """Raises StartError for a text that is no moment of the event."""
    if not at:
        records = [r for r in read_lines(folder.asrun) if isinstance(r.get("n"), int)]
        if not records:
            raise StartError("the as-run is empty: nothing has been on air")
        return int(records[-1]["n"])
    if at.isdecimal():
        return int(at)
    try:
        spec = time_spec(
            at, event_zone=day.timezone, zone_of=lambda _: None, fps=day.programme.fps, mark=NOWHERE
        )
    except Unreadable as error:
        raise StartError(f"--at {error.message} {error.hint}".strip()) from error
    frame = Frame(day.programme.fps, day.timezone, day.start_n, day.end_n)
    found = locate(spec, frame, day.start_n)
    if isinstance(found, Fault):
        raise StartError(f"--at {found.message} {found.hint}")
    return found


def _write(entries: Sequence[Entry], form: Form, file: object) -> None:
    from typing import TextIO, cast

    text = cast(TextIO, file)
    if form is Form.JSONL:
        for entry in entries:
            text.write(json.dumps(entry.record(), ensure_ascii=False) + "\n")
        return
    table = csv.writer(text)
    table.writerow(_COLUMNS)
    for entry in entries:
        args = json.dumps(entry.args, ensure_ascii=False, separators=(",", ":"))
        record = entry.record() | {"args": args}
        table.writerow([unformulated(str(record[name])) for name in _COLUMNS])


def unformulated(text: str) -> str:
    """A reason that begins like a formula must not become one in somebody's spreadsheet."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text


def _read(state: Path) -> Reading:
    """Of Redis with `REDIS_URL`; which event is what the copy in the state folder says."""
    folder = StateFolder(state)
    url = os.environ.get("REDIS_URL", "")
    try:
        if not url:
            return read_journal(folder.journal)
        copy = read_journal(folder.mirror)
        starts = [entry for entry in copy.entries if entry.verb == "start"]
        if not starts:
            raise StartError(f"no event has been started with {state} and REDIS_URL")
        from orchestrator.control.redisjournal import read_redis

        return asyncio.run(read_redis(url, str(starts[-1].args.get("event"))))
    except OSError as error:
        raise StartError(f"the journal of {state} cannot be read: {error.strerror}") from error


def _line(entry: Entry) -> str:
    args = " ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in
                    entry.args.items())  # fmt: skip
    reason = f"  ({entry.reason})" if entry.reason else ""
    who = entry.author or entry.cause
    return f"{entry.seq:>5}  {entry.at}  {who:<12} {entry.verb:<10} {args}{reason}"
