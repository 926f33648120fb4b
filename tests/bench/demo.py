"""The demo of `make demo`, made ten minutes long, whole, and read from what a viewer gets.

Expected is what the rundown says (`Show.at`), drawn by the compositor from pictures that hold
nothing but strips; seen are the strips of every place of the published pictures. A switch is as
many frames off as the one has to be moved against the other to agree best, whether it cuts, wipes
or pushes. Half a strip in half of another picture cannot be read: of a mix, what is compared is how
far it has come, by which share of the last picture before it and of the first after it each of its
pictures is best explained. Beeps are compared with flashes for everything that is heard.

    BENCH_SECONDS    watch only so much of it
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from bench.table import Row
from bench.usage import stolen_s
from harness.run import ROOT, Run, percentile, until
from harness.watch import Watch
from numpy.typing import NDArray

from orchestrator.bus.lines import read_lines
from orchestrator.bus.orders import Order
from orchestrator.media.picture import Planes, new_picture
from orchestrator.programme.compositor import Compositor
from orchestrator.rehearsal import clips, strip, witness
from orchestrator.rehearsal.demo import set_up
from orchestrator.rehearsal.pushers import Pushers
from orchestrator.rehearsal.sites import contributions, read_plan
from orchestrator.rehearsal.strip import Box, Strip
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.scene import Scene
from orchestrator.rundown.show import Show
from orchestrator.timing.grid import Grid

TRACK = "480p"
FOLDER = ROOT / "build" / "bench-demo"
SECONDS = float(os.environ.get("BENCH_SECONDS", "inf"))
AROUND = 6
"""Frames before and after a switch that are looked at; half of them may be the error."""
LONGER_S = 150
EVERY = 5
"""Of the luma of a mix, every so manyth sample is looked at."""
Luma = NDArray[np.float32]
ROUND = (
    *("berlin", "brussels", "london", "paris", "mumbai", "dubai", "johannesburg"),
    *("casablanca", "saopaulo", "lapaz", "newyork", "mexico", "kyiv"),
)


@dataclass(slots=True)
class Switch:
    """A change of what stands where, and what was read around it."""

    n: int
    frames: int
    name: str
    is_mix: bool
    boxes: tuple[Box, ...]
    seen: dict[tuple[int, Box], int | None] = field(default_factory=dict)
    pictures: dict[int, Luma] = field(default_factory=dict)
    """Of a mix, small."""

    def window(self) -> range:
        return range(self.n - AROUND, self.n + self.frames + AROUND)


def longer(text: str) -> str:
    """The demo's file with one slot more, in which every site is cut to once again."""
    step_s = LONGER_S / len(ROUND)
    shots = ", ".join(
        f"{{at: {round(i * step_s)}s, main: {site}.headset}}" for i, site in enumerate(ROUND) if i
    )
    slot = (
        f"  - {{id: again, title: Once around, kind: panel, duration: {LONGER_S}s, flex: none, "
        f"transition: mix 600ms, people: {{host: m-roux}}, graphics: [], "
        f"scene: {{layout: full, main: {ROUND[0]}.headset}}, shots: [{shots}]}}\n"
    )
    closing = text.index("  - {id: closing")
    text = text[:closing] + slot + text[closing:]
    longer_by = text.replace("duration: 8m\n", f"duration: {480 + LONGER_S}s\n", 1)
    assert longer_by != text
    return longer_by


@contextmanager
def _performance() -> Iterator[Run]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "schedules" / "holographic-24h.yaml", FOLDER)
    event = FOLDER / "demo.yaml"
    event.write_text(longer((ROOT / "schedules" / "demo.yaml").read_text()))
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        stage = set_up(event, folder, ROOT / "build" / "rehearsal", lambda line: print(line))
        with (
            Pushers(*read_plan(stage.plan)),
            Run(event, folder, stage.environment, "--start", "now") as run,
        ):
            yield run


def measure() -> list[Row]:
    with _performance() as run:
        grid, day = run.grid(), run.day()
        end_n = min(day.end_n - 1, day.start_n + round(min(SECONDS, 86_400) * grid.fps))
        until("the event begins", lambda: run.now_n() >= day.start_n, 60)
        before, stolen_before_s = run.facts("programme"), stolen_s()
        lateness: list[dict[str, float]] = []
        with Watch(run.public, grid, [TRACK, "a"]) as watching:
            for n in [*range(run.now_n(), end_n, 30 * grid.fps), end_n]:
                watching.wait_for(n, timeout_s=60)
                lateness.append(run.facts("programme")["late_ms"])
        after, stolen = run.facts("programme"), stolen_s() - stolen_before_s
        show = Show(day, [Order.of(record) for record in read_lines(run.live.orders)])
        asrun = run.asrun()
    rows = [_ticks(before, after, lateness, stolen, grid)]
    print(f"  ran; {rows[0].measured}; reading {end_n - day.start_n} pictures", flush=True)
    return rows + _read(watching, show, grid, day.start_n, end_n, asrun)


def _ticks(
    before: dict[str, Any],
    after: dict[str, Any],
    lateness: list[dict[str, float]],
    stolen: float,
    grid: Grid,
) -> Row:
    late = int(after["late_ticks"]) - int(before["late_ticks"])
    skipped = int(after["skipped"]) - int(before["skipped"])
    ticks = int(after["ticks"]) - int(before["ticks"])
    return Row(
        f"demo: ticks late by more than a frame in {ticks / grid.fps / 60:.1f} min",
        "0",
        f"{late} ({skipped} pictures skipped); lateness p99 at most "
        f"{max(one['p99'] for one in lateness)} ms, max {max(one['max'] for one in lateness)} ms; "
        f"the host took {stolen:.1f} s away",
        late == 0,
    )


def _read(
    watching: Watch, show: Show, grid: Grid, start_n: int, end_n: int, asrun: list[dict[str, Any]]
) -> list[Row]:
    numbers = numbers_of(show.resolved)
    switches = switches_of(show, numbers, start_n, end_n)
    wanted: dict[int, list[Switch]] = defaultdict(list)
    for switch in switches:
        for n in switch.window():
            wanted[n].append(switch)
    first_n = max(start_n, watching.first_n())
    heard: dict[tuple[int, str], list[tuple[int, Strip | None]]] = defaultdict(list)
    track = watching.tracks[TRACK]
    for picture in witness.pictures(track.init, watching.span(TRACK, first_n, end_n), grid):
        n = picture.n
        for switch in wanted.get(n, ()):
            if switch.is_mix:
                switch.pictures[n] = small(picture.luma)
            for box in switch.boxes:
                found = picture.strip(box)
                switch.seen[n, box] = found.site if found else None
        look = show.at(n)
        if n < first_n or n > end_n or look.outgoing is not None:
            continue
        for layer in look.scene.layers:
            if layer.gain_db is not None and layer.source in numbers:
                key = (look.scene.began_n, layer.source)
                heard[key].append((n, picture.strip(strip.cover(layer.place.box))))
    return _switch_rows(switches, show, numbers) + _sync_rows(
        heard, watching.sound(first_n, end_n), numbers, grid, end_n
    )


def numbers_of(day: Resolved) -> dict[str, int]:
    """What stands in the strip of each source."""
    feeds = {one.feed: one.number for one in contributions(day)}
    films = {f"clip.{clip}": clips.FIRST_NUMBER + i for i, clip in enumerate(day.clips, 1)}
    return feeds | films


def switches_of(show: Show, numbers: dict[str, int], start_n: int, end_n: int) -> list[Switch]:
    found: list[Switch] = []
    before: Scene | None = None
    for look in show.looks(start_n, end_n):
        if before is not None and _picture(look.scene) != _picture(before):
            layers = [*before.layers, *look.scene.layers]
            boxes = {strip.cover(layer.place.box) for layer in layers if layer.source in numbers}
            kind, frames = ("cut", 0)
            if look.outgoing is not None:
                kind, frames = look.transition.kind, look.transition.frames
            name = f"{look.scene.slot} {look.scene.shot}".strip() + f" ({kind})"
            switch = Switch(look.n, frames, name, kind == "mix", tuple(sorted(boxes)))
            if switch.window()[0] >= start_n and switch.window()[-1] < end_n:
                found.append(switch)
        before = look.scene
    return found


def _picture(scene: Scene) -> tuple[tuple[Box, str], ...]:
    return tuple((layer.place.box, layer.source) for layer in scene.layers)


class _Strips:
    """Pictures of every source that hold its strip and nothing else."""

    def __init__(self, numbers: dict[str, int], width: int, height: int) -> None:
        self._numbers = numbers
        self._pictures: dict[str, Planes] = {}
        self._size = width, height

    def read(self, source: str, n: int) -> Planes:
        if source not in self._pictures:
            picture = new_picture(*self._size)
            for plane in picture:
                plane[...] = 110
            self._pictures[source] = picture
        picture = self._pictures[source]
        if source in self._numbers:
            strip.draw(picture[0], self._numbers[source], n)
        return picture

    def is_whole(self, source: str) -> bool:
        return True


def frames_off(switch: Switch, show: Show, numbers: dict[str, int]) -> int | None:
    """None if nothing about this switch can be read."""
    width, height = 854, 480
    mixer = Compositor(width, height, _Strips(numbers, width, height))
    out = new_picture(width, height)
    expected: dict[tuple[int, Box], int | None] = {}
    pictures: dict[int, Luma] = {}
    for n in switch.window():
        mixer.render(show.at(n), out)
        pictures[n] = small(out[0])
        for box in switch.boxes:
            found = strip.read(out[0], box)
            expected[n, box] = found.site if found else None
    half = AROUND // 2
    inner = list(switch.window())[half:-half]

    def sites_that_differ(shift: int) -> float:
        return sum(
            expected[n - shift, box] != switch.seen.get((n, box))
            for n in inner
            for box in switch.boxes
        )

    def shares_that_differ(shift: int) -> float:
        return sum(abs(ought[n - shift] - came[n]) for n in inner)

    differences = sites_that_differ
    if switch.is_mix and len(switch.pictures) == len(pictures):
        ought, came = shares_of(pictures), shares_of(switch.pictures)
        differences = shares_that_differ
    shifts = sorted(range(-half, half + 1), key=abs)
    scores = {shift: differences(shift) for shift in shifts}
    if len(set(scores.values())) == 1:
        return None
    return min(shifts, key=lambda shift: scores[shift])


def small(luma: NDArray[np.uint8]) -> Luma:
    return luma[::EVERY, ::EVERY].astype(np.float32)


def shares_of(pictures: dict[int, Luma]) -> dict[int, float]:
    """How much of the last picture is in each, 0 to 1; the rest is the first."""
    before, after = pictures[min(pictures)], pictures[max(pictures)]
    way = after - before
    length = float((way * way).sum()) or 1.0
    return {n: float(((one - before) * way).sum()) / length for n, one in pictures.items()}


def _switch_rows(switches: list[Switch], show: Show, numbers: dict[str, int]) -> list[Row]:
    off = {switch.name + f" @{switch.n}": frames_off(switch, show, numbers) for switch in switches}
    read = {name: abs(frames) for name, frames in off.items() if frames is not None}
    wrong = [f"{name}: {off[name]:+d}" for name, frames in read.items() if frames]
    unread = [name for name, frames in off.items() if frames is None]
    more = f"; nothing to be read in {len(unread)}: {', '.join(unread)}" if unread else ""
    return [
        Row(
            f"demo: scheduled switches, frames off ({len(read)} of {len(off)} switches read)",
            "0",
            f"{max(read.values(), default=-1)}" + (f": {', '.join(wrong)}" if wrong else "") + more,
            bool(read) and not wrong,
        )
    ]


def _sync_rows(
    heard: dict[tuple[int, str], list[tuple[int, Strip | None]]],
    sound: witness.Sound,
    numbers: dict[str, int],
    grid: Grid,
    end_n: int,
) -> list[Row]:
    offsets: dict[str, list[float]] = defaultdict(list)
    at_the_end: dict[str, list[float]] = defaultdict(list)
    for (_, source), seen in heard.items():
        first, last = (grid.sample_of(seen[i][0]) - sound.first for i in (0, -1))
        piece = witness.Sound(sound.first + max(0, first), sound.samples[max(0, first) : last])
        onsets = witness.beeps(piece, numbers[source])
        found = witness.lip_sync_ms(seen, onsets, numbers[source], grid)
        offsets[source] += found
        if seen[0][0] > end_n - (LONGER_S + 40) * grid.fps:
            at_the_end[source] += found
    rows = []
    for when, some in (("", offsets), (", its last three minutes", at_the_end)):
        worst = {s: max(map(abs, found)) for s, found in some.items() if found}
        last = max(worst, key=lambda s: worst[s], default="nobody")
        silent = [s for s, found in some.items() if not found]
        said = ", ".join(
            f"{source} {percentile(found, 0.5):+.0f}" for source, found in some.items() if found
        )
        beeps = sum(map(len, some.values()))
        limit = 1000 / grid.fps
        rows.append(
            Row(
                f"demo{when}: lip sync of {len(worst)} sources heard, {beeps} beeps",
                "± 1 frame (33 ms)",
                f"worst {max(worst.values(), default=float('inf')):.1f} ms ({last}, of "
                f"{len(some.get(last, ()))}); medians {said}"
                + (f"; without a beep to be read: {', '.join(silent)}" if silent else ""),
                bool(worst) and max(worst.values()) <= limit and not silent,
            )
        )
    return rows
