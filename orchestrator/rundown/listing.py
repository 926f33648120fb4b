"""Problems as they are printed: one place per line, sentences aligned. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.rundown.problem import Problem


def listing(problems: Sequence[Problem]) -> str:
    """All problems below one another, in the order given; further lines of one are indented."""
    width = max((len(str(problem.mark)) for problem in problems), default=0)
    lines: list[str] = []
    for problem in problems:
        where = str(problem.mark)
        said = problem.text().removeprefix(where).lstrip()
        first, *more = said.split("\n")
        lines.append(f"{where:<{width}}  {first}".rstrip())
        lines.extend(f"{'':<{width}}  {line}".rstrip() for line in more)
    return "\n".join(lines)
