"""One connection, packet by packet, on a clock that the packets move: warm facts, jumps, limits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from av.packet import Packet

from orchestrator.bus.feedpage import FeedState, FeedWord
from orchestrator.bus.page import create_page
from orchestrator.bus.tree import LiveTree
from orchestrator.errors import FeedBroken
from orchestrator.feeds.board import Board
from orchestrator.feeds.readers.opened import OpenedInput
from orchestrator.feeds.session import Session, Surroundings
from orchestrator.feeds.wants import Wants
from orchestrator.feeds.worker import Worker
from orchestrator.rundown.plan import Feed, Programme
from orchestrator.timing import NS, Grid, ManualClock

pytestmark = pytest.mark.media

GRID = Grid.standard(30)
START_NS = 1_700_000_000 * NS
NORTH = Feed("north.main", "north", "url", "…")
Change = Callable[[Packet, float], Packet | None]


class FilmReader:
    """Plays a film as a live contribution: each packet moves the clock to when it was made."""

    is_pulled = False

    def __init__(self, film: Path, clock: ManualClock, change: Change, rounds: int = 1) -> None:
        self._opened = OpenedInput("a film", str(film))
        self._clock = clock
        self._change = change
        self._rounds = rounds
        self.video, self.audio = self._opened.video, self._opened.audio

    def prepare(self) -> None: ...
    def open(self) -> None: ...
    def abort(self) -> None: ...
    def close(self) -> None: ...
    def complaints(self) -> list[str]:
        return []

    def packets(self) -> Iterator[Packet]:
        first: float | None = None
        last = base = 0.0
        for _ in range(self._rounds):
            for packet in self._opened.packets():
                assert packet.dts is not None
                assert packet.time_base is not None
                at = float(packet.dts * packet.time_base)
                first = at if first is None else first
                last = max(last, base + at - first)
                self._clock.set(max(self._clock.now_ns(), START_NS + round(last * NS)))
                if base:
                    shift = round(base / packet.time_base)
                    packet.dts += shift
                    packet.pts = None if packet.pts is None else packet.pts + shift
                changed = self._change(packet, last)
                if changed is not None:
                    yield changed
            base = last + 1 / 30
            self._opened.rewind()


def unchanged(packet: Packet, _at: float) -> Packet:
    return packet


class Rig:
    def __init__(self, folder: Path) -> None:
        self.tree = LiveTree(folder / "live")
        self.tree.make()
        self.wants = create_page(self.tree.wants, 2)
        self.board = Board(self.tree.feed_page(NORTH.id))
        self.clock = ManualClock(START_NS)

    def session(self, film: Path, change: Change = unchanged, rounds: int = 1) -> Session:
        around = Surroundings(
            Programme(320, 180, 30),
            GRID,
            self.clock,
            self.board,
            Wants(self.tree),
            0,
            self.tree.ring(NORTH.id),
            threading.Lock(),
            threading.Event(),
            Worker("hot"),
        )
        return Session(NORTH, FilmReader(film, self.clock, change, rounds), around)

    @property
    def now_n(self) -> int:
        return GRID.frame_at(self.clock.now_ns())


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def test_a_warm_feed_decodes_keyframes_and_sound_only_and_says_what_it_saw(
    film: Callable[..., Path], rig: Rig
) -> None:
    rig.session(film(seconds=6.0)).run()

    board = rig.board
    assert board.state == FeedState.LIVE
    assert board[FeedWord.DECODED] == 6
    assert (board[FeedWord.WIDTH], board[FeedWord.HEIGHT]) == (320, 180)
    assert board[FeedWord.MILLIFPS] == 30_000
    assert abs(board[FeedWord.PICTURE_N] - (rig.now_n - 29 + 9)) <= 3
    assert board[FeedWord.MOVED_N] == board[FeedWord.BRIGHT_N] == board[FeedWord.PICTURE_N]
    assert rig.now_n <= board[FeedWord.AUDIO_N] <= rig.now_n + 20
    assert rig.now_n - 40 <= board[FeedWord.SOUND_N] <= board[FeedWord.AUDIO_N]
    assert board[FeedWord.BYTES] > 10_000
    assert (board[FeedWord.HOT], board[FeedWord.DROPPED]) == (0, 0)
    assert list(rig.tree.ring(NORTH.id).parent.iterdir()) == []


@pytest.mark.parametrize("sound", [("mono", 44_100), ("stereo", 44_100), ("mono", 48_000)])
def test_sound_of_any_kind_is_heard(
    film: Callable[..., Path], rig: Rig, sound: tuple[str, int]
) -> None:
    rig.session(film(seconds=3.0, sound=sound)).run()

    assert rig.now_n <= rig.board[FeedWord.AUDIO_N] <= rig.now_n + 20
    assert rig.board[FeedWord.SOUND_N] > rig.now_n - 60


def test_a_feed_without_sound_and_one_without_picture_are_both_taken(
    film: Callable[..., Path], rig: Rig
) -> None:
    rig.session(film(sound=None)).run()
    assert rig.board[FeedWord.PICTURE_N] > 0
    assert rig.board[FeedWord.AUDIO_N] == 0
    pictures = rig.board[FeedWord.DECODED]

    rig.session(film(picture=False, seconds=3.0)).run()
    assert rig.board[FeedWord.DECODED] == pictures
    assert rig.board[FeedWord.SOUND_N] > 0


@pytest.mark.parametrize(
    ("jump_s", "why"), [(-2.0, "restarts from zero"), (3 * 3600.0, "+3 h"), (-1.0, "steps back")]
)
def test_stamps_that_jump_begin_a_new_session_and_nothing_else(
    film: Callable[..., Path], rig: Rig, jump_s: float, why: str
) -> None:
    def jump(packet: Packet, at: float) -> Packet:
        if at > 2.0:
            shift = round(jump_s / (packet.time_base or Fraction(1)))
            packet.dts = (packet.dts or 0) + shift
            packet.pts = (packet.pts or 0) + shift
        return packet

    rig.session(film(seconds=6.0), jump).run()

    assert rig.board[FeedWord.SESSION] == 2, why
    assert abs(rig.board[FeedWord.PICTURE_N] - (rig.now_n - 20)) <= 3
    assert rig.now_n - 2 <= rig.board[FeedWord.AUDIO_N] <= rig.now_n + 25


def test_a_picture_that_freezes_is_told_from_one_that_moves(
    film: Callable[..., Path], rig: Rig
) -> None:
    kept: list[Packet] = []

    def freeze(packet: Packet, at: float) -> Packet | None:
        """After two seconds only the first keyframe comes, again and again."""
        if packet.stream.type != "video" or at < 2.0:
            return packet
        if not packet.is_keyframe:
            return None
        frozen = Packet(bytes(kept[0])) if kept else packet
        kept.append(packet)
        frozen.stream, frozen.time_base = packet.stream, packet.time_base
        frozen.pts, frozen.dts, frozen.is_keyframe = packet.pts, packet.dts, True
        return frozen

    rig.session(film(seconds=6.0), freeze).run()

    assert rig.board[FeedWord.PICTURE_N] > rig.now_n - 35
    assert rig.board[FeedWord.MOVED_N] < rig.now_n - 80
    assert rig.board[FeedWord.NOISE] == 1, "none at all"


def test_a_stream_without_keyframes_for_long_stays_hot_and_says_so(
    film: Callable[..., Path], rig: Rig
) -> None:
    def one_keyframe(packet: Packet, at: float) -> Packet:
        if at > 0.5:
            packet.is_keyframe = False
        return packet

    session = rig.session(film(seconds=3.0, gop=300, sound=None), one_keyframe, rounds=5)

    session.run()

    assert session.stays_hot
    assert session.codec == "h264"


def test_what_cannot_be_decoded_at_all_ends_the_session(
    film: Callable[..., Path], rig: Rig
) -> None:
    def spoil(packet: Packet, _at: float) -> Packet:
        spoiled = Packet(bytes(len(memoryview(packet))))
        spoiled.stream, spoiled.time_base = packet.stream, packet.time_base
        spoiled.pts, spoiled.dts, spoiled.is_keyframe = packet.pts, packet.dts, packet.is_keyframe
        return spoiled

    with pytest.raises(FeedBroken, match="cannot be decoded"):
        rig.session(film(seconds=6.0), spoil, rounds=4).run()


def test_an_encoder_that_stops_in_the_middle_of_a_gop_leaves_the_session_clean(
    film: Callable[..., Path], rig: Rig
) -> None:
    def stop(packet: Packet, at: float) -> Packet | None:
        return packet if at < 1.4 else None

    rig.session(film(seconds=3.0), stop).run()
    rig.session(film(seconds=3.0)).run()

    assert rig.board[FeedWord.SESSION] == 2
    assert rig.board[FeedWord.DROPPED] == 0
