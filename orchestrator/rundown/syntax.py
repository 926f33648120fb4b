"""YAML's own errors, said so that a producer can act on them. Pure.

`explain` turns the parser's error into a problem, and where it is clear what was meant also gives
the text with that one place repaired (same length, so that every later position is still right):
reading goes on and the rest of the file's problems are reported together with this one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from orchestrator.rundown.problem import Mark, Problem, Severity

_BROKEN_TEXT = re.compile(r"(?:^|[\s{,\[])(?P<key>[\w.-]+):\s+(?P<text>[^:{}\[\],\"'#&*!|>%@`]+)$")
_NBSP = "\u00a0"

_TEMPLATES = {
    "&": "a text cannot begin with &",
    "*": "a text cannot begin with *",
    "@": "a text cannot begin with @",
    "%": "a text cannot begin with %",
    "`": "a text cannot begin with `",
}


@dataclass(frozen=True, slots=True)
class Explained:
    problem: Problem
    repaired: str | None = None
    """The text to go on with; None if it cannot be told what was meant."""


def explain(error: YAMLError, text: str, file: str) -> Explained:
    if isinstance(error, ReaderError):
        before = text[: error.position]
        mark = Mark(file, before.count("\n") + 1, error.position - before.rfind("\n"))
        return Explained(
            _problem(
                mark,
                f"the character {text[error.position : error.position + 1]!a} cannot be in a file.",
            )
        )
    if not isinstance(error, MarkedYAMLError):
        return Explained(_problem(Mark(file, 1), "this is not YAML."))
    at = error.problem_mark or error.context_mark
    line, column = (at.line, at.column) if at is not None else (0, 0)
    line = min(line, max(0, text.count("\n")))
    lines = text.split("\n")
    mark = Mark(file, line + 1, column + 1)
    problem = error.problem or ""
    if "mapping values are not allowed" in problem or "but got ':'" in problem:
        return _colon(mark, lines, line, column, error)
    return Explained(_translated(mark, problem, error, lines[line] if line < len(lines) else ""))


def _problem(mark: Mark, message: str, hint: str = "", path: str = "") -> Problem:
    return Problem(mark, Severity.ERROR, "E-syntax", message, path, hint)


def _colon(
    mark: Mark, lines: list[str], line: int, column: int, error: MarkedYAMLError
) -> Explained:
    """A second `: ` on a line: nearly always a title that wants quotes."""
    found = _BROKEN_TEXT.search(lines[line][:column])
    if found is None:
        opened = error.context_mark
        if opened is not None and opened.line < line:
            return Explained(
                _problem(mark, f"what was opened on line {opened.line + 1} is not closed.", _CLOSE)
            )
        return Explained(
            _problem(
                mark,
                "this line is read as going on with the text of the line before it.",
                "Give it the same indentation as its neighbours.",
            )
        )
    whole = _whole_text(lines[line], found.start("text"), in_flow="flow" in (error.context or ""))
    problem = _problem(
        mark,
        f'text after "{found["text"].strip()}" is read as a new key because of ": ".',
        f'Put it in quotes:  {found["key"]}: "{whole}"',
        path=found["key"],
    )
    if lines[line][column : column + 2] != ": ":
        return Explained(problem)
    mended = lines[line][: column + 1] + _NBSP + lines[line][column + 2 :]
    return Explained(problem, "\n".join([*lines[:line], mended, *lines[line + 1 :]]))


_CLOSE = "Look for a missing } or ]."


def _whole_text(line: str, start: int, *, in_flow: bool) -> str:
    """The text that was meant: to the comma or bracket in { }, else to the end or the comment."""
    rest = re.split(r"\s#", line[start:], maxsplit=1)[0]
    if in_flow:
        rest = re.split(r"[,}\]]", rest, maxsplit=1)[0]
    return rest.strip().replace('"', "'")


def _translated(mark: Mark, problem: str, error: MarkedYAMLError, line: str) -> Problem:
    opened = error.context_mark
    since = f" that began on line {opened.line + 1}" if opened is not None else ""
    here = line[mark.column - 1 : mark.column]
    if here == "\t" or "'\\t'" in problem:
        return _problem(mark, "a tab indents this line.", "Use spaces.")
    if "undefined alias" in problem:
        name = problem.split("'")[1] if "'" in problem else ""
        return _problem(
            mark,
            f"nothing above is marked &{name}.",
            "A text that begins with * needs quotes.",
        )
    if "end of stream" in problem or "<stream end>" in problem:
        if "quoted" in (error.context or ""):
            at = Mark(mark.file, opened.line + 1, opened.column + 1) if opened else mark
            return _problem(at, "the quote that opens here is never closed.")
        return _problem(mark, f"the file ends inside what{since[5:]}.", _CLOSE)
    if "another document" in problem:
        return _problem(mark, "a second document begins here (---).", "One file, one event.")
    if "cannot start any token" in problem:
        why = _TEMPLATES.get(here, f"a text cannot begin with {here}")
        return _problem(mark, f"{why}.", "Put it in quotes.")
    if "could not find expected ':'" in problem:
        at = Mark(mark.file, opened.line + 1, opened.column + 1) if opened else mark
        return _problem(at, "this line has no colon.", "Write  name: value")
    if "expected ',' or" in problem:
        return _problem(
            mark, f"a comma or a closing bracket is missing in the list{since}.", _CLOSE
        )
    if "<block end>" in problem:
        return _problem(
            mark,
            f"this does not fit the block{since}.",
            "Check the indentation; text after a closing quote or bracket is not allowed.",
        )
    if "escape character" in problem:
        return _problem(mark, 'a \\ in "…" must be doubled.', "Or use '…'.")
    said = problem or "this is not YAML"
    return _problem(mark, f"{said}{since}.")
