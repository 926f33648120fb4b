"""The witness tells to the millisecond when a beep begins, and how old a picture is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.rehearsal import sound, witness
from orchestrator.rehearsal.strip import Strip
from orchestrator.timing.grid import Grid

GRID = Grid.standard(30)
FIRST = 48_000 * 1_700_000_000


@settings(max_examples=30)
@given(st.integers(1, 20), st.integers(0, 47_999))
def test_beeps_are_found_to_the_millisecond(number: int, shift: int) -> None:
    what = witness.Sound(FIRST, np.roll(sound.sound(number, 3), shift, axis=0))

    found = np.array(witness.beeps(what, number))

    due = FIRST + shift + 48_000 * np.arange(-1, 4)
    for onset in found:
        assert np.abs(due - onset).min() <= 48
    assert len(found) >= 2


def test_another_sites_beep_is_not_heard() -> None:
    two = sound.sound(2, 3)
    one = sound.sound(1, 3)
    both = witness.Sound(FIRST, np.roll(one, 12_000, axis=0) + np.roll(two, 30_000, axis=0))

    assert {onset % 48_000 // 4_800 for onset in witness.beeps(both, 1)} == {2}
    assert {onset % 48_000 // 4_800 for onset in witness.beeps(both, 2)} == {6}


@pytest.mark.parametrize("late", [-1600, 0, 800])
def test_lip_sync_is_the_time_from_flash_to_beep(late: int) -> None:
    seen = [(n, Strip(5, n % 240)) for n in range(3000, 3120)]
    onsets = [GRID.sample_of(n) + late for n in (3000, 3030, 3060, 3090)]

    assert witness.lip_sync_ms(seen, onsets, 5, GRID) == [late / 48] * 4


def test_an_age_counts_through_the_repetitions_of_the_film() -> None:
    sending = witness.Sending(number=1, began_ns=10**18, fps=30, frames=240)

    age_ms = sending.age_ms(counter=30, at_ns=10**18 + 3 * 8 * 10**9 + 1_500_000_000)

    assert age_ms == pytest.approx(500)
