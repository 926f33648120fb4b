"""The strip is found again after what a picture goes through on its way to a viewer."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from orchestrator.rehearsal import strip

Luma = NDArray[np.uint8]
sites = st.integers(0, 255)
counters = st.integers(0, strip.COUNTERS - 1)


def scene(width: int, height: int, seed: int = 1) -> Luma:
    """A picture that is busy where no strip is."""
    noise = np.random.default_rng(seed).integers(16, 235, (height // 8 + 1, width // 8 + 1))
    large = cv2.resize(noise.astype(np.uint8), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(large, np.uint8)


def scaled(picture: Luma, width: int, height: int) -> Luma:
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def with_strip(width: int, height: int, site: int, counter: int) -> Luma:
    picture = scene(width, height)
    strip.draw(picture, site, counter)
    return picture


@given(sites, counters)
def test_what_is_drawn_is_read(site: int, counter: int) -> None:
    assert strip.read(with_strip(320, 180, site, counter)) == (site, counter)


@given(
    sites,
    counters,
    st.sampled_from([(1920, 1080), (1280, 720), (854, 480), (640, 360), (320, 180), (172, 97)]),
)
def test_it_survives_scaling(site: int, counter: int, size: tuple[int, int]) -> None:
    picture = scaled(with_strip(1280, 720, site, counter), *size)

    assert strip.read(picture) == (site, counter)


@given(sites, counters, sites, counters, st.integers(-1, 1), st.integers(-1, 1))
def test_main_and_inset_are_both_read_although_the_inset_lies_a_pixel_off(
    site: int, counter: int, other: int, other_counter: int, dx: int, dy: int
) -> None:
    picture = scaled(with_strip(1280, 720, site, counter), 640, 360)
    inset = scaled(with_strip(1280, 720, other, other_counter), 172, 98)
    x, y = round(0.70 * 640) + (dx if not dy else 0), round(0.66 * 360) + dy
    picture[y : y + 98, x : x + 172] = inset

    assert strip.read(picture) == (site, counter)
    assert strip.read(picture, (0.70, 0.66, 0.27, 0.27)) == (other, other_counter)


def test_it_is_read_from_a_half_width_place_whose_sides_are_cropped() -> None:
    source = scaled(with_strip(1280, 720, 3, 77), 922, 518)
    picture = scene(1280, 720)
    picture[101 : 101 + 518, 0:640] = source[:, 141 : 141 + 640]

    assert strip.read(picture, strip.cover((0, 0.14, 0.5, 0.72))) == (3, 77)


@pytest.mark.parametrize("grey", [16, 128, 235])
def test_an_even_picture_has_no_strip(grey: int) -> None:
    assert strip.read(np.full((90, 160), grey, np.uint8)) is None


def test_noise_is_not_taken_for_a_strip() -> None:
    generator = np.random.default_rng(24)
    pictures = (generator.integers(0, 255, (90, 160)).astype(np.uint8) for _ in range(2000))

    assert not any(strip.read(picture) for picture in pictures)


@given(counters, st.floats(0, 1))
def test_a_mix_tells_how_far_it_has_come(counter: int, progress: float) -> None:
    before, after = with_strip(640, 360, 1, counter), with_strip(640, 360, 2, counter)
    mixed = (before * (1 - progress) + after * progress).round().astype(np.uint8)

    measured = strip.share(mixed, strip.Strip(1, counter), strip.Strip(2, counter))

    assert measured == pytest.approx(progress, abs=0.01)


def test_a_mix_of_equal_strips_tells_nothing() -> None:
    picture = with_strip(320, 180, 1, 1)

    assert math.isnan(strip.share(picture, strip.Strip(1, 1), strip.Strip(1, 1)))
