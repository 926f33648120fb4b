"""Points at which a test can have something go wrong in a running process, and heal it again.

`ORCH_FAULTS` in the environment names a folder; while there is a file of a point's name in it, the
point is asked for. Without that variable nothing is looked at. Any thread.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

_FOLDER = os.environ.get("ORCH_FAULTS")
_FOR_EVER_S = 1e6


def is_asked(point: str) -> bool:
    """Whether the fault `point` shall happen now."""
    return _FOLDER is not None and Path(_FOLDER, point).exists()


def hang_here(process: str) -> None:
    """Hang, once, if `spin.<process>` is asked for (a loop without an end) or `sleep.<process>`
    (a call that does not come back). The process that comes after is spared."""
    if _FOLDER is None:
        return
    if _take(f"spin.{process}"):
        while True:
            pass
    if _take(f"sleep.{process}"):
        time.sleep(_FOR_EVER_S)


def _take(point: str) -> bool:
    try:
        Path(_FOLDER or "", point).unlink()
    except OSError:
        return False
    return True
