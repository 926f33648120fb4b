"""Refusals as RFC 9457 problems: a code for programs, a sentence for the person. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from aiohttp import web

from orchestrator.bus.lines import json_of

PROBLEM_JSON = "application/problem+json"
_STATUS = {
    "malformed": 400,
    "unknown-argument": 400,
    "reason-needed": 400,
    "forbidden": 403,
    "not-yours": 403,
    "second-person": 403,
    "busy": 503,
    "journal": 503,
    "gate": 503,
}
"""HTTP status of the desk's codes. Any other says that it is not possible as things stand: 409."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that can be given again (`once.py`)."""

    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self, **more: str) -> web.Response:
        return web.Response(
            status=self.status,
            body=self.body,
            content_type=self.content_type,
            headers={**self.headers, **more},
        )


class Problem(Exception):
    """Ends a request with this answer. Nothing has changed."""

    def __init__(
        self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.headers = dict(headers or {})

    def kept(self) -> Kept:
        body = {
            "type": f"urn:orchestrator:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        text = json_of(body)
        return Kept(self.status, text, PROBLEM_JSON, self.headers)

    def response(self) -> web.Response:
        return self.kept().response()


def of_desk(code: str, why: str) -> Problem:
    """What the desk refused, as an answer."""
    status = _STATUS.get(code, 409)
    return Problem(status, code, why, {"Retry-After": "1"} if status == 503 else None)


def of_http(error: web.HTTPException, request: web.Request) -> Problem:
    """What aiohttp itself refuses, in our words."""
    path, status = request.path[:200], error.status
    headers = {key: error.headers[key] for key in ("Allow", "Location") if key in error.headers}
    said = {
        404: ("not-found", f"there is nothing at {path}; /api/v1/openapi.json lists what there is"),
        405: (
            "method",
            f"{request.method} is not for {path}; it takes {headers.get('Allow', 'another')}",
        ),
        413: ("too-large", "a request is at most 64 KiB"),
    }
    code, detail = said.get(status, ("http", f"this cannot be answered: {error.reason}"))
    return Problem(status, code, detail, headers)
