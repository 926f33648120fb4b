"""The other end of a push: a real nginx-rtmp that records, and what its recordings say.

The FLV reader is the tests' own: it knows nothing of the code that wrote the stream.
"""

from __future__ import annotations

import getpass
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import av
import psutil

CONF = """
load_module {module};
user {user};
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 64; }}
rtmp {{
    server {{
        listen 127.0.0.1:{port};
        chunk_size 4096;
        application live {{
            live on;
            record all;
            record_path {folder}/recordings;
            record_unique on;
            {more}
        }}
    }}
}}
"""
MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class NginxRtmp:
    """`with NginxRtmp(nginx, folder) as server:` takes any key at `server.url(key)` and records."""

    def __init__(self, nginx: str, folder: Path, more: str = "") -> None:
        self._nginx = nginx
        self.folder = folder
        self.port = free_port()
        (folder / "recordings").mkdir(parents=True)
        (folder / "nginx.conf").write_text(
            CONF.format(
                module=MODULE, folder=folder, port=self.port, more=more, user=getpass.getuser()
            )
        )
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, key: str) -> str:
        return f"rtmp://127.0.0.1:{self.port}/live/{key}"

    def start(self) -> None:
        command = [self._nginx, "-c", f"{self.folder}/nginx.conf", "-p", str(self.folder)]
        command += ["-e", f"{self.folder}/boot.log"]
        self._process = subprocess.Popen(command, process_group=0)
        until_s = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self._process.poll() is None, (self.folder / "boot.log").read_text()
                assert time.monotonic() < until_s, "nginx does not listen"
                time.sleep(0.05)

    def kill(self, sig: int = signal.SIGKILL) -> None:
        """Master and worker at once, as a power cut does."""
        if self._process is not None:
            os.killpg(self._process.pid, sig)
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """It accepts, and takes nothing: no byte moves."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGSTOP)

    def recordings(self, key: str) -> list[Path]:
        """Oldest first; without those it makes for publishers that it refuses or that send
        nothing."""
        found = (self.folder / "recordings").glob(f"{key}-*.flv")
        written = [path for path in found if any(not tag.is_header for tag in media(path))]
        return sorted(written, key=lambda path: path.stat().st_mtime_ns)

    def in_a_row(self, key: str) -> list[Path]:
        """The longest row of recordings between which none was spoilt: nginx names them by the
        second, and a publisher that it refuses empties the file of one it took in that second."""
        rows: list[list[Path]] = [[]]
        found = (self.folder / "recordings").glob(f"{key}-*.flv")
        for path in sorted(found, key=lambda path: path.stat().st_mtime_ns):
            with path.open("rb") as file:
                begins = file.read(3)
            if begins not in (b"", b"FLV"):
                rows.append([])
            elif any(not tag.is_header for tag in media(path)):
                rows[-1].append(path)
        return max(rows, key=len)

    def finished(self, key: str) -> list[Path]:
        """The same, once nobody writes to any of them: it reads what a closed connection has
        brought a moment later."""
        assert self._process is not None
        until_s = time.monotonic() + 30
        while True:
            found = self.recordings(key)
            workers = psutil.Process(self._process.pid).children()
            is_open = {file.path for worker in workers for file in worker.open_files()}
            if found and not is_open & set(map(str, found)):
                return found
            assert time.monotonic() < until_s, f"nginx does not finish {found}"
            time.sleep(0.05)

    def __enter__(self) -> NginxRtmp:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill(signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Tag:
    """One FLV tag. `kind` is 8 sound, 9 pictures, 18 data."""

    kind: int
    ms: int
    body: bytes

    @property
    def is_header(self) -> bool:
        return self.kind in (8, 9) and self.body[1] == 0

    @property
    def is_key(self) -> bool:
        return self.kind == 9 and self.body[0] >> 4 == 1 and not self.is_header


def tags(path: Path) -> Iterator[Tag]:
    """Every whole tag of a file that may still grow."""
    data = path.read_bytes()
    at = 13
    while at + 11 <= len(data):
        kind, size = data[at], int.from_bytes(data[at + 1 : at + 4], "big")
        low, high = int.from_bytes(data[at + 4 : at + 7], "big"), data[at + 7]
        if at + 11 + size + 4 > len(data):
            return
        yield Tag(kind, high << 24 | low, data[at + 11 : at + 11 + size])
        at += 11 + size + 4


def media(path: Path) -> Iterator[Tag]:
    """Its sound and pictures, with what a decoder must know first."""
    return (tag for tag in tags(path) if tag.kind in (8, 9))


def assert_plays_without_a_break(path: Path, fps: int = 30) -> tuple[int, int]:
    """Pictures and sound follow each other evenly and decode to the last; how many of each."""
    found = [tag for tag in tags(path) if not tag.is_header]
    pictures = [tag.ms for tag in found if tag.kind == 9]
    sound = [tag.ms for tag in found if tag.kind == 8]
    assert pictures
    assert sound
    first = next(tag for tag in found if tag.kind == 9)
    assert first.is_key, "begins with something else than a keyframe"
    for stamps, step in ((pictures, 1000 / fps), (sound, 1024 / 48)):
        uneven = [(a, b) for a, b in pairwise(stamps) if abs(b - a - step) > 1]
        assert not uneven, f"the time stamps break: {uneven[:5]}"
    assert abs(pictures[-1] - sound[-1]) < 600
    return decoded(path)


def decoded(path: Path) -> tuple[int, int]:
    """How many pictures and blocks of sound libav makes of it. Raises av.error for any damage."""
    counts = []
    for kind in ("video", "audio"):
        with av.open(str(path), options={"err_detect": "explode"}) as file:
            counts.append(sum(1 for _ in file.decode(**{kind: 0})))
    return counts[0], counts[1]
