"""Slates and graphics as they are drawn: templates, scripts of the world, the cache, the drawer."""

import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from orchestrator.media import svg
from orchestrator.media.boxes import begins_with_sync, read_part
from orchestrator.media.fonts import font_files, missing_glyphs
from orchestrator.media.house import House
from orchestrator.media.picture import planes_of
from orchestrator.programme.draw import draw, serve
from orchestrator.programme.drawer import Order, read_answer, to_bytes
from orchestrator.programme.overlay import drawing_of
from orchestrator.programme.slate_job import make_slate, slate_hash

pytestmark = pytest.mark.media

HOUSE = House.of(320, 180, 30, ("180p",))
PERSON = {
    "name": "Dr Asha Deshmukh",
    "native": "डॉ. आशा देशमुख",
    "role": "Orthopaedics",
    "site": "Sahyadri Institute",
    "city": "Mumbai",
}
GRAPHICS = {
    "badge": {"mode": "live", "text": "LIVE"},
    "lower-third": PERSON,
    "next-up": {"title": "Planning with a hologram", "time": "16:35"},
    "clock": {"time": "14:05", "label": "Paris"},
    "message": {"text": "Thirteen hospitals"},
    "countdown": {"left": "00:42", "text": "Back in"},
}


def slate_texts() -> dict[str, str]:
    return {
        "slate.event": svg.fill_in("slate-event", {"title": "A test", "line": "Back soon"}),
        "slate.site.mumbai": svg.fill_in(
            "slate-site",
            {"event": "A test", "title": "Institute", "city": "Mumbai", "line": "Back soon"},
        ),
    }


def test_the_slate_job_makes_init_segments_parts_and_pictures(tmp_path: Path) -> None:
    folder = tmp_path / "slate"
    make_slate(HOUSE, slate_texts(), folder)

    assert {path.name for path in folder.iterdir()} == {
        "pictures",
        *(f"{track}.{end}" for track in ("180p", "a") for end in ("init", "0", "1", "2", "3")),
    }
    parts = [(folder / f"180p.{j}").read_bytes() for j in range(4)]
    assert [begins_with_sync(part) for part in parts] == [True, False, False, False]
    assert {sum(read_part(part).durations) for part in parts} == {16 * 3000}
    raw = np.fromfile(folder / "pictures" / "slate.site.mumbai.i420", np.uint8)
    y, _, _ = planes_of(raw, 320, 180)
    assert 30 < y[5, 200] < 50
    assert y.max() > 180  # the title


def test_the_hash_of_a_slate_changes_with_its_text_and_its_ladder() -> None:
    texts = slate_texts()
    other = {**texts, "slate.event": texts["slate.event"].replace("A test", "Another")}
    larger = House.of(640, 360, 30, ("360p",))

    assert len({slate_hash(HOUSE, texts), slate_hash(HOUSE, other), slate_hash(larger, texts)}) == 3


@pytest.mark.parametrize("name", GRAPHICS)
def test_every_built_in_graphic_draws_something_inside_the_picture(name: str) -> None:
    drawing, problem = draw(name, GRAPHICS[name], 1280, 720)

    assert problem == ""
    assert drawing is not None
    assert drawing.box.x + drawing.box.width <= 1280
    assert drawing.box.y + drawing.box.height <= 720
    assert int(drawing.keep[0].min()) < 60


@pytest.mark.parametrize("name", GRAPHICS)
def test_a_graphic_that_lacks_what_it_is_about_is_refused_by_the_name_of_it(name: str) -> None:
    with pytest.raises(svg.TemplateBroken, match=r"\.svg: '(text|time|left|title|name)' is undef"):
        draw(name, {}, 640, 360)


def test_a_graphic_lies_at_the_same_place_in_a_smaller_programme() -> None:
    large, _ = draw("badge", GRAPHICS["badge"], 1280, 720)
    small, _ = draw("badge", GRAPHICS["badge"], 640, 360)

    assert large is not None
    assert small is not None
    assert all(abs(a - 2 * b) <= 4 for a, b in zip(large.box, small.box, strict=True))


def test_a_name_with_markup_in_it_is_text() -> None:
    filled = svg.fill_in("message", {"text": '<script>alert("x")</script> & Co'})

    assert "&lt;script&gt;" in filled
    assert svg.draw(filled, 640, 360).rgba.any()


def ink(text: str) -> int:
    """How many pixels a text covers."""
    drawn = svg.draw(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 80">'
        f'<text x="20" y="60" font-size="40" fill="#fff">{text}</text></svg>',
        1280,
        720,
    )
    return int((drawn.rgba[..., 3] > 128).sum())


def test_arabic_letters_are_joined_and_devanagari_vowels_combined() -> None:
    assert ink("خالد") != pytest.approx(sum(ink(letter) for letter in "خالد"), rel=0.02)
    assert ink("कि") != pytest.approx(ink("क") + ink("ि"), rel=0.02)


def test_text_in_a_family_that_is_not_there_is_drawn_in_ours() -> None:
    text = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 80">'
        '<text x="20" y="60" font-size="40" font-family="No Such Font">Mumbai</text></svg>'
    )

    assert svg.draw(text, 1280, 720).rgba[..., 3].any()


def test_letters_that_no_font_has_are_named() -> None:
    assert missing_glyphs("Dr Asha Deshmukh, डॉ. आशा, د. خالد, Київ") == frozenset()
    assert missing_glyphs("a\U000f1234b") == {"\U000f1234"}
    assert missing_glyphs(" \n\u200d") == frozenset()


def test_the_fonts_of_this_machine_are_found() -> None:
    assert font_files()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>', "viewBox"),
        ('<svg viewBox="0 0 10 10"><rect></svg>', "broken"),
        ('<svg viewBox="0 0 nonsense 10"/>', "viewBox"),
    ],
)
def test_a_broken_drawing_is_refused_with_a_reason(text: str, says: str) -> None:
    with pytest.raises(svg.TemplateBroken, match=says):
        svg.draw(text, 640, 360, "broken")


def test_a_broken_template_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "mine.svg").write_text('<svg viewBox="0 0 10 10">\n{% if %}\n</svg>')

    with pytest.raises(svg.TemplateBroken, match=r"mine\.svg:2"):
        svg.fill_in(str(tmp_path / "mine.svg"), {})
    with pytest.raises(svg.TemplateBroken, match="no graphics template"):
        svg.fill_in("nowhere", {})


def test_colours_become_bt_709_limited() -> None:
    rgba = np.zeros((4, 4, 4), np.uint8)
    rgba[...] = (255, 0, 0, 255)

    planes = svg.to_i420(rgba)

    assert [int(plane[0, 0]) for plane in planes] == pytest.approx([63, 102, 240], abs=2)


def test_the_drawing_process_answers_in_order_and_survives_broken_orders() -> None:
    size = {"width": 640, "height": 360}
    orders = [
        {"key": "1", "template": "badge", "data": {"text": "LIVE"}},
        {"key": "2", "template": "nowhere", "data": {}},
        {"key": "3", "template": "clock", "data": {}},
    ]
    requests = io.BytesIO(b"".join(json.dumps(o | size).encode() + b"\n" for o in orders))
    answers = io.BytesIO()

    serve(requests, answers)

    answers.seek(0)
    key, badge, problem = read_answer(answers)
    assert (key, problem) == ("1", "")
    assert badge is not None
    expected, _ = draw("badge", {"text": "LIVE"}, 640, 360)
    assert expected is not None
    assert badge.box == expected.box
    np.testing.assert_array_equal(badge.ink[1], expected.ink[1])
    np.testing.assert_array_equal(badge.keep[2], expected.keep[2])
    key, nothing, problem = read_answer(answers)
    assert (key, nothing) == ("2", None)
    assert "no graphics template" in problem
    assert read_answer(answers)[0] == "3"
    with pytest.raises(EOFError):
        read_answer(answers)


def test_an_answer_that_is_cut_off_is_no_answer() -> None:
    rgba = np.full((8, 8, 4), 255, np.uint8)
    whole = to_bytes("1", drawing_of(rgba))

    with pytest.raises(EOFError):
        read_answer(io.BytesIO(whole[:-1]))


def test_orders_are_known_by_what_they_ask_for() -> None:
    one = Order.of("badge", {"text": "LIVE", "mode": "live"}, 1280, 720)

    assert one == Order.of("badge", {"mode": "live", "text": "LIVE"}, 1280, 720)
    assert one.key != Order.of("badge", {"mode": "live", "text": "LIVE"}, 640, 360).key
    assert one.key != Order.of("clock", {"mode": "live", "text": "LIVE"}, 1280, 720).key


def test_opencv_reads_resvgs_pictures_with_their_alpha() -> None:
    drawn = svg.draw(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
        '<rect width="64" height="64" fill="#ff8000" fill-opacity="0.5"/></svg>',
        1280,
        720,
    )

    assert tuple(drawn.rgba[10, 10]) == pytest.approx((255, 128, 0, 128), abs=2)
    assert cv2.getNumThreads() == 1
