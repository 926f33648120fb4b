"""The OpenAPI description, made from route table, records and word table. On control's loop."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from orchestrator import __version__
from orchestrator.control.status import schemas
from orchestrator.web.route import OPEN, Route


async def openapi(request: web.Request) -> web.Response:
    """Open: a program is written against it before anybody gives it a token."""
    from orchestrator.web.routes import ROUTES  # which has this handler in a line of its own

    return web.json_response(description(ROUTES))


@functools.cache
def description(routes: Sequence[Route]) -> dict[str, Any]:
    """OpenAPI 3.1 of everything in the table."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "orchestrator control", "version": __version__},
        "security": [{"bearer": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "orch_session"},
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    shown = {"schema": {"$ref": f"#/components/schemas/{route.answer}"}} if route.answer else {}
    operation: dict[str, Any] = {
        "summary": route.summary,
        "responses": {"200": {"description": route.summary, "content": {route.content: shown}}},
    }
    if route.least is OPEN:
        operation["security"] = []
    return operation
