"""Frozen, black, silent: what a feed's pictures and sound say about it."""

from __future__ import annotations

import numpy as np
import pytest

from orchestrator.feeds.judge import BLOCK, FLOOR_DB, PictureJudge, SoundJudge, measure


def picture(value: int = 100) -> np.ndarray:
    return np.full((180, 320), value, np.uint8)


def test_the_same_picture_with_coding_noise_has_not_moved() -> None:
    judge, dice = PictureJudge(), np.random.default_rng(1)
    judge.see(picture(), spacing=2)

    noisy = picture() + dice.integers(0, 5, (180, 320)).astype(np.uint8)

    assert not judge.see(noisy, spacing=2).moved


def test_a_small_thing_that_moves_is_seen() -> None:
    judge, moved = PictureJudge(), picture()
    judge.see(picture(), spacing=2)
    moved[80:92, 100:112] = 200

    assert judge.see(moved, spacing=2).moved


def test_a_repeated_picture_has_no_noise_and_a_camera_before_a_still_scene_has_some() -> None:
    judge, dice = PictureJudge(), np.random.default_rng(1)
    assert judge.see(picture()).noise is None  # nothing to compare it with
    for at in range(12):
        written_anew = at % 5 == 0  # a keyframe writes the same picture a little differently
        seen = judge.see(picture() + np.uint8(written_anew))
    assert seen.noise == 0
    for _ in range(12):
        seen = judge.see(picture() + (dice.random((180, 320)) < 0.02).astype(np.uint8))
    assert not seen.moved
    assert seen.noise is not None
    assert 0 < seen.noise < 0.5


def test_the_first_picture_and_one_of_another_size_have_moved() -> None:
    judge = PictureJudge()

    assert judge.see(picture()).moved
    assert judge.see(np.zeros((90, 160), np.uint8)).moved


def test_black_with_noise_is_black_and_a_dark_room_with_a_lamp_is_not() -> None:
    dark = picture(18)
    assert not PictureJudge().see(dark, spacing=2).bright

    dark[60:76, 60:76] = 180
    assert PictureJudge().see(dark, spacing=2).bright


def sine(hertz: float, peak: float) -> np.ndarray:
    wave = peak * np.sin(2 * np.pi * hertz / 48_000 * np.arange(BLOCK))
    return np.stack([wave, np.zeros_like(wave)], axis=1).astype(np.float32)


def test_a_full_scale_sine_on_one_channel_has_minus_three_lufs() -> None:
    """EBU Tech 3341: 997 Hz, 0 dBFS, one front channel."""
    assert measure(sine(997, 1.0)).lufs == pytest.approx(-3.01, abs=0.05)


def test_low_notes_count_less_than_high_ones() -> None:
    assert measure(sine(40, 0.5)).lufs < measure(sine(3000, 0.5)).lufs - 5


def test_silence_has_a_floor_and_is_no_sound() -> None:
    heard = measure(np.zeros((BLOCK, 2), np.float32))

    assert (heard.rms_dbfs, heard.lufs) == (FLOOR_DB, FLOOR_DB)
    assert not heard.is_sound
    assert measure(sine(997, 0.01)).is_sound


def test_a_level_comes_every_four_hundred_milliseconds_however_the_sound_is_cut() -> None:
    judge = SoundJudge()
    block = np.zeros((1024, 2), np.float32)

    heard = sum(judge.hear(block) is not None for _ in range(188))

    assert heard == 188 * 1024 // BLOCK


def test_both_channels_weigh_alike_and_add_up() -> None:
    left = sine(997, 0.5)
    right = np.ascontiguousarray(left[:, ::-1])

    assert measure(right).lufs == pytest.approx(measure(left).lufs, abs=0.01)
    assert measure(left + right).lufs == pytest.approx(measure(left).lufs + 3.01, abs=0.01)
