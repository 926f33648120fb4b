"""An event that is pushed, as its whole tree of processes: the desk has the tap, and nobody but the
push itself ever gets to see the key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from harness.rtmp import NginxRtmp, assert_plays_without_a_break, free_port
from harness.run import Run, until

from orchestrator.bus.ask import ask

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

EVENT = Path(__file__).parent / "events" / "pushed.yaml"
KEY, SPARE_KEY, PASSPHRASE = "unsayable-4711", "unwritable-4712", "unreadable-4713"
SECRETS = tuple(secret.encode() for secret in (KEY, SPARE_KEY, PASSPHRASE))
PUSH, FEED = "push.platform", "feed.oslo.headset"


@pytest.fixture(scope="module")
def nginx(
    tool: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NginxRtmp]:
    with NginxRtmp(tool("nginx"), tmp_path_factory.mktemp("rtmp") / "nginx") as server:
        yield server


@pytest.fixture(scope="module")
def run(nginx: NginxRtmp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Its primary platform refuses the key, so that refusals are among what is searched."""
    environment = {
        "PLATFORM_URL": nginx.url(KEY).replace("/live/", "/nosuchapp/"),
        "PLATFORM_SPARE_URL": nginx.url(SPARE_KEY),
        "FEED_KEY": f"srt://127.0.0.1:{free_port()}?mode=listener&passphrase={PASSPHRASE}",
    }
    folder = tmp_path_factory.mktemp("pushed")
    with Run(EVENT, folder, environment, "--start", "now", "--on-air") as running:
        yield running


def is_push(run: Run, **facts: str) -> bool:
    found = run.facts(PUSH)
    return all(found.get(name) == value for name, value in facts.items())


def order(run: Run, **args: object) -> None:
    request = {"verb": "output", "args": {"output": "platform", **args}, "author": "ana"}
    until("there is a desk", run.live.desk_socket.exists, 30)
    answer = ask(run.live.desk_socket, request)
    assert answer["ok"], answer


def test_the_desk_sends_it_to_the_backup_and_a_killed_push_remembers(
    run: Run, nginx: NginxRtmp
) -> None:
    until("it is refused", lambda: run.facts(PUSH).get("failures", 0) >= 1, 30)
    order(run, backup=True)
    until("it goes to the backup", lambda: is_push(run, which="backup", state="sending"), 20)
    until("it has sent something", lambda: run.facts(PUSH)["columns"] >= 4, 20)
    order(run, on=False)
    until("it is off", lambda: is_push(run, state="off", reason="turned off by ana"), 20)
    assert_plays_without_a_break(nginx.recordings(SPARE_KEY)[0])

    old = run.kill(PUSH)
    run.wait_for_another(PUSH, old)

    until("it is off again", lambda: is_push(run, state="off") and new_facts(run, old), 20)
    order(run, on=True)
    until("it is on", lambda: is_push(run, which="backup", state="sending"), 20)


def new_facts(run: Run, old: int) -> bool:
    return run.facts(PUSH).get("pid") != old


def test_keys_are_in_no_log_no_fact_no_record_and_no_argument_list(run: Run) -> None:
    folders = [run.state, run.live.root]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    searched = {path.name for path in files}
    assert {"platform.jsonl", f"{PUSH}.json", "journal.jsonl", "orders.jsonl"} <= searched
    assert any(path.parent.name == "logs" and PUSH in path.name for path in files)

    holds = [path for path in [*files, run.log] if has_secret(path)]

    assert holds == []
    assert run.process is not None
    tree = psutil.Process(run.process.pid).children(recursive=True)
    lists = {process.pid: " ".join(process.cmdline()).encode() for process in tree}
    assert not [pid for pid, words in lists.items() if any(s in words for s in SECRETS)]


def test_no_other_process_has_them_in_its_environment(run: Run) -> None:
    """Ours blank it when they set a title; what they start shows what they were given."""
    assert run.process is not None
    pids = {process.pid for process in psutil.Process(run.process.pid).children(recursive=True)}
    pids -= {run.pid(PUSH), run.pid(FEED)}
    assert len(pids) > 6

    assert {pid for pid in pids if has_secret(Path(f"/proc/{pid}/environ"))} == set()


def has_secret(path: Path) -> bool:
    try:
        content = path.read_bytes()
    except OSError:  # deleted behind the window meanwhile
        return False
    return any(secret in content for secret in SECRETS)
