"""One event, perhaps in several files: what `include` brings in. Reads files; otherwise pure.

Maps with ids are joined, and the same id in two files is an error; single records (`event`,
`programme`, `defaults`, `outputs`) count whole, the nearest file's first. The rundown is never
included: one running order, one file.
"""

from __future__ import annotations

from pathlib import Path

from orchestrator.rundown.fields import TOP
from orchestrator.rundown.nodes import Entry, Items, Node, Scalar, Table
from orchestrator.rundown.problem import Severity
from orchestrator.rundown.read import read_file
from orchestrator.rundown.sink import Sink
from orchestrator.rundown.value import Value, check_fields

_JOINED = ("kinds", "patterns", "people", "contacts", "sites", "layouts", "graphics", "clips")
_WHOLE = ("event", "programme", "defaults", "outputs")
_STAYS_OUT = ("rundown", "shifts")


def read_event(path: Path, sink: Sink) -> Table | None:
    """The file's top table with everything that it includes; None if it cannot be read."""
    top = _top(path, str(path), sink)
    if top is None:
        return None
    return _with_includes(top, path, str(path), sink, (path.resolve(),))


def _top(path: Path, shown: str, sink: Sink) -> Table | None:
    root = read_file(path, shown, sink)
    if root is None:
        return None
    value = Value(root, sink)
    if not check_fields(value, TOP, free=True):
        return None
    version = value.get("version")
    if version is not None:
        version.choice("1")
    assert isinstance(root, Table)
    return root


def _with_includes(
    top: Table, path: Path, shown: str, sink: Sink, open_files: tuple[Path, ...]
) -> Table:
    include = Value(top, sink).get("include")
    if include is None:
        return top
    joined = dict(top.entries)
    for item in include.one_or_many():
        name = item.text()
        if name is None:
            continue
        target = path.parent / name
        shown_as = str(Path(shown).parent / name)
        try:
            resolved = target.resolve()
        except (OSError, ValueError, RuntimeError):
            item.error(f'cannot read "{name}".', code="E-include")
            continue
        if resolved in open_files:
            item.error(f'"{name}" includes itself.', "Break the circle.", code="E-include")
            continue
        if not target.is_file():
            item.error(
                f'there is no file "{name}".',
                "Paths are relative to this file.",
                code="E-include",
            )
            continue
        other = _top(target, shown_as, sink)
        if other is not None:
            other = _with_includes(other, target, shown_as, sink, (*open_files, resolved))
            _join(joined, other, item)
    return Table(joined, top.mark, top.is_flow)


def _join(joined: dict[str, Entry], other: Table, include: Value) -> None:
    left_out = [section for section in _STAYS_OUT if section in other.entries]
    if left_out:
        include.error(
            f"{' and '.join(left_out)} of this file stay out: one running order, one file.",
            code="N-include",
            severity=Severity.NOTE,
        )
    for section, entry in other.entries.items():
        if section in _STAYS_OUT:
            continue
        if section == "standby" or section in _JOINED:
            mine = joined.get(section)
            if mine is None:
                joined[section] = entry
            else:
                joined[section] = Entry(
                    _both(mine.node, entry.node, section, include), mine.key_mark
                )
        elif section in _WHOLE or section.startswith("x-"):
            joined.setdefault(section, entry)


def _both(mine: Node, theirs: Node, section: str, include: Value) -> Node:
    """Two files' sections in one. A slot of the shelf that is there twice is found by its id."""
    if isinstance(mine, Items) and isinstance(theirs, Items):
        return Items((*mine.nodes, *theirs.nodes), mine.mark)
    if not isinstance(mine, Table) or not isinstance(theirs, Table):
        return mine
    entries = dict(mine.entries)
    for key, entry in theirs.entries.items():
        if (first := entries.get(key)) is None:
            entries[key] = entry
        elif first.key_mark != entry.key_mark:
            include.sink.add(
                entry.key_mark,
                "E-duplicate",
                f'"{key}" is already in {first.key_mark.file}, line {first.key_mark.line}.',
                path=section,
                hint="The same id in two files is an error; keep one.",
                also=first.key_mark,
            )
    return Table(entries, mine.mark, mine.is_flow)


def files_of(path: Path) -> dict[Path, tuple[int, int]]:
    """The event file and all that it includes, each with what changes when it is written."""
    found: dict[Path, tuple[int, int]] = {}
    waiting = [path]
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found[file] = stamp_of(file)
        root = read_file(file, str(file), Sink())
        include = root.get("include") if isinstance(root, Table) else None
        names = include.nodes if isinstance(include, Items) else (include,)
        waiting += [file.parent / name.text for name in names if isinstance(name, Scalar)]
    return found


def stamp_of(file: Path) -> tuple[int, int]:
    """What is another when a file has been written; (0, 0) for one that is not there."""
    try:
        status = file.stat()
    except OSError:
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)
