"""Scrubbing in any player: I-frame playlists, byte ranges, and the sound alone for weak links."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import av
import pytest
from fakestream import FakeStream
from players import watch

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def stream() -> Iterator[FakeStream]:
    with FakeStream() as running:
        running.start("gate", "programme", "origin")
        running.wait_for(lambda: len([c for c in running.columns() if not c["why"]]) > 8)
        yield running


def _listed(stream: FakeStream) -> list[tuple[str, int]]:
    status, _, body = stream.get("/hls/180p/iframes.m3u8")
    assert status == 200
    ranges = re.findall(r"#EXT-X-BYTERANGE:(\d+)@0\n(\S+)", body.decode())
    return [(uri, int(length)) for length, uri in ranges]


def _range(stream: FakeStream, uri: str, text: str) -> tuple[int, dict[str, str], bytes]:
    return stream.get(f"/hls/180p/{uri}", Range=text)


def test_each_range_decodes_to_the_first_picture_of_its_segment(stream: FakeStream) -> None:
    init = stream.get("/hls/180p/init.mp4")[2]
    listed = _listed(stream)
    assert len(listed) >= 2

    for uri, length in listed:
        status, headers, body = _range(stream, uri, f"bytes=0-{length - 1}")
        whole = stream.get(f"/hls/180p/{uri}")[2]
        assert (status, len(body)) == (206, length)
        assert headers["content-range"] == f"bytes 0-{length - 1}/{len(whole)}"
        assert _first_picture(init + body) == _first_picture(init + whole)


def _first_picture(file: bytes) -> tuple[int | None, bytes]:
    with av.open(io.BytesIO(file), "r", format="mp4") as container, suppress(av.FFmpegError):
        for packet in container.demux(video=0):
            assert packet.is_keyframe
            container.streams.video[0].codec_context.thread_type = "NONE"
            for frame in [*packet.decode(), *container.streams.video[0].codec_context.decode(None)]:
                return frame.pts, frame.to_ndarray(format="gray").tobytes()
    raise AssertionError("no picture")


def test_ranges_are_answered_as_rfc_9110_asks(stream: FakeStream) -> None:
    uri, _ = _listed(stream)[0]
    whole = stream.get(f"/hls/180p/{uri}")[2]

    assert _range(stream, uri, "bytes=10-19")[2] == whole[10:20]
    assert _range(stream, uri, "bytes=-7")[2] == whole[-7:]
    assert _range(stream, uri, f"bytes={len(whole) - 3}-")[2] == whole[-3:]
    assert _range(stream, uri, f"bytes={len(whole)}-")[0] == 416
    assert _range(stream, uri, "bytes=0-1,5-6")[2] == whole
    assert _range(stream, uri, "pictures=1-2")[2] == whole
    assert stream.get(f"/hls/180p/{uri}")[1]["accept-ranges"] == "bytes"


def test_the_sound_has_no_iframes(stream: FakeStream) -> None:
    assert stream.get("/hls/a/iframes.m3u8")[0] == 404
    assert stream.get("/hls/8k/iframes.m3u8")[0] == 404


@pytest.mark.browser
def test_hls_js_shows_the_iframe_at_the_time_it_is_asked_for(stream: FakeStream) -> None:
    with watch(f"{stream.url}/hls/index.m3u8", "hls.js") as viewer:
        viewer.wait_playing()
        viewer.evaluate(
            """() => {
              const stills = hls.createIFramePlayer();
              const still = document.createElement("video");
              still.muted = true;
              document.body.append(still);
              stills.attachMedia(still);
              window.still = still;
              window.stillErrors = [];
              stills.on(Hls.Events.ERROR, (_, data) => stillErrors.push(data.details));
              stills.loadMediaAt(hls.levels[0].details.fragments[1].start + 0.1);
            }"""
        )
        for _ in range(100):
            if viewer.evaluate("still.readyState >= 2 && still.videoWidth > 0"):
                break
            viewer.wait(0.1)
        assert viewer.evaluate("[still.videoWidth, still.videoHeight]") == [320, 180]
        assert viewer.evaluate("stillErrors") == []
        assert not viewer.report().fatal_errors


@pytest.mark.browser
def test_the_page_plays_the_sound_alone_and_comes_back_to_the_picture(stream: FakeStream) -> None:
    with watch(f"{stream.url}/", "page") as viewer:
        viewer.wait_playing()
        for value, heights in (("sound", 0), ("-1", 180)):
            viewer.evaluate(
                f"""() => {{
                  const select = document.getElementById("quality");
                  select.value = "{value}";
                  select.dispatchEvent(new Event("change"));
                }}"""
            )
            _until_moving(viewer, heights)
        assert not viewer.report().fatal_errors


def _until_moving(viewer: Any, height: int) -> None:
    script = f"""() => {{
      const video = document.querySelector("video");
      const went = video.currentTime - (window.was ?? video.currentTime);
      window.was = video.currentTime;
      return video.videoHeight === {height} && went > 0;
    }}"""
    for _ in range(150):
        if viewer.evaluate(script):
            return
        viewer.wait(0.1)
    raise AssertionError(f"nothing moves at {height} lines: {viewer.report()}")
