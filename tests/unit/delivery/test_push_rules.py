"""The rules of a push: when and where it tries again, what it drops, when it shows a slate."""

from __future__ import annotations

import random

from orchestrator.bus.decisions import Column
from orchestrator.delivery.push.again import BACKUP, PRIMARY, Again
from orchestrator.delivery.push.filler import PUBLIC, Filler
from orchestrator.delivery.push.pace import Pace, Step
from orchestrator.timing import Grid

GRID = Grid.standard(30)
TRACKS = ("180p", "a")


class Dice(random.Random):
    """Always the longest wait."""

    def uniform(self, a: float, b: float) -> float:
        return b


def test_it_tries_again_for_ever_ever_more_slowly_up_to_ten_seconds() -> None:
    again = Again(has_backup=False, dice=Dice())
    assert [again.lost(0) for _ in range(8)] == [1, 2, 4, 8, 10, 10, 10, 10]
    assert again.which == PRIMARY


def test_a_connection_that_lived_for_a_minute_forgives() -> None:
    again = Again(has_backup=False, dice=Dice())
    for _ in range(5):
        again.lost(0)
    assert again.lost(61) == 1


def test_the_dice_take_off_a_fifth_at_most() -> None:
    waits = {Again(has_backup=False, dice=random.Random(seed)).lost(0) for seed in range(50)}
    assert 0.8 <= min(waits) < max(waits) <= 1.0


def test_three_failures_in_a_row_and_the_backup_has_its_turn_and_back() -> None:
    again = Again(has_backup=True, dice=Dice())
    which = []
    for _ in range(7):
        again.lost(0)
        which.append(again.which)
    assert which == [PRIMARY, PRIMARY, BACKUP, BACKUP, BACKUP, PRIMARY, PRIMARY]


def keyframes(*ks: int) -> dict[str, list[int]]:
    return {"720p": list(ks), "360p": list(ks)}


def test_in_time_nothing_is_dropped() -> None:
    pace = Pace(("720p", "360p"), behind_parts=8)
    assert pace.step(100, 107, keyframes(100, 104), 0.0) == Step(100, "720p")


def test_behind_by_two_segments_it_goes_on_at_the_newest_keyframe() -> None:
    pace = Pace(("720p", "360p"), behind_parts=8)
    assert pace.step(101, 109, keyframes(104, 108), 0.0) == Step(108, "720p", dropped=1)


def test_two_drops_within_half_a_minute_cost_a_rendition_and_a_good_minute_gives_it_back() -> None:
    pace = Pace(("720p", "360p"), behind_parts=8)
    pace.step(100, 108, keyframes(104, 108), 0.0)
    assert pace.step(110, 120, keyframes(112, 116, 120), 20.0).track == "360p"
    assert pace.step(121, 121, keyframes(124), 79.0).track == "360p"
    assert pace.step(122, 122, keyframes(124), 81.0).track == "360p"  # not on a keyframe
    assert pace.step(124, 124, keyframes(124), 82.0).track == "720p"


def test_a_rendition_that_fails_at_once_again_is_given_back_later_each_time() -> None:
    pace = Pace(("720p", "360p"), behind_parts=8)
    pace.step(100, 108, keyframes(108), 0.0)
    pace.step(110, 118, keyframes(118), 10.0)
    assert pace.step(140, 140, keyframes(140), 71.0).track == "720p"
    pace.step(150, 158, keyframes(158), 75.0)
    assert pace.track == "360p"
    assert pace.step(200, 200, keyframes(200), 75.0 + 61).track == "360p"
    assert pace.step(300, 300, keyframes(300), 75.0 + 121).track == "720p"


def test_the_lowest_rendition_is_never_left_downwards() -> None:
    pace = Pace(("360p",), behind_parts=8)
    for second in range(5):
        assert pace.step(100, 120, {"360p": [120]}, float(second)).track == "360p"


def column(k: int, *independent: str) -> Column:
    return Column(k, dict.fromkeys(TRACKS, PUBLIC), frozenset(independent))


def test_its_own_slate_begins_at_any_part_and_hands_back_at_an_idr_only() -> None:
    filler = Filler(GRID)
    k = 4 * GRID.parts_per_segment
    shown = [
        filler.choose(column(k, "180p", "a"), TRACKS, is_mine=False),
        filler.choose(column(k + 1, "a"), TRACKS, is_mine=True),
        filler.choose(column(k + 2, "a"), TRACKS, is_mine=True),
        filler.choose(column(k + 3, "a"), TRACKS, is_mine=False),
        filler.choose(column(k + 4, "180p", "a"), TRACKS, is_mine=False),
    ]
    assert [one["180p"] for one in shown] == [PUBLIC, 0, 1, 2, PUBLIC]
    assert [one["a"] for one in shown] == [PUBLIC, 0, 1, PUBLIC, PUBLIC]


def test_its_slate_begins_anew_at_every_segment() -> None:
    filler = Filler(GRID)
    k = 4 * GRID.parts_per_segment
    shown = [filler.choose(column(k + i), TRACKS, is_mine=True)["180p"] for i in range(8)]
    assert shown == [0, 1, 2, 3, 0, 1, 2, 3]
