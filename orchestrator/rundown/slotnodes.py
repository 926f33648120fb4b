"""Finding a slot in the file it was written in: plain items and members of rotations. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from orchestrator.rundown.spans import CannotPatch, Document, entry


@dataclass(frozen=True, slots=True)
class SlotNode:
    """Where a slot's own fields stand, or would stand.

    `item` is its place among the items of `rundown`. `mapping` holds its fields; when `member` is
    set, `mapping` is a rotation's row and the slot has no fields of its own there yet.
    """

    item: int
    mapping: MappingNode
    member: str = ""


def items(document: Document) -> SequenceNode:
    """The running order. CannotPatch if there is none."""
    found = entry(document.root, "rundown")
    if not isinstance(found, SequenceNode) or not found.value:
        raise CannotPatch("the file has no rundown")
    return found


def find(document: Document, slot_id: str) -> SlotNode:
    """The slot called `slot_id`. CannotPatch if it has no place of its own in this file."""
    rotations = []
    for index, item in enumerate(items(document).value):
        if not isinstance(item, MappingNode):
            continue
        if entry(item, "rotation") is not None:
            rotations.append((index, item))
        elif _text(entry(item, "id")) == slot_id:
            return SlotNode(index, item)
    found = [candidate for index, item in rotations for candidate in _members(index, item, slot_id)]
    if not found:
        raise CannotPatch("it is not written in this file")
    return max(found, key=lambda pair: pair[0])[1]


def _members(index: int, rotation: MappingNode, slot_id: str) -> list[tuple[_Rank, SlotNode]]:
    """Every way to read `slot_id` as `<row>-<member>`; what is written beats what is not."""
    rows = entry(rotation, "rows")
    if not isinstance(rows, SequenceNode):
        return []
    found = []
    named = [(_text(entry(row, "as")) or _text(entry(row, "site")), row) for row in rows.value]
    for (a, _), (b, _) in pairwise(named):
        if slot_id == f"{a}-to-{b}" and entry(rotation, "between") is not None:
            raise CannotPatch(
                "it is made by the rotation's `between`; change that, or write it out"
            )
    for name, row in named:
        if not isinstance(row, MappingNode) or not slot_id.startswith(f"{name}-"):
            continue
        member = slot_id.removeprefix(f"{name}-")
        own = entry(row, member)
        if isinstance(own, MappingNode):
            found.append((_Rank(2, len(name)), SlotNode(index, own)))
        elif own is None:
            found.append((_Rank(1, len(name)), SlotNode(index, row, member)))
    return found


@dataclass(frozen=True, slots=True, order=True)
class _Rank:
    is_written: int
    name_length: int


def _text(node: Node | None) -> str:
    return str(node.value) if isinstance(node, ScalarNode) else ""
