"""The 24-hour schedule in the night the clocks go back, with the clock page set there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from harness.run import ROOT, NightRun, get, until
from harness.watch import Watch

from orchestrator.rehearsal import clips
from orchestrator.rehearsal.demo import resolved

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

CHANGES = datetime.fromisoformat("2026-10-25T01:00:00+00:00")
"""Paris goes from 03:00 CEST to 02:00 CET at this instant."""


@pytest.fixture
def night(tmp_path: Path) -> Iterator[NightRun]:
    """The example with small pictures, no delay and no hospital on the line, joined in the night by
    a machine without a journal: surgeries that nobody has ended lie behind it."""
    text = (ROOT / "schedules" / "holographic-24h.yaml").read_text()
    for old, new in (
        ("size: 1280x720", "size: 320x180"),
        ("delay: 20s", "delay: 0s"),
        ("ladder: [720p, 480p, 360p]", "ladder: [180p]"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    event = tmp_path / "holographic-24h.yaml"
    event.write_text(text)
    day = resolved(event)
    for clip in day.clips.values():
        (tmp_path / clip.file).parent.mkdir(exist_ok=True)
    list(_short(day, tmp_path))
    names = ("FEED_KEY", "STUDIO_KEY", "STUDIO_URL", "PLATFORM_URL")
    nobody = dict.fromkeys(names, "rtmp://127.0.0.1:9/live/nobody")
    with NightRun(event, tmp_path, nobody, "2026-10-25T00:59:20+00:00") as run:
        yield run


def _short(day, folder: Path) -> Iterator[Path]:  # type: ignore[no-untyped-def]
    """Eight seconds of each clip are enough; they loop or fall back."""
    from dataclasses import replace

    small = replace(clips.FILM, width=320, height=180, bitrate_bps=300_000)
    short = {key: replace(clip, loop=True) for key, clip in day.clips.items()}
    return clips.make(replace(day, clips=short), folder, 2, small)


def test_the_hour_that_happens_twice_happens_once_on_the_grid(night: NightRun) -> None:
    grid = night.grid()
    at = {slot.id: slot for slot in night.day().slots}
    change_n = grid.frame_at(int(CHANGES.timestamp()) * 10**9)
    clocks, film = at["clocks"], at["film-1"]
    assert clocks.end_n == film.start_n == change_n  # 30 minutes from 02:30 CEST are 02:00 CET

    with Watch(night.public, grid, ["180p", "a"]) as watch:
        status = until("the panel is on", lambda: _on(night, "clocks"), 10)
        assert status["on_air"]["clock"] == "02:30:00+02:00"
        assert (status["next"]["id"], status["next"]["clock"]) == ("film-1", "02:00:00+01:00")
        assert status["warnings"] == [] or not any("clock" in w for w in status["warnings"])
        watch.wait_for(change_n + 10 * 30, timeout_s=120)

    assert not watch.tracks["180p"].errors
    assert not any(watch.holes().values())
    assert not any(track.odd_lines for track in watch.tracks.values())
    parts = watch.tracks["180p"].parts
    assert sorted(parts) == list(range(min(parts), max(parts) + 1))
    shown = watch.pictures("180p", change_n - 60, change_n + 240)
    assert [picture.n for picture in shown] == list(range(change_n - 60, change_n + 241))

    playlist = get(night.public + "hls/180p/live.m3u8")[1].decode()
    first = re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", playlist)
    stamp = re.search(r"#EXT-X-PROGRAM-DATE-TIME:(\S+)", playlist)
    assert first
    assert stamp
    began = datetime.fromisoformat(stamp[1].replace("Z", "+00:00"))
    assert began.timestamp() == pytest.approx(
        int(first[1]) * grid.segment_frames / grid.fps, abs=0.001
    )

    status = until("the film is on", lambda: _on(night, "film-1"), 20)
    assert status["on_air"]["clock"] == "02:00:00+01:00"
    slots = [(r["n"], r["slot"]) for r in night.asrun() if r["event"] == "slot"]
    assert [slot for _, slot in slots] == ["clocks", "film-1"]
    assert slots[1][0] == change_n
    # the start names the first frame that will be encoded, which lies a little ahead
    utc = [record["utc"] for record in night.asrun() if record["event"] != "start"]
    assert utc == sorted(utc)
    supervisor = night.facts("supervisor")
    assert supervisor["clock_alarm"] is False


def _on(run: NightRun, slot: str) -> dict | None:  # type: ignore[type-arg]
    status = json.loads(run.told("api/v1/status")[1])
    return status if status["on_air"] and status["on_air"]["id"] == slot else None
