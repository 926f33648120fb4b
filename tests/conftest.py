"""For all tests: what a machine lacks is said loudly, and nothing started is left behind."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import psutil
import pytest
from hypothesis import settings

IS_CI = os.environ.get("CI") == "true"

# CI asks the same questions each time, so that a change is judged by itself; a laptop explores.
# No deadline: a test decides, it does not measure.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("laptop", deadline=None)
settings.load_profile("ci" if IS_CI else "laptop")


@pytest.fixture(scope="session")
def tool() -> Callable[..., str]:
    """`tool("nginx")` is the path of a program; the test is skipped where there is none."""

    def find(*names: str) -> str:
        for name in names:
            if path := shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin"):
                return path
        pytest.skip(f"{names[0]} is not installed (make test as root installs it)")

    return find


@pytest.fixture(scope="session", autouse=True)
def no_process_left_behind() -> Iterator[None]:
    """Whatever the tests started is gone when they are over."""
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    yield
    left = [c for c in psutil.Process().children(recursive=True) if c.pid not in before]
    _, alive = psutil.wait_procs(left, timeout=3)
    alive = [child for child in alive if "resource_tracker" not in " ".join(child.cmdline())]
    names = [" ".join(child.cmdline())[:120] for child in alive]
    for child in alive:
        child.kill()
    assert not names, f"left running: {names}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """In CI nothing may be skipped: what would have been skipped has failed."""
    report = yield
    if IS_CI and report.skipped and not hasattr(report, "wasxfail"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} must run in CI. {why}"
    return report
