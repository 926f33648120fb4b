"""A file's text into nodes with positions: YAML's syntax and nothing of the rundown. Pure.

ruamel's `compose()` gives the node tree with marks also behind anchors and merges; we type nothing
and find duplicate keys ourselves, because the library stops at the first.
"""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode

from orchestrator.rundown.nodes import Entry, Items, Node, Scalar, Table
from orchestrator.rundown.problem import Mark
from orchestrator.rundown.sink import Sink
from orchestrator.rundown.syntax import explain

_LARGEST_BYTES = 4_000_000
_MOST_NODES = 200_000
_MOST_REPAIRS = 50


def read_file(path: Path, shown: str, sink: Sink) -> Node | None:
    """The tree of a file; None (and a problem) if it cannot be read. An empty file is a table."""
    start = Mark(shown, 1)
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        sink.add(start, "E-file", f"cannot read it: {why}.")
        return None
    if len(raw) > _LARGEST_BYTES:
        sink.add(start, "E-file", "it is larger than 4 MB; this is no rundown.")
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        sink.add(
            Mark(shown, line), "E-file", "this line is not UTF-8.", hint="Save the file as UTF-8."
        )
        return None
    return read_text(text, shown, sink)


def read_text(text: str, shown: str, sink: Sink) -> Node | None:
    """As `read_file`, of a text that is called `shown` in messages."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for _ in range(_MOST_REPAIRS):
        try:
            root = _compose(text)
        except YAMLError as error:
            explained = explain(error, text, shown)
            sink.extend([explained.problem])
            if explained.repaired is None:
                return None
            text = explained.repaired
        except RecursionError:
            sink.add(Mark(shown, 1), "E-file", "it is nested too deeply to be read.")
            return None
        except (ValueError, IndexError, AssertionError, AttributeError, TypeError):
            # the library has a few such holes (a bare %YAML directive, a lone tag)
            sink.add(Mark(shown, 1), "E-syntax", "this is not YAML.")
            return None
        else:
            if root is None:
                return Table({}, Mark(shown, 1))
            try:
                return _Conversion(shown, sink).node(root)
            except RecursionError:
                sink.add(Mark(shown, 1), "E-file", "it is nested too deeply to be read.")
                return None
    return None


def _compose(text: str) -> YamlNode | None:
    yaml = YAML(typ="safe", pure=True)
    # an anchor may be used again for something else: that is YAML, and not ours to warn about
    yaml.composer.warn_double_anchors = False
    root: YamlNode | None = yaml.compose(text)
    return root


class _Conversion:
    """One file's tree. A node behind several aliases is converted once and shared."""

    def __init__(self, shown: str, sink: Sink) -> None:
        self._shown = shown
        self._sink = sink
        self._done: dict[int, tuple[Node, int]] = {}
        self._open: set[int] = set()

    def node(self, root: YamlNode) -> Node | None:
        node, size = self._convert(root)
        if size > _MOST_NODES:
            self._sink.add(
                Mark(self._shown, 1),
                "E-file",
                "its aliases make it far too large; this is no rundown.",
            )
            return None
        return node

    def _mark(self, node: YamlNode) -> Mark:
        return Mark(self._shown, node.start_mark.line + 1, node.start_mark.column + 1)

    def _convert(self, node: YamlNode) -> tuple[Node, int]:
        """The node, and how many it stands for when every alias is written out."""
        key = id(node)
        if key in self._open:
            self._sink.add(self._mark(node), "E-syntax", "this anchor contains itself.")
            return Scalar("", self._mark(node), is_quoted=True), 1
        if key not in self._done:
            self._open.add(key)
            self._done[key] = self._fresh(node)
            self._open.discard(key)
        return self._done[key]

    def _fresh(self, node: YamlNode) -> tuple[Node, int]:
        mark = self._mark(node)
        if isinstance(node, ScalarNode):
            return Scalar(str(node.value), mark, is_quoted=node.style is not None), 1
        if isinstance(node, SequenceNode):
            pairs = [self._convert(item) for item in node.value]
            return Items(tuple(n for n, _ in pairs), mark), 1 + sum(size for _, size in pairs)
        assert isinstance(node, MappingNode)
        return self._table(node, mark)

    def _table(self, node: MappingNode, mark: Mark) -> tuple[Table, int]:
        own: dict[str, Entry] = {}
        inherited: dict[str, Entry] = {}
        size = 1
        for key, value in node.value:
            key_mark = self._mark(key)
            if not isinstance(key, ScalarNode):
                self._sink.add(key_mark, "E-syntax", "a key must be a word.")
                continue
            child, child_size = self._convert(value)
            size += child_size
            name = str(key.value)
            if name == "<<" and key.style is None:
                for name, entry in self._inherited(child):
                    inherited.setdefault(name, entry)
            elif name in own:
                first = own[name].key_mark
                lines = f"lines {first.line} and {key_mark.line}"
                where = f"line {first.line}" if first.line == key_mark.line else lines
                self._sink.add(
                    key_mark,
                    "E-duplicate",
                    f'"{name}" is written twice in one table ({where}).',
                    hint="Keep one.",
                    also=first,
                )
            else:
                own[name] = Entry(child, key_mark)
        entries = {k: e for k, e in inherited.items() if k not in own} | own
        return Table(entries, mark, bool(node.flow_style)), size

    def _inherited(self, node: Node) -> list[tuple[str, Entry]]:
        tables = node.nodes if isinstance(node, Items) else (node,)
        pairs: list[tuple[str, Entry]] = []
        for table in tables:
            if isinstance(table, Table):
                pairs.extend(table.entries.items())
            else:
                self._sink.add(table.mark, "E-syntax", "<< wants a table, or a list of tables.")
        return pairs
