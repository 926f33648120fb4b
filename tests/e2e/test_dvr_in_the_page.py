"""A viewer looks back in the page, in Chromium, and what plays is the picture of that moment: each
picture carries its number (`rehearsal/strip.py`). shaka plays the same playlists."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import av
import pytest
from harness.run import ROOT, Run, Sites, until, write_event
from players import Viewer, watch

from orchestrator.bus.decisions import Column
from orchestrator.bus.lines import read_lines
from orchestrator.rehearsal import strip
from orchestrator.rehearsal.loops import SMALL

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(300)]

LONG = ROOT / "tests" / "e2e" / "events" / "long.yaml"
FPS = 30
FILM = replace(SMALL, seconds=32)
"""Its pictures are numbered from 0 to 959, then again."""
BACK_S = 20
"""Further than the live playlist reaches: that has seven segments of 2.1 s."""

SPOKEN = "document.querySelector('#seek').getAttribute('aria-valuetext')"
"""What a screen reader says of the bar."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("dvr")
    text = LONG.read_text().replace("window: 5m", "window: 30s, dvr: 10m")
    event = write_event(folder / "dvr.yaml", text)
    sites = Sites(event, folder, ROOT / "build" / "rehearsal", FILM)
    with (
        sites.pushers,
        Run(event, folder, sites.environment, "--start", "now", wait_s=60) as running,
    ):
        until("there is enough to look back at", lambda: _shown_s(running) > BACK_S + 12, 90)
        yield running


def _shown_s(run: Run) -> float:
    """How long the site's own pictures have been public. The programme runs before the event
    begins; on a busy machine, for long."""
    scenes = [line for line in run.asrun() if line["event"] == "scene"]
    columns = [Column.of(r) for r in read_lines(run.live.decisions) if "tracks" in r]
    real = [c.k for c in columns if not c.why]
    if not real or not scenes or scenes[-1]["places"][0]["source"] != "oslo.headset":
        return 0.0
    return (run.grid().first_frame(real[-1]) - int(scenes[-1]["n"])) / FPS


def _until(viewer: Viewer, script: str, timeout_s: float = 20) -> None:
    for _ in range(round(timeout_s / 0.1)):
        if viewer.evaluate(script):
            return
        viewer.wait(0.1)
    raise TimeoutError(f"{script}; {viewer.report()}")


def _counter(png: bytes) -> int | None:
    with av.open(io.BytesIO(png)) as container:
        luma = next(container.decode(video=0)).to_ndarray(format="gray")
    found = strip.read(luma)
    return found.counter if found else None


def _numbered(viewer: Viewer, script: str) -> tuple[int, list[Any]]:
    """The number of the picture on the screen, and what `script` says at that moment."""
    for _ in range(200):
        *said, url = viewer.evaluate(f"[{script}, currentFrame()]")
        counter = _counter(base64.b64decode(url.split(",", 1)[1]))
        if counter is not None:
            return counter, said
        viewer.wait(0.1)
    raise TimeoutError(f"no picture with a number; {viewer.report()}")


def _seen(viewer: Viewer) -> tuple[int, float, str]:
    """The number of the picture on the screen, its instant in seconds, and the playlist."""
    counter, (instant, playlist) = _numbered(viewer, "viewer.instant(), viewer.list")
    return counter, instant / 1000, str(playlist)


def _assert_apart(numbers: int, seconds: float) -> None:
    """Two pictures are as many numbers apart as their instants say."""
    off = (numbers - seconds * FPS + FILM.frames / 2) % FILM.frames - FILM.frames / 2
    assert abs(off) <= 4, f"{numbers} numbers apart in {seconds} s"


def _settled(viewer: Viewer) -> None:
    _until(viewer, "viewer.wanted === null && viewer.video.readyState >= 3 && !viewer.video.paused")
    before = viewer.evaluate("viewer.video.currentTime")
    _until(viewer, f"viewer.video.currentTime > {before} + 0.3")


def _pressed(key: str) -> str:
    """A script that presses a key."""
    event = json.dumps({"key": key, "bubbles": True, "cancelable": True})
    return f"document.body.dispatchEvent(new KeyboardEvent('keydown', {event}))"


def _press(viewer: Viewer, key: str) -> None:
    viewer.evaluate(_pressed(key))


def test_a_viewer_looks_back_sees_what_was_shown_then_and_goes_live_again(run: Run) -> None:
    with watch(run.public, "page") as viewer:
        viewer.wait_playing()
        _until(viewer, "!document.querySelector('#timeline').hidden && viewer.isLive()")
        now, now_s, playlist = _seen(viewer)
        assert playlist == "live.m3u8"

        # with the mouse, on the bar
        viewer.click_at("#seek", share=_share(viewer, now_s - BACK_S))
        _settled(viewer)
        old, old_s, playlist = _seen(viewer)
        assert playlist == "dvr.m3u8"
        assert now_s - old_s > BACK_S - 5
        _assert_apart(now - old, now_s - old_s)
        words = viewer.evaluate(SPOKEN)
        assert "Long" in words
        assert "behind live" in words
        # the focus has stayed on the bar: it tells of another slot, once it is known
        assert "A talk" in viewer.evaluate(f"({_told_of('A talk')}, {SPOKEN})")
        _until(viewer, f"{SPOKEN}.includes('Long')")

        # with the keys, within the same playlist
        before, wanted = viewer.evaluate(
            f"[viewer.instant(), {_pressed('ArrowRight')}, viewer.wanted]"
        )[::2]
        assert wanted - before == pytest.approx(10_000, abs=100)
        _settled(viewer)
        later, later_s, playlist = _seen(viewer)
        assert playlist == "dvr.m3u8"
        assert later_s > wanted / 1000
        _assert_apart(later - old, later_s - old_s)

        # it stays there: nothing hurries it back to the edge
        viewer.wait(3)
        assert viewer.evaluate("viewer.isLookingBack && viewer.video.playbackRate === 1")

        viewer.click_at("#live")
        _until(viewer, "viewer.isLive() && viewer.list === 'live.m3u8'")
        _settled(viewer)
        newest, newest_s, _ = _seen(viewer)
        _assert_apart(newest - now, newest_s - now_s)
        assert newest_s > now_s
        report = viewer.report()

    assert report.errors == ()


def _told_of(title: str) -> str:
    """A script: the page learns, as from the server, that this slot has been on all the time."""
    slot = (
        f"{{id: 'talk', title: {{en: {title!r}}}, kind: 'show', start: iso(dvr.start), end: null}}"
    )
    told = f"{{start: iso(dvr.start), end: iso(dvr.end), slots: [{slot}]}}"
    return f"(([dvr, iso]) => dvr.take({told}))([viewer.dvr, (ms) => new Date(ms).toISOString()])"


def _share(viewer: Viewer, at_s: float) -> float:
    low, high = viewer.evaluate("[viewer.dvr.start / 1000, viewer.edge() / 1000]")
    return float((at_s - low) / (high - low))


def test_a_short_look_back_stays_in_the_live_playlist_and_a_pause_goes_on_where_it_was(
    run: Run,
) -> None:
    with watch(run.public, "page", size=(390, 844)) as viewer:
        viewer.wait_playing()
        _until(viewer, "!document.querySelector('#timeline').hidden && viewer.isLive()")
        now, now_s, _ = _seen(viewer)

        _press(viewer, "ArrowLeft")
        _settled(viewer)
        old, old_s, playlist = _seen(viewer)
        assert playlist == "live.m3u8"
        assert old_s < now_s
        _assert_apart(now - old, now_s - old_s)
        _press(viewer, "l")
        _until(viewer, "viewer.isLive()")

        _press(viewer, " ")
        _until(viewer, "viewer.video.paused")
        stood, stood_s, _ = _seen(viewer)
        _until(viewer, f"viewer.edge() / 1000 > {stood_s} + 8")
        _press(viewer, " ")
        _settled(viewer)
        on, on_s, _ = _seen(viewer)
        assert 0 < on_s - stood_s < 4
        _assert_apart(on - stood, on_s - stood_s)
        wide = viewer.evaluate("document.documentElement.scrollWidth")
        report = viewer.report()

    assert report.errors == ()
    assert wide == 390


def test_what_was_on_can_be_chosen_from_a_list(run: Run) -> None:
    with watch(run.public, "page") as viewer:
        viewer.wait_playing()
        _until(viewer, "document.querySelector('.chapter') !== null")
        name = viewer.evaluate("document.querySelector('.chapter .next-title').textContent")
        viewer.click_at(".chapter")
        _settled(viewer)
        _, at_s, playlist = _seen(viewer)
        began_s = viewer.evaluate("viewer.dvr.slots.at(-1).start") / 1000

        assert name == "Long"
        assert playlist == "dvr.m3u8"
        assert at_s == pytest.approx(began_s, abs=12)  # its first picture may be late
        _until(viewer, "document.querySelector('.chapter[aria-current]') !== null")


def test_shaka_plays_the_dvr_at_its_end_and_before(run: Run) -> None:
    with watch(run.public + "hls/dvr.m3u8", "shaka") as viewer:
        viewer.wait_playing()
        at_edge = _dated(viewer)
        viewer.evaluate("void (video.currentTime = shakaPlayer.seekRange().end - 22)")
        _until(viewer, "!video.seeking && video.readyState >= 3")
        began = viewer.evaluate("video.currentTime")
        _until(viewer, f"video.currentTime > {began} + 2")
        earlier = _dated(viewer)
        report = viewer.report()

    assert at_edge[1] - earlier[1] > 2
    _assert_apart(at_edge[0] - earlier[0], at_edge[1] - earlier[1])
    assert report.errors == ()


def _dated(viewer: Viewer) -> tuple[int, float]:
    """The number of the picture that shaka shows, and when it says that was."""
    counter, (date_s,) = _numbered(viewer, "shakaPlayer.getPlayheadTimeAsDate() / 1000")
    return counter, float(date_s)
