"""Gate and origin as real processes, behind a fake programme: what viewers and operators get."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import io
import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from typing import Any

import av
import numpy as np
import pytest
from fakestream import FakeStream

from orchestrator.bus.decisions import REAL
from orchestrator.bus.label import Label
from orchestrator.media.boxes import read_part

pytestmark = pytest.mark.e2e

REAL_COLUMN = {"180p": REAL, "a": REAL}


@contextmanager
def _on_air() -> Iterator[FakeStream]:
    """Gate, programme and origin, with the programme on air."""
    with FakeStream() as running:
        running.start("gate", "programme", "origin")
        running.wait_for(lambda: any(c["tracks"] == REAL_COLUMN for c in running.columns()))
        yield running


@pytest.fixture(scope="module")
def calm() -> Iterator[FakeStream]:
    """A stream for tests that only look."""
    with _on_air() as running:
        yield running


@pytest.fixture
def stream() -> Iterator[FakeStream]:
    """A stream of one's own, to do things to."""
    with _on_air() as running:
        yield running


def _uris(playlist: str) -> list[str]:
    """Names of all parts, in order."""
    lines = playlist.splitlines()
    return [
        line.split('URI="')[1].split('"')[0] for line in lines if line.startswith("#EXT-X-PART:")
    ]


def _waiting(stream: FakeStream) -> int:
    facts = json.loads(stream.tree.facts("origin").read_text())
    return int(facts["waiting"])


def _assert_contiguous(stream: FakeStream, audience: str = "open") -> None:
    keys = [c["k"] for c in stream.columns(audience)]
    assert keys == list(range(keys[0], keys[0] + len(keys)))


# what a viewer gets


def test_the_first_answer_holds_a_whole_segment() -> None:
    with FakeStream() as stream:
        stream.start("gate", "origin")

        text = stream.playlist()

        assert "#EXTINF:2.133333334," in text


def test_what_is_served_decodes_without_an_error(calm: FakeStream) -> None:
    calm.wait_columns(6)
    for track, kind in (("180p", "video"), ("a", "audio")):
        _, _, init = calm.get(f"/hls/{track}/init.mp4")
        parts = [calm.get(f"/hls/{track}/{uri}")[2] for uri in _uris(calm.playlist(track))]

        with av.open(
            io.BytesIO(init + b"".join(parts)), "r", options={"err_detect": "explode"}
        ) as f:
            stamps = [frame.pts for frame in f.decode(**{kind: 0}) if frame.pts is not None]

        assert len(stamps) >= 16 * len(parts)
        assert len({b - a for a, b in pairwise(stamps)}) == 1


def test_a_segment_is_its_parts_joined(calm: FakeStream) -> None:
    msn = calm.wait_columns(5)[0]["k"] // 4

    calm.wait_for(lambda: calm.get(f"/hls/180p/{msn}.m4s")[0] == 200)
    parts = [calm.get(f"/hls/180p/{msn}.{i}.m4s")[2] for i in range(4)]

    assert calm.get(f"/hls/180p/{msn}.m4s")[2] == b"".join(parts)
    assert [read_part(p).tfdt for p in parts] == [
        calm.grid.video_tfdt(msn * 4 + i) for i in range(4)
    ]


def test_a_blocked_reload_is_answered_with_the_part_it_waits_for(calm: FakeStream) -> None:
    k = calm.wait_columns(1)[0]["k"] + 2

    text = calm.playlist(query=f"?_HLS_msn={k // 4}&_HLS_part={k % 4}")

    assert _uris(text)[-1] == f"{k // 4}.{k % 4}.m4s"
    assert f'PRELOAD-HINT:TYPE=PART,URI="{(k + 1) // 4}.{(k + 1) % 4}.m4s"' in text


def test_a_hinted_part_is_held_until_it_is_there(calm: FakeStream) -> None:
    k = calm.wait_columns(1)[0]["k"] + 1

    status, headers, body = calm.get(f"/hls/180p/{k // 4}.{k % 4}.m4s")

    assert status == 200
    assert read_part(body).tfdt == calm.grid.video_tfdt(k)
    assert headers["cache-control"] == "public, max-age=60"
    assert headers["access-control-allow-origin"] == "*"


def test_what_may_not_be_asked_is_refused(calm: FakeStream) -> None:
    msn = calm.wait_columns(1)[0]["k"] // 4

    def status(path: str) -> int:
        code, _, _ = calm.get(f"/hls/180p/{path}")
        return code

    assert status("live.m3u8?_HLS_part=1") == 400
    assert status(f"live.m3u8?_HLS_msn={msn + 4}") == 400
    assert status(f"live.m3u8?_HLS_msn={msn - 50}&_HLS_part=0") == 200
    assert status(f"{msn + 1}.3.m4s") == 404
    assert status(f"{msn}.9.m4s") == 404
    assert status("../../gate.token") == 404
    assert calm.get("/hls/8k/live.m3u8")[0] == 404


def test_playlists_are_compressed_for_who_asks_and_media_can_be_revalidated(
    calm: FakeStream,
) -> None:
    status, headers, packed = calm.get("/hls/a/live.m3u8", **{"Accept-Encoding": "gzip"})
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert gzip.decompress(packed).startswith(b"#EXTM3U")

    part = f"/hls/a/{_uris(calm.playlist('a'))[0]}"
    etag = calm.get(part)[1]["etag"]
    assert calm.get(part, **{"If-None-Match": etag})[0] == 304


def test_a_thousand_blocked_reloads_are_answered_together(calm: FakeStream) -> None:
    k = calm.wait_columns(1)[0]["k"] + 2
    path = f"/hls/180p/live.m3u8?_HLS_msn={k // 4}&_HLS_part={k % 4}"

    async def ask() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", calm.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        return answer

    async def ask_all() -> list[bytes]:
        return await asyncio.gather(*(ask() for _ in range(1000)))

    answers = asyncio.run(ask_all())

    assert len(answers) == 1000
    assert all(a.startswith(b"HTTP/1.1 200") for a in answers)
    waited_for = f"{k // 4}.{k % 4}.m4s".encode()
    assert all(waited_for in a for a in answers)


# what keeps on when something dies


def test_a_killed_programme_is_slate_at_once_and_back_at_its_first_idr(stream: FakeStream) -> None:
    stream.kill("programme")
    slate = stream.wait_columns(3)
    stream.start("programme")
    stream.wait_for(lambda: stream.columns()[-1]["tracks"] == REAL_COLUMN)

    assert [c["why"] for c in slate[-2:]] == ["missing"] * 2
    back = next(c for c in stream.columns() if c["k"] > slate[-1]["k"] and not c["why"])
    assert "180p" in back["idr"]
    _assert_contiguous(stream)


def test_a_frozen_programme_discards_what_comes_too_late(stream: FakeStream) -> None:
    stream.freeze("programme")
    stream.wait_columns(4)
    stream.thaw("programme")
    stream.wait_for(lambda: stream.columns()[-1]["tracks"] == REAL_COLUMN)

    _assert_contiguous(stream)
    stream.wait_columns(4)
    assert stream.columns()[-1]["tracks"] == REAL_COLUMN


def test_a_killed_gate_goes_on_where_it_was(stream: FakeStream) -> None:
    for _ in range(3):
        stream.kill("gate")
        stream.start("gate")
        stream.wait_columns(2)

    _assert_contiguous(stream)
    assert {c["why"] for c in stream.columns()[-4:]} == {""}


def test_connections_wait_while_the_origin_restarts(stream: FakeStream) -> None:
    stream.playlist()
    stream.kill("origin")
    statuses: list[int] = []
    asking = threading.Thread(target=lambda: statuses.append(stream.get("/hls/a/live.m3u8")[0]))
    asking.start()
    stream.start("origin")
    asking.join()

    assert statuses == [200]
    assert len(_uris(stream.playlist())) >= 4


def test_health_is_freshness(stream: FakeStream) -> None:
    stream.wait_for(lambda: stream.get("/healthz")[0] == 200)
    stream.kill("gate")
    stream.wait_for(lambda: stream.get("/healthz")[0] == 503)
    stream.start("gate")
    stream.wait_for(lambda: stream.get("/healthz")[0] == 200)


def test_an_orderly_stop_fails_the_health_check_and_lets_go_of_who_waits(
    stream: FakeStream,
) -> None:
    stream.playlist()
    stream.kill("gate")
    k = stream.columns()[-1]["k"] + 1
    with closing(http.client.HTTPConnection("127.0.0.1", stream.port, timeout=10)) as waiting:
        waiting.request("GET", f"/hls/180p/live.m3u8?_HLS_msn={k // 4}&_HLS_part={k % 4}")
        stream.wait_for(lambda: _waiting(stream) == 1)

        assert stream.terminate("origin") == 0

        answer = waiting.getresponse()
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")


def test_an_orderly_stop_of_the_gate_is_prompt_and_leaves_no_socket(stream: FakeStream) -> None:
    assert stream.terminate("gate") == 0
    assert not stream.tree.gate_socket.exists()


# safety


def test_a_wrong_token_opens_nothing(stream: FakeStream) -> None:
    answer = stream.gate("blank", token="guess")

    assert (answer["ok"], answer["code"]) == (False, "forbidden")
    assert {c["why"] for c in stream.wait_columns(2)} == {""}


@pytest.mark.parametrize(
    "request_",
    [{"act": "explode"}, {"act": "blank", "author": ""}, {"act": "privacy", "look_back_s": "x"}],
)
def test_what_the_gate_does_not_understand_changes_nothing(
    stream: FakeStream, request_: dict[str, Any]
) -> None:
    assert stream.gate(**request_)["ok"] is False
    assert all("act" not in r for r in stream.decisions())


def test_blank_is_on_air_from_the_very_next_part_until_unblank(stream: FakeStream) -> None:
    answer = stream.gate("blank")
    blank = stream.wait_columns(2)
    stream.kill("gate")
    stream.start("gate")
    still = stream.wait_columns(2)
    stream.gate("unblank")
    stream.wait_for(lambda: stream.columns()[-1]["tracks"] == REAL_COLUMN)

    assert answer["k"] == blank[0]["k"]
    assert {c["why"] for c in blank + still} == {"blank"}
    acts = [r for r in stream.decisions() if "act" in r]
    assert [(r["act"], r["author"], r["reason"]) for r in acts] == [
        ("blank", "tom", "a test"),
        ("unblank", "tom", "a test"),
    ]


def test_privacy_takes_back_what_was_public_and_the_old_names_are_gone(
    stream: FakeStream,
) -> None:
    stream.wait_columns(5)
    before = _uris(stream.playlist())

    answer = stream.gate("privacy", look_back_s=1.5)

    first, last = answer["redacted"]
    assert (answer["was_public"], last - first + 1) == (True, 3)
    assert answer["public_s"] == pytest.approx(1.6)
    redacted = [f"{k // 4}.{k % 4}.m4s" for k in range(first, last + 1)]
    stream.wait_for(lambda: stream.get(f"/hls/180p/{redacted[-1]}")[0] == 410)
    assert {stream.get(f"/hls/{t}/{name}")[0] for t in ("180p", "a") for name in redacted} == {410}
    kept = [
        name for name in before if int(name.split(".")[0]) * 4 + int(name.split(".")[1]) < first
    ]
    assert {stream.get(f"/hls/180p/{name}")[0] for name in kept} == {200}

    after = stream.playlist()
    renamed = [uri for uri in _uris(after) if ".r" in uri]
    assert len(renamed) == 3
    slate = (stream.tree.slate / "180p.0").read_bytes()
    stream.wait_for(lambda: stream.get(f"/hls/180p/{renamed[0]}")[0] == 200)
    assert stream.get(f"/hls/180p/{renamed[0]}")[2][-40:] == slate[-40:]
    spooled = [stream.tree.spool_part(stream.grid, "180p", k) for k in range(first, last + 1)]
    public = [
        stream.tree.public_part(stream.grid, "open", "180p", k) for k in range(first, last + 1)
    ]
    stream.wait_for(lambda: not any(path.exists() for path in spooled + public))


def test_a_restarted_origin_still_knows_what_was_taken_back(stream: FakeStream) -> None:
    stream.wait_columns(4)
    first, last = stream.gate("privacy", look_back_s=1)["redacted"]
    stream.kill("origin")
    stream.start("origin")

    names = [f"{k // 4}.{k % 4}.m4s" for k in range(first, last + 1)]
    assert {stream.get(f"/hls/180p/{name}")[0] for name in names} == {410}
    assert len([uri for uri in _uris(stream.playlist()) if ".r" in uri]) == len(names)


def test_stop_ends_the_playlist_with_a_whole_segment(stream: FakeStream) -> None:
    stream.gate("stop")

    stream.wait_for(lambda: "#EXT-X-ENDLIST" in stream.playlist())
    text = stream.playlist(query="?_HLS_msn=999999999&_HLS_part=0")
    assert text.rstrip().splitlines()[-2].endswith(".m4s")
    assert "PRELOAD-HINT" not in text
    assert stream.gate("blank")["code"] == "ended"


# delay and audiences


def test_with_a_delay_privacy_destroys_what_nobody_has_seen_yet() -> None:
    with FakeStream(delay_s=3) as stream:
        stream.start("gate", "origin")
        stream.start("programme", programme=["--site", "london"])
        stream.wait_for(lambda: stream.columns() and stream.columns()[-1]["tracks"] == REAL_COLUMN)

        answer = stream.gate("privacy", site="london")
        stream.kill("programme")
        stream.start("programme", programme=["--site", "studio"])
        running = stream.grid.part_of(stream.grid.frame_at(answer["at_ns"]))

        assert answer["was_public"] is False
        assert running - answer["k"] >= 5
        gone = [stream.tree.spool_part(stream.grid, "180p", k) for k in range(answer["k"], running)]
        stream.wait_for(lambda: not any(path.exists() for path in gone))
        stream.wait_for(lambda: stream.columns()[-1]["k"] > running + 1)
        stream.wait_for(lambda: stream.columns()[-1]["tracks"] == REAL_COLUMN)
        destroyed = [c for c in stream.columns() if answer["k"] <= c["k"] <= running]
        assert {c["why"] for c in destroyed} == {"privacy"}


def test_each_audience_has_its_own_tree() -> None:
    with FakeStream(audiences=("open", "professional"), public_audience="professional") as stream:
        stream.start("gate", "origin")
        stream.start("programme", programme=["--audience", "professional"])
        stream.wait_for(
            lambda: any(c["tracks"] == REAL_COLUMN for c in stream.columns("professional"))
        )

        k = stream.columns("professional")[-1]["k"]
        stream.wait_for(lambda: stream.columns("open")[-1]["k"] >= k)
        wide = next(c for c in stream.columns("open") if c["k"] == k)

        assert (wide["why"], REAL in wide["tracks"].values()) == ("audience", False)
        _, _, served = stream.get(f"/hls/180p/{k // 4}.{k % 4}.m4s")
        strict = stream.tree.public_part(stream.grid, "professional", "180p", k)
        assert served == strict.read_bytes()
        assert served != stream.tree.public_part(stream.grid, "open", "180p", k).read_bytes()


def test_a_part_that_is_cut_short_or_off_the_grid_is_not_published() -> None:
    with FakeStream() as stream:
        stream.start("gate")
        k = stream.wait_columns(1)[0]["k"] + 3
        good = (stream.tree.root / "fake" / "180p.0.0").read_bytes()
        for name, content in ((k, good[:-5]), (k + 1, good)):
            path = stream.tree.spool_part(stream.grid, "180p", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            stream.tree.spool_label(stream.grid, name).parent.mkdir(parents=True, exist_ok=True)
            stream.tree.spool_label(stream.grid, name).write_bytes(Label("open").to_bytes())
            path.write_bytes(content)

        stream.wait_for(lambda: stream.columns()[-1]["k"] > k + 1)

        assert all(c["tracks"]["180p"] >= 0 for c in stream.columns())


def test_a_public_part_that_was_damaged_is_slate_that_decodes(stream: FakeStream) -> None:
    """What lies in the public tree already, the gate leaves there: damage that came after it."""
    msn = stream.grid.msn_of(stream.columns()[-1]["k"]) + 2
    damaged = {track: stream.grid.part(msn, 1) for track in ("180p", "a")}
    for track, k in damaged.items():
        path = stream.tree.public_part(stream.grid, "open", track, k)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\0\0\0\x18moof\0\0\0\x10mfhd" if track == "a" else b"\xff" * 5000)

    stream.wait_for(lambda: stream.columns()[-1]["k"] > stream.grid.part(msn + 1, 1))
    segments = [msn, msn + 1]
    stream.wait_for(lambda: stream.get(f"/hls/180p/{msn + 1}.m4s")[0] == 200)

    assert f'{msn}.1.m4s",INDEPENDENT=YES' in stream.playlist()
    shown: dict[str, list[float]] = {}
    for track, kind in (("180p", "video"), ("a", "audio")):
        data = stream.get(f"/hls/{track}/init.mp4")[2]
        for one in segments:
            data += stream.get(f"/hls/{track}/{one}.m4s")[2]
        with av.open(io.BytesIO(data), "r", options={"err_detect": "explode"}) as file:
            shown[track] = [float(np.ptp(f.to_ndarray())) for f in file.decode(**{kind: 0})]
    parts = [shown["180p"][at : at + 16] for at in range(0, 128, 16)]
    is_slate = [max(part) < 100 for part in parts]
    assert is_slate == [False, True, True, True, False, False, False, False]
    assert len(shown["a"]) == len(segments) * 4 * stream.grid.aac_per_part
    stream.wait_for(lambda: stream.facts("origin").get("damaged_parts") == 2)


def test_behind_the_window_nothing_is_left() -> None:
    with FakeStream(window_s=4) as stream:
        stream.start("gate", "programme")
        first = stream.wait_columns(1)[0]["k"]

        def kept() -> list[int]:
            names = (stream.tree.root / "public" / "open" / "180p").glob("*/*.m4s")
            return [int(p.name.split(".")[0]) for p in names if not p.name.startswith(".")]

        stream.wait_for(lambda: min(kept()) > first // 4 + 1, timeout_s=30)
        spool = list((stream.tree.root / "spool" / "180p").glob("*/*.m4s"))

        assert len(spool) <= 36
        _assert_contiguous(stream)


def test_a_look_back_over_the_whole_window_delays_no_part(stream: FakeStream) -> None:
    stream.wait_columns(8)

    answer = stream.gate("privacy", site="london", look_back_s=60)
    stream.kill("gate")
    stream.start("gate")

    first, last = answer["redacted"]
    assert last - first > 20
    stream.wait_columns(3)
    _assert_contiguous(stream)
    paths = [stream.tree.public_part(stream.grid, "open", t, k) for t in ("180p", "a")
             for k in range(first, last + 1)]  # fmt: skip
    stream.wait_for(lambda: not any(path.exists() for path in paths))
    assert all(".r" in uri or int(uri.split(".")[0]) * 4 > last - 4 for uri in
               _uris(stream.playlist()))  # fmt: skip
