"""The DVR as viewers get it: played from disk by an independent player, closed to what was taken
back, and unmoved by the deaths of those who make it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from itertools import pairwise

import av
import pytest
from fakestream import FakeStream
from hlscheck.strict import hls_parser

from orchestrator.bus.dvr import DvrFollower, DvrIndex, segment_path
from orchestrator.media.boxes import read_part

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

GROUP_S = 6.4


@pytest.fixture(scope="module")
def stream() -> Iterator[FakeStream]:
    with FakeStream(dvr_s=3600) as running:
        running.start("gate", "programme", "recorder", "origin")
        running.wait_for(lambda: len(_uris(running)) >= 2, 60)
        yield running


def _text(stream: FakeStream, path: str) -> str:
    status, _, body = stream.get(path)
    return body.decode() if status == 200 else ""


def _uris(stream: FakeStream, track: str = "180p", query: str = "") -> list[str]:
    return re.findall(r"^dvr/.*", _text(stream, f"/hls/{track}/dvr.m3u8{query}"), re.MULTILINE)


def _index(stream: FakeStream) -> DvrIndex:
    follower = DvrFollower(stream.state / "dvr")
    follower.look()
    follower.close()
    return follower.index


def _window(stream: FakeStream) -> dict[str, object]:
    return dict(json.loads(stream.get("/dvr.json")[2]))


def test_a_player_plays_all_of_it_in_order(stream: FakeStream) -> None:
    uris = _uris(stream)
    stamps = []
    with av.open(f"{stream.url}/hls/dvr.m3u8", options={"live_start_index": "0"}) as container:
        for frame in container.decode(video=0):
            assert frame.time is not None
            stamps.append(frame.time)
            if len(stamps) == len(uris) * 192:
                break

    steps = {round((b - a) * 30) for a, b in pairwise(stamps)}
    assert steps == {1}


def test_its_playlists_satisfy_a_strict_parser(stream: FakeStream) -> None:
    paths = ["/hls/dvr.m3u8", "/hls/180p/dvr.m3u8", "/hls/a/dvr.m3u8"]

    texts = [_text(stream, path) for path in paths]

    # it takes every EXT-X-SERVER-CONTROL for low latency; the draft (4.4.3.8) does not
    complaints = {c for c in hls_parser(texts) if "CAN-BLOCK-RELOAD=YES is mandatory" not in c}
    assert complaints == set()


def test_a_segment_comes_whole_or_by_its_bytes_and_names_its_time(stream: FakeStream) -> None:
    uri = _uris(stream)[0]
    g = int(uri.split("/")[1].split(".")[0])
    status, headers, body = stream.get(f"/hls/180p/{uri}")
    part, ranged, some = stream.get(f"/hls/180p/{uri}", Range="bytes=100-199")

    index = _index(stream)
    assert index.shape is not None
    assert body == segment_path(stream.state / "dvr", index.shape, "180p", g).read_bytes()
    assert (status, headers["content-type"]) == (200, "video/mp4")
    assert (part, ranged["content-range"]) == (206, f"bytes 100-199/{len(body)}")
    assert some == body[100:200]
    assert read_part(body).tfdt == stream.grid.video_tfdt(g * 12)
    assert stream.get(f"/hls/180p/{uri}", Range=f"bytes={len(body)}-")[0] == 416


def test_the_page_is_told_how_far_back_it_may_go(stream: FakeStream) -> None:
    text = _text(stream, "/hls/180p/dvr.m3u8")
    first = re.search(r"PROGRAM-DATE-TIME:(\S+)", text)

    window = _window(stream)

    assert first is not None
    assert window["start"] == first[1]
    assert str(window["end"]) > str(window["start"])


def test_nothing_else_on_the_disk_can_be_named(stream: FakeStream) -> None:
    uri = _uris(stream)[0]
    for path in (
        "/hls/180p/dvr/index.jsonl",
        "/hls/180p/dvr/..%2f..%2findex.jsonl",
        "/hls/other/dvr.m3u8",
        f"/hls/other/{uri}",
        f"/hls/180p/{uri.replace('.m4s', '.r9.m4s')}",
        "/hls/180p/dvr/1.m4s",
        "/hls/180p/dvr/999999999999.m4s",
    ):
        assert stream.get(path)[0] == 404, path


def test_it_is_there_at_once_when_the_origin_comes_back(stream: FakeStream) -> None:
    before = _uris(stream)
    stream.kill("origin")
    stream.start("origin")

    stream.wait_for(lambda: _uris(stream))

    assert _uris(stream)[: len(before)] == before
    assert all(stream.get(f"/hls/a/{uri}")[0] == 200 for uri in before)


def test_what_is_taken_back_answers_410_and_plays_as_slate_under_its_new_name(
    stream: FakeStream,
) -> None:
    before = _uris(stream)
    stream.gate("privacy", look_back_s=GROUP_S * 2)

    # at once, whatever the recorder does: the names are gone when the act is public
    stream.wait_for(lambda: stream.get(f"/hls/180p/{before[-1]}")[0] == 410)
    renamed = stream.wait_for(
        lambda: [u for u in _uris(stream) if ".r" in u and stream.get(f"/hls/180p/{u}")[0] == 200]
    )

    init = stream.get("/hls/180p/init.mp4")[2]
    for uri in renamed:
        body = stream.get(f"/hls/180p/{uri}")[2]
        with av.open(io.BytesIO(init + body), options={"err_detect": "explode"}) as container:
            assert sum(1 for _ in container.decode(video=0)) == 192
    for uri in before:
        if uri not in _uris(stream):
            assert stream.get(f"/hls/180p/{uri}")[0] == 410
    assert len(_uris(stream)) >= len(before)
    stream.gate("restore")


def test_without_a_recorder_what_there_was_is_served_on(stream: FakeStream) -> None:
    uris = _uris(stream)
    stream.kill("recorder")

    assert all(stream.get(f"/hls/180p/{uri}")[0] == 200 for uri in uris)
    assert _uris(stream) == uris


def test_an_event_that_keeps_no_dvr_says_so() -> None:
    with FakeStream() as stream:
        stream.start("gate", "origin")
        stream.playlist()

        assert _window(stream) == {"start": None, "end": None, "slots": []}
        assert stream.get("/hls/dvr.m3u8")[0] == 404
        assert stream.get("/hls/180p/dvr.m3u8")[0] == 404
