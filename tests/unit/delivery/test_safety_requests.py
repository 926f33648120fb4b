"""What is asked of the gate, read before it is done: no request, however odd, may end the gate."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.bus.lines import json_of
from orchestrator.delivery.safety import ACTS, Request, request_of
from orchestrator.errors import CommandRejected

ODD = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())


def asked(**fields: object) -> Request:
    return request_of({"act": "privacy", "author": "tom"} | fields)


@pytest.mark.parametrize("seconds", [1e308, float("inf"), 10**400])
def test_a_look_back_of_any_length_goes_as_far_as_there_is(seconds: float) -> None:
    assert asked(look_back_s=seconds).look_back_s == 10**6


@pytest.mark.parametrize("seconds", [-1, float("nan"), "30", [30]])
def test_a_look_back_that_is_no_length_is_refused(seconds: object) -> None:
    with pytest.raises(CommandRejected, match="number of seconds"):
        asked(look_back_s=seconds)


def test_half_a_character_in_a_reason_keeps_nobody_from_blanking() -> None:
    request = request_of({"act": "blank", "author": "h\udcf4te", "reason": "\ud83d"})

    assert (request.author, request.reason) == ("h?te", "?")


def test_restore_takes_two_who_are_not_the_same() -> None:
    assert asked(act="restore", second=" ana ").author == "tom and ana"
    for second in ("", "tom", " tom ", None):
        with pytest.raises(CommandRejected, match="two"):
            asked(act="restore", second=second)


@given(
    record=st.dictionaries(
        st.sampled_from(["author", "reason", "site", "second", "look_back_s"]), ODD
    ),
    act=st.sampled_from(ACTS) | ODD,
)
def test_any_request_is_read_or_refused_and_can_be_written_down(
    record: dict[str, object], act: object
) -> None:
    try:
        request = request_of(record | {"act": act})
    except CommandRejected:
        return
    assert json.loads(json_of({"author": request.author, "site": request.site}))
    assert 0 <= request.look_back_s <= 10**6
