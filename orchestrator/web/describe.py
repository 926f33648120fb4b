"""The OpenAPI description, made from route table, shapes and word table. On control's loop.

Nothing is described by hand, so nothing can be described and not there, or there and not described.
A word's path is described word by word, with its own arguments: `/api/v1/commands/take`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from orchestrator import __version__
from orchestrator.control.words import WORDS, Field, Kind, Word
from orchestrator.web.problem import PROBLEM_JSON
from orchestrator.web.route import JSON, OPEN, Route
from orchestrator.web.shapes import schemas

_ABOUT = """\
Everything that is seen and said at the desk. Sign in, or send a bearer token (orchestrator token
add). State is changed by POST alone; what is refused is a problem with a sentence, and has changed
nothing.
"""
_KINDS: dict[Kind, dict[str, Any]] = {
    "text": {"type": "string", "maxLength": 500},
    "flag": {"type": "boolean"},
    "number": {"type": "number"},
    "table": {"type": "object", "maxProperties": 32},
    "gain": {"type": ["number", "string", "null"], "examples": ["-6 dB", "off", -3]},
    "length": {"type": "string", "examples": ["10m", "90s"]},
    "list": {"type": "array", "items": {"type": "string"}},
}
_PROBLEMS = {
    400: "Not as described",
    401: "Sign in first",
    403: "Not for this role, or not from this page",
    404: "Not here",
    409: "Not possible as things stand; the sentence says why",
    413: "Too long",
    415: "Not JSON",
    429: "Too many tries",
    503: "Not just now; try again",
}


async def openapi(request: web.Request) -> web.Response:
    """Open: a program is written against it before anybody gives it a token."""
    from orchestrator.web.routes import ROUTES  # which has this handler in a line of its own

    return web.json_response(description(ROUTES))


@functools.cache
def description(routes: Sequence[Route]) -> dict[str, Any]:
    """OpenAPI 3.1 of everything in the table."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        if "{name}" in route.path:
            continue  # a page's own files are no API
        if "{word}" not in route.path:
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
            continue
        for word in WORDS.values():
            path = route.path.replace("{word}", word.name)
            paths[path] = {"post": _operation(route) | _of_word(word)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "orchestrator control",
            "version": __version__,
            "description": _ABOUT,
        },
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
    operation: dict[str, Any] = {
        "summary": route.summary,
        "x-least-role": route.least.value if route.least is not OPEN else None,
        "responses": _responses(route),
    }
    if route.least is OPEN:
        operation["security"] = []
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "query", "schema": {"type": "integer", "minimum": 0}}
        for name in route.query
    ]
    parameters += [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    if parameters:
        operation["parameters"] = parameters
    if route.body:
        operation["requestBody"] = {
            "required": route.body != "Wished",
            "content": {JSON: {"schema": _ref(route.body)}},
        }
    return operation


def _responses(route: Route) -> dict[str, Any]:
    good = {"schema": _ref(route.answer)} if route.answer else {}
    problem = {PROBLEM_JSON: {"schema": _ref("Problem")}}
    found: dict[str, Any] = {
        "200": {"description": route.summary, "content": {route.content: good}},
        **{
            str(code): {"description": said, "content": problem} for code, said in _PROBLEMS.items()
        },
    }
    if route.path == "/healthz":
        found["503"] = found["200"]
    if route.path.endswith("/site"):
        found["404"] = {"description": "No such site", "content": problem}
    if route.path.endswith("/guest"):
        found["404"] = {"description": "No such person", "content": problem}
    if route.path.endswith(("/events", "/monitors")):
        found["101"] = {"description": "A WebSocket; the module of its handler says of what"}
        found["426"] = {"description": "Not a WebSocket", "content": problem}
    return found


def _of_word(word: Word) -> dict[str, Any]:
    """What is special about one word: its arguments, and who may say it."""
    args: dict[str, Any] = {
        "type": "object",
        "properties": {field.name: _field(field) for field in word.fields},
        "additionalProperties": False,
    }
    if required := [field.name for field in word.fields if field.is_required]:
        args["required"] = required
    body: dict[str, Any] = {
        "type": "object",
        "properties": {
            "args": args,
            "reason": {"type": "string", "maxLength": 500},
            "dry": {"type": "boolean", "description": "only ask what would happen"},
            "saw": {
                "type": "object",
                "properties": {aspect: {"type": "integer"} for aspect in word.sees},
                "description": "versions of what the sender looked at",
            },
        },
        "additionalProperties": False,
    }
    if required:
        body["required"] = ["args"]
    return {
        "summary": word.effect,
        "operationId": word.name,
        "x-least-role": word.least.value,
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "schema": {"type": "string", "maxLength": 128},
                "description": "the same key again is told the same answer, and nothing is done",
            }
        ],
        "requestBody": {"required": bool(required), "content": {JSON: {"schema": body}}},
    }


def _field(field: Field) -> dict[str, Any]:
    shape = dict(_KINDS[field.kind])
    if field.choices:
        shape["enum"] = list(field.choices)
    if field.about:
        shape["description"] = field.about
    return shape


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
