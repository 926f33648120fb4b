"""What the origin says of the DVR: names, playlists, and what is gone from the moment of an act."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestrator.bus.decisions import SafetyAct
from orchestrator.bus.dvr import Kept, Shape, first_part, index_path
from orchestrator.bus.lines import LineWriter
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery.dvrlists import DvrPlaylists, DvrText
from orchestrator.delivery.dvrshelf import DvrShelf, DvrView
from orchestrator.delivery.guide import Guide
from orchestrator.delivery.playlists import DateRange
from orchestrator.timing.grid import Grid

GOLDEN = Path(__file__).parents[2] / "golden" / "playlists"
GRID = Grid.standard(30)
SHAPE = Shape("test", "abc", 30, 16, 64, ("180p", "a"))
G = 280_545_000
DAY = 13_500
"""Segments in 24 hours."""


class Disk:
    """An index as the recorder writes it, and the origin's shelf over it."""

    def __init__(self, folder: Path) -> None:
        self.tree = LiveTree(folder)
        (folder / "dvr").mkdir()
        self._index = LineWriter(index_path(folder / "dvr"))
        self._index.append(SHAPE.record())
        self._decisions = LineWriter(self.tree.decisions)
        self.shelf = DvrShelf(self.tree, folder / "dvr", SHAPE)

    def keep(self, *gs: int, tag: int = 0) -> None:
        for g in gs:
            self._index.append(Kept(g, tag, {"180p": 1, "a": 1}).record())

    def leave(self, first_g: int) -> None:
        self._index.append({"first_g": first_g})

    def decide(self, act: SafetyAct) -> SafetyAct:
        self._decisions.append(act.record())
        return act


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


def _act(g: int, last_g: int, at_ms: int) -> SafetyAct:
    span = (first_part(SHAPE, g), first_part(SHAPE, last_g + 1) - 1)
    return SafetyAct("privacy", span[1] + 1, at_ms * 10**6, "tom", redacted=span)


def _render(view: DvrView, **more: object) -> str:
    return DvrText(SHAPE).render(view, view.tags, (), **more)  # type: ignore[arg-type]


def _uris(text: str) -> list[str]:
    return re.findall(r"^dvr/.*", text, re.MULTILINE)


def test_a_whole_playlist_is_the_golden_one() -> None:
    slot = DateRange("panel@1", "slot", GRID.utc(G * 192), "Round table", GRID.utc(G * 192 + 90))

    text = DvrText(SHAPE).render(DvrView(G, G + 2, {G + 1: 77}), {G + 1: 77}, [slot])

    path = GOLDEN / "dvr.m3u8"
    assert text == path.read_text(), f"compare with {path}"


def test_a_delta_and_the_playlist_before_it_make_the_whole_one() -> None:
    view = DvrView(G, G + 50, {G + 49: 5})
    whole, delta = _render(view), _render(view, skip=40)

    skipped = re.search(r"#EXT-X-SKIP:SKIPPED-SEGMENTS=(\d+)", delta)
    assert skipped is not None
    assert _uris(whole)[int(skipped[1]) :] == _uris(delta)
    assert delta.splitlines()[:5] == whole.splitlines()[:5]


def test_every_segment_says_when_it_was_and_numbers_have_no_holes() -> None:
    text = _render(DvrView(G, G + DAY - 1, {}))

    dates = re.findall(r"#EXT-X-PROGRAM-DATE-TIME:(\S+)", text)
    assert len(dates) == len(set(dates)) == DAY
    assert dates == sorted(dates)
    assert _uris(text) == [f"dvr/{g}.m4s" for g in range(G, G + DAY)]
    assert "#EXT-X-ENDLIST" not in text


async def _look(disk: Disk) -> DvrShelf:
    """As `run` does it, once."""
    disk.shelf.begin(disk.shelf.past_acts())
    disk.shelf.show(disk.shelf.read())
    return disk.shelf


async def test_what_the_index_names_may_be_handed_out_and_nothing_else(disk: Disk) -> None:
    disk.keep(G, G + 1, G + 2)
    shelf = await _look(disk)

    assert shelf.view == DvrView(G, G + 2, {})
    assert [shelf.verdict(g, 0) for g in (G - 500, G, G + 2, G + 3)] == [404, 200, 200, 404]
    assert shelf.verdict(G, 5) == 404


async def test_a_file_that_left_the_playlist_may_be_fetched_a_while_longer(disk: Disk) -> None:
    disk.keep(*range(G, G + 200))
    disk.leave(G + 100)
    shelf = await _look(disk)

    assert shelf.view is not None
    assert shelf.view.first_g == G + 100
    assert shelf.verdict(G + 50, 0) == 200
    assert shelf.verdict(G, 0) == 404


async def test_what_is_taken_back_is_gone_before_the_recorder_has_done_anything(
    disk: Disk,
) -> None:
    disk.keep(G, G + 1, G + 2)
    shelf = await _look(disk)
    shelf.take(_act(G + 1, G + 1, 900))

    assert [shelf.verdict(G + 1, tag) for tag in (0, 900)] == [410, 503]
    assert shelf.verdict(G, 0) == 200

    disk.keep(G + 1, tag=900)
    shelf.show(shelf.read())
    assert [shelf.verdict(G + 1, tag) for tag in (0, 900)] == [410, 200]


async def test_a_restarted_origin_knows_what_was_taken_back_before_it_began(disk: Disk) -> None:
    disk.keep(G, G + 1)
    disk.decide(_act(G, G + 1, 900))
    disk.shelf.take(disk.decide(_act(G + 1, G + 1, 950)))  # covered by the first: changes nothing
    shelf = await _look(disk)

    assert shelf.tags() == {G: 900, G + 1: 900}
    assert shelf.verdict(G, 0) == 410


async def test_another_stream_s_dvr_is_not_shown(disk: Disk, tmp_path: Path) -> None:
    disk.keep(G)
    other = Shape("test", "another", 30, 16, 64, ("180p", "a"))
    shelf = DvrShelf(disk.tree, tmp_path / "dvr", other)

    assert shelf.read() is None


async def test_a_delta_skips_nothing_that_has_just_been_renamed(disk: Disk) -> None:
    disk.keep(*range(G, G + 100))
    shelf = await _look(disk)
    lists = DvrPlaylists(shelf, Guide(disk.tree, GRID, lambda *_: ()))

    plain = await lists.media(is_delta=True, has_ended=False)
    shelf.take(_act(G + 30, G + 31, 900))
    renamed = await lists.media(is_delta=True, has_ended=False)

    assert plain is not None
    assert renamed is not None
    assert b"SKIPPED-SEGMENTS=94\n" in plain.plain  # 6 × 6.4 s: no less than six targets of 6 s
    assert b"SKIPPED-SEGMENTS=30\n" in renamed.plain
    assert f"dvr/{G + 30}.r900.m4s\n".encode() in renamed.plain


async def test_one_change_is_rendered_once_for_all_who_ask(disk: Disk) -> None:
    disk.keep(*range(G, G + 20))
    shelf = await _look(disk)
    lists = DvrPlaylists(shelf, Guide(disk.tree, GRID, lambda *_: ()))

    first = await lists.media(is_delta=False, has_ended=False)
    again = await lists.media(is_delta=False, has_ended=False)
    disk.keep(G + 20)
    shelf.show(shelf.read())
    later = await lists.media(is_delta=False, has_ended=True)

    assert first is again
    assert later is not None
    assert later.plain.decode().splitlines()[-2:] == [f"dvr/{G + 20}.m4s", "#EXT-X-ENDLIST"]
