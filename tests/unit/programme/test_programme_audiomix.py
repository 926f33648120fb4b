"""The sound desk: exact samples, ramps instead of switches, and a ceiling that holds."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from orchestrator.programme.audiomix import RAMP, AudioMix, amplitude, targets
from orchestrator.rundown.plan import Place, Transition
from orchestrator.rundown.scene import Cause, Layer, Look, Scene
from orchestrator.timing import Grid

GRID = Grid.standard(30)
N = 1_000_000
Samples = NDArray[np.float32]


class Desk:
    """Sources that give a constant, a ramp of sample numbers or a sine; `gone` has none."""

    def __init__(self, **levels: float) -> None:
        self.levels = levels
        self.gone: set[str] = set()

    def sound(self, source: str, first_sample: int, out: Samples) -> bool:
        if source in self.gone or source not in self.levels:
            return False
        out[:] = self.levels[source]
        return True


def scene(gains: dict[str, float | None]) -> Scene:
    layers = tuple(
        Layer(Place(source, (0, 0, 1, 1)), source, source, gain) for source, gain in gains.items()
    )
    return Scene("slot", "", "full", layers, Cause("schedule", "start"), 0)


def mixer(desk: object, peak_dbtp: float = -1.5) -> AudioMix:
    return AudioMix(GRID, desk, peak_dbtp=peak_dbtp)  # type: ignore[arg-type]


def test_a_frame_has_exactly_its_samples_and_they_are_the_sources_own() -> None:
    class Counting:
        def sound(self, source: str, first_sample: int, out: Samples) -> bool:
            numbers = np.arange(first_sample, first_sample + len(out)) - GRID.sample_of(N)
            out[:] = (numbers * 1e-5)[:, np.newaxis]
            return True

    desk = mixer(Counting())
    look = scene({"a": 0.0})
    desk.mix(Look(N, look))

    second = desk.mix(Look(N + 1, look))

    assert second.shape == (1600, 2)
    np.testing.assert_allclose(second[:, 0], np.arange(1600, 3200) * 1e-5, atol=1e-6)


def test_gains_are_in_decibels_and_belong_to_the_place() -> None:
    desk = mixer(Desk(a=0.1, b=0.1))
    look = scene({"a": 0.0, "b": -6.0})
    desk.mix(Look(N, look))

    out = desk.mix(Look(N + 1, look))

    assert out[-1, 0] == pytest.approx(0.1 + 0.1 * amplitude(-6.0), abs=1e-5)


def test_a_place_that_is_off_is_silent() -> None:
    assert targets(Look(N, scene({"a": None})), lambda source: 0.0) == {}


def test_a_trim_is_added_to_the_gain_of_the_place() -> None:
    gains = targets(Look(N, scene({"a": -3.0})), lambda source: 9.0)

    assert gains["a"] == pytest.approx(amplitude(6.0))


def test_a_cut_is_a_ramp_of_ten_milliseconds() -> None:
    desk = mixer(Desk(a=0.2, b=0.0))
    before, after = scene({"a": 0.0}), scene({"b": 0.0})
    for i in range(3):
        desk.mix(Look(N + i, before))

    out = desk.mix(Look(N + 3, after))[:, 0]
    after_that = desk.mix(Look(N + 4, after))[:, 0]

    assert np.abs(np.diff(out)).max() <= 0.2 / RAMP * 1.01
    assert RAMP / 48_000 >= 0.005
    assert after_that.max() == 0.0


def test_a_mix_keeps_the_power_of_two_different_sounds() -> None:
    coming, going = scene({"b": 0.0}), scene({"a": 0.0})
    for progress in (0.1, 0.5, 0.9):
        look = Look(N, coming, going, Transition("mix", 18), progress)

        gains = targets(look, lambda source: 0.0)

        assert gains["a"] ** 2 + gains["b"] ** 2 == pytest.approx(1.0)


def test_a_sound_that_is_in_both_scenes_has_no_bump() -> None:
    look = Look(N, scene({"a": 0.0}), scene({"a": 0.0}), Transition("mix", 18), 0.5)

    assert targets(look, lambda source: 0.0) == {"a": pytest.approx(1.0)}


def test_no_transition_makes_a_step_in_the_sound() -> None:
    rng = np.random.default_rng(7)
    desk = mixer(Desk(a=0.2, b=-0.2))
    scenes = [scene({"a": 0.0}), scene({"b": -3.0}), scene({"a": -20.0, "b": 0.0})]
    samples = []
    for i in range(60):
        n, now = N + i, scenes[int(rng.integers(3))]
        if i % 5 == 0:
            look = Look(n, now, scenes[0], Transition("mix", 4), 0.2)
        else:
            look = Look(n, now)
        samples.append(desk.mix(look))

    steps = np.abs(np.diff(np.concatenate(samples)[:, 0]))

    assert steps.max() < 0.4 / RAMP * 1.5


def test_a_source_that_stops_is_let_down_and_comes_back_on_a_ramp() -> None:
    source = Desk(a=0.2)
    desk = mixer(source)
    look = scene({"a": 0.0})
    out = [desk.mix(Look(N + i, look)) for i in range(2)]
    source.gone.add("a")
    out += [desk.mix(Look(N + i, look)) for i in range(2, 4)]
    source.gone.clear()
    out += [desk.mix(Look(N + i, look)) for i in range(4, 6)]

    sound = np.concatenate(out)[1600:, 0]

    assert np.abs(np.diff(sound)).max() < 0.2 / 200
    assert sound[1600 + 800] == 0.0
    assert sound[-1] == pytest.approx(0.2)
    assert desk.missing == 2


def test_the_sound_never_rises_above_the_ceiling() -> None:
    desk = mixer(Desk(a=0.9, b=0.9, c=0.9), peak_dbtp=-1.5)
    look = scene({"a": 0.0, "b": 6.0, "c": 0.0})

    loudest = max(float(np.abs(desk.mix(Look(N + i, look))).max()) for i in range(12))

    assert loudest <= math.pow(10, -1.5 / 20)
    assert desk.take_reduction_db() > 10


def test_after_a_hole_the_sound_is_that_of_the_new_frame() -> None:
    class Counting:
        def sound(self, source: str, first_sample: int, out: Samples) -> bool:
            numbers = np.arange(first_sample, first_sample + len(out)) - GRID.sample_of(N)
            out[:] = (numbers * 1e-7)[:, np.newaxis]
            return True

    desk = mixer(Counting())
    look = scene({"a": 0.0})
    desk.mix(Look(N, look))

    out = desk.mix(Look(N + 100, look))

    expected = np.arange(160_000, 161_600) * 1e-7
    np.testing.assert_allclose(out[2 * RAMP :, 0], expected[2 * RAMP :], atol=1e-6)
