"""A sheet's edits as edits of the file's text: only the spans of the values concerned. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from ruamel.yaml.nodes import MappingNode, ScalarNode

from orchestrator.rundown.plan import Plan
from orchestrator.rundown.sheet import Change, Edits, NewRow, WrongSheet, names
from orchestrator.rundown.slotnodes import SlotNode, find, items
from orchestrator.rundown.spans import (
    CannotPatch,
    Document,
    Edit,
    applied,
    entry,
    scalar,
)

Tree = dict[str, "str | Tree"]
"""Fields to be written: a YAML text, or a table of them."""


def patched(plan: Plan, text: str, edits: Edits) -> str:
    """The file's `text` with the edits in it. Raises WrongSheet for what has no place in it."""
    patch = Patch(Document(text), plan)
    problems = []
    for change in edits.changes:
        try:
            patch.change(change)
        except CannotPatch as error:
            problems.append(f"{change.slot} › {change.column}: {error}.")
    for row in _in_file_order(edits):
        try:
            patch.insert(row)
        except CannotPatch as error:
            problems.append(f"{row.id}: {error}.")
    if problems:
        raise WrongSheet(problems)
    return applied(text, patch.all())


def _in_file_order(edits: Edits) -> list[NewRow]:
    """New rows, each tied to the last slot above it that is already in the file."""
    anchors: dict[str, str | None] = {}
    rows = []
    for row in edits.new:
        anchor = anchors.get(row.after, row.after) if row.after is not None else None
        anchors[row.id] = anchor
        rows.append(NewRow(row.id, anchor, row.cells))
    return rows


@dataclass(slots=True)
class _Additions:
    """Fields that a mapping has not got yet."""

    mapping: MappingNode
    fields: Tree = field(default_factory=dict)


class Patch:
    """Gathers edits; several new fields of one mapping become one insertion each, in order."""

    def __init__(self, document: Document, plan: Plan) -> None:
        self._document = document
        self._plan = plan
        self._edits: list[Edit] = []
        self._insertions: list[Edit] = []
        self._additions: dict[int, _Additions] = {}

    def all(self) -> list[Edit]:
        added = [
            self._document.added(addition.mapping, key, _flow(value))
            for addition in self._additions.values()
            for key, value in addition.fields.items()
        ]
        return self._edits + added + self._insertions  # in this order where places coincide

    def put(self, slot: str, path: tuple[str, ...], text: str) -> None:
        """A field of a slot becomes `text`. CannotPatch if it has no place in this file."""
        self._set(find(self._document, slot), path, text)

    def edit(self, edit: Edit) -> None:
        self._edits.append(edit)

    def change(self, change: Change) -> None:
        place = find(self._document, change.slot)
        if change.column == "start":
            self._start(place, change.after)
        elif change.column.startswith("people."):
            role = change.column.removeprefix("people.")
            self._set(place, ("people", role), _people(change.after))
        elif change.column == "title" and isinstance(entry(_own(place), "title"), MappingNode):
            self._set(place, ("title", self._plan.languages[0]), self._text(change.after))
        else:
            self._set(place, (change.column,), self._text(change.after))

    def _text(self, cell: str) -> str:
        return scalar(cell) if cell else "~"

    def _start(self, place: SlotNode, cell: str) -> None:
        old = entry(_own(place), "start")
        if cell.startswith("after "):
            self._set(
                place, ("start",), f"{{after: {scalar(cell.removeprefix('after ').strip())}}}"
            )
        elif cell and entry(old, "at") is not None:
            self._set(place, ("start", "at"), scalar(cell))
        else:
            self._set(place, ("start",), self._text(cell))

    def _set(self, place: SlotNode, path: tuple[str, ...], text: str) -> None:
        """Replace the value at `path` below the slot, or remember to add it."""
        mapping: MappingNode = place.mapping
        steps = (place.member, *path) if place.member else path
        self._document.own(mapping)
        for i, step in enumerate(steps):
            found = entry(mapping, step)
            if found is None:
                self._add(mapping, steps[i:], text)
                return
            if i + 1 == len(steps):
                if isinstance(found, ScalarNode) and not text.startswith(("[", "{", "~")):
                    text = self._in_the_same_quotes(found, text)
                self._edits.append(self._document.replaced(found, text))
                return
            if not isinstance(found, MappingNode):
                raise CannotPatch(f"{step} is not a table here; change it by hand")
            self._document.own(found)
            mapping = found

    def _in_the_same_quotes(self, node: ScalarNode, text: str) -> str:
        if node.style not in ("'", '"') or text.startswith('"'):
            return text
        return scalar(text, node.style)

    def _add(self, mapping: MappingNode, steps: tuple[str, ...], text: str) -> None:
        tree = self._additions.setdefault(id(mapping), _Additions(mapping)).fields
        for step in steps[:-1]:
            below = tree.setdefault(step, {})
            assert isinstance(below, dict)
            tree = below
        tree[steps[-1]] = text

    def insert(self, row: NewRow) -> None:
        running_order = items(self._document)
        text = _flow(_fields(row))
        if row.after is None:
            self._insertions.append(self._document.inserted_first(running_order, text))
            return
        place = find(self._document, row.after)
        following = self._next_in_file(row.after)
        if following is not None and find(self._document, following).item == place.item:
            raise CannotPatch(
                f"it cannot stand between {row.after} and {following}, which one rotation makes; "
                "put it behind the rotation, or write that out (check --expanded)"
            )
        self._insertions.append(self._document.inserted_after(running_order, place.item, text))

    def _next_in_file(self, slot_id: str) -> str | None:
        ids = [slot.id for slot in self._plan.slots]
        at = ids.index(slot_id) + 1
        return ids[at] if at < len(ids) else None


def _own(place: SlotNode) -> MappingNode | None:
    """The slot's own fields; None if it has none yet."""
    return None if place.member else place.mapping


def _people(cell: str) -> str:
    ids = [scalar(name) for name in names(cell)]
    if not ids:
        return "~"
    return ids[0] if len(ids) == 1 else f"[{', '.join(ids)}]"


def _fields(row: NewRow) -> Tree:
    fields: Tree = {"id": row.id}
    people: Tree = {}
    for column in ("title", "kind", "site", "start", "duration"):
        if cell := row.cells.get(column):
            after = cell.removeprefix("after ").strip() if column == "start" else cell
            fields[column] = scalar(cell) if after == cell else {"after": scalar(after)}
    for column, cell in row.cells.items():
        if column.startswith("people."):
            people[column.removeprefix("people.")] = _people(cell)
    if people:
        fields["people"] = people
    for column, cell in row.cells.items():
        if column == "notes" or column.startswith("x-"):
            fields[column] = scalar(cell)
    return fields


def _flow(value: str | Tree) -> str:
    if isinstance(value, str):
        return value
    return "{" + ", ".join(f"{key}: {_flow(child)}" for key, child in value.items()) + "}"
