"""`orchestrator asrun export|sent`: what really went out, and what each output really sent.

Read only; works with the event running or not. Everything comes from the state folder, and while
the event runs also the newest lines that are not in it yet.
"""

from __future__ import annotations

import contextlib
import csv
import json
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from orchestrator.bus.lines import Record, read_lines
from orchestrator.bus.orders import Verb
from orchestrator.bus.sent import GAP, REAL, SLATE, Span, read_sent
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control.journal import read_journal
from orchestrator.errors import StartError
from orchestrator.rundown.chapters import chapters, webvtt
from orchestrator.rundown.load import load
from orchestrator.rundown.rebase import Rebase
from orchestrator.rundown.resolve import resolve
from orchestrator.rundown.resolved import Resolved
from orchestrator.timing.grid import Grid
from orchestrator.verbs.journal import unformulated
from orchestrator.verbs.running import DEFAULT_STATE, State

_SOURCE = "src"
"""Where a line was carried from: of no use to anybody else."""
_COLUMNS = ("n", "utc", "event", "slot", "shot", "by", "rule", "author", "seq", "more")


class Form(StrEnum):
    JSONL = "jsonl"
    CSV = "csv"
    VTT = "vtt"


class Table(StrEnum):
    TEXT = "text"
    JSONL = "jsonl"
    CSV = "csv"


Out = Annotated[Path | None, typer.Option(help="A file; else standard output.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="What really went out.", no_args_is_help=True)
    for verb in (export, sent):
        group.command()(verb)
    app.add_typer(group, name="asrun")


def export(
    form: Annotated[
        Form, typer.Option("--format", help="jsonl, csv, or vtt: chapters for players.")
    ] = Form.JSONL,
    out: Out = None,
    state: State = DEFAULT_STATE,
) -> None:
    """Every change on air with its cause, as JSON lines, CSV or WebVTT chapters.

    WebVTT counts from the first slot's first frame, as a recording of the whole event does.
    """
    lines = read_asrun(StateFolder(state))
    if not lines:
        raise StartError(f"nothing has gone out yet with the state folder {state}")
    if form is Form.VTT:
        begins_n = int(_last_start(state).get("start_n", 0))
        _write(out, _vtt([line for line in lines if int(line["n"]) >= begins_n], _day(state)))
        return
    if form is Form.JSONL:
        _write(out, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
        return
    _write_table(out, _COLUMNS, map(_row, lines))


def sent(
    output: Annotated[str, typer.Option(help="Of this output only.")] = "",
    form: Annotated[Table, typer.Option("--format", help="text, jsonl or csv.")] = Table.TEXT,
    out: Out = None,
    state: State = DEFAULT_STATE,
) -> None:
    """Per output what it really sent: programme, slate and gaps, with times and reasons."""
    folder = StateFolder(state)
    logs = {path.stem: path for path in sorted(folder.sent("x").parent.glob("*.jsonl"))}
    if output and output not in logs:
        there = ", ".join(logs) or "none has sent anything yet"
        raise StartError(f"there is no log of output {output!r} in {state}; there are: {there}")
    chosen = {name: path for name, path in logs.items() if output in ("", name)}
    grids = {name: _grid_of(path) for name, path in chosen.items()}
    spans = {name: read_sent(path) for name, path in chosen.items()}
    if form is Table.TEXT:
        _write(out, "".join(_report(name, spans[name], grids[name]) for name in chosen))
        return
    records = [span.record(grids[name]) for name in chosen for span in spans[name]]
    if form is Table.JSONL:
        _write(out, "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))
        return
    columns = ("output", "utc", "length_s", "what", "why", "from_k", "to_k")
    _write_table(out, columns, records)


def read_asrun(folder: StateFolder) -> list[Record]:
    """All lines of this event, oldest first, those of the running tree last. Raises StartError."""
    try:
        kept = read_lines(folder.asrun)
        live = read_lines(LiveTree.of_state(folder.root).asrun)
    except OSError as error:
        raise StartError(f"the as-run of {folder.root} cannot be read: {error.strerror}") from error
    known = {_key(line) for line in kept}
    lines = [*kept, *(line for line in live if _key(line) not in known)]
    return [{k: v for k, v in line.items() if k != _SOURCE} for line in lines if "n" in line]


def _key(line: Mapping[str, Any]) -> str:
    """Two lines are the same if all of them is, but for where it was carried from."""
    return json.dumps({k: v for k, v in line.items() if k != _SOURCE}, sort_keys=True)


def _day(state: Path) -> Resolved | None:
    """The rundown as it is being played, or as its file says now; None: ids stand for titles."""
    try:
        return Resolved.from_json(LiveTree.of_state(state).snapshot.read_bytes())
    except (OSError, ValueError):
        pass
    start = _last_start(state)
    try:
        plan = load(Path(str(start["file"]))).plan
        start_n = int(start["start_n"])
    except (OSError, KeyError, TypeError, ValueError):
        return None
    return resolve(plan, start=Rebase(start_n, "as-run"))[0] if plan is not None else None


def _last_start(state: Path) -> Mapping[str, Any]:
    """What the journal says of the last start; nothing if it cannot be read."""
    folder = StateFolder(state)
    for path in (folder.journal, folder.mirror):
        with contextlib.suppress(OSError):
            starts = [entry for entry in read_journal(path).entries if entry.verb == Verb.START]
            if starts:
                return starts[-1].args
    return {}


def _vtt(lines: Sequence[Record], day: Resolved | None) -> str:
    fps = day.programme.fps if day is not None else _fps(lines)
    found = chapters(lines, day, fps)
    first = next((i for i, chapter in enumerate(found) if chapter.slot), None)
    if first is None:
        return webvtt([], 0)
    zero_n, last_n = found[first].n, int(lines[-1]["n"])
    ended = found[-1].n if not found[-1].slot else None
    end_n = ended if ended is not None else max(last_n, found[-1].n + fps)
    starts = [((chapter.n - zero_n) / fps, chapter.title) for chapter in found[first:]]
    return webvtt(starts[:-1] if ended is not None else starts, (end_n - zero_n) / fps)


def _fps(lines: Sequence[Record]) -> int:
    """Frames count from the epoch, so any line with both its number and its instant tells."""
    from datetime import datetime

    line = lines[0]
    return round(int(line["n"]) / datetime.fromisoformat(str(line["utc"])).timestamp())


def _row(line: Record) -> dict[str, object]:
    cause = line.get("cause", {})
    cause = cause if isinstance(cause, dict) else {}
    told = {"n", "utc", "event", "slot", "shot", "cause"}
    more = {key: value for key, value in line.items() if key not in told}
    seq = cause.get("seq")
    return {
        **{key: line.get(key, "") for key in ("n", "utc", "event", "slot", "shot")},
        **{key: cause.get(key, "") for key in ("by", "rule", "author")},
        "seq": "" if seq is None else seq,
        "more": json.dumps(more, ensure_ascii=False, separators=(",", ":")) if more else "",
    }


def _grid_of(path: Path) -> Grid:
    """The grid that a log was written on: the one on which its first span is where it says."""
    for record in read_lines(path)[:1]:
        for fps in (25, 30):
            grid = Grid.standard(fps)
            try:
                if Span.of(record).record(grid)["utc"] == record["utc"]:
                    return grid
            except (ValueError, KeyError, TypeError, OverflowError):
                continue
    return Grid.standard(30)


def _report(name: str, spans: Sequence[Span], grid: Grid) -> str:
    seconds = dict.fromkeys((REAL, SLATE, GAP), 0.0)
    for span in spans:
        seconds[span.what] = seconds.get(span.what, 0.0) + _length_s(span, grid)
    whole = sum(seconds.values())
    if not spans:
        return f"{name}: nothing yet\n"
    share = 100 * seconds[REAL] / whole
    lines = [
        f"{name}: {_clock(whole)} from {_at(spans[0].from_k, grid)} · programme "
        f"{_clock(seconds[REAL])} ({share:.3f} %) · slate {_clock(seconds[SLATE])} · "
        f"gaps {_clock(seconds[GAP])}"
    ]
    for span in spans:
        if span.what != REAL:
            why = f"  {span.why}" if span.why else ""
            lines.append(
                f"  {_at(span.from_k, grid)}  {_length_s(span, grid):>9.3f} s  {span.what:<5}{why}"
            )
    return "\n".join(lines) + "\n"


def _length_s(span: Span, grid: Grid) -> float:
    return (span.to_k + 1 - span.from_k) * grid.part_s


def _at(k: int, grid: Grid) -> str:
    return grid.utc(grid.first_frame(k)).strftime("%Y-%m-%d %H:%M:%SZ")


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def _write(out: Path | None, text: str) -> None:
    if out is None:
        sys.stdout.write(text)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StartError(f"{out} cannot be written: {error.strerror}") from error


def _write_table(out: Path | None, columns: Sequence[str], rows: Any) -> None:
    def write(file: TextIO) -> None:
        table = csv.writer(file)
        table.writerow(columns)
        for row in rows:
            table.writerow([unformulated(str(row[column])) for column in columns])

    if out is None:
        write(sys.stdout)
        return
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            write(file)
    except OSError as error:
        raise StartError(f"{out} cannot be written: {error.strerror}") from error
