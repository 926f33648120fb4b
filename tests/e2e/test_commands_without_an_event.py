"""The command line where no event runs: what it refuses to start, and what it still can say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from harness.run import ROOT

from orchestrator.control.journal import Journal
from orchestrator.timing import ManualClock

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

EVENT = (ROOT / "tests" / "e2e" / "events" / "words.yaml").read_text()


def orchestrator(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "orchestrator", *words],
        env=os.environ | env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_wrong_event_starts_nothing_and_says_everything(tmp_path: Path) -> None:
    event = tmp_path / "words.yaml"
    event.write_text(
        EVENT.replace("duration: 20m}", "duration: 20}").replace("kind: panel", "kind: pannel", 1)
    )

    done = orchestrator("run", str(event), "--state", str(tmp_path / "state"))

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) >= 2
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "state").exists()


def test_a_secret_that_is_not_set_starts_nothing(tmp_path: Path) -> None:
    event = tmp_path / "words.yaml"
    event.write_text(EVENT.replace('{synthetic: "3"}', "{srt: env:NO_SUCH_KEY_HERE}"))

    done = orchestrator("run", str(event), "--state", str(tmp_path / "state"))

    assert done.returncode == 2
    assert "NO_SUCH_KEY_HERE is not set" in done.stderr


def test_words_without_an_event_say_how_to_start_one(tmp_path: Path) -> None:
    for words in (("take", "oslo.room"), ("blank",), ("stop", "--yes")):
        done = orchestrator(*words, ORCH_STATE=str(tmp_path))
        assert done.returncode == 3
        assert "orchestrator run EVENT.yaml" in done.stderr


def test_an_altered_journal_is_told_with_exit_code_one(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl", ManualClock())
    for slot in ("one", "two", "three"):
        journal.append("skip", author="tom", args={"slot": slot})
    journal.close()
    path = tmp_path / "journal.jsonl"
    path.write_text(path.read_text().replace('"two"', '"six"'))

    done = orchestrator("journal", "verify", "--state", str(tmp_path))

    assert done.returncode == 1
    assert "DAMAGED after entry 1: entry 2 was changed" in done.stdout
