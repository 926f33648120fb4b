"""Parts that are cut short or garbled are told apart from whole ones, whatever bytes they have."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.bus.decisions import Column
from orchestrator.delivery.push.filler import PUBLIC, Filler
from orchestrator.media.boxes import Sample, is_whole_part, read_part, write_part
from orchestrator.timing import Grid

TFDT = 90_000_000_000
PART = write_part(7, 1, TFDT, [Sample(b"picture" * 20, 3000, i == 0) for i in range(16)])


def test_a_whole_part_is_whole_at_its_own_time_only() -> None:
    assert is_whole_part(PART, TFDT)
    assert not is_whole_part(PART, TFDT + 1)


@given(st.integers(0, len(PART) - 1))
def test_a_part_that_is_cut_short_anywhere_is_not_whole(at: int) -> None:
    assert not is_whole_part(PART[:at], TFDT)


@given(st.integers(0, 400), st.binary(min_size=1, max_size=80))
def test_whatever_stands_in_a_part_only_a_value_error_is_raised(at: int, damage: bytes) -> None:
    garbled = PART[:at] + damage + PART[at + len(damage) :]

    with suppress(ValueError):
        read_part(garbled)
    assert is_whole_part(garbled, TFDT) in (True, False)


def test_a_count_of_samples_that_cannot_be_is_refused_without_taking_the_memory_for_it() -> None:
    at = PART.index(b"trun") + 8

    with pytest.raises(ValueError, match="samples"):
        read_part(PART[:at] + b"\xff\xff\xff\xff" + PART[at + 4 :])


def test_a_push_that_lost_a_part_sends_slate_until_the_next_key_picture() -> None:
    grid = Grid.standard(30)
    first_k = grid.part(1000, 0)
    filler = Filler(grid)

    def chosen(k: int, *independent: str) -> int:
        column = Column(k, {"180p": -1}, frozenset(independent), "open", 0.0)
        return filler.choose(column, ("180p",), is_mine=False)["180p"]

    assert chosen(first_k, "180p") == PUBLIC
    filler.lose("180p")
    assert [chosen(first_k + 1), chosen(first_k + 2)] == [1, 2]
    assert chosen(first_k + 4, "180p") == PUBLIC
