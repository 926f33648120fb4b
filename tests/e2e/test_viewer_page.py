"""The viewer's page in Chromium: plays by itself, comes back by itself, runs nothing foreign."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakestream import FakeStream
from players import Viewer, watch

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

EVENT = """\
version: 1
event: {{id: page, title: "{title}", timezone: Europe/Paris, start: 2026-10-24 12:00, duration: 1h,
        audience: open}}
programme: {{size: 320x180, fps: 30}}
sites:
  pune: {{title: Sahyadri Institute, city: Pune, timezone: Asia/Kolkata,
         feeds: {{main: {{srt: "srt://127.0.0.1:9001"}}}}}}
outputs: {{hls: {{ladder: [180p], window: 60s}}}}
kinds: {{panel: {{graphics: []}}}}
rundown:
  - {{id: welcome, title: Welcome, kind: panel, site: pune, start: event, duration: 30m,
     flex: none}}
  - {{id: talk, title: {{en: A talk, fr: Un exposé}}, kind: panel, site: pune, duration: 30m,
     flex: none}}
"""
HOSTILE = "<script>alert(1)</script> & <b>friends</b>"


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[FakeStream]:
    event = tmp_path / "event.yaml"
    event.write_text(EVENT.format(title=HOSTILE))
    with FakeStream() as running:
        running.plan(event, into_s=600)
        running.start("gate", "programme", "origin")
        running.wait_for(lambda: running.columns() and not running.columns()[-1]["why"])
        yield running


def _text(viewer: Viewer, selector: str) -> str:
    return str(viewer.evaluate(f"document.querySelector('{selector}').textContent")).strip()


def _until(viewer: Viewer, script: str, timeout_s: float = 20) -> None:
    for _ in range(round(timeout_s / 0.1)):
        if viewer.evaluate(script):
            return
        viewer.wait(0.1)
    raise TimeoutError(script)


def test_the_page_runs_nothing_but_its_own_files_and_shows_titles_as_text(
    stream: FakeStream,
) -> None:
    stream.wait_for(lambda: b"friends" in stream.get("/")[2])
    status, headers, body = stream.get("/")
    page = body.decode()

    assert status == 200
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r"\sstyle=|\son\w+=", page)
    assert headers["x-content-type-options"] == "nosniff"
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        assert stream.get(path)[0] == 200, path


def test_nothing_but_the_public_files_is_served(stream: FakeStream) -> None:
    for path in ("/static/..%2f..%2fpyproject.toml", "/static/page.py", "/gate.token", "/metrics"):
        assert stream.get(path)[0] == 404, path


def test_the_page_plays_muted_tells_now_and_next_and_survives_the_gate_and_the_origin(
    stream: FakeStream,
) -> None:
    with watch(stream.url + "/", "page", timezone="America/Lima") as viewer:
        viewer.wait_playing()
        _until(viewer, "document.querySelector('.now-title') !== null")

        assert viewer.evaluate("document.querySelector('video').muted") is True
        assert _text(viewer, "h1") == HOSTILE
        assert _text(viewer, ".now-title") == "Welcome"
        assert "Sahyadri Institute, Pune" in _text(viewer, ".now .place")
        assert _text(viewer, ".next-title") == "A talk"
        assert "Lima" in _text(viewer, "#zone")
        viewer.evaluate("document.querySelector('#zone').click()")
        assert "Paris" in _text(viewer, "#zone")

        for name in ("gate", "origin"):
            stream.kill(name)
            stream.start(name)
            viewer.wait(3)
        report = viewer.report()

    assert report.fatal_errors == ()
    assert report.stalled_s < 1, str(report)


def test_the_page_comes_back_by_itself_when_the_server_was_away_for_long(
    stream: FakeStream,
) -> None:
    with watch(stream.url + "/", "page") as viewer:
        viewer.wait_playing()
        _until(viewer, "viewer.video.currentTime > 0 && viewer.latency() < 4")
        stream.kill("origin")
        stream.kill("gate")
        _until(viewer, "viewer.state === 'reconnecting' || viewer.video.readyState < 3", 40)
        stream.start("gate", "origin")

        _until(viewer, "viewer.video.readyState >= 3 && viewer.latency() < 5", 40)
        before = viewer.evaluate("viewer.video.currentTime")
        _until(viewer, f"viewer.video.currentTime > {before} + 1")

        assert _text(viewer, "#message") == ""


def test_keys_and_buttons_do_what_they_say(stream: FakeStream) -> None:
    with watch(stream.url + "/", "page") as viewer:
        viewer.wait_playing()

        def press(key: str) -> None:
            viewer.evaluate(
                "document.body.dispatchEvent("
                f"new KeyboardEvent('keydown', {{key: '{key}', bubbles: true, cancelable: true}}))"
            )

        press("m")
        _until(viewer, "!viewer.video.muted")
        assert viewer.evaluate("document.querySelector('#unmute').hidden") is True
        press("ArrowDown")
        _until(viewer, "viewer.video.volume < 1")
        press(" ")
        _until(viewer, "viewer.video.paused")
        assert viewer.evaluate("document.querySelector('#play').ariaLabel") == "Play"
        viewer.wait(1)
        press("k")
        _until(viewer, "!viewer.video.paused && viewer.isLive()")


def test_a_viewer_who_has_fallen_behind_is_brought_back_to_the_edge(stream: FakeStream) -> None:
    with watch(stream.url + "/", "page") as viewer:
        viewer.wait_playing()
        viewer.evaluate("viewer.video.pause()")
        stood = viewer.evaluate("viewer.video.currentTime")
        _until(viewer, "viewer.latency() > 7")
        assert viewer.evaluate("viewer.video.currentTime") == stood
        viewer.evaluate("viewer.video.play()")

        _until(viewer, "viewer.latency() < 5")


def test_titles_follow_the_viewer_s_language_and_the_keys_have_a_list(stream: FakeStream) -> None:
    with watch(stream.url + "/", "page", timezone="America/Lima") as viewer:
        _until(viewer, "document.querySelector('.next-title') !== null")
        assert _text(viewer, ".next-title") == "A talk"
        viewer.evaluate("Object.defineProperty(navigator, 'languages', {get: () => ['fr-CA']})")
        viewer.evaluate("document.querySelector('#zone').click()")  # which draws it anew

        assert _text(viewer, ".next-title") == "Un exposé"
        assert viewer.evaluate("document.querySelector('.next-title').lang") == "fr"

        viewer.evaluate(
            "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '?', bubbles: true}))"
        )
        assert viewer.evaluate("document.querySelector('#keys').open") is True


def test_a_browser_that_refuses_storage_has_a_guide_all_the_same(stream: FakeStream) -> None:
    with watch(stream.url + "/", "page", timezone="America/Lima") as viewer:
        _until(viewer, "document.querySelector('.next-title') !== null")
        viewer.evaluate(
            "Object.defineProperty(window, 'localStorage',"
            " {get() { throw new DOMException('no', 'SecurityError'); }})"
        )
        remade = viewer.evaluate(
            "import('/static/guide.js').then(({Guide}) => new Guide({"
            "zone: document.querySelector('#zone')}).useEventZone)"
        )

        viewer.evaluate("document.querySelector('#zone').click()")
        assert remade is False


def test_the_seek_bar_shows_a_still_of_what_lies_under_the_pointer(tmp_path: Path) -> None:
    with FakeStream(dvr_s=3600, state=tmp_path / "state") as running:
        running.start("gate", "programme", "recorder", "stills", "origin")
        running.wait_for(lambda: b"thumbs/" in running.get("/hls/thumbs.json")[2])
        running.wait_for(lambda: running.get("/poster.jpg")[0] == 200)
        with watch(running.url + "/", "page") as viewer:
            viewer.wait_playing()
            assert viewer.evaluate("viewer.video.hasAttribute('poster')") is False
            _until(viewer, "!document.querySelector('#timeline').hidden")

            # looked at again and again: the list of stills is asked for by the first look
            for share in (0.9, 0.95, 0.9, 0.95):
                viewer.point_at("#seek", share)
                viewer.wait(0.3)

            _until(viewer, "document.querySelector('#bubble-picture').naturalWidth === 160")
            assert viewer.evaluate("document.querySelector('#bubble-picture').hidden") is False
            assert viewer.report().errors == ()
