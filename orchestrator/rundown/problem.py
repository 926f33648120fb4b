"""What is wrong with a file, and where: the record that every check produces.

All problems of a file are collected and printed together, sorted by line (RUNDOWN §3).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"  # exit 2, nothing started
    WARNING = "warning"  # exit 1 with --strict
    NOTE = "note"  # said, never counted


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int = 0

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"
        )


NOWHERE = Mark("", 0)


@dataclass(frozen=True, slots=True)
class Problem:
    """One sentence for the producer: what was found, what was expected, the way out.

    `path` is the human path (`kinds › surgery › scene.inset`), `code` is stable (`E…`, `W1`…`W12`),
    `also` names the second place when there are two (duplicate ids, rotation and row, merges).
    """

    mark: Mark
    severity: Severity
    code: str
    message: str
    path: str = ""
    hint: str = ""
    also: Mark | None = None

    def text(self) -> str:
        """As printed: `event.yaml:104:17  london-case › duration: … .   Write 40m or 40s.`"""
        where = f"{self.path}: " if self.path else ""
        hint = f"   {self.hint}" if self.hint else ""
        return f"{self.mark}  {where}{self.message}{hint}"
