"""`orchestrator plan diff` and `plan patch`: live changes go back into the file, comments stay."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from smallevent import EVENT, Place
from typer.testing import CliRunner

from orchestrator import cli
from orchestrator.control.eventfile import load_plan, resolve_plan
from orchestrator.control.gallery import Gallery
from orchestrator.rundown.difference import difference

COMMENTED = (
    EVENT.replace("flex: none}\n  - {id: case", "flex: none}   # with the mayor\n  - {id: case")
    .replace("rundown:", "people:\n  ann: {name: Anne Smith}   # spelt as she does\nrundown:")
    .replace("duration: 10m,\n     flex: none}", "duration: 10m,   # not longer!\n     flex: none}")
)


@pytest.fixture
def desk(place: Place) -> Iterator[Gallery]:
    """An event on air for a minute, its file full of comments."""
    place.event.write_text(COMMENTED)
    place.prepare()
    place.clock.advance(60)
    gallery = Gallery(place.live, place.state, place.clock)
    yield gallery
    asyncio.run(gallery.close())


@pytest.fixture(scope="module")
def app() -> typer.Typer:
    cli.register_verbs()
    return cli.app


def ask(desk: Gallery, verb: str, **args: Any) -> None:
    answer = asyncio.run(
        desk.ask({"verb": verb, "author": "tom", "reason": "because", "args": args})
    )
    assert answer["ok"], answer


def patch(app: typer.Typer, place: Place, *more: str) -> Any:
    words = ["plan", "patch", str(place.event), "--state", str(place.state.root), *more]
    result = CliRunner().invoke(app, words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_what_the_desk_decided_is_proposed_as_lines_and_not_written(
    app: typer.Typer, place: Place, desk: Gallery
) -> None:
    ask(desk, "extend", slot="talk", by="2m")
    ask(desk, "person", id="ann", name="Ann Smith")
    ask(desk, "gain", feed="london.room", gain="-3 dB")

    printed = patch(app, place).stdout

    assert "+  ann: {name: Ann Smith}   # spelt as she does" in printed
    assert 'room: {srt: "srt://127.0.0.1:9002", trim: -3 dB}' in printed
    assert "duration: 12m," in printed
    assert "# talk was given 12m at the desk (10m)" in printed
    assert "Nothing is written" in printed
    assert place.event.read_text() == COMMENTED


def test_applied_it_says_what_the_desk_said_and_every_comment_is_still_there(
    app: typer.Typer, place: Place, desk: Gallery
) -> None:
    ask(desk, "extend", slot="talk", by="-2m")
    ask(desk, "person", id="ann", name="Ann Smith")
    ask(desk, "skip", slot="closing")
    before = resolve_plan(load_plan(place.event), None)

    patch(app, place, "--apply")

    text = place.event.read_text()
    assert [c.text for c in difference(before, resolve_plan(load_plan(place.event), None))] == [
        "talk: duration 10m → 8m",
        "closing: taken out (panel of 5m at 12:35)",
        "people › ann: name Anne Smith → Ann Smith",
    ]
    for comment in ("# with the mayor", "# spelt as she does", "# not longer!"):
        assert comment in text
    assert "#   - {id: closing, title: Goodbye" in text
    changed = [a for a, b in zip(COMMENTED.splitlines(), text.splitlines(), strict=True) if a != b]
    assert len(changed) == 3


def test_without_live_changes_there_is_nothing_to_write(
    app: typer.Typer, place: Place, desk: Gallery
) -> None:
    assert "The file has everything that the desk decided." in patch(app, place, "--apply").stdout
    assert place.event.read_text() == COMMENTED


def test_what_has_no_place_in_this_file_is_to_be_done_by_hand(
    app: typer.Typer, place: Place, desk: Gallery
) -> None:
    shared = COMMENTED.replace('room: {srt: "srt://127.0.0.1:9002"}', "room: *one").replace(
        'headset: {srt: "srt://127.0.0.1:9001"}', 'headset: &one {srt: "srt://127.0.0.1:9001"}'
    )
    ask(desk, "gain", feed="london.room", gain="-3 dB")
    place.event.write_text(shared)

    result = patch(app, place, "--apply")

    assert "by hand: london.room is trimmed to -3 dB at the desk: it is shared" in result.output
    assert place.event.read_text() == shared


def test_a_file_that_the_patch_would_break_is_left_alone(
    app: typer.Typer, place: Place, desk: Gallery
) -> None:
    ask(desk, "extend", slot="talk", by="-6m")  # shorter than it may shrink to

    words = ["plan", "patch", str(place.event), "--state", str(place.state.root), "--apply"]
    result = CliRunner().invoke(app, words)

    assert "may shrink by" in str(result.exception)
    assert place.event.read_text() == COMMENTED


def test_diff_says_what_changed_and_what_needs_a_restart(
    app: typer.Typer, place: Place, tmp_path: Path
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(
        EVENT.replace("title: A talk", "title: The talk").replace("fps: 30", "fps: 25")
    )

    result = CliRunner().invoke(app, ["plan", "diff", str(place.event), str(other)])
    same = CliRunner().invoke(app, ["plan", "diff", str(place.event), str(place.event)])

    assert result.exit_code == 1
    assert "talk: title “A talk” → “The talk”" in result.stdout
    assert "a running event cannot take it over: programme › fps (30 → 25)" in result.stdout
    assert (same.exit_code, same.stdout) == (0, "They say the same.\n")
