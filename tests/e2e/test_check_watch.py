"""`check --watch` beside an editor: it says what is wrong at each save, and ends at Ctrl-C."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.run import until
from smallevent import EVENT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(150)]

HOUSE = "include: [house.yaml]\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "event.yaml"
    path.write_text(EVENT)
    return path


@pytest.fixture
def shown(file: Path, tmp_path: Path) -> Iterator[Path]:
    """What a watching `check` has printed so far."""
    out = tmp_path / "out.txt"
    with out.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestrator", "check", str(file), "--watch"],
            stdout=stream,
            stderr=subprocess.STDOUT,
            # whoever runs the tests in the background has it ignored, and children inherit that
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    try:
        yield out
        process.send_signal(signal.SIGINT)
        assert process.wait(60) != 0  # it never ends by itself
        assert "Traceback" not in out.read_text()
    finally:
        process.kill()
        process.wait()


def wait_for(shown: Path, words: str) -> None:
    until(f"check says {words!r}", lambda: re.search(words, shown.read_text()) is not None, 20)


def test_it_checks_anew_at_each_save_of_the_file_or_of_what_it_includes(
    shown: Path, file: Path
) -> None:
    wait_for(shown, "Welcome")

    file.write_text(EVENT.replace("duration: 5m", "duration: 0:05"))
    wait_for(shown, r'event\.yaml:\d+:\d+  .*"0:05" could be')

    beside = file.parent / "house.yaml"
    beside.write_text("people: {ann: {name: Ann Example}}\n")
    partial = file.with_suffix(".new")  # as careful editors save
    partial.write_text(HOUSE + EVENT.replace("title: Welcome", "title: Good morning"))
    partial.replace(file)
    wait_for(shown, "Good morning")

    beside.write_text("people: {ann: {name: Ann Example, shoes: red}}\n")
    wait_for(shown, r'house\.yaml:1:.*unknown field "shoes"')

    beside.unlink()
    wait_for(shown, 'there is no file "house.yaml"')
