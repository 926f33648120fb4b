"""A node together with the way to it, so that whoever reads it can say what is wrong. Pure.

A reader takes a `Value`, returns what it read, and None after it has complained.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TypeVar

from orchestrator.rundown.builtin import FILE as BUILTIN
from orchestrator.rundown.nodes import Items, Node, Scalar, Table
from orchestrator.rundown.problem import Mark, Severity
from orchestrator.rundown.sink import Sink, meant
from orchestrator.rundown.times import Length, Unreadable, length

T = TypeVar("T")

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")
RESERVED = frozenset({"slate", "clip", "guest", "event", "end", "off"})
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class Value:
    """`owner` is the human path of whom it belongs to, `path` the dotted way from there.

    `user` is the slot on whose behalf it is read, and its place, when that is another than the
    owner: the field of a kind is read for each of the kind's slots.
    """

    node: Node
    sink: Sink
    owner: str = ""
    path: str = ""
    user: str = ""
    user_mark: Mark | None = None

    @property
    def mark(self) -> Mark:
        """Where it is written. What is built in has no line: then its user's."""
        if self.node.mark.file == BUILTIN and self.user_mark is not None:
            return self.user_mark
        return self.node.mark

    @property
    def is_shared(self) -> bool:
        """True if it was written for more than the slot it is being read for."""
        return bool(self.user) and self.owner != f"rundown › {self.user}"

    def error(
        self,
        message: str,
        hint: str = "",
        *,
        code: str = "E-value",
        at: Mark | None = None,
        also: Mark | None = None,
        full: bool = False,
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Complain. `full` names the section a reference was looked up from."""
        owner = self.owner if full else self.owner.removeprefix("rundown › ")
        path = " › ".join(part for part in (owner, self.path) if part)
        self.sink.add(
            at or self.mark, code, message, path=path, hint=hint, also=also, severity=severity
        )

    # descending

    def _under(self, node: Node, owner: str, step: str) -> Value:
        path = (
            f"{self.path}{step}" if step.startswith("[") or not self.path else f"{self.path}.{step}"
        )
        return Value(node, self.sink, owner or self.owner, path, self.user, self.user_mark)

    def get(self, key: str) -> Value | None:
        """The field `key`, if it is there and not taken away with `~`. Empty is an error."""
        if not isinstance(self.node, Table):
            return None
        entry = self.node.entries.get(key)
        if entry is None:
            return None
        child = self._under(entry.node, entry.owner, key)
        if isinstance(entry.node, Scalar):
            if entry.node.is_removal:
                return None
            if entry.node.is_empty:
                child.error("has no value.", "Write ~ to take an inherited value away.")
                return None
        return child

    def required(self, key: str) -> Value | None:
        """As `get`, and its absence is an error."""
        found = self.get(key)
        entry = self.node.entries.get(key) if isinstance(self.node, Table) else None
        is_said = entry is not None and isinstance(entry.node, Scalar) and entry.node.is_empty
        if found is None and not is_said:
            self.error(f"lacks {key}.", code="E-missing")
        return found

    def fields(self) -> Iterator[tuple[str, Value]]:
        """Every field of a table that is there and not taken away."""
        if self.table() is None:
            return
        assert isinstance(self.node, Table)
        for key in self.node.entries:
            child = self.get(key)
            if child is not None:
                yield key, child

    def items(self) -> list[Value]:
        """The members of a list."""
        if not isinstance(self.node, Items):
            self.error("must be a list.", "Write [a, b], or one line per item beginning with -.")
            return []
        return [self._under(n, "", f"[{i}]") for i, n in enumerate(self.node.nodes, 1)]

    def one_or_many(self) -> list[Value]:
        return self.items() if isinstance(self.node, Items) else [self]

    def table(self) -> Table | None:
        if isinstance(self.node, Table):
            return self.node
        self.error("must be a table.", "Write {name: value}, or indented lines below it.")
        return None

    def text(self) -> str | None:
        if isinstance(self.node, Scalar):
            if not self.node.is_removal and not self.node.is_empty:
                return self.node.text
            self.error("has no value.")
        else:
            self.error("must be a text.")
        return None

    # typed

    def read(self, parse: Callable[[str], T]) -> T | None:
        """The text through `parse`, whose complaint becomes ours."""
        text = self.text()
        if text is None:
            return None
        try:
            return parse(text)
        except Unreadable as error:
            self.error(error.message, error.hint)
            return None

    def choice(self, *words: str) -> str | None:
        text = self.text()
        if text is None or text in words:
            return text
        self.error(f'"{text}" is not offered.', meant(text, words, otherwise="Choose from"))
        return None

    def flag(self) -> bool | None:
        text = self.choice("true", "false", "yes", "no", "on", "off")
        return None if text is None else text in ("true", "yes", "on")

    def whole(self, low: int, high: int) -> int | None:
        text = self.text()
        if text is None:
            return None
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            self.error(f'"{text}" is not a number from {low} to {high}.')
            return None
        return int(text)

    def frames(self, fps: int) -> int | None:
        """A length in frames; says so if it is not a whole number of them."""
        found = self.read(length)
        if found is None:
            return None
        n = found.in_frames(fps)
        self._say_rounded(found, n, fps)
        return n

    def offset(self, fps: int) -> int | None:
        """Frames from a slot's start, negative before its end."""
        text = self.text()
        if text is None:
            return None
        sign = -1 if text.startswith("-") else 1
        try:
            found = length(text.removeprefix("-"))
        except Unreadable as error:
            self.error(error.message, error.hint)
            return None
        n = found.in_frames(fps)
        self._say_rounded(found, n, fps)
        if sign < 0 and n == 0:
            self.error(f'"{text}" is the end itself.', "Write -1f for the last frame.")
            return None
        return sign * n

    def _say_rounded(self, found: Length, n: int, fps: int) -> None:
        if not found.is_whole(fps):
            self.error(
                f"becomes {n} frames ({n / fps:.3f} s) at {fps} fps.",
                code="N-rounded",
                severity=Severity.NOTE,
            )

    def language(self) -> str | None:
        text = self.text()
        if text is not None and not _LANGUAGE.fullmatch(text):
            self.error(f'"{text}" is not a language.', "Write it like en, fr or pt-BR.")
            return None
        return text

    def words(self, floor: str) -> dict[str, str] | None:
        """A text, or a text by language; the floor language is always there."""
        if isinstance(self.node, Scalar):
            text = self.text()
            return None if text is None else {floor: text}
        if self.table() is None:
            return None
        texts: dict[str, str] = {}
        for language, child in self.fields():
            if not _LANGUAGE.fullmatch(language):
                child.error(f'"{language}" is not a language.', "Write {en: …, fr: …}.")
            elif (text := child.text()) is not None:
                texts[language] = text
        if floor not in texts:
            self.error(f'lacks the text in "{floor}", the first of event.languages.')
            return None
        return texts

    def id(self) -> str | None:
        """An id of our own making (it will be looked up by others)."""
        text = self.text()
        if text is None or not check_id(text, self):
            return None
        return text

    def known(self, names: Collection[str], what: str) -> str | None:
        """The name of something that must exist."""
        text = self.text()
        if text is None or text in names:
            return text
        self.error(
            f'there is no {what} "{text}".',
            meant(text, names, otherwise="There are"),
            code="E-reference",
            full=True,
        )
        return None


def check_id(text: str, value: Value, at: Mark | None = None) -> bool:
    """Complain about `text` if it cannot be an id."""
    if text in RESERVED:
        value.error(f'"{text}" is a word of the rundown and cannot be an id.', at=at, code="E-id")
        return False
    if not ID.fullmatch(text):
        hint = "Use small letters, digits and hyphens, at most 48, like brussels-case."
        value.error(f'"{text}" cannot be an id.', hint, at=at, code="E-id")
        return False
    return True


def check_fields(value: Value, known: Collection[str], *, free: bool = False) -> bool:
    """Complain about every key of the table that is not a field; `x-*` passes where `free`."""
    if value.table() is None:
        return False
    assert isinstance(value.node, Table)
    before: tuple[str, Node] | None = None
    for key, entry in value.node.entries.items():
        if key not in known and not (free and key.startswith("x-")):
            _unknown(value, key, entry.node, entry.key_mark, known, before)
        before = (key, entry.node)
    return True


def _unknown(
    value: Value,
    key: str,
    node: Node,
    mark: Mark,
    known: Collection[str],
    before: tuple[str, Node] | None,
) -> None:
    assert isinstance(value.node, Table)
    is_empty = isinstance(node, Scalar) and node.is_empty
    hint = meant(key, known, otherwise="Known are")
    if is_empty and value.node.is_flow and before is not None:
        name, text = before
        if isinstance(text, Scalar) and not text.is_quoted and text.text:
            hint = (
                f'A comma inside {{ }} starts a new field; quote the {name}:  "{text.text}, {key}"'
            )
    if key.lower() in ("phone", "mobile", "email", "tel"):
        hint = "Telephone numbers and addresses belong into contacts.yaml, never into the rundown."
    empty = " (empty)" if is_empty else ""
    value.error(f'unknown field "{key}"{empty}.', hint, at=mark, code="E-unknown-field")
