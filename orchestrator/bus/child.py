"""How every child process begins: name, parent-death signal, priority, logs, orderly stop.

Called first thing in each process's `main`, on its main thread.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orchestrator.bus.lines import replace_json
from orchestrator.bus.logs import configure_logs

_PR_SET_PDEATHSIG = 1
_BEAT_S = 0.1
_PR_SET_TIMERSLACK = 29
_LIBC = ctypes.CDLL(None, use_errno=True)  # found before any fork


def die_with_parent(sig: int = signal.SIGKILL) -> None:
    """Have the kernel signal this process when the *thread* that forked it ends (prctl(2)).

    Also usable as the `preexec_fn` of a child that is no Python. Call from the main thread.
    """
    _LIBC.prctl(_PR_SET_PDEATHSIG, sig)


def wake_up_within(slack_ns: int) -> None:
    """Let the kernel end this thread's timed waits, and those of threads and programs that it
    starts, so much later, together with others (prctl(2)). Events wake them at once as ever."""
    _LIBC.prctl(_PR_SET_TIMERSLACK, ctypes.c_ulong(slack_ns))


def begin(name: str, *, nice: int = 0) -> threading.Event:
    """Become the child called `name`; the event returned is set when it shall stop.

    SIGTERM and SIGINT ask for an orderly stop. The process dies by SIGKILL with its parent.
    """
    import setproctitle

    die_with_parent()
    expected = os.environ.get("ORCH_PARENT")
    if expected is not None and os.getppid() != int(expected):
        os._exit(1)  # the parent died between fork and prctl
    setproctitle.setproctitle(f"orch {name}")
    if nice:
        with contextlib.suppress(PermissionError):  # to step forward takes CAP_SYS_NICE
            os.nice(nice)
    configure_logs(name)
    stop = threading.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sig, lambda *_: stop.set())
    return stop


def log_unhandled(name: str, main: Callable[[], int]) -> int:
    """Run `main`; an exception becomes one log line with its traceback and exit code 1."""
    try:
        return main()
    except Exception:
        logging.getLogger(name).exception("%s died", name)
        return 1


class FactSheet:
    """A process's numbers, written at most once a second to `facts/<process>.json`. One thread.

    Facts are for people and metrics; nothing on air waits for them. `lost` counts those that
    could not be written, and is among the next that can. Between two of them a `beat` tells the
    supervisor that the loop turns.
    """

    def __init__(self, path: Path, process: str) -> None:
        self._path = path
        self._process = process
        self._due = 0.0
        self._beat_due = 0.0
        self.lost = 0

    def beat(self) -> None:
        """As often as you like; the sheet is touched ten times a second at most."""
        now = time.monotonic()
        if now >= self._beat_due:
            self._beat_due = now + _BEAT_S
            with contextlib.suppress(OSError):
                os.utime(self._path)

    def due(self) -> bool:
        return time.monotonic() >= self._due

    def write(self, facts: dict[str, object], *, now_ns: int) -> None:
        self._due = time.monotonic() + 1.0
        try:
            replace_json(
                self._path,
                {
                    "process": self._process,
                    "pid": os.getpid(),
                    "at_ns": now_ns,
                    "facts_lost": self.lost,
                }
                | facts,
            )
        except OSError:
            self.lost += 1
            # whoever watches for a hang must see that this process lives, on a full tmpfs too
            with contextlib.suppress(OSError):
                os.utime(self._path)


def read_facts(path: Path) -> dict[str, Any]:
    """What a process wrote last; empty if there is nothing, or nothing whole."""
    try:
        facts = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}
