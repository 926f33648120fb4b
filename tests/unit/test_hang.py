"""When a silent child has hung, and when it only had no chance to speak."""

from __future__ import annotations

import os
from itertools import pairwise

import pytest

from orchestrator.chances import Ran, chance_s
from orchestrator.children import LOOK_S, Hang


def looks(hang: Hang, rans: list[Ran | None], stamp: int = 1) -> list[str]:
    """What it says while the stamp stands still, a look each."""
    return [how for ran in rans if (how := hang.look(stamp, LOOK_S, ran))]


def asleep(looks: int) -> list[Ran | None]:
    return [Ran("S", 1.0, 1.0)] * looks


def spinning(looks: int) -> list[Ran | None]:
    return [Ran("R", 1.0 + LOOK_S * i, 1.0) for i in range(looks)]


def starved(looks: int) -> list[Ran | None]:
    """It wants to run all the time, and gets a hundredth of it."""
    return [Ran("R", 1.0 + 0.01 * LOOK_S * i, 1.0 + 0.99 * LOOK_S * i) for i in range(looks)]


def written() -> Hang:
    hang = Hang(limit_s=10.0, first_s=30.0, silence_s=0.6)
    hang.begin(0)
    hang.look(1, LOOK_S, Ran("S", 1.0, 1.0))
    return hang


@pytest.mark.parametrize("rans", [asleep(8), spinning(8)], ids=["in a call", "in a loop"])
def test_who_could_have_run_and_was_silent_is_hung_within_a_second(
    rans: list[Ran | None],
) -> None:
    assert looks(written(), rans[:6]) == []
    assert len(looks(written(), rans)) == 1


@pytest.mark.parametrize(
    "rans",
    [starved(80), [None] * 80, [Ran("T", 1.0, 1.0)] * 80, [Ran("D", 1.0, 1.0)] * 80],
    ids=["starved", "unknown", "stopped", "held by a disk"],
)
def test_who_had_no_chance_is_hung_only_after_ten_seconds(rans: list[Ran | None]) -> None:
    assert looks(written(), rans) == []
    (how,) = looks(written(), rans * 2)
    assert how == "wrote no facts for 10 s"


def test_one_killed_again_and_again_is_given_twice_as_long() -> None:
    hang = written()
    silent = []
    for _ in range(4):
        count = 1
        while not hang.look(1, LOOK_S, Ran("S", 1.0, 1.0)):
            count += 1
        silent.append(count)
        hang.begin(1)
        hang.look(2, LOOK_S, Ran("S", 1.0, 1.0))
        hang.look(1, LOOK_S, Ran("S", 1.0, 1.0))

    assert all(after > before for before, after in pairwise(silent[:3]))


def test_a_child_that_has_not_begun_is_not_silent() -> None:
    hang = Hang(limit_s=10.0, first_s=30.0, silence_s=0.6)

    assert looks(hang, asleep(100), stamp=0) == []


def test_chances_are_read_from_the_kernel() -> None:
    ran = Ran.of(os.getpid())

    assert ran is not None
    assert ran.state == "R"
    assert ran.ran_s > 0
    assert Ran.of(2**22 + 1) is None
    assert chance_s(ran, Ran("S", ran.ran_s, ran.waited_s + 0.1), 0.25) == pytest.approx(0.15)
