"""Doctor: a line for everything, each of which is well or says what to do; and its exit code."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from orchestrator.bus.feedpage import FEED_WORDS, FeedState, FeedWord
from orchestrator.bus.lines import replace_json
from orchestrator.bus.page import create_page
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.verbs import doctor

GIB = 1 << 30
LINES = ("cores", "ffmpeg", "srt", "codecs", "fonts", "clock", "port public", "port control")
ROOM = ("state", "disk", "shm", "player")


def looked(folder: Path, *options: str) -> tuple[int, dict[str, str]]:
    """The exit code, and what is said by the name of the line."""
    app = typer.Typer()
    doctor.register(app)
    given = ["--state", str(folder / "state"), "--public", "127.0.0.1:0"]
    done = CliRunner().invoke(app, [*given, "--control", "127.0.0.1:0", *options])
    said = {}
    for line in done.output.splitlines():
        sign, rest = line[:4], line[6:]
        assert sign in ("ok  ", "LACK", "note"), line
        assert (sign == "ok  ") != ("→" in rest), f"{line}: neither well nor a way out"
        said[rest[:12].strip()] = f"{sign.strip()} {rest[12:].strip()}"
    return done.exit_code, said


def ffmpeg(folder: Path, protocols: str) -> Path:
    """A program that answers as ffmpeg does when it is asked what it can."""
    made = folder / "ffmpeg"
    made.write_text(f"#!/bin/sh\necho 'ffmpeg version 0.1 of a test'\necho '{protocols}'\n")
    made.chmod(0o755)
    return made


def test_there_is_a_line_for_everything(tmp_path: Path) -> None:
    _, said = looked(tmp_path)

    assert set(said) >= {*LINES, *ROOM}


def test_without_ffmpeg_nothing_can_run_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/nowhere/ffmpeg")

    code, said = looked(tmp_path)

    assert code == 3
    assert said["ffmpeg"].startswith("LACK none")
    assert "pip install imageio-ffmpeg" in said["ffmpeg"]


def test_an_ffmpeg_that_cannot_srt_is_told_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(ffmpeg(tmp_path, "file http tcp")))
    code, said = looked(tmp_path)
    assert code == 3
    assert said["srt"].startswith("LACK not in this ffmpeg")
    assert "IMAGEIO_FFMPEG_EXE" in said["srt"]

    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(ffmpeg(tmp_path, "file http srt tcp")))
    _, said = looked(tmp_path)
    assert said["srt"] == "ok yes"


def test_a_port_that_is_taken_is_told_by_its_number(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        code, said = looked(tmp_path, "--public", taken)

    assert code == 3
    assert said["port public"].startswith(f"LACK {taken} is taken")
    assert said["port control"].endswith("is free")


def test_room_is_told_in_gib_with_what_to_do_where_it_is_short(tmp_path: Path) -> None:
    _, said = looked(tmp_path, "--shm", str(tmp_path))
    free = shutil.disk_usage(tmp_path).free

    assert f"{free / GIB:.0f} GiB free" in said["disk"]
    assert said["disk"].startswith("note") == (free < 60 * GIB)
    assert said["shm"].startswith("note") == (free < GIB)
    code, said = looked(tmp_path, "--shm", str(tmp_path / "nowhere"))
    assert code == 3
    assert said["shm"].startswith("LACK there is no ")
    assert "mount a tmpfs there" in said["shm"]


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (0, "ok    clock        synchronised"),
        (3, "ok    clock        synchronised"),  # a leap second is under way
        (5, "note  clock        not synchronised   → run chrony or systemd-timesyncd"),
        (-1, "note  clock        the kernel does not tell   → make sure that NTP or chrony runs"),
    ],
)
def test_a_clock_that_nobody_steers_is_told(state: int, says: str) -> None:
    assert doctor.clock(state).text() == says


@pytest.fixture
def running(tmp_path: Path) -> LiveTree:
    """An event that runs, for all that anybody can tell: two feeds on the line."""
    live = LiveTree(tmp_path / "live")
    live.make()
    state = StateFolder(tmp_path / "state")
    state.root.mkdir()
    address = {"public": "http://127.0.0.1:1/", "control": "http://127.0.0.1:2/"}
    replace_json(state.running, {"pid": os.getpid(), "live": str(live.root), **address})
    for feed in ("oslo.headset", "quito.headset"):
        page = create_page(live.feed_page(feed), FEED_WORDS)
        page[FeedWord.STATE] = FeedState.LIVE
    return live


def test_a_site_whose_clock_runs_wrong_is_told_while_an_event_runs(
    tmp_path: Path, running: LiveTree
) -> None:
    code, said = looked(tmp_path)
    assert said["running"].startswith("ok http://127.0.0.1:1/")
    assert said["feed clock"] == "ok none of 2 feeds runs wrong"
    assert "port public" not in said

    page = create_page(running.feed_page("quito.headset"), FEED_WORDS)
    page[FeedWord.STATE] = FeedState.LIVE
    page[FeedWord.DRIFT_PPB] = -500_000
    again, said = looked(tmp_path)

    assert said["feed clock"].startswith("note quito.headset runs 500 ppm fast")
    assert "its encoder wants a proper clock" in said["feed clock"]
    assert again == code
