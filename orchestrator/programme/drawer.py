"""Speaks to the drawing process: orders there, drawings back, over two pipes.

Threads: `ask`, `drawing` and `is_blank` by the tick thread, `run` is this thread; they meet in
two dictionaries and a queue. Bound: 64 orders may wait (the newest loses), 128 drawings are kept
(the longest unused goes). The process is started when there is something to draw, and again, once
a second at most, if it dies, or has not answered for twenty seconds.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from orchestrator.media.picture import Rect
from orchestrator.programme.overlay import Drawing

log = logging.getLogger(__name__)

_WAITING = 64
_KEPT = 128
_PATIENCE_S = 20.0
_PROBLEMS = 5
_BLANK = "blank"


@dataclass(frozen=True, slots=True)
class Order:
    """What to draw. Equal orders give equal drawings."""

    key: str
    template: str
    data: str
    width: int
    height: int

    @classmethod
    def of(cls, template: str, data: Mapping[str, Any], width: int, height: int) -> Order:
        text = json.dumps(data, sort_keys=True, ensure_ascii=False, default=str)
        digest = hashlib.sha256(f"{template}\0{text}\0{width}x{height}".encode())
        return cls(digest.hexdigest()[:20], template, text, width, height)


def to_bytes(key: str, drawing: Drawing | None, problem: str = "") -> bytes:
    """One answer of the drawing process: a line that says what follows, then the planes."""
    head: dict[str, Any] = {"key": key, "problem": problem}
    planes = b""
    if drawing is not None:
        planes = b"".join(p.tobytes() for p in (*drawing.ink, *drawing.keep[:2]))
        head |= {"box": list(drawing.box)}
    return json.dumps(head | {"bytes": len(planes)}).encode() + b"\n" + planes


def read_answer(pipe: IO[bytes]) -> tuple[str, Drawing | None, str]:
    """The next answer. Raises EOFError or ValueError."""
    line = pipe.readline()
    if not line:
        raise EOFError
    head = json.loads(line)
    raw = np.frombuffer(pipe.read(head["bytes"]), np.uint8)
    if raw.size != head["bytes"]:
        raise EOFError
    if "box" not in head:
        return head["key"], None, head["problem"]
    box = Rect(*head["box"])
    sizes = [(box.height, box.width)] + [(box.height // 2, box.width // 2)] * 2
    planes, at = [], 0
    for height, width in (*sizes, sizes[0], sizes[1]):
        planes.append(raw[at : at + height * width].reshape(height, width))
        at += height * width
    y, u, v, keep, keep_half = planes
    return head["key"], Drawing(box, (y, u, v), (keep, keep_half, keep_half)), head["problem"]


class Drawer(threading.Thread):
    """The thread that owns the drawing process."""

    def __init__(self, patience_s: float = _PATIENCE_S) -> None:
        super().__init__(name="drawer", daemon=True)
        self._patience_s = patience_s
        self._began_s: float | None = None
        """When the drawing that is being made was asked of the process."""
        self._queue: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        self._asked: dict[str, None] = {}
        self._drawings: dict[str, Drawing | str] = {}
        self._last_use: dict[str, int] = {}
        self._uses = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._drawn = 0
        self._refused = 0
        self._broken = 0
        self._problems: deque[str] = deque(maxlen=_PROBLEMS)
        self._restarts = -1

    def ask(self, order: Order) -> None:
        """Have it drawn, unless it is there or on its way."""
        self._end_hung()
        if order.key in self._drawings or order.key in self._asked:
            return
        if self._queue.qsize() >= _WAITING:
            self._refused += 1
            return
        self._asked[order.key] = None
        self._queue.put(order)

    def drawing(self, order: Order) -> Drawing | None:
        """The drawing, if it is there; asks for it if it is not."""
        found = self._drawings.get(order.key)
        if found is None:
            self.ask(order)
        else:
            self._uses += 1
            self._last_use[order.key] = self._uses
        return found if isinstance(found, Drawing) else None

    def is_blank(self, order: Order) -> bool:
        """Whether it was drawn and there was nothing on it."""
        return self._drawings.get(order.key) == _BLANK

    def stop(self) -> None:
        self._queue.put(None)
        self.join(1.0)

    def run(self) -> None:
        while (order := self._queue.get()) is not None:
            try:
                self._draw(order)
            except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
                log.error("the drawing process is gone (%r); another one is started", error)
                self._end()
                time.sleep(1.0)
            self._asked.pop(order.key, None)
        self._end()

    def _draw(self, order: Order) -> None:
        process = self._process or self._begin()
        assert process.stdin is not None
        assert process.stdout is not None
        request = {
            "key": order.key,
            "template": order.template,
            "data": json.loads(order.data),
            "width": order.width,
            "height": order.height,
        }
        self._began_s = time.monotonic()
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            key, drawing, problem = read_answer(process.stdout)
        finally:
            self._began_s = None
        if problem:
            self._broken += drawing is None
            self._complain(problem)
        self._drawn += drawing is not None
        while len(self._drawings) >= _KEPT:
            unused = min(self._drawings, key=lambda kept: self._last_use.get(kept, 0))
            self._drawings.pop(unused)
            self._last_use.pop(unused, None)
        self._drawings[key] = drawing if drawing is not None else (problem or _BLANK)

    def _end_hung(self) -> None:
        """Tick thread: its own thread waits for an answer, which then ends."""
        began_s, process = self._began_s, self._process
        if began_s is None or process is None or time.monotonic() - began_s < self._patience_s:
            return
        self._began_s = None
        log.error("the drawing process has hung; killing it")
        process.kill()

    def _complain(self, problem: str) -> None:
        """Once each; the last few stay in the facts, for the status page."""
        if problem not in self._problems:
            log.error("a graphic cannot be drawn as it should: %s", problem)
        self._problems.append(problem)

    def _begin(self) -> subprocess.Popen[bytes]:
        self._restarts += 1
        environment = os.environ | {"ORCH_PARENT": str(os.getpid())}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "orchestrator.programme.draw"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def facts(self) -> dict[str, object]:
        return {
            "drawn": self._drawn,
            "kept": len(self._drawings),
            "waiting": self._queue.qsize(),
            "refused": self._refused,
            "broken": self._broken,
            "problems": list(dict.fromkeys(self._problems)),
            "restarts": max(0, self._restarts),
        }
