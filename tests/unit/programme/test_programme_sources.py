"""Pictures out of a feed's ring: drawn where they lie, kept when they stand, drawn anew if lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.bus.tree import LiveTree
from orchestrator.media.house import House
from orchestrator.media.picture import Planes, new_picture
from orchestrator.media.ring import SLOTS, RingWriter
from orchestrator.programme.compositor import Compositor
from orchestrator.programme.sources import Sources
from orchestrator.rundown.plan import Place
from orchestrator.rundown.scene import Cause, Layer, Look, Scene

HOUSE = House.of(320, 180, 30, ("180p",))
FEED = "mumbai.headset"
N = 1000


@pytest.fixture
def tree(tmp_path: Path) -> LiveTree:
    tree = LiveTree(tmp_path / "live")
    tree.make()
    return tree


@pytest.fixture
def ring(tree: LiveTree) -> Iterator[RingWriter]:
    ring = RingWriter(tree.ring(FEED), 320, 180, session=1)
    yield ring
    ring.close()


def put(ring: RingWriter, n: int) -> None:
    """The picture of frame `n`, of a grey that tells it."""
    picture = new_picture(320, 180)
    for plane in picture:
        plane[...] = n % 200
    ring.put_picture(n, *picture)


def grey(picture: Planes | None) -> set[int]:
    assert picture is not None
    return {int(plane[at]) for plane in picture for at in ((0, 0), (-1, -1))}


def test_a_picture_that_is_shown_again_outlives_its_place_in_the_ring(
    tree: LiveTree, ring: RingWriter
) -> None:
    sources = Sources(tree, HOUSE)
    put(ring, N)
    assert grey(sources.read(FEED, N)) == {N % 200}

    assert grey(sources.read(FEED, N + 1)) == {N % 200}
    for later in range(100, 100 + SLOTS):
        put(ring, N + later)

    assert grey(sources.read(FEED, N + 2)) == {N % 200}
    assert sources.ages(N + 2) == {FEED: 2}


def test_the_last_picture_stands_after_its_feed_has_gone(tree: LiveTree, ring: RingWriter) -> None:
    sources = Sources(tree, HOUSE)
    put(ring, N)
    sources.read(FEED, N)
    ring.close()

    assert grey(sources.read(FEED, N + 1)) == {N % 200}
    assert grey(sources.read(FEED, N + 2)) == {N % 200}


def test_a_picture_that_was_written_over_while_it_was_drawn_is_known(
    tree: LiveTree, ring: RingWriter
) -> None:
    sources = Sources(tree, HOUSE)
    put(ring, N)
    sources.read(FEED, N)
    assert sources.is_whole(FEED)

    for later in range(1, SLOTS + 1):
        put(ring, N + later)

    assert not sources.is_whole(FEED)
    assert grey(sources.read(FEED, N + SLOTS)) == {(N + SLOTS) % 200}
    assert sources.is_whole(FEED)


class _Lapped:
    """Sources whose ring is lapped, once, between the look and the question after it."""

    def __init__(self, sources: Sources, ring: RingWriter) -> None:
        self._sources = sources
        self._ring: RingWriter | None = ring

    def read(self, source: str, n: int) -> Planes | None:
        return self._sources.read(source, n)

    def is_whole(self, source: str) -> bool:
        ring, self._ring = self._ring, None
        if ring is not None:
            for n in range(N + 1, N + 1 + SLOTS):
                put(ring, n)
        return self._sources.is_whole(source)


def test_the_compositor_draws_again_what_was_lost_under_its_hands(
    tree: LiveTree, ring: RingWriter
) -> None:
    put(ring, N)
    compositor = Compositor(320, 180, _Lapped(Sources(tree, HOUSE), ring))
    layer = Layer(Place("main", (0.0, 0.0, 1.0, 1.0)), FEED, FEED, None)
    scene = Scene("slot", "", "full", (layer,), Cause("schedule", "start"), 0)
    out = new_picture(320, 180)

    compositor.render(Look(N + SLOTS, scene), out)

    assert grey(out) == {(N + SLOTS) % 200}


def test_what_has_not_been_shown_for_long_is_let_go_of(tree: LiveTree, ring: RingWriter) -> None:
    sources = Sources(tree, HOUSE)
    put(ring, N)
    sources.read(FEED, N)

    sources.forget_unused(N + 11 * 30)

    assert sources.ages(N + 11 * 30) == {}
