import os
import threading

import pytest

from orchestrator.feeds.worker import NICE, Worker


def nice() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def may_step_forward() -> bool:
    """Tried by a thread that then ends."""
    could: list[bool] = []

    def try_it() -> None:
        try:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        except PermissionError:
            could.append(False)
        else:
            could.append(True)

    thread = threading.Thread(target=try_it)
    thread.start()
    thread.join()
    return could[0]


class Maker:
    """A thread that makes a worker, steps back, and lives until it is told to end."""

    def __init__(self) -> None:
        self.worker: Worker
        self.is_made, self._may_end = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        assert self.is_made.wait(5)

    def _run(self) -> None:
        self.worker = Worker("test")
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), nice() + 5)
        self.is_made.set()
        self._may_end.wait(10)

    def nice(self) -> int:
        assert self._thread.native_id is not None
        return os.getpriority(os.PRIO_PROCESS, self._thread.native_id)

    def end(self) -> None:
        self._may_end.set()
        self._thread.join()


def test_a_worker_never_steps_back_with_its_maker() -> None:
    seen: list[int] = []
    maker = Maker()
    maker.worker.run(lambda: seen.append(nice())).wait(5)
    maker.end()
    assert seen[0] <= nice() < nice() + 5


def test_all_threads_work_at_its_priority_as_long_and_then_at_the_main_thread_s() -> None:
    if not may_step_forward():
        pytest.skip("only root, or who has LimitNICE, may step forward")
    seen: list[int] = []
    maker = Maker()
    maker.worker.run(lambda: seen.append(maker.nice())).wait(5)
    after = maker.nice()
    maker.end()
    assert (seen, after) == ([NICE], nice())


def test_jobs_run_one_after_another_and_each_end_is_known() -> None:
    worker = Worker("test")
    order: list[int] = []
    ends = [worker.run(lambda i=i: order.append(i)) for i in range(20)]  # type: ignore[misc]
    assert all(end.wait(5) for end in ends)
    assert order == list(range(20))
