"""The vision mixer: places, fits, borders and transitions, looked at pixel by pixel at 320x180."""

import numpy as np
import pytest

from orchestrator.media.picture import Planes, Rect, fill, mix, new_picture, scale, yuv_of
from orchestrator.programme.compositor import Compositor
from orchestrator.programme.geometry import spot_of
from orchestrator.programme.overlay import Overlay, blend, drawing_of, opacity_at
from orchestrator.rundown.plan import Place, Transition
from orchestrator.rundown.scene import Cause, Layer, Look, Scene

W, H = 320, 180
N = 1000
FULL = Place("main", (0, 0, 1, 1))
INSET = Place("inset", (0.70, 0.66, 0.27, 0.27))
LEFT = Place("main", (0, 0.14, 0.5, 0.72))
RIGHT = Place("inset", (0.5, 0.14, 0.5, 0.72))


def flat(luma: int) -> Planes:
    picture = new_picture(W, H)
    fill(picture, (luma, 128, 128))
    return picture


def sloped() -> Planes:
    """Luma rises from 40 at the left to 200 at the right."""
    picture = flat(0)
    picture[0][:] = np.linspace(40, 200, W)[np.newaxis, :]
    return picture


class Shelf:
    def __init__(self, **pictures: Planes) -> None:
        self.pictures = {name.replace("_", "."): picture for name, picture in pictures.items()}

    def read(self, source: str, n: int) -> Planes | None:
        return self.pictures.get(source)

    def is_whole(self, source: str) -> bool:
        return True


def scene(*layers: tuple[Place, str]) -> Scene:
    return Scene(
        "slot",
        "",
        "layout",
        tuple(Layer(place, source, source, 0.0) for place, source in layers),
        Cause("schedule", "start"),
        0,
    )


A, B = scene((FULL, "a")), scene((FULL, "b"))


def rendered(look: Look, shelf: Shelf | None = None, *overlays: Overlay) -> Planes:
    shelf = shelf or Shelf(a=flat(60), b=flat(180), slate_event=flat(30))
    out = flat(255)
    Compositor(W, H, shelf).render(look, out, overlays)
    return out


def test_a_full_place_is_its_source_bit_by_bit() -> None:
    out = rendered(Look(N, A), Shelf(a=sloped()))

    np.testing.assert_array_equal(out[0], sloped()[0])


def test_picture_in_picture_lies_where_its_fractions_say() -> None:
    y, _, _ = rendered(Look(N, scene((FULL, "a"), (INSET, "b"))))

    x0, y0 = round(0.70 * W), 118
    assert (y[y0 + 2 : y0 + 46, x0 + 2 : x0 + 84] == 180).all()
    assert (y[: y0 - 2] == 60).all()
    assert (y[:, : x0 - 2] == 60).all()


def test_two_halves_meet_without_a_gap_and_leave_black_above_and_below() -> None:
    y, u, _ = rendered(Look(N, scene((LEFT, "a"), (RIGHT, "b"))))

    assert (y[90, : W // 2] == 60).all()
    assert (y[90, W // 2 :] == 180).all()
    assert (y[:20] == 16).all()
    assert (y[-20:] == 16).all()
    assert (u == 128).all()


def test_cover_cuts_the_sides_and_keeps_the_proportions() -> None:
    tall = Place("main", (0.25, 0, 0.5, 1))
    y, _, _ = rendered(Look(N, scene((tall, "a"))), Shelf(a=sloped()))

    assert float(y[90, W // 4 + 1]) == pytest.approx(80, abs=2)
    assert float(y[90, 3 * W // 4 - 2]) == pytest.approx(160, abs=2)


def test_contain_shows_all_of_it_and_what_lies_behind() -> None:
    tall = Place("inset", (0.25, 0, 0.5, 1), fit="contain")
    shelf = Shelf(a=flat(99), b=sloped())
    y, _, _ = rendered(Look(N, scene((FULL, "a"), (tall, "b"))), shelf)

    assert float(y[90, W // 4 + 1]) == pytest.approx(40, abs=3)
    assert float(y[90, 3 * W // 4 - 2]) == pytest.approx(200, abs=3)
    assert y[20, W // 2] == 99


def test_crop_takes_a_part_of_the_source() -> None:
    cropped = Place("main", (0, 0, 1, 1), crop=(0.5, 0.25, 0.5, 0.5))
    y, _, _ = rendered(Look(N, scene((cropped, "a"))), Shelf(a=sloped()))

    assert float(y[90, 0]) == pytest.approx(120, abs=2)
    assert float(y[90, -1]) == pytest.approx(200, abs=2)


def test_a_border_is_drawn_inside_the_box() -> None:
    framed = Place("inset", INSET.box, border="4px #ffffff")
    y, _, _ = rendered(Look(N, scene((FULL, "a"), (framed, "b"))))

    spot = spot_of(framed, W, H)
    assert spot is not None
    x0, y0, width, height = spot.box
    assert (y[y0 : y0 + 4, x0 : x0 + width] == 235).all()
    assert (y[y0 + height - 4 : y0 + height, x0 : x0 + width] == 235).all()
    assert y[y0 + 10, x0 + 10] == 180
    assert y[y0 - 1, x0 - 1] == 60


def test_a_place_without_a_picture_shows_the_event_slate_and_is_counted() -> None:
    compositor = Compositor(W, H, Shelf(slate_event=flat(30)))
    out = flat(255)

    compositor.render(Look(N, A), out)

    assert (out[0] == 30).all()
    assert compositor.missing == 1


def test_without_any_slate_a_missing_picture_is_black() -> None:
    out = rendered(Look(N, A), Shelf())

    assert (out[0] == 16).all()


def share_of_incoming(kind: str, progress: float) -> float:
    y, _, _ = rendered(Look(N, B, A, Transition(kind, 18), progress))
    return float((y.astype(float).mean() - 60) / 120)


@pytest.mark.parametrize("kind", ["mix", "wipe", "push"])
@pytest.mark.parametrize("direction", ["left", "right", "up", "down"])
def test_a_transition_shows_as_much_as_it_has_progressed(kind: str, direction: str) -> None:
    name = kind if kind == "mix" else f"{kind}-{direction}"
    for progress in (0.25, 0.5, 0.75):
        assert share_of_incoming(name, progress) == pytest.approx(progress, abs=0.02)


@pytest.mark.parametrize("kind", ["mix", "wipe-left", "wipe-up", "push-right", "push-down"])
def test_the_first_frame_of_a_transition_is_neither_picture(kind: str) -> None:
    share = share_of_incoming(kind, 1 / 19)

    assert 0.01 < share < 0.2


def test_a_wipe_to_the_left_comes_from_the_right() -> None:
    y, _, _ = rendered(Look(N, B, A, Transition("wipe-left", 18), 0.25))

    assert y[90, 10] == 60
    assert y[90, W - 10] == 180


def test_a_push_moves_both_pictures() -> None:
    shelf = Shelf(a=sloped(), b=sloped())
    y, _, _ = rendered(Look(N, B, A, Transition("push-left", 18), 0.5), shelf)

    half = W // 2
    np.testing.assert_array_equal(y[:, :half], sloped()[0][:, half:])
    np.testing.assert_array_equal(y[:, half:], sloped()[0][:, :half])


def test_scaling_keeps_the_mean_of_every_plane() -> None:
    rng = np.random.default_rng(3)
    source = new_picture(W, H)
    for plane in source:
        plane[:] = rng.integers(16, 235, plane.shape)
    target = new_picture(86, 48)

    scale(source, target)

    for before, after in zip(source, target, strict=True):
        assert float(after.mean()) == pytest.approx(float(before.mean()), abs=2)


def test_a_mix_is_the_weighted_mean() -> None:
    out = new_picture(W, H)

    mix(out, flat(100), flat(200), 0.25)

    assert (out[0] == 125).all()


def lower_third(alpha: int) -> np.ndarray:
    rgba = np.zeros((H, W, 4), np.uint8)
    rgba[120:150, 21:201] = (255, 0, 0, alpha)
    return rgba


def test_a_graphic_is_blended_within_its_box_and_nowhere_else() -> None:
    drawing = drawing_of(lower_third(255))
    assert drawing is not None
    assert drawing.box == Rect(20, 120, 182, 30)
    out = flat(100)

    blend(out, Overlay(drawing))

    red = yuv_of((255, 0, 0))
    assert [int(plane[135 // (1 + (i > 0)), 60]) for i, plane in enumerate(out)] == list(red)
    assert (out[0][:120] == 100).all()
    assert (out[0][:, 202:] == 100).all()


@pytest.mark.parametrize(("alpha", "opacity"), [(128, 1.0), (255, 0.5)])
def test_half_a_graphic_is_half_of_each(alpha: int, opacity: float) -> None:
    drawing = drawing_of(lower_third(alpha))
    assert drawing is not None
    out = flat(100)

    blend(out, Overlay(drawing, opacity))

    assert float(out[0][135, 60]) == pytest.approx((100 + yuv_of((255, 0, 0))[0]) / 2, abs=2)


def test_a_transparent_graphic_is_no_drawing() -> None:
    assert drawing_of(lower_third(0)) is None


def test_a_graphic_fades_in_and_is_gone_at_its_end() -> None:
    shown = [opacity_at(n, 100, 200) for n in range(98, 202)]

    assert shown[:2] == [0.0, 0.0]
    assert shown[-2:] == [0.0, 0.0]
    assert 0 < shown[2] < 0.2
    assert max(shown) == 1.0
    assert 0 < shown[-3] < 0.2


@pytest.mark.parametrize("box", [(0.1, 0.1, 0.333, 0.333), (0.5, 0.5, 0.51, 0.51), (0, 0, 1, 0.5)])
def test_any_fractions_become_even_rectangles_inside_the_picture(
    box: tuple[float, float, float, float],
) -> None:
    spot = spot_of(Place("p", box), W, H)

    assert spot is not None
    for rect in (spot.box, spot.crop):
        assert all(side % 2 == 0 for side in rect)
        assert rect.x + rect.width <= W
        assert rect.y + rect.height <= H


def test_a_place_too_small_to_be_seen_is_left_out() -> None:
    assert spot_of(Place("p", (0.5, 0.5, 0.001, 0.001)), W, H) is None
