"""What `check` does: examine the file, print what was found, and show the day as asked for.

In the table everything goes to standard output; other forms leave that to themselves, and
problems go to standard error.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import typer

from orchestrator.errors import ConfigError
from orchestrator.rundown import callsheet, htmlsheet, ics, overview, table
from orchestrator.rundown.expanded import expanded
from orchestrator.rundown.files import files_of
from orchestrator.rundown.plan import Plan
from orchestrator.rundown.problem import Problem, Severity
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.rows import printable, rows
from orchestrator.verbs.examining import Examined, examine

_POLL_S = 0.5


class Form(StrEnum):
    TABLE = "table"
    CSV = "csv"
    HTML = "html"
    ICS = "ics"
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True)
class Wish:
    """What to show. A site or a person makes the table a call sheet, and a calendar theirs."""

    event: Path
    form: Form = Form.TABLE
    site: str | None = None
    person: str | None = None
    start: str | None = None
    since: Path | None = None
    """The calendar that was sent out before."""

    @property
    def is_whole_table(self) -> bool:
        return self.form is Form.TABLE and self.site is None and self.person is None


def checked(wish: Wish, *, is_strict: bool, is_watching: bool) -> int:
    """Print it all; the exit status. When watching, once for every change, for ever."""
    while is_watching:
        before = files_of(wish.event)
        _once(wish, is_strict=is_strict)
        while files_of(wish.event) == before:
            time.sleep(_POLL_S)
        typer.echo(f"\n{'─' * 40}\n")
    return _once(wish, is_strict=is_strict)


def _once(wish: Wish, *, is_strict: bool) -> int:
    try:
        examined = examine(wish.event, wish.start)
        shown = _shown(wish, examined)
    except ConfigError as error:
        typer.echo(str(error), err=True)
        return 2
    for problem in examined.problems:
        typer.echo(said(problem), err=not wish.is_whole_table)
    if shown:
        if wish.is_whole_table and examined.problems:
            typer.echo()
        typer.echo(shown, nl=False)
    if examined.has_errors:
        return 2
    return 1 if is_strict and examined.warnings else 0


def said(problem: Problem) -> str:
    """A problem as a line: errors as they are, warnings and notes with their code behind."""
    text = printable(problem.text())
    return text if problem.severity is Severity.ERROR else f"{text}   [{problem.code}]"


def _shown(wish: Wish, examined: Examined) -> str:
    """What is asked for; nothing if there are errors. Raises ConfigError."""
    resolved, plan = examined.resolved, examined.loaded.plan
    if resolved is None or plan is None:
        return ""
    _must_be_known("site", wish.site, list(resolved.sites))
    _must_be_known("person", wish.person, list(resolved.people))
    day = rows(resolved, plan.blocks)
    if wish.form is Form.CSV:
        return table.as_csv(resolved, day)
    if wish.form is Form.HTML:
        return htmlsheet.page(resolved, day, examined.warnings)
    if wish.form is Form.ICS:
        return _calendar(wish, resolved)
    if wish.form is Form.EXPANDED:
        return expanded(plan)
    if not wish.is_whole_table:
        return _call_sheets(wish, resolved)
    return _whole_table(examined, resolved, plan)


def _must_be_known(what: str, id_: str | None, known: list[str]) -> None:
    if id_ is not None and id_ not in known:
        raise ConfigError(f'there is no {what} "{id_}".   There are: {", ".join(known)}.')


def _whole_table(examined: Examined, resolved: Resolved, plan: Plan) -> str:
    head = overview.head(resolved, examined.changes, examined.loaded.unenforced)
    day = table.text(rows(resolved, plan.blocks))
    return f"{head}\n{day}\n{overview.count(examined.problems)}"


def _call_sheets(wish: Wish, resolved: Resolved) -> str:
    sheets = []
    if wish.site is not None:
        sheets.append(callsheet.for_site(resolved, wish.site))
    if wish.person is not None:
        sheets.append(callsheet.for_person(resolved, wish.person))
    return "\n".join(sheets)


def _calendar(wish: Wish, resolved: Resolved) -> str:
    written_ns = max(mtime_ns for mtime_ns, _ in files_of(wish.event).values())
    stamp = datetime.fromtimestamp(written_ns // 1_000_000_000, UTC)
    slots = callsheet.slots_of(resolved, wish.site, wish.person)
    whose = " · ".join(filter(None, (wish.site, wish.person)))
    try:
        since = wish.since.read_bytes() if wish.since is not None else None
    except OSError as error:
        raise ConfigError(f"{wish.since}: cannot be read ({error.strerror}).") from error
    return ics.calendar(resolved, slots, stamp, whose=whose, since=since).decode()
