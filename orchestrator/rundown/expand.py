"""The running order written out: rotations become slots, every slot gets its layers merged. Pure.

Rule R1: a rotation is rows times pattern, in order; ids are `<site>-<member>`, or `<as>-<member>`
on a second visit, and never a position. Merge order: built-in < defaults < kind < pattern <
rotation.defaults < row < slot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.rundown import fields
from orchestrator.rundown.kinds import Kinds, built_in_defaults
from orchestrator.rundown.nodes import Entry, Node, Scalar, Table, merged, owned
from orchestrator.rundown.problem import Mark, Severity
from orchestrator.rundown.value import Value, check_fields, check_id

_MEMBER = [name for name in fields.SLOT if name not in fields.OWN]


@dataclass(frozen=True, slots=True)
class Written:
    """A slot with its layers merged, not yet typed."""

    id: str
    id_mark: Mark
    mark: Mark
    owner: str
    kinds: tuple[str, ...]
    fields: Table
    block: str = ""
    rotation: Mark | None = None
    """Where the rotation is written that made it."""


@dataclass(frozen=True, slots=True)
class WrittenBlock:
    title: str
    budget: Value | None
    first: str
    mark: Mark


@dataclass(slots=True)
class _Row:
    """One visit of a rotation while it is being written out."""

    value: Value
    name: str
    name_mark: Mark
    site: Entry | None


class Expansion:
    """Walks `rundown` and `standby` once; `slots`, `standby` and `blocks` are the result."""

    def __init__(
        self,
        top: Value,
        kinds: Kinds,
        defaults: Table,
        patterns: dict[str, dict[str, Table]],
    ) -> None:
        self._kinds = kinds
        self._defaults = defaults
        self._patterns = patterns
        self._sink = top.sink
        self._block = ""
        self._block_pending: tuple[str, Value | None, Mark] | None = None
        self.slots: list[Written] = []
        self.standby: list[Written] = []
        self.blocks: list[WrittenBlock] = []
        rundown = top.get("rundown")
        for item in rundown.items() if rundown is not None else ():
            self._item(item)
        self._close_block()
        shelf = top.get("standby")
        for item in shelf.items() if shelf is not None else ():
            self._shelf_slot(item)
        self._check_ids()

    # the three shapes of an item

    def _item(self, item: Value) -> None:
        if not isinstance(item.node, Table):
            Value(item.node, item.sink, "rundown").error(
                "must be a slot, a block or a rotation.", "Write {id: …, kind: …}."
            )
        elif "block" in item.node.entries:
            self._block_item(item.node)
        elif "rotation" in item.node.entries:
            self._rotation(item.node)
        else:
            self._slot_item(item.node)

    def _block_item(self, node: Table) -> None:
        value = Value(node, self._sink, "rundown › block")
        check_fields(value, fields.BLOCK)
        block = value.get("block")
        title = block.text() if block is not None else None
        self._close_block()
        self._block = title or ""
        self._block_pending = (title or "", value.get("budget"), node.mark)

    def _close_block(self) -> None:
        if self._block_pending is None:
            return
        title, _, mark = self._block_pending
        self._sink.add(
            mark,
            "N-block",
            f'the block "{title}" has no slots and is left out.',
            path="rundown",
            severity=Severity.NOTE,
        )
        self._block_pending = None

    def _slot_item(self, node: Table) -> None:
        slot_id, id_mark = self._slot_id(node, "rundown")
        owner = f"rundown › {slot_id}"
        value = Value(node, self._sink, owner)
        check_fields(value, fields.SLOT, free=True)
        layers = [owned(node, owner)]
        self._add(slot_id, id_mark, node.mark, owner, layers)

    def _shelf_slot(self, item: Value) -> None:
        if not isinstance(item.node, Table):
            Value(item.node, item.sink, "standby").error("must be a slot.")
            return
        node = item.node
        slot_id, id_mark = self._slot_id(node, "standby")
        owner = f"standby › {slot_id}"
        value = Value(node, self._sink, owner)
        for name in fields.NOT_IN_STANDBY & node.entries.keys():
            value.error(
                f"has no {name}: it plays when it is called.",
                f"Remove {name}.",
                at=node.entries[name].key_mark,
            )
        check_fields(value, fields.SLOT, free=True)
        made = self._written(
            slot_id, id_mark, node.mark, owner, [owned(node, owner).without("start")]
        )
        self.standby.append(made)

    def _slot_id(self, node: Table, section: str) -> tuple[str, Mark]:
        value = Value(node, self._sink, section)
        given = value.get("id")
        if given is None:
            if "id" not in node.entries:
                value.error("a slot has no id.", "Give it one: id: welcome", code="E-missing")
            return f"line-{node.mark.line}", node.mark
        text = given.text() or ""
        named = Value(given.node, self._sink, section)
        if not check_id(text, named):
            return text or f"line-{node.mark.line}", given.mark
        return text, given.mark

    # rotations

    def _rotation(self, node: Table) -> None:
        where = f"rundown › rotation (line {node.mark.line})"
        value = Value(node, self._sink, where)
        check_fields(value, fields.ROTATION)
        name = value.get("rotation")
        pattern_name = name.known(self._patterns, "pattern") if name is not None else None
        members = self._patterns.get(pattern_name or "", {})
        defaults = self._layer(value, "defaults", f"{where} › defaults")
        between = self._layer(value, "between", f"{where} › between")
        rows = self._rows(value, members, is_known=pattern_name is not None)
        if not rows and "rows" not in node.entries:
            value.error("has no rows.", "List the sites: rows: [{site: …}]", code="E-missing")
        for index, row in enumerate(rows):
            if index and between is not None:
                before = rows[index - 1]
                self._between(before, row, defaults, between, node.mark)
            self._row(row, members, defaults, node.mark)

    def _layer(self, value: Value, key: str, owner: str) -> Table | None:
        """A table of slot fields inside a rotation, on behalf of `owner`."""
        found = value.get(key)
        if found is None or not check_fields(
            Value(found.node, self._sink, owner), _MEMBER, free=True
        ):
            return None
        assert isinstance(found.node, Table)
        return owned(found.node, owner)

    def _rows(self, value: Value, members: dict[str, Table], *, is_known: bool) -> list[_Row]:
        rows = value.get("rows")
        found: list[_Row] = []
        for item in rows.items() if rows is not None else ():
            row = Value(item.node, self._sink, "rundown › row")
            if row.table() is None:
                continue
            assert isinstance(item.node, Table)
            named = row.get("as") or row.get("site")
            if named is None:
                row.error("has no site.", "Write site: brussels, or as: a-name.", code="E-missing")
                continue
            name = named.text() or ""
            if not check_id(name, named):
                continue
            row = Value(item.node, self._sink, f"rundown › row {name}")
            if is_known:
                self._check_row(row, members)
            found.append(_Row(row, name, named.mark, item.node.entries.get("site")))
        return found

    def _check_row(self, row: Value, members: dict[str, Table]) -> None:
        assert isinstance(row.node, Table)
        known = [*fields.ROW, *members]
        for key, entry in row.node.entries.items():
            if key not in known and key in _MEMBER:
                row.error(
                    f'unknown field "{key}".',
                    f"For all slots of the row:  slot: {{{key}: …}}",
                    at=entry.key_mark,
                    code="E-unknown-field",
                )
                known.append(key)
        check_fields(row, known)

    def _row(
        self, row: _Row, members: dict[str, Table], defaults: Table | None, rotation: Mark
    ) -> None:
        assert isinstance(row.value.node, Table)
        start = row.value.node.entries.get("start")
        for member, below in members.items():
            own = row.value.node.entries.get(member)
            if own is not None and _is_off(own.node):
                continue
            slot_id = f"{row.name}-{member}"
            owner = f"rundown › {slot_id}"
            mark = row.value.node.mark
            layers = [below, defaults, self._row_layer(row, start)]
            start = None
            if own is not None:
                value = Value(own.node, self._sink, owner)
                mark = own.node.mark
                if isinstance(own.node, Scalar):
                    value.error(
                        "must be a table or off.", f"Write {member}: off to leave it out.", at=mark
                    )
                elif check_fields(value, _MEMBER, free=True):
                    assert isinstance(own.node, Table)
                    layers.append(owned(own.node, owner))
            id_mark = own.key_mark if own is not None else row.name_mark
            self._add(slot_id, id_mark, mark, owner, layers, rotation)

    def _row_layer(self, row: _Row, start: Entry | None) -> Table:
        """What the row says for each of its slots; its start belongs to the first of them."""
        owner = row.value.owner
        entries = {}
        if row.site is not None:
            entries["site"] = Entry(row.site.node, row.site.key_mark, owner)
        if start is not None:
            entries["start"] = Entry(start.node, start.key_mark, owner)
        layer = Table(entries, row.value.node.mark)
        common = self._layer(row.value, "slot", owner)
        return merged(layer, common) if common is not None else layer

    def _between(
        self, before: _Row, after: _Row, defaults: Table | None, between: Table, rotation: Mark
    ) -> None:
        slot_id = f"{before.name}-to-{after.name}"
        owner = f"rundown › {slot_id}"
        self._add(slot_id, between.mark, between.mark, owner, [defaults, between], rotation)

    # a slot

    def _add(
        self,
        slot_id: str,
        id_mark: Mark,
        mark: Mark,
        owner: str,
        layers: Sequence[Table | None],
        rotation: Mark | None = None,
    ) -> None:
        made = self._written(slot_id, id_mark, mark, owner, layers, rotation)
        self.slots.append(made)
        if self._block_pending is not None:
            title, budget, block_mark = self._block_pending
            self.blocks.append(WrittenBlock(title, budget, slot_id, block_mark))
            self._block_pending = None

    def _written(
        self,
        slot_id: str,
        id_mark: Mark,
        mark: Mark,
        owner: str,
        layers: Sequence[Table | None],
        rotation: Mark | None = None,
    ) -> Written:
        above = _laid_over([self._defaults, *layers])
        chain: tuple[str, ...] = ()
        below = self._defaults
        value = Value(above, self._sink, owner)
        named = value.get("kind")
        if named is None:
            value.error(
                "has no kind.",
                f"There are: {', '.join(self._kinds.ids)}.",
                at=mark,
                code="E-missing",
            )
        elif (name := named.known(self._kinds.ids, "kind")) is not None:
            kind = self._kinds.get(name)
            chain = kind.chain
            below = _laid_over([below, kind.fields])
        if not chain:
            # the rest of it can still be read, with the plainest of kinds in its place
            below = _laid_over([below, self._kinds.get("break").fields])
        # what was taken away with ~ comes back as it is built in
        result = merged(built_in_defaults(), _laid_over([below, *layers]))
        return Written(slot_id, id_mark, mark, owner, chain, result, self._block, rotation)

    def _check_ids(self) -> None:
        first: dict[str, Written] = {}
        for slot in (*self.slots, *self.standby):
            other = first.setdefault(slot.id, slot)
            if other is not slot:
                self._twice(other, slot)

    def _twice(self, first: Written, second: Written) -> None:
        """Named at the one that was written by hand, if one was."""
        shown, other = (
            (first, second) if second.rotation and not first.rotation else (second, first)
        )
        where = f"{_where(shown)}, and {_where(other)}"
        if shown.rotation is None and other.rotation is None:
            where = f"lines {other.id_mark.line} and {shown.id_mark.line}"
        elif shown.rotation == other.rotation:
            where = _where(shown)
        hint = "Ids must be unique: recordings and calendars hang on them."
        if shown.rotation is not None and other.rotation is not None:
            hint = f"A second visit needs a name of its own on the row:  as: {_visit(shown.id)}-2"
        self._sink.add(
            shown.id_mark,
            "E-duplicate",
            f'the id "{shown.id}" is used twice ({where}).',
            path="rundown",
            hint=hint,
            also=other.id_mark,
        )


def _laid_over(layers: Sequence[Table | None]) -> Table:
    """All layers in one, the later over the earlier."""
    result = Table()
    for layer in layers:
        if layer is not None:
            result = merged(result, layer)
    return result


def _where(slot: Written) -> str:
    if slot.rotation is not None:
        return f"from the rotation at line {slot.rotation.line}"
    return f"line {slot.id_mark.line}"


def _visit(slot_id: str) -> str:
    return slot_id.rsplit("-", 1)[0]


def _is_off(node: Node) -> bool:
    return isinstance(node, Scalar) and node.text == "off"
