"""The dashboard in Chromium, on a running event: two sites and a studio on real SRT lines.

One tree for all of it; each test leaves the schedule's picture on air. What goes out is read from
the stream itself, by the strip in its pictures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness.desk import (
    Person,
    axe,
    chromium,
    on_air,
    previewed,
    say,
    seen,
    strip_in_the_stream,
    toast,
)
from harness.looker import Looker, Message, full_range, ssim
from harness.run import ROOT, Run, Sites, until
from harness.watch import Watch
from playwright.sync_api import Browser, BrowserContext, Locator, Page, WebSocketRoute, expect

from orchestrator.bus.feedpage import FeedWord
from orchestrator.bus.page import open_page
from orchestrator.bus.tree import StateFolder
from orchestrator.control.accounts import Accounts, Kind
from orchestrator.control.roles import Role
from orchestrator.timing import NS, PageClock

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(240)]

EVENT = ROOT / "tests" / "e2e" / "events" / "desk.yaml"
SCREENS = ("desk", "rundown", "feeds", "sound", "graphics", "outputs", "log", "handover")
HOSTILE = "<img src=x onerror=window.hacked=1>"


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    made = Sites(EVENT, tmp_path_factory.mktemp("sites"), ROOT / "build" / "rehearsal")
    with made.pushers:
        yield made


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, sites: Sites) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("desk")
    event = folder / "desk.yaml"
    event.write_text(EVENT.read_text())
    with Run(event, folder, sites.environment, "--start", "now", wait_s=60) as running:
        start_n = running.day().start_n
        until("the event has begun", lambda: running.now_n() > start_n + 30, 60)
        yield running


@pytest.fixture(scope="module")
def browser(run: Run) -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def tom(browser: Browser, run: Run) -> Iterator[Person]:
    person = Person(browser, run, "tom", Role.PRODUCER)
    person.at_the_desk()
    yield person
    person.close()


@pytest.fixture
def desk(tom: Person) -> Iterator[Page]:
    """Tom's desk: the first screen, nothing focused, nothing taken."""
    page = tom.page
    page.bring_to_front()
    page.keyboard.press("Alt+Digit1")
    yield page
    page.evaluate("window.desk.close(); window.desk.setKeys({map: {}, off: false})")
    if tom.view()["programme"]["taken"]:
        page.evaluate("window.desk.say('release')")
        seen(tom, "the schedule is back", lambda view: not view["programme"]["taken"])


def test_a_press_and_space_put_a_source_on_air_in_the_stream(
    run: Run, sites: Sites, tom: Person, desk: Page
) -> None:
    with Watch(run.public, run.grid(), ["180p"]) as watch:
        desk.locator("[data-feed='oslo.headset']").click()
        seen(tom, "it is in the preview", lambda view: previewed(view) == ["oslo.headset"])
        desk.keyboard.press("Space")
        seen(tom, "it is on air", lambda view: on_air(view) == ["oslo.headset"])

        assert strip_in_the_stream(run, watch, run.now_n() + 45) == sites.number("oslo.headset")
        desk.locator("[data-word='release']").click()
        seen(tom, "the schedule is back", lambda view: on_air(view) == ["studio.main"])
        assert strip_in_the_stream(run, watch, run.now_n() + 45) == sites.number("studio.main")


def test_safe_is_held_and_brings_the_studio_with_its_sound_and_mute_takes_that_away(
    run: Run, sites: Sites, tom: Person, desk: Page
) -> None:
    taken_n = say(run, "take", {"source": "quito.room"})["n"]
    seen(tom, "it is on air", lambda view: on_air(view) == ["quito.room"])
    until(
        "a second has passed, in which no second TAKE is taken",
        lambda: desk.wait_for_timeout(50) or run.now_n() > taken_n + 30,
        10,
    )
    desk.keyboard.down("KeyS")
    view = seen(tom, "the studio", lambda view: view["programme"]["safe"])
    desk.keyboard.up("KeyS")
    assert on_air(view) == ["studio.main"]
    with Watch(run.public, run.grid(), ["180p"]) as watch:
        assert strip_in_the_stream(run, watch, run.now_n() + 45) == sites.number("studio.main")

    def gain(view: dict[str, Any]) -> Any:
        return view["sound"]["faders"][0]["gain_db"]

    desk.get_by_role("button", name="MUTE").first.click()
    seen(tom, "it is silent", lambda view: gain(view) is None)
    desk.get_by_role("button", name="ON as the slot says").first.click()
    seen(tom, "it is heard", lambda view: gain(view) is not None)


def test_the_monitors_move_with_sound_and_the_preview_is_composed(tom: Person, desk: Page) -> None:
    desk.locator("[data-feed='quito.room']").click()
    seen(tom, "it is in the preview", lambda view: previewed(view) == ["quito.room"])
    desk.get_by_role("button", name="SOUND").first.click()

    def newest(view: str) -> int:
        return int(desk.evaluate("view => window.desk.monitors.seen.get(view)?.n ?? 0", view))

    def more(view: str) -> Any:
        first = newest(view)
        return lambda: desk.wait_for_timeout(50) or newest(view) > first + 10

    for view in ("programme", "preview", "feed.quito.room"):
        until(f"{view} moves", more(view), 20)
    until("it is heard", lambda: desk.evaluate("window.desk.monitors.ear.heard") > 24_000, 20)
    behind = desk.locator(".monitor.programme .num").inner_text()
    assert behind.endswith("s behind")
    assert desk.evaluate("window.desk.public.hls?.playingDate ? 1 : 0") in (0, 1)
    desk.get_by_role("button", name="SOUND").first.click()


def test_of_pictures_that_come_faster_than_they_are_shown_the_newest_is_next(desk: Page) -> None:
    """What stands before an operator is as young as the machine allows."""
    shown = desk.evaluate(
        """async () => {
          const canvas = document.createElement("canvas");
          canvas.getContext("2d").fillRect(0, 0, 8, 8);
          const jpeg = await new Promise((done) => canvas.toBlob(done, "image/jpeg"));
          const body = new Uint8Array(await jpeg.arrayBuffer());
          const { monitors } = window.desk;
          const seen = [];
          const set = monitors.seen.set.bind(monitors.seen);
          monitors.seen.set = (view, one) => {
            if (view === "trial") seen.push(one.n);
            return set(view, one);
          };
          for (const n of [1, 2, 3, 4]) {
            const said = JSON.stringify({ view: "trial", n, type: "image/jpeg" });
            const head = new TextEncoder().encode(said);
            const message = new Uint8Array([0, head.length, ...head, ...body]);
            monitors.take(message.buffer);
          }
          while (monitors.busy.has("trial")) await new Promise((done) => setTimeout(done, 10));
          delete monitors.seen.set;
          return seen;
        }"""
    )
    assert shown == [1, 4]


def test_the_desk_can_be_looked_at_before_its_line_is_open(run: Run, browser: Browser) -> None:
    lou = Person(browser, run, "lou")
    lou.page.route_web_socket("**/api/v1/events*", lambda socket: None)  # it never says anything
    lou.at_the_desk()
    assert on_air(lou.view()) == ["studio.main"]
    lou.close()


@pytest.mark.faults  # how alike two pictures are says little while the machine is late
def test_take_puts_on_air_what_the_preview_has_composed(
    run: Run, sites: Sites, tom: Person, desk: Page
) -> None:
    """D5, full frame and two places, with a graphic; the studio on air is only to begin with."""
    looker = Looker(run.live.monitor_socket, "preview")
    pictures = looker.of("preview")
    studio = sites.number("studio.main")
    text = {"text": "What is seen is what is aired"}
    say(run, "graphic", {"use": "note", "data": text, "for": "5m"})
    try:
        with Watch(run.public, run.grid(), ["180p"]) as watch:
            preview(run, "full", main="studio.main")
            until(
                "the preview has drawn its graphic",
                lambda: likeness(watch, pictures, studio, run.now_n()) >= 0.95,
                30,
            )
            for layout, places in (
                ("full", {"main": "quito.headset"}),
                ("pip", {"main": "oslo.headset", "inset": "quito.room"}),
            ):
                preview(run, layout, **places)
                wanted = sites.number(places["main"])
                for source in places.values():
                    page = open_page(run.live.feed_page(source))
                    until(f"{source} is hot", lambda page=page: page[FeedWord.HOT], 30)
                until("it is composed", lambda n=wanted: next(pictures).site() == n, 30)
                take_n = int(say(run, "take", {})["n"])
                assert likeness(watch, pictures, wanted, take_n) >= 0.95, layout
    finally:
        looker.close()
        say(run, "graphics-out", {})
        preview(run, "full", main="studio.main")


def preview(run: Run, layout: str, **places: str) -> None:
    say(run, "preview", {"layout": layout, "places": places})


def likeness(watch: Watch, previews: Iterator[Message], site: int, from_n: int) -> float:
    """How alike preview and programme are, once `site` is on air. Sources move: of both, it is the
    same frame, the first one from `from_n` on that was composed for the preview and published."""
    composed = [shown := next(previews)]
    while shown.n < from_n + 60:
        composed.append(shown := next(previews))
    watch.wait_for(shown.n)
    aired = {
        picture.n: picture
        for picture in watch.pictures("180p", from_n, shown.n)
        if (seen := picture.strip()) is not None and seen.site == site
    }
    first = next(shown for shown in composed if shown.n in aired)
    return ssim(full_range(aired[first.n].luma), first.luma().astype(float))


def test_a_take_of_what_somebody_has_just_changed_is_refused_and_says_who(
    run: Run, browser: Browser, tom: Person
) -> None:
    """D4: what Tom looks at is what he airs, or nothing is."""
    anna = Person(browser, run, "anna")
    held: list[bool] = []

    def delay(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda message: None if held else socket.send(message))

    ben = Person(browser, run, "ben")
    ben.page.route_web_socket("**/api/v1/events*", delay)
    page = ben.at_the_desk()
    page.locator("[data-feed='oslo.room']").click()
    seen(ben, "Ben's choice", lambda view: previewed(view) == ["oslo.room"])

    held.append(True)  # Ben's line is slow: he sees what was
    anna.at_the_desk().locator("[data-feed='quito.headset']").click()
    seen(anna, "Anna's choice", lambda view: previewed(view) == ["quito.headset"])
    page.evaluate("window.desk.link.viewMs = performance.now()")
    page.keyboard.press("Space")

    said = toast(page, "refused")
    assert "Preview changed" in said
    assert "(anna: Quito headset). Look and press again." in said
    assert on_air(anna.view()) == ["studio.main"]
    assert toast(anna.page, "notice", "ben pressed TAKE and had not yet seen")
    held.clear()
    seen(ben, "Ben sees it", lambda view: previewed(view) == ["quito.headset"])
    anna.close()
    ben.close()


def test_extend_shows_what_it_costs_and_asks_why_before_it_is_done(tom: Person, desk: Page) -> None:
    before = tom.view()["on_air"]["length_s"]
    desk.keyboard.press("KeyE")
    desk.locator("#extend-by").fill("10")

    price = desk.locator(".price")
    expect(price).to_contain_text("EXTEND: welcome")
    expect(price.locator("tr", has_text="shrinks").first).to_contain_text("25 min → 15 min")
    expect(price.locator("tr", has_text="moves").first).to_contain_text("Knee")
    expect(price.locator("tr", has_text="anchor").first).to_contain_text("The minister")
    assert tom.view()["on_air"]["length_s"] == before
    tom.shot("extend")
    desk.locator("#extend-reason").fill(HOSTILE)
    desk.locator("#extend-by").press("Enter")
    seen(tom, "it is longer", lambda view: view["on_air"]["length_s"] == before + 600)
    expect(desk.locator("dialog")).to_have_count(0)

    desk.keyboard.press("KeyU")
    expect(desk.locator("dialog.undo")).to_contain_text("EXTEND welcome")
    desk.keyboard.press("KeyU")
    seen(tom, "it is taken back", lambda view: view["on_air"]["length_s"] == before)


def test_a_plan_that_has_changed_since_it_was_shown_is_shown_anew(
    run: Run, tom: Person, desk: Page
) -> None:
    length_s = tom.view()["on_air"]["length_s"]
    desk.keyboard.press("KeyE")
    desk.locator("#extend-by").fill("2")
    expect(desk.locator(".price")).to_contain_text("EXTEND")
    say(run, "skip", {"slot": "talk"})

    desk.locator("#extend-reason").fill("needs it")
    desk.locator("#extend-by").press("Enter")

    assert toast(desk, "refused", "The running order changed")
    assert tom.view()["on_air"]["length_s"] == length_s
    desk.keyboard.press("Escape")
    say(run, "skip", {"slot": "talk", "on": False})


def test_an_area_is_taken_over_with_a_reason_and_its_holder_is_told(
    run: Run, browser: Browser, tom: Person, desk: Page
) -> None:
    desk.locator(".cell.locks").click()
    picture = desk.locator("dialog.locks p.row", has_text="picture").first
    picture.get_by_role("button", name="LOCK", exact=True).click()
    expect(picture).to_contain_text("tom since")
    tom.shot("locks")
    desk.keyboard.press("Escape")
    anna = Person(browser, run, "anna")
    page = anna.at_the_desk()
    try:
        _taken_over(tom, desk, anna, page)
    finally:  # whoever comes after this test finds no lock
        page.evaluate("window.desk.say('unlock', {area: 'picture'})")
        seen(tom, "it is nobody's", lambda view: view["locks"]["picture"] is None)
        anna.close()


def _taken_over(tom: Person, desk: Page, anna: Person, page: Page) -> None:
    expect(page.locator(".cell.locks")).to_contain_text("tom picture")
    page.locator("[data-feed='oslo.room']").click()
    assert toast(page, "refused", "picture is tom's")

    page.locator(".cell.locks").click()
    page.get_by_role("button", name="TAKE OVER…").click()
    page.locator("dialog.reason input").fill(f"tom is at lunch {HOSTILE}")
    anna.shot("lock-reason")
    page.get_by_role("button", name="TAKE OVER", exact=True).click()
    seen(tom, "it is hers", lambda view: view["locks"]["picture"]["holder"] == "anna")
    assert toast(desk, "notice", "anna has taken picture over from you: tom is at lunch")
    desk.locator("[data-feed='oslo.room']").click()
    assert toast(desk, "refused", "picture is anna's")


def test_listen_is_for_ones_own_ears_and_never_on_air(tom: Person, desk: Page) -> None:
    desk.keyboard.press("Alt+Digit4")
    row = desk.locator("tbody tr", has_text="Oslo headset")
    listen = row.get_by_role("button", name="LISTEN")
    listen.click()
    expect(listen).to_have_attribute("aria-pressed", "true")
    heard = "window.desk.monitors.ear.heard"
    before = int(desk.evaluate(heard))
    until("it is heard", lambda: desk.wait_for_timeout(50) or desk.evaluate(heard) > before, 20)
    assert on_air(tom.view()) == ["studio.main"]
    tom.shot("listen")
    listen.click()
    expect(listen).to_have_attribute("aria-pressed", "false")


def test_a_graphic_is_called_for_and_g_takes_it_out(tom: Person, desk: Page) -> None:
    desk.keyboard.press("Alt+Digit5")
    desk.locator("select[name=use]").select_option("note")
    desk.locator("input[name=data-text]").fill(HOSTILE)
    desk.get_by_role("button", name="IN", exact=True).click()
    view = seen(tom, "it is on", lambda view: len(view["graphics"]["on"]) == 1)
    assert view["graphics"]["on"][0]["says"] == HOSTILE

    desk.keyboard.press("Alt+Digit1")
    expect(desk.locator(".gfx .on")).to_contain_text(HOSTILE)
    tom.shot("graphic-on")
    desk.locator("main").click(position={"x": 5, "y": 500})
    desk.keyboard.press("KeyG")
    seen(tom, "it is out", lambda view: view["graphics"]["on"] == [])


def test_what_comes_in_again_is_composed_in_the_preview_before_it_does(
    run: Run, sites: Sites, tom: Person, desk: Page
) -> None:
    """By itself while TAKE would change nothing; over another picture when somebody asks."""
    looker = Looker(run.live.monitor_socket, "preview", "programme")
    pictures = looker.messages()

    def composed(view: str, site: str, *, bar: bool) -> None:
        def found() -> bool:
            shown = next(pictures)
            is_it = shown.view == view and shown.site() == sites.number(site)
            return is_it and has_message_bar(shown) == bar

        until(f"{site} in {view}, {'with' if bar else 'without'} the graphic", found, 30)

    try:
        say(run, "preview", {"source": "studio.main"})
        say(run, "graphic", {"use": "note", "data": {"text": "Later"}, "for": "5m"})
        composed("programme", "studio.main", bar=True)
        desk.locator("main").click(position={"x": 5, "y": 500})
        desk.keyboard.press("KeyG")
        composed("programme", "studio.main", bar=False)
        composed("preview", "studio.main", bar=True)
        expect(desk.locator(".monitor.preview .look")).to_contain_text("note Later")
        tom.shot("graphic-looked-at")
        desk.keyboard.press("Shift+KeyG")
        composed("programme", "studio.main", bar=True)
        assert tom.view()["graphics"]["look"] is None

        desk.keyboard.press("KeyG")
        say(run, "preview", {"source": "oslo.room"})
        composed("preview", "oslo.room", bar=False)  # this is what TAKE would put on air
        desk.keyboard.press("Alt+Digit5")
        desk.get_by_role("button", name="PREVIEW ⇧G").click()
        composed("preview", "oslo.room", bar=True)
        desk.keyboard.press("Alt+Digit1")
        desk.get_by_role("button", name="graphic out of the preview").click()
        composed("preview", "oslo.room", bar=False)
    finally:
        looker.close()
        say(run, "preview", {"source": "studio.main"})


def has_message_bar(picture: Message) -> bool:
    """A message's bar is dark under a bright line; at its left end no text reaches it."""
    luma = picture.luma()[:, 20:90].astype(float)
    return bool(luma[165].mean() - luma[168:174].mean() > 50)


def test_blank_needs_half_a_second_and_reaches_the_public(
    run: Run, sites: Sites, tom: Person, desk: Page
) -> None:
    desk.keyboard.press("KeyB")
    expect(desk.locator("#hint")).to_contain_text("needs half a second")
    assert tom.view()["safety"]["blank"] is False

    with Watch(run.public, run.grid(), ["180p"]) as watch:
        desk.keyboard.down("KeyB")
        seen(tom, "the public sees slate", lambda view: view["safety"]["blank"])
        desk.keyboard.up("KeyB")
        assert strip_in_the_stream(run, watch, run.now_n() + 60) is None
        assert on_air(tom.view()) == ["studio.main"]  # the programme goes on

        desk.keyboard.down("Shift")
        desk.keyboard.down("KeyB")
        seen(tom, "the public sees the programme", lambda view: not view["safety"]["blank"])
        desk.keyboard.up("KeyB")
        desk.keyboard.up("Shift")
        assert strip_in_the_stream(run, watch, run.now_n() + 120) == sites.number("studio.main")


def test_space_takes_only_from_the_desk_itself(tom: Person, desk: Page) -> None:
    desk.locator("[data-feed='oslo.room']").click()
    seen(tom, "it is in the preview", lambda view: previewed(view) == ["oslo.room"])
    version = tom.view()["versions"]
    keys = desk.locator(".cell.keys b")

    desk.keyboard.press("Slash")
    expect(keys).to_have_text("OFF")  # typing in a field
    desk.keyboard.press("Space")
    desk.keyboard.press("Escape")
    expect(keys).to_have_text("ON")

    stay = desk.locator("[data-word='stay']")
    stay.focus()
    expect(keys).to_contain_text("→")  # Space belongs to the button
    desk.keyboard.press("Space")
    seen(tom, "it stays", lambda view: view["on_air"]["is_staying"])
    assert tom.view()["programme"]["taken"] is False
    stay.press("Enter")
    seen(tom, "it ends by itself", lambda view: not view["on_air"]["is_staying"])
    desk.evaluate("document.activeElement.blur()")

    desk.keyboard.press("Shift+Slash")
    desk.get_by_label("single keys work").uncheck()
    desk.get_by_role("button", name="Close", exact=True).click()
    expect(keys).to_have_text("OFF")
    desk.keyboard.press("Space")
    desk.wait_for_timeout(300)
    assert tom.view()["versions"] == version | {"plan": tom.view()["versions"]["plan"]}
    assert tom.view()["programme"]["taken"] is False


def test_a_key_can_be_moved_elsewhere(tom: Person, desk: Page) -> None:
    desk.locator("[data-feed='oslo.room']").click()
    seen(tom, "it is in the preview", lambda view: previewed(view) == ["oslo.room"])
    desk.locator(".cell.keys").click()
    desk.get_by_label("change the key of take").click()
    expect(desk.get_by_text("press a key")).to_be_visible()
    desk.keyboard.press("KeyT")
    expect(desk.locator("table.keys tr:nth-child(4) kbd")).to_have_text("T")
    desk.get_by_role("button", name="Close", exact=True).click()
    desk.keyboard.press("Space")  # not the key any more
    assert tom.view()["programme"]["taken"] is False

    desk.keyboard.press("KeyT")
    seen(tom, "T takes", lambda view: on_air(view) == ["oslo.room"])


def test_what_is_old_is_covered_and_the_desk_comes_back_by_itself(
    run: Run, browser: Browser
) -> None:
    held: list[bool] = []

    def delay(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda message: None if held else socket.send(message))

    kim = Person(browser, run, "kim")
    kim.page.route_web_socket("**/api/v1/events*", delay)
    page = kim.at_the_desk()
    held.append(True)
    expect(page.locator("#cover")).to_contain_text("s old")
    assert page.locator("#screen").evaluate("node => node.inert") is True
    kim.shot("stale")
    page.keyboard.press("Space")
    assert toast(page, "refused", "more than two seconds old")
    page.evaluate("window.desk.openLocks()")
    expect(page.locator("dialog .refusal")).to_contain_text("more than two seconds old")
    assert page.locator("dialog .body").evaluate("node => node.inert") is True
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    held.clear()
    expect(page.locator("#cover")).to_be_hidden()

    pid = run.kill("control")
    run.wait_for_another("control", pid)
    until(
        "the line is back",
        lambda: page.wait_for_timeout(100) or page.evaluate("window.desk.link.reconnects") > 0,
        20,
    )
    expect(page.locator("#cover")).to_be_hidden()
    seen(kim, "the clock goes on", lambda view: view["clock"]["n"] > run.now_n() - 60)
    kim.close()


def test_what_sites_and_people_write_stays_text(run: Run, tom: Person, desk: Page) -> None:
    say(run, "note", {"text": HOSTILE})
    for i in range(1, 9):
        desk.keyboard.press(f"Alt+Digit{i}")
        desk.wait_for_timeout(200)
        assert desk.locator("#screen img, #screen script").count() == 0
    desk.keyboard.press("Alt+Digit7")
    desk.get_by_role("tab", name="audit").click()
    expect(desk.locator(".page.log")).to_contain_text(HOSTILE)
    assert desk.evaluate("window.hacked") is None


def test_the_page_is_small_and_says_no_error(run: Run, browser: Browser) -> None:
    una = Person(browser, run, "una")
    sizes: list[int] = []
    una.page.on(
        "requestfinished",
        lambda request: (
            sizes.append(request.sizes()["responseBodySize"])
            if request.url.startswith(run.control)
            else None
        ),
    )
    page = una.at_the_desk()
    until(
        "the public monitor has its player",
        lambda: page.wait_for_timeout(100) or page.evaluate("Boolean(window.desk.public.hls)"),
        20,
    )

    assert 50_000 < sum(sizes) < 300_000
    assert una.errors == []
    una.close()


def test_every_screen_is_usable_by_everybody_and_looked_at(tom: Person, desk: Page) -> None:
    desk.locator("[data-feed='oslo.headset']").click()
    for i, name in enumerate(SCREENS, 1):
        desk.keyboard.press(f"Alt+Digit{i}")
        desk.wait_for_timeout(700)
        tom.shot(name)
        right = desk.locator("#status .privacy").evaluate("n => n.getBoundingClientRect().right")
        assert right <= 1280, f"{name} pushes PRIVACY out of sight"
        lists = "all => all.every((n) => n.scrollWidth <= n.clientWidth + 1)"
        assert desk.locator(".scroll").evaluate_all(lists), f"{name} hides its buttons"
        assert axe(desk) == [], name
    desk.keyboard.press("Alt+Digit1")
    desk.evaluate("window.desk.openHelp()")
    expect(desk.locator("dialog.help")).to_be_visible()
    tom.shot("help")
    assert axe(desk) == []
    desk.set_viewport_size({"width": 1024, "height": 768})
    desk.keyboard.press("Escape")
    desk.wait_for_timeout(600)
    tom.shot("desk-tablet")
    desk.set_viewport_size({"width": 1920, "height": 1080})
    desk.wait_for_timeout(600)
    tom.shot("desk-1080p")
    desk.set_viewport_size({"width": 1280, "height": 720})


def test_the_whole_day_is_seen_at_a_glance_and_a_slot_to_come_is_given_another_length(
    tom: Person, desk: Page
) -> None:
    desk.keyboard.press("Alt+Digit2")
    day = desk.locator(".timeline.day")
    slots = [slot["id"] for slot in tom.view()["rundown"]]
    expect(day.locator(".block")).to_have_count(len(slots))
    fixed = [slot for slot in tom.view()["rundown"] if slot["anchor"] == "hard"]
    expect(day.locator(".block.hard")).to_have_count(len(fixed))
    day.locator(".block", has_text="Hip: revision").first.click()
    line = desk.locator("tr[data-slot='quito-case']")
    expect(line.locator("button:focus")).to_have_count(1)

    before = next(slot for slot in tom.view()["rundown"] if slot["id"] == "quito-case")
    line.locator("[data-word='extend']").click()
    desk.locator("#extend-by").fill("-2")
    expect(desk.locator("dialog .price")).to_contain_text("2m shorter")
    tom.shot("length")
    desk.keyboard.press("Enter")

    def length(view: dict[str, Any]) -> float:
        return float(
            next(slot["length_s"] for slot in view["rundown"] if slot["id"] == "quito-case")
        )

    seen(tom, "it is shorter", lambda view: length(view) == before["length_s"] - 120)
    desk.keyboard.press("KeyU")
    expect(desk.locator("dialog.undo")).to_contain_text("quito-case")
    desk.keyboard.press("KeyU")
    seen(tom, "it is as it was", lambda view: length(view) == before["length_s"])
    desk.keyboard.press("Alt+Digit6")
    desk.keyboard.press("KeyR")
    expect(desk.locator("#order")).to_be_focused()


def test_the_curves_of_the_feeds_are_older_than_the_page(desk: Page) -> None:
    desk.reload()
    desk.wait_for_selector(".desk .transport")
    desk.keyboard.press("Alt+Digit3")
    curve = desk.locator(".spark").first
    expect(curve).to_have_attribute("data-looks", re.compile(r"^\d{2,}$"))
    expect(curve).to_have_attribute("aria-label", re.compile("last ten minutes: "))


def test_lip_sync_of_a_feed_is_measured_from_its_flashes_and_beeps(tom: Person, desk: Page) -> None:
    desk.keyboard.press("Alt+Digit3")
    card = desk.locator("[data-feed-card='quito.room']")
    card.locator("[data-act='lip-sync']").click()
    expect(card).to_contain_text("watching for 12 s")
    expect(card).to_contain_text("sound and picture are together", timeout=60_000)
    tile = next(one for one in tom.view()["feeds"] if one["id"] == "quito.room")
    assert abs(tile["lip_sync"]["offset_ms"]) < 20
    tom.shot("feeds-lip-sync")
    card.get_by_role("button", name="LISTEN").click()
    seen(tom, "nobody listens any more", lambda view: not any(one["solo"] for one in view["feeds"]))


def test_wall_and_sheet_are_to_be_looked_at(run: Run, browser: Browser) -> None:
    vera = Person(browser, run, "vera", Role.VIEWER, timezone_id="America/Lima")
    page = vera.open("wall")
    page.wait_for_selector(".wall .tile")
    page.wait_for_timeout(1500)
    vera.shot("wall")
    assert axe(page) == []
    page = vera.open("sheet")
    expect(page.locator("select")).to_contain_text("Lima")
    vera.shot("sheet")
    assert axe(page) == []
    page = vera.at_the_desk()
    assert page.locator("[data-word='take']").is_disabled()
    vera.close()


def take_out(button: Locator) -> None:
    """PRIVACY of a site's page: a touch is not enough, half a second is."""
    button.click()
    button.scroll_into_view_if_needed()
    button.hover()
    button.page.mouse.down()
    button.page.wait_for_timeout(700)
    button.page.mouse.up()


def test_a_sites_page_is_its_own_in_its_language_and_shows_and_does_nothing_else(
    run: Run, browser: Browser, tom: Person, desk: Page
) -> None:
    phone, page = at_a_site(run, browser, "quito")
    expect(page.locator(".tally-big")).to_contain_text("FUERA DEL AIRE")
    expect(page.locator(".feed").first).to_contain_text("los vemos")
    assert "#" not in page.url
    assert "Knee" not in page.content()

    desk.evaluate("window.desk.say('message', {site: 'quito', text: 'más luz, por favor'})")
    expect(page.locator(".message")).to_contain_text("más luz")
    page.get_by_role("button", name="LEÍDO").click()
    seen(tom, "it was read", lambda view: view["messages"][-1]["read_by"] == "quito-phone")
    page.get_by_role("button", name="LISTOS").click()
    seen(
        tom,
        "the site is ready",
        lambda view: any("ready" in s["state"] for s in view["rundown"] if s["site"] == "quito"),
    )
    expect(page.locator(".ready")).to_contain_text("✓")
    SHOT = ROOT / "build" / "shots" / "site.png"
    page.screenshot(path=str(SHOT))
    assert axe(page) == []
    page.locator(".language select").select_option("ar")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.screenshot(path=str(SHOT.with_name("site-ar.png")), full_page=True)
    assert axe(page) == []
    page.reload()
    expect(page.locator(".tally-big")).to_contain_text("لستم")  # the telephone remembers
    page.locator(".language select").select_option("es")

    page.get_by_role("button", name="OCULTAR").click()
    seen(tom, "it is hidden", lambda view: view["safety"]["hidden"] == ["quito"])
    expect(page.locator(".tally-big")).to_contain_text("OCULTO")
    say(run, "unhide", {"site": "quito"})
    take_out(page.get_by_role("button", name="PRIVACIDAD"))
    seen(tom, "it is taken out", lambda view: view["safety"]["quarantined"] == ["quito"])
    expect(page.locator(".tally-big")).to_contain_text("RETIRADO")
    back = {"args": {"token": say(run, "restore-ask", {"site": "quito"})["token"]}}
    me = phone.request.get("api/v1/me").json()
    answer = phone.request.post(
        "api/v1/commands/restore", data=back, headers={"X-CSRF-Token": me["csrf"]}
    )
    assert answer.ok, answer.text()
    seen(tom, "it is back", lambda view: view["safety"]["quarantined"] == [])

    for path in ("", "api/v1/desk", "api/v1/status", "wall", "api/v1/journal"):
        assert phone.request.get(path).status == 403, path
    for word, args in (("take", {"source": "oslo.room"}), ("hide", {"site": "oslo"})):
        me = phone.request.get("api/v1/me").json()
        answer = phone.request.post(
            f"api/v1/commands/{word}", data={"args": args}, headers={"X-CSRF-Token": me["csrf"]}
        )
        assert answer.status == 403, word
    phone.close()


def at_a_site(run: Run, browser: Browser, site: str) -> tuple[BrowserContext, Page]:
    """A telephone that has opened the site's link."""
    expires_s = PageClock(run.live.clock).now_ns() // NS + 3600
    accounts = Accounts(StateFolder(run.state).users)
    token = accounts.mint(Kind.SITE, f"{site}-phone", Role.SITE, expires_s, site)
    phone = browser.new_context(
        base_url=run.control, viewport={"width": 390, "height": 844}, device_scale_factor=2
    )
    page = phone.new_page()
    page.goto(f"site#{token}")
    return phone, page


def test_privacy_is_two_presses_of_x_and_ends_with_a_second_person(
    run: Run, browser: Browser, tom: Person, desk: Page
) -> None:
    desk.locator("[data-feed='oslo.headset']").click()
    seen(tom, "it is in the preview", lambda view: previewed(view) == ["oslo.headset"])
    desk.keyboard.press("KeyX")
    expect(desk.locator("#hint")).to_contain_text("once more")
    assert tom.view()["safety"]["held"] is False

    desk.keyboard.press("KeyX")
    desk.keyboard.press("KeyX")
    seen(tom, "PRIVACY", lambda view: view["safety"]["held"] or view["safety"]["quarantined"])
    expect(desk.locator(".safety-card")).to_contain_text("public")
    tom.shot("privacy")
    desk.locator(".safety-card button", has_text="RESTORE").first.click()
    link = desk.locator("dialog.restore input")
    expect(link).to_be_visible()
    address = link.input_value()
    desk.keyboard.press("Escape")

    # who asked opens the link: nothing is restored, and it is not used up
    own = tom.page.context.new_page()
    own.goto(address)
    own.get_by_role("button", name="It may be shown again").click()
    expect(own.locator("#said")).to_contain_text("it takes two", timeout=10_000)
    assert tom.view()["safety"]["held"] or tom.view()["safety"]["quarantined"]
    own.close()

    mei = Person(browser, run, "mei", Role.PRODUCER)
    page = mei.open(address.removeprefix(run.control))
    page.get_by_role("button", name="It may be shown again").click()
    expect(page.locator("#said")).to_contain_text("✓")
    seen(tom, "PRIVACY is over", lambda view: not view["safety"]["held"])
    mei.close()


def test_the_running_order_is_edited_at_a_price_that_is_shown_before(
    tom: Person, desk: Page
) -> None:
    """SKIP, UNDO, and an item of the shelf after which what it interrupted goes on."""
    desk.keyboard.press("Alt+Digit2")
    what_if = desk.locator(".side .panel", has_text="what if")
    desk.locator("[data-slot='talk']").get_by_role("button", name="SKIP").click()
    expect(what_if.locator("tr", has_text="DROPS")).to_contain_text("After the case")
    assert "talk" not in tom.view()["left_out"]
    what_if.get_by_role("button", name="SKIP").click()
    seen(tom, "it is out", lambda view: view["left_out"].get("talk") == "skipped")
    desk.keyboard.press("KeyU")
    undo = desk.locator("dialog.undo")
    expect(undo).to_contain_text("SKIP talk")
    expect(undo.locator("tr", has_text="plays again")).to_contain_text("After the case")
    tom.shot("undo-price")
    assert axe(desk) == []
    desk.keyboard.press("KeyU")
    seen(tom, "it plays", lambda view: "talk" not in view["left_out"])

    desk.get_by_role("button", name="and resume").click()
    expect(what_if).to_contain_text("then welcome goes on")
    what_if.get_by_role("button", name="and resume").click()
    view = seen(tom, "the item is on", lambda view: view["on_air"]["id"] == "filler")
    assert [slot["id"] for slot in view["rundown"]][1:3] == ["filler", "welcome"]
    desk.keyboard.press("KeyU")
    expect(undo).to_contain_text("INSERT filler")
    desk.keyboard.press("KeyU")
    seen(tom, "as it was", lambda view: view["on_air"]["id"] == "welcome")


def test_stop_is_held_and_asks_why_and_closing_it_stops_nothing(tom: Person, desk: Page) -> None:
    desk.keyboard.press("Alt+Digit6")
    stop = desk.get_by_role("button", name="STOP EVENT")
    stop.click()
    expect(desk.locator("dialog")).to_have_count(0)  # a press is not enough
    stop.click(delay=1500)
    expect(desk.locator("dialog.reason")).to_contain_text("STOP the event for everybody?")
    assert axe(desk) == []
    desk.locator("dialog.reason").get_by_role("button", name="STOP EVENT").click()
    assert desk.locator("dialog.reason input:invalid").count() == 1  # without a reason
    desk.keyboard.press("Escape")
    expect(desk.locator("dialog")).to_have_count(0)
    assert tom.view()["safety"]["ended"] is False


def test_a_changed_file_is_shown_with_what_it_moves_taken_over_and_gone_back_from(
    run: Run, sites: Sites, tom: Person, desk: Page
) -> None:
    """Tom is a producer. A broken file is said; nothing of it all is seen by viewers."""
    written = run.event.read_text()
    length_s = slot_of(tom.view(), "talk")["length_s"]
    desk.keyboard.press("Alt+Digit2")
    panel = desk.locator(".panel.amber-edge")
    run.event.write_text(written.replace("duration: 30m", "duration: 0:30"))
    expect(panel).to_contain_text("The file is broken; nothing is changed")
    run.event.write_text(
        written.replace("title: After the case", "title: Questions").replace(
            "duration: 30m", "duration: 45m"
        )
    )
    expect(panel).to_contain_text("The file has changed")
    expect(panel).to_contain_text("oslo-case")
    tom.shot("reload")
    panel.get_by_role("button", name="TAKE IT OVER").click()
    what_if = desk.locator(".side .panel").first
    expect(what_if.locator("tr", has_text="→ 15 min").first).to_be_visible()  # the talk shrinks
    tom.shot("reload-price")
    assert tom.view()["event"]["version"] == 1
    what_if.get_by_role("button", name="TAKE IT OVER").click()
    seen(tom, "it is in force", lambda view: slot_of(view, "talk")["title"] == "Questions")
    assert tom.view()["event"]["version"] == 2

    desk.locator("[data-version='1']").get_by_role("button", name="BACK TO THIS").click()
    expect(what_if).to_contain_text("RUNDOWN: version 3")
    what_if.get_by_role("button", name="BACK TO THIS").click()
    view = seen(
        tom, "it is as it was", lambda view: slot_of(view, "talk")["title"] == "After the case"
    )
    assert view["event"]["version"] == 3
    assert slot_of(view, "talk")["length_s"] == length_s
    with Watch(run.public, run.grid(), ["180p"]) as watch:
        assert strip_in_the_stream(run, watch, run.now_n()) == sites.number("studio.main")
    run.event.write_text(written)


def slot_of(view: dict[str, Any], name: str) -> dict[str, Any]:
    return next(slot for slot in view["rundown"] if slot["id"] == name)


def test_a_site_says_ready_while_its_standby_is_on_and_is_joined_when_the_desk_says(
    run: Run, sites: Sites, browser: Browser, tom: Person, desk: Page
) -> None:
    say(run, "not-ready", {"slot": "oslo-case", "wait": "0s", "then": "standby"})
    say(run, "next", {})
    seen(tom, "the standby", lambda view: view["on_air"]["id"] == "filler")
    phone, page = at_a_site(run, browser, "oslo")
    expect(page.locator(".count")).to_contain_text("A recording is on in your place")
    page.get_by_role("button", name="READY").click()
    expect(page.locator(".count")).to_contain_text("The studio brings you in")
    page.screenshot(path=str(ROOT / "build" / "shots" / "site-standby.png"))
    assert axe(page) == []

    card = desk.locator("[data-incident='join.oslo-case']")
    expect(card).to_contain_text("is ready; its standby is on air")
    card.get_by_role("button", name="Join it now").click()
    expect(desk.locator("dialog.priced")).to_contain_text("READY: oslo-case")
    desk.locator("dialog.priced .go").click()
    view = seen(tom, "the surgery", lambda view: on_air(view) == ["oslo.headset"])
    assert view["on_air"]["length_s"] >= 30 * 60  # R4: it keeps its length
    expect(page.locator(".tally-big")).to_contain_text("ON AIR")
    with Watch(run.public, run.grid(), ["180p"]) as watch:
        assert strip_in_the_stream(run, watch, run.now_n() + 30) == sites.number("oslo.headset")
    phone.close()


def test_the_shots_are_kept(tom: Person) -> None:
    folder = Path(ROOT / "build" / "shots")
    assert {f"{name}.png" for name in SCREENS} <= {path.name for path in folder.iterdir()}
    assert tom.page.evaluate("window.hacked") is None
