"""The README's show: the demo as a newcomer starts it, the desk's words, clips and a run."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from harness.run import ROOT, get, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"


def block(with_line: str) -> list[str]:
    """The commands of the block that has a line beginning so."""
    found = next(b for b in BLOCKS if any(line.startswith(with_line) for line in b.splitlines()))
    return found.splitlines()


def shell(command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-ec", command],
        cwd=folder,
        env=os.environ | {"PATH": PATH} | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_make_demo_shows_thirteen_sites_and_obeys_the_desk(tmp_path: Path) -> None:
    assert block("make demo") == ["make demo"]
    state, log = tmp_path / "state", tmp_path / "demo.log"
    options = f"--state {state} --public 127.0.0.1:0 --control 127.0.0.1:0 --for 300s"
    with log.open("wb") as out:
        demo = subprocess.Popen(
            ["make", "--no-print-directory", "demo", f"ARGS={options}"],
            cwd=ROOT,
            stdout=out,
            stderr=out,
        )
    try:
        running = until("the demo announces itself", lambda: _json(state / "running.json"), 400)
        public = running["public"]
        until("the demo can be watched", lambda: get(public + "healthz")[0] == 200, 60)
        until("its event has begun", lambda: _begun(public), 60)
        assert get(public)[0] == 200
        assert get(public + "static/hls.min.js")[0] == 200
        desk = [line for line in block("orchestrator take") if line.startswith("orchestrator ")]
        assert len(desk) == 5
        for command in desk:
            done = shell(command, ROOT, ORCH_STATE=str(state))
            assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        os.kill(int(running["pid"]), signal.SIGINT)
        assert demo.wait(20) == 0, log.read_text()[-3000:]
    finally:
        if demo.poll() is None:
            demo.terminate()
            demo.wait(20)
    assert "simulated sites send over SRT" in log.read_text()
    assert f"{running['control']}sign-in#orch_first_" in log.read_text()
    assert not Path(running["live"]).exists()


def test_clips_are_made_and_the_run_ends_when_it_was_told_to(tmp_path: Path) -> None:
    shutil.copytree(
        ROOT / "schedules", tmp_path / "schedules", ignore=shutil.ignore_patterns("clips")
    )
    (clips,) = block("orchestrator rehearsal clips")
    made = shell(clips, tmp_path)
    assert made.returncode == 0, made.stderr
    assert len(list((tmp_path / "schedules/clips").iterdir())) == 8

    (run,) = block("orchestrator run")
    secrets = dict.fromkeys(("FEED_KEY", "STUDIO_KEY"), "srt://127.0.0.1:9")
    secrets |= dict.fromkeys(("STUDIO_URL", "PLATFORM_URL"), "rtmp://127.0.0.1:9/live/x")
    ports = {"ORCH_PUBLIC": "127.0.0.1:0", "ORCH_CONTROL": "127.0.0.1:0"}
    done = shell(run, tmp_path, **secrets, **ports)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the event begins at" in done.stdout + done.stderr


def _json(path: Path) -> dict[str, str] | None:
    try:
        return dict(json.loads(path.read_bytes()))
    except (OSError, ValueError):
        return None


def _begun(public: str) -> bool:
    status, body = get(public + "now.json")
    now = json.loads(body).get("now") if status == 200 else None
    return bool(now and now["id"] == "opening")
