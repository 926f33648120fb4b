"""Changing a producer's file without rewriting it: only the spans of single values are replaced.

The file is never dumped again: comments, columns and blank lines are the producer's. Marks of the
node tree say where a value begins and ends; an edit is (begin, end, new text). Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode


class CannotPatch(ValueError):
    """It cannot be changed in place; the sentence says what to do by hand."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters [begin, end) of the file become `text`."""

    begin: int
    end: int
    text: str


class Document:
    """A file's text with its node tree, for looking up where things stand."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._skipped = 1 if text.startswith("\ufeff") else 0
        yaml = YAML(typ="safe", pure=True)
        yaml.composer.warn_double_anchors = False
        try:
            self.root: Node | None = yaml.compose(text[self._skipped :])
        except YAMLError as error:
            raise CannotPatch("the file is not YAML; see `orchestrator check`") from error
        self._uses: Counter[int] = Counter()
        if self.root is not None:
            self._count(self.root, set())

    def _count(self, node: Node, seen: set[int]) -> None:
        self._uses[id(node)] += 1
        if id(node) in seen:
            return
        seen.add(id(node))
        for child in children(node):
            self._count(child, seen)

    def begin(self, node: Node) -> int:
        return int(node.start_mark.index) + self._skipped

    def end(self, node: Node) -> int:
        """Just behind the node's last character (in block style: behind its last leaf)."""
        if isinstance(node, MappingNode | SequenceNode) and not node.flow_style and node.value:
            return self.end(children(node)[-1])
        return int(node.end_mark.index) + self._skipped

    def end_of_line(self, index: int) -> int:
        """The index of the line break at or behind `index`; the text's length on the last line."""
        found = self.text.find("\n", index)
        if found < 0:
            return len(self.text)
        return found - 1 if self.text[found - 1 : found] == "\r" else found

    @property
    def newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    def own(self, node: Node) -> Node:
        """`node`, if it stands here and nowhere else; CannotPatch if an alias shares it."""
        if self._uses[id(node)] > 1:
            line = node.start_mark.line + 1
            raise CannotPatch(f"it is shared by an alias (&…, line {line}); change it by hand")
        return node

    # edits

    def replaced(self, node: Node, text: str) -> Edit:
        self.own(node)
        if isinstance(node, ScalarNode) and node.style in ("|", ">"):
            raise CannotPatch("it is a text of several lines (| or >); change it by hand")
        begin, end = self.begin(node), self.end(node)
        if begin == end:
            raise CannotPatch("it is empty, so it has no place; change it by hand")
        return Edit(begin, end, text)

    def added(self, mapping: MappingNode, key: str, text: str) -> Edit:
        """`key: text` as a new entry of `mapping`, written as its neighbours are."""
        self.own(mapping)
        if mapping.flow_style:
            if not mapping.value:
                at = self.begin(mapping) + 1
                return Edit(at, at, f"{key}: {text}")
            at = self.end(mapping.value[-1][1])
            return Edit(at, at, f", {key}: {text}")
        first = self.begin(mapping.value[0][0])
        indent = first - (self.text.rfind("\n", 0, first) + 1)
        for name, value in reversed(mapping.value):
            if isinstance(value, ScalarNode) and value.style in ("|", ">"):
                continue
            if value.start_mark.line == value.end_mark.line == name.start_mark.line:
                at = self.end_of_line(self.end(value))
                return Edit(at, at, f"{self.newline}{' ' * indent}{key}: {text}")
        return Edit(first, first, f"{key}: {text}{self.newline}{' ' * indent}")

    def inserted_after(self, items: SequenceNode, index: int, text: str) -> Edit:
        """`text` as a new item behind item `index` of a block sequence."""
        self.own(items)
        if items.flow_style:
            at = self.end(items.value[index])
            return Edit(at, at, f", {text}")
        dash = self.begin(items)
        indent = dash - (self.text.rfind("\n", 0, dash) + 1)
        at = self.end_of_line(self.end(items.value[index]))
        return Edit(at, at, f"{self.newline}{' ' * indent}- {text}")

    def inserted_first(self, items: SequenceNode, text: str) -> Edit:
        """`text` as the first item of a block sequence."""
        self.own(items)
        at = self.begin(items.value[0])
        if items.flow_style:
            return Edit(at, at, f"{text}, ")
        dash = self.begin(items)
        indent = dash - (self.text.rfind("\n", 0, dash) + 1)
        return Edit(dash, dash, f"- {text}{self.newline}{' ' * indent}")


def applied(text: str, edits: Sequence[Edit]) -> str:
    """`text` with all edits made. Edits at one place keep their order; overlaps are a bug."""
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.begin, edit.end)):
        if edit.begin < at:
            raise ValueError("two edits of one place")
        parts += [text[at : edit.begin], edit.text]
        at = edit.end
    return "".join(parts) + text[at:]


def children(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, SequenceNode) else []


def entry(mapping: Node | None, key: str) -> Node | None:
    """The value of `key`, if `mapping` is one and has it itself (not through a merge)."""
    if not isinstance(mapping, MappingNode):
        return None
    for name, value in mapping.value:
        if isinstance(name, ScalarNode) and name.value == key:
            found: Node = value
            return found
    return None


def scalar(text: str, style: str | None = None) -> str:
    """`text` as YAML that reads back as this very text, also inside { } and [ ]."""
    if style is None and _is_plain(text):
        return text
    if text.isprintable() and (style == "'" or ('"' in text and style is None)):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(_escaped(c) for c in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08X}"


def _is_plain(text: str) -> bool:
    """Whether the text needs no quotes (a time like 18:30 needs none; our reader takes texts)."""
    if not text or text != text.strip() or text in ("~", "null", "Null", "NULL", "off"):
        return False
    if text[0] in "&*!" or any(c in text for c in "\n\r\t\u0085\u2028\u2029\ufeff"):
        return False
    try:
        flow = YAML(typ="safe", pure=True).compose(f"[{text}, {{k: {text}}}]")
        block = YAML(typ="safe", pure=True).compose(f"k: {text}\nl: x\n")
    except YAMLError:
        return False
    if not isinstance(flow, SequenceNode) or len(flow.value) != 2:
        return False
    first, second = flow.value
    if not (isinstance(second, MappingNode) and len(second.value) == 1):
        return False
    if not (isinstance(block, MappingNode) and len(block.value) == 2):
        return False
    leaves = (first, second.value[0][1], block.value[0][1])
    return all(
        isinstance(leaf, ScalarNode)
        and leaf.style is None
        and leaf.value == text
        and not leaf.anchor
        for leaf in leaves
    )
