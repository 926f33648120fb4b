"""Two dozen feeds, each with a fault of its own, all on air in one picture: nobody else notices.

One running tree. Everything is well; then every feed does what its name says, until the programme
has said what it thinks of it; then all is healed, and every feed is back by itself, in lip sync.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from faults.films import STRANGE, normal, strange
from faults.station import Station
from harness.run import ROOT, Run, until, write_event

from orchestrator.bus.decisions import REAL, Column
from orchestrator.bus.lines import read_lines
from orchestrator.media.ring import RingReader
from orchestrator.rehearsal import strip, witness
from orchestrator.timing.grid import Grid

pytestmark = [pytest.mark.alone, pytest.mark.e2e, pytest.mark.timeout(240)]

CACHE = ROOT / "build" / "rehearsal"
W, H = 320, 180
FAULTS = {
    # what it does: why the programme takes it off the air (one of these); "" if it need not
    "mute": "lost",
    "refuse connections": "lost",
    "garbage": "lost",
    "hang up": "",
    "stop": "lost",
    "freeze": "frozen",
    "zero": "",
    "+3h": "",
    "back": "",
    "resize": "",
    "no sound": "silent",
    "only sound": "lost|no picture yet",
}
FORMATS = [how for how in STRANGE if how != "other size"]
FROM_THE_START = "refuse"
SYNC_MS = 45.0


def ident(what: str) -> str:
    return "f-" + "".join(c if c.isalnum() else "-" for c in what.lower().replace("+", "plus"))


ALL = [*FAULTS, *FORMATS, FROM_THE_START]
EVENT = """
version: 1
event: {{id: faults, title: {{en: Faults}}, timezone: Europe/Paris, start: 2026-10-24 12:00,
  duration: 30m, audience: open}}
programme: {{size: 320x180, fps: 30, delay: 0s}}
defaults:
  preroll: 10s
  arm: 1s
  transition: cut
  health: {{loss: 1s, freeze: 3s, black: off, silence: 3s, back_after: 1s}}
  audience: open
layouts:
  wall: {{{places}}}
kinds:
  show:
    duration: 30m
    scene: {{layout: wall, {scene}}}
    audio: {{{audio}}}
    fallback: {{{fallback}}}
sites:
{sites}
rundown:
  - {{id: all, title: All, kind: show, site: {first}, start: event, end: event}}
outputs:
  hls: {{window: 2m, ladder: [180p], audience: open}}
"""


def event() -> str:
    ids = [ident(what) for what in ALL]
    places = [f"p{i}" for i in range(len(ids))]
    boxes = [f"p{i}: [{i % 5 * 0.2:.1f}, {i // 5 * 0.2:.1f}, 0.2, 0.2]" for i in range(len(ids))]
    return EVENT.format(
        places=", ".join(boxes),
        scene=", ".join(f"{p}: {i}.main" for p, i in zip(places, ids, strict=True)),
        audio=", ".join(f"{p}: -20 dB" for p in places),
        fallback=", ".join(f"{p}: [slate.site]" for p in places),
        first=ids[0],
        sites="\n".join(
            f"  {i}: {{title: {i}, city: Oslo, timezone: Europe/Oslo, "
            f"feeds: {{main: {{url: env:FAULT_URL}}}}}}"
            for i in ids
        ),
    )


class Eye:
    """Looks into a feed's ring as the programme does: which frame had its flash, where its beep."""

    def __init__(self, path: Path, number: int, grid: Grid) -> None:
        self._reader = RingReader(path, W, H)
        self._number, self._grid = number, grid
        self._out = (
            np.zeros((H, W), np.uint8),
            np.zeros((H // 2, W // 2), np.uint8),
            np.zeros((H // 2, W // 2), np.uint8),
        )
        self._seen: dict[int, strip.Strip | None] = {}
        self._first_n = 0

    def look(self, n: int) -> None:
        for earlier in range(n - 8, n + 1):  # the ring holds twelve: what a busy machine missed
            if self._reader.due(earlier) in (None, *self._seen):
                continue
            due = self._reader.picture(earlier, self._out)
            if due is not None and due > n - 12:
                self._seen[due] = strip.read(self._out[0])

    def numbers(self) -> set[int]:
        return {one.site for one in self._seen.values() if one is not None}

    def offsets_ms(self, now_n: int) -> list[float]:
        """Of the last three seconds: how much later than its flash each beep is in the ring."""
        samples = np.zeros((3 * 48_000, 2), np.float32)
        first = self._grid.sample_of(now_n) - len(samples)
        if not self._reader.sound(first, len(samples), samples):
            return []
        onsets = witness.beeps(witness.Sound(first, samples), self._number)
        # a rate other than the house's repeats or leaves out pictures: the first of each counter
        shown: dict[int, tuple[int, strip.Strip]] = {}
        for n, one in sorted(self._seen.items()):
            if one is not None and now_n - 75 < n < now_n - 15:
                shown.setdefault(one.counter, (n, one))
        return witness.lip_sync_ms(shown.values(), onsets, self._number, self._grid)


@dataclass
class Wall:
    """The running event, its stations, and what was noted of every feed."""

    run: Run
    stations: dict[str, Station]
    reasons: dict[str, set[str]] = field(default_factory=dict)
    sessions: dict[str, list[int]] = field(default_factory=dict)
    sync_ms: dict[str, list[float]] = field(default_factory=dict)
    numbers: dict[str, set[int]] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)

    def judged(self) -> dict[str, dict[str, Any]]:
        return dict(self.run.facts("programme").get("sources", {}))

    def feed(self, what: str) -> dict[str, Any]:
        return self.run.facts(f"feed.{ident(what)}.main")

    def is_alive(self, what: str) -> bool:
        return self.judged().get(f"{ident(what)}.main", {}).get("verdict") == "alive"

    def why(self, what: str) -> str:
        return str(self.judged().get(f"{ident(what)}.main", {}).get("why", ""))

    def columns(self) -> list[Column]:
        return [Column.of(r) for r in read_lines(self.run.live.decisions) if "act" not in r]

    def note_sessions(self) -> None:
        for what in ALL:
            self.sessions.setdefault(what, []).append(int(self.feed(what).get("session", 0)))

    def listen(self, seconds: float, patience_s: float) -> None:
        """Note pictures and sound of every feed for so long, and until each was heard once."""
        grid = self.run.grid()
        eyes = {
            what: Eye(self.run.live.ring(f"{ident(what)}.main"), i, grid)
            for i, what in enumerate(ALL, 1)
        }
        first_n = self.run.now_n()
        next_n, until_n = first_n + 3 * grid.fps, first_n + round(seconds * grid.fps)
        latest_n = first_n + round(patience_s * grid.fps)

        def is_over(n: int) -> bool:
            return n >= latest_n or (n >= until_n and all(map(self.sync_ms.get, ALL)))

        while not is_over(n := self.run.now_n()):
            for eye in eyes.values():
                eye.look(n)
            if n >= next_n:
                next_n = n + grid.fps
                for what, eye in eyes.items():
                    self.sync_ms.setdefault(what, []).extend(eye.offsets_ms(n))
            time.sleep(0.01)
        self.numbers = {what: eye.numbers() for what, eye in eyes.items()}


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wall]:
    folder = tmp_path_factory.mktemp("wall")
    path = write_event(folder / "faults.yaml", event())
    films = {what: normal(i, f"{ident(what)}.main", CACHE) for i, what in enumerate(ALL, 1)}
    with contextlib.ExitStack() as stack:
        stations = {}
        for what, film in films.items():
            other = strange(film, "other size") if what == "resize" else None
            sent = strange(film, what) if what in FORMATS else film
            fault = FROM_THE_START if what == FROM_THE_START else ""
            stations[what] = stack.enter_context(Station(sent, other, fault))
        environment = {
            f"FAULT_URL__{ident(w).upper().replace('-', '_')}_MAIN": s.url
            for w, s in stations.items()
        }
        run = stack.enter_context(Run(path, folder, environment, "--start", "now", wait_s=90))
        wall = Wall(run, stations)
        play(wall)
        yield wall


def play(wall: Wall) -> None:
    """Well, ill, well again. What does not happen in time is noted, for the test of that feed."""
    others = [what for what in ALL if what != FROM_THE_START]
    until("every feed is alive", lambda: all(map(wall.is_alive, others)), 60)
    wall.note_sessions()
    assert wall.why(FROM_THE_START)
    wall.reasons[FROM_THE_START] = {str(wall.feed(FROM_THE_START)["reason"])}
    wall.stations[FROM_THE_START].heal()

    for what in FAULTS:
        wall.stations[what].do(what)
    expected = {what: why for what, why in FAULTS.items() if why}

    def all_said() -> bool:
        for what in FAULTS:
            wall.reasons.setdefault(what, set()).add(wall.why(what))
        return all(wall.reasons[what] & {*why.split("|")} for what, why in expected.items())

    with contextlib.suppress(AssertionError):
        until("every fault is known", all_said, 15)
    for what in FAULTS:
        wall.stations[what].heal()
    with contextlib.suppress(AssertionError):
        until("every feed is alive again", lambda: all(map(wall.is_alive, ALL)), 60)
    wall.note_sessions()
    wall.wrong = {what: json.dumps(wall.feed(what)) for what in ALL if not wall.is_alive(what)}
    wall.listen(6, patience_s=30)


@pytest.mark.parametrize(("what", "why"), list(FAULTS.items()))
def test_a_feed_that_misbehaves_is_judged_rightly_and_recovers_by_itself(
    wall: Wall, what: str, why: str
) -> None:
    assert what not in wall.wrong
    assert not why or wall.reasons[what] & {*why.split("|")}
    if what in ("zero", "+3h", "back", "hang up"):
        before, after = wall.sessions[what]
        assert after > before


def test_a_feed_whose_key_is_refused_says_so_and_is_tried_again(wall: Wall) -> None:
    assert any("403" in reason and "key" in reason for reason in wall.reasons[FROM_THE_START])
    assert FROM_THE_START not in wall.wrong


@pytest.mark.parametrize("what", ALL)
def test_every_feed_is_itself_and_in_lip_sync_afterwards(wall: Wall, what: str) -> None:
    assert wall.numbers[what] == {ALL.index(what) + 1}
    assert wall.sync_ms.get(what), "no flash with its beep was found"
    assert max(abs(offset) for offset in wall.sync_ms[what]) < SYNC_MS


def test_a_feed_without_keyframes_stays_hot_and_on_air(wall: Wall) -> None:
    assert wall.feed("one keyframe")["stays_hot"]


def test_nobody_who_watches_missed_a_part(wall: Wall) -> None:
    columns = wall.columns()
    first = next(i for i, c in enumerate(columns) if set(c.tracks.values()) == {REAL})
    slate = [c.k for c in columns[first:] if set(c.tracks.values()) != {REAL}]
    facts = wall.run.facts("programme")
    print("late ticks", facts["late_ticks"], "of", facts["ticks"], facts["late_ms"])
    assert not slate
    assert [c.k for c in columns] == list(range(columns[0].k, columns[0].k + len(columns)))
    assert wall.run.facts("supervisor")["children"]["programme"]["restarts"] == 0
