"""Bit rates and presets of the ladder, as a rundown writes them and as the encoders take them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.control.processes import processes_of
from orchestrator.media.house import House
from orchestrator.rundown.expanded import expanded
from orchestrator.rundown.load import Loaded, load
from orchestrator.rundown.renditions import Wanted, wanted
from orchestrator.rundown.resolve import resolve
from orchestrator.rundown.times import Unreadable

Read = Callable[..., Loaded]
Said = Callable[[Loaded], list[str]]

RUNDOWN = "rundown: [{id: a, kind: break, duration: 2h}]\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("720p", Wanted("720p")),
        ("720p 3500k", Wanted("720p", 3500)),
        ("720p 2.5M faster", Wanted("720p", 2500, "faster")),
        ("360p ultrafast 600k", Wanted("360p", 600, "ultrafast")),
        (" 180p   medium ", Wanted("180p", None, "medium")),
    ],
)
def test_a_rendition_may_have_a_bit_rate_and_a_preset(text: str, expected: Wanted) -> None:
    assert wanted(text) == expected
    assert wanted(expected.text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("721p", '"721p" is not offered'),
        ("", '"" is not offered'),
        ("720p 3500", "has no unit"),
        ("720p 0k", "0k is no bit rate for 720p"),
        ("720p 15M", "15000k is no bit rate for 720p"),
        ("360p 12M", "no bit rate for 360p"),
        ("720p fastr", "neither a bit rate"),
        ("720p slow", "neither a bit rate"),
        ("720p 3M 4M", "one too many"),
        ("720p fast faster", "one too many"),
    ],
)
def test_what_the_encoders_cannot_do_is_refused(text: str, says: str) -> None:
    with pytest.raises(Unreadable, match=says) as refused:
        wanted(text)

    assert refused.value.hint


def test_encoders_are_given_what_the_file_says(read: Read) -> None:
    loaded = read(
        RUNDOWN + "outputs:\n"
        "  hls: {ladder: [720p 3.5M faster, 480p, 360p 600k]}\n"
        "  push: {platform: {url: env:PLATFORM_URL, ladder: [480p]}}\n"
    )
    assert loaded.plan is not None
    day, _, _ = resolve(loaded.plan)
    assert day is not None

    processes = processes_of(day, on_air=True)

    assert processes["tracks"] == ["720p", "480p", "360p", "a"]
    assert [push["ladder"] for push in processes["pushes"]] == [["480p"]]
    house = House.of(1280, 720, 30, tuple(processes["ladder"]))
    asked = [(one.name, one.bitrate_bps, one.preset) for one in house.ladder]
    assert asked == [
        ("720p", 3_500_000, "faster"),
        ("480p", 1_200_000, "veryfast"),
        ("360p", 600_000, "veryfast"),
    ]


def test_a_ladder_written_out_is_the_same_ladder(read: Read, tmp_path: Path) -> None:
    plan = read(RUNDOWN + "outputs: {hls: {ladder: [720p 3.5M faster, 360p]}}\n").plan
    assert plan is not None
    written = tmp_path / "expanded.yaml"
    written.write_text(expanded(plan))

    again = load(written).plan

    assert again is not None
    assert again.outputs[0].ladder == plan.outputs[0].ladder == ("720p 3500k faster", "360p")


@pytest.mark.parametrize(
    ("outputs", "sentence"),
    [
        (
            "hls: {ladder: [720p 3500]}",
            'outputs › hls.ladder[1]: the bit rate "3500" has no unit.   '
            "Write 720p 3500k for kb/s.",
        ),
        (
            "hls: {ladder: [720p, 720p 2M]}",
            "outputs › hls.ladder[2]: 720p is in the ladder twice.   Keep one of them.",
        ),
        (
            "push: {p: {url: env:P, ladder: [720p 2M]}}",
            "outputs › push.p.ladder[1]: 2M cannot be asked for here.   "
            "Write 720p here; bit rate and preset stand once, in outputs › hls › ladder.",
        ),
        (
            "hls: {ladder: [1080p 4M]}",
            "outputs › hls.ladder[1]: 1080p is larger than the programme (1280x720).",
        ),
    ],
)
def test_a_mistake_in_a_ladder_is_said_where_it_is(
    read: Read, said: Said, outputs: str, sentence: str
) -> None:
    (line,) = said(read(f"{RUNDOWN}outputs: {{{outputs}}}\n"))

    assert line.split("  ", 1)[1].strip() == sentence
