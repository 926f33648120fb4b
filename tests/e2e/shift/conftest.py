"""One running evening of DESK §1 a file, with Tom and Ana at its desk and somebody who watches.

A file whose evening begins at another moment says so in its `BEGINS`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from harness.desk import Person, chromium
from harness.shift import BEGINS, Shift, shift
from harness.watch import Watch
from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def evening(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shift]:
    begins = getattr(request.module, "BEGINS", BEGINS)
    with shift(tmp_path_factory.mktemp("shift"), begins) as running:
        yield running


@pytest.fixture(scope="module")
def browser(evening: Shift) -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def _at_the_desk(browser: Browser, evening: Shift, name: str) -> Iterator[Person]:
    person = Person(browser, evening.run, name)
    person.at_the_desk()
    yield person
    person.close()


@pytest.fixture(scope="module")
def tom(browser: Browser, evening: Shift) -> Iterator[Person]:
    yield from _at_the_desk(browser, evening, "tom")


@pytest.fixture(scope="module")
def ana(browser: Browser, evening: Shift) -> Iterator[Person]:
    yield from _at_the_desk(browser, evening, "ana")


@pytest.fixture(scope="module")
def watch(evening: Shift) -> Iterator[Watch]:
    with Watch(evening.run.public, evening.run.grid(), ["180p", "a"]) as watching:
        yield watching


@pytest.fixture
def desk(tom: Person) -> Page:
    """Tom's desk: the first screen, nothing open."""
    tom.page.bring_to_front()
    tom.page.keyboard.press("Escape")
    tom.page.keyboard.press("Alt+Digit1")
    return tom.page
