"""`orchestrator asrun`: what really went out, for people and for other programs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from orchestrator.bus.lines import LineWriter
from orchestrator.bus.sent import GAP, REAL, SLATE, SentLog
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.errors import StartError
from orchestrator.timing.grid import Grid
from orchestrator.verbs import asrun

GRID = Grid.standard(25)
N = GRID.frame_at(1_793_000_000_000_000_000)
K = GRID.part_of(N)


def _line(seconds: float, event: str, slot: str, **more: Any) -> dict[str, Any]:
    n = N + GRID.frames(seconds)
    cause = {"by": "operator", "rule": "take", "author": "=tom", "seq": 7}
    head = {"n": n, "utc": GRID.utc(n).isoformat(timespec="milliseconds"), "event": event}
    return head | {"slot": slot, "shot": "", "cause": cause} | more


LINES = [
    _line(0, "start", ""),
    _line(0, "slot", ""),
    _line(10, "slot", "knee"),
    _line(10, "scene", "knee", places=[{"place": "main", "source": "oslo.headset"}]),
    _line(70, "slot", "talk"),
    _line(70, "scene", "talk", places=[{"place": "main", "source": "studio.main"}]),
    _line(100, "slot", ""),
]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    writer = LineWriter(StateFolder(tmp_path).asrun)
    for i, line in enumerate(LINES):
        writer.append(line | {"src": f"abc:{i}"})
    writer.close()
    return tmp_path


def run(state: Path, *words: str) -> str:
    app = typer.Typer()
    asrun.register(app)
    result: Result = CliRunner().invoke(app, ["asrun", *words, "--state", str(state)])
    if result.exception is not None:
        raise result.exception
    return result.stdout


def test_json_lines_are_the_as_run_itself(state: Path) -> None:
    assert [json.loads(line) for line in run(state, "export").splitlines()] == LINES


def test_lines_of_the_running_tree_follow_and_none_comes_twice(state: Path) -> None:
    live = LiveTree.of_state(state)
    live.make()
    try:
        newest = _line(200, "slot", "more")
        writer = LineWriter(live.asrun)
        for line in (*LINES[3:], newest):
            writer.append(line)

        told = [json.loads(line) for line in run(state, "export").splitlines()]
    finally:
        import shutil

        shutil.rmtree(live.root)

    assert told == [*LINES, newest]


def test_the_table_has_a_column_for_who_and_why_and_holds_no_formulas(state: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run(state, "export", "--format", "csv"))))

    assert len(rows) == len(LINES)
    assert rows[3] | {"utc": ""} == {
        "n": str(N + 250),
        "utc": "",
        "event": "scene",
        "slot": "knee",
        "shot": "",
        "by": "operator",
        "rule": "take",
        "author": "'=tom",
        "seq": "7",
        "more": '{"places":[{"place":"main","source":"oslo.headset"}]}',
    }


def test_webvtt_counts_from_the_first_slot_and_ends_with_the_last(state: Path) -> None:
    assert run(state, "export", "--format", "vtt") == (
        "WEBVTT\n\n"
        "1\n00:00:00.000 --> 00:01:00.000\nknee · oslo.headset\n\n"
        "2\n00:01:00.000 --> 00:01:30.000\ntalk · studio.main\n"
    )


def test_a_file_takes_what_would_have_been_printed(state: Path, tmp_path: Path) -> None:
    out = tmp_path / "day.vtt"

    assert run(state, "export", "--format", "vtt", "--out", str(out)) == ""
    assert out.read_text().startswith("WEBVTT")


def _sent(state: Path) -> None:
    log = SentLog(StateFolder(state).sent("youtube"), "youtube", GRID)
    for k in range(K, K + 10):
        log.note(k, REAL)
    log.gap(K + 10, K + 14, "the platform closed the connection")
    log.note(K + 15, SLATE, "privacy")
    log.note(K + 16, REAL)
    log.close()


def test_every_output_says_what_it_sent_and_where_it_has_gaps(state: Path) -> None:
    _sent(state)

    told = run(state, "sent").splitlines()

    assert told[0].startswith("youtube: 0:00:11 from ")
    assert told[0].endswith("programme 0:00:07 (64.706 %) · slate 0:00:01 · gaps 0:00:03")
    assert [line.split("Z", 1)[1].split() for line in told[1:]] == [
        ["3.200", "s", "gap", "the", "platform", "closed", "the", "connection"],
        ["0.640", "s", "slate", "privacy"],
    ]


def test_what_was_sent_is_also_a_table_of_spans(state: Path) -> None:
    _sent(state)

    lines = [json.loads(line) for line in run(state, "sent", "--format", "jsonl").splitlines()]

    assert [(line["what"], line["length_s"]) for line in lines] == [
        (REAL, 6.4),
        (GAP, 3.2),
        (SLATE, 0.64),
        (REAL, 0.64),
    ]
    assert lines[1]["utc"] == GRID.utc(GRID.first_frame(K + 10)).isoformat(timespec="milliseconds")


def test_an_output_that_nobody_knows_is_named_with_those_there_are(state: Path) -> None:
    _sent(state)

    with pytest.raises(StartError, match=r"no log of output 'vimeo'.*there are: youtube"):
        run(state, "sent", "--output", "vimeo")


def test_a_state_folder_in_which_nothing_has_gone_out_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="nothing has gone out yet"):
        run(tmp_path, "export")
