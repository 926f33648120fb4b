"""Every layout, transition, slate and graphic, drawn by the real compositor onto one sheet.

To look at: build/shots/contact-sheet.png. What a test can tell, it does: nothing is missing, no two
pictures are the same, every graphic is seen and lies within the picture, what is broken is said.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from orchestrator.rehearsal import contactsheet
from orchestrator.rehearsal.contactsheet import Section
from orchestrator.rehearsal.demo import resolved
from orchestrator.rehearsal.tiles import Tile
from orchestrator.rundown import builtin
from orchestrator.verbs import demo

pytestmark = pytest.mark.media

ROOT = Path(__file__).parents[3]
SCHEDULES = ROOT / "schedules"
SMALL = """\
version: 1
event: {id: small, title: Small, timezone: Europe/Paris, start: 2026-10-24 12:00, duration: 1m,
        audience: open}
programme: {size: 320x180, fps: 30}
sites:
  pune: {title: Institute, city: Pune, timezone: Asia/Kolkata, feeds: {main: {srt: env:FEED_KEY}}}
graphics: {torn: {template: torn.svg}}
rundown:
  - {id: one, title: One, kind: panel, site: pune, start: event, duration: 1m, flex: none,
     graphics: [{use: torn, at: 5s, for: 5s}]}
"""


@pytest.fixture(scope="module")
def sections() -> dict[str, Section]:
    day = resolved(SCHEDULES / "demo.yaml")
    return {one.title: one for one in contactsheet.sections_of(day, SCHEDULES)}


def names(section: Section) -> list[str]:
    return [tile.name for tile in section.tiles]


def small(tile: Tile) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    luma = cv2.resize(tile.picture[0], (80, 45), interpolation=cv2.INTER_AREA)
    return np.asarray(luma, np.int16)


def test_nothing_is_missing(sections: dict[str, Section]) -> None:
    built_in = ["full", "pip", "duo", "quad"]
    assert set(names(sections["Layouts"])) >= {*built_in, "fit, crop, border"}
    moving = ["mix", *(f"{k} {to}" for k in ("wipe", "push") for to in ("left", "right"))]
    moving += [f"{k} {to}" for k in ("wipe", "push") for to in ("up", "down")]
    expected = {f"{kind}, {percent} %" for kind in moving for percent in (25, 50, 75)}
    assert set(names(sections["Transitions"])) == expected | {"cut: its first frame"}
    slates = names(sections["Slates"])
    assert slates[:2] == ["slate.event", "slate.privacy"]
    assert len(slates) == 2 + 14  # thirteen sites and the studio
    graphics = names(sections["Graphics"])
    for use in builtin.GRAPHICS:
        assert any(name.startswith(use) for name in graphics), use
    assert {"badge: LIVE", "badge: DELAYED", "badge: RECORDED"} <= set(graphics)
    assert any("Deshmukh" in name for name in graphics)  # with her name in Devanagari
    assert any("Marri" in name for name in graphics)  # with his in Arabic
    assert any("Hanna" in name or "Osei" in name for name in graphics)  # of the last slot
    assert not [tile for one in sections.values() for tile in one.tiles if tile.problem]


def test_no_two_pictures_are_the_same(sections: dict[str, Section]) -> None:
    tiles = [tile for one in sections.values() for tile in one.tiles]
    seen = [small(tile) for tile in tiles]
    same = [
        (tiles[i].name, tiles[j].name)
        for i in range(len(tiles))
        for j in range(i)
        if np.abs(seen[i] - seen[j]).max() <= 12
    ]
    # a cut's first frame is the new picture, whole: the full layout with another source
    assert same == []


def test_the_sheet_is_a_picture_to_look_at(sections: dict[str, Section]) -> None:
    shots = ROOT / "build" / "shots"
    shots.mkdir(parents=True, exist_ok=True)

    contactsheet.write(list(sections.values()), shots / "contact-sheet.png", 320)

    sheet = cv2.imread(str(shots / "contact-sheet.png"))
    assert sheet is not None
    assert sheet.shape[1] == 8 + 6 * 328
    heading = sheet[10:44, 8:140]
    assert heading.max() > 200, "no heading is written over the layouts"


def run(*words: str) -> tuple[int, str]:
    app = typer.Typer()
    demo.register(app)
    done = CliRunner().invoke(app, ["rehearsal", "contact-sheet", *words])
    return done.exit_code, done.output + (str(done.exception) if done.exception else "")


def test_a_broken_graphic_is_said_and_the_sheet_is_written_all_the_same(tmp_path: Path) -> None:
    event = tmp_path / "small.yaml"
    event.write_text(SMALL)
    (tmp_path / "torn.svg").write_text('<svg viewBox="0 0 10 10"><rect></svg>')

    code, printed = run(str(event), str(tmp_path / "sheet.jpg"), "--tile", "80")

    assert code == 1
    assert "torn.svg: " in printed
    assert cv2.imread(str(tmp_path / "sheet.jpg")) is not None


def test_what_is_no_picture_s_name_is_one_sentence(tmp_path: Path) -> None:
    event = tmp_path / "small.yaml"
    event.write_text(SMALL.replace("{use: torn, at: 5s, for: 5s}", ""))

    _, printed = run(str(event), str(tmp_path / "sheet.pdf"))

    assert "end its name in .png or .jpg" in printed
    assert not (tmp_path / "sheet.pdf").exists()
