"""The operator's words against a running event: the real program, every process real."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness.run import ROOT, Run, get, post, until

from orchestrator.bus.ask import ask
from orchestrator.bus.lines import read_lines
from orchestrator.control.journal import read_journal
from orchestrator.control.roles import Role

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

EVENT = (ROOT / "tests" / "e2e" / "events" / "words.yaml").read_text()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("words")
    event = folder / "words.yaml"
    event.write_text(EVENT)
    with Run(event, folder, {}, "--start", "now") as running:
        start_n = running.day().start_n
        until("the event has begun", lambda: running.now_n() > start_n + 30, 40)
        yield running


def seq_of(answer: str) -> int:
    match = re.search(r"journal (\d+), frame \d+", answer)
    assert match, answer
    return int(match[1])


def took(run: Run, seq: int) -> dict[str, Any]:
    """The as-run entry that the order with this number caused."""

    def find() -> dict[str, Any] | None:
        scenes = [r for r in run.asrun() if r["event"] == "scene"]
        return next((r for r in scenes if r["cause"].get("seq") == seq), None)

    return until(f"order {seq} is in the as-run", find, 10)


def verbs(run: Run) -> list[str]:
    return [entry.verb for entry in read_journal(run.state / "journal.jsonl").entries]


def test_a_take_says_what_will_happen_and_the_as_run_says_that_it_did(run: Run) -> None:
    answer = run.command("take", "oslo.room", "--transition", "mix 200ms", "--reason", "try")

    assert answer.startswith("TAKE full: main=oslo.room; mix of 6 frames; until first ends, at ")
    entry = took(run, seq_of(answer))
    assert entry["cause"]["by"] == "operator"
    frame = re.search(r"frame (\d+)", answer)
    assert frame
    # the room was only warm: the old scene stays until it is decoded, for a second at most
    assert 0 <= entry["n"] - int(frame[1]) <= 45
    until("a second has passed", lambda: run.now_n() > int(frame[1]) + 30, 10)
    released = run.command("release")
    assert "the schedule's picture comes back" in released


def test_a_take_of_a_layout_with_gains(run: Run) -> None:
    until("a TAKE is allowed again", lambda: "would" in dry(run), 10)
    answer = run.command(
        "take", "main=oslo.headset", "inset=studio.main", "--layout", "pip",
        "--audio", "inset=-6dB", "--until", "released",
    )  # fmt: skip

    assert "TAKE pip: main=oslo.headset inset=studio.main; cut; until released" in answer
    journal = read_journal(run.state / "journal.jsonl").entries
    assert journal[-1].args["audio"] == {"inset": -6.0}
    took(run, seq_of(answer))
    run.command("release")


def dry(run: Run) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator", "take", "oslo.room", "--dry-run", "--state",
         str(run.state)],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    return done.stdout


def test_extend_prints_what_moves(run: Run) -> None:
    answer = run.command("extend", "5m", "--dry-run")

    assert answer.startswith("would EXTEND: first ends at ")
    assert "second: 20m → " in answer
    assert "third: " in answer


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("take", "olso.room"), "did you mean oslo.room?"),
        (("take", "oslo.room", "--layout", "pops"), "no layout"),
        (("skip", "first"), "is on air"),
        (("skip", "fourth"), "no slot"),
        (("release",), "nothing is taken"),
        (("extend", "40m"), "too much before"),
        (("extend", "banana"), "not a length"),
        (("gain", "oslo.room", "louder"), "dB"),
        (("take", "a", "b"), "one SOURCE"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence_and_changes_nothing(
    run: Run, words: tuple[str, ...], why: str
) -> None:
    before = verbs(run)

    said = run.command(*words, expect=1)

    assert why in said
    assert "Traceback" not in said
    assert verbs(run) == before


def test_blank_works_while_control_is_stopped_and_is_journalled_afterwards(run: Run) -> None:
    pid = run.hold("control")
    try:
        said = run.command("blank", "--reason", "look")
        assert re.match(r"BLANK: slate from segment \d+, part \d", said)
        assert "blank" not in verbs(run)
    finally:
        os.kill(pid, signal.SIGCONT)
    said = run.command("unblank")

    until("both are in the journal", lambda: verbs(run)[-2:] == ["blank", "unblank"], 15)
    blank = read_journal(run.state / "journal.jsonl").entries[-2]
    assert (blank.cause, blank.reason) == ("safety", "look")
    assert run.pid("control") == pid


def test_privacy_says_whether_anything_was_public_and_holds_the_site(run: Run) -> None:
    taken = run.command("take", "oslo.room", "--until", "released")
    frame = re.search(r"frame (\d+)", taken)
    assert frame
    until("it has been public", lambda: run.now_n() > int(frame[1]) + 60, 10)

    said = run.command("privacy", "oslo", "--look-back", "2s", "--reason", "wristband")

    assert "PRIVACY: slate from" in said
    assert "WAS public" in said
    assert "published parts were replaced by slate" in said
    assert "orchestrator restore oslo" in said
    until("the gate holds it", lambda: run.facts("gate").get("quarantined") == ["oslo"], 5)
    asked = run.command("restore", "oslo")
    assert "it works once" in asked
    link, _, token = asked.splitlines()[1].strip().partition("#")
    assert link == run.control + "restore"
    # nobody at this machine's command line is a second person, whatever they call themselves
    wish = {"verb": "restore", "author": "nurse", "args": {"token": token}}
    assert ask(run.live.desk_socket, wish)["code"] == "second-person"
    gate = {"token": run.live.gate_token.read_text().strip(), "act": "restore", "site": "oslo"}
    assert ask(run.live.gate_socket, gate | {"author": "tom"})["code"] == "second-person"
    assert run.facts("gate").get("quarantined") == ["oslo"]
    code, told = run.say("restore", role=Role.SITE, of="oslo", token=token)
    assert code == 200, told
    assert "RESTORE oslo from segment" in told["text"]
    run.command("release")
    until("the journal has both", lambda: {"privacy", "restore"} < set(verbs(run)), 10)


def test_a_killed_control_comes_back_with_the_same_show(run: Run) -> None:
    answer = run.command("stay")
    pid = run.kill("control")
    run.wait_for_another("control", pid)
    until("control is fresh", lambda: run.told("healthz")[0] == 200, 15)

    status = json.loads(run.told("api/v1/status")[1])

    assert "stay" in status["on_air"]["state"]
    orders = [record["seq"] for record in read_lines(run.live.orders)]
    assert orders.count(seq_of(answer)) == 1
    assert "ends by itself again" in run.command("stay", "--off")


def test_a_press_that_is_repeated_after_a_killed_control_is_told_the_same(run: Run) -> None:
    url = f"{run.control}api/v1/commands/extend"
    headers = {
        "Authorization": f"Bearer {run.token(Role.OPERATOR)}", "Idempotency-Key": "box-1"
    }  # fmt: skip
    told = post(url, {"args": {"by": "1m"}}, headers)
    assert told[0] == 200, told
    pid = run.kill("control")
    run.wait_for_another("control", pid)
    until("control is fresh", lambda: run.told("healthz")[0] == 200, 15)
    before = verbs(run)

    again = post(url, {"args": {"by": "1m"}}, headers)
    other = post(url, {"args": {"by": "2m"}}, headers)

    assert again == told
    assert (other[0], other[1]["code"]) == (409, "key-used")
    assert verbs(run) == before


MORE_THAN_A_PATH = ("/events", "/monitors", "/site", "/guest")
"""Sockets, and what is told to a site or to a guest about themselves."""


def test_the_control_port_tells_who_is_known_and_reading_changes_nothing(run: Run) -> None:
    described = json.loads(get(run.control + "api/v1/openapi.json")[1])
    before = verbs(run)
    for path, methods in described["paths"].items():
        if "get" not in methods or "{" in path or path.endswith(MORE_THAN_A_PATH):
            continue
        least = Role(methods["get"]["x-least-role"] or Role.VIEWER)
        code, body = get(run.control + path.removeprefix("/"), token=run.token(least))
        assert (path, code) == (path, 200)
        assert body
        content = methods["get"]["responses"]["200"]["content"]
        is_open = methods["get"].get("security") == [] or "text/html" in content
        # unknown at a page, one is shown the sign-in page
        assert get(run.control + path.removeprefix("/"))[0] == (200 if is_open else 401)
    assert verbs(run) == before


def test_the_status_page_runs_no_text_of_the_event_as_code(run: Run) -> None:
    request = urllib.request.Request(
        run.control + "status", headers={"Authorization": f"Bearer {run.token()}"}
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        page = answer.read().decode()
        policy = answer.headers["Content-Security-Policy"]

    assert "&lt;b&gt;Words&lt;/b&gt; &amp; pictures" in page
    assert "<b>Words" not in page
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    for name in ("status.js", "status.css"):
        assert f'"/{name}"' in page
        assert run.told(name)[0] == 200


def test_the_first_start_prints_a_link_that_makes_an_administrator_once(run: Run) -> None:
    printed = re.search(r"sign in  (\S+)/sign-in#(orch_first_\S+)", run.log.read_text())
    assert printed
    assert printed[1] + "/" == run.control
    who = {"token": printed[2], "name": "ana", "password": "correct horse battery"}

    first = run.control + "api/v1/sign-in/first"
    take = run.control + "api/v1/commands/take"
    code, told, cookie = post(first, who, {})

    assert code == 200, told
    assert post(first, who | {"name": "eve"}, {})[0] == 401
    body = {"args": {"source": "oslo.room"}, "reason": "to see it"}
    assert post(take, body, {"Cookie": cookie})[0] == 403
    code, answer, _ = post(take, body, {"Cookie": cookie, "X-CSRF-Token": told["csrf"]})
    assert code == 200, answer
    scene = took(run, answer["seq"])
    assert (scene["cause"]["author"], scene["places"][0]["source"]) == ("ana", "oslo.room")
    run.command("release")
    for path in run.state.rglob("*"):
        if path.is_file():
            assert printed[2].encode() not in path.read_bytes(), path


def sh_lines(text: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", text, re.S)
    return [line for block in blocks for line in block.splitlines()]


def test_every_curl_line_of_the_documentation_does_what_it_says(run: Run) -> None:
    lines = sh_lines((ROOT / "docs" / "api.md").read_text())
    assert len(lines) >= 14
    known = {"DESK": run.control.rstrip("/"), "PUBLIC": run.public.rstrip("/")}
    known["TOKEN"] = run.token(Role.OPERATOR)
    before = len(verbs(run))
    answers = []
    for line in lines:
        assert line.startswith("curl -sf ")
        telling = line.replace("curl -sf", "curl -sS --fail-with-body")  # a refusal says why

        def done(telling: str = telling) -> subprocess.CompletedProcess[bytes] | None:
            ended = subprocess.run(
                ["bash", "-c", telling], env=os.environ | known, capture_output=True, timeout=20,
                check=False,
            )  # fmt: skip
            # within a second of the last one a TAKE is refused, as it should be
            return None if b":too-soon" in ended.stdout else ended

        ended = until(f"{line} is not too soon", done, 10)
        assert (ended.returncode, bool(ended.stdout)) == (0, True), f"{line}: {ended.stdout!r}"
        answers.append(ended.stdout)
    keyed = [answer for line, answer in zip(lines, answers, strict=True) if "box1-" in line]
    assert keyed[0] == keyed[1]
    said = verbs(run)[before:]
    assert [verb for verb in said if verb not in ("blank", "unblank")] == [
        "take", "release", "extend",
    ]  # fmt: skip
    assert run.say("undo")[0] == 200


def test_every_button_of_the_documentation_can_be_pressed(run: Run) -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    [block] = re.findall(r"```json\n(.*?)```", text, re.S)
    headers = {"Authorization": f"Bearer {run.token(Role.OPERATOR)}"}
    for action in json.loads(block):

        def pressed(action: dict[str, Any] = action) -> Any:
            url = run.control.rstrip("/") + action["uri"]
            code, told, _ = post(url, action["body"], headers)
            # within a second of the last press a TAKE is refused, as it should be; where there
            # is nothing to do, the button is told so
            return told if code == 200 or told["code"] == "no-change" else None

        assert until(f"{action['button']} works", pressed, 5)
    run.command("release")
    run.command("stay", "--off")


def test_privacy_ends_by_two_persons_and_by_no_fewer(run: Run) -> None:
    assert run.say("privacy", role=Role.SITE, of="oslo")[0] == 200
    until("the gate holds it", lambda: run.facts("gate").get("quarantined") == ["oslo"], 5)
    code, asked = run.say("restore-ask", site="oslo")
    assert code == 200

    def restore(role: Role, of: str = "", token: str = asked["token"]) -> int:
        return run.say("restore", role=role, of=of, token=token)[0]

    assert restore(Role.OPERATOR) == 403  # who asked
    assert restore(Role.SITE, "studio") == 403  # another site
    assert restore(Role.VIEWER) == 403
    assert restore(Role.SITE, "oslo", "a guess") == 409
    assert run.facts("gate").get("quarantined") == ["oslo"]
    assert restore(Role.SITE, "oslo") == 200
    until("the gate lets go", lambda: run.facts("gate").get("quarantined") == [], 5)
    assert restore(Role.SITE, "oslo") == 409  # used up
    both = "test-operator and test-site-oslo"
    until("the journal has both names", lambda: both in restored_by(run), 10)


def restored_by(run: Run) -> list[str]:
    entries = read_journal(run.state / "journal.jsonl").entries
    return [entry.author for entry in entries if entry.verb == "restore"]


def test_metrics_cover_every_process(run: Run) -> None:
    text = run.told("metrics")[1].decode()

    processes = ("programme", "gate", "origin", "control", "supervisor", "feed.oslo.room")
    for process in processes:
        for name in ("cpu_seconds", "pss_bytes", "facts_age_seconds"):
            assert f'orchestrator_process_{name}{{process="{process}"}}' in text, process
    assert 'orchestrator_supervisor_children_restarts{of="gate"} 0.0' in text
    assert 'orchestrator_feed_page_state{feed="studio.main",is="live"} 1.0' in text
    assert "orchestrator_gate_late_ms_p99 " in text


def test_garbage_at_the_desks_socket_is_answered_and_changes_nothing(run: Run) -> None:
    before = verbs(run)
    for garbage in (b"\n", b"{}\n", b"\xff\xfe\n", b"[" * 5000 + b"\n", b"x" * 100_000 + b"\n"):
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(10)
            peer.connect(str(run.live.desk_socket))
            peer.sendall(garbage)
            with peer.makefile("rb") as lines:
                answer = json.loads(lines.readline())
        assert answer["ok"] is False, garbage[:20]
    assert verbs(run) == before


def test_the_journal_can_be_verified_shown_and_exported(run: Run, tmp_path: Path) -> None:
    assert "entries chain" in run.command("journal", "verify")
    assert "start" in run.command("journal", "show", "--last", "0")
    out = tmp_path / "journal.csv"
    run.command("journal", "export", "--as", "csv", "--out", str(out))
    assert out.read_text().startswith("seq,at,n,verb,author")


def test_doctor_knows_that_an_event_runs_here(run: Run) -> None:
    assert "are an event's own" in run.command("doctor")


def test_stop_ends_the_stream_and_everything(tmp_path: Path) -> None:
    event = tmp_path / "words.yaml"
    event.write_text(EVENT)
    with Run(event, tmp_path, {}, "--start", "now") as running:
        said = running.command("stop", "--yes", "--reason", "over")
        assert running.process is not None
        assert running.process.wait(30) == 0

    assert "STOP: the stream ends with segment" in said
    assert "everything has stopped" in said
    assert running.leftovers() == []
    assert verbs(running) == ["start", "stop"]
