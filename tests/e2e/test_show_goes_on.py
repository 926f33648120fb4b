"""One long slot under commands, faults and kills: what viewers got, frame by frame."""

from __future__ import annotations

import itertools
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from harness.run import ROOT, Run, Sites, until
from harness.watch import Watch

from orchestrator.bus.decisions import REAL, Column
from orchestrator.bus.lines import read_lines

pytestmark = [pytest.mark.alone, pytest.mark.e2e, pytest.mark.timeout(120)]

EVENT = Path(__file__).parent / "events" / "long.yaml"
OSLO, QUITO = 1, 2


@dataclass
class Show:
    sites: Sites
    run: Run
    watch: Watch

    def seen(self, first_n: int, last_n: int) -> dict[int, int | None]:
        """Which site fills the picture, by frame; waits until the frames are public."""
        self.watch.wait_for(last_n)
        pictures = self.watch.pictures("180p", first_n, last_n)
        found = {picture.n: picture.strip() for picture in pictures}
        return {n: one.site if one else None for n, one in found.items()}

    def wait_for_site(self, number: int | None, timeout_s: float = 20.0) -> int:
        """A frame from now on at which that site (None: a slate) fills the picture."""
        asked_n = self.run.now_n()

        def look() -> int | None:
            newest = (self.watch.tracks["180p"].newest() + 1) * self.run.grid().part_frames - 1
            if newest < asked_n:
                return None
            seen = self.seen(newest - 5, newest)
            return newest if seen.get(newest, -1) == number else None

        return until(f"site {number} is on", look, timeout_s)

    def taken(self, answer: str) -> int:
        """The frame at which an order really took, from its answer and the as-run."""
        match = re.search(r"journal (\d+), frame (\d+)", answer)
        assert match
        seq = int(match[1])

        def scene() -> int | None:
            records = [r for r in self.run.asrun() if r["event"] == "scene"]
            return next((int(r["n"]) for r in records if r["cause"]["seq"] == seq), None)

        return until(f"order {seq} is in the as-run", scene, 5)


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    folder = tmp_path_factory.mktemp("show")
    sites = Sites(EVENT, folder, ROOT / "build" / "rehearsal")
    with (
        sites.pushers,
        Run(EVENT, folder, sites.environment, "--start", "now") as run,
        Watch(run.public, run.grid(), ["180p", "a"]) as watch,
    ):
        show = Show(sites, run, watch)
        watch.wait_for(run.day().start_n + 30)
        show.wait_for_site(OSLO)
        yield show


@pytest.fixture(autouse=True)
def nothing_odd_in_the_playlists(show: Show) -> Iterator[None]:
    """Whatever happens: no part is missing, no gap and no discontinuity is announced."""
    yield
    assert not any(show.watch.holes().values())
    assert not any(track.odd_lines for track in show.watch.tracks.values())


def changes(seen: dict[int, int | None]) -> list[tuple[int, int | None]]:
    pairs = itertools.pairwise(sorted(seen.items()))
    return [(n, site) for (_, before), (n, site) in pairs if site != before]


def test_a_take_is_on_from_its_frame_and_a_release_gives_the_schedule_back(show: Show) -> None:
    before_n = show.run.now_n()
    took_n = show.taken(show.run.command("take", "quito.headset", "--reason", "a test"))
    assert changes(show.seen(before_n, took_n + 40)) == [(took_n, QUITO)]

    answer = show.run.command("release")
    match = re.search(r"frame (\d+)", answer)
    assert match
    assert changes(show.seen(took_n + 40, int(match[1]) + 40)) == [(int(match[1]), OSLO)]


def test_blank_shows_slate_in_silence_and_unblank_the_programme(show: Show) -> None:
    grid = show.run.grid()

    def column(answer: str) -> int:
        match = re.search(r"segment (\d+), part (\d+)", answer)
        assert match
        return grid.part(int(match[1]), int(match[2]))

    first = grid.first_frame(column(show.run.command("blank", "--reason", "a test")))
    seen = show.seen(first - 16, first + 63)
    assert changes(seen) == [(first, None)]
    assert np.abs(show.watch.sound(first + 16, first + 48).samples).max() < 0.02

    again = grid.first_frame(column(show.run.command("unblank")))
    back = changes(show.seen(again - 16, again + 95))
    assert [site for _, site in back] == [OSLO]
    assert 0 <= back[0][0] - again <= grid.segment_frames


def test_a_site_that_goes_is_replaced_by_its_slate_and_comes_back(show: Show) -> None:
    began_n = show.run.now_n()
    show.sites.pushers.hold("oslo.headset")
    gone_n = show.wait_for_site(None)
    show.sites.pushers.resume("oslo.headset")
    back_n = show.wait_for_site(OSLO)

    assert [site for _, site in changes(show.seen(began_n, back_n))] == [None, OSLO]
    assert gone_n - began_n < 5 * 30
    why = [r["why"] for r in show.run.asrun() if r["event"] == "failover" and r["n"] >= began_n]
    assert why


@pytest.mark.parametrize("victim", ["origin", "control", "gate", "feed.quito.headset"])
def test_killing_what_is_not_the_picture_changes_nothing_on_it(show: Show, victim: str) -> None:
    before_n = show.run.now_n()
    show.run.wait_for_another(victim, show.run.kill(victim))
    after_n = show.run.now_n() + 60

    seen = show.seen(before_n, after_n)

    slate = sum(site is None for site in seen.values())
    assert slate <= (48 if victim == "gate" else 0)
    assert set(seen.values()) <= {OSLO, None}
    assert seen[after_n] == OSLO


def test_killing_the_feed_on_air_costs_its_place_for_moments(show: Show) -> None:
    before_n = show.run.now_n()
    show.run.wait_for_another("feed.oslo.headset", show.run.kill("feed.oslo.headset"))
    back_n = show.wait_for_site(OSLO)

    assert set(show.seen(before_n, back_n).values()) <= {OSLO, None}


def test_killing_the_programme_shows_slate_for_a_moment_and_numbers_go_on(show: Show) -> None:
    before_n = show.run.now_n()
    show.run.wait_for_another("programme", show.run.kill("programme"))
    back_n = show.wait_for_site(OSLO)

    seen = show.seen(before_n, back_n)
    slate = sum(site is None for site in seen.values())
    assert 0 < slate <= 3 * 30
    columns = [Column.of(r) for r in read_lines(show.run.live.decisions) if "act" not in r]
    numbers = [column.k for column in columns]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert columns[-1].tracks == {"180p": REAL, "a": REAL}


@pytest.mark.parametrize("track", ["180p", "a"])
def test_everything_published_decodes_without_an_error(
    show: Show, track: str, tmp_path: Path
) -> None:
    fetched = show.watch.tracks[track]
    file = tmp_path / "all.mp4"
    file.write_bytes(fetched.init + b"".join(fetched.parts[k].body for k in sorted(fetched.parts)))

    decode = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-xerror", "-i", str(file)]
    done = subprocess.run([*decode, "-f", "null", "-"], capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stderr) == (0, "")
