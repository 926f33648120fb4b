"""The watch: what feeds' pages and rings say becomes verdicts, and changes are told once."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from orchestrator.bus.feedpage import FEED_WORDS, FeedState, FeedWord
from orchestrator.bus.page import create_page
from orchestrator.bus.tree import LiveTree
from orchestrator.media.house import House
from orchestrator.media.picture import fill, new_picture
from orchestrator.media.ring import RingWriter
from orchestrator.programme.failover import Judged, Verdict
from orchestrator.programme.sources import Sources
from orchestrator.programme.watch import Change, Watch
from orchestrator.rundown.plan import Health
from orchestrator.timing import ManualClock

HOUSE = House.of(320, 180, 30, ("180p",))
HEALTH = Health(loss=45, freeze=600, black=300, silence=900, back_after=300)
FEED = "mumbai.headset"
FEED_WANTED = {FEED: 0}
N = 53_864_793_472


class Site:
    """A feed's page and ring, as its process would write them."""

    def __init__(self, tree: LiveTree, source: str) -> None:
        self.ring = RingWriter(tree.ring(source), 320, 180, session=1)
        self.page: NDArray[np.int64] = create_page(tree.feed_page(source), FEED_WORDS)
        self.page[FeedWord.STATE] = FeedState.LIVE

    def beat(self, n: int, now_ns: int) -> None:
        picture = new_picture(320, 180)
        fill(picture)
        self.ring.put_picture(n, *picture)
        self.page[FeedWord.ALIVE_NS] = now_ns
        for word in (FeedWord.PICTURE_N, FeedWord.MOVED_N, FeedWord.BRIGHT_N, FeedWord.SOUND_N):
            self.page[word] = n


class Gallery:
    def __init__(self, folder: Path) -> None:
        self.tree = LiveTree(folder / "live")
        self.tree.make()
        self.clock = ManualClock(HOUSE.grid.instant_ns(N))
        self.sources = Sources(self.tree, HOUSE)
        self.watch = Watch(self.tree, self.clock, self.sources, 30)
        self.site = Site(self.tree, FEED)

    def judge(
        self,
        n: int,
        *,
        wanted: Mapping[str, int] = FEED_WANTED,
        quarantined: Iterable[str] = (),
    ) -> list[Change]:
        self.clock.set(HOUSE.grid.instant_ns(n))
        return self.watch.judge(
            n,
            known=(FEED, "dubai.room", "clip.film"),
            wanted=wanted,
            heard=(FEED,),
            quarantined=frozenset(quarantined),
            health=HEALTH,
        )

    def beat(self, n: int) -> None:
        self.site.beat(n, HOUSE.grid.instant_ns(n))


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    return Gallery(tmp_path)


def test_a_feed_that_stops_is_dead_after_its_threshold_and_told_once(gallery: Gallery) -> None:
    gallery.beat(N)
    told = [(n, c) for n in range(N, N + 100) for c in gallery.judge(n) if c.source == FEED]

    assert [(n - N, c.after.verdict) for n, c in told] == [(0, Verdict.ALIVE), (46, Verdict.DEAD)]
    assert gallery.watch.dead >= {FEED}


def test_a_feed_that_nobody_has_heard_of_is_dead(gallery: Gallery) -> None:
    gallery.judge(N - N % 15)

    assert "dubai.room" in gallery.watch.dead
    assert "clip.film" not in gallery.watch.dead


def test_a_quarantined_site_is_dead_at_once_and_back_when_restored(gallery: Gallery) -> None:
    gallery.beat(N)
    gallery.judge(N)

    [change] = [c for c in gallery.judge(N + 1, quarantined=["mumbai"]) if c.source == FEED]
    assert (change.after.verdict, change.after.why) == (Verdict.DEAD, "quarantined")

    for n in range(N + 2, N + 35):
        gallery.judge(n)
    assert FEED not in gallery.watch.dead


def test_a_restarted_feed_process_does_not_lose_its_last_picture_at_once(gallery: Gallery) -> None:
    gallery.beat(N)
    gallery.judge(N)
    page = create_page(gallery.tree.feed_page(FEED), FEED_WORDS)
    page[FeedWord.STATE] = FeedState.CONNECTING

    for n in range(N + 1, N + 40):
        gallery.judge(n)
    assert FEED not in gallery.watch.dead


def test_guests_that_nothing_can_come_from_are_always_dead(gallery: Gallery) -> None:
    gallery.watch.set_absent({"guest.v-rao"})
    gallery.judge(N)

    assert "guest.v-rao" in gallery.watch.dead


def test_the_last_picture_of_a_source_stays_when_its_ring_is_gone(gallery: Gallery) -> None:
    gallery.beat(N)
    assert gallery.sources.read(FEED, N) is not None
    gallery.site.ring.close()

    assert gallery.sources.read(FEED, N + 1) is not None
    assert gallery.sources.age(FEED, N + 1) is None
    gallery.sources.forget_unused(N + 1000)
    assert gallery.sources.read(FEED, N + 1000) is None


def test_a_clip_that_has_not_begun_is_not_missed_and_then_has_a_second(gallery: Gallery) -> None:
    wanted = {"clip.film": N + 200}
    told = [
        (n - N, c.after.verdict, c.after.why)
        for n in range(N, N + 300)
        for c in gallery.judge(n, wanted=wanted)
        if c.source == "clip.film"
    ]

    assert told[0][1] is Verdict.ALIVE
    assert told[1:] == [(245, Verdict.DEAD, "no picture yet")]


def test_a_restarted_programme_still_mistrusts_what_flapped(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path)
    latched = Judged(Verdict.DEAD, "lost", N, None, (N - 900, N - 500, N), is_latched=True)
    gallery.watch.begin("one")
    gallery.watch.judged[FEED] = latched
    told = json.loads(json.dumps(gallery.watch.facts()))

    again = Watch(gallery.tree, gallery.clock, gallery.sources, 30)
    again.remember(told)
    again.begin("one")

    assert again.judged[FEED] == replace(latched, was_seen=True)
    assert again.dead == {FEED}
    again.begin("two")
    assert not again.judged[FEED].is_latched


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"slot": "one", "sources": []},
        {"slot": "one", "sources": {FEED: None}},
        {"slot": "one", "sources": {FEED: {"verdict": "odd", "why": "", "since_n": N,
                                           "deaths": [N], "latched": True}}},
    ],
)  # fmt: skip
def test_last_words_that_cannot_be_understood_are_forgotten(
    tmp_path: Path, facts: dict[str, object]
) -> None:
    gallery = Gallery(tmp_path)

    gallery.watch.remember(facts)

    assert gallery.watch.judged == {}
