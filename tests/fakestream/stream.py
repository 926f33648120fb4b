"""Starts, kills and stops the processes of a test stream. Sockets are bound here and passed on."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fakestream.encode import encode_all
from orchestrator.bus.ask import ask
from orchestrator.bus.lines import Record, read_lines
from orchestrator.bus.tree import LiveTree
from orchestrator.media.house import House
from orchestrator.rundown.load import load
from orchestrator.rundown.rebase import Rebase
from orchestrator.rundown.resolve import resolve
from orchestrator.timing.clock import PageClock, anchor_page
from orchestrator.timing.grid import Grid

_PROGRAMME = Path(__file__).with_name("programme.py")


class FakeStream:
    """`with FakeStream(...) as stream:` — its gate, origin and fake programme as processes."""

    def __init__(
        self,
        *,
        ladder: tuple[str, ...] = ("180p",),
        size: tuple[int, int] = (320, 180),
        delay_s: float = 0,
        audiences: tuple[str, ...] = ("open",),
        public_audience: str = "open",
        window_s: int = 60,
        dvr_s: float = 0,
        record: dict[str, Any] | None = None,
        state: Path | None = None,
        grid: Grid | None = None,
        pushes: Sequence[Mapping[str, Any]] = (),
        lasts_s: float = 86_400,
    ) -> None:
        self.tree = LiveTree(Path(f"/dev/shm/orch-test-{os.getpid()}-{secrets.token_hex(4)}"))
        self.state = state or self.tree.root / "state"
        self.grid = grid or Grid.standard(30)
        self.house = replace(House.of(*size, self.grid.fps, ladder), grid=self.grid)
        self.tree.make()
        anchor_page(self.tree.clock)
        start_n = self.grid.frame_at(PageClock(self.tree.clock).now_ns())
        self.token = secrets.token_urlsafe(24)
        self.tree.gate_token.write_text(self.token)
        self.tree.processes.write_text(
            json.dumps(
                {
                    "event": "test",
                    "fps": self.grid.fps,
                    "part_frames": self.grid.part_frames,
                    "segment_frames": self.grid.segment_frames,
                    "width": size[0],
                    "height": size[1],
                    "ladder": ladder,
                    "tracks": self.house.tracks(),
                    "delay_frames": self.grid.frames(delay_s),
                    "audiences": audiences,
                    "public_audience": public_audience,
                    "feeds": [],
                    "clips": False,
                    "window_s": window_s,
                    "dvr_s": dvr_s,
                    "record": record,
                    "pushes": pushes,
                    "start_n": start_n,
                    "end_n": start_n + round(lasts_s * self.grid.fps),
                }
            )
        )
        encode_all(self.tree, self.house)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> FakeStream:
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self._children):
            self.kill(name)
        self._listener.close()
        shutil.rmtree(self.tree.root)

    def plan(self, event: Path, *, into_s: float = 0) -> None:
        """Give the stream a day: `event`, begun so long ago (whole seconds) that this is on."""
        loaded = load(event)
        assert loaded.plan is not None, loaded.problems
        n = self.grid.frame_at(PageClock(self.tree.clock).now_ns()) - self.grid.frames(into_s)
        resolved, problems, _ = resolve(loaded.plan, start=Rebase(n, "now"))
        assert resolved is not None, problems
        self.tree.snapshot.write_bytes(resolved.to_json())

    def start(self, *names: str, **options: list[str]) -> None:
        """Start gate, origin, recorder, stills, programme or push.<id>; options: arguments."""
        for name in names:
            self._children[name] = subprocess.Popen(
                [sys.executable, *self._command(name), *options.get(name, [])],
                env=os.environ | self._environment(name),
                pass_fds=[self._listener.fileno()] if name == "origin" else [],
            )

    def kill(self, name: str) -> None:
        """SIGKILL, and wait for the end."""
        child = self._children.pop(name, None)
        if child is not None:
            child.kill()
            child.wait()

    def terminate(self, name: str) -> int:
        """SIGTERM; the exit code."""
        child = self._children.pop(name)
        child.terminate()
        return child.wait(timeout=30)

    def freeze(self, name: str) -> None:
        self._children[name].send_signal(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        self._children[name].send_signal(signal.SIGCONT)

    def gate(self, act: str, **more: Any) -> dict[str, Any]:
        """A safety act through the gate's socket."""
        request = {"token": self.token, "act": act, "author": "tom", "reason": "a test"} | more
        if act == "restore":
            request = {"second": "mei"} | request
        return ask(self.tree.gate_socket, request)

    def facts(self, process: str) -> dict[str, Any]:
        """What it last wrote of itself; nothing if it has not."""
        try:
            return dict(json.loads(self.tree.facts(process).read_bytes()))
        except (OSError, ValueError):
            return {}

    def decisions(self) -> list[Record]:
        return read_lines(self.tree.decisions)

    def columns(self, audience: str = "open") -> list[Record]:
        """What the gate decided so far."""
        return [r for r in self.decisions() if r.get("audience") == audience]

    def wait_for(self, what: Any, timeout_s: float = 40) -> Any:
        """Ask `what()` until it says something true."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            if answer := what():
                return answer
            time.sleep(0.02)
        raise TimeoutError(f"not within {timeout_s} s")

    def wait_columns(self, count: int, audience: str = "open") -> list[Record]:
        """Wait until the gate has decided `count` more columns than now; the new ones."""
        before = len(self.columns(audience))
        self.wait_for(lambda: len(self.columns(audience)) >= before + count)
        return self.columns(audience)[before:]

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """One request; status, headers (lower case) and body."""
        request = urllib.request.Request(self.url + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, _lower(answer.headers), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _lower(error.headers), error.read()

    def playlist(self, track: str = "180p", query: str = "") -> str:
        status, _, body = self.get(f"/hls/{track}/live.m3u8{query}")
        assert status == 200, (status, body)
        return body.decode()

    def _command(self, name: str) -> list[str]:
        live = str(self.tree.root)
        if name == "programme":
            return [str(_PROGRAMME), live]
        if name in ("recorder", "stills"):
            state = f"--state={self.state}"
            return ["-m", f"orchestrator.delivery.{name}", "--live", live, state]
        if name.startswith("push."):
            output, state = name.removeprefix("push."), ["--state", str(self.state)]
            return ["-m", "orchestrator.delivery.push", "--live", live, *state, "--output", output]
        if name == "origin":
            return ["-m", "orchestrator.web.public", "--live", live, f"--state={self.state}"]
        assert name == "gate", name
        return ["-m", "orchestrator.delivery.gate", "--live", live]

    def _environment(self, name: str) -> dict[str, str]:
        env = {"ORCH_PARENT": str(os.getpid()), "ORCH_LOG": "json"}
        return env | ({"ORCH_FD": str(self._listener.fileno())} if name == "origin" else {})


def _lower(headers: Any) -> dict[str, str]:
    return {key.lower(): value for key, value in headers.items()}
