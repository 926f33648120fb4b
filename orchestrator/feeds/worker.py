"""The thread that decodes a hot feed, made before the process lowers its priority.

In the feed's process. On Linux a thread keeps the priority it was made with, and only root may
raise it again; so this one is made first, while the process is still at nice 0. What a hot feed
decodes is on air, or about to be: measured with a browser and thirteen feeds on two cores, an
unpreviewed take of a warm feed at nice 5 needs more than 600 ms now and then.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

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
        while True:
            job, done = self._jobs.get()
            try:
                job()
            finally:
                done.set()
