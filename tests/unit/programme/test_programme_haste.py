"""What is left out of a part for its sake, under loads that are made up: one encoder, a picture
every frame, and each picture takes as long as the load says."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from orchestrator.programme.haste import Haste
from orchestrator.timing import Grid

GRID = Grid.standard(30)
PARTS = 300
GATE_WAITS_S = 0.4
ALONE_S = 0.012
"""What a 720p picture takes on an idle core."""

Load = Callable[[random.Random, float], float]


def lateness(load: Load, *, seed: int = 1) -> list[float]:
    """How long after its end each part was complete, in seconds."""
    dice = random.Random(seed)
    haste = Haste(GRID)
    now_s = 0.0
    late: list[float] = []
    for n in range(PARTS * GRID.part_frames):
        now_s = max(now_s, n / GRID.fps)
        waiting = int(now_s * GRID.fps + 1e-9) - n
        if not haste.leaves_out(n, waiting):
            took_s = load(dice, now_s)
            haste.took(took_s)
            now_s += took_s
        if (n + 1) % GRID.part_frames == 0:
            late.append(now_s - (n + 1) / GRID.fps)
    return late


def test_in_time_nothing_is_left_out() -> None:
    haste = Haste(GRID)
    for n in range(256):
        assert not haste.leaves_out(n, waiting=0)
        haste.took(ALONE_S)


def test_a_part_always_has_its_first_picture() -> None:
    haste = Haste(GRID)
    haste.took(5.0)
    assert [n for n in range(64) if not haste.leaves_out(n, waiting=30)] == [0, 16, 32, 48]


@pytest.mark.parametrize("slower", [1, 2, 3, 4, 6, 8, 12, 20, 40])
def test_a_machine_that_is_slower_all_the_time_costs_pictures_and_no_part(
    slower: int,
) -> None:
    late = lateness(lambda dice, now_s: slower * ALONE_S)
    assert sum(one > GATE_WAITS_S for one in late) == 0


def test_two_bad_seconds_in_ten_cost_a_part_in_a_minute_at_most() -> None:
    def browsers_start(dice: random.Random, now_s: float) -> float:
        is_bad = now_s % 10 > 8
        return ALONE_S * (dice.lognormvariate(2, 0.8) if is_bad else 1)

    for seed in range(5):
        late = lateness(browsers_start, seed=seed)
        assert sum(one > GATE_WAITS_S for one in late) <= 2, f"seed {seed}"  # of 160 s


def test_a_quarter_of_a_second_lost_now_and_then_costs_no_part() -> None:
    def stalls(dice: random.Random, now_s: float) -> float:
        return 0.25 if dice.random() < 0.05 else 2 * ALONE_S

    assert max(lateness(stalls)) < GATE_WAITS_S
