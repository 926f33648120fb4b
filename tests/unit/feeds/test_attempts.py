"""How long a lost feed waits before its next try."""

from __future__ import annotations

import random

from orchestrator.errors import FeedRefused, FeedUnavailable
from orchestrator.feeds.attempts import CEILING_S, FIRST_S, Backoff

LOST, REFUSED = FeedUnavailable("gone"), FeedRefused("401")


def test_waits_double_up_to_thirty_seconds() -> None:
    backoff = Backoff(random.Random(1))

    waits = [backoff.wait_s(LOST, 0.0) for _ in range(12)]

    for i, wait in enumerate(waits):
        ideal = min(FIRST_S * 2**i, CEILING_S)
        assert 0.75 * ideal <= wait <= min(1.25 * ideal, CEILING_S)


def test_thirteen_sites_do_not_come_back_as_one() -> None:
    assert len({Backoff(random.Random(i)).wait_s(LOST, 0.0) for i in range(13)}) == 13


def test_a_connection_that_lived_forgives_what_was_before_it() -> None:
    backoff = Backoff(random.Random(1))
    for _ in range(10):
        backoff.wait_s(LOST, 0.0)

    assert backoff.wait_s(LOST, 60.0) <= 1.25 * FIRST_S


def test_what_a_person_must_put_right_is_tried_every_thirty_seconds() -> None:
    assert Backoff(random.Random(1)).wait_s(REFUSED, 0.0) >= 0.75 * CEILING_S
