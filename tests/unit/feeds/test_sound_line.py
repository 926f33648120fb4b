"""Sound on the house's count: stretched a little, jumped if it must, counted on without stamps."""

from __future__ import annotations

import numpy as np
import pytest

from orchestrator.feeds.sound import JUMP, Samples, SoundLine

BLOCK = 1024


def tone(first: int, count: int) -> Samples:
    wave = np.sin(2 * np.pi * 1000 / 48_000 * np.arange(first, first + count)).astype(np.float32)
    return np.stack([wave, wave], axis=1)


def test_blocks_on_time_are_placed_end_to_end_and_unchanged() -> None:
    line = SoundLine()
    placed = [line.place(tone(i * BLOCK, BLOCK), 5_000 + i * BLOCK) for i in range(20)]

    starts = [p[0] for p in placed if p is not None]
    joined = np.concatenate([p[1] for p in placed if p is not None])
    assert starts == [5_000 + i * BLOCK for i in range(20)]
    assert np.array_equal(joined[2:], tone(0, 20 * BLOCK - 2))


def test_blocks_without_stamps_go_on_counting_and_none_is_placed_before_the_first_stamp() -> None:
    line = SoundLine()

    assert line.place(tone(0, BLOCK), None) is None
    assert line.place(tone(0, BLOCK), 700) is not None
    placed = line.place(tone(0, BLOCK), None)
    assert placed is not None
    assert placed[0] == 700 + BLOCK


def test_a_jump_of_more_than_sixty_milliseconds_moves_the_count() -> None:
    line = SoundLine()
    line.place(tone(0, BLOCK), 0)

    placed = line.place(tone(0, BLOCK), BLOCK + JUMP + 1)

    assert placed is not None
    assert placed[0] == BLOCK + JUMP + 1
    assert line.jumps == 1


def test_while_nobody_hears_it_the_count_is_put_right_at_once() -> None:
    line = SoundLine()
    line.place(tone(0, BLOCK), 0)

    placed = line.place(tone(0, BLOCK), BLOCK + 500, is_heard=False)

    assert placed is not None
    assert placed[0] == BLOCK + 500
    assert line.jumps == 0


@pytest.mark.parametrize("ppm", [-500, 500])
def test_a_wrong_clock_is_stretched_away_without_a_click(ppm: int) -> None:
    line = SoundLine()
    out: list[Samples] = []
    first: int | None = None
    error = 0
    for i in range(47 * 120):
        due = round(i * BLOCK * (1 + ppm * 1e-6))
        placed = line.place(tone(i * BLOCK, BLOCK), due)
        assert placed is not None
        first = placed[0] if first is None else first
        error = due - placed[0]
        out.append(placed[1])
    joined = np.concatenate(out)[:, 0]

    assert abs(error) < 48_000 * 5 // 1000
    assert line.jumps == 0
    # a 1 kHz sine moves at most 0.131 a sample; a click would show as a larger step
    assert float(np.abs(np.diff(joined[100:])).max()) < 0.135
    assert len(joined) == pytest.approx(47 * 120 * BLOCK * (1 + ppm * 1e-6), abs=300)


def test_noise_in_the_stamps_does_not_stretch_anything() -> None:
    line, dice = SoundLine(), np.random.default_rng(3)
    for i in range(500):
        line.place(tone(i * BLOCK, BLOCK), i * BLOCK + int(dice.integers(-48, 48)))
        assert line.stretch == 0.0
