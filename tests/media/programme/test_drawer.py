"""The drawing process may hang: another one takes its place, and the graphic comes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from orchestrator.programme.drawer import Drawer, Order


@pytest.fixture
def drawer() -> Iterator[Drawer]:
    started = Drawer(patience_s=5.0)
    started.start()
    yield started
    started.stop()


def badge(text: str) -> Order:
    return Order.of("badge", {"text": text, "mode": "live"}, 320, 180)


def until(true: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def test_a_drawing_process_that_hangs_is_replaced(drawer: Drawer) -> None:
    until(lambda: drawer.drawing(badge("LIVE")))
    ours = psutil.Process().children()
    (hung,) = [one for one in ours if "graphics" in " ".join(one.cmdline())]
    os.kill(hung.pid, signal.SIGSTOP)

    until(lambda: drawer.drawing(badge("RECORDED")))

    assert not hung.is_running()
    assert drawer.facts()["restarts"] != 0
