"""A slot that HLS may not carry: viewers, DVR and scrubbing get slate, to the part; the recording
of the same audience gets the programme. Gate and origin are killed meanwhile."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import suppress

import av
import numpy as np
import pytest
from fakestream import FakeStream

from orchestrator.bus.decisions import NOT_FOR_OUTPUT, REAL, Column
from orchestrator.bus.lines import LineWriter
from orchestrator.bus.sent import REAL as SENT_REAL
from orchestrator.bus.sent import SLATE, read_sent
from orchestrator.media.boxes import restamp

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(150)]

RECORD = {"audience": "open", "track": "180p", "each": "slot", "keep_s": 86_400}


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeStream]:
    """Two segments in four are not for HLS. Gate and origin die in the first such stretch."""
    state = tmp_path_factory.mktemp("slot-outputs")
    with FakeStream(record=RECORD, dvr_s=600, state=state) as running:
        options = {"programme": ["--slate-output", "hls"]}
        running.start("gate", "programme", "recorder", "origin", **options)
        asrun = LineWriter(running.tree.asrun)
        n = running.grid.first_frame(running.wait_for(lambda: _apart(running))[0])
        asrun.append({"n": n, "event": "slot", "slot": "one", "audience": "open"})
        running.kill("gate")
        running.kill("origin")
        running.start("gate", "origin")
        running.wait_for(lambda: len({k // 8 for k in _apart(running)}) >= 3)
        running.wait_for(lambda: len(_dvr_uris(running)) >= 3)
        running.terminate("recorder")  # it writes down what it has noted
        yield running


def _apart(stream: FakeStream) -> list[int]:
    """Columns of which viewers have something else."""
    return [column["k"] for column in stream.columns() if "hls" in column]


def _columns(stream: FakeStream) -> dict[int, Column]:
    return {column["k"]: Column.of(column) for column in stream.columns()}


def _is_barred(stream: FakeStream, k: int) -> bool:
    return stream.grid.msn_of(k) % 4 >= 2


def _dvr_uris(stream: FakeStream) -> list[str]:
    status, _, body = stream.get("/hls/180p/dvr.m3u8")
    return re.findall(r"^dvr/.*", body.decode(), re.MULTILINE) if status == 200 else []


def _bars(file: bytes) -> list[int | None]:
    """Where the fake programme's bar is in each picture; None on slate. A damaged one raises."""
    with av.open(io.BytesIO(file), "r", options={"err_detect": "explode"}) as container:
        pictures = [frame.to_ndarray()[:180, :320] for frame in container.decode(video=0)]
    bright = [np.flatnonzero(luma[20:160].mean(axis=0) > 205) for luma in pictures]
    return [round(int(at[0]) * 64 / 320) if len(at) else None for at in bright]


def _first_bar(file: bytes) -> int | None:
    """The same of a key picture alone."""
    with av.open(io.BytesIO(file), "r", format="mp4") as container, suppress(av.FFmpegError):
        packet = next(container.demux(video=0))
        decoder = container.streams.video[0].codec_context
        [picture, *_] = [*decoder.decode(packet), *decoder.decode(None)]
        bright = np.flatnonzero(picture.to_ndarray()[20:160, :320].mean(axis=0) > 205)
        return round(int(bright[0]) * 64 / 320) if len(bright) else None
    raise AssertionError("no picture")


def _expected(stream: FakeStream, first_k: int, count: int) -> list[int | None]:
    """The bars that viewers are to see from a segment's start on, as it was decided."""
    grid, columns = stream.grid, _columns(stream)
    real = {k for k, column in columns.items() if column.for_hls().tracks["180p"] == REAL}
    ns = range(grid.first_frame(first_k), grid.first_frame(first_k + count))
    return [n % 64 if grid.part_of(n) in real else None for n in ns]


def test_viewers_get_slate_in_that_slot_to_the_part_and_others_the_programme(
    stream: FakeStream,
) -> None:
    columns = list(_columns(stream).values())
    real = [column for column in columns if set(column.tracks.values()) == {REAL}]
    uris = re.findall(r'#EXT-X-PART:.*URI="(\S+?)"', stream.playlist())
    init = stream.get("/hls/180p/init.mp4")[2]
    first = next(i for i, uri in enumerate(uris) if uri.split(".")[1] == "0")
    bodies = [stream.get(f"/hls/180p/{uri}")[2] for uri in uris[first:]]
    first_k = int(uris[first].split(".")[0]) * 4

    assert {c.for_hls().is_apart for c in real if _is_barred(stream, c.k)} == {True}
    assert {c.for_hls().is_apart for c in real if not _is_barred(stream, c.k)} == {False}
    assert [c.k for c in columns] == list(range(columns[0].k, columns[-1].k + 1))
    shown = _bars(init + b"".join(bodies))
    assert shown == _expected(stream, first_k, len(bodies))
    assert {value is None for value in shown} == {True, False}


def test_their_sound_is_silent_in_it(stream: FakeStream) -> None:
    grid = stream.grid
    slate = [(stream.tree.slate / f"a.{j}").read_bytes() for j in range(4)]
    real = [c for c in _columns(stream).values() if c.tracks["a"] == REAL]
    for column in real[-24:]:
        k = column.k
        silent = restamp(slate[column.hls_tracks.get("a", 0)], grid.audio_tfdt(k), k)
        body = stream.get(f"/hls/a/{grid.msn_of(k)}.{grid.index_of(k)}.m4s")[2]
        assert (body == silent) == _is_barred(stream, k)


def test_the_dvr_and_the_iframes_have_the_slate_too(stream: FakeStream) -> None:
    init = stream.get("/hls/180p/init.mp4")[2]
    kinds = set()
    for uri in _dvr_uris(stream)[-2:]:
        g = int(re.split(r"[/.]", uri)[-2])
        shown = _bars(init + stream.get(f"/hls/180p/{uri}")[2])
        assert shown == _expected(stream, g * 12, 12)
        kinds |= {value is None for value in shown}
    assert kinds == {True, False}

    listed = stream.get("/hls/180p/iframes.m3u8")[2].decode()
    for length, uri in re.findall(r"#EXT-X-BYTERANGE:(\d+)@0\n(\S+)", listed)[-8:]:
        body = stream.get(f"/hls/180p/{uri}", Range=f"bytes=0-{int(length) - 1}")[2]
        assert _first_bar(init + body) == _expected(stream, int(uri.split(".")[0]) * 4, 1)[0]


def test_the_recording_of_the_same_audience_is_whole(stream: FakeStream) -> None:
    spans = read_sent(stream.state / "sent" / "record.jsonl")
    recorded = {
        k for span in spans if span.what == SENT_REAL for k in range(span.from_k, span.to_k + 1)
    }

    assert {k for k in _apart(stream)[-16:] if k <= spans[-1].to_k} <= recorded
    assert recorded & set(_apart(stream))
    assert NOT_FOR_OUTPUT not in {span.why for span in spans}


def test_what_each_output_sent_says_so(stream: FakeStream) -> None:
    spans = read_sent(stream.state / "sent" / "hls.jsonl")
    barred = [span for span in spans if span.why == NOT_FOR_OUTPUT]

    assert {span.what for span in barred} == {SLATE}
    assert max(span.to_k - span.from_k for span in barred) >= 3
    assert all(_is_barred(stream, k) for span in barred for k in range(span.from_k, span.to_k + 1))


def test_a_look_back_over_such_a_stretch_takes_back_both(stream: FakeStream) -> None:
    grid, tree = stream.grid, stream.tree
    apart = _apart(stream)[-1]
    stream.wait_for(lambda: stream.columns()[-1]["k"] >= apart + 2)
    first, last = stream.gate("privacy", look_back_s=20)["redacted"]
    stream.gate("restore")
    old = [
        tree.public_part(grid, folder, track, k)
        for folder in ("open", "open.hls")
        for track in ("180p", "a")
        for k in range(first, last + 1)
    ]
    stream.wait_for(lambda: not any(path.exists() for path in old))
    uris = [
        uri
        for uri in re.findall(r'#EXT-X-PART:.*URI="(\S+?)"', stream.playlist())
        if first <= grid.part(*map(int, uri.split(".")[:2])) <= last
    ]
    parts = [stream.wait_for(lambda uri=uri: _body(stream, uri)) for uri in uris]

    assert first <= apart <= last
    assert all(".r" in uri for uri in uris)
    start = next(i for i, uri in enumerate(uris) if uri.split(".")[1] == "0")
    init = stream.get("/hls/180p/init.mp4")[2]
    assert set(_bars(init + b"".join(parts[start:]))) == {None}


def _body(stream: FakeStream, uri: str) -> bytes:
    status, _, body = stream.get(f"/hls/180p/{uri}")
    return body if status == 200 else b""
