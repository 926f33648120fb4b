"""`orchestrator recordings`: what has been recorded, a line each."""

from __future__ import annotations

import json
from pathlib import Path

import typer
from typer.testing import CliRunner

from orchestrator.bus.lines import replace_json
from orchestrator.bus.recordings import CLOSED, Sheet, clean_folder, sheet_path
from orchestrator.bus.tree import StateFolder
from orchestrator.verbs import recordings

CHAPTERS = ((0.0, "A knee"), (61.5, "Dr Åsa Öberg"))
KNEE = Sheet("knee", "knee", "A knee", "open", "720p", 30, 900, 56, 108_900, CLOSED,
             begins="2026-10-24T10:00:00.000+00:00", length_s=3600.0, bytes=1_350_000_000,
             slate_s=12.0, gap_s=2.0, chapters=CHAPTERS)  # fmt: skip
TALK = Sheet("talk", "talk", "A talk", "open", "720p", 30, 108_900, 6800,
             begins="2026-10-24T11:00:00.000+00:00")  # fmt: skip


def run(state: Path, *words: str) -> str:
    app = typer.Typer()
    recordings.register(app)
    app.callback()(lambda: None)
    result = CliRunner().invoke(app, ["recordings", *words, "--state", str(state)])
    assert result.exit_code == 0, result.output
    return result.stdout


def _keep(state: Path, *kept: Sheet) -> Path:
    folder = StateFolder(state).recordings
    clean_folder(folder).mkdir(parents=True)
    for sheet in kept:
        replace_json(sheet_path(folder, sheet.name), sheet.record())
    return folder


def test_every_recording_is_a_line_oldest_first(tmp_path: Path) -> None:
    folder = _keep(tmp_path, TALK, KNEE)

    assert run(tmp_path).splitlines() == [
        f"2026-10-24T10:00:00Z  1:00:00     1350.0 MB, 12 s slate, 2 s of it gaps  "
        f"{folder}/knee.mp4",
        f"2026-10-24T11:00:00Z  growing       {folder}/talk.growing.mp4",
    ]


def test_a_recording_without_graphics_stands_beside_its_own(tmp_path: Path) -> None:
    folder = _keep(tmp_path, TALK, KNEE)
    replace_json(sheet_path(clean_folder(folder), "knee"), KNEE.record())

    files = [line.rpartition(" ")[2] for line in run(tmp_path).splitlines()]
    assert files == [
        f"{folder}/knee.mp4", f"{folder}/clean/knee.mp4", f"{folder}/talk.growing.mp4"
    ]  # fmt: skip


def test_for_other_programs_it_is_the_whole_sheet(tmp_path: Path) -> None:
    folder = _keep(tmp_path, KNEE)

    told = json.loads(run(tmp_path, "--json"))

    assert told.pop("file") == f"{folder}/knee.mp4"
    assert Sheet.of(told) == KNEE


def test_where_nothing_is_recorded_that_is_said(tmp_path: Path) -> None:
    assert run(tmp_path) == f"nothing is recorded in {tmp_path}/recordings\n"
