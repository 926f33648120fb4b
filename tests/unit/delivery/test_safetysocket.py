"""The gate's socket: one line in, one line out; strangers and sleepers are hung up on."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.bus.ask import ask
from orchestrator.delivery.safetysocket import SafetySocket


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """A socket that is served until the test is over."""
    path = tmp_path / "gate.sock"
    path.touch()  # a leftover of a killed gate
    door = SafetySocket(path, lambda request: {"ok": True, "heard": request})
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            door.serve(0.01)

    thread = threading.Thread(target=serve)
    thread.start()
    yield path
    stop.set()
    thread.join()
    door.close()


def test_a_request_is_answered_and_only_its_owner_may_ask(path: Path) -> None:
    assert ask(path, {"act": "blank"}) == {"ok": True, "heard": {"act": "blank"}}
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_line_may_come_in_pieces(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(path))
        for piece in (b'{"act"', b': "blank"', b"}\n"):
            caller.sendall(piece)
        assert json.loads(caller.recv(1000))["ok"] is True


@pytest.mark.parametrize("line", [b"hello\n", b"[1]\n", b"\xff\xfe\n", b"[" * 4000 + b"\n"])
def test_what_is_no_request_is_refused_in_a_sentence(path: Path, line: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(path))
        caller.sendall(line)
        answer: dict[str, Any] = json.loads(caller.recv(1000))
    assert (answer["ok"], answer["code"]) == (False, "bad-request")


def test_an_endless_line_is_hung_up_on(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(path))
        with pytest.raises(ConnectionError):
            caller.sendall(b"x" * 4_000_000)


def test_idle_callers_do_not_keep_others_out(path: Path) -> None:
    idlers = [socket.socket(socket.AF_UNIX) for _ in range(20)]
    try:
        for idler in idlers:
            idler.connect(str(path))
            idler.setblocking(True)
        assert ask(path, {"act": "blank"})["ok"] is True
    finally:
        for idler in idlers:
            idler.close()
