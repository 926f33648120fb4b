"""The rundown as a spreadsheet, there and back: joined by id, single values only (RUNDOWN §4).

`export` writes what is in force. `changed` compares a sheet with that: a cell that was not edited
is not written, so a round trip without an edit changes not one byte of the file. Pure.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from orchestrator.rundown.plan import Plan, PlanSlot
from orchestrator.rundown.times import Unreadable, length
from orchestrator.rundown.words import written

READ_ONLY = ("block", "kind", "site")
"""Shown, and read for new rows only: changing the kind of a slot is not a matter of one cell."""
FIELDS = ("title", "start", "duration", "notes")
Cells = Mapping[str, str]


class WrongSheet(ValueError):
    """The sheet cannot be used; `problems` are sentences that name its lines."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Change:
    """One cell that was edited."""

    slot: str
    column: str
    before: str
    after: str

    def text(self) -> str:
        before, after = (text or "(nothing)" for text in (self.before, self.after))
        return f"{self.slot} › {self.column}: {before} → {after}"


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row without an id: a slot to be made. `after` is the id of the row above it."""

    id: str
    after: str | None
    cells: Cells

    def text(self) -> str:
        place = f"after {self.after}" if self.after else "first"
        return f"{self.id}: new, {place} ({self.cells['kind']})"


@dataclass(frozen=True, slots=True)
class Edits:
    changes: tuple[Change, ...] = ()
    new: tuple[NewRow, ...] = ()


def export(plan: Plan) -> str:
    """The running order as CSV, with a column per role and per `x-*` field in use."""
    columns = _columns(plan)
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    for block, slot in _with_blocks(plan):
        writer.writerow({**cells(plan, slot), "block": block})
    return out.getvalue()


def cells(plan: Plan, slot: PlanSlot) -> dict[str, str]:
    """A slot as a row, every column that is not empty."""
    if slot.start.after is not None:
        start = f"after {slot.start.after}"
    else:
        start = slot.start.at.text if slot.start.at else ""
    found = {
        "id": slot.id,
        "kind": slot.kind,
        "site": slot.site or "",
        "title": slot.title.get(plan.languages[0], ""),
        "start": start,
        "duration": written(slot.duration, plan.programme.fps),
        "notes": slot.notes,
    }
    found.update({f"people.{role}": ", ".join(ids) for role, ids in slot.people.items()})
    found.update(slot.extra)
    return found


def changed(plan: Plan, text: str) -> Edits:
    """What `text` (a sheet) asks for that is not so already. Raises WrongSheet."""
    reading = _Reading(plan)
    for line, row in _read(text):
        reading.row(line, row)
    if reading.problems:
        raise WrongSheet(reading.problems)
    return Edits(tuple(reading.changes), tuple(reading.new))


@dataclass(slots=True)
class _Reading:
    plan: Plan
    changes: list[Change] = field(default_factory=list)
    new: list[NewRow] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    above: str | None = None
    seen: set[str] = field(default_factory=set)

    def row(self, line: int, row: dict[str, str]) -> None:
        id_ = row.get("id", "")
        slot = next((slot for slot in self.plan.slots if slot.id == id_), None)
        if not id_:
            self._new(line, row)
        elif slot is None:
            self.problems.append(
                f'line {line}: nothing is called "{id_}". Leave the id empty to make a new slot.'
            )
        elif id_ in self.seen:
            self.problems.append(f'line {line}: "{id_}" is in the sheet twice.')
        else:
            self._existing(line, slot, row)
        self.seen.add(id_)
        self.above = id_ or (self.new[-1].id if self.new else self.above)

    def _existing(self, line: int, slot: PlanSlot, row: dict[str, str]) -> None:
        now, fps = cells(self.plan, slot), self.plan.programme.fps
        for column, cell in row.items():
            before = now.get(column, "")
            if column in ("id", "block") or _same(column, before, cell, fps):
                continue
            if column in READ_ONLY:
                self.problems.append(
                    f"line {line}: the {column} of {slot.id} is not changed from a sheet."
                )
            elif column == "duration" and not cell:
                self.problems.append(f"line {line}: {slot.id} has no duration.")
            elif self._is_readable(line, column, cell):
                self.changes.append(Change(slot.id, column, before, cell))

    def _new(self, line: int, row: dict[str, str]) -> None:
        given = {column: cell for column, cell in row.items() if cell and column != "block"}
        if not given.get("title") or not given.get("kind"):
            self.problems.append(f"line {line}: a new slot needs a title and a kind.")
            return
        if all(self._is_readable(line, column, cell) for column, cell in given.items()):
            taken = {slot.id for slot in (*self.plan.slots, *self.plan.standby)} | self.seen
            id_ = proposed_id(given["title"], taken | {row.id for row in self.new})
            self.new.append(NewRow(id_, self.above, given))

    def _is_readable(self, line: int, column: str, cell: str) -> bool:
        if column == "duration":
            try:
                length(cell)
            except Unreadable as error:
                self.problems.append(f"line {line}: duration: {error.message} {error.hint}")
                return False
        return True


def surprises(before: Plan, after: Plan, edits: Edits) -> list[str]:
    """What differs between two plans beyond the edits, or is not as the edits want it: nothing."""
    wanted = {slot.id: cells(before, slot) for slot in before.slots}
    for change in edits.changes:
        wanted[change.slot][change.column] = change.after
    for row in edits.new:
        wanted[row.id] = {**row.cells, "id": row.id}
    found = {slot.id: cells(after, slot) for slot in after.slots}
    is_new = {row.id for row in edits.new}
    fps = after.programme.fps
    wrong = list(wanted.keys() ^ found.keys())
    for id_ in wanted.keys() & found.keys():
        columns = wanted[id_].keys() if id_ in is_new else wanted[id_].keys() | found[id_].keys()
        wrong += [
            f"{id_} › {column}"
            for column in sorted(columns)
            if not _same(column, wanted[id_].get(column, ""), found[id_].get(column, ""), fps)
        ]
    return sorted(wrong)


def _same(column: str, before: str, after: str, fps: int) -> bool:
    if before == after:
        return True
    try:
        if column == "duration" and before and after:
            return length(before).in_frames(fps) == length(after).in_frames(fps)
    except Unreadable:
        return False
    return column.startswith("people.") and names(before) == names(after)


def names(cell: str) -> list[str]:
    """`m-roux, d-osei` (spreadsheets like ; too)."""
    return [name for name in re.split(r"[,;\s]+", cell) if name]


def proposed_id(title: str, taken: set[str]) -> str:
    """`L'après-midi: Q&A` → `l-apres-midi-q-a`; a number behind it if that is taken."""
    bare = unicodedata.normalize("NFKD", title.lower())
    plain = "".join(c for c in bare if not unicodedata.combining(c))
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].rstrip("-") or "slot"
    id_, number = stem, 2
    while id_ in taken or id_ in ("slate", "clip", "guest", "event", "end", "off"):
        id_, number = f"{stem}-{number}", number + 1
    return id_


def _columns(plan: Plan) -> list[str]:
    roles = dict.fromkeys(role for slot in plan.slots for role in slot.people)
    extra = dict.fromkeys(key for slot in plan.slots for key in slot.extra)
    return ["id", *READ_ONLY, *FIELDS[:3], *(f"people.{role}" for role in roles), "notes", *extra]


def _with_blocks(plan: Plan) -> Iterator[tuple[str, PlanSlot]]:
    title_from = {block.first: block.title for block in plan.blocks}
    block = ""
    for slot in plan.slots:
        block = title_from.get(slot.id, slot.block or block)
        yield block, slot


def _read(text: str) -> list[tuple[int, dict[str, str]]]:
    """(line, row) for every row that is not empty. Raises WrongSheet for a wrong heading."""
    text = text.removeprefix("\ufeff")
    heading = text.partition("\n")[0]
    delimiter = max((";", "\t", ","), key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = [name.strip() for name in next(reader, [])]
    if "id" not in columns:
        raise WrongSheet(["line 1: there is no column id. Start from `orchestrator sheet`."])
    known = ("id", *READ_ONLY, *FIELDS)
    wrong = [
        name for name in columns if name not in known and not name.startswith(("people.", "x-"))
    ]
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if wrong or twice:
        said = [f'line 1: unknown column "{name}".' for name in wrong]
        said += [f'line 1: column "{name}" is there twice.' for name in twice]
        raise WrongSheet([*said, f"Columns are: {', '.join(known)}, people.ROLE, x-NAME."])
    rows = []
    for row in reader:
        values = dict(zip(columns, (cell.strip() for cell in row), strict=False))
        if any(values.values()):
            rows.append((reader.line_num, values))
    return rows
