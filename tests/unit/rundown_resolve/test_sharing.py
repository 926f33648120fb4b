"""Rule R3 by itself: who gives and who takes when there is too much or too little time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.rundown.share import Room, among_equals, spread

FPS = 30
S, M = FPS, 60 * FPS


@pytest.mark.parametrize(
    ("amount", "rooms", "shares"),
    [
        (9 * M, [20 * M, 20 * M], [5 * M, 4 * M]),  # minutes throughout: whole minutes
        (9 * S, [20 * S, 20 * S], [5 * S, 4 * S]),  # else whole seconds
        (90 * S, [20 * M, 20 * M], [45 * S, 45 * S]),
        (3 * M, [10 * M, 20 * M], [1 * M, 2 * M]),  # in proportion to the room
        (10 * M, [3 * M, 7 * M], [3 * M, 7 * M]),  # all there is
        (12 * M, [3 * M, 7 * M], [3 * M, 7 * M]),  # never more
        (100, [90, 90], [70, 30]),  # what is less than a second goes to the earlier one
        (0, [M, M], [0, 0]),
        (1, [], []),
    ],
)
def test_equals_share_in_proportion_and_the_earlier_takes_the_rest(
    amount: int, rooms: list[int], shares: list[int]
) -> None:
    assert among_equals(amount, rooms, FPS) == shares


def test_the_lowest_priority_goes_first_and_the_rest_is_left() -> None:
    rooms = [Room(9, 5 * M), Room(1, 2 * M), Room(4, 3 * M)]

    assert spread(1 * M, rooms, FPS) == ([0, 1 * M, 0], 0)
    assert spread(4 * M, rooms, FPS) == ([0, 2 * M, 2 * M], 0)
    assert spread(12 * M, rooms, FPS) == ([5 * M, 2 * M, 3 * M], 2 * M)


@given(
    st.integers(0, 10**6),
    st.lists(st.builds(Room, st.integers(1, 9), st.integers(0, 10**5)), max_size=12),
)
def test_shares_add_up_and_stay_within_their_room(amount: int, rooms: list[Room]) -> None:
    shares, left = spread(amount, rooms, FPS)

    assert sum(shares) + left == amount
    assert all(0 <= share <= room.frames for share, room in zip(shares, rooms, strict=True))
    assert left == 0 or all(share == room.frames for share, room in zip(shares, rooms, strict=True))


@given(st.integers(0, 10**4), st.lists(st.integers(0, 10**3), min_size=1, max_size=6))
def test_at_most_one_share_is_not_whole_seconds_unless_the_room_is_not(
    seconds: int, rooms: list[int]
) -> None:
    shares = among_equals(seconds * FPS, [room * FPS for room in rooms], FPS)

    assert all(share % FPS == 0 for share in shares)
