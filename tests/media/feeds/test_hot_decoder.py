"""A hot feed stepped frame by frame: every picture in the ring at its frame, whatever the rate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from orchestrator.bus.feedpage import FeedWord
from orchestrator.errors import FeedBroken
from orchestrator.feeds.board import Board
from orchestrator.feeds.gop import Stamped
from orchestrator.feeds.hot import MOST_PENDING, HotDecoder, decoder_like
from orchestrator.feeds.readers.opened import OpenedInput
from orchestrator.feeds.timeline import Timeline
from orchestrator.media.conform import Conformer
from orchestrator.media.ring import RingReader, RingWriter
from orchestrator.rehearsal import strip
from orchestrator.timing import NS, Grid

pytestmark = pytest.mark.media

W, H = 320, 180
GRID = Grid.standard(30)
START_N = 51_000_000_000
START_NS = GRID.instant_ns(START_N)


def stamped_pictures(path: Path) -> Iterator[Stamped]:
    opened = OpenedInput("a film", str(path))
    for packet in opened.packets():
        if packet.stream.type == "video":
            tick = Fraction(packet.time_base or 0) * NS
            assert packet.dts is not None
            assert packet.pts is not None
            yield Stamped(
                packet,
                int(packet.dts * tick),
                int(packet.pts * tick),
                packet.is_keyframe,
                packet.size,
            )


@dataclass
class Rig:
    """A decoder whose first packet is due at START_N, with its ring and page."""

    folder: Path
    film: Path
    packets: list[Stamped] = field(init=False)
    shown: dict[int, tuple[int, int | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.packets = list(stamped_pictures(self.film))
        opened = OpenedInput("a film", str(self.film))
        assert opened.video is not None
        timeline = Timeline(0, 0)
        timeline.arrived(self.packets[0].pts_ns, START_NS)
        self.board = Board(self.folder / "page")
        self.ring = RingWriter(self.folder / "a.ring", W, H, session=1)
        self.decoder = HotDecoder(
            self.ring, Conformer(W, H), decoder_like(opened.video), timeline, GRID, self.board
        )
        self.reader = RingReader(self.folder / "a.ring", W, H)
        self.out = (
            np.zeros((H, W), np.uint8),
            np.zeros((H // 2, W // 2), np.uint8),
            np.zeros((H // 2, W // 2), np.uint8),
        )

    def run_until(self, now_ns: int) -> None:
        while self.decoder.step(now_ns) == 0:
            pass

    def look(self, n: int) -> tuple[int, int | None] | None:
        """(due frame, counter in the strip) of what is shown at frame n."""
        due = self.reader.picture(n, self.out)
        if due is None:
            return None
        read = strip.read(self.out[0])
        return due, None if read is None else read.counter

    def play(self, frames: int) -> None:
        for n in range(START_N, START_N + frames):
            self.run_until(GRID.instant_ns(n))
            seen = self.look(n)
            if seen is not None:
                self.shown[n] = seen


@pytest.fixture
def rig(tmp_path: Path) -> Callable[[Path], Rig]:
    return lambda film: Rig(tmp_path, film)


@pytest.mark.parametrize("b_frames", [0, 2])
def test_at_the_houses_rate_every_picture_is_shown_on_its_frame(
    film: Callable[..., Path], rig: Callable[[Path], Rig], b_frames: int
) -> None:
    feed = rig(film(b_frames=b_frames))
    for packet in feed.packets:
        feed.decoder.offer_packet(packet)

    feed.play(55)

    assert feed.shown == {START_N + i: (START_N + i, i) for i in range(55)}
    assert feed.board[FeedWord.PICTURE_N] >= START_N + 55


@pytest.mark.parametrize("fps", [Fraction(25), Fraction(60_000, 1001), Fraction(15), Fraction(24)])
def test_any_other_rate_becomes_constant_and_no_picture_is_half_a_frame_off(
    film: Callable[..., Path], rig: Callable[[Path], Rig], fps: Fraction
) -> None:
    feed = rig(film(fps=fps))
    for packet in feed.packets:
        feed.decoder.offer_packet(packet)

    feed.play(50)

    assert len(feed.shown) == 50
    for n, (_, counter) in feed.shown.items():
        assert counter is not None
        ideal = (n - START_N) / 30 * fps
        assert -1 - fps / 60 <= counter - ideal <= 0.5 + fps / 60


def test_a_variable_rate_shows_each_picture_until_the_next_is_due(
    film: Callable[..., Path], rig: Callable[[Path], Rig]
) -> None:
    times = (0, 33, 67, 200, 233, 600, 633, 640, 1000, 1033)
    feed = rig(film(times=times, suffix=".mkv"))
    for packet in feed.packets:
        feed.decoder.offer_packet(packet)

    feed.play(31)

    due = [round(t * 30 / 1000) for t in times]
    for n, (_, counter) in feed.shown.items():
        newest = max(d for d in due if d <= n - START_N)
        assert counter == due.index(newest)


def test_nothing_is_decoded_before_it_is_due_within_four_frames(
    film: Callable[..., Path], rig: Callable[[Path], Rig]
) -> None:
    feed = rig(film())
    for packet in feed.packets:
        feed.decoder.offer_packet(packet)

    feed.run_until(START_NS)

    assert feed.reader.newest_n() == START_N + 4


def test_a_feed_that_becomes_hot_late_shows_the_picture_of_now_first(
    film: Callable[..., Path], rig: Callable[[Path], Rig]
) -> None:
    feed = rig(film(gop=60))
    late = START_N + 50
    for packet in feed.packets:
        feed.decoder.offer_packet(packet)

    feed.run_until(GRID.instant_ns(late))

    assert feed.look(late) == (late, 50)
    assert feed.reader.due(late - 3) is None  # superseded pictures were never put in


def test_a_picture_size_that_changes_on_the_way_is_conformed_all_the_same(
    film: Callable[..., Path], rig: Callable[[Path], Rig]
) -> None:
    feed, other = rig(film()), film(size=(640, 360))
    shift = feed.packets[-1].dts_ns + NS // 30
    larger = list(stamped_pictures(other))
    for packet in feed.packets:
        feed.decoder.offer_packet(packet)
    first = larger[0].pts_ns
    for p in larger:
        tick = p.packet.time_base
        assert tick is not None
        assert p.packet.pts is not None
        assert p.packet.dts is not None
        moved = round((shift - first) / NS / tick)
        p.packet.pts, p.packet.dts = p.packet.pts + moved, p.packet.dts + moved
        feed.decoder.offer_packet(
            Stamped(p.packet, p.dts_ns + shift - first, p.pts_ns + shift - first, p.is_keyframe, 1)
        )

    feed.play(100)

    assert [counter for _, counter in feed.shown.values()] == [*range(60), *range(40)]
    assert feed.board[FeedWord.WIDTH] == 640


def test_garbage_between_good_packets_is_dropped_and_too_much_of_it_ends_the_session(
    film: Callable[..., Path], rig: Callable[[Path], Rig]
) -> None:
    from av.packet import Packet

    def garbage(i: int) -> Stamped:
        packet = Packet(bytes([0, 0, 0, 1, 0x65, 0xFF, 0xFF]) * 20)
        return Stamped(packet, i, i, False, 140)

    feed = rig(film())
    for packet in feed.packets[:30]:
        feed.decoder.offer_packet(packet)
    feed.decoder.offer_packet(garbage(feed.packets[29].dts_ns + 1))
    for packet in feed.packets[30:]:
        feed.decoder.offer_packet(packet)
    feed.play(55)
    assert feed.shown[START_N + 54] == (START_N + 54, 54)

    for i in range(200):
        feed.decoder.offer_packet(garbage(feed.packets[-1].dts_ns + i))
    with pytest.raises(FeedBroken, match="cannot be decoded"):
        feed.play(90)


def test_more_than_can_wait_is_given_up_until_the_next_keyframe(
    film: Callable[..., Path], rig: Callable[[Path], Rig]
) -> None:
    feed = rig(film())
    keyframe, rest = feed.packets[0], feed.packets[1:30]
    for _ in range(MOST_PENDING // len(rest) + 1):
        for packet in rest:
            feed.decoder.offer_packet(packet)

    assert feed.board[FeedWord.DROPPED] > MOST_PENDING

    feed.decoder.offer_packet(keyframe)
    feed.run_until(START_NS)
    assert feed.look(START_N) == (START_N, 0)


def test_sound_waits_for_the_first_picture_so_that_a_new_ring_has_both(
    film: Callable[..., Path], rig: Callable[[Path], Rig]
) -> None:
    feed, out = rig(film()), np.zeros((100, 2), np.float32)
    feed.decoder.offer_sound(GRID.sample_of(START_N), np.ones((1600, 2), np.float32))
    feed.run_until(START_NS)
    assert not feed.reader.sound(GRID.sample_of(START_N), 100, out)

    for packet in feed.packets:
        feed.decoder.offer_packet(packet)
    feed.run_until(START_NS)
    feed.run_until(START_NS + 1)

    assert feed.reader.sound(GRID.sample_of(START_N), 100, out)
