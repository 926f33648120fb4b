"""Signing in: cookies, links, CSRF, throttling; what is stored, and what is written down."""

from __future__ import annotations

import asyncio
import json
import os

import pytest
from controlport import PASSWORD, Port, open_port

from orchestrator.bus.lines import read_lines
from orchestrator.control.accounts import Account, Accounts, Kind
from orchestrator.control.roles import Role
from orchestrator.errors import ConfigError
from orchestrator.timing import NS
from orchestrator.web.sessions import LIVES_S, Signer
from orchestrator.web.throttle import Throttle

V1 = "/api/v1"


def pass_time(port: Port, seconds: float) -> None:
    port.place.clock.set(port.place.clock.now_ns() + int(seconds * NS))


async def test_a_person_signs_in_and_out_again(port: Port) -> None:
    port.add("tom", Role.OPERATOR)

    told = await port.sign_in("tom")

    assert told.status == 200
    for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
        assert part in told.headers["Set-Cookie"]
    me = (await port.ask("GET", f"{V1}/me", cookie=told.cookie)).body
    assert (me["name"], me["role"]) == ("tom", "operator")
    assert "take" in me["words"]
    out = await port.ask("POST", f"{V1}/sign-out", cookie=told.cookie, X_CSRF_Token=me["csrf"])
    assert out.status == 200
    assert (await port.ask("GET", f"{V1}/me", cookie=told.cookie)).status == 401


async def test_a_wrong_password_and_a_wrong_name_are_told_apart_by_nobody(port: Port) -> None:
    port.add("tom", Role.OPERATOR)

    wrong, unknown = await port.sign_in("tom", "not his password"), await port.sign_in("kim")

    assert (wrong.status, wrong.text) == (unknown.status, unknown.text)
    assert wrong.status == 401
    assert "Set-Cookie" not in wrong.headers


async def test_a_wish_with_a_cookie_needs_the_csrf_token_of_its_session(port: Port) -> None:
    port.add("tom", Role.OPERATOR)
    first, second = await port.sign_in("tom"), await port.sign_in("tom")

    async def note(csrf: str) -> int:
        told = await port.ask(
            "POST", f"{V1}/commands/note", cookie=first.cookie, X_CSRF_Token=csrf,
            json_body={"args": {"text": "hello"}},
        )  # fmt: skip
        return told.status

    assert [await note(""), await note("guess"), await note(second.body["csrf"])] == [403] * 3
    assert await note(first.body["csrf"]) == 200
    entry = port.console.gallery.journal.entries[-1]
    assert (entry.verb, entry.author) == ("note", "tom")


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "http://127.0.0.1:1"])
async def test_what_comes_from_another_site_is_refused(port: Port, origin: str) -> None:
    port.add("tom", Role.OPERATOR)
    told = await port.ask(
        "POST", f"{V1}/sign-in", json_body={"name": "tom", "password": PASSWORD}, Origin=origin
    )

    assert (told.status, told.body["code"]) == (403, "origin")


async def test_our_own_pages_may_post(port: Port) -> None:
    port.add("tom", Role.OPERATOR)
    origin = str(port.server.make_url("/")).rstrip("/")

    told = await port.ask(
        "POST", f"{V1}/sign-in", json_body={"name": "tom", "password": PASSWORD}, Origin=origin
    )

    assert told.status == 200


async def test_a_cookie_that_was_changed_or_made_up_is_nobodys(port: Port) -> None:
    port.add("tom", Role.VIEWER)
    port.add("ana", Role.ADMIN)
    cookie = (await port.sign_in("tom")).cookie
    body, _, mac = cookie.partition(".")
    other = Signer(b"x" * 32)
    forged = other.cookie(other.begin("user:ana", "", port.now_s))

    for bad in (body, f"{body}.", f".{mac}", f"{body[:-4]}AAAA.{mac}", forged, "é", "a" * 5000):
        assert (await port.ask("GET", f"{V1}/me", cookie=bad)).status == 401, bad[:40]
    assert (await port.ask("GET", f"{V1}/me", cookie=cookie)).status == 200


async def test_a_session_ends_after_twelve_hours_and_is_renewed_by_use(port: Port) -> None:
    port.add("tom", Role.VIEWER)
    idle, used = (await port.sign_in("tom")).cookie, (await port.sign_in("tom")).cookie
    pass_time(port, LIVES_S - 60)
    renewed = (await port.ask("GET", f"{V1}/me", cookie=used)).cookie
    assert renewed
    pass_time(port, 120)

    assert (await port.ask("GET", f"{V1}/me", cookie=idle)).status == 401
    assert (await port.ask("GET", f"{V1}/me", cookie=renewed)).status == 200


async def test_no_session_lives_longer_than_a_day_and_a_half(port: Port) -> None:
    port.add("tom", Role.VIEWER)
    cookie = (await port.sign_in("tom")).cookie
    for _ in range(20):
        pass_time(port, 2 * 3600)
        told = await port.ask("GET", f"{V1}/me", cookie=cookie)
        if told.status == 401:
            break
        cookie = told.cookie or cookie

    assert told.status == 401


@pytest.mark.parametrize("change", ["removed", "demoted", "password"])
async def test_a_changed_account_ends_its_sessions_at_once(port: Port, change: str) -> None:
    port.add("tom", Role.OPERATOR)
    cookie = (await port.sign_in("tom")).cookie
    if change == "removed":
        Accounts(port.place.state.users).remove("tom")  # as the command line does
    elif change == "demoted":
        Accounts(port.place.state.users).put(Account("tom", Role.VIEWER))
    else:
        port.add("tom", Role.OPERATOR, "another password")

    assert (await port.ask("GET", f"{V1}/me", cookie=cookie)).status == 401


async def test_sessions_outlive_a_restart_of_control(port: Port) -> None:
    port.add("tom", Role.VIEWER)
    cookie = (await port.sign_in("tom")).cookie

    async with open_port(port.place) as again:
        assert (await again.ask("GET", f"{V1}/me", cookie=cookie)).status == 200


async def test_the_sixth_try_waits_and_somebody_elses_does_not(port: Port) -> None:
    port.add("tom", Role.OPERATOR)
    port.add("ana", Role.OPERATOR)
    for _ in range(5):
        assert (await port.sign_in("tom", "wrong password")).status == 401

    told = await port.sign_in("tom")

    assert (told.status, told.body["code"]) == (429, "too-many-tries")
    assert told.headers["Retry-After"] == "2"
    assert (await port.sign_in("ana")).status == 200
    pass_time(port, 2)
    assert (await port.sign_in("tom")).status == 200


def test_a_control_room_behind_one_address_signs_in_as_often_as_it_likes() -> None:
    throttle = Throttle()
    for i in range(500):
        assert throttle.wait_s(f"name{i}", "10.0.0.1", 0.0) == 0
        throttle.failed(f"name{i}", "10.0.0.1", 0.0)
        throttle.worked(f"name{i}", "10.0.0.1")


async def test_the_old_password_is_guessed_no_faster_than_at_the_door(port: Port) -> None:
    port.add("tom", Role.OPERATOR)
    told = await port.sign_in("tom")

    async def change(old: str) -> int:
        return (
            await port.ask(
                "POST", f"{V1}/password", cookie=told.cookie, X_CSRF_Token=told.body["csrf"],
                json_body={"old": old, "new": "another good password"},
            )
        ).status  # fmt: skip

    assert [await change(f"guess {i}") for i in range(6)] == [403] * 5 + [429]
    pass_time(port, 2)
    assert await change(PASSWORD) == 200


@pytest.mark.parametrize("change", ["removed", "demoted"])
async def test_who_is_put_out_while_a_new_password_is_hashed_does_not_come_back_by_it(
    port: Port, change: str
) -> None:
    port.add("tom", Role.ADMIN)
    told = await port.sign_in("tom")
    accounts = Accounts(port.place.state.users)  # as the command line does
    async with port.console.checking:
        changing = asyncio.ensure_future(
            port.ask(
                "POST", f"{V1}/password", cookie=told.cookie, X_CSRF_Token=told.body["csrf"],
                json_body={"old": PASSWORD, "new": "another good password"},
            )
        )  # fmt: skip
        for _ in range(10_000):
            if port.console.counts["passwords_waiting"]:
                break
            await asyncio.sleep(0.001)
        if change == "removed":
            accounts.remove("tom")
        else:
            accounts.put(Account("tom", Role.VIEWER))

    assert (await changing).status == 409
    found = accounts.book().users.get("tom")
    assert found is None or found.role is Role.VIEWER


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (b"Authorization: Bearer orch_api_\xff_\xff", b"401"),
        (b"Cookie: orch_session=\xff.\xff", b"401"),
        (b"Cookie: orch_session=%(cookie)s\r\nX-CSRF-Token: \xff", b"403"),
        (b"Authorization: Bearer %(token)s\r\nIdempotency-Key: \xff", b"400"),
    ],
)
async def test_bytes_that_are_no_text_are_refused_as_any_others(
    port: Port, headers: bytes, status: bytes
) -> None:
    port.add("tom", Role.OPERATOR)
    cookie, token = (await port.sign_in("tom")).cookie, port.token(Role.OPERATOR)
    lines = [
        f"POST {V1}/commands/note HTTP/1.1".encode(),
        b"Host: desk.example",
        b"Content-Type: application/json",
        b"Content-Length: 2",
        b"Connection: close",
        headers % {b"cookie": cookie.encode(), b"token": token.encode()},
    ]
    reader, writer = await asyncio.open_connection("127.0.0.1", port.server.port)
    writer.write(b"\r\n".join(lines) + b"\r\n\r\n{}")
    answer = await reader.read()
    writer.close()

    assert answer.split(b" ", 2)[1] == status, answer


def test_guessing_is_slow_and_remembering_it_is_bounded() -> None:
    throttle, now_s, tries = Throttle(), 0.0, 0
    while now_s < 86_400:
        now_s += throttle.wait_s("tom", "10.0.0.1", now_s)
        throttle.failed("tom", "10.0.0.1", now_s)
        tries += 1
    for i in range(10_000):
        throttle.failed(f"name{i}", f"10.0.{i % 256}.{i // 256}", now_s)

    assert tries < 400
    assert len(throttle._failures) <= 4096


async def test_the_first_link_makes_one_administrator_and_then_nothing(port: Port) -> None:
    text = port.console.accounts.first_link(port.now_s)
    body = {"token": text, "name": "ana", "password": PASSWORD}

    told = await port.ask("POST", f"{V1}/sign-in/first", json_body=body)

    assert told.status == 200
    me = (await port.ask("GET", f"{V1}/me", cookie=told.cookie)).body
    assert (me["name"], me["role"]) == ("ana", "admin")
    again = await port.ask("POST", f"{V1}/sign-in/first", json_body=body | {"name": "eve"})
    assert again.status == 401
    assert port.console.accounts.first_link(port.now_s) == ""
    assert list(port.console.accounts.book().users) == ["ana"]


async def test_the_first_link_of_an_earlier_start_or_day_is_void(port: Port) -> None:
    earlier = port.console.accounts.first_link(port.now_s)
    newer = port.console.accounts.first_link(port.now_s)
    body = {"name": "ana", "password": PASSWORD}

    told = await port.ask("POST", f"{V1}/sign-in/first", json_body=body | {"token": earlier})
    assert told.status == 401
    pass_time(port, 24 * 3600 + 1)
    told = await port.ask("POST", f"{V1}/sign-in/first", json_body=body | {"token": newer})
    assert told.status == 401


@pytest.mark.parametrize(
    ("name", "password"), [("ana", "short"), ("a b", PASSWORD), ("<b>", PASSWORD), ("", PASSWORD)]
)
async def test_a_bad_name_or_password_does_not_use_the_first_link_up(
    port: Port, name: str, password: str
) -> None:
    text = port.console.accounts.first_link(port.now_s)
    body = {"token": text, "name": name, "password": password}

    assert (await port.ask("POST", f"{V1}/sign-in/first", json_body=body)).status == 400

    good = {"token": text, "name": "ana", "password": PASSWORD}
    assert (await port.ask("POST", f"{V1}/sign-in/first", json_body=good)).status == 200


async def test_a_sites_link_opens_its_own_page_again_and_again_until_it_is_revoked(
    port: Port,
) -> None:
    accounts = port.console.accounts
    text = accounts.mint(Kind.SITE, "london-phone", Role.SITE, port.now_s + 3600, "london")

    for _ in range(2):
        told = await port.ask("POST", f"{V1}/sign-in/link", json_body={"token": text})
        me = (await port.ask("GET", f"{V1}/me", cookie=told.cookie)).body
        assert (me["name"], me["role"], me["site"]) == ("london-phone", "site", "london")
    assert (await port.ask("GET", f"{V1}/status", cookie=told.cookie)).status == 403
    assert (await port.ask("GET", f"{V1}/me", Authorization=f"Bearer {text}")).status == 401
    accounts.revoke("london-phone")
    assert (await port.ask("GET", f"{V1}/me", cookie=told.cookie)).status == 401


async def test_a_bearer_token_ends_when_it_expires_or_is_revoked(port: Port) -> None:
    headers = {"Authorization": f"Bearer {port.token(Role.VIEWER)}"}
    assert (await port.ask("GET", f"{V1}/me", **headers)).status == 200
    port.console.accounts.revoke("test-viewer")
    assert (await port.ask("GET", f"{V1}/me", **headers)).status == 401

    headers = {"Authorization": f"Bearer {port.token(Role.ADMIN)}"}
    pass_time(port, 86_401)
    assert (await port.ask("GET", f"{V1}/me", **headers)).status == 401


async def test_no_secret_is_in_any_file_or_in_what_is_printed_of_a_record(port: Port) -> None:
    port.add("tom", Role.OPERATOR)
    token = port.token(Role.ADMIN)
    first = port.console.accounts.mint(Kind.SITE, "phone", Role.SITE, port.now_s + 9, "london")
    cookie = (await port.sign_in("tom")).cookie
    await port.sign_in("my secret passphrase", "wrong password")

    files = [path for path in port.place.state.root.rglob("*") if path.is_file()]
    written = b"".join(path.read_bytes() for path in files)
    for secret in (PASSWORD, token, first, cookie, "my secret passphrase", "wrong password"):
        assert secret.encode() not in written
    assert "argon2" not in repr(port.console.accounts.book())
    for path in (port.place.state.users, port.place.state.session_key):
        assert path.stat().st_mode & 0o777 == 0o600


async def test_sign_ins_and_refusals_are_written_down(port: Port) -> None:
    port.add("tom", Role.VIEWER)
    told = await port.sign_in("tom")
    await port.sign_in("tom", "wrong password")
    await port.ask("GET", f"{V1}/me", Authorization="Bearer nonsense")
    await port.ask(
        "POST", f"{V1}/commands/take", cookie=told.cookie, X_CSRF_Token=told.body["csrf"],
        json_body={},
    )  # fmt: skip

    noted = read_lines(port.place.state.audit)

    assert [(one["what"], one.get("name")) for one in noted] == [
        ("signed in", "tom"), ("sign-in refused", "tom"), ("refused", None), ("forbidden", "tom"),
    ]  # fmt: skip
    assert all(one["at"] for one in noted)


async def test_a_damaged_file_of_accounts_lets_nobody_in_and_says_what_to_do(port: Port) -> None:
    token = port.token(Role.ADMIN)
    port.place.state.users.write_text("{")

    told = await port.ask("GET", f"{V1}/me", Authorization=f"Bearer {token}")

    assert told.status == 503
    assert "users.json is damaged" in told.body["detail"]
    assert port.place.state.users.read_text() == "{"


def test_two_writers_lose_nothing(tmp_path: os.PathLike[str]) -> None:
    import threading
    from pathlib import Path

    path = Path(tmp_path) / "users.json"

    def add(start: int) -> None:
        for i in range(start, start + 10):
            Accounts(path).put(Account(f"user{i}", Role.VIEWER))

    threads = [threading.Thread(target=add, args=(start,)) for start in (0, 10, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(json.loads(path.read_text())["users"]) == 30


def test_nobody_gets_a_name_that_is_somebodys(tmp_path: os.PathLike[str]) -> None:
    from pathlib import Path

    accounts = Accounts(Path(tmp_path) / "users.json")
    accounts.put(Account("Tom", Role.OPERATOR))

    with pytest.raises(ConfigError, match="taken"):
        accounts.mint(Kind.API, "tom", Role.VIEWER, 10)
