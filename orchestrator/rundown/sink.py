"""Where problems are collected while a file is read, each sentence once. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from orchestrator.rundown.problem import Mark, Problem, Severity

_MOST_NAMED = 16
"""So many names are read; a longer list is not."""


class Sink:
    """Collects problems; the same sentence about the same place counts once.

    One wrong line in a kind would otherwise be reported by each of its slots.
    """

    def __init__(self) -> None:
        self._problems: dict[tuple[Mark, str, str], Problem] = {}

    def add(
        self,
        mark: Mark,
        code: str,
        message: str,
        *,
        path: str = "",
        hint: str = "",
        also: Mark | None = None,
        severity: Severity = Severity.ERROR,
    ) -> None:
        problem = Problem(mark, severity, code, message, path, hint, also)
        self._problems.setdefault((mark, code, message), problem)

    def extend(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self._problems.setdefault((problem.mark, problem.code, problem.message), problem)

    @property
    def has_errors(self) -> bool:
        return any(p.severity is Severity.ERROR for p in self._problems.values())

    def sorted(self) -> tuple[Problem, ...]:
        """By file (in the order they were first mentioned), then line, then column."""
        files: dict[str, int] = {}
        for problem in self._problems.values():
            files.setdefault(problem.mark.file, len(files))
        return tuple(
            sorted(
                self._problems.values(),
                key=lambda p: (files[p.mark.file], p.mark.line, p.mark.column, p.code),
            )
        )


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    close = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def meant(word: str, known: Iterable[str], *, otherwise: str = "It has") -> str:
    """`Did you mean x?`, or what there is to choose from."""
    known = list(known)
    guess = nearest(word, known)
    if guess is not None and guess != word:
        return f"Did you mean {guess}?"
    if not known:
        return ""
    more = f" and {len(known) - _MOST_NAMED} more" if len(known) > _MOST_NAMED else ""
    return f"{otherwise}: {', '.join(known[:_MOST_NAMED])}{more}."
