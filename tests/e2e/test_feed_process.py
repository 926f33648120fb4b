"""The feed process with a real sender: over SRT into the ring, through kills and bad senders."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import psutil
import pytest
from harness.run import until

from orchestrator.bus.feedpage import FeedState, FeedWord
from orchestrator.bus.page import PageReader, create_page
from orchestrator.bus.tree import LiveTree
from orchestrator.media.ring import RingReader
from orchestrator.rehearsal import loops, strip
from orchestrator.rehearsal.picture import Contribution
from orchestrator.rehearsal.sites import Leg
from orchestrator.rundown.plan import Clip, Feed, Programme, Site
from orchestrator.rundown.resolved import Resolved
from orchestrator.timing import Grid, PageClock, anchor_page

pytestmark = pytest.mark.e2e

W, H = 320, 180
GRID = Grid.standard(30)
FEED = "north.main"
FOREVER = 2**60
SENDER = Contribution(7, FEED, "Oslo", "Hospital North")


class Rig:
    """A live tree with one feed (and one clip), the feed's process, a sender, and a reader."""

    def __init__(self, folder: Path, feed: Feed, clip: Clip) -> None:
        self.folder = folder
        self.tree = LiveTree(folder / "live")
        self.tree.make()
        anchor_page(self.tree.clock)
        self.clock = PageClock(self.tree.clock)
        self.wants = create_page(self.tree.wants, 4)
        self.feed = feed
        self.clip = clip
        self.write_snapshot(feed)
        self.page = PageReader(self.tree.feed_page(FEED), check_every=1)
        self.log = folder / "feed.log"
        self.environment = dict(os.environ) | {"ORCH_PARENT": str(os.getpid()), "ORCH_LOG": "json"}
        self.out = (
            np.zeros((H, W), np.uint8),
            np.zeros((H // 2, W // 2), np.uint8),
            np.zeros((H // 2, W // 2), np.uint8),
        )
        self.started: list[subprocess.Popen[bytes]] = []

    def write_snapshot(self, feed: Feed) -> None:
        site = Site("north", {"en": "North"}, "Oslo", "Europe/Oslo", (0, 1440), (feed,))
        resolved = Resolved(
            version=1,
            id="e",
            title={"en": "E"},
            timezone="UTC",
            start_n=0,
            end_n=FOREVER,
            languages=("en",),
            audience="open",
            programme=Programme(W, H, 30),
            sites={"north": site},
            people={},
            layouts={},
            graphics={},
            clips={"film": self.clip},
            slots=(),
            standby=(),
            outputs=(),
        )
        partial = self.tree.root / "rundown.new"
        partial.write_bytes(resolved.to_json())
        partial.replace(self.tree.snapshot)

    def start(self, module: str = "orchestrator.feeds", *more: str) -> subprocess.Popen[bytes]:
        arguments = [sys.executable, "-m", module, "--live", str(self.tree.root), *more]
        with self.log.open("ab") as log:
            process = subprocess.Popen(arguments, env=self.environment, stderr=log)
        self.started.append(process)
        return process

    def start_feed(self) -> subprocess.Popen[bytes]:
        return self.start("orchestrator.feeds", "--feed", FEED)

    def send(self, *arguments: str) -> subprocess.Popen[bytes]:
        binary = imageio_ffmpeg.get_ffmpeg_exe()
        process = subprocess.Popen(
            [binary, "-hide_banner", "-loglevel", "quiet", "-nostdin", *arguments]
        )
        self.started.append(process)
        return process

    def send_film(self, film: Path, url: str) -> subprocess.Popen[bytes]:
        return self.send(
            "-re", "-stream_loop", "-1", "-i", str(film), "-c", "copy", "-f", "mpegts", url
        )

    def word(self, word: FeedWord) -> int:
        words = self.page.words()
        return 0 if words is None else int(words[word])

    def is_state(self, *states: FeedState) -> Callable[[], bool]:
        return lambda: self.word(FeedWord.STATE) in states and self.word(FeedWord.CONNECTS) > 0

    @property
    def now_n(self) -> int:
        return GRID.frame_at(self.clock.now_ns())

    def fresh_picture(self, reader: RingReader) -> Callable[[], strip.Strip | None]:
        """Condition: the strip of a picture that is at most three frames old."""

        def look() -> strip.Strip | None:
            n = self.now_n
            due = reader.picture(n, self.out)
            return strip.read(self.out[0]) if due is not None and due >= n - 3 else None

        return look

    def reader(self, source: str = FEED) -> RingReader:
        return RingReader(self.tree.ring(source), W, H)

    def end(self) -> None:
        for process in reversed(self.started):
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return loops.encode(SENDER, loops.SMALL, tmp_path_factory.mktemp("film"))


@pytest.fixture
def leg() -> Leg:
    return Leg.some(1)[0]


@pytest.fixture
def rig(tmp_path: Path, leg: Leg, film: Path) -> Iterator[Rig]:
    feed = Feed(FEED, "north", "srt", "env:NORTH", "env:NORTH_PASS")
    rig = Rig(tmp_path, feed, Clip("film", str(film), cue_in=30))
    rig.environment |= {
        "NORTH__NORTH_MAIN": f"srt://127.0.0.1:{leg.port}?mode=listener",
        "NORTH_PASS": leg.passphrase,
    }
    yield rig
    rig.end()


def caller(leg: Leg, passphrase: str | None = None) -> str:
    return f"srt://127.0.0.1:{leg.port}?passphrase={passphrase or leg.passphrase}"


def test_an_srt_feed_is_warm_until_it_is_wanted_then_in_the_ring_then_gone_again(
    rig: Rig, leg: Leg, film: Path
) -> None:
    process = rig.start_feed()
    rig.send_film(film, caller(leg))
    until("a live feed", rig.is_state(FeedState.LIVE), 20)
    until("a keyframe seen", lambda: rig.word(FeedWord.PICTURE_N), 10)
    until("sound heard", lambda: rig.word(FeedWord.SOUND_N), 10)
    assert not rig.tree.ring(FEED).exists()

    reader, sound = rig.reader(), np.zeros((1600, 2), np.float32)
    rig.wants[0] = FOREVER
    first = until("a picture of now", rig.fresh_picture(reader), 10)
    n = rig.now_n
    later = until("a later one", lambda: rig.now_n > n + 30 and rig.fresh_picture(reader)(), 10)

    assert first.site == later.site == SENDER.number
    passed = rig.now_n - n
    assert 25 <= (later.counter - first.counter) % loops.SMALL.frames <= passed + 5
    until(
        "sound three frames ahead",
        lambda: reader.sound(GRID.sample_of(rig.now_n + 3), 1600, sound),
        5,
    )

    rig.wants[0] = 0
    until("the ring gone", lambda: not rig.tree.ring(FEED).exists(), 5)
    assert reader.picture(FOREVER, rig.out) is None

    process.terminate()
    assert process.wait(30) == 0
    assert [*rig.tree.ring(FEED).parent.iterdir()] == []
    assert rig.word(FeedWord.STATE) == FeedState.IDLE


def test_the_passphrase_is_in_no_log_and_no_argument_list(rig: Rig, leg: Leg, film: Path) -> None:
    feed = rig.start_feed()

    def srt_children() -> list[psutil.Process]:
        children = psutil.Process(feed.pid).children()
        return [c for c in children if f":{leg.port}" in " ".join(c.cmdline())]

    until("the SRT child", srt_children, 20)
    rig.send_film(film, caller(leg, "wrong" + secrets.token_hex(8)))
    until("the refusal said", lambda: "passphrase" in rig.log.read_text(), 20)
    rig.send_film(film, caller(leg))
    until("a live feed", rig.is_state(FeedState.LIVE), 20)

    lists = [" ".join(p.cmdline()) for p in [psutil.Process(feed.pid), *srt_children()]]
    facts = rig.tree.facts(f"feed.{FEED}").read_text()
    assert len(lists) == 2
    assert all(leg.passphrase not in text for text in [*lists, facts, rig.log.read_text()])


def test_a_killed_feed_takes_its_child_with_it_and_its_successor_carries_on(
    rig: Rig, leg: Leg, film: Path
) -> None:
    rig.wants[0] = FOREVER
    reader = rig.reader()
    sender = rig.send_film(film, caller(leg))
    sessions = []
    for _ in range(3):
        feed = rig.start_feed()
        if sender.poll() is not None:
            sender = rig.send_film(film, caller(leg))

        def live(feed: subprocess.Popen[bytes] = feed) -> bool:
            nonlocal sender
            if sender.poll() is not None:
                sender = rig.send_film(film, caller(leg))
            return rig.fresh_picture(reader)() is not None and feed.poll() is None

        until("pictures", live, 30)
        sessions.append(reader.session)
        children = psutil.Process(feed.pid).children()

        feed.kill()
        feed.wait()

        until("no child left", lambda c=children: not any(p.is_running() for p in c), 5)
        assert reader.picture(FOREVER, rig.out) is not None  # the last picture holds

    assert sessions == sorted(set(sessions))
    rig.wants[0] = 0
    rig.start_feed()
    until("what the dead one left is removed", lambda: not rig.tree.ring(FEED).exists(), 20)


def test_a_sender_that_freezes_is_stalled_and_one_that_comes_back_is_live(
    rig: Rig, leg: Leg, film: Path
) -> None:
    rig.start_feed()
    sender = rig.send_film(film, caller(leg))
    until("a live feed", rig.is_state(FeedState.LIVE), 20)

    sender.send_signal(signal.SIGSTOP)
    until("stalled", rig.is_state(FeedState.STALLED), 10)
    sender.kill()
    until("waiting for the next one", rig.is_state(FeedState.CONNECTING), 20)
    rig.send_film(film, caller(leg))

    until("live again", rig.is_state(FeedState.LIVE), 20)
    said = [json.loads(line)["event"] for line in rig.log.read_text().splitlines()]
    assert sum("lost" in event for event in said) == 1
    until("said to be back", lambda: "is back" in rig.log.read_text(), 5)


def test_a_sender_of_garbage_is_given_up_and_the_next_good_one_is_taken(
    rig: Rig, leg: Leg, film: Path, tmp_path: Path
) -> None:
    garbage = tmp_path / "garbage.bin"
    garbage.write_bytes(np.random.default_rng(1).bytes(4_000_000))
    rig.start_feed()
    until("listening", rig.is_state(FeedState.CONNECTING), 20)
    rig.send(
        "-re", "-f", "data", "-raw_packet_size", "1316", "-i", str(garbage),
        "-map", "0", "-c", "copy", "-f", "data", caller(leg),
    )  # fmt: skip
    until("given up", lambda: rig.word(FeedWord.CONNECTS) > 1, 30)

    def live() -> bool:
        if all(p.poll() is not None for p in rig.started[1:]):
            rig.send_film(film, caller(leg))
        return rig.is_state(FeedState.LIVE)()

    until("a good one taken", live, 30)


def test_a_feed_whose_secret_is_not_set_is_refused_and_says_what_to_set(rig: Rig) -> None:
    del rig.environment["NORTH_PASS"]
    rig.start_feed()

    until("refused", rig.is_state(FeedState.REFUSED), 20)

    facts = until("facts", lambda: rig.tree.facts(f"feed.{FEED}").exists(), 10)
    assert facts
    assert "NORTH_PASS" in rig.log.read_text()


def test_a_feed_that_the_rundown_changes_ends_its_process_and_another_one_does_not(
    rig: Rig, film: Path
) -> None:
    rig.write_snapshot(Feed(FEED, "north", "file", str(film)))
    process = rig.start_feed()
    until("a live feed", rig.is_state(FeedState.LIVE), 20)
    connects = rig.word(FeedWord.CONNECTS)
    rig.write_snapshot(Feed(FEED, "north", "file", str(film)))
    beat = rig.word(FeedWord.ALIVE_NS)
    until("two seconds more", lambda: rig.word(FeedWord.ALIVE_NS) > beat + 2_000_000_000, 10)
    assert (process.poll(), rig.word(FeedWord.CONNECTS)) == (None, connects)

    rig.write_snapshot(Feed(FEED, "north", "file", str(film), latency_ms=500))

    assert process.wait(10) == 0


def test_a_looped_file_and_a_synthetic_feed_are_feeds_like_any_other(rig: Rig, film: Path) -> None:
    rig.write_snapshot(Feed(FEED, "north", "file", str(film)))
    rig.wants[0] = FOREVER
    rig.start_feed()
    seen = until("a picture", rig.fresh_picture(rig.reader()), 20)
    assert seen.site == SENDER.number

    rig.write_snapshot(Feed(FEED, "north", "synthetic", "bars"))
    until("ended", lambda: rig.started[0].poll() is not None, 10)
    rig.start_feed()
    reader = rig.reader()
    until("bars", lambda: (reader.due(FOREVER) or 0) >= rig.now_n - 3, 20)


def test_a_clip_begins_on_its_frame_holds_its_end_and_is_found_in_the_middle(
    rig: Rig, film: Path
) -> None:
    begin_n = rig.now_n + 90
    rig.wants[2], rig.wants[3] = FOREVER, begin_n
    process = rig.start("orchestrator.feeds.clips")
    reader = rig.reader("clip.film")
    cue = until("the first picture before it begins", lambda: reader.due(FOREVER), 20)
    seen: dict[int, int] = {}

    def look() -> bool:
        n = rig.now_n
        due = reader.picture(n, rig.out)
        read = strip.read(rig.out[0])
        if due is not None and read is not None:
            seen[due] = read.counter
        return n > begin_n + 60

    until("two seconds of it", look, 20)

    assert cue < begin_n or begin_n in seen
    played = {n: counter for n, counter in seen.items() if n >= begin_n}
    assert len(played) > 20
    assert all(counter == n - begin_n + 30 for n, counter in played.items())

    long_over = rig.now_n - loops.SMALL.frames + 30 + 60
    rig.wants[3] = long_over  # two seconds before its end
    until("near its end", lambda: reader.due(FOREVER) and reader.session == 2, 10)
    last = until(
        "held",
        lambda: rig.now_n > long_over + loops.SMALL.frames and reader.picture(FOREVER, rig.out),
        20,
    )
    read = strip.read(rig.out[0])
    assert read is not None
    assert read.counter == loops.SMALL.frames - 1
    assert last == long_over + loops.SMALL.frames - 31

    rig.wants[2] = 0
    until("its ring gone", lambda: not rig.tree.ring("clip.film").exists(), 10)
    process.terminate()
    assert process.wait(30) == 0
