"""The origin under many viewers: blocked reloads released, segments beside nginx, a restart.

A fake programme (`tests/fakestream`) feeds the real gate, recorder and origin; the viewers are bare
sockets in a process of their own (`rawclient.py`). Everything shares this machine's cores.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from bench.table import Row
from fakestream import FakeStream

from orchestrator.media.boxes import Sample, write_part

ROOT = Path(__file__).parents[2]
WAVES = 6
RELEASED_S = 0.3
FETCH_S = 6.0
FETCHERS = 16
BITRATE_BPS = 3_000_000
"""Of the parts that the fake programme publishes here: those of a 720p rendition."""
_NGINX = """\
daemon off; worker_processes 1; error_log {folder}/error.log; pid {folder}/pid;
events {{ worker_connections 2048; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  open_file_cache max=1000 inactive=60s;
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


def measure() -> list[Row]:
    rows: list[Row] = []
    with _stream() as stream:
        rows += _reloads(stream, 2000) + _reloads(stream, 10_000)
        rows += _segments(stream)
        rows += _restart(stream)
    return rows


@contextmanager
def _stream() -> Iterator[FakeStream]:
    with FakeStream(dvr_s=3600, window_s=120) as stream:
        _fatten(stream)
        stream.start("gate", "programme", "recorder", "origin")
        stream.wait_for(lambda: len(_dvr_uris(stream)) >= 12, 120)
        yield stream


def _fatten(stream: FakeStream) -> None:
    """Parts of the size that a real rendition has; nobody decodes them here."""
    grid = stream.grid
    size = int(BITRATE_BPS / 8 * grid.part_s / grid.part_frames)
    for path in (stream.tree.root / "fake").glob("180p.*"):
        samples = [
            Sample(secrets.token_bytes(size), grid.ticks_per_frame, i == 0)
            for i in range(grid.part_frames)
        ]
        path.write_bytes(write_part(0, 1, 0, samples))


def _client(*words: str) -> dict[str, Any]:
    command = [sys.executable, str(ROOT / "tests" / "bench" / "rawclient.py"), *words]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-500:])
    return dict(json.loads(done.stdout))


def _reloads(stream: FakeStream, count: int) -> list[Row]:
    tree = stream.tree
    said = _client(
        "reload", str(stream.port), str(WAVES), str(count), str(tree.clock), str(tree.decisions)
    )
    last, median = sorted(said["last_s"]), sorted(said["median_s"])
    is_met = last[-1] <= RELEASED_S and not said["bad"]
    return [
        Row(
            f"{count} blocked reloads released after the part is there",
            f"≤ {RELEASED_S} s",
            f"the last one after {last[len(last) // 2]:.3f} s (p50 of {WAVES} waves, "
            f"max {last[-1]:.3f} s), half of them after {median[len(median) // 2]:.3f} s"
            + (f"; {said['bad']} refused" if said["bad"] else ""),
            is_met,
        )
    ]


def _dvr_uris(stream: FakeStream) -> list[str]:
    text = stream.get("/hls/180p/dvr.m3u8")[2].decode()
    return [f"/hls/180p/{uri}" for uri in re.findall(r"^dvr/\S+", text, re.MULTILINE)]


def _live_uris(stream: FakeStream) -> list[str]:
    text = stream.get("/hls/180p/live.m3u8")[2].decode()
    return [f"/hls/180p/{uri}" for uri in re.findall(r"^\d+\.m4s", text, re.MULTILINE)]


def _segments(stream: FakeStream) -> list[Row]:
    """Live segments from memory, DVR segments from disk, and both from nginx."""
    rows = []
    for what, uris in (
        ("live segments", _live_uris(stream)[-5:]),
        ("DVR segments", _dvr_uris(stream)[-8:]),
    ):
        ours = _rate(stream.port, uris)
        size = len(stream.get(uris[0])[2])
        with _nginx(stream, uris) as port:
            theirs = _rate(port, uris)
        rows.append(
            Row(
                f"{what} of {size / 1e6:.1f} MB to {FETCHERS} viewers, one process, loopback",
                "≥ 1 GB/s",
                f"{ours / 1e9:.2f} GB/s; nginx with one worker, the same files: "
                f"{theirs / 1e9:.2f} GB/s",
                ours >= 1e9,
            )
        )
    return rows


def _rate(port: int, uris: Sequence[str]) -> float:
    said = _client("fetch", str(port), str(FETCH_S), str(FETCHERS), *uris)
    assert not said["bad"], said
    return float(said["bytes_per_s"])


@contextmanager
def _nginx(stream: FakeStream, uris: Sequence[str]) -> Iterator[int]:
    """The same bytes under the same names, from files in memory."""
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="bench-nginx-") as scratch:
        folder = Path(scratch)
        for uri in uris:
            path = folder / "root" / uri.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(stream.get(uri)[2])
        os.chmod(folder, 0o755)
        port = _free_port()
        config = folder / "nginx.conf"
        config.write_text(_NGINX.format(folder=folder, port=port, root=folder / "root"))
        server = subprocess.Popen(
            ["nginx", "-c", str(config), "-g", f"user {_user()};"], stderr=subprocess.DEVNULL
        )
        try:
            stream.wait_for(lambda: _answers(port, uris[0]), 10)
            yield port
        finally:
            server.terminate()
            server.wait(10)


def _user() -> str:
    return psutil.Process().username()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def _answers(port: int, path: str) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("HEAD", path)
        return connection.getresponse().status == 200
    except OSError:
        return False


def _restart(stream: FakeStream, times: int = 5) -> list[Row]:
    """kill -9 of the origin, and how long a viewer's next playlist takes."""
    took = []
    for _ in range(times):
        stream.kill("origin")
        began = time.monotonic()
        stream.start("origin")
        stream.playlist()
        took.append(time.monotonic() - began)
    took.sort()
    return [
        Row(
            f"origin restarted {times} times: until the next playlist is answered",
            "≤ 1.5 s",
            f"p50 {took[times // 2]:.2f} s, max {took[-1]:.2f} s",
            took[-1] <= 1.5,
        )
    ]
