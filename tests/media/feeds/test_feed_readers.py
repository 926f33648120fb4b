"""Each reader and what it meets: a file, a still, a server that refuses or says nothing."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from orchestrator.errors import FeedBroken, FeedRefused, FeedUnavailable, MediaError
from orchestrator.feeds.readers import Reader, reader_for
from orchestrator.feeds.readers.loop import LoopReader
from orchestrator.feeds.readers.url import UrlReader
from orchestrator.rundown.plan import Feed, Programme

pytestmark = pytest.mark.media

HOUSE = Programme(320, 180, 30)


def feed(kind: str, address: str) -> Feed:
    return Feed("north.main", "north", kind, address)


def first_picture(reader: Reader) -> VideoFrame:
    for packet in reader.packets():
        for frame in packet.decode():
            if isinstance(frame, VideoFrame):
                return frame
    raise AssertionError("no picture")


@pytest.mark.parametrize("suffix", [".ts", ".mp4", ".mkv"])
def test_a_file_plays_round_and_round_with_stamps_that_go_on_rising(
    film: Callable[..., Path], suffix: str
) -> None:
    reader = LoopReader(feed("file", str(film(suffix=suffix, seconds=2.0))))
    reader.open()

    stamps: dict[str, list[float]] = {"video": [], "audio": []}
    for packet in itertools.islice(reader.packets(), 460):
        stamps[packet.stream.type].append(float((packet.dts or 0) * (packet.time_base or 0)))
    reader.close()

    steps = np.diff(stamps["video"])
    assert steps == pytest.approx(np.full(len(steps), 1 / 30), abs=0.002)
    assert stamps["video"][-1] - stamps["video"][0] > 5
    assert abs(stamps["video"][-1] - stamps["audio"][-1]) < 0.7


def test_a_still_is_a_feed_that_does_not_end(tmp_path: Path) -> None:
    path = tmp_path / "card.png"
    picture = np.full((90, 320, 3), (255, 0, 0), np.uint8)
    with av.open(str(path), "w", format="image2") as container:
        stream = container.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 320, 90, "rgb24"
        frame = VideoFrame.from_ndarray(picture, "rgb24")
        frame.pts, frame.time_base = 0, Fraction(1)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    reader = reader_for(feed("still", str(path)), HOUSE)
    reader.open()

    seen = first_picture(reader)

    assert (seen.width, seen.height) == (320, 180)
    y = seen.to_ndarray()[:180]
    assert int(y[90, 160]) == pytest.approx(63, abs=3)
    assert int(y[5, 5]) == pytest.approx(16, abs=2)
    assert len(list(itertools.islice(reader.packets(), 50))) == 50
    reader.close()


def test_a_synthetic_feed_has_moving_bars_and_a_beep() -> None:
    reader = reader_for(feed("synthetic", "bars"), HOUSE)
    reader.open()
    assert reader.audio is not None

    pictures, loudest = [], 0.0
    for packet in itertools.islice(reader.packets(), 120):
        for frame in packet.decode():
            if isinstance(frame, VideoFrame):
                pictures.append(frame.to_ndarray()[90].astype(int))
            else:
                loudest = max(loudest, float(np.abs(frame.to_ndarray()).max()))
    reader.close()

    assert (np.abs(pictures[0] - pictures[20]) > 20).sum() > 4
    assert 0.03 < loudest < 0.3


@pytest.fixture
def server() -> Iterator[Callable[[int], str]]:
    """`server(401)`: the address of a server that answers so."""
    started = []

    def start(status: int) -> str:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        http = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True).start()
        started.append(http)
        return f"http://user:secret@127.0.0.1:{http.server_port}/live?token=hush"

    yield start
    for http in started:
        http.shutdown()
        http.server_close()


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (401, FeedRefused, "401"),
        (403, FeedRefused, "403"),
        (404, FeedUnavailable, "404"),
        (500, FeedUnavailable, "127.0.0.1"),
    ],
)
def test_a_server_that_refuses_is_quoted_without_its_secrets(
    server: Callable[[int], str], status: int, error: type[MediaError], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        UrlReader(feed("url", server(status))).open()

    assert "secret" not in str(caught.value)
    assert "hush" not in str(caught.value)


def test_a_server_that_never_answers_costs_only_the_patience() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"http://127.0.0.1:{mute.getsockname()[1]}/live"

        with pytest.raises(FeedUnavailable, match="did not answer"):
            UrlReader(feed("url", address), patience_s=0.3).open()


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("rtmp://127.0.0.1:9/live/secretkey", FeedUnavailable),
        ("http://127.0.0.1:9/x", FeedUnavailable),
        ("gopherr://127.0.0.1/x", FeedRefused),
        ("/no/such/file.mp4", FeedUnavailable),
    ],
)
def test_what_cannot_be_reached_is_said_in_a_sentence(
    address: str, error: type[MediaError]
) -> None:
    with pytest.raises(error) as caught:
        UrlReader(feed("url", address)).open()

    assert "secretkey" not in str(caught.value)


def test_garbage_is_no_feed(tmp_path: Path) -> None:
    path = tmp_path / "garbage.bin"
    path.write_bytes(np.random.default_rng(1).bytes(300_000))

    with pytest.raises(FeedBroken, match=r"cannot be read|neither"):
        LoopReader(feed("file", str(path))).open()


@pytest.mark.parametrize("kind", ["whip", "hololens", "carrier-pigeon"])
def test_a_kind_that_is_not_received_says_so(kind: str) -> None:
    with pytest.raises(FeedRefused, match=r"north\.main"):
        reader_for(feed(kind, "x"), HOUSE)
