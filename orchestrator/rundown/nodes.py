"""The tree of a file as written: texts, lists and tables, each knowing where it stands. Pure.

Scalars stay text until a field says what it wants: YAML's own guesses would turn `08` into 8,
`13:30` into seconds and a site called `no` into false. Trees are never changed; `merged` and
`owned` make new ones. A node that was written once and used many times (anchors, kinds, rotations)
keeps the place where it was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.rundown.problem import NOWHERE, Mark

_NULLS = frozenset({"~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Scalar:
    text: str
    mark: Mark = NOWHERE
    is_quoted: bool = False

    @property
    def is_removal(self) -> bool:
        """`~`: take the inherited field away."""
        return not self.is_quoted and self.text in _NULLS

    @property
    def is_empty(self) -> bool:
        """A key with nothing behind it."""
        return not self.is_quoted and not self.text


@dataclass(frozen=True, slots=True)
class Items:
    nodes: tuple[Node, ...]
    mark: Mark = NOWHERE


@dataclass(frozen=True, slots=True)
class Entry:
    """A value of a table. `owner` says on whose behalf it was written: `kinds › surgery`."""

    node: Node
    key_mark: Mark = NOWHERE
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Keys in the order of the file. `is_flow` if it was written in { }."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    mark: Mark = NOWHERE
    is_flow: bool = False

    def get(self, key: str) -> Node | None:
        entry = self.entries.get(key)
        return entry.node if entry is not None else None

    def without(self, *keys: str) -> Table:
        rest = {key: entry for key, entry in self.entries.items() if key not in keys}
        return Table(rest, self.mark, self.is_flow)

    def only(self, *keys: str) -> Table:
        kept = {key: entry for key, entry in self.entries.items() if key in keys}
        return Table(kept, self.mark, self.is_flow)


Node = Scalar | Items | Table


def owned(table: Table, owner: str) -> Table:
    """The same table with every entry, at any depth of tables, written on behalf of `owner`."""
    entries = {}
    for key, entry in table.entries.items():
        node = owned(entry.node, owner) if isinstance(entry.node, Table) else entry.node
        entries[key] = Entry(node, entry.key_mark, owner)
    return Table(entries, table.mark, table.is_flow)


def merged(below: Table, above: Table, *, keeps_removals: bool = False) -> Table:
    """`above` laid over `below`: tables merge deeply, everything else replaces, `~` removes.

    With `keeps_removals` a `~` stays, to remove again when the result is laid over something.
    """
    entries = dict(below.entries)
    for key, entry in above.entries.items():
        old = entries.get(key)
        if isinstance(entry.node, Scalar) and entry.node.is_removal and not keeps_removals:
            entries.pop(key, None)
        elif isinstance(entry.node, Table):
            under = old.node if old is not None and isinstance(old.node, Table) else Table()
            node = merged(under, entry.node, keeps_removals=keeps_removals)
            entries[key] = Entry(node, entry.key_mark, entry.owner)
        else:
            entries[key] = entry
    return Table(entries, above.mark, above.is_flow)


def places(table: Table, prefix: str = "") -> Iterator[tuple[str, Entry]]:
    """Every entry at any depth of tables, by its dotted path."""
    for key, entry in table.entries.items():
        yield prefix + key, entry
        if isinstance(entry.node, Table):
            yield from places(entry.node, f"{prefix}{key}.")


def plain(node: Node) -> Any:
    """As Python objects, scalars as text; for what is passed on unread (a graphic's data)."""
    if isinstance(node, Scalar):
        return None if node.is_removal else node.text
    if isinstance(node, Items):
        return [plain(item) for item in node.nodes]
    return {key: plain(entry.node) for key, entry in node.entries.items()}
