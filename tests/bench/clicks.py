"""From a click in the browser to the picture: takes at the dashboard, and how old its monitor is.

Full load: thirteen feeds, three renditions, one dashboard in Chromium, somebody who fetches every
part. A click is stamped before the mouse button goes down, the change is the first published frame
whose strip is the new site's, and a frame's number is its time: one clock for all of it.
"""

from __future__ import annotations

import base64
import os
import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

import cv2
import numpy as np
from bench import events
from bench.stage import Stage
from bench.table import Row
from harness.desk import Person
from harness.run import percentile, until
from harness.watch import Watch

from orchestrator.bus.feedpage import FeedWord
from orchestrator.bus.page import open_page
from orchestrator.rehearsal import strip, witness
from orchestrator.rehearsal.strip import Strip
from orchestrator.timing.clock import PageClock

CLICKS = int(os.environ.get("BENCH_CLICKS", "12"))
LOOKS = 40
TRACK = "360p"
_LONGEST_S = 10.0
_CANVAS = "[...window.desk.monitors.canvases.get('programme')][0].toDataURL('image/jpeg', 0.95)"


class Click(NamedTuple):
    source: str
    at_ns: int


class Look(NamedTuple):
    """What the programme monitor in the browser showed, once its picture was in our hands."""

    shown: Strip
    at_ns: int


def measure(there: Stage, person: Person) -> Iterator[Row]:
    run, grid = there.run, there.run.grid()
    with Watch(run.public, grid, [TRACK]) as watching:
        first_n = run.now_n()
        previewed = list(_takes(there, person, _preview))
        run.say("preview", source="dubai.headset")  # which is none of those to come
        unpreviewed = list(_takes(there, person, _nothing))
        looks = list(_looks(there, person))
        last_n = run.now_n()
        watching.wait_for(last_n + grid.segment_frames)
    run.say("release")
    track = watching.tracks[TRACK]
    shown: dict[int, Strip | None] = {}
    for picture in witness.pictures(track.init, watching.span(TRACK, first_n, last_n), grid):
        shown[picture.n] = picture.strip()
    yield _row(there, "a previewed source under full load", previewed, shown, 300)
    yield _row(there, "a warm source that nobody previewed", unpreviewed, shown, 600)
    yield _age(there, looks, shown)


def _row(
    there: Stage, of: str, clicks: list[Click], shown: dict[int, Strip | None], goal_ms: int
) -> Row:
    grid = there.run.grid()
    delays_ms = []
    for click in clicks:
        number, first_n = there.sites.number(click.source), grid.frame_at(click.at_ns)
        found = (
            n
            for n in range(first_n, first_n + round(_LONGEST_S * grid.fps))
            if (seen := shown.get(n)) is not None and seen.site == number
        )
        n = next(found, None)
        late_ms = float("inf") if n is None else (grid.instant_ns(n) - click.at_ns) / 1e6
        delays_ms.append(late_ms)
    median, p95 = percentile(delays_ms, 0.5), percentile(delays_ms, 0.95)
    return Row(
        f"TAKE of {of}, {len(clicks)} times: from the click in the browser to the first changed "
        "frame",
        f"≤ {goal_ms} ms median",
        f"median {median:.0f} ms, p95 {p95:.0f} ms, max {max(delays_ms):.0f} ms",
        median <= goal_ms,
    )


def _age(there: Stage, looks: list[Look], shown: dict[int, Strip | None]) -> Row:
    grid = there.run.grid()
    ages_s = []
    for look in looks:  # the films repeat: the newest frame before the look that has this picture
        newest_n = grid.frame_at(look.at_ns)
        before = range(newest_n, newest_n - round(_LONGEST_S * grid.fps), -1)
        n = next((n for n in before if shown.get(n) == look.shown), None)
        ages_s.append(float("inf") if n is None else (look.at_ns - grid.instant_ns(n)) / 1e9)
    median, p95 = percentile(ages_s, 0.5), percentile(ages_s, 0.95)
    return Row(
        f"age of the programme monitor's picture in the browser, {len(ages_s)} looks",
        "< 0.5 s",
        f"median {median:.2f} s, p95 {p95:.2f} s, max {max(ages_s):.2f} s",
        p95 < 0.5 and len(ages_s) > LOOKS // 2,
    )


def _takes(
    there: Stage, person: Person, prepare: Callable[[Stage, Person, str], Callable[[], None]]
) -> Iterator[Click]:
    """One after another, each of a feed that was only warm, at odd moments of its GOP."""
    run, grid = there.run, there.run.grid()
    clock = PageClock(run.live.clock)
    dice = random.Random(1)
    for i in range(CLICKS):
        source = f"{events.SITES[2 + i % (len(events.SITES) - 2)]}.headset"
        page = open_page(run.live.feed_page(source))
        until(f"{source} is only warm", lambda page=page: not page[FeedWord.HOT], 20)
        press = prepare(there, person, source)
        person.page.wait_for_timeout(dice.randrange(200, 1500))
        at_ns = clock.now_ns()
        press()
        yield Click(source, at_ns)
        _wait_for_air(person, source)
        after_n = run.now_n() + grid.fps
        until("the take is over", lambda after_n=after_n: run.now_n() > after_n, 10)


def _preview(there: Stage, person: Person, source: str) -> Callable[[], None]:
    """Put it into the preview with the mouse; what is left to do is to press TAKE."""
    page, run = person.page, there.run
    page.locator(f"[data-feed='{source}']").click()
    of_feed = open_page(run.live.feed_page(source))
    until(f"{source} is hot", lambda: of_feed[FeedWord.HOT], 20)
    until(f"{source} is previewed", lambda: _places(person, "preview") == [source], 20)
    box = page.locator("[data-word='take']").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def press() -> None:
        page.mouse.down()
        page.mouse.up()

    return press


def _nothing(_: Stage, person: Person, source: str) -> Callable[[], None]:
    """Straight to air, as a key of a control panel does it; the page says the word."""
    wish = {"source": source, "layout": "full", "transition": "cut", "until": "slot"}
    return lambda: person.page.evaluate("wish => void window.desk.say('take', wish)", wish)


def _wait_for_air(person: Person, source: str) -> None:
    until(f"{source} is on air", lambda: _places(person, "programme") == [source], 20)


def _places(person: Person, where: str) -> list[str]:
    """Sources of `preview` or `programme`, as the page knows them. Lets the page live."""
    person.page.wait_for_timeout(20)
    return [place["source"] for place in (person.view()[where] or {"places": []})["places"]]


def _looks(there: Stage, person: Person) -> Iterator[Look]:
    clock = PageClock(there.run.live.clock)
    for i in range(LOOKS):
        url, at_ns = str(person.page.evaluate(_CANVAS)), clock.now_ns()
        jpeg = np.frombuffer(base64.b64decode(url.split(",", 1)[1]), np.uint8)
        picture = cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE)
        found = None if picture is None else strip.read(np.asarray(picture, np.uint8))
        if found is not None:
            yield Look(found, at_ns)
        person.page.wait_for_timeout(50 + 7 * (i % 13))
