"""`orchestrator recordings`: what has been recorded. Read only; with the event running or not."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from orchestrator.bus.recordings import (
    CLOSED,
    Sheet,
    clean_folder,
    finished_path,
    growing_path,
    sheets,
)
from orchestrator.bus.tree import StateFolder
from orchestrator.verbs.running import DEFAULT_STATE, State


def register(app: typer.Typer) -> None:
    app.command()(recordings)


def recordings(
    state: State = DEFAULT_STATE,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON line each.")] = False,
) -> None:
    """Every recording: when it begins, how long it is, and what is slate or missing in it.

    Those without graphics lie in `clean/`."""
    folder = StateFolder(state).recordings
    found = [(of, sheet) for of in (folder, clean_folder(folder)) for sheet in sheets(of)]
    for of, sheet in sorted(found, key=lambda one: one[1].from_n):
        path = (finished_path if sheet.state == CLOSED else growing_path)(of, sheet.name)
        if as_json:
            typer.echo(json.dumps(sheet.record() | {"file": str(path)}, ensure_ascii=False))
        else:
            typer.echo(f"{_line(sheet)}  {path}")
    if not found and not as_json:
        typer.echo(f"nothing is recorded in {folder}")


def _line(sheet: Sheet) -> str:
    if sheet.state != CLOSED:
        return f"{sheet.begins[:19]}Z  {sheet.state:<12}"
    length_s = round(sheet.length_s)
    length = f"{length_s // 3600}:{length_s // 60 % 60:02}:{length_s % 60:02}"
    slate = f", {sheet.slate_s:.0f} s slate" if sheet.slate_s else ""
    gaps = f", {sheet.gap_s:.0f} s of it gaps" if sheet.gap_s else ""
    return f"{sheet.begins[:19]}Z  {length:<12}{sheet.bytes / 1e6:.1f} MB{slate}{gaps}"
