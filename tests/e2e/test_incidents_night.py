"""The evening of DESK §1 in Chromium, on a running event: a guest who is not there at a fixed time,
a platform that goes down, sound that is too quiet. What the public gets is read from the stream.

One tree for all of it, in the order of the evening: the minister's slot is fixed 50 s after the
event begins, so what is decided about it comes first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from harness.desk import Person, axe, chromium, on_air, seen, strip_in_the_stream
from harness.rtmp import NginxRtmp, tags
from harness.run import ROOT, Run, Sites, until
from harness.watch import Watch
from playwright.sync_api import Browser, Page, expect

from orchestrator.bus.sent import GAP, read_sent
from orchestrator.bus.tree import StateFolder
from orchestrator.control.roles import Role

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.faults, pytest.mark.timeout(240)]

EVENT = ROOT / "tests" / "e2e" / "events" / "evening.yaml"
QUIET = "sao-paulo.headset"
KEY, SPARE_KEY = "first", "second"
UNTOUCHED = """
const touched = { hasBeenActive: false };
Object.defineProperty(navigator, "userActivation", { get: () => touched });
addEventListener("pointerdown", () => (touched.hasBeenActive = true), { capture: true });
"""
"""What drives the browser counts as a hand to it: here only a press in the page does."""


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    """São Paulo 12 dB below everybody else."""
    folder = tmp_path_factory.mktemp("sites")
    made = Sites(EVENT, folder, ROOT / "build" / "rehearsal", levels_db={QUIET: -12.0})
    with made.pushers:
        yield made


@pytest.fixture(scope="module")
def nginx(
    tool: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, NginxRtmp]]:
    """The platform, and the other one behind its backup address."""
    folder = tmp_path_factory.mktemp("rtmp")
    names = ("platform", "spare")
    servers = {name: NginxRtmp(tool("nginx"), folder / name) for name in names}
    with servers["platform"], servers["spare"]:
        yield servers


@pytest.fixture(scope="module")
def run(
    tmp_path_factory: pytest.TempPathFactory, sites: Sites, nginx: dict[str, NginxRtmp]
) -> Iterator[Run]:
    environment = sites.environment | {
        "PLATFORM_URL": nginx["platform"].url(KEY),
        "PLATFORM_SPARE_URL": nginx["spare"].url(SPARE_KEY),
    }
    folder = tmp_path_factory.mktemp("evening")
    with Run(EVENT, folder, environment, "--start", "now", "--on-air", wait_s=60) as running:
        start_n = running.day().start_n
        until("the event has begun", lambda: running.now_n() > start_n, 60)
        yield running


@pytest.fixture(scope="module")
def watch(run: Run) -> Iterator[Watch]:
    with Watch(run.public, run.grid(), ["180p"]) as watching:
        yield watching


@pytest.fixture(scope="module")
def browser(run: Run) -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def tom(browser: Browser, run: Run, watch: Watch) -> Iterator[Person]:
    person = Person(browser, run, "tom", Role.PRODUCER)
    person.at_the_desk()
    yield person
    person.close()


@pytest.fixture
def desk(tom: Person) -> Page:
    """Tom's desk: the first screen, nothing focused."""
    tom.page.bring_to_front()
    tom.page.evaluate("window.desk.show(1)")
    return tom.page


def card(view: dict[str, Any], cause: str) -> dict[str, Any] | None:
    return next((one for one in view["incidents"] if one["id"] == cause and not one["over"]), None)


def slot(view: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in view["rundown"] if one["id"] == name)


def output(view: dict[str, Any]) -> dict[str, Any]:
    return next(one for one in view["outputs"] if one["id"] == "platform")


def feed(view: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in view["feeds"] if one["id"] == name)


def public_sees(run: Run, watch: Watch, number: int) -> None:
    """Soon, by the strip in the stream; a busy machine may send a slate before."""
    until(
        f"the public sees {number}",
        lambda: strip_in_the_stream(run, watch, run.now_n()) == number,
        60,
    )


def test_what_cannot_wait_sounds_once_the_page_has_been_clicked(
    run: Run, browser: Browser, tom: Person
) -> None:
    seen(tom, "it says now", lambda view: any(c["grade"] == "now" for c in view["incidents"]))
    ana = Person(browser, run, "ana")
    ana.page.add_init_script(UNTOUCHED)
    page = ana.at_the_desk()
    mute = page.get_by_role("button", name="ALARMS ARE MUTE")
    rings = "window.desk.alarm.rings"
    expect(mute).to_be_visible()
    assert page.evaluate(rings) == 0
    ana.shot("alarms-mute")
    mute.click()
    expect(mute).to_have_count(0)
    until("it rings", lambda: page.wait_for_timeout(50) or page.evaluate(rings) > 0, 10)
    assert page.evaluate("window.desk.alarm.context.state") == "running"
    ana.close()


def test_an_absent_guest_is_a_no_go_with_stages_and_three_offers(tom: Person, desk: Page) -> None:
    """6: what is chosen is shown with what it does, and Enter does it."""
    cause = "guest.minister.minister"
    seen(tom, "NO-GO", lambda view: card(view, cause) is not None)
    one = desk.locator(f"[data-incident='{cause}']")
    expect(one).to_contain_text("NO-GO: H.E. Samira Idrissi is not connected")
    expect(one.locator(".actions button")).to_have_text(
        ["1 Phone and still", "2 Studio reads it", "3 After Hip: revision"]
    )
    assert slot(tom.view(), "minister")["check"]["state"] == "RED"
    one.get_by_role("button", name="LINK…").click()
    link = desk.locator("#link").input_value()
    desk.keyboard.press("Escape")
    expect(one.locator(".steps li", has_text="invited")).to_have_text("✓ invited")
    phone = tom.context.browser.new_context()  # the guest's own
    phone.new_page().goto(link)
    expect(one.locator(".steps li", has_text="opened")).to_have_text("✓ opened the link")
    phone.close()
    tom.shot("guest-absent")

    one.get_by_role("button", name="After Hip: revision").click()
    price = desk.locator("dialog.priced .price")
    expect(price).to_contain_text("minister is put off until sp-case is over")
    tom.shot("guest-put-off")
    desk.keyboard.press("Escape")
    expect(desk.locator("dialog")).to_have_count(0)
    one.get_by_role("button", name="Phone and still").click()
    expect(price).to_contain_text("minister shows studio.phone")
    expect(desk.locator("dialog.priced .go")).to_be_focused()
    desk.keyboard.press("Enter")
    seen(tom, "AMBER", lambda view: slot(view, "minister")["check"]["state"] == "AMBER")
    expect(one).to_contain_text("studio.phone stands in")
    expect(one.locator(".actions button")).to_have_text(
        ["1 Studio reads it", "2 After Hip: revision"]
    )
    tom.shot("guest-by-phone")


def test_a_platform_that_takes_nothing_is_one_card_and_the_others_notice_nothing(
    run: Run, nginx: dict[str, NginxRtmp], watch: Watch, tom: Person, desk: Page
) -> None:
    """9: it accepts and no byte moves; then its power fails; then the backup address."""
    until("it is sent", lambda: run.facts("push.platform").get("columns", 0) >= 4, 30)
    nginx["platform"].freeze()
    seen(tom, "the card is there", lambda view: card(view, "push.platform") is not None, 40)
    one = desk.locator("[data-incident='push.platform']")
    expect(one).to_contain_text(re.compile("no byte (has moved )?for"))
    expect(one).to_contain_text("our own HLS plays")
    expect(one).to_contain_text("the others notice nothing")
    tom.shot("platform-stalled")

    nginx["platform"].kill()
    seen(tom, "tries", lambda view: output(view)["failures"] >= 2, 40)
    expect(desk.locator("article.card[data-incident^='push']")).to_have_count(1)
    told = card(tom.view(), "push.platform")
    assert told is not None
    assert told["note"].startswith("The evening: we have trouble with platform")
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    one.get_by_role("button", name="copy text").click()
    until(
        "it is on the clipboard",
        lambda: told["note"] == desk.evaluate("navigator.clipboard.readText()"),
        10,
    )
    one.get_by_role("button", name="Use the backup address").click()
    seen(tom, "it is sent again", lambda view: output(view)["state"] == "sending", 40)
    until("the other platform has it", lambda: recorded(nginx["spare"]) > 60, 30)
    assert watch.holes() == {"180p": []}
    desk.keyboard.press("Alt+Digit6")
    expect(desk.locator("table tr", has_text="platform").first).to_contain_text("backup")
    expect(desk.locator(".gaps")).to_contain_text("platform")
    tom.shot("platform-on-backup")


def recorded(server: NginxRtmp) -> int:
    return sum(1 for path in server.recordings(SPARE_KEY) for tag in tags(path) if tag.kind == 9)


def test_what_a_platform_missed_is_in_its_own_as_run(run: Run) -> None:
    gaps = [s for s in read_sent(StateFolder(run.state).sent("platform")) if s.what == GAP]
    told = json.loads(run.told("api/v1/missed")[1])

    assert gaps
    assert {one["output"] for one in told["platform"]} == {"platform"}
    assert [one for one in told.get("hls", ()) if one["what"] == GAP] == []


def test_the_fixed_slot_starts_on_its_frame_in_the_chosen_form_and_the_guest_comes_late(
    run: Run, sites: Sites, watch: Watch, tom: Person, desk: Page
) -> None:
    start_n = next(one.start_n for one in run.day().slots if one.id == "minister")
    seen(tom, "it is on", lambda view: view["on_air"]["id"] == "minister", 60)
    watch.wait_for(start_n + 45)
    pictures = watch.pictures("180p", start_n - 15, start_n + 45)
    strips = {one.n: found.site for one in pictures if (found := one.strip())}  # slates have none
    phone = sites.number("studio.phone")
    assert {site for n, site in strips.items() if n >= start_n} == {phone}
    assert phone not in {site for n, site in strips.items() if n < start_n}
    assert any(
        line.get("event") == "scene" and line["n"] == start_n and line["slot"] == "minister"
        for line in run.asrun()
    )

    one = desk.locator("[data-incident='late.minister.minister']")
    expect(one).to_contain_text("has not come yet; studio.phone is shown")
    one.get_by_role("button", name="waiting").click()
    expect(one).to_contain_text("is waiting: put on now?")
    expect(one).to_contain_text("of the slot are gone")
    tom.shot("guest-late")
    one.get_by_role("button", name="Put on now").click()
    seen(tom, "the minister is on", lambda view: on_air(view) == ["studio.minister"])
    public_sees(run, watch, sites.number("studio.minister"))


def test_what_is_too_quiet_is_seen_before_air_and_the_site_is_told(tom: Person, desk: Page) -> None:
    """10: AMBER before it is on air, the meter with its target, and a sentence for the site."""

    def quiet(view: dict[str, Any]) -> bool:
        return any("dB too quiet" in one for one in slot(view, "sp-case")["check"]["why"])

    view = seen(tom, "pre-flight has heard it", quiet, 30)
    assert slot(view, "sp-case")["check"]["state"] == "AMBER"
    cause = f"sound.{QUIET}"
    seen(tom, "the card is there", lambda view: card(view, cause) is not None, 30)
    one = desk.locator(f"[data-incident='{cause}']")
    expect(one).to_contain_text("dB too quiet")
    one.get_by_role("button", name="Tell the site").click()
    view = seen(tom, "it is told", lambda view: len(view["messages"]) == 1)
    assert view["messages"][0]["site"] == "sao-paulo"
    assert "dB too quiet" in view["messages"][0]["text"]
    desk.keyboard.press("Alt+Digit4")
    row = desk.locator("tr", has_text="São Paulo headset")
    expect(row).to_contain_text("LUFS")
    expect(row.locator(".bar")).to_be_visible()
    tom.shot("sound-quiet")
    assert axe(desk) == []


def test_match_brings_it_to_the_target_and_its_trim_outlives_slot_and_control(
    run: Run, sites: Sites, watch: Watch, tom: Person, desk: Page
) -> None:
    desk.keyboard.press("Alt+Digit4")
    row = desk.locator("tr", has_text="São Paulo headset")
    row.get_by_role("button", name="MATCH").click()
    seen(tom, "it is trimmed", lambda view: feed(view, QUIET)["trim_db"] > 8)
    said = desk.locator("#toasts .done").last
    expect(said).to_contain_text(f"MATCH {QUIET}")
    expect(said).to_contain_text("over 2 s")
    found = re.search(r"([+-][\d.]+) dB over", said.inner_text())
    assert found is not None
    trim_db = float(found[1])
    assert 9 < trim_db <= 12
    seen(tom, "the ramp is over", lambda view: feed(view, QUIET)["trim_db"] == trim_db)

    desk.evaluate("window.desk.say('next')")
    seen(tom, "it is on air", lambda view: on_air(view) == [QUIET], 30)
    public_sees(run, watch, sites.number(QUIET))
    seen(
        tom,
        "the programme is as loud as it should be",
        lambda view: abs((view["sound"]["programme"]["short_term_lufs"] or -99) + 24) < 4,
        30,
    )
    desk.keyboard.press("Alt+Digit1")
    desk.keyboard.press("KeyA")
    before = tom.view()["sound"]["faders"][0]["gain_db"]
    desk.keyboard.press("ArrowUp")
    seen(tom, "1 dB up", lambda view: view["sound"]["faders"][0]["gain_db"] == before + 1)
    desk.keyboard.press("ArrowDown")
    seen(tom, "and down", lambda view: view["sound"]["faders"][0]["gain_db"] == before)
    desk.keyboard.press("Escape")

    desk.evaluate("window.desk.say('next')")
    seen(tom, "the next slot", lambda view: view["on_air"]["id"] == "sp-table")
    assert feed(tom.view(), QUIET)["trim_db"] == trim_db
    run.wait_for_another("control", run.kill("control"))
    reconnects = "window.desk.link.reconnects"
    until("the line is back", lambda: desk.wait_for_timeout(100) or desk.evaluate(reconnects), 30)
    seen(tom, "still trimmed", lambda view: feed(view, QUIET)["trim_db"] == trim_db)

    desk.keyboard.press("Alt+Digit8")
    expect(desk.locator(".page")).to_contain_text(
        f"{QUIET} is trimmed by {trim_db:+g} dB (the file says 0)", timeout=15_000
    )
    tom.shot("sound-handover")
    form = json.loads(run.told("api/v1/handover")[1])
    assert any(item["id"] == f"trim {QUIET}" for item in form["items"])


def test_privacy_destroys_what_was_not_yet_public_and_two_persons_end_it(
    run: Run, sites: Sites, browser: Browser, watch: Watch, tom: Person, desk: Page
) -> None:
    """7: one press; what was public is said in seconds; studio, refill, report, restore by two."""
    expect(desk.locator(".monitor.programme")).to_contain_text(
        re.compile(r"public sees this in \d s")
    )
    public_sees(run, watch, sites.number(QUIET))
    desk.keyboard.press("KeyX")
    pressed_n = run.now_n()
    desk.keyboard.press("KeyX")
    seen(tom, "PRIVACY", lambda view: view["safety"]["quarantined"] == ["sao-paulo"])
    one = desk.locator("[data-incident='privacy.sao-paulo']")
    expect(one).to_contain_text("nothing of the last 3 s was public")
    tom.shot("privacy-refill")
    assert strip_in_the_stream(run, watch, pressed_n - 15) is None  # it was not public yet
    desk.locator(".safety-card button", has_text="also the last 10 s").click()
    expect(one).to_contain_text("s that were public have been taken back")
    assert tom.view()["safety"]["held"] is False

    one.get_by_role("button", name="Studio").click()
    seen(tom, "the studio", lambda view: on_air(view) == ["studio.main"])
    one.get_by_role("button", name="Report").click()
    report = desk.locator("dialog.note input")
    assert report.input_value() == "PRIVACY sao-paulo: "
    report.fill("PRIVACY sao-paulo: a wristband")
    report.press("Enter")
    for step in ("Studio on", "The delay fills again", "Report it"):
        expect(one.locator(".steps li", has_text=step)).to_contain_text("✓")
    public_sees(run, watch, sites.number("studio.main"))
    tom.shot("privacy-steps")

    one.get_by_role("button", name="Ask the second person").click()
    link = desk.locator("dialog.restore input").input_value()
    desk.keyboard.press("Escape")
    mei = Person(browser, run, "mei", Role.PRODUCER)
    page = mei.open(link.removeprefix(run.control))
    page.get_by_role("button", name="It may be shown again").click()
    expect(page.locator("#said")).to_contain_text("✓")
    seen(tom, "it is over", lambda view: view["safety"]["quarantined"] == [])
    mei.close()
