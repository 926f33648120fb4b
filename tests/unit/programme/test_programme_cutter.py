"""Parts tile the grid whatever is lost."""

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.programme.cutter import Close, Cutter, Encode, Step
from orchestrator.timing.grid import Grid

GRID = Grid.standard(30)
SEGMENT = 64_000 * GRID.segment_frames


def steps_of(frames: list[int], skipped: frozenset[int] = frozenset()) -> list[Step]:
    cutter = Cutter(GRID, SEGMENT)
    return [step for n in frames for step in cutter.take(n, encode=n not in skipped)]


def test_a_whole_segment_is_four_parts_with_one_idr() -> None:
    steps = steps_of(list(range(SEGMENT, SEGMENT + 64)))

    assert [s.n for s in steps if isinstance(s, Encode) and s.idr] == [SEGMENT]
    assert [s for s in steps if isinstance(s, Close)] == [
        Close(GRID.part_of(SEGMENT) + i, (1,) * 16) for i in range(4)
    ]


def test_a_picture_lost_inside_a_part_lengthens_the_one_before() -> None:
    frames = [n for n in range(SEGMENT, SEGMENT + 16) if n != SEGMENT + 5]

    assert steps_of(frames)[-1] == Close(GRID.part_of(SEGMENT), (1, 1, 1, 1, 2, *(1,) * 10))


def test_the_first_picture_of_a_part_is_encoded_even_if_it_was_lost() -> None:
    frames = [n for n in range(SEGMENT, SEGMENT + 32) if n not in (SEGMENT + 15, SEGMENT + 16)]

    steps = steps_of(frames)

    assert Close(GRID.part_of(SEGMENT), (*(1,) * 14, 2)) in steps
    at = steps.index(Encode(SEGMENT + 16, idr=False))
    assert steps[at + 1] == Encode(SEGMENT + 17, idr=False)


def test_the_last_picture_of_a_part_may_be_left_out_and_the_part_still_closes() -> None:
    frames = list(range(SEGMENT, SEGMENT + 16))

    steps = steps_of(frames, frozenset({SEGMENT + 15}))

    assert steps[-1] == Close(GRID.part_of(SEGMENT), (*(1,) * 14, 2))


def test_the_first_part_after_a_start_begins_with_an_idr_in_mid_segment() -> None:
    cutter = Cutter(GRID, SEGMENT + 17)

    assert cutter.take(SEGMENT + 31) == []
    assert cutter.take(SEGMENT + 32) == [Encode(SEGMENT + 32, idr=True)]
    assert cutter.take(SEGMENT + 33) == [Encode(SEGMENT + 33, idr=False)]


def test_after_a_long_stop_the_running_part_begins_with_an_idr() -> None:
    cutter = Cutter(GRID, SEGMENT)
    cutter.take(SEGMENT)
    now = SEGMENT + 64 + 64 + 40

    assert cutter.take(now) == [
        Encode(SEGMENT + 128 + 32, idr=True),
        Encode(now, idr=False),
    ]


def test_a_stop_of_a_third_of_a_second_over_a_boundary_is_followed_by_an_idr() -> None:
    cutter = Cutter(GRID, SEGMENT)
    for n in range(SEGMENT, SEGMENT + 12):
        cutter.take(n)

    assert Encode(SEGMENT + 16, idr=True) in cutter.take(SEGMENT + 22)


def test_a_part_that_came_too_late_is_followed_by_an_idr() -> None:
    cutter = Cutter(GRID, SEGMENT)
    for n in range(SEGMENT, SEGMENT + 16):
        cutter.take(n)

    cutter.mark_hole()

    assert cutter.take(SEGMENT + 16) == [Encode(SEGMENT + 16, idr=True)]


@given(
    lost=st.sets(st.integers(0, 255)),
    left_out=st.sets(st.integers(0, 255)),
    fps=st.sampled_from([25, 30]),
)
def test_parts_tile_segments_exactly_for_any_set_of_lost_frames(
    lost: set[int], left_out: set[int], fps: int
) -> None:
    grid = Grid.standard(fps)
    begin = 70_000 * grid.segment_frames
    cutter = Cutter(grid, begin)
    # the first and the last frame come, so that no hole is longer than a segment or still open
    anchors = set(range(0, 257, grid.segment_frames // 2)) | {255}
    frames = [begin + i for i in range(256) if i not in lost or i in anchors]
    steps = [s for n in frames for s in cutter.take(n, encode=n - begin not in left_out)]
    steps += cutter.take(grid.first_frame(grid.part_of(begin + 255) + 1))

    closed = [s for s in steps if isinstance(s, Close)]
    assert [c.k for c in closed] == list(range(closed[0].k, closed[0].k + len(closed)))
    assert closed[0].k == grid.part_of(begin)
    assert all(sum(c.frames) == grid.part_frames for c in closed)
    assert all(length >= 1 for c in closed for length in c.frames)
    encoded = [s.n for s in steps if isinstance(s, Encode)]
    assert encoded == sorted(set(encoded))
    starts = {s.n for s in steps if isinstance(s, Encode) and s.idr}
    assert {n for n in encoded if grid.starts_segment(n)} <= starts
    assert all(n % grid.part_frames == 0 for n in starts)
