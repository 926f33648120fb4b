"""Lip sync from flashes and beeps: simulated sites, late and early, and what is no flash at all."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from orchestrator.control.clap import Blocks, Sound, flashes_of, offset_of, onsets_of
from orchestrator.rehearsal import sound as site_sound
from orchestrator.rehearsal.picture import Contribution, Painter
from orchestrator.timing.grid import AUDIO_RATE

FPS = 30
SECONDS = 12


def flashing(every_s: float = 1.0, first_s: float = 0.4, step: float = 80.0) -> Blocks:
    """A moving picture of 32 × 18 parts, of which a few flash for two frames."""
    rng = np.random.default_rng(1)
    frames = SECONDS * FPS
    drift = 4.0 * np.sin(np.arange(frames) / 9)[:, None]
    pictures = 90 + drift + rng.normal(0, 0.6, (frames, 32 * 18))
    for second in np.arange(first_s, SECONDS, every_s):
        n = round(second * FPS)
        pictures[n : n + 2, 200:230] += step
    return pictures.astype(np.float32)


def beeping(late_s: float, first_s: float = 0.4) -> Sound:
    """A simulated site's sound, whose beep comes so much later than its flash."""
    loop = site_sound.sound(7, SECONDS).mean(axis=1)
    return np.roll(loop, round((first_s + late_s) * AUDIO_RATE)).astype(np.float32)


@pytest.mark.parametrize("late_ms", [0, 40, 90, 250, -60, -200])
def test_the_distance_of_a_beep_from_its_flash_is_found_to_a_frame(late_ms: int) -> None:
    found = offset_of(flashing(), beeping(late_ms / 1000), FPS)
    assert found is not None
    assert abs(found.offset_ms - late_ms) <= 17
    assert found.flashes >= 10


@pytest.mark.parametrize("feed", ["quito.room", "oslo.headset", "studio.main"])
def test_a_simulated_site_flashes_when_it_beeps(feed: str) -> None:
    painter = Painter(Contribution(7, feed, "City", "Clinic"), 320, 180, FPS, 6 * FPS)
    parts = [
        cv2.resize(painter.paint(n)[0], (32, 18), interpolation=cv2.INTER_AREA).reshape(-1)
        for n in range(6 * FPS)
    ]
    heard = site_sound.sound(7, 6).mean(axis=1).astype(np.float32)

    found = offset_of(np.stack(parts).astype(np.float32), heard, FPS)

    assert found is not None
    assert abs(found.offset_ms) <= 17
    assert found.flashes >= 4


def test_speech_beside_it_does_not_move_it() -> None:
    rng = np.random.default_rng(2)
    heard = beeping(0.12)
    for at in rng.integers(0, len(heard) - 4000, 40):
        heard[at : at + 4000] += rng.normal(0, 0.05, 4000).astype(np.float32)
    found = offset_of(flashing(), heard, FPS)
    assert found is not None
    assert abs(found.offset_ms - 120) <= 17


def test_flashes_without_beeps_and_beeps_without_flashes_tell_nothing() -> None:
    still = np.full((SECONDS * FPS, 32 * 18), 90, np.float32)
    hum = np.sin(2 * np.pi * 120 * np.arange(SECONDS * AUDIO_RATE) / AUDIO_RATE) * 0.1
    assert offset_of(flashing(), hum.astype(np.float32), FPS) is None
    assert offset_of(still, beeping(0), FPS) is None
    assert offset_of(flashing(every_s=6), beeping(0), FPS) is None  # two are too few
    rng = np.random.default_rng(3)
    chatter = np.zeros(SECONDS * AUDIO_RATE, np.float32)
    for at in rng.integers(0, len(chatter) - 2400, 9):
        chatter[at : at + 2400] = rng.normal(0, 0.2, 2400)
    assert offset_of(flashing(), chatter, FPS) is None


def test_no_picture_and_no_sound_are_no_error() -> None:
    nothing = np.empty((0, 576), np.float32)
    assert len(flashes_of(nothing, FPS)) == 0
    assert len(onsets_of(np.empty(0, np.float32))) == 0
    assert offset_of(nothing, np.empty(0, np.float32), FPS) is None
