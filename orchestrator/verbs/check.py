"""`orchestrator check EVENT.yaml`: everything that is wrong, everything that moved, the day.

What it needs is imported when it is called, so that the other verbs start quickly.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def check(
    event: Annotated[Path, typer.Argument(help="The event file.", metavar="EVENT.yaml")],
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count: exit 1.")] = False,
    site: Annotated[str | None, typer.Option(help="The call sheet of one site.")] = None,
    person: Annotated[str | None, typer.Option(help="The call sheet of one person.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="The table for a spreadsheet.")] = False,
    html: Annotated[bool, typer.Option("--html", help="The table as a page to print.")] = False,
    ics: Annotated[bool, typer.Option("--ics", help="A calendar (RFC 5545).")] = False,
    ics_since: Annotated[
        Path | None,
        typer.Option(
            metavar="OLD.ics",
            help="The same, over the one that was sent out before: what changed has a higher "
            "SEQUENCE, what has gone is CANCELLED.",
        ),
    ] = None,
    expanded: Annotated[
        bool, typer.Option("--expanded", help="Every slot written out, as plain YAML.")
    ] = False,
    start: Annotated[
        str | None, typer.Option(help="As if run with this --start: now, 14:00 or +10m.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Again whenever a file changes.")] = False,
) -> None:
    """Check an event file: errors, warnings, what moved to fit, and the day as a table.

    Exit 0; 1 for warnings with --strict; 2 for errors, all of them printed by line.
    """
    from orchestrator.verbs.checking import Form, Wish, checked

    asked = {
        Form.CSV: csv,
        Form.HTML: html,
        Form.ICS: ics or ics_since is not None,
        Form.EXPANDED: expanded,
    }
    forms = [form for form, is_asked in asked.items() if is_asked]
    if len(forms) > 1 or (forms and forms[0] is not Form.ICS and (site or person)):
        raise typer.BadParameter("choose one of --csv, --html, --ics, --expanded, --site, --person")
    wish = Wish(event, forms[0] if forms else Form.TABLE, site, person, start, ics_since)
    raise typer.Exit(checked(wish, is_strict=strict, is_watching=watch))


def register(app: typer.Typer) -> None:
    app.command()(check)
