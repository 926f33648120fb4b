"""Two more incidents of the shift (DESK §1) in Chromium: the desk is handed over, and a surgeon is
late. One tree, from 17:06:30: the case is on air, and its fixed start is more than a minute past.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from harness.desk import Person, on_air, say, seen, strip_in_the_stream, toast
from harness.shift import CLIP, LONDON, Shift, card, hand_over, tick_all
from harness.watch import Watch
from playwright.sync_api import Browser, Page, expect

from orchestrator.bus.tree import StateFolder
from orchestrator.control.accounts import Accounts, Kind
from orchestrator.control.roles import Role
from orchestrator.timing import NS, PageClock

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.faults, pytest.mark.timeout(240)]

BEGINS = "2026-10-24T15:06:30+00:00"


def test_the_desk_is_handed_over_with_a_form_that_nobody_has_typed(
    evening: Shift, browser: Browser, ana: Person, tom: Person, desk: Page
) -> None:
    """Incident 1: the taker ticks each open item; a producer may take it from who has vanished."""
    run = evening.run
    assert say(run, "latch", {"feed": "casablanca.headset"})["ok"]
    assert say(run, "extend", {"slot": "case", "by": "10m"})["ok"]
    ana.page.bring_to_front()
    ana.page.keyboard.press("Alt+Digit8")
    expect(ana.page.locator("#cover")).to_be_hidden()  # a page behind another one is behind
    ana.page.get_by_label("a note for the next shift").fill("Ben Ali, in two words")
    ana.page.get_by_role("button", name="NOTE").click()
    seen(
        tom,
        "the note is told",
        lambda view: any("Ben Ali" in item for item in view["open_items"].values()),
    )
    hand_over(ana, "tom")
    seen(tom, "it is offered", lambda view: view["seat"]["offered_to"] == "tom")

    desk.bring_to_front()
    desk.keyboard.press("Alt+Digit8")
    assert toast(desk, "notice", "ana offers you the desk")
    desk.get_by_role("button", name="REFUSE").click()
    desk.locator("dialog input[name=reason]").fill("in five minutes")
    desk.locator("dialog").get_by_role("button", name="REFUSE").click()
    seen(tom, "it is refused", lambda view: view["seat"]["offered_to"] == "")
    ana.page.bring_to_front()
    assert toast(ana.page, "notice", "tom does not take the desk: in five minutes")
    hand_over(ana, "tom")
    seen(tom, "it is offered again", lambda view: view["seat"]["offered_to"] == "tom")

    desk.bring_to_front()
    expect(desk.locator(".handover")).to_contain_text("The desk is offered to you")
    items = desk.locator("label.check")
    for said in (
        "case ends 10 min later than planned",
        "the stand-in for casablanca.headset stays until case ends",
        "ana: Ben Ali, in two words",
    ):
        expect(items.filter(has_text=said)).to_have_count(1)
    expect(desk.locator(".handover")).to_contain_text("The minister's word at 18:30")
    desk.get_by_role("button", name="ACCEPT").click()
    assert toast(desk, "refused", "not ticked yet")
    tick_all(desk)
    tom.shot("handover-form")
    desk.get_by_role("button", name="ACCEPT").click()
    view = seen(tom, "the desk is Tom's", lambda view: view["seat"]["holder"] == "tom")
    assert view["seat"]["since"]
    assert toast(desk, "done", "the desk is tom's, at 17:")
    said = [one for one in run.command("journal", "show").splitlines() if "accept" in one]
    assert "tom" in said[-1]

    pat = Person(browser, run, "pat", Role.PRODUCER)
    page = pat.at_the_desk()
    page.keyboard.press("Alt+Digit8")
    expect(page.locator("label.check").first).to_be_visible()
    tick_all(page)
    page.get_by_role("button", name="ACCEPT").click()
    page.locator("dialog input[name=reason]").fill("Tom does not answer")
    page.locator("dialog").get_by_role("button", name="ACCEPT").click()
    seen(tom, "the desk is Pat's", lambda view: view["seat"]["holder"] == "pat")
    pat.close()
    assert say(run, "latch", {"feed": "casablanca.headset", "on": False})["ok"]


def test_a_late_surgeon_is_waited_for_then_stood_in_for_then_joined(
    evening: Shift, watch: Watch, browser: Browser, tom: Person, desk: Page
) -> None:
    """Incident 2: London is not ready. The case before goes on, the recorded case plays; then READY
    comes, and the surgery takes its slot with all its 45 minutes, at a price that is shown."""
    run = evening.run
    for slot in ("talk", "table", "minister"):
        assert say(run, "skip", {"slot": slot})["ok"]
    context = browser.new_context(base_url=run.control, viewport={"width": 390, "height": 844})
    phone = context.new_page()
    phone.goto(f"site#{site_token(evening, 'london')}")
    expect(phone.locator(".ready")).to_contain_text("READY")
    assert say(run, "not-ready", {"slot": "knee"})["ok"]  # they said so on the telephone
    assert say(run, "shorten", {"slot": "case", "to": paris_in(evening, 25)})["ok"]

    shown = card(desk, "ready.knee")
    expect(shown).to_contain_text("Thamesside Hospital, London is not ready")
    expect(shown).to_contain_text("If nobody acts: what is on goes on until")
    expect(shown).to_contain_text("then A teaching case plays instead")
    expect(desk.locator(".order")).to_contain_text("STANDBY")
    until_n = incident(tom, "ready.knee")["until_n"]
    tom.shot("late-surgeon")
    shown.get_by_role("button", name="Wait 2 min").click()
    seen(tom, "it waits", lambda view: incident(tom, "ready.knee")["until_n"] != until_n)
    desk.evaluate("window.desk.say('message', {site: 'london', text: 'two minutes more?'})")
    expect(phone.locator(".message")).to_contain_text("two minutes more?")
    phone.get_by_role("button", name="READ", exact=True).click()
    seen(tom, "they have read it", lambda view: view["messages"][-1]["read_by"])

    shown.get_by_role("button", name="Standby instead").click()
    seen(tom, "the standby", lambda view: on_air(view) == ["clip.teaching"], 60)
    expect(desk.locator(".cell.onair")).to_contain_text("RECORDED")
    assert tom.view()["graphics"]["badge"]
    assert strip_in_the_stream(run, watch, run.now_n() + 30) == CLIP
    tom.shot("standby")

    shown = card(desk, "join.knee")
    expect(shown).to_contain_text("A teaching case stands in for Knee: revision")
    expect(phone.locator(".count")).to_contain_text("A recording is on in your place")
    phone.get_by_role("button", name="READY").click()
    expect(shown).to_contain_text("is ready; its standby is on air")
    phone.get_by_role("button", name="READY (press to take it back)").click()
    expect(shown).to_contain_text("A teaching case stands in for Knee: revision")
    shown.get_by_role("button", name="Ready by phone").click()
    expect(shown).to_contain_text("is ready; its standby is on air")
    shown.get_by_role("button", name="Join it now").click()
    price = desk.locator("dialog.priced")
    expect(price).to_contain_text("READY: knee")
    expect(price.locator("tr", has_text="Goodbye")).to_be_visible()
    tom.shot("join")
    desk.keyboard.press("Enter")
    view = seen(tom, "the surgery", lambda view: on_air(view) == ["london.headset", "studio.main"])
    assert view["on_air"]["id"] == "knee"
    assert view["on_air"]["length_s"] >= 45 * 60  # and what the skipped slots have left
    assert strip_in_the_stream(run, watch, run.now_n() + 30) == LONDON
    context.close()


def incident(person: Person, name: str) -> dict[str, Any]:
    return next((one for one in person.view()["incidents"] if one["id"] == name), {"until_n": 0})


def site_token(evening: Shift, site: str) -> str:
    run = evening.run
    expires_s = PageClock(run.live.clock).now_ns() // NS + 3600
    accounts = Accounts(StateFolder(run.state).users)
    return accounts.mint(Kind.SITE, f"{site}-phone", Role.SITE, expires_s, site)


def paris_in(evening: Shift, seconds: int) -> str:
    """A time on the event's clock, so many seconds from now."""
    run = evening.run
    instant = run.grid().utc(run.now_n() + seconds * 30)
    return instant.astimezone(ZoneInfo("Europe/Paris")).strftime("%H:%M:%S")
