"""The pages' own modules, run by Node without a browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import Any

import pytest
from harness.run import ROOT

DESK = ROOT / "orchestrator" / "web" / "static" / "desk"


def node() -> str:
    found = shutil.which("node") or shutil.which("node", path=str(ROOT / ".venv" / "bin"))
    if found is None and os.environ.get("CI"):
        pytest.fail("there is no node here: make build/page brings one")
    if found is None:
        pytest.skip("there is no node here: make build/page brings one")
    return found


def run_module(script: str, *args: str) -> Any:
    """What a module prints as JSON. `DESK/` in its imports is the folder of the desk's scripts."""
    done = subprocess.run(
        [node(), "--input-type=module", "-e", script.replace("DESK/", DESK.as_uri() + "/"), *args],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
