"""The day as a table: one row per slot, as text for a terminal and as CSV. Pure."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Sequence

from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.rows import Row
from orchestrator.timing.grid import Grid

HEADINGS = (
    "#",
    "block",
    "time",
    "local",
    "length",
    "kind",
    "title",
    "who",
    "feeds",
    "audience",
    "anchor/room",
    "notes",
)

CSV_HEADINGS = (
    "#",
    "id",
    "block",
    "start utc",
    "start",
    "end",
    "local",
    "planned",
    "length",
    "kind",
    "title",
    "who",
    "feeds",
    "audience",
    "anchor",
    "notes",
)


def cells(row: Row) -> tuple[str, ...]:
    """A row under `HEADINGS`; the id stands before the title, for it is what commands take."""
    title = f"{row.id}: {row.title}" if row.title and row.title != row.id else row.id
    return (
        str(row.number),
        row.block,
        row.start,
        _at_most_three(row.local, " · "),
        row.duration,
        row.slot.plan.kind,
        title,
        row.who,
        _at_most_three(row.feeds, " "),
        row.slot.plan.audience,
        row.anchor,
        row.notes,
    )


def _at_most_three(text: str, separator: str) -> str:
    """A slot that shows a dozen sites must not make the whole table that wide; CSV has them all."""
    items = text.split(separator)
    if len(items) <= 4:
        return text
    return separator.join(items[:3]) + f" +{len(items) - 3} more"


def text(rows: Sequence[Row]) -> str:
    """Aligned columns. A block is named on its first row only; a new day gets a line of its own."""
    lines: list[tuple[str, ...] | str] = [HEADINGS]
    block = date = None
    for row in rows:
        if row.date != date:
            date = row.date
            lines.append(date)
        cell = cells(row)
        lines.append(cell if row.block != block else (cell[0], "", *cell[2:]))
        block = row.block
    return aligned(lines)


def aligned(lines: Sequence[tuple[str, ...] | str]) -> str:
    """Rows of cells under one another; a plain string is a line of its own."""
    table = [line for line in lines if not isinstance(line, str)]
    widths = [max(map(width, column)) for column in zip(*table, strict=True)]
    return "".join(
        (
            line
            if isinstance(line, str)
            else "  ".join(
                cell + " " * (w - width(cell)) for cell, w in zip(line, widths, strict=True)
            ).rstrip()
        )
        + "\n"
        for line in lines
    )


def width(cell: str) -> int:
    """Columns of a terminal: marks take none, wide characters two."""
    return sum(
        0
        if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Me", "Cf")
        else 2
        if unicodedata.east_asian_width(c) in "WF"
        else 1
        for c in cell
    )


def as_csv(resolved: Resolved, rows: Sequence[Row]) -> str:
    """The same for a spreadsheet: exact instants, lengths as h:mm:ss, and the `x-*` columns."""
    grid = Grid.standard(resolved.programme.fps)
    extra = sorted({key for row in rows for key in row.slot.plan.extra})
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*CSV_HEADINGS, *extra])
    for row in rows:
        plan = row.slot.plan
        writer.writerow(
            (
                row.number,
                row.id,
                row.block,
                f"{grid.utc(row.slot.start_n):%Y-%m-%dT%H:%M:%SZ}",
                f"{row.date} {row.start}",
                row.end,
                row.local,
                _hms(plan.duration, grid),
                _hms(row.slot.frames, grid),
                plan.kind,
                row.title,
                row.who,
                row.feeds,
                plan.audience,
                row.anchor,
                row.notes,
                *(plan.extra.get(key, "") for key in extra),
            )
        )
    return out.getvalue()


def _hms(frames: int, grid: Grid) -> str:
    seconds = frames // grid.fps
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
