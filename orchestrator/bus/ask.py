"""One question over a unix socket: a line of JSON there, a line of JSON back. Blocking; no threads.

Used by the command line towards the desk (`desk.sock`) and the gate (`gate.sock`).
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any


def ask(path: Path, request: dict[str, Any], timeout_s: float = 5.0) -> dict[str, Any]:
    """The answer to `request`. Raises OSError (nobody there, too slow) or ValueError (no JSON)."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        peer.settimeout(timeout_s)
        peer.connect(str(path))
        peer.sendall(json.dumps(request).encode() + b"\n")
        with peer.makefile("rb") as lines:
            answer = json.loads(lines.readline(1 << 20) or b"null")
    if not isinstance(answer, dict):
        raise ValueError(f"no answer from {path.name}")
    return answer
