"""The day as one self-contained page to print: no script, no request to anywhere. Pure.

Jinja escapes everything; a title is text, whatever it looks like.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from orchestrator.rundown.problem import Problem
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.rows import Row
from orchestrator.rundown.words import said

PAGES = Path(__file__).parents[2] / "templates" / "pages"


def page(resolved: Resolved, rows: Sequence[Row], problems: Sequence[Problem]) -> str:
    """The table by blocks, with the warnings above it."""
    blocks = [(title, list(members)) for title, members in groupby(rows, lambda row: row.block)]
    return _template().render(
        title=said(resolved.title),
        language=resolved.languages[0],
        event=resolved,
        blocks=blocks,
        problems=problems,
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("rundown.html")
