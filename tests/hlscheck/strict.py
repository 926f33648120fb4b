"""npm hls-parser in strict mode over the playlists that were served: a second opinion."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]


def hls_parser(texts: list[str]) -> list[str]:
    """What it complains about. Skips (in CI: fails) where node or the package is missing."""
    node = shutil.which("node")
    if node is None or not (_ROOT / "node_modules" / "hls-parser").exists():
        reason = "hls-parser is not there: run `npm ci`"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    done = subprocess.run(
        [node, str(_HERE / "strict.mjs")],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        cwd=_ROOT,
        check=False,
    )
    return done.stdout.splitlines() + done.stderr.splitlines()
