"""What the desk decided, as edits of the producer's file: spans only, comments stay (D14). Pure.

A new length, a correction, a trim and a policy become the value that stands in the file; a skipped
slot is commented out (or `off` in its rotation's row). What has no place of its own in this file
is said, to be done by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from orchestrator.rundown.livechanges import LiveChange
from orchestrator.rundown.plan import Plan
from orchestrator.rundown.sheetpatch import Patch
from orchestrator.rundown.slotnodes import find, items
from orchestrator.rundown.spans import CannotPatch, Document, Edit, applied, entry, scalar


@dataclass(frozen=True, slots=True)
class Proposal:
    """`text` is the file with all of `done` in it."""

    text: str
    done: tuple[str, ...]
    by_hand: tuple[str, ...]


def proposed(plan: Plan, text: str, lives: Sequence[LiveChange]) -> Proposal:
    """The file's `text` with what the desk decided. Raises CannotPatch if it is no YAML."""
    document = Document(text)
    patch = Patch(document, plan)
    done, by_hand = [], []
    for live in lives:
        try:
            _write(document, patch, live)
        except CannotPatch as error:
            by_hand.append(f"{live.text}: {error}")
        else:
            done.append(live.text)
    return Proposal(applied(text, patch.all()), tuple(done), tuple(by_hand))


def _write(document: Document, patch: Patch, live: LiveChange) -> None:
    if live.kind == "length":
        patch.put(live.about, ("duration",), live.value)
    elif live.kind == "not-ready":
        patch.put(live.about, ("not_ready", "then"), live.value)
    elif live.kind == "skip":
        for edit in _out(document, live.about):
            patch.edit(edit)
    elif live.kind == "person":
        patch.edit(_field(document, ("people", live.about), live.field, scalar(live.value)))
    else:
        site, _, feed = live.about.partition(".")
        path = ("sites", site, "feeds", feed)
        patch.edit(_field(document, path, "trim", scalar(live.value)))


def _field(document: Document, path: tuple[str, ...], field: str, text: str) -> Edit:
    node: Node | None = document.root
    for step in path:
        node = entry(node, step)
        if node is None:
            raise CannotPatch(f"{' › '.join(path)} is not written in this file")
        document.own(node)
    if not isinstance(node, MappingNode):
        raise CannotPatch(f"{' › '.join(path)} is not a table here; change it by hand")
    old = entry(node, field)
    if isinstance(old, ScalarNode) and old.style in ("'", '"') and not text.startswith(('"', "'")):
        text = scalar(str(text), old.style)
    return document.added(node, field, text) if old is None else document.replaced(old, text)


def _out(document: Document, slot: str) -> Iterator[Edit]:
    """The edits that leave a slot out, and let everybody see what stood there."""
    place = find(document, slot)
    if place.member:
        yield document.added(place.mapping, place.member, "off")
        return
    running_order = items(document)
    item = running_order.value[place.item]
    if item is not place.mapping:
        document.own(place.mapping)
        yield Edit(document.begin(place.mapping), document.end(place.mapping), "off")
        return
    if running_order.flow_style or len(running_order.value) == 1:
        raise CannotPatch("its line is not its own; take it out by hand")
    document.own(item)
    at = document.text.rfind("\n", 0, document.begin(item)) + 1
    last = document.end(item)
    while at <= last:
        yield Edit(at, at, "# ")
        end = document.text.find("\n", at)
        if end < 0:
            return
        at = end + 1
