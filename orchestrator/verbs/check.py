"""`orchestrator check EVENT.yaml`: everything that is wrong, everything that moved, the day.

Exit 0; 1 for warnings with --strict; 2 for errors, all of them printed.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.errors import ConfigError
from orchestrator.rundown import callsheet, htmlsheet, ics, overview, table
from orchestrator.rundown.expanded import expanded
from orchestrator.rundown.problem import Problem, Severity
from orchestrator.rundown.rows import one_line, rows
from orchestrator.verbs.examining import Examined, examine, files_of

_POLL_S = 0.5


class Form(StrEnum):
    TABLE = "table"
    CSV = "csv"
    HTML = "html"
    ICS = "ics"
    EXPANDED = "expanded"


def check(
    event: Annotated[Path, typer.Argument(help="The event file.", metavar="EVENT.yaml")],
    strict: Annotated[bool, typer.Option(help="Warnings count: exit 1.")] = False,
    site: Annotated[str | None, typer.Option(help="The call sheet of one site.")] = None,
    person: Annotated[str | None, typer.Option(help="The call sheet of one person.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="The table for a spreadsheet.")] = False,
    html: Annotated[bool, typer.Option("--html", help="The table as a page to print.")] = False,
    ics_: Annotated[bool, typer.Option("--ics", help="A calendar (RFC 5545).")] = False,
    expanded_: Annotated[
        bool, typer.Option("--expanded", help="Every slot written out, as plain YAML.")
    ] = False,
    start: Annotated[
        str | None, typer.Option(help="As if run with this --start: now, 14:00 or +10m.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Again whenever a file changes.")] = False,
) -> None:
    """Check an event file: errors, warnings, what moved to fit, and the day as a table."""
    asked = {Form.CSV: csv, Form.HTML: html, Form.ICS: ics_, Form.EXPANDED: expanded_}
    forms = [form for form, is_asked in asked.items() if is_asked]
    if len(forms) > 1 or (forms and forms[0] is not Form.ICS and (site or person)):
        raise typer.BadParameter("choose one of --csv, --html, --ics, --expanded, --site, --person")
    form = forms[0] if forms else Form.TABLE
    while True:
        before = files_of(event)
        status = _once(event, form, strict=strict, site=site, person=person, start=start)
        if not watch:
            raise typer.Exit(status)
        _wait_for_change(event, before)
        typer.echo(f"\n{'─' * 40}\n")


def _once(
    event: Path,
    form: Form,
    *,
    strict: bool,
    site: str | None,
    person: str | None,
    start: str | None,
) -> int:
    """One round; the exit status."""
    try:
        examined = examine(event, start)
        shown = _shown(event, examined, form, site, person)
    except ConfigError as error:
        typer.echo(str(error), err=True)
        return 2
    is_table = form is Form.TABLE and site is None and person is None
    for problem in examined.problems:
        typer.echo(said(problem), err=not is_table)
    if shown:
        if is_table and examined.problems:
            typer.echo()
        typer.echo(shown, nl=False)
    if examined.has_errors:
        return 2
    return 1 if strict and examined.warnings else 0


def _shown(
    event: Path, examined: Examined, form: Form, site: str | None, person: str | None
) -> str:
    """What is asked for; nothing if there are errors. Raises ConfigError."""
    resolved, plan = examined.resolved, examined.loaded.plan
    if resolved is None or plan is None:
        return ""
    for what, id_, known in (("site", site, resolved.sites), ("person", person, resolved.people)):
        if id_ is not None and id_ not in known:
            raise ConfigError(f'there is no {what} "{id_}".   There are: {", ".join(known)}.')
    day = rows(resolved, plan.blocks)
    if form is Form.CSV:
        return table.as_csv(resolved, day)
    if form is Form.HTML:
        return htmlsheet.page(resolved, day, examined.warnings)
    if form is Form.ICS:
        written = max(mtime for mtime, _ in files_of(event).values()) // 1_000_000_000
        stamp = datetime.fromtimestamp(written, UTC)
        chosen = callsheet.slots_of(resolved, site, person)
        return ics.calendar(resolved, chosen, stamp).decode()
    if form is Form.EXPANDED:
        return expanded(plan)
    sheets = []
    if site is not None:
        sheets.append(callsheet.for_site(resolved, site))
    if person is not None:
        sheets.append(callsheet.for_person(resolved, person))
    if sheets:
        return "\n".join(sheets)
    return (
        overview.head(resolved, examined.changes, examined.loaded.unenforced)
        + "\n"
        + table.text(day)
        + "\n"
        + overview.count(examined.problems)
    )


def said(problem: Problem) -> str:
    """A problem as a line: errors as they are, warnings and notes with their code behind."""
    text = "\n".join(one_line(line) for line in problem.text().split("\n"))
    return text if problem.severity is Severity.ERROR else f"{text}   [{problem.code}]"


def _wait_for_change(event: Path, before: dict[Path, tuple[int, int]]) -> None:
    while files_of(event) == before:
        time.sleep(_POLL_S)


def register(app: typer.Typer) -> None:
    app.command()(check)
