"""The dashboard under full load: thirteen sites, three renditions, Chromium on this same machine.

Under six minutes in all; each row is said as soon as it is known.

BENCH_DESK (page clicks eight)   which parts
BENCH_LOADS (5), BENCH_CLICKS (12)
BENCH_ROUNDS (1)                 of none and eight dashboards, in turn
BENCH_SECONDS (62)               of each, no less: the programme's lateness is of the last minute
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from bench import clicks
from bench.stage import Stage
from bench.table import Row
from bench.usage import shares_for
from harness.desk import Person, chromium
from harness.run import percentile, until
from playwright.sync_api import Browser

PARTS = os.environ.get("BENCH_DESK", "page clicks eight").split()
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "1"))
ROUND_S = float(os.environ.get("BENCH_SECONDS", "62"))
LOADS = int(os.environ.get("BENCH_LOADS", "5"))
SCREENS = 8
MOST_KB = 300
_LONGEST_S = 20.0

# Notes when the desk has live data and a button that would act, at each frame that is painted.
_NOTES = """
(() => {
  window.usableMs = 0;
  const look = () => {
    const button = document.querySelector("[data-word='stay']:not([disabled])");
    if (window.desk?.view && button && !document.getElementById("screen").inert) {
      window.usableMs = performance.now();
    } else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""


def measure(there: Stage) -> Iterator[Row]:
    with chromium() as browser:
        if "page" in PARTS:
            yield from _pages(there, browser)
        if "clicks" in PARTS:
            tom = Person(browser, there.run, "tom")
            tom.at_the_desk()
            yield from clicks.measure(there, tom)
            tom.close()
        if "eight" in PARTS:
            yield from _eight(there, browser)


class Load(NamedTuple):
    """`bytes` came over the line for the page, with its player, and with their headers."""

    usable_ms: float
    bytes: int
    requests: int


def _pages(there: Stage, browser: Browser) -> Iterator[Row]:
    loads = [_load(there, browser) for _ in range(LOADS)]
    times_s = [load.usable_ms / 1000 for load in loads]
    median, most = percentile(times_s, 0.5), max(load.bytes for load in loads)
    said = ", ".join(f"{s:.2f}" for s in times_s)
    yield Row(
        f"dashboard page, nothing cached, 13 sites on the line, {LOADS} loads: from the address "
        "to live data and buttons that act",
        "< 1 s",
        f"median {median:.2f} s ({said})",
        median < 1.0,
    )
    yield Row(
        "… transferred, the public monitor's player included",
        f"≤ {MOST_KB} KB",
        f"{most / 1000:.0f} KB in {loads[0].requests} requests",
        most <= MOST_KB * 1000,
    )


def _load(there: Stage, browser: Browser) -> Load:
    """One opening of the desk, in a browser that has never seen it."""
    person = Person(browser, there.run, "tom")
    page = person.page
    page.add_init_script(_NOTES)
    line = person.context.new_cdp_session(page)
    line.send("Network.enable")
    ours: set[str] = set()
    sizes: list[int] = []

    def asked(event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith(there.run.control):
            ours.add(event["requestId"])

    def came(event: dict[str, Any]) -> None:
        if event["requestId"] in ours:
            sizes.append(int(event["encodedDataLength"]))

    line.on("Network.requestWillBeSent", asked)
    line.on("Network.loadingFinished", came)
    page.goto("", wait_until="commit")

    def value(script: str) -> float:
        page.wait_for_timeout(20)
        return float(page.evaluate(script))

    usable_ms = until("the desk is usable", lambda: value("window.usableMs ?? 0"), _LONGEST_S)
    until("the public monitor plays", lambda: value("window.desk.public.hls ? 1 : 0"), _LONGEST_S)
    page.wait_for_timeout(500)
    load = Load(usable_ms, sum(sizes), len(sizes))
    person.close()
    return load


class Round(NamedTuple):
    late_p99_ms: float
    late_ticks: int
    control: float
    """Of a core."""


def _eight(there: Stage, browser: Browser) -> Iterator[Row]:
    without, watched, stale = [], [], 0
    for i in range(ROUNDS):
        without.append(_round(there))
        with _dashboards(there, browser) as people:
            watched.append(_round(there))
            stale += sum(bool(person.page.evaluate("window.desk.isStale")) for person in people)
        print(f"  round {i + 1}: without {without[-1]}, with {watched[-1]}", flush=True)
    before_ms, after_ms = (
        percentile([r.late_p99_ms for r in rounds], 0.5) for rounds in (without, watched)
    )
    control = max(r.control for r in watched)
    late = sum(r.late_ticks for r in watched)
    yield Row(
        f"programme's tick lateness p99 with {SCREENS} dashboards open on this machine, against "
        "none, in turn",
        "unchanged",
        f"{after_ms:.2f} ms against {before_ms:.2f} ms; {late} ticks late by a frame against "
        f"{sum(r.late_ticks for r in without)}",
        after_ms <= max(2 * before_ms, before_ms + 2.0) and late == 0,
    )
    yield Row(
        f"… control's CPU with {SCREENS} dashboards",
        "≤ 25 % of a core",
        f"{control:.1%} (without {max(r.control for r in without):.1%})",
        control <= 0.25,
    )
    yield Row(
        "… dashboards with a view older than two seconds at the end",
        "0",
        f"{stale} of {SCREENS * ROUNDS}",
        stale == 0,
    )


@contextmanager
def _dashboards(there: Stage, browser: Browser) -> Iterator[list[Person]]:
    """So many people, each in a browser of their own, with moving pictures before them."""
    with ExitStack() as open_desks:
        people = []
        for i in range(SCREENS):
            people.append(Person(browser, there.run, f"person{i}"))
            open_desks.callback(people[-1].close)
            people[-1].at_the_desk()
        for person in people:
            before = _pictures(person)
            until("its pictures move", lambda p=person, b=before: _pictures(p) > b + 10, 20)
        yield people


def _pictures(person: Person) -> int:
    person.page.wait_for_timeout(50)
    return int(person.page.evaluate("window.desk.monitors.pictures"))


def _round(there: Stage) -> Round:
    before = there.run.facts("programme")
    shares = shares_for(there.run, ROUND_S)
    after = there.run.facts("programme")
    late = int(after["late_ticks"]) - int(before["late_ticks"])
    return Round(float(after["late_ms"]["p99"]), late, shares["control"])
