"""A fixed point against a slot that somebody keeps on (RUNDOWN R7), in Chromium: the slot stays,
the point is OVERDUE with alarms, one press takes it. From 17:03:40; the case is fixed for 17:05.
"""

from __future__ import annotations

import pytest
from harness.desk import Person, on_air, seen, strip_in_the_stream
from harness.run import until
from harness.shift import HEADSET, STUDIO, Shift, card
from harness.watch import Watch
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.faults, pytest.mark.timeout(240)]

BEGINS = "2026-10-24T15:03:40+00:00"


def test_what_is_kept_on_stays_and_the_fixed_point_is_overdue_until_one_press_takes_it(
    evening: Shift, watch: Watch, tom: Person, desk: Page
) -> None:
    run = evening.run
    due_n = next(slot for slot in run.day().slots if slot.id == "case").start_n
    desk.keyboard.press("KeyH")
    seen(tom, "it stays", lambda view: view["on_air"]["is_staying"])
    assert run.now_n() < due_n, "the machine was too slow for this test"
    shown = card(desk, "anchor.case")
    expect(shown).to_contain_text("is fixed for 17:05:00, and Over to Africa has no end")
    expect(shown).to_contain_text("If nobody acts: Over to Africa stays on air")
    until("it is due", lambda: desk.wait_for_timeout(200) or run.now_n() > due_n + 90, 120)

    expect(desk.locator(".cell.hard")).to_contain_text("OVERDUE")
    expect(shown).to_contain_text("Clavicle: fixation is OVERDUE")
    expect(shown).to_contain_text("NOW")
    expect(desk.locator(".card.cost")).to_contain_text("STAY +")
    tom.shot("overdue")
    assert strip_in_the_stream(run, watch, due_n + 60) == STUDIO

    shown.get_by_role("button", name="Take Clavicle: fixation now").click()
    view = seen(tom, "the case", lambda view: on_air(view)[0] == "casablanca.headset")
    assert view["on_air"]["id"] == "case"
    assert view["on_air"]["ends"] == "2026-10-24T15:50:00.000Z"  # joined at its elapsed time
    assert strip_in_the_stream(run, watch, run.now_n() + 30) == HEADSET
    expect(shown).to_have_count(0)
