"""`orchestrator sheet EVENT.yaml day.csv`: the running order for a spreadsheet, and back.

Exit 0; 2 if the file or the sheet is wrong, and then nothing has been written.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.errors import ConfigError
from orchestrator.rundown import sheet as sheets
from orchestrator.rundown.load import load
from orchestrator.rundown.plan import Plan
from orchestrator.rundown.problem import Severity
from orchestrator.rundown.sheetpatch import patched
from orchestrator.rundown.spans import CannotPatch


def sheet(
    first: Annotated[Path, typer.Argument(help="The event file.", metavar="EVENT.yaml")],
    second: Annotated[Path, typer.Argument(help="The sheet.", metavar="DAY.csv")],
    apply: Annotated[
        bool, typer.Option("--apply", help="Take the edits: sheet --apply DAY.csv EVENT.yaml.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --apply: only say what would change.")
    ] = False,
) -> None:
    """Write the rundown as a spreadsheet, or take the edits made in one."""
    event, day = (first, second) if first.suffix.lower() in (".yaml", ".yml") else (second, first)
    try:
        if apply:
            _apply(event, day, is_dry=dry_run)
        else:
            day.write_text(sheets.export(_plan(event)), encoding="utf-8", newline="")
            typer.echo(f"{day}: edit it, then  orchestrator sheet --apply {day} {event}")
    except (ConfigError, sheets.WrongSheet, CannotPatch) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except (OSError, UnicodeDecodeError) as error:
        typer.echo(f"cannot read or write a file: {error}", err=True)
        raise typer.Exit(2) from None


def _apply(event: Path, day: Path, *, is_dry: bool) -> None:
    plan = _plan(event)
    edits = sheets.changed(plan, day.read_bytes().decode("utf-8-sig"))
    if not edits.changes and not edits.new:
        typer.echo("Nothing has been edited; the file stays as it is.")
        return
    text = event.read_bytes().decode("utf-8")
    _write(event, plan, patched(plan, text, edits), edits, is_dry=is_dry)
    for line in [change.text() for change in edits.changes] + [row.text() for row in edits.new]:
        typer.echo(line)
    typer.echo("Nothing is written (--dry-run)." if is_dry else f"Written to {event}.")


def _write(event: Path, plan: Plan, text: str, edits: sheets.Edits, *, is_dry: bool) -> None:
    """Replace the file by `text`, if that loads and says what the sheet says and nothing else."""
    beside = event.with_name(f".{event.name}.new")  # beside it, for what it includes
    try:
        beside.write_bytes(text.encode("utf-8"))
        after = _plan(beside, shown=event)
        if wrong := sheets.surprises(plan, after, edits):
            raise ConfigError(
                f"the file would not say what the sheet says ({', '.join(wrong)}); "
                "change it by hand"
            )
        if not is_dry:
            shutil.copymode(event, beside)
            beside.replace(event)
    finally:
        beside.unlink(missing_ok=True)


def _plan(path: Path, shown: Path | None = None) -> Plan:
    """The plan in `path`. Raises ConfigError with all that is wrong, as if it were `shown`."""
    loaded = load(path)
    if loaded.plan is not None:
        return loaded.plan
    errors = [p.text() for p in loaded.problems if p.severity is Severity.ERROR]
    raise ConfigError("\n".join(errors).replace(str(path), str(shown or path)))


def register(app: typer.Typer) -> None:
    app.command()(sheet)
