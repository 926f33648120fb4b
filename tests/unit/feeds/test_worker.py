import os
import threading

from orchestrator.feeds.worker import Worker


def test_a_worker_keeps_the_priority_it_was_made_with() -> None:
    seen: dict[str, int] = {}

    def lower() -> None:
        worker = Worker("test")
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.nice(0) + 5)
        seen["maker"] = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        worker.run(
            lambda: seen.update(worker=os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        ).wait(5)

    maker = threading.Thread(target=lower)
    maker.start()
    maker.join()
    assert seen["worker"] == seen["maker"] - 5


def test_jobs_run_one_after_another_and_each_end_is_known() -> None:
    worker = Worker("test")
    order: list[int] = []
    ends = [worker.run(lambda i=i: order.append(i)) for i in range(20)]  # type: ignore[misc]
    assert all(end.wait(5) for end in ends)
    assert order == list(range(20))
