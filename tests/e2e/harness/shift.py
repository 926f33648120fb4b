"""The shift of DESK §1: the event, its hospital's encoder that can freeze, the clock at 17:04:40.

The clock page is set there (`night.py`), so that the times are the specification's own.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from faults.station import Film, Station
from harness.desk import Person
from harness.run import ROOT, NightRun, Sites, until
from playwright.sync_api import Locator, Page, expect

from orchestrator.rehearsal import clips, loops
from orchestrator.rehearsal.demo import resolved
from orchestrator.rehearsal.picture import Contribution

EVENT = ROOT / "tests" / "e2e" / "events" / "shift.yaml"
CACHE = ROOT / "build" / "rehearsal"
BEGINS = "2026-10-24T15:04:40+00:00"
"""Twenty seconds before the case, which is fixed for 17:05 in Paris."""

HEADSET, ROOM, LONDON, STUDIO, CLIP = 1, 2, 3, 4, 201
"""What their strips say: feeds by their place in the file, then clips."""


class Shift:
    """`run` plays; `headset` is Casablanca's encoder."""

    def __init__(self, run: NightRun, headset: Station) -> None:
        self.run, self.headset = run, headset


@contextmanager
def shift(folder: Path, instant: str = BEGINS) -> Iterator[Shift]:
    event = folder / "shift.yaml"
    shutil.copyfile(EVENT, event)
    small = replace(clips.FILM, width=320, height=180, bitrate_bps=300_000)
    list(clips.make(resolved(event), folder, 2, small))
    sites = Sites(event, folder, CACHE)
    one = Contribution(HEADSET, "casablanca.headset", "Casablanca", "Hôpital du Littoral")
    ((_, film),) = loops.loops([one], loops.SMALL, CACHE, 2)
    with sites.pushers, Station(Film(film, loops.SMALL.seconds)) as headset:
        environment = sites.environment | {"HEADSET_URL": headset.url}
        with NightRun(event, folder, environment, instant) as run:
            yield Shift(run, headset)


def wait_for_the_case(run: NightRun) -> int:
    """The frame at which the case begins, once it has."""
    case = next(slot for slot in run.day().slots if slot.id == "case")
    until("the case is on air", lambda: run.now_n() > case.start_n + 60, 90)
    return case.start_n


def card(page: Page, incident: str) -> Locator:
    return page.locator(f"[data-incident='{incident}']")


def hand_over(person: Person, to: str) -> None:
    person.page.bring_to_front()
    expect(person.page.locator("#cover")).to_be_hidden()
    person.page.keyboard.press("Alt+Digit8")
    person.page.get_by_label("hand over to").fill(to)
    person.page.get_by_role("button", name="HAND OVER").click()


def tick_all(page: Page) -> None:
    """Every item of the handover form, while items come and go."""
    open_items = page.locator("label.check input:not(:checked)")

    def is_done() -> bool:
        open_items.evaluate_all("all => all.forEach((box) => box.click())")
        page.wait_for_timeout(50)
        return open_items.count() == 0

    until("all is ticked", is_done, 30)
