"""What operators look at: the programme as it is made, a composed preview, a tile of every feed."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from harness.run import Run, Sites, until
from harness.watch import Watch
from numpy.typing import NDArray

from orchestrator.rehearsal import strip
from orchestrator.rundown.show import Show

pytestmark = pytest.mark.e2e


@dataclass(frozen=True, slots=True)
class Message:
    view: str
    n: int
    kind: str
    body: bytes

    def luma(self) -> NDArray[np.uint8]:
        picture = cv2.imdecode(np.frombuffer(self.body, np.uint8), cv2.IMREAD_GRAYSCALE)
        return np.asarray(picture, np.uint8)

    def site(self) -> int | None:
        found = strip.read(self.luma())
        return found.site if found else None


class Looker:
    """A client of the monitor's socket."""

    def __init__(self, path: Path, *views: str) -> None:
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._line.connect(str(path))
        self._line.settimeout(10)
        self._pipe = self._line.makefile("rb")
        self._line.sendall(json.dumps({"views": views}).encode() + b"\n")

    def messages(self) -> Iterator[Message]:
        while True:
            head = json.loads(self._pipe.readline())
            yield Message(head["view"], head["n"], head["type"], self._pipe.read(head["bytes"]))

    def of(self, view: str) -> Iterator[Message]:
        return (message for message in self.messages() if message.view == view)

    def close(self) -> None:
        self._pipe.close()
        self._line.close()


@pytest.fixture
def socket_path(run: Run) -> Path:
    path = run.live.monitor_socket
    until("the monitor listens", path.exists, 20)
    return path


def test_the_monitor_shows_the_programme_before_the_public_has_it(
    run: Run, watch: Watch, two_sites: Sites, socket_path: Path
) -> None:
    at = run.day().slots[1].start_n
    until("the second slot is on", lambda: run.now_n() > at + 30, 60)
    looker = Looker(socket_path, "programme", "sound", "sound.quito.headset")
    try:
        pictures, sound, level, solo = [], 0, 0, 0
        for message in looker.messages():
            if message.view == "programme":
                pictures.append((message.n, run.now_n(), message.site()))
            elif message.view == "sound.quito.headset":
                solo = max(solo, int(np.abs(np.frombuffer(message.body, "<i2").astype(int)).max()))
            else:
                samples = np.frombuffer(message.body, "<i2")
                sound += len(samples)
                level = max(level, int(np.abs(samples.astype(int)).max()))
            # a beep a second, and not in both at the same time
            if len(pictures) >= 20 and sound >= 24_000 and min(level, solo) > 1000:
                break
    finally:
        looker.close()
    assert {site for _, _, site in pictures} == {two_sites.number("quito.headset")}
    assert all(n % 3 == 0 for n, _, _ in pictures)
    assert sorted({n for n, _, _ in pictures}) == [n for n, _, _ in pictures]
    newest = max(n for n, _, _ in pictures)
    watch.wait_for(newest, timeout_s=20)
    public = {picture.n: picture.strip() for picture in watch.pictures("180p", newest, newest)}
    assert public[newest] is not None
    assert public[newest].site == two_sites.number("quito.headset")


def test_a_warm_feed_has_a_tile_and_a_preview_is_composed_apart_from_the_programme(
    run: Run, two_sites: Sites, socket_path: Path
) -> None:
    day = run.day()
    rest = next(slot for slot in day.slots if slot.id == "pip")
    scene = Show(day, ()).at(rest.start_n + 10).scene
    places = {layer.place.name: layer.source for layer in scene.layers}
    assert run.say("preview", layout=scene.layout, places=places)[0] == 200
    until("the picture in picture is on", lambda: run.now_n() > rest.start_n, 60)
    looker = Looker(socket_path, "preview", "feed.oslo.headset", "feed.quito.headset")
    try:
        tiles = {"feed.oslo.headset": 1, "feed.quito.headset": 2}
        preview: set[tuple[int | None, int | None]] = set()
        for message in looker.messages():
            if message.view == "preview":
                luma = message.luma()
                inset = strip.read(luma, (0.5, 0.5, 0.5, 0.5))
                preview.add((message.site(), inset.site if inset else None))
            elif message.luma().shape == (90, 160):
                tiles.pop(message.view, None)
            if not tiles and (1, 2) in preview:
                break
    finally:
        looker.close()
