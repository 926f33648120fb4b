"""A real Redis server of one's own, on a unix socket, for tests; skipped loudly without one.

`pause` stops it in its tracks (SIGSTOP: connected, but mute), `kill` takes it away.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

BINARY = shutil.which("redis-server")


class RedisServer:
    def __init__(self, folder: Path) -> None:
        if BINARY is None:
            if os.environ.get("CI"):
                pytest.fail("redis-server is not installed")
            pytest.skip("redis-server is not installed")
        self._folder = folder
        self._socket = folder / "redis.sock"
        self.url = f"unix://{self._socket}"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Keeps what it was told in an append-only file, so that it can come back."""
        assert BINARY is not None
        self._process = subprocess.Popen(
            [BINARY, "--port", "0", "--unixsocket", str(self._socket), "--dir", str(self._folder),
             "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--logfile",
             str(self._folder / "redis.log")],
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 10
        while not self._answers():
            assert self._process.poll() is None, (self._folder / "redis.log").read_text()
            assert time.monotonic() < deadline, "redis-server did not come up"

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as peer:
                peer.settimeout(0.2)
                peer.connect(str(self._socket))
                peer.sendall(b"PING\r\n")
                return peer.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def pause(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)

    def resume_if_there(self) -> None:
        if self._process is not None:
            self.resume()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self._socket.unlink(missing_ok=True)
