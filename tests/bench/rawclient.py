"""Many viewers in one process, on bare sockets: what a server does, without a client in its way.

    python rawclient.py reload PORT WAVES COUNT CLOCK DECISIONS   blocked playlist reloads
    python rawclient.py fetch PORT SECONDS COUNT PATH…             the same files, again and again

Prints JSON. `epoll` and `recv_into` only: an event loop would take longer per answer than the
origin does.
"""

from __future__ import annotations

import json
import re
import select
import socket
import sys
import time
from pathlib import Path

from orchestrator.bus.lines import LineFollower
from orchestrator.timing.clock import PageClock
from orchestrator.timing.grid import Grid

_BUFFER = memoryview(bytearray(1 << 20))
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
AHEAD = 5
"""Parts: so far ahead of the newest one a wave asks, so that all of it waits before it is due."""


class Connection:
    """One viewer: what is still to come of the answer that it waits for."""

    def __init__(self, port: int, number: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.number = number
        self.left = 0
        self.status = 0

    def ask(self, path: str) -> None:
        request = f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n"
        self.socket.send(request.encode())
        self.left, self.status = -1, 0

    def receive(self) -> tuple[int, bool]:
        """Bytes that came, and whether that was the end of an answer."""
        count = self.socket.recv_into(_BUFFER)
        if not count:
            raise ConnectionError("the server hung up")
        if self.left < 0:
            head = bytes(_BUFFER[: min(count, 2048)])
            end = head.index(b"\r\n\r\n") + 4
            length = _LENGTH.search(head, 0, end)
            assert length is not None, head[:end]
            self.status = int(head[9:12])
            self.left = int(length[1]) + end
        self.left -= count
        return count, self.left == 0


def _connect(port: int, count: int, poll: select.epoll) -> dict[int, Connection]:
    made = {}
    for number in range(count):
        one = Connection(port, number)
        made[one.socket.fileno()] = one
        poll.register(one.socket.fileno(), select.EPOLLIN)
    return made


class _Columns:
    """When each part was published, from the gate's own words."""

    def __init__(self, clock: Path, decisions: Path) -> None:
        self.grid = Grid.standard(30)
        self._clock = PageClock(clock)
        self._lines = LineFollower(decisions)
        self._published: dict[int, int] = {}
        self.last_k = -1

    def now_ns(self) -> int:
        return self._clock.now_ns()

    def look(self) -> None:
        for record in self._lines.read():
            if "tracks" in record:
                self.last_k = record["k"]
                late_ns = int(record["late_ms"] * 1e6)
                self._published[self.last_k] = self.grid.part_end_ns(self.last_k) + late_ns

    def published_ns(self, k: int) -> int:
        until = time.monotonic() + 5
        while k not in self._published and time.monotonic() < until:
            time.sleep(0.01)
            self.look()
        return self._published[k]


def reload(port: int, waves: int, count: int, clock: Path, decisions: Path) -> dict[str, object]:
    """Every wave asks for a part that is not there yet; how long after it was, all had it."""
    poll, columns = select.epoll(), _Columns(clock, decisions)
    connections = _connect(port, count, poll)
    last_s, median_s, asked_ms, bad = [], [], [], 0
    for _ in range(waves):
        columns.look()
        k = columns.last_k + AHEAD
        grid = columns.grid
        path = f"/hls/180p/live.m3u8?_HLS_msn={grid.msn_of(k)}&_HLS_part={grid.index_of(k)}"
        for one in connections.values():
            one.ask(path)
        asked_ns = columns.now_ns()
        came_ns = []
        while len(came_ns) < count:
            for fd, _ in poll.poll(10):
                if connections[fd].receive()[1]:
                    came_ns.append(columns.now_ns())
                    bad += connections[fd].status != 200
        published_ns = columns.published_ns(k)
        asked_ms.append((published_ns - asked_ns) / 1e6)
        last_s.append((came_ns[-1] - published_ns) / 1e9)
        median_s.append((came_ns[count // 2] - published_ns) / 1e9)
    return {"last_s": last_s, "median_s": median_s, "asked_before_ms": asked_ms, "bad": bad}


def fetch(port: int, seconds: float, count: int, paths: list[str]) -> dict[str, object]:
    """`count` viewers take the files in turn, as fast as they come."""
    poll = select.epoll()
    connections = _connect(port, count, poll)
    asked = dict.fromkeys(connections, 0)
    for fd, one in connections.items():
        asked[fd] = one.number
        one.ask(paths[asked[fd] % len(paths)])
    taken = answers = bad = 0
    began = time.monotonic()
    while (now := time.monotonic()) < began + seconds:
        for fd, _ in poll.poll(1):
            one = connections[fd]
            size, is_whole = one.receive()
            taken += size
            if is_whole:
                answers += 1
                bad += one.status != 200
                asked[fd] += 1
                one.ask(paths[asked[fd] % len(paths)])
    return {"bytes_per_s": taken / (now - began), "answers": answers, "bad": bad}


def main(words: list[str]) -> None:
    what, port, first, count, *rest = words
    if what == "reload":
        result = reload(int(port), int(first), int(count), Path(rest[0]), Path(rest[1]))
    else:
        result = fetch(int(port), float(first), int(count), rest)
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1:])
