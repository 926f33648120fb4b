"""A clip's packets: cue-in, cue-out, loop, any position, in formats with and without an index."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator.errors import FeedBroken, FeedUnavailable
from orchestrator.feeds.clipreel import ClipReel, Reeled
from orchestrator.rundown.plan import Clip
from orchestrator.timing import NS, Grid

pytestmark = pytest.mark.media

GRID = Grid.standard(30)
BEGIN_N = 51_000_000_000


def frame_of(reeled: Reeled) -> int:
    """The clip's frame, counted from its begin, that a packet belongs to."""
    return GRID.frame_at(reeled.stamped.pts_ns + NS // 100) - BEGIN_N


def pictures(reeled: Iterator[Reeled]) -> list[int]:
    return [frame_of(r) for r in reeled if r.is_picture]


@pytest.mark.parametrize("suffix", [".ts", ".mp4", ".mkv"])
@pytest.mark.parametrize("position", [0, 17, 44])
def test_a_clip_opened_late_begins_at_a_keyframe_before_its_position(
    film: Callable[..., Path], suffix: str, position: int
) -> None:
    reel = ClipReel(Clip("c", str(film(suffix=suffix, seconds=3.0)), cue_in=20, cue_out=80), GRID)

    packets = list(reel.packets(BEGIN_N, BEGIN_N + position))
    reel.close()

    assert reel.frames == 60
    seen = pictures(iter(packets))
    first = next(r for r in packets if r.is_picture)
    assert first.stamped.is_keyframe
    assert seen[0] <= position
    assert seen == list(range(seen[0], 60))
    sound = [frame_of(r) for r in packets if not r.is_picture]
    assert position <= sound[0] <= position + 2
    assert sound[-1] in (58, 59)


@pytest.mark.parametrize("suffix", [".ts", ".mp4"])
def test_a_loop_goes_round_without_a_frame_too_many_or_too_few(
    film: Callable[..., Path], suffix: str
) -> None:
    clip = Clip("c", str(film(suffix=suffix, seconds=3.0)), cue_in=30, cue_out=70, loop=True)
    reel = ClipReel(clip, GRID)

    packets = list(itertools.islice(reel.packets(BEGIN_N, BEGIN_N + 85), 400))
    reel.close()

    due = sorted(n for n in pictures(iter(packets)) if n >= 85)
    wanted = [n for n in range(85, 200) if n <= due[-1]]
    assert sorted(set(due))[: len(wanted)] == wanted
    sound = [r.stamped.pts_ns for r in packets if not r.is_picture]
    assert sound == sorted(sound)


def test_a_clip_that_is_long_over_shows_its_last_picture(film: Callable[..., Path]) -> None:
    reel = ClipReel(Clip("c", str(film(suffix=".mp4"))), GRID)

    seen = pictures(reel.packets(BEGIN_N, BEGIN_N + 10_000))
    reel.close()

    assert seen[-1] == reel.frames - 1 == 59


def test_a_clip_without_anything_after_its_cue_in_is_broken(film: Callable[..., Path]) -> None:
    with pytest.raises(FeedBroken, match="nothing between"):
        ClipReel(Clip("c", str(film(suffix=".mp4")), cue_in=500), GRID)


def test_a_clip_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(FeedUnavailable, match="does not exist"):
        ClipReel(Clip("c", str(tmp_path / "gone.mp4")), GRID)
