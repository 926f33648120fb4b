"""The thread that decodes a hot feed, made before the process lowers its priority.

In the feed's process. A thread keeps the priority it was made with, and only who may step forward
(CAP_SYS_NICE, or `LimitNICE` in the systemd unit) can raise it again; so this one is made first,
while the process is still at nice 0. What a hot feed decodes is on air, or about to be.

Where it may, it works just behind the programme, and so does the rest of its process as long: they
share one interpreter lock, and a thread at nice 5 that is put aside by a browser while it holds the
lock puts the decoder aside as well. Measured with thirteen feeds and a browser on two cores: see
"what is hot" in the README.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Callable
from pathlib import Path

NICE = -3
"""Behind the programme and the gate, which are at -5."""

_Job = tuple[Callable[[], None], threading.Event]


class Worker:
    """Runs one job after another. A daemon: a decoder that hangs does not keep the process."""

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def run(self, job: Callable[[], None]) -> threading.Event:
        """Set when `job` has ended. A job deals with its own errors."""
        done = threading.Event()
        self._jobs.put((job, done))
        return done

    def _run(self) -> None:
        own = threading.get_native_id()
        _step(own, NICE)
        while True:
            job, done = self._jobs.get()
            others_nice = os.getpriority(os.PRIO_PROCESS, os.getpid())  # the main thread's
            try:
                _step_others(own, NICE)
                job()
            finally:
                _step_others(own, others_nice)
                done.set()


def _step_others(own: int, nice: int) -> None:
    for task in Path("/proc/self/task").iterdir():
        if int(task.name) != own:
            _step(int(task.name), nice)


def _step(thread: int, nice: int) -> None:
    with contextlib.suppress(PermissionError, ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, thread, nice)
