"""Every command in the README is run by a test: here, in an end-to-end test, or by make itself.

Commands are the lines of its `sh` blocks. Those that need no running show are executed here, in
order, in one scratch folder. `tests/e2e/test_readme_demo.py` takes those that do.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from orchestrator import verbs

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()

WITH_A_SHOW = ("make demo", "orchestrator run", "orchestrator rehearsal clips")
AT_THE_DESK = ("take", "release", "blank", "unblank", "next")
SHELL = (". .venv/bin/activate", "export ORCH_STATE=state/demo")
BY_MAKE = ("make test", "make bench")
"""The first runs this very test; of the second only the recipe is checked (an hour)."""


def commands() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def is_executed_elsewhere(command: str) -> bool:
    at_the_desk = tuple(f"orchestrator {verb}" for verb in AT_THE_DESK)
    return command.startswith(WITH_A_SHOW + at_the_desk) or command in SHELL + BY_MAKE


HERE = [command for command in commands() if not is_executed_elsewhere(command)]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readme")
    ignore = shutil.ignore_patterns("clips")
    shutil.copytree(ROOT / "schedules", folder / "schedules", ignore=ignore)
    return folder


def test_there_are_commands_to_run() -> None:
    assert len(commands()) > 15
    assert len(HERE) > 8
    assert all(command.startswith("orchestrator ") for command in HERE)


@pytest.mark.parametrize("command", HERE)
def test_a_command_of_the_readme_does_what_it_should(command: str, scratch: Path) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-ec", command],
        cwd=scratch,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    allowed = {0, 1} if command == "orchestrator doctor" else {0}
    assert done.returncode in allowed, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [c for c in commands() if c.startswith("make ")])
def test_make_knows_what_the_readme_asks_of_it(command: str) -> None:
    dry = subprocess.run(
        [*command.split(), "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert dry.returncode == 0, dry.stderr


def test_files_that_the_readme_names_are_there() -> None:
    linked = re.findall(r"\]\(([^)#]+)\)", README)
    assert linked
    for name in linked:
        assert (ROOT / name).exists(), name


def test_every_make_target_is_in_its_help() -> None:
    makefile = (ROOT / "Makefile").read_text()
    mentioned = set(re.findall(r"`make ([a-z0-9-]+)`", README))
    targets = set(re.findall(r"^([a-z0-9-]+):.*## ", makefile, re.MULTILINE))
    assert mentioned <= targets


def test_every_word_that_the_text_names_is_a_command() -> None:
    """`orchestrator plan take` and its like in running text, and the table of the night."""
    app = typer.Typer()
    for module in pkgutil.iter_modules(verbs.__path__):
        register = getattr(
            importlib.import_module(f"{verbs.__name__}.{module.name}"), "register", 0
        )
        if register:
            register(app)
    root = typer.main.get_command(app)
    text = re.sub(r"^```.*?^```", "", README, flags=re.MULTILINE | re.DOTALL)
    named = re.findall(r"`orchestrator ([a-z][a-z -]*)", text)
    table = re.findall(r"^\| ((?:`[a-z][^`|]*`(?:, )?)+) \|", text, re.MULTILINE)
    named += [word for row in table for word in re.findall(r"`([a-z]+)", row)]
    assert len(named) > 15

    for words in named:
        command: Any = root
        for word in words.split():
            if not hasattr(command, "commands"):
                break
            assert word in command.commands, f"there is no `orchestrator {words}`"
            command = command.commands[word]
