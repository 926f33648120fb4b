"""Plays films into SRT addresses, round and round, as hospitals' encoders would. One thread.

Each contribution is one ffmpeg child that only copies bytes at their own pace. The thread starts
them (they die with it), starts them again when they fall, and learns from their progress reports
when each picture left, which it writes to `sent.jsonl`:

    {"feed": "mumbai.headset", "number": 3, "began_ns": …, "fps": 30, "frames": 720}

Counter c of that session left at began_ns + c / fps, and shows as c modulo `frames` in the strip.
`began_ns` only gets earlier as reports come in: the least delayed one is the truest.
"""

from __future__ import annotations

import logging
import os
import selectors
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import ffmpeg
import imageio_ffmpeg

from orchestrator.bus.child import die_with_parent
from orchestrator.bus.lines import LineWriter
from orchestrator.timing.clock import wall_offset_ns
from orchestrator.timing.grid import NS

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.2
_LONGEST_PAUSE_S = 2.0
_FORGIVEN_AFTER_S = 10.0


@dataclass(frozen=True, slots=True)
class Push:
    """A film, and the SRT address it is sent to. `pace`: how fast the sender's clock runs."""

    feed: str
    number: int
    film: Path
    url: str = field(repr=False)
    fps: int
    frames: int
    pace: float = 1.0


class _Child:
    """One push: its ffmpeg while it runs, and when it may be tried again."""

    def __init__(self, push: Push) -> None:
        self.push = push
        self.process: subprocess.Popen[bytes] | None = None
        self.began_ns: int | None = None
        self.started_s = 0.0
        self.pause_s = 0.0
        self.not_before_s = 0.0
        self.rest = b""


class Pushers:
    """Every simulated contribution. `hold` and `resume` may be called from any thread."""

    def __init__(self, pushes: Sequence[Push], sent: Path) -> None:
        self._children = {push.feed: _Child(push) for push in pushes}
        self._sent = sent
        self._held: set[str] = set()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._thread = threading.Thread(target=self._run, name="pushers")

    def start(self) -> None:
        self._thread.start()

    def hold(self, feed: str) -> None:
        """Take a contribution off the line, as if its cable were pulled, until `resume`."""
        with self._lock:
            self._held.add(feed)

    def resume(self, feed: str) -> None:
        with self._lock:
            self._held.discard(feed)

    def pids(self) -> dict[str, int]:
        """The ffmpeg that sends each feed at this moment."""
        running = ((feed, child.process) for feed, child in self._children.items())
        return {feed: process.pid for feed, process in running if process is not None}

    def close(self) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self) -> None:
        sent = LineWriter(self._sent)
        try:
            while not self._over.is_set():
                with self._lock:
                    held = set(self._held)
                for feed, child in self._children.items():
                    self._tend(child, feed in held)
                for key, _ in self._selector.select(_LOOK_EVERY_S):
                    self._hear(key.data, sent)
        finally:
            for child in self._children.values():
                self._end(child)
            self._selector.close()
            sent.close()

    def _tend(self, child: _Child, is_held: bool) -> None:
        now = time.monotonic()
        if child.process is not None and (is_held or child.process.poll() is not None):
            lived_s = now - child.started_s
            self._end(child)
            if lived_s > _FORGIVEN_AFTER_S or is_held:
                child.pause_s = 0.0
            child.not_before_s = now + child.pause_s
            child.pause_s = min(_LONGEST_PAUSE_S, child.pause_s * 2 or 0.25)
        if child.process is None and not is_held and now >= child.not_before_s:
            self._begin(child, now)

    def _begin(self, child: _Child, now: float) -> None:
        child.process = subprocess.Popen(
            _arguments(child.push),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent,
        )
        child.started_s, child.began_ns, child.rest = now, None, b""
        assert child.process.stdout is not None
        os.set_blocking(child.process.stdout.fileno(), False)
        self._selector.register(child.process.stdout, selectors.EVENT_READ, child)

    def _end(self, child: _Child) -> None:
        if child.process is None:
            return
        assert child.process.stdout is not None
        self._selector.unregister(child.process.stdout)
        child.process.kill()
        child.process.wait()
        child.process.stdout.close()
        child.process = None

    def _hear(self, child: _Child, sent: LineWriter) -> None:
        """Take in a progress report; note the session's beginning when it is known better."""
        assert child.process is not None
        assert child.process.stdout is not None
        now_ns = wall_offset_ns() + time.monotonic_ns()
        *lines, child.rest = (child.rest + (child.process.stdout.read() or b"")).split(b"\n")
        out_us = [line[12:] for line in lines if line.startswith(b"out_time_us=")]
        if not out_us or not out_us[-1].isdigit():
            if not lines:
                time.sleep(0.01)  # the end of its output; the child is reaped on the next round
            return
        began_ns = now_ns - int(out_us[-1]) * 1000
        if child.began_ns is None:
            log.info("simulated %s is on the line", child.push.feed)
        if child.began_ns is None or began_ns < child.began_ns - NS // 1000:
            child.began_ns = began_ns
            push = child.push
            sent.append(
                {
                    "feed": push.feed,
                    "number": push.number,
                    "began_ns": began_ns,
                    "fps": push.fps,
                    "frames": push.frames,
                }
            )


def _arguments(push: Push) -> list[str]:
    """ffmpeg that reads the film at its own pace, for ever, and copies it to the address."""
    # an encoder has nothing in store
    pace = {"readrate": push.pace, "readrate_initial_burst": 0.05}
    film = ffmpeg.input(str(push.film), stream_loop=-1, **pace)
    output = film.output(push.url, c="copy", f="mpegts", flush_packets=1)
    command = output.global_args(
        "-hide_banner", "-nostdin", "-loglevel", "error", "-stats_period", "0.25"
    ).global_args("-progress", "pipe:1")
    arguments: list[str] = command.compile(cmd=imageio_ffmpeg.get_ffmpeg_exe())
    return arguments
