"""Which graphics show how strongly, and what clocks and countdowns say."""

from datetime import UTC, datetime

import pytest

from orchestrator.programme.graphics import shown_at, with_time
from orchestrator.rundown.plan import Transition
from orchestrator.rundown.scene import Cause, GraphicOn, Look, Scene
from orchestrator.timing import Grid

GRID = Grid.standard(30)
N = 1_000_000


def scene(*graphics: GraphicOn) -> Scene:
    return Scene("slot", "", "full", (), Cause("schedule", "start"), 0, graphics=graphics)


def graphic(use: str, from_n: int = N - 100, until_n: int = N + 100, **data: str) -> GraphicOn:
    return GraphicOn(f"{use}.{data}", use, data, from_n, until_n)


def test_a_graphic_in_the_middle_of_its_time_shows_fully() -> None:
    lower_third = graphic("lower-third", name="A")

    assert list(shown_at(Look(N, scene(lower_third)))) == [(lower_third, 1.0)]


def test_a_graphic_that_is_over_does_not_show() -> None:
    over = graphic("lower-third", until_n=N)

    assert list(shown_at(Look(N, scene(over)))) == []


def test_a_badge_does_not_fade_by_itself() -> None:
    badge = graphic("badge", from_n=N, text="LIVE")

    assert list(shown_at(Look(N, scene(badge)))) == [(badge, 1.0)]


def test_the_same_badge_stays_through_a_mix_and_another_one_is_mixed() -> None:
    live, recorded = graphic("badge", text="LIVE"), graphic("badge", text="RECORDED")
    same = Look(N, scene(live), scene(live), Transition("mix", 18), 0.25)
    other = Look(N, scene(recorded), scene(live), Transition("mix", 18), 0.25)

    assert list(shown_at(same)) == [(live, 1.0)]
    assert list(shown_at(other)) == [(recorded, 0.25), (live, 0.75)]


def test_a_clock_says_the_time_of_its_zone() -> None:
    n = GRID.frame_at(int(datetime(2026, 10, 24, 16, 5, tzinfo=UTC).timestamp()) * 10**9)

    assert with_time({"zone": "Asia/Kolkata"}, n, GRID)["time"] == "21:35"


@pytest.mark.parametrize(
    ("frames", "left"),
    [(0, "00:00"), (1, "00:01"), (30, "00:01"), (31, "00:02"), (75 * 30, "01:15"),
     (3600 * 30, "1:00:00"), (-50, "00:00")],
)  # fmt: skip
def test_a_countdown_says_the_seconds_that_are_left(frames: int, left: str) -> None:
    assert with_time({"to_n": N + frames}, N, GRID)["left"] == left


def test_other_data_is_left_alone() -> None:
    data = {"name": "Dr Asha Deshmukh"}

    assert with_time(data, N, GRID) is data
