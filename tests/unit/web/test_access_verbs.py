"""`orchestrator user …` and `orchestrator token …`, as they are typed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from orchestrator.bus.lines import read_lines
from orchestrator.control.accounts import Accounts
from orchestrator.control.passwords import is_right
from orchestrator.control.roles import Role


def orchestrator(state: Path, *words: str, typed: str = "") -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator", *words],
        env=os.environ | {"ORCH_STATE": str(state), "ORCH_AUTHOR": "root"},
        input=typed, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def test_people_are_added_listed_changed_and_removed(tmp_path: Path) -> None:
    state = tmp_path / "state"
    words = ("user", "add", "ana", "--role", "producer")
    assert orchestrator(state, *words, typed="correct horse battery\n")[0] == 0
    assert orchestrator(state, *words, typed="correct horse battery\n")[0] == 2
    assert orchestrator(state, "user", "add", "tom", typed="short\n")[0] == 2
    assert orchestrator(state, "user", "add", "phone", "--role", "site", typed="a" * 12)[0] == 2
    assert orchestrator(state, "user", "passwd", "ana", typed="another long password\n")[0] == 0

    code, out, _ = orchestrator(state, "user", "list")

    assert (code, out.split()) == (0, ["ana", "producer"])
    account = Accounts(state / "users.json").book().users["ana"]
    assert is_right("another long password", account.password)
    assert not is_right("correct horse battery", account.password)
    assert orchestrator(state, "user", "remove", "ana")[0] == 0
    code, _, err = orchestrator(state, "user", "remove", "ana")
    assert (code, "there is no user 'ana'" in err) == (2, True)
    noted = read_lines(state / "audit.jsonl")
    assert [(one["what"], one["by"]) for one in noted] == [
        ("user added", "root"), ("password changed", "root"), ("user removed", "root"),
    ]  # fmt: skip


def test_tokens_are_printed_once_and_kept_as_hashes(tmp_path: Path) -> None:
    code, out, err = orchestrator(
        tmp_path, "token", "add", "prometheus", "--role", "viewer", "--expires", "400d"
    )
    text = out.strip()
    assert (code, text.startswith("orch_api_")) == (0, True)
    assert text not in err
    assert text not in (tmp_path / "users.json").read_text()
    assert orchestrator(tmp_path, "token", "add", "prometheus")[0] == 2
    assert orchestrator(tmp_path, "token", "add", "x", "--expires", "9y")[0] == 2

    code, listed, _ = orchestrator(tmp_path, "token", "list")

    assert (code, "prometheus" in listed, text in listed) == (0, True, False)
    assert orchestrator(tmp_path, "token", "revoke", "prometheus")[0] == 0
    assert Accounts(tmp_path / "users.json").book().tokens == {}


def test_a_sites_link_says_where_and_carries_its_token_in_the_fragment(tmp_path: Path) -> None:
    code, _, err = orchestrator(tmp_path, "token", "site-link", "london")
    assert (code, "--base https://desk.example.org" in err) == (2, True)

    code, out, _ = orchestrator(
        tmp_path, "token", "site-link", "london", "--base", "https://desk.example.org/"
    )

    assert code == 0
    address, _, text = out.strip().partition("#")
    assert address == "https://desk.example.org/site"
    token = Accounts(tmp_path / "users.json").book().token(text, 0)
    assert token is not None
    assert (token.role, token.site, token.name) == (Role.SITE, "london", "site-london")

    words = ("token", "guest-link", "tess", "--base", "https://desk.example.org")
    code, out, _ = orchestrator(tmp_path, *words)
    assert (code, out.startswith("https://desk.example.org/guest#orch_guest_")) == (0, True)
    token = Accounts(tmp_path / "users.json").book().token(out.strip().partition("#")[2], 0)
    assert token is not None
    assert (token.person, token.site, token.name) == ("tess", "", "guest-tess")
