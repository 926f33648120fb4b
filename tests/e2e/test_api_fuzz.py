"""Everything in the API's description, tried with what fits it and with what does not.

The control port runs in a thread of this process; schemathesis makes the requests from the
description that the port itself gives. Whatever comes: an answer as described, never a 500, and
whoever is refused gets a sentence and has changed nothing.
"""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import requests
from controlport import Port, serving, small_place
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orchestrator.control.roles import Role

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of what schemathesis imports
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.checks import CHECKS

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

BOUNDED = settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
WANTED = (
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)


@dataclass(frozen=True, slots=True)
class Desk:
    """The port in its thread, seen from here."""

    url: str
    port: Port
    headers: dict[str, str]

    def seq(self) -> int:
        return self.port.console.gallery.last_seq


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with serving(small_place(tmp_path_factory.mktemp("fuzz"))) as port:
        token = port.token(Role.ADMIN)
        yield Desk(port.url, port, {"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def operations(desk: Desk) -> list[Any]:
    described = requests.get(f"{desk.url}/api/v1/openapi.json", timeout=10).json()
    schema = schemathesis.openapi.from_dict(described)
    found = [result.ok() for result in schema.get_all_operations()]
    assert len(found) > 60
    return found


def check(desk: Desk, case: Any) -> None:
    before = desk.seq()
    # 503 is an answer: the gate is not there, as the desk says in its own words
    answer = case.call(base_url=desk.url, headers=desk.headers, timeout=10)
    assert answer.status_code != 500, answer.text
    case.validate_response(answer, checks=[CHECKS.get_one(name) for name in WANTED])
    if answer.status_code >= 400 and not case.path.endswith("/healthz"):
        assert len(answer.json()["detail"]) > 10
        assert desk.seq() == before, f"{case.method} {case.path} was refused and did something"


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_whatever_is_asked_is_answered_as_described(
    desk: Desk, operations: list[Any], mode: Any
) -> None:
    tried = 0
    for operation in operations:
        has_input = operation.body or operation.query or operation.headers
        if mode is GenerationMode.NEGATIVE and not has_input:
            continue

        @BOUNDED
        @given(case=operation.as_strategy(generation_mode=mode))
        def every(case: Any) -> None:
            check(desk, case)

        every()
        tried += 1
    assert tried > 50


def test_bytes_of_no_meaning_change_nothing(desk: Desk, operations: list[Any]) -> None:
    posts = [operation.path for operation in operations if operation.method.upper() == "POST"]

    @settings(BOUNDED, max_examples=250)
    @given(
        path=st.sampled_from(posts),
        body=st.binary(max_size=200),
        kind=st.sampled_from(["application/json", "text/plain", "multipart/form-data", ""]),
    )
    def every(path: str, body: bytes, kind: str) -> None:
        before = desk.seq()
        answer = requests.post(
            desk.url + path, data=body, headers=desk.headers | {"Content-Type": kind}, timeout=10
        )
        assert answer.status_code != 500, answer.text
        if answer.status_code >= 400:
            assert len(answer.json()["detail"]) > 10
            assert desk.seq() == before

    every()


def test_paths_of_no_meaning_are_not_found_or_not_for_you(desk: Desk) -> None:
    @settings(BOUNDED, max_examples=150)
    @given(
        path=st.text(st.characters(codec="utf-8"), max_size=40),
        method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]),
        is_known=st.booleans(),
    )
    def every(path: str, method: str, is_known: bool) -> None:
        answer = requests.request(
            method, f"{desk.url}/{path}", headers=desk.headers if is_known else {},
            timeout=10, allow_redirects=False,
        )  # fmt: skip
        assert answer.status_code in (200, 303, 400, 401, 403, 404, 405, 415, 426), answer.text
        if not is_known:
            assert answer.status_code in (200, 303, 400, 401)

    every()


def test_whatever_a_screen_says_on_its_socket_changes_nothing_and_ends_nobody_elses(
    desk: Desk,
) -> None:
    said = st.lists(st.text(max_size=300) | st.binary(max_size=300), max_size=6)

    async def say(messages: list[str | bytes]) -> None:
        url = f"{desk.url}/api/v1/events"
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(url, headers=desk.headers) as socket,
        ):
            for message in messages:
                if isinstance(message, str):
                    await socket.send_str(message)
                else:
                    await socket.send_bytes(message)
            async with asyncio.timeout(10):
                first = json.loads(await socket.receive_str())
            assert first["kind"] == "hello"

    @settings(BOUNDED, max_examples=40)
    @given(messages=said)
    def every(messages: list[str | bytes]) -> None:
        before = desk.seq()
        asyncio.run(say(messages))
        assert desk.seq() == before
        fresh = requests.get(f"{desk.url}/healthz", headers=desk.headers, timeout=10)
        assert fresh.status_code in (200, 503)

    every()
