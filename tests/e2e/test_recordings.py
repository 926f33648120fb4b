"""Recordings by the real recorder, behind the real gate: whole, exact, and without what was taken
back, whoever is killed and whatever the disk does. The pictures come from the fake programme."""

from __future__ import annotations

import io
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
from fakestream import FakeStream

from orchestrator.bus.lines import LineWriter
from orchestrator.bus.recordings import CLOSED, Sheet, clean_folder, sheets
from orchestrator.bus.sent import read_sent
from orchestrator.timing.clock import PageClock

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(150)]

RECORD = {"audience": "open", "track": "180p", "each": "slot", "keep_s": 86_400}
CLEAN = RECORD | {"clean_of": "180p"}


@dataclass
class Recorded:
    """A stream that is recorded, and the as-run that says what is on air."""

    stream: FakeStream
    asrun: LineWriter

    @property
    def folder(self) -> Path:
        return self.stream.state / "recordings"

    def on_air(self, slot: str) -> int:
        """From now on it is this slot; its first frame."""
        n = self.stream.grid.frame_at(PageClock(self.stream.tree.clock).now_ns()) + 3
        line = {"n": n, "event": "slot", "slot": slot, "audience": "open"}
        self.asrun.append(line)
        scene = [{"place": "main", "source": f"oslo.{slot}"}]
        self.asrun.append({"n": n, "event": "scene", "slot": slot, "places": scene})
        return n

    def wait_columns(self, count: int) -> None:
        self.stream.wait_columns(count)

    def sheet(self, name: str) -> Sheet | None:
        return next((sheet for sheet in sheets(self.folder) if sheet.name == name), None)

    def wait_closed(self, name: str) -> Sheet:
        def closed() -> Sheet | None:
            sheet = self.sheet(name)
            return sheet if sheet is not None and sheet.state == CLOSED else None

        found = self.stream.wait_for(closed)
        assert isinstance(found, Sheet)
        return found

    def wait_grown(self, name: str, k: int) -> None:
        """Until column `k` is in the growing recording."""

        def has_grown() -> bool:
            facts = self.stream.facts("recorder").get("recordings", {})
            return name in facts.get("growing", ()) and int(facts["next_k"]) > k

        self.stream.wait_for(has_grown)

    def newest_k(self) -> int:
        return int(self.stream.columns()[-1]["k"])


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    with FakeStream(record=CLEAN, state=tmp_path_factory.mktemp("recorded")) as running:
        recorded = Recorded(running, LineWriter(running.tree.asrun))
        running.start("gate", "programme", "recorder", "stills", "origin")
        running.wait_for(lambda: sum(not column["why"] for column in running.columns()) > 4)
        yield recorded


def pictures(path: Path) -> list[np.ndarray]:
    """Luma of every picture that a player shows; a damaged one raises."""
    with av.open(str(path)) as container:
        container.streams.video[0].codec_context.options = {"err_detect": "explode"}
        return [frame.to_ndarray()[:180, :320] for frame in container.decode(video=0)]


def number_in_segment(luma: np.ndarray) -> int | None:
    """Where the fake programme's bar is; None on slate."""
    bright = np.flatnonzero(luma[20:160].mean(axis=0) > 205)
    return round(int(bright[0]) * 64 / 320) if len(bright) else None


def test_a_slot_is_a_file_from_its_first_picture_to_its_last_though_the_recorder_is_killed(
    shared: Recorded,
) -> None:
    one_n = shared.on_air("one")
    shared.wait_grown("one", shared.newest_k())
    shared.stream.kill("recorder")
    shared.wait_columns(5)
    two_n = shared.on_air("two")
    shared.wait_columns(5)
    shared.stream.start("recorder")
    sheet = shared.wait_closed("one")

    assert (sheet.from_n, sheet.to_n) == (one_n, two_n)
    assert sheet.slate_s == 0
    shown = [number_in_segment(luma) for luma in pictures(shared.folder / "one.mp4")]
    assert shown == [n % 64 for n in range(one_n, two_n)]
    assert not (shared.folder / "one.growing.mp4").exists()
    assert "oslo.one" in (shared.folder / "one.vtt").read_text()

    three_n = shared.on_air("three")
    assert shared.wait_closed("two").to_n == three_n
    shown = [number_in_segment(luma) for luma in pictures(shared.folder / "two.mp4")]
    assert shown == [n % 64 for n in range(two_n, three_n)]


def test_what_was_taken_back_is_slate_in_closed_and_growing_files(shared: Recorded) -> None:
    closed_n = shared.on_air("closed")
    shared.wait_columns(9)
    growing_n = shared.on_air("growing")
    shared.wait_columns(9)
    shared.wait_closed("closed")
    before = (shared.folder / "closed.mp4").stat().st_ino

    first, last = shared.stream.gate("privacy", look_back_s=8)["redacted"]
    grid = shared.stream.grid
    assert grid.first_frame(first) < growing_n  # it reaches into the one before
    shared.stream.wait_for(lambda: (shared.sheet("closed") or Sheet).tag)
    assert shared.wait_closed("closed").slate_s > 0
    assert (shared.folder / "closed.mp4").stat().st_ino != before
    shared.stream.gate("restore")
    shared.wait_columns(6)
    shared.on_air("")
    shared.wait_closed("growing")

    shown = [number_in_segment(luma) for luma in pictures(shared.folder / "closed.mp4")]
    taken = max(0, grid.first_frame(first) - closed_n)
    assert shown == [n % 64 if n < closed_n + taken else None for n in range(closed_n, growing_n)]
    clean = clean_folder(shared.folder)
    shared.stream.wait_for(
        lambda: {s.name for s in sheets(clean) if s.tag and s.state == CLOSED} >= {"closed"}
    )
    assert [number_in_segment(luma) for luma in pictures(clean / "closed.mp4")] == shown
    shown = [number_in_segment(luma) for luma in pictures(shared.folder / "growing.mp4")]
    assert shown[: grid.first_frame(last + 1) - growing_n] == [None] * (
        grid.first_frame(last + 1) - growing_n
    )
    assert shown[-1] is not None
    spans = read_sent(shared.stream.state / "sent" / "record.jsonl")
    assert [span.why for span in spans if span.from_k <= first <= span.to_k] == ["privacy"]


def _thumbnails(stream: FakeStream) -> list[tuple[int, str]]:
    """Milliseconds since the epoch, and the path to ask for."""
    status, _, body = stream.get("/hls/thumbs.json")
    listed = json.loads(body)["pictures"] if status == 200 else []
    return [(int(at_ms), f"/hls/{uri}") for at_ms, uri in listed]


def _brightest(jpeg: bytes) -> int:
    with av.open(io.BytesIO(jpeg), "r", format="jpeg_pipe") as container:
        return int(next(container.decode(video=0)).to_ndarray()[:90].max())


def test_thumbnails_and_poster_show_what_is_public_and_follow_a_look_back(
    shared: Recorded,
) -> None:
    stream = shared.stream
    known = len(_thumbnails(stream))
    stream.wait_for(lambda: len(_thumbnails(stream)) > known)
    shared.wait_columns(2)
    _, newest = _thumbnails(stream)[-1]
    status, headers, body = stream.get(newest)
    assert (status, headers["content-type"]) == (200, "image/jpeg")
    assert _brightest(body) > 220
    assert _brightest(stream.get("/poster.jpg")[2]) > 220

    stream.gate("privacy", look_back_s=5)
    stream.wait_for(lambda: stream.get(newest)[0] == 410)
    assert stream.get("/poster.jpg")[0] == 404 or _brightest(stream.get("/poster.jpg")[2]) < 60
    stream.wait_for(lambda: ".r" in _thumbnails(stream)[-1][1])
    assert _brightest(stream.get(_thumbnails(stream)[-1][1])[2]) < 60
    stream.wait_for(lambda: stream.get("/poster.jpg")[0] == 200)
    assert _brightest(stream.get("/poster.jpg")[2]) < 60
    stream.gate("restore")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder))
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def test_a_full_or_read_only_disk_stops_the_recording_with_an_alarm_and_never_the_air(
    small_disk: Path,
) -> None:
    def alarm(stream: FakeStream, name: str) -> Callable[[], bool]:
        return lambda: bool(stream.facts("recorder").get("alarms", {}).get(name))

    with FakeStream(record=RECORD, state=small_disk / "state") as stream:
        recorded = Recorded(stream, LineWriter(stream.tree.asrun))
        stream.start("gate", "programme", "recorder")
        stream.wait_for(lambda: sum(not column["why"] for column in stream.columns()) > 4)
        from_n = recorded.on_air("long")
        recorded.wait_grown("long", recorded.newest_k())

        filler = small_disk / "filler"
        with pytest.raises(OSError, match="No space"):
            filler.write_bytes(bytes(16 << 20))
        stream.wait_for(alarm(stream, "disk_full"))
        assert "is full" in stream.facts("recorder")["why"]
        during = stream.wait_columns(5)
        filler.unlink()
        recorded.wait_grown("long", recorded.newest_k())
        assert not alarm(stream, "disk_full")()

        stream.kill("recorder")  # a disk with open files cannot be made read-only from outside
        _mount("-o", "remount,ro", str(small_disk))
        stream.start("recorder")
        stream.wait_for(alarm(stream, "disk_refuses"))
        during += stream.wait_columns(5)
        _mount("-o", "remount,rw", str(small_disk))
        recorded.wait_grown("long", recorded.newest_k())
        to_n = recorded.on_air("")
        recorded.wait_closed("long")

        assert not any(column["why"] for column in during)
        shown = [number_in_segment(luma) for luma in pictures(recorded.folder / "long.mp4")]
        assert shown == [n % 64 for n in range(from_n, to_n)]
        stream.kill("recorder")
