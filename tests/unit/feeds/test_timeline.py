"""When packets are due: the envelope, the anchor, the rate, and every kind of jump."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.feeds.timeline import MS, REANCHOR_PACKETS, Timeline
from orchestrator.timing import NS

EPOCH = 1_700_000_000 * NS
PERIOD = NS // 30


def packets(
    count: int,
    *,
    first_stamp: int = 0,
    first_arrival: int = EPOCH,
    period: int = PERIOD,
    rate: float = 1.0,
    jitter: Callable[[], int] = lambda: 0,
) -> Iterator[tuple[int, int]]:
    """(dts, arrival) of a sender whose second lasts `rate` of ours."""
    for i in range(count):
        yield first_stamp + i * period, first_arrival + round(i * period * rate) + jitter()


def feed(timeline: Timeline, stream: Iterator[tuple[int, int]]) -> int:
    """How often it was anchored anew."""
    return sum(timeline.arrived(dts, now).reanchored for dts, now in stream)


def test_a_packet_is_due_its_latency_after_the_quickest_one_arrived() -> None:
    timeline = Timeline(300, 0)
    dice = random.Random(1)

    feed(timeline, packets(150, jitter=lambda: dice.randrange(0, 80) * MS))

    assert EPOCH + 300 * MS <= timeline.picture_due_ns(0) <= EPOCH + 305 * MS


def test_a_first_packet_that_was_held_up_does_not_put_the_feed_into_the_future() -> None:
    timeline = Timeline(300, 0)
    timeline.arrived(0, EPOCH + 900 * MS)

    assert feed(timeline, packets(60, first_stamp=PERIOD, first_arrival=EPOCH + PERIOD)) == 0

    assert timeline.picture_due_ns(0) == EPOCH + 300 * MS


def test_picture_and_sound_are_due_together_unless_an_offset_is_asked_for() -> None:
    for av_offset_ms, picture_ms, sound_ms in ((0, 300, 300), (500, 800, 300), (-200, 300, 500)):
        timeline = Timeline(300, av_offset_ms)
        timeline.arrived(7 * NS, EPOCH)

        assert timeline.picture_due_ns(7 * NS) == EPOCH + picture_ms * MS
        assert timeline.sound_due_ns(7 * NS) == EPOCH + sound_ms * MS


def test_the_offset_does_not_move_once_the_feed_is_shown() -> None:
    timeline = Timeline(300, 0)
    feed(timeline, packets(35))
    timeline.freeze()
    before = timeline.picture_due_ns(0)

    timeline.arrived(35 * PERIOD, EPOCH + 35 * PERIOD - 50 * MS)

    assert timeline.picture_due_ns(0) == before


def test_a_feed_is_showable_a_second_after_its_first_packet_and_a_file_at_once() -> None:
    live, pulled = Timeline(300, 0), Timeline(300, 0, is_pulled=True)
    assert not live.is_showable(EPOCH)
    for timeline in (live, pulled):
        timeline.arrived(0, EPOCH)

    assert not live.is_showable(EPOCH + NS - 1)
    assert live.is_showable(EPOCH + NS)
    assert pulled.is_showable(EPOCH)


@pytest.mark.parametrize("ppm", [-500, -50, 0, 50, 500])
def test_a_wrong_clock_is_measured_and_followed_so_that_no_buffer_grows(ppm: int) -> None:
    timeline = Timeline(300, 0)
    dice = random.Random(ppm)
    rate = 1 + ppm * 1e-6
    feed(timeline, packets(60))
    timeline.freeze()

    worst = 0
    minutes = 30
    stream = packets(
        minutes * 60 * 30, rate=rate, jitter=lambda: round(dice.expovariate(1 / 5)) * MS
    )
    for i, (dts, now) in enumerate(stream):
        assert not timeline.arrived(dts, now).reanchored
        if i > 5 * 60 * 30:
            quickest = EPOCH + round(dts * rate)
            worst = max(worst, abs(timeline.picture_due_ns(dts) - 300 * MS - quickest))

    assert worst < 12 * MS
    assert timeline.drift_ppb == pytest.approx(ppm * 1000, abs=30_000)


def test_a_feed_shown_before_it_settled_finds_its_latency_within_two_minutes() -> None:
    timeline = Timeline(300, 0)
    timeline.arrived(0, EPOCH + 200 * MS)
    timeline.freeze()

    feed(timeline, packets(120 * 30, first_stamp=PERIOD, first_arrival=EPOCH + PERIOD))

    assert timeline.picture_due_ns(0) == pytest.approx(EPOCH + 300 * MS, abs=10 * MS)


@pytest.mark.parametrize(
    ("restart", "why"),
    [(0, "stamps from zero"), (3 * 3600 * NS, "three hours ahead"), (50 * NS, "ten seconds back")],
)
def test_stamps_that_jump_are_anchored_anew_after_ten_packets(restart: int, why: str) -> None:
    timeline = Timeline(300, 0)
    feed(timeline, packets(1800))
    timeline.freeze()
    at = EPOCH + 60 * NS

    jumped = [
        timeline.arrived(d, t).reanchored
        for d, t in packets(10, first_arrival=at, first_stamp=restart)
    ]

    assert jumped == [False] * (REANCHOR_PACKETS - 1) + [True], why
    last = restart + 9 * PERIOD
    assert timeline.picture_due_ns(last) == at + 9 * PERIOD + 300 * MS
    assert not timeline.is_frozen


@pytest.mark.parametrize("held_up_s", [0.5, 2.0, 4.5])
def test_packets_held_up_for_a_moment_and_catching_up_change_nothing(held_up_s: float) -> None:
    timeline = Timeline(300, 0)
    feed(timeline, packets(300))
    timeline.freeze()
    before = timeline.picture_due_ns(0)
    burst = EPOCH + 300 * PERIOD + round(held_up_s * NS)
    held_up = round(held_up_s * 30)

    late = ((i * PERIOD, burst + (i - 300) * MS) for i in range(300, 300 + held_up))

    assert feed(timeline, late) == 0
    assert abs(timeline.picture_due_ns(0) - before) < 5 * MS


def test_packets_that_stay_late_are_anchored_anew_after_a_second() -> None:
    timeline = Timeline(300, 0)
    feed(timeline, packets(300))
    timeline.freeze()
    at = EPOCH + 300 * PERIOD + 2 * NS

    late = packets(60, first_stamp=300 * PERIOD, first_arrival=at)
    anchored = [timeline.arrived(dts, now).reanchored for dts, now in late]

    assert anchored.index(True) == 31  # 30 periods are a few nanoseconds less than a second
    assert anchored.count(True) == 1


def test_what_is_pulled_is_due_from_its_first_packet_on_and_may_come_early() -> None:
    timeline = Timeline(300, 0, is_pulled=True)

    early = ((i * PERIOD, EPOCH + i * MS) for i in range(300))

    assert feed(timeline, early) == 0
    assert timeline.picture_due_ns(0) == EPOCH + 300 * MS


def test_what_is_pulled_and_comes_much_too_late_is_anchored_anew() -> None:
    timeline = Timeline(300, 0, is_pulled=True)
    timeline.arrived(0, EPOCH)

    late = [timeline.arrived(i * PERIOD, EPOCH + i * PERIOD + NS).reanchored for i in range(1, 33)]

    assert late == [False] * 31 + [True]
    assert timeline.picture_due_ns(32 * PERIOD) == EPOCH + 32 * PERIOD + NS + 300 * MS


def test_sound_that_lags_behind_its_picture_raises_the_latency_of_both() -> None:
    timeline = Timeline(300, 0)
    for dts, now in packets(60):
        timeline.arrived(dts, now)
        timeline.sound_arrived(dts, now + 190 * MS)

    assert timeline.wait_ns == pytest.approx(190 * MS + NS // 6, abs=MS)
    assert timeline.picture_due_ns(0) == timeline.sound_due_ns(0) == EPOCH + timeline.wait_ns

    timeline.freeze()
    timeline.sound_arrived(61 * PERIOD, EPOCH + 61 * PERIOD + 400 * MS)
    assert timeline.picture_due_ns(0) == EPOCH + timeline.wait_ns


def test_sound_held_up_while_connecting_does_not_raise_the_latency() -> None:
    timeline = Timeline(300, 0)
    timeline.arrived(0, EPOCH)
    timeline.sound_arrived(0, EPOCH + 450 * MS)

    assert timeline.wait_ns == 300 * MS


@given(
    st.lists(
        st.tuples(st.integers(-(2**50), 2**50), st.integers(0, 10**10)), min_size=1, max_size=80
    )
)
def test_no_stamps_whatever_break_it(stream: list[tuple[int, int]]) -> None:
    timeline, now = Timeline(300, 0), EPOCH
    for dts, wait in stream:
        now += wait
        timeline.arrived(dts, now)
        timeline.sound_arrived(dts, now)

        assert timeline.wait_ns >= 300 * MS
        assert isinstance(timeline.picture_due_ns(dts), int)
