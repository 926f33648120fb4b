"""Kinds: named defaults of slots, built on one another with `like`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from orchestrator.rundown import builtin
from orchestrator.rundown.fields import NOT_IN_DEFAULTS, NOT_IN_KIND, NOT_IN_PATTERN, SLOT
from orchestrator.rundown.nodes import Table, merged, owned
from orchestrator.rundown.read import read_text
from orchestrator.rundown.sink import Sink
from orchestrator.rundown.value import Value, check_fields, check_id


@dataclass(frozen=True, slots=True)
class Kind:
    id: str
    chain: tuple[str, ...]
    """Itself and what it is like, nearest first."""
    fields: Table
    """Merged; a `~` is still there, because it also takes away what `defaults` say."""


@cache
def built_in() -> Table:
    """The built-in text as a tree."""
    root = read_text(builtin.TEXT, builtin.FILE, Sink())
    assert isinstance(root, Table)
    return root


def built_in_section(name: str) -> Table:
    section = built_in().get(name)
    assert isinstance(section, Table)
    return section


class Kinds:
    """All kinds of a file, each merged from the root of its chain upwards."""

    def __init__(self, top: Value) -> None:
        section = top.get("kinds")
        self._written: dict[str, Value] = {}
        self._owned: dict[str, Table] = {}
        if section is not None and section.table() is not None:
            self._take(section)
        self._builtin = {
            key: entry.node
            for key, entry in built_in_section("kinds").entries.items()
            if isinstance(entry.node, Table)
        }
        self.ids = tuple(dict.fromkeys((*self._builtin, *self._written)))
        self._made: dict[str, Kind] = {}
        for name in self._written:
            self.get(name)

    def _take(self, section: Value) -> None:
        assert isinstance(section.node, Table)
        for name, entry in section.node.entries.items():
            owner = f"kinds › {name}"
            value = Value(entry.node, section.sink, owner)
            check_id(name, value, entry.key_mark)
            if check_fields(value, [*(f for f in SLOT if f not in NOT_IN_KIND), "like"], free=True):
                assert isinstance(entry.node, Table)
                self._written[name] = value
                self._owned[name] = owned(entry.node, owner)

    def written(self) -> Mapping[str, Table]:
        """The file's own kinds, as written."""
        return self._owned

    def get(self, name: str) -> Kind:
        """The kind `name`, which must be one of `ids`."""
        if name not in self._made:
            self._made[name] = self._make(name, ())
        return self._made[name]

    def _make(self, name: str, below: tuple[str, ...]) -> Kind:
        own = self._owned.get(name, Table())
        builtin_fields = owned(self._builtin.get(name, Table()), f"kinds › {name} (built in)")
        like = self._like(name, (*below, name))
        base, chain = builtin_fields, [name]
        if like is not None:
            parent = self._made.get(like) or self._make(like, (*below, name))
            base = merged(parent.fields, builtin_fields, keeps_removals=True)
            chain.extend(parent.chain)
        fields = merged(base, own.without("like"), keeps_removals=True)
        return Kind(name, tuple(chain), fields)

    def _like(self, name: str, below: tuple[str, ...]) -> str | None:
        value = self._written.get(name)
        like = value.get("like") if value is not None else None
        parent = like.known(self.ids, "kind") if like is not None else None
        if like is not None and parent in below:
            like.error(f'"{name}" ends up being like itself.', code="E-reference")
            return None
        return parent


def built_in_defaults() -> Table:
    """What a slot has that nobody says anything about."""
    return owned(built_in_section("defaults"), "defaults (built in)")


def default_fields(top: Value) -> Table:
    """The file's `defaults`."""
    section = top.get("defaults")
    if section is None:
        return Table()
    value = Value(section.node, section.sink, "defaults")
    if not check_fields(value, [f for f in SLOT if f not in NOT_IN_DEFAULTS], free=True):
        return Table()
    assert isinstance(section.node, Table)
    return owned(section.node, "defaults")


def patterns(top: Value) -> dict[str, dict[str, Table]]:
    """By pattern: its members in order, each a table of slot fields."""
    section = top.get("patterns")
    found: dict[str, dict[str, Table]] = {}
    if section is None:
        return found
    for name, pattern in section.fields():
        value = Value(pattern.node, pattern.sink, f"patterns › {name}")
        check_id(name, value)
        members: dict[str, Table] = {}
        for member, fields in value.fields():
            check_id(member, fields)
            owner = f"patterns › {name} › {member}"
            own = Value(fields.node, fields.sink, owner)
            if check_fields(own, [f for f in SLOT if f not in NOT_IN_PATTERN], free=True):
                assert isinstance(fields.node, Table)
                members[member] = owned(fields.node, owner)
        found[name] = members
    return found
