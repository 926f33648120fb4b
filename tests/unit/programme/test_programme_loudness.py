"""The meter against EBU Tech 3341, the limiter against what lies between the samples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from orchestrator.media.limiter import AHEAD, BLOCK, Limiter
from orchestrator.media.loudness import LoudnessMeter

Samples = NDArray[np.float32]


def tone(level_dbfs: float, seconds: float, hertz: float = 1000.0) -> Samples:
    t = np.arange(round(48_000 * seconds)) / 48_000
    wave = (10 ** (level_dbfs / 20) * np.sin(2 * np.pi * hertz * t)).astype(np.float32)
    return np.stack([wave, wave], 1)


def measured(samples: Samples) -> LoudnessMeter:
    meter = LoudnessMeter()
    for at in range(0, len(samples), 1600):
        meter.add(samples[at : at + 1600])
    return meter


def test_a_stereo_tone_of_1_khz_at_minus_23_dbfs_is_minus_23_lufs() -> None:
    meter = measured(tone(-23, 5))

    for loudness in (meter.momentary_lufs, meter.short_term_lufs, meter.integrated_lufs):
        assert loudness == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (((-36, 10), (-23, 30), (-36, 10)), -23.0),  # the relative gate
        (((-72, 10), (-36, 10), (-23, 30), (-36, 10), (-72, 10)), -23.0),  # both gates
        (((-26, 20), (-20, 20.1), (-26, 20)), -23.0),
    ],
)
def test_integrated_loudness_is_gated(
    levels: tuple[tuple[float, float], ...], expected: float
) -> None:
    meter = measured(np.concatenate([tone(level, seconds) for level, seconds in levels]))

    assert meter.integrated_lufs == pytest.approx(expected, abs=0.1)


def test_silence_has_no_loudness() -> None:
    assert measured(np.zeros((48_000, 2), np.float32)).integrated_lufs == float("-inf")


def test_a_reset_begins_a_new_integration() -> None:
    meter = measured(tone(-10, 2))
    meter.reset()
    meter.add(np.zeros((48_000, 2), np.float32))
    meter.add(tone(-30, 3))

    assert meter.integrated_lufs == pytest.approx(-30.0, abs=0.5)


def limited(samples: Samples, peak_dbtp: float, frame: int = 1600) -> Samples:
    limiter = Limiter(peak_dbtp, frame)
    limiter.restart(samples[:AHEAD])
    ends = range(AHEAD, len(samples) - frame + 1, frame)
    return np.concatenate([limiter.process(samples[at : at + frame]) for at in ends])


def true_peak_db(samples: Samples) -> float:
    """By sixteen-fold oversampling of the whole, padded so that its ends do not wrap."""
    padded = np.concatenate([np.zeros((512, 2)), samples, np.zeros((512, 2))])
    spectrum = np.fft.rfft(padded, axis=0)
    fine = np.fft.irfft(spectrum, 16 * len(padded), axis=0) * 16
    return float(20 * np.log10(np.abs(fine).max()))


def test_a_quiet_sound_passes_bit_by_bit() -> None:
    quiet = tone(-20, 0.5)

    out = limited(quiet, -1.5)

    np.testing.assert_array_equal(out, quiet[: len(out)])


def test_the_level_between_the_samples_is_limited_too() -> None:
    k = np.arange(24_000)
    wave = (1.3 * np.sin(np.pi / 2 * k + np.pi / 4)).astype(np.float32)  # samples at 0.92 only

    out = limited(np.stack([wave, wave], 1), -1.5)

    assert true_peak_db(out[BLOCK:-BLOCK]) <= -1.4


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 1000),
    drive=st.floats(0.1, 8.0),
    peak_dbtp=st.sampled_from([-1.0, -1.5, -6.0]),
    frame=st.sampled_from([1600, 1920]),
)
def test_no_sample_is_ever_above_the_ceiling(
    seed: int, drive: float, peak_dbtp: float, frame: int
) -> None:
    rng = np.random.default_rng(seed)
    bursts = rng.standard_normal((9600, 2)) * (rng.random((9600, 1)) < 0.1) * drive

    out = limited(bursts.astype(np.float32), peak_dbtp, frame)

    assert np.abs(out).max() <= 10 ** (peak_dbtp / 20)


def test_a_frame_that_holds_no_whole_blocks_is_refused() -> None:
    with pytest.raises(ValueError, match="whole blocks"):
        Limiter(-1.5, 1601)
