"""Points at which a test can have this process killed, to prove that nothing depends on luck.

`ORCH_FAULT=journalled` in the environment ends the process, as kill -9 would, where
`reached("journalled")` stands. Without that variable nothing happens.
"""

from __future__ import annotations

import os
import signal


def reached(point: str) -> None:
    if os.environ.get("ORCH_FAULT") == point:
        os.kill(os.getpid(), signal.SIGKILL)
