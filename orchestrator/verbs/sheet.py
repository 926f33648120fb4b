"""`orchestrator sheet EVENT.yaml day.csv`: the running order for a spreadsheet, and back.

Exit 0; 2 if the file or the sheet is wrong, and then nothing has been written.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


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
    from orchestrator.verbs.sheeting import SheetError, take, write

    event, day = (first, second) if first.suffix.lower() in (".yaml", ".yml") else (second, first)
    try:
        lines = take(event, day, is_dry=dry_run) if apply else write(event, day)
    except SheetError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    for line in lines:
        typer.echo(line)


def register(app: typer.Typer) -> None:
    app.command()(sheet)
