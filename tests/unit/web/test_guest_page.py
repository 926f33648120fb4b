"""A guest's link and page: what the guest reports, and what nobody else can."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from controlport import Port, Told, open_port, small_place
from smallevent import GUESTS_EVENT

from orchestrator.bus.lines import read_lines
from orchestrator.control.roles import Role
from orchestrator.timing import NS

V1 = "/api/v1"


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[Port]:
    async with open_port(small_place(tmp_path, GUESTS_EVENT)) as opened:
        yield opened


async def link(port: Port, role: Role = Role.OPERATOR, **body: Any) -> Told:
    body.setdefault("person", "tess")
    return await port.ask("POST", f"{V1}/guests/link", role=role, json_body=body)


async def come(port: Port) -> Told:
    """The session that the link opens."""
    _, _, token = (await link(port)).body["secret"].partition("#")
    return await port.ask("POST", f"{V1}/sign-in/link", json_body={"token": token})


async def report(port: Port, session: Told, stage: str, **more: Any) -> Told:
    port.place.clock.set(port.place.clock.now_ns() + 2 * NS)
    return await port.ask(
        "POST", f"{V1}/guest/stage", cookie=session.cookie,
        X_CSRF_Token=session.body["csrf"], json_body={"stage": stage, **more},
    )  # fmt: skip


def stages(port: Port) -> list[tuple[str, str]]:
    """Who said how far the guest has come, as the journal has it."""
    return [
        (entry.author, str(entry.args["stage"]))
        for entry in port.console.gallery.journal.entries
        if entry.verb == "guest"
    ]


async def test_a_link_invites_and_the_page_reports_each_stage_once(port: Port) -> None:
    session = await come(port)
    me = (await port.ask("GET", f"{V1}/me", cookie=session.cookie)).body
    assert (me["name"], me["person"], me["words"]) == ("guest-tess", "tess", [])

    for stage in ("opened", "opened", "mic-ok", "opened", "waiting", "mic-ok"):
        assert (await report(port, session, stage)).status == 200

    assert stages(port) == [
        ("test-operator", "invited"),
        ("guest-tess", "opened"),
        ("guest-tess", "mic-ok"),
        ("guest-tess", "waiting"),
    ]
    assert (await report(port, session, "opened", is_back=True)).status == 200
    assert stages(port)[-1] == ("guest-tess", "opened")


async def test_a_page_that_presses_without_end_fills_no_journal(port: Port) -> None:
    session = await come(port)
    await report(port, session, "waiting")
    before = len(stages(port))

    told = [
        await port.ask(
            "POST",
            f"{V1}/guest/stage",
            cookie=session.cookie,
            X_CSRF_Token=session.body["csrf"],
            json_body={"stage": stage, "is_back": True},
        )
        for stage in ("opened", "mic-ok")
    ]

    assert [one.status for one in told] == [429, 429]
    assert len(stages(port)) == before


async def test_a_guest_sees_himself_alone_and_the_desk_may_look(port: Port) -> None:
    session = await come(port)
    told = await port.ask("GET", f"{V1}/guest", cookie=session.cookie)
    assert told.body["person"]["name"] == "Tess Rao"
    for path in (f"{V1}/guest?person=ben", "/guest?person=ben"):
        other = await port.ask("GET", path, cookie=session.cookie)
        assert (other.status, other.body["detail"]) == (403, "a guest sees himself alone")

    seen = await port.ask("GET", f"{V1}/guest?person=ben", role=Role.VIEWER)
    assert seen.body["person"]["name"] == "Ben Kim"
    missing = await port.ask("GET", f"{V1}/guest?person=nobody", role=Role.VIEWER)
    assert (missing.status, missing.body["code"]) == (404, "unknown-person")
    nobody = await port.ask(
        "POST", f"{V1}/guest/stage", role=Role.OPERATOR, json_body={"stage": "waiting"}
    )
    assert (nobody.status, nobody.body["code"]) == (409, "not-a-guest")


async def test_the_page_may_listen_to_the_microphone_and_no_other_page_may(port: Port) -> None:
    session = await come(port)

    guest = await port.ask("GET", "/guest", cookie=session.cookie)
    desk = await port.ask("GET", "/", role=Role.OPERATOR)

    assert "microphone=(self)" in guest.headers["Permissions-Policy"]
    assert "camera=()" in guest.headers["Permissions-Policy"]
    assert "microphone=()" in desk.headers["Permissions-Policy"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"person": "nobody"}, 409, "unknown-person"),
        ({"person": "tess", "name": "a b"}, 400, "malformed"),
        ({"person": "tess", "name": "Test-Operator"}, 409, "taken"),
    ],
)
async def test_a_link_for_nobody_is_refused(
    port: Port, body: dict[str, Any], status: int, code: str
) -> None:
    told = await link(port, **body)

    assert (told.status, told.body["code"]) == (status, code)
    assert stages(port) == []


async def test_a_guest_who_has_lost_the_link_is_given_another(port: Port) -> None:
    told = [await link(port), await link(port)]

    assert [one.status for one in told] == [200, 200]
    assert told[0].body["secret"] != told[1].body["secret"]
    assert [one[0] for one in stages(port)] == ["test-operator"]
    names = {token.name for token in port.console.accounts.book().tokens.values()}
    assert {"guest-tess", "guest-tess-2"} <= names


async def test_a_guests_link_is_in_the_list_and_the_audit_and_is_revoked(port: Port) -> None:
    session = await come(port)
    access = (await port.ask("GET", f"{V1}/admin/access", role=Role.ADMIN)).body
    assert access["guests"] == [
        {"id": "tess", "name": "Tess Rao", "slots": ["A talk"], "stage": "invited"}
    ]
    (token,) = [one for one in access["tokens"] if one["person"] == "tess"]
    assert token["kind"] == "guest"
    lines = read_lines(port.place.state.audit)
    assert {"what": "token added", "guest": "tess", "by": "test-operator"}.items() <= lines[
        0
    ].items()

    told = await port.ask(
        "POST", f"{V1}/admin/tokens/revoke", role=Role.ADMIN, json_body={"id": token["id"]}
    )

    assert told.status == 200
    assert (await port.ask("GET", f"{V1}/guest", cookie=session.cookie)).status == 401
