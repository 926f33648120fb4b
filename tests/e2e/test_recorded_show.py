"""The whole program records a show: each slot from its first picture to its last, and no picture
that is for others; the as-run and what was sent can be read off it. The recorder is killed once."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from harness.run import ROOT, Run, Sites, get, until

from orchestrator.bus.recordings import CLOSED, Sheet, sheets
from orchestrator.bus.tree import CLEAN_TRACK
from orchestrator.rehearsal import strip
from orchestrator.rehearsal.loops import SMALL

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

EVENT = Path(__file__).parent / "events" / "recorded.yaml"


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A show whose first four slots are over; the recorder died in the middle of the first."""
    folder = tmp_path_factory.mktemp("recorded")
    sites = Sites(EVENT, folder, ROOT / "build" / "rehearsal")
    with sites.pushers, Run(EVENT, folder, sites.environment, "--start", "now") as run:
        grid, day = run.grid(), run.day()
        ends = {slot.id: slot.end_n for slot in day.slots}
        until("the first slot is half over", lambda: run.now_n() > day.start_n + 100, 40)
        run.wait_for_another("recorder", run.kill("recorder"))
        until("four slots are over", lambda: run.now_n() > ends["private"] + 2 * grid.fps, 90)
        until("their recordings are finished", lambda: len(_closed(run)) == 2, 20)
        until("those without graphics, too", lambda: len(_closed(run, "clean")) == 2, 20)
        yield run


def _closed(run: Run, kind: str = "") -> dict[str, Sheet]:
    found = sheets(run.state / "recordings" / kind)
    return {sheet.name: sheet for sheet in found if sheet.state == CLOSED}


def _pictures(run: Run, name: str) -> list[np.ndarray]:
    """Every picture that a player shows; a damaged one raises."""
    with av.open(str(run.state / "recordings" / f"{name}.mp4")) as container:
        container.streams.video[0].codec_context.options = {"err_detect": "explode"}
        return [frame.to_ndarray()[:180, :320] for frame in container.decode(video=0)]


def _sites(pictures: list[np.ndarray]) -> list[int | None]:
    found = [strip.read(luma) for luma in pictures]
    return [one.site if one is not None else None for one in found]


def test_a_slot_is_recorded_from_its_first_picture_to_its_last(show: Run) -> None:
    slots = {slot.id: slot for slot in show.day().slots}
    sheet = _closed(show)["opening"]
    pictures = _pictures(show, "opening")
    counters = [one.counter for luma in pictures if (one := strip.read(luma)) is not None]

    assert (sheet.from_n, sheet.to_n) == (slots["opening"].start_n, slots["opening"].end_n)
    assert len(pictures) == slots["opening"].frames
    assert len(counters) > 0.9 * len(pictures)
    assert set(_sites(pictures)) <= {1, None}
    film = SMALL.fps * SMALL.seconds
    assert all((b - a) % film < 5 for a, b in pairwise(counters))
    assert sheet.gap_s == 0


def test_no_picture_for_another_audience_gets_in_not_even_hidden_or_mixed(show: Run) -> None:
    """The talk comes in by a mix from the knee, which is for professionals, in mid segment."""
    path = show.state / "recordings" / "talk.mp4"
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        decoder = container.streams.video[0].codec_context
        everything = [
            frame.to_ndarray()[:180, :320] for p in packets for frame in decoder.decode(p)
        ]
    quito = 2
    until_shot = _sites(_pictures(show, "talk"))[:170]

    hidden = len(everything) - len(_pictures(show, "talk"))
    assert quito not in _sites(everything)[: hidden + 170]
    assert quito not in until_shot
    assert until_shot[-1] == 1
    assert quito in _sites(_pictures(show, "talk"))[185:]
    assert sorted(_closed(show)) == ["opening", "talk"]


def test_chapters_name_slots_shots_and_people(show: Run) -> None:
    with av.open(str(show.state / "recordings" / "opening.mp4")) as container:
        opening = [str(c["metadata"]["title"]) for c in container.chapters()]
    talk = [title for _, title in _closed(show)["talk"].chapters]

    assert opening[0] == "Opening · Fjord Clinic headset · Dr Åsa Öberg"
    assert talk[-1] == "A talk · Clínica del Volcán headset"
    assert "Dr Åsa Öberg" in (show.state / "recordings" / "opening.vtt").read_text()


def test_a_clean_recording_has_the_same_pictures_without_graphics(show: Run) -> None:
    """The opening has a lower third; the strip at the top of the picture is the site's."""
    sheet, clean = _closed(show)["opening"], _closed(show, "clean")["opening"]
    film, bare = _by_time(show, "opening"), _by_time(show, "clean/opening")
    both = [at for at in film if at in bare]

    assert (clean.from_n, clean.to_n, clean.gap_s) == (sheet.from_n, sheet.to_n, 0)
    assert clean.chapters == sheet.chapters
    seen = {at: (strip.read(film[at]), strip.read(bare[at])) for at in both}
    alike = [at for at, (one, other) in seen.items() if one is not None and other is not None]
    assert len(alike) > 0.8 * len(film)
    assert {at for at in alike if seen[at][0] != seen[at][1]} == set()
    differ = {at: _apart(film[at][110:], bare[at][110:]) for at in alike}
    before = [much for at, much in differ.items() if at < 1.5]
    during = [much for at, much in differ.items() if 3 <= at < 5]
    assert min(during) > 4 * max(before)
    assert sorted(_closed(show, "clean")) == ["opening", "talk"]


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(np.int16) - other).mean())


def _by_time(run: Run, name: str) -> dict[float, np.ndarray]:
    """The pictures by when they are shown: a slow machine leaves out one here, another there."""
    with av.open(str(run.state / "recordings" / f"{name}.mp4")) as container:
        return {
            round(frame.time or 0.0, 3): frame.to_ndarray()[:180, :320]
            for frame in container.decode(video=0)
        }


def test_why_viewers_saw_slate_is_explained(show: Run) -> None:
    private = next(slot for slot in show.day().slots if slot.id == "private")
    told = show.command("journal", "explain", "--at", str(private.start_n + 60))

    assert "in slot private" in told
    assert "on HLS slate: not for this output" in told


def test_the_clean_picture_is_in_no_playlist_and_at_no_address(show: Run) -> None:
    _, index = get(show.public + "hls/index.m3u8")
    kept = show.live.public_part(show.grid(), "open", CLEAN_TRACK, 0).parent.parent
    part = next(kept.rglob("*.m4s")).name

    assert b"180p" in index
    assert b"clean" not in index
    assert get(show.public + "hls/clean/live.m3u8")[0] == 404
    assert get(show.public + f"hls/clean/{part}")[0] == 404


def test_the_as_run_can_be_read_as_lines_table_and_chapters(show: Run) -> None:
    lines = [json.loads(line) for line in show.command("asrun", "export").splitlines()]
    table = list(csv.DictReader(io.StringIO(show.command("asrun", "export", "--format", "csv"))))
    chapters = show.command("asrun", "export", "--format", "vtt")

    slots = [line["slot"] for line in lines if line["event"] == "slot" and line["slot"]]
    assert slots[:5] == ["opening", "knee", "talk", "private", "rest"]
    assert [row["slot"] for row in table if row["event"] == "slot" and row["slot"]] == slots
    assert chapters.startswith("WEBVTT\n\n1\n00:00:00.000 --> ")
    assert "Not for the archive" in chapters


def test_every_output_says_what_it_really_sent(show: Run) -> None:
    spans = [
        json.loads(line) for line in show.command("asrun", "sent", "--format", "jsonl").splitlines()
    ]
    whys = {output: {span["why"] for span in spans if span["output"] == output}
            for output in ("hls", "record")}  # fmt: skip

    assert "audience" in whys["hls"]  # the knee
    assert "not for this output" in whys["hls"]  # not for the archive, nor for viewers
    assert "no slot of this output is on air" in whys["record"]
    assert not any(span["what"] == "gap" for span in spans if span["output"] == "hls")
    assert "programme" in show.command("asrun", "sent", "--output", "record")
