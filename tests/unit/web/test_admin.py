"""Administration: people, sessions, tokens and links, and the records of the house."""

from __future__ import annotations

import json
from typing import Any

import pytest
from controlport import PASSWORD, Port, Told

from orchestrator.bus.lines import read_lines
from orchestrator.control.audit import Audit
from orchestrator.control.passwords import is_right
from orchestrator.control.roles import Role
from orchestrator.timing import NS, ManualClock
from orchestrator.web.house import versions_of
from orchestrator.web.sessions import LIVES_S
from orchestrator.web.visits import Visits

V1 = "/api/v1"
ADMIN = f"{V1}/admin"


async def act(port: Port, path: str, key: str = "", **body: Any) -> Told:
    headers = {"Idempotency-Key": key} if key else {}
    return await port.ask("POST", f"{ADMIN}/{path}", role=Role.ADMIN, json_body=body, **headers)


async def access(port: Port) -> Any:
    return (await port.ask("GET", f"{ADMIN}/access", role=Role.ADMIN)).body


def noted(port: Port) -> list[tuple[str, str | None, str | None]]:
    lines = read_lines(port.place.state.audit)
    return [(one["what"], one.get("name"), one.get("by")) for one in lines]


async def test_somebody_is_added_signs_in_gets_another_role_and_is_out(port: Port) -> None:
    told = await act(port, "people/add", name="tom", role="operator", password=PASSWORD)
    assert (told.status, told.body["secret"]) == (200, "")
    cookie = (await port.sign_in("tom")).cookie
    assert (await port.ask("GET", f"{V1}/me", cookie=cookie)).body["role"] == "operator"

    assert (await act(port, "people/role", name="tom", role="producer")).status == 200
    assert (await port.ask("GET", f"{V1}/me", cookie=cookie)).status == 401
    cookie = (await port.sign_in("tom")).cookie
    assert (await port.ask("GET", f"{V1}/me", cookie=cookie)).body["role"] == "producer"

    assert (await act(port, "people/remove", name="tom")).status == 200
    assert (await port.ask("GET", f"{V1}/me", cookie=cookie)).status == 401
    assert (await port.sign_in("tom")).status == 401
    assert [one for one in noted(port) if one[2]] == [
        ("user added", "tom", "test-admin"),
        ("role changed", "tom", "test-admin"),
        ("user removed", "tom", "test-admin"),
    ]


async def test_another_password_ends_the_sessions_with_the_old_one(port: Port) -> None:
    port.add("tom", Role.OPERATOR)
    cookie = (await port.sign_in("tom")).cookie

    told = await act(port, "people/password", name="tom", password="another long one")

    assert told.status == 200
    assert (await port.ask("GET", f"{V1}/me", cookie=cookie)).status == 401
    account = port.console.accounts.book().users["tom"]
    assert is_right("another long one", account.password)


async def test_who_is_invited_chooses_a_password_by_a_link_that_works_once(port: Port) -> None:
    told = await act(port, "people/add", name="kim", role="operator")
    path, _, token = told.body["secret"].partition("#")
    assert path == "/sign-in?name=kim"
    (kim,) = (await access(port))["people"]
    assert (kim["has_password"], bool(kim["invited_until"])) == (False, True)
    assert (await port.sign_in("kim")).status == 401
    assert (await port.ask("GET", f"{V1}/me", Authorization=f"Bearer {token}")).status == 401

    async def accept(password: str) -> Told:
        body = {"token": token, "password": password}
        return await port.ask("POST", f"{V1}/sign-in/invitation", json_body=body)

    assert (await accept("short")).status == 400
    chosen = await accept(PASSWORD)

    assert chosen.status == 200
    assert (await port.ask("GET", f"{V1}/me", cookie=chosen.cookie)).body["name"] == "kim"
    assert (await accept("another long one")).status == 401
    assert (await port.sign_in("kim")).status == 200
    assert ("invitation accepted", "kim", None) in noted(port)


async def test_a_link_to_choose_another_password_leaves_the_old_one_good(port: Port) -> None:
    port.add("tom", Role.OPERATOR)
    cookie = (await port.sign_in("tom")).cookie

    told = await act(port, "people/password", name="tom")

    assert "#orch_invite_" in told.body["secret"]
    assert (await port.ask("GET", f"{V1}/me", cookie=cookie)).status == 200
    assert (await port.sign_in("tom")).status == 200


async def test_who_chooses_a_password_themselves_ends_the_link_to_choose_one(port: Port) -> None:
    port.add("tom", Role.OPERATOR)
    token = (await act(port, "people/password", name="tom")).body["secret"].partition("#")[2]
    session = await port.sign_in("tom")
    changed = await port.ask(
        "POST", f"{V1}/password", cookie=session.cookie, X_CSRF_Token=session.body["csrf"],
        json_body={"old": PASSWORD, "new": "another long one"},
    )  # fmt: skip
    assert changed.status == 200

    body = {"token": token, "password": "of who has the link"}
    told = await port.ask("POST", f"{V1}/sign-in/invitation", json_body=body)

    assert told.status == 401


async def test_the_last_administrator_and_oneself_are_kept(port: Port) -> None:
    port.add("ana", Role.ADMIN)
    session = await port.sign_in("ana")

    async def as_ana(path: str, **body: str) -> Told:
        return await port.ask(
            "POST", f"{ADMIN}/people/{path}", cookie=session.cookie, json_body=body,
            X_CSRF_Token=session.body["csrf"],
        )  # fmt: skip

    for told in (
        await as_ana("remove", name="ana"),
        await as_ana("role", name="ana", role="viewer"),
    ):
        assert (told.status, told.body["code"]) == (409, "oneself")
    for told in (
        await act(port, "people/remove", name="ana"),
        await act(port, "people/role", name="ana", role="operator"),
    ):
        assert (told.status, told.body["code"]) == (409, "last-admin")
        assert "ana is the last administrator" in told.body["detail"]
    assert port.console.accounts.book().admins() == ["ana"]
    assert (await port.ask("GET", f"{V1}/me", cookie=session.cookie)).status == 200


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("people/add", {"name": "a b", "role": "viewer"}, 400, "malformed"),
        ("people/add", {"name": "tom", "role": "boss"}, 400, "malformed"),
        ("people/add", {"name": "tom", "role": "viewer", "password": "short"}, 400, "malformed"),
        ("people/add", {"name": "tom", "role": "site"}, 409, "unknown-site"),
        ("people/add", {"name": "tom", "role": "site", "site": "atlantis"}, 409, "unknown-site"),
        ("people/add", {"name": "Test-Admin", "role": "viewer"}, 409, "taken"),
        ("people/add", {"name": "tom", "role": "viewer", "by": "ana"}, 400, "malformed"),
        ("people/role", {"name": "nobody", "role": "viewer"}, 409, "unknown-user"),
        ("people/password", {"name": "nobody"}, 409, "unknown-user"),
        ("people/remove", {"name": "nobody"}, 409, "unknown-user"),
        ("people/sign-out", {"name": "nobody"}, 409, "unknown-user"),
        ("sessions/end", {"id": "0"}, 409, "unknown-session"),
        ("tokens/add", {"name": "x", "role": "viewer", "hours": 0}, 400, "malformed"),
        ("tokens/add", {"name": "x", "role": "viewer", "hours": 9601}, 400, "malformed"),
        ("tokens/site-link", {"site": "atlantis"}, 409, "unknown-site"),
        ("tokens/revoke", {"id": "0"}, 409, "unknown-token"),
    ],
)
async def test_what_is_refused_has_a_sentence_and_changes_nothing(
    port: Port, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    port.token(Role.ADMIN)
    before = port.place.state.users.read_bytes()

    told = await act(port, path, **body)

    assert (told.status, told.body["code"]) == (status, code)
    assert len(told.body["detail"]) > 10
    assert port.place.state.users.read_bytes() == before
    assert noted(port) == []


async def test_an_act_with_a_cookie_needs_the_csrf_token(port: Port) -> None:
    port.add("ana", Role.ADMIN)
    cookie = (await port.sign_in("ana")).cookie

    told = await port.ask(
        "POST", f"{ADMIN}/people/add", cookie=cookie,
        json_body={"name": "eve", "role": "admin", "password": PASSWORD},
    )  # fmt: skip

    assert (told.status, told.body["code"]) == (403, "csrf")
    assert "eve" not in port.console.accounts.book().users


async def test_a_token_is_told_once_acts_in_its_role_and_ends_when_it_is_revoked(
    port: Port,
) -> None:
    told = await act(port, "tokens/add", key="box-1", name="box", role="operator", hours=24)
    text = told.body["secret"]
    bearer = {"Authorization": f"Bearer {text}"}
    assert (await port.ask("GET", f"{V1}/me", **bearer)).body["role"] == "operator"

    again = await act(port, "tokens/add", key="box-1", name="box", role="operator", hours=24)
    assert (again.status, again.body["secret"]) == (200, "")
    assert again.headers["Idempotent-Replayed"] == "true"
    shown = await access(port)
    (box,) = [one for one in shown["tokens"] if one["name"] == "box"]
    assert text not in json.dumps(shown)

    assert (await act(port, "tokens/revoke", id=box["id"])).status == 200
    assert (await port.ask("GET", f"{V1}/me", **bearer)).status == 401
    assert [one[:2] for one in noted(port) if one[2]] == [
        ("token added", "box"), ("token revoked", "box"),
    ]  # fmt: skip


async def test_the_same_key_for_another_wish_is_refused(port: Port) -> None:
    await act(port, "people/add", key="k", name="tom", role="viewer", password=PASSWORD)

    told = await act(port, "people/add", key="k", name="kim", role="viewer", password=PASSWORD)

    assert (told.status, told.body["code"]) == (409, "key-used")
    assert list(port.console.accounts.book().users) == ["tom"]


async def test_a_sites_link_opens_its_page(port: Port) -> None:
    told = await act(port, "tokens/site-link", site="london")
    path, _, token = told.body["secret"].partition("#")

    session = await port.ask("POST", f"{V1}/sign-in/link", json_body={"token": token})

    assert path == "/site"
    me = (await port.ask("GET", f"{V1}/me", cookie=session.cookie)).body
    assert (me["name"], me["site"]) == ("site-london", "london")


async def test_sessions_are_seen_and_ended_one_by_one(port: Port) -> None:
    port.add("tom", Role.OPERATOR)
    first, second = (await port.sign_in("tom")).cookie, (await port.sign_in("tom")).cookie
    for cookie, agent in ((first, "Phone"), (second, "Laptop")):
        await port.ask("GET", f"{V1}/me", cookie=cookie, User_Agent=agent)
    seen = (await access(port))["sessions"]
    assert [(one["name"], one["agent"]) for one in seen] == [("tom", "Laptop"), ("tom", "Phone")]

    assert (await act(port, "sessions/end", id=seen[1]["id"])).status == 200

    assert (await port.ask("GET", f"{V1}/me", cookie=first)).status == 401
    assert (await port.ask("GET", f"{V1}/me", cookie=second)).status == 200
    assert [one["id"] for one in (await access(port))["sessions"]] == [seen[0]["id"]]
    assert (await act(port, "people/sign-out", name="tom")).status == 200
    assert (await port.ask("GET", f"{V1}/me", cookie=second)).status == 401


async def test_an_ended_session_stays_ended_though_its_cookie_had_been_renewed(port: Port) -> None:
    port.add("tom", Role.OPERATOR)
    port.add("ana", Role.ADMIN)
    cookie = (await port.sign_in("tom")).cookie
    clock: ManualClock = port.place.clock
    clock.set(clock.now_ns() + (LIVES_S - 60) * NS)
    renewed = (await port.ask("GET", f"{V1}/me", cookie=cookie)).cookie
    (seen,) = (await access(port))["sessions"]
    await act(port, "sessions/end", id=seen["id"])

    clock.set(clock.now_ns() + 3600 * NS)  # the cookie of before would have expired
    for _ in range(2):  # whatever else is signed out cleans the list up
        port.console.accounts.end("another", int(port.console.now_s) + 60, port.console.now_s)

    assert (await port.ask("GET", f"{V1}/me", cookie=renewed)).status == 401


def test_remembering_sessions_is_bounded() -> None:
    from orchestrator.web.sessions import Signer

    visits, signer = Visits(most=3), Signer(b"x" * 32)
    for _ in range(10):
        visits.note(signer.begin("user:tom", "", 0), "127.0.0.1", "a\tlong\n" * 100, 0)

    assert len(visits.all()) == 3
    assert all(one.agent.isprintable() and len(one.agent) <= 200 for one in visits.all())


async def test_no_secret_of_administration_is_written_anywhere(port: Port) -> None:
    made = [
        await act(port, "people/add", key="1", name="kim", role="operator"),
        await act(port, "people/add", key="2", name="tom", role="viewer", password=PASSWORD),
        await act(port, "tokens/add", key="3", name="box", role="viewer"),
        await act(port, "tokens/site-link", key="4", site="london"),
    ]
    secrets = [told.body["secret"].rpartition("#")[2] for told in made if told.body["secret"]]
    assert len(secrets) == 3

    files = [path for path in port.place.state.root.rglob("*") if path.is_file()]
    written = b"".join(path.read_bytes() for path in files)
    kept = repr(port.console.once._kept)
    shown = (
        json.dumps([await access(port)])
        + (await port.ask("GET", f"{ADMIN}/audit", role=Role.ADMIN)).text
    )
    for secret in (*secrets, PASSWORD):
        assert secret.encode() not in written
        assert secret not in shown
        assert secret not in kept


async def test_the_audit_tells_the_newest_lines_oldest_first(port: Port) -> None:
    port.add("tom", Role.VIEWER)
    await port.sign_in("tom", "wrong password")
    await port.sign_in("tom")

    told = await port.ask("GET", f"{ADMIN}/audit", role=Role.ADMIN)
    last = await port.ask("GET", f"{ADMIN}/audit?most=1", role=Role.ADMIN)

    assert [one["what"] for one in told.body["lines"]] == ["sign-in refused", "signed in"]
    assert [one["what"] for one in last.body["lines"]] == ["signed in"]


def test_the_audit_reads_on_over_the_file_that_was_set_aside(tmp_path: Any) -> None:
    audit = Audit(tmp_path / "audit.jsonl", ManualClock(0), most_bytes=300)
    for i in range(8):
        audit.acted("user added", "ana", name=f"user{i}")

    assert (tmp_path / "audit.1.jsonl").exists()
    names = [one["name"] for one in audit.newest(6)]
    assert names == sorted(names)
    assert names[-1] == "user7"
    assert len(names) > len(read_lines(tmp_path / "audit.jsonl"))


def test_a_flood_of_refusals_does_not_crowd_out_what_an_administrator_did(tmp_path: Any) -> None:
    audit = Audit(tmp_path / "audit.jsonl", ManualClock(0))
    for _ in range(100):
        audit.note("refused", address="10.0.0.1")
    audit.acted("user added", "ana", name="tom")

    lines = read_lines(tmp_path / "audit.jsonl")
    assert len(lines) == 21
    assert (lines[-1]["what"], lines[-1]["left_out_before"]) == ("user added", 80)


async def test_versions_say_who_brought_them_in_and_which_is_in_force(port: Port) -> None:
    told = (await port.ask("GET", f"{ADMIN}/versions", role=Role.ADMIN)).body

    assert [(one["version"], one["is_in_force"]) for one in told["versions"]] == [(1, True)]
    assert told["waits"] == {}
    refused = await port.ask(
        "POST", f"{V1}/commands/revert", role=Role.ADMIN,
        json_body={"args": {"version": 1}, "saw": {"plan": told["plan"]}},
    )  # fmt: skip
    assert (refused.status, refused.body["code"]) == (409, "no-change")


async def test_a_version_that_went_back_says_so(port: Port) -> None:
    journal = port.console.gallery.journal
    for version, more in ((2, {"changes": ["a is longer"]}), (3, {"reverts_to": 1})):
        await journal.write(
            "rundown", n=0, author="ana", reason="", args={"version": version, **more}
        )

    told = list(versions_of(journal.entries, 3))

    assert [(one.version, one.reverts_to) for one in told] == [(1, None), (2, None), (3, 1)]
    assert told[1].changes == ["a is longer"]
    assert [one.is_in_force for one in told] == [False, False, True]


async def test_the_machine_tells_its_disks_and_the_journals_health(port: Port) -> None:
    told = (await port.ask("GET", f"{ADMIN}/machine", role=Role.ADMIN)).body

    assert {one["what"] for one in told["disks"]} == {"state folder", "live tree"}
    assert all(0 < one["free_bytes"] <= one["total_bytes"] for one in told["disks"])
    assert told["journal"]["entries"] == len(port.console.gallery.journal.entries)
    assert told["journal"]["trouble"] == ""
    assert told["cores"] >= 1
