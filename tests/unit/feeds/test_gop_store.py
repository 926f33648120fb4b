"""What a warm feed keeps to catch up from, and when it cannot."""

from __future__ import annotations

from av.packet import Packet
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.feeds.gop import GopStore, Stamped
from orchestrator.timing import NS


def packet(at_s: float, *, key: bool = False, size: int = 1000) -> Stamped:
    at_ns = round(at_s * NS)
    return Stamped(Packet(1), at_ns, at_ns, key, size)


def stamps(store: GopStore) -> list[float]:
    return [stamped.dts_ns / NS for stamped in store]


def test_everything_since_the_last_keyframe_is_kept_and_nothing_before_the_first() -> None:
    store = GopStore()
    for at, key in ((0, False), (1, True), (2, False), (3, True), (4, False), (5, False)):
        store.add(packet(at, key=key))

    assert stamps(store) == [3, 4, 5]
    assert store.bytes == 3000


def test_more_than_twelve_seconds_or_sixteen_mebibytes_are_not_kept() -> None:
    long, large = GopStore(), GopStore()
    long.add(packet(0, key=True))
    large.add(packet(0, key=True))
    for i in range(1, 14):
        long.add(packet(i))
        large.add(packet(i / 30, size=2**21))

    assert (len(long), len(large)) == (0, 0)
    assert long.is_overfull
    assert large.is_overfull

    long.add(packet(20, key=True))
    assert stamps(long) == [20]
    assert not long.is_overfull


def test_it_says_in_time_that_it_will_not_last() -> None:
    store = GopStore()
    store.add(packet(0, key=True))
    store.add(packet(10))
    assert not store.is_nearly_full

    store.add(packet(11))

    assert store.is_nearly_full
    assert len(store) == 3


def test_packets_from_before_and_after_a_jump_of_the_stamps_are_not_mixed() -> None:
    for jump in (-50.0, 3 * 3600.0):
        store = GopStore()
        store.add(packet(100, key=True))
        store.add(packet(101))
        store.add(packet(101 + jump))

        assert stamps(store) == []
        assert not store.is_overfull


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.booleans(), st.integers(0, 2**24))))
def test_it_never_holds_more_than_it_may_and_always_begins_with_a_keyframe(
    stream: list[tuple[float, bool, int]],
) -> None:
    store = GopStore()
    for at, key, size in stream:
        store.add(packet(at, key=key, size=size))
        kept = list(store)

        assert store.bytes == sum(p.size for p in kept) <= 2**24
        assert not kept or kept[0].is_keyframe
        assert not kept or kept[-1].dts_ns - kept[0].dts_ns <= 12 * NS
