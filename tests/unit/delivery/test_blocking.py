"""Delivery directives, sentence by sentence (draft-pantos-hls-rfc8216bis-22, 6.2.5.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.delivery.blocking import (
    BadDirective,
    Directive,
    advance_part_limit,
    read_directive,
)
from orchestrator.timing.grid import Grid

GRID = Grid.standard(30)
LAST = GRID.part(1000, 1)


def _ask(**query: str) -> Directive:
    return read_directive({f"_HLS_{key}": value for key, value in query.items()}, GRID, LAST)


def test_without_directives_nobody_waits() -> None:
    assert _ask() == Directive(-1, "")


def test_a_segment_number_alone_waits_for_the_whole_segment() -> None:
    """…until the Playlist contains a Media Segment with Media Sequence Number of N or later."""
    assert _ask(msn="1000").wait_k == GRID.part(1000, 3)


def test_a_part_number_waits_for_that_part() -> None:
    assert _ask(msn="1000", part="2").wait_k == GRID.part(1000, 2)


def test_a_part_beyond_the_last_one_is_part_0_of_the_next_segment() -> None:
    """…MUST be treated as a request for Part Index 0 of the following Parent Segment."""
    assert _ask(msn="1000", part="4").wait_k == GRID.part(1001, 0)


def test_an_old_number_is_answered_with_the_playlist_as_it_is() -> None:
    assert _ask(msn="3", part="1").wait_k <= LAST


@pytest.mark.parametrize(
    "query",
    [
        {"part": "0"},  # _HLS_part without _HLS_msn
        {"msn": "1003"},  # more than two beyond the last segment
        {"msn": "1001", "part": "4", "skip": "YES"},  # beyond the Advance Part Limit
        {"msn": "-1"},
        {"msn": "١٠٠٠"},
        {"msn": "1e3"},
        {"msn": "9" * 40},
        {"msn": "1000", "part": ""},
    ],
)
def test_what_is_wrong_or_too_far_ahead_is_a_bad_request(query: dict[str, str]) -> None:
    with pytest.raises(BadDirective, match=r"\w"):
        _ask(**query)


def test_parts_up_to_the_advance_part_limit_are_waited_for() -> None:
    """The Advance Part Limit is three divided by the Part Target Duration below one second."""
    limit = advance_part_limit(GRID)
    k = LAST + limit

    assert limit == 6
    assert _ask(msn=str(k // 4), part=str(k % 4)).wait_k == k


@pytest.mark.parametrize(("text", "skip"), [("YES", "YES"), ("v2", "v2"), ("maybe", ""), ("", "")])
def test_a_skip_is_given_to_who_asks_for_it(text: str, skip: str) -> None:
    assert _ask(skip=text).skip == skip


def test_after_the_end_directives_are_ignored() -> None:
    query = {"_HLS_msn": "9999", "_HLS_part": "0"}

    assert read_directive(query, GRID, LAST, has_ended=True).wait_k == -1


@given(st.dictionaries(st.sampled_from(["msn", "part", "skip"]), st.text(max_size=6)))
def test_any_query_is_a_directive_or_a_bad_request(query: dict[str, str]) -> None:
    try:
        directive = _ask(**query)
    except BadDirective:
        return
    assert directive.wait_k <= GRID.part(1002, 3)
