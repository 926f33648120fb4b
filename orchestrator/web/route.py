"""A line of the route table (`routes.py`): a record that guard, server and description share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from orchestrator.control.roles import Role

JSON = "application/json"
OPEN = None
"""For `least`: an unknown caller may have it. Say why where it is used."""


@dataclass(frozen=True, slots=True)
class Route:
    """`least` by rank; `sites` lets a site's own people in as well, and `guests` who comes by a
    guest's link; otherwise these have nothing."""

    method: str
    path: str
    least: Role | None
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    summary: str
    sites: bool = False
    guests: bool = False
    is_page: bool = False
    """A person comes here: unknown, they are shown the sign-in page."""
    content: str = JSON
    body: str = ""
    answer: str = ""
    """Names of the schemas (`shapes.py`) of what goes in and what comes out."""
    query: tuple[str, ...] = ()
    """Whole numbers in the query string."""
