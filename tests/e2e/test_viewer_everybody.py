"""The viewer's page for everybody: by keyboard, by ear, on a phone, in one's own time and quality.

One stream of two renditions for all, and a browser that lets no page make a sound unasked.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from fakestream import FakeStream
from harness.desk import SHOTS, axe, chromium
from harness.run import until
from playwright.sync_api import Browser, FloatRect, Page, Route, expect

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(180)]

EVENT = """\
version: 1
event: {id: page, title: Knees around the world, timezone: Europe/Paris, start: 2026-10-24 12:00,
        duration: 1h, audience: open}
programme: {size: 640x360, fps: 30}
sites:
  pune: {title: Sahyadri Institute, city: Pune, timezone: Asia/Kolkata,
         feeds: {main: {srt: "srt://127.0.0.1:9001"}}}
outputs: {hls: {ladder: [360p, 180p], window: 60s}}
kinds: {panel: {graphics: []}}
rundown:
  - {id: welcome, title: Welcome, kind: panel, site: pune, start: event, duration: 30m, flex: none}
  - {id: talk, title: A talk about ligaments and what holds them, kind: panel, site: pune,
     duration: 30m, flex: none}
"""
PHONES = {"small phone": (320, 640), "phone": (390, 844)}
SAY_HOW_IT_BEGINS = """
document.addEventListener("playing", ({ target }) => {
  const touched = navigator.userActivation.hasBeenActive;
  console.log(`begins ${target.muted ? "muted" : "aloud"}, touched: ${touched}`);
}, { capture: true, once: true });
"""
IN_ORDER = ("unmute", "play", "mute", "volume", "live", "quality", "full", "zone", "help")


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeStream]:
    event = tmp_path_factory.mktemp("page") / "event.yaml"
    event.write_text(EVENT)
    with FakeStream(ladder=("360p", "180p"), size=(640, 360)) as running:
        running.plan(event, into_s=600)
        running.start("gate", "programme", "origin")
        running.wait_for(lambda: running.columns() and not running.columns()[-1]["why"])
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(may_sound=False) as opened:
        yield opened


def opened(browser: Browser, stream: FakeStream, **options: Any) -> Page:
    """The page, playing, with its guide; nobody has touched it."""
    page = browser.new_context(timezone_id="America/Lima", **options).new_page()
    page.goto(stream.url + "/")
    plays(page)
    expect(page.locator(".next-title")).to_have_count(1)
    return page


def plays(page: Page) -> None:
    def moves() -> bool:
        before = page.evaluate("viewer.video.currentTime")
        page.wait_for_timeout(150)
        return bool(page.evaluate("viewer.video.currentTime") > before)

    until("the picture moves", moves, 30)


def test_it_plays_without_a_sound_until_somebody_asks_for_it(
    stream: FakeStream, browser: Browser
) -> None:
    page = browser.new_context().new_page()
    page.add_init_script(SAY_HOW_IT_BEGINS)

    # heard, not asked: for the browser, a question of ours is somebody who has touched the page
    with page.expect_console_message(lambda said: said.text.startswith("begins ")) as began:
        page.goto(stream.url + "/")

    assert began.value.text == "begins muted, touched: false"
    page.get_by_role("button", name="Turn sound on").first.click()

    assert page.evaluate("[viewer.video.muted, viewer.video.volume > 0]") == [False, True]
    expect(page.locator("#unmute")).to_be_hidden()
    plays(page)
    page.context.close()


def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(
    stream: FakeStream, browser: Browser
) -> None:
    page = opened(browser, stream)

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = []
    for _ in IN_ORDER:
        page.keyboard.press("Tab")
        name, outline, opacity = page.evaluate(
            "(() => { const one = document.activeElement;"
            " const bar = one.closest('.controls');"
            " return [one.id, getComputedStyle(one).outlineStyle,"
            " bar ? getComputedStyle(bar).opacity : '1']; })()"
        )
        reached.append(name)
        assert outline != "none", f"{name} does not show that it has the focus"
        assert float(opacity) > 0, f"{name} cannot be seen"
    assert tuple(reached) == IN_ORDER

    page.locator("#play").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_focused()
    assert page.evaluate("viewer.video.paused") is True
    page.keyboard.press("k")
    plays(page)
    page.keyboard.press("m")
    assert page.evaluate("viewer.video.muted") is False
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.context.close()


def test_a_screen_reader_hears_what_there_is_and_what_begins(
    stream: FakeStream, browser: Browser
) -> None:
    page = opened(browser, stream)
    assert axe(page) == []

    heard = page.locator("body").aria_snapshot()
    for words in (
        'heading "Knees around the world"',
        'region "Player"',
        'button "Pause"',
        'button "Turn sound on"',
        'slider "Volume"',
        'combobox "Quality"',
        'button "Full screen"',
        'region "Programme"',
        'heading "Welcome"',
        'list "Next"',
    ):
        assert words in heard, heard

    def later(route: Route) -> None:
        day = json.loads(route.fetch().body())
        day["now"] = day["now"] | {"id": "talk", "title": {"en": "A talk about ligaments"}}
        route.fulfill(json=day)

    page.route("**/now.json", later)
    expect(page.get_by_role("status").filter(has_text="Now: A talk about ligaments")).to_have_count(
        1, timeout=30_000
    )
    page.context.close()


def are_apart(a: FloatRect, b: FloatRect) -> bool:
    def beside(at: Literal["x", "y"], size: Literal["width", "height"]) -> bool:
        return a[at] + a[size] <= b[at] + 0.5 or b[at] + b[size] <= a[at] + 0.5

    return beside("x", "width") or beside("y", "height")


@pytest.mark.parametrize("name", PHONES)
def test_on_a_phone_nothing_is_cut_off_and_all_of_it_can_be_touched(
    stream: FakeStream, browser: Browser, name: str
) -> None:
    width, height = PHONES[name]
    page = opened(
        browser,
        stream,
        viewport={"width": width, "height": height},
        device_scale_factor=2,
        is_mobile=True,
        has_touch=True,
    )
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SHOTS / f"viewer-{name.replace(' ', '-')}.png"))

    assert page.evaluate("document.documentElement.scrollWidth") == width
    picture = page.locator("video").bounding_box()
    assert picture is not None
    assert picture["width"] == pytest.approx(width, abs=1)
    boxes = {}
    for one in page.locator(".controls button, .controls select, #zone").all():
        if one.is_visible():
            box = one.bounding_box()
            assert box is not None
            boxes[one.get_attribute("id")] = box
    assert boxes.keys() >= {"play", "mute", "live", "quality", "full", "zone"}
    for which, box in boxes.items():
        assert box["x"] >= 0, which
        assert box["x"] + box["width"] <= width, which
        assert min(box["width"], box["height"]) >= 24, (
            f"{which} is too small to touch"
        )  # WCAG 2.5.8
    for which in boxes.keys() - {"zone"}:
        bottom = boxes[which]["y"] + boxes[which]["height"]
        assert bottom <= picture["y"] + picture["height"], f"{which} hangs out of the picture"
    middles = {box["y"] + box["height"] / 2 for which, box in boxes.items() if which != "zone"}
    assert max(middles) - min(middles) < 8, "the controls take two lines of the picture"
    for one, other in itertools.combinations(boxes, 2):
        assert are_apart(boxes[one], boxes[other]), f"{one} lies on {other}"
    assert axe(page) == []

    page.locator("#unmute").tap()
    assert page.evaluate("viewer.video.muted") is False
    plays(page)
    page.context.close()


def test_the_quality_that_is_chosen_is_the_one_that_plays(
    stream: FakeStream, browser: Browser
) -> None:
    page = opened(browser, stream)

    for choice, lines in (("180p", 180), ("360p", 360)):
        page.get_by_role("combobox", name="Quality").select_option(label=choice)
        until(
            f"{choice} plays",
            lambda lines=lines: page.evaluate("viewer.video.videoHeight") == lines,
            30,
        )
        assert page.evaluate("viewer.hls.autoLevelEnabled") is False
        expect(page.locator("#quality option:checked")).to_have_text(choice)
    page.get_by_role("combobox", name="Quality").select_option(value="-1")
    until("it chooses by itself", lambda: page.evaluate("viewer.hls.autoLevelEnabled"), 30)
    plays(page)
    page.context.close()


def test_times_are_the_viewers_or_the_events_and_the_choice_is_remembered(
    stream: FakeStream, browser: Browser
) -> None:
    page = opened(browser, stream, locale="en-GB")
    starts = json.loads(stream.get("/now.json")[2])["next"][0]["start"]

    def in_zone(zone: str) -> str:
        return f"{datetime.fromisoformat(starts).astimezone(ZoneInfo(zone)):%H:%M}"

    first = page.locator("#next .times").first
    expect(page.locator("#zone")).to_have_text("Your time, Lima")
    expect(first).to_contain_text(in_zone("America/Lima"))
    page.keyboard.press("t")
    expect(page.locator("#zone")).to_have_text("Event time, Paris")
    expect(first).to_contain_text(in_zone("Europe/Paris"))

    page.reload()

    expect(page.locator("#zone")).to_have_text("Event time, Paris")
    expect(first).to_contain_text(in_zone("Europe/Paris"))
    page.get_by_role("button", name="Event time, Paris").click()
    expect(first).to_contain_text(in_zone("America/Lima"))
    page.context.close()
