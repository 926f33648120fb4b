"""Poster and thumbnails: pictures of what is public, bounded, and gone when it is taken back."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import av
import pytest
from fakestream.encode import encode_video, programme_picture, slate_picture

from orchestrator.bus.decisions import REAL, Column
from orchestrator.bus.stills import Stills, poster_path, still_path
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery.stills.shelf import StillShelf
from orchestrator.delivery.stream import Stream
from orchestrator.media.house import House
from orchestrator.timing.grid import Grid

GRID = Grid.standard(30)
HOUSE = House.of(854, 480, 30, ("480p", "180p"))
STREAM = Stream("test", GRID, HOUSE.ladder, HOUSE.tracks(), 0, ("open",), "open", 60)
EVERY = 20
K = 42_000_000 * EVERY


@dataclass
class Place:
    folder: Path
    live: LiveTree
    inits: dict[str, bytes]
    pictures: list[bytes]
    slates: list[bytes]

    def shelf(self, kept_s: float = 60, replaced: dict[int, int] | None = None) -> StillShelf:
        slate = {("480p", j): part for j, part in enumerate(self.slates)}
        shelf = StillShelf(self.folder, self.live, STREAM, slate, self.inits, kept_s)
        shelf.open(replaced or {})
        return shelf

    def publish(self, shelf: StillShelf, k: int, value: int = REAL) -> bool:
        """Whether a still was wanted of it; if so it is made."""
        path = self.live.public_part(GRID, "open", "480p", k)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.pictures[0])
        column = Column(k, dict.fromkeys(STREAM.tracks, value), frozenset(STREAM.tracks))
        if not shelf.wants(column):
            return False
        shelf.offer(column)
        return True

    def told(self) -> dict[int, int]:
        return Stills.read(self.folder).pictures

    def brightest(self, path: Path) -> tuple[int, int, int]:
        """Width, height and the brightest luma of a JPEG."""
        with av.open(io.BytesIO(path.read_bytes()), format="jpeg_pipe") as container:
            picture = next(container.decode(video=0))
            luma = picture.to_ndarray()[: picture.height, : picture.width]
            return picture.width, picture.height, int(luma.max())


@pytest.fixture(scope="module")
def encoded() -> tuple[bytes, list[bytes], list[bytes]]:
    rendition = HOUSE.ladder[0]
    init, pictures = encode_video(rendition, GRID, programme_picture, 0)
    return init, pictures, encode_video(rendition, GRID, slate_picture, 0)[1]


@pytest.fixture
def place(tmp_path: Path, encoded: tuple[bytes, list[bytes], list[bytes]]) -> Place:
    init, pictures, slates = encoded
    return Place(tmp_path / "stills", LiveTree(tmp_path), {"480p": init}, pictures, slates)


def test_every_ten_seconds_there_is_a_thumbnail_and_a_new_poster(place: Place) -> None:
    shelf = place.shelf()
    wanted = [k for k in range(K, K + 3 * EVERY) if place.publish(shelf, k)]

    assert wanted == [K, K + EVERY, K + 2 * EVERY]
    assert place.told() == dict.fromkeys(wanted, 0)
    width, height, brightest = place.brightest(still_path(place.folder, GRID, K))
    assert (width, height) == (160, 90)
    assert brightest > 220  # 230 of 16…235 is 249 of 0…255
    assert place.brightest(poster_path(place.folder))[:2] == (854, 480)
    assert Stills.read(place.folder).poster_k == wanted[-1]


def test_what_was_slate_to_the_public_is_slate_in_the_thumbnail(place: Place) -> None:
    shelf = place.shelf()
    place.publish(shelf, K, value=0)

    assert place.brightest(still_path(place.folder, GRID, K))[2] < 60


def test_what_is_taken_back_is_deleted_at_once_and_slate_under_a_new_name(place: Place) -> None:
    shelf = place.shelf()
    place.publish(shelf, K)
    place.publish(shelf, K + EVERY)
    shelf.redact(range(K + 1, K + EVERY + 9), tag=77)

    assert not still_path(place.folder, GRID, K + EVERY).exists()
    assert not poster_path(place.folder).exists()
    shelf.tidy()
    assert place.told() == {K: 0, K + EVERY: 77}
    assert place.brightest(still_path(place.folder, GRID, K + EVERY, 77))[2] < 60
    assert place.brightest(poster_path(place.folder))[2] < 60
    assert place.brightest(still_path(place.folder, GRID, K))[2] > 220


def test_what_was_taken_back_while_it_was_away_goes_when_it_starts(place: Place) -> None:
    place.publish(place.shelf(), K)
    shelf = place.shelf(replaced={K: 77})

    assert not still_path(place.folder, GRID, K).exists()
    shelf.tidy()
    assert place.told() == {K: 77}


def test_it_keeps_no_more_than_the_viewers_can_scrub_through(place: Place) -> None:
    shelf = place.shelf(kept_s=60)
    for i in range(20):
        place.publish(shelf, K + i * EVERY)
        shelf.tidy()

    assert len(place.told()) == 6
    files = {path.name for path in place.folder.rglob("*.jpg")} - {"poster.jpg"}
    assert files == {f"{k}.jpg" for k in place.told()}


def test_a_restart_goes_on_and_drops_what_it_does_not_know(place: Place) -> None:
    place.publish(place.shelf(), K)
    stranger = still_path(place.folder, GRID, K + 1)
    stranger.write_bytes(b"half a file")
    shelf = place.shelf()
    place.publish(shelf, K + EVERY)

    assert place.told() == {K: 0, K + EVERY: 0}
    assert not stranger.exists()


def test_a_picture_that_cannot_be_decoded_is_an_error_of_this_one(place: Place) -> None:
    shelf = place.shelf()
    place.pictures = [b"no part at all"]

    with pytest.raises(OSError, match="cannot be decoded"):
        place.publish(shelf, K)
    assert place.told() == {}
