"""What of a graphic's data can be drawn on this machine, and what is done about the rest."""

from typing import Any

import pytest

from orchestrator.media.fonts import font_for
from orchestrator.media.legible import legible, said

NO = "\U000f1234"


def person(name: str, native: str = "", role: str = "Surgeon") -> dict[str, str]:
    return {"name": name, "native": native, "role": role}


def test_what_can_be_drawn_is_left_as_it_is() -> None:
    data = {"text": "Back at 14:00"}

    assert legible(data).data is data
    assert legible(data).problem == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (person("Ada Rao", NO), person("Ada Rao")),
        (person(f"Ada{NO}", "Ada"), person("Ada")),
        (person("Ada", role=NO), person("Ada", role="")),
    ],
)
def test_a_person_is_shown_by_the_name_that_can_be_drawn(
    before: dict[str, str], after: dict[str, str]
) -> None:
    assert legible({"people": [before]}).data == {"people": [after]}


@pytest.mark.parametrize(
    "data",
    [
        {"text": f"Say {NO}"},
        {"title": NO, "time": "12:00"},
        {"people": [person(NO)]},
        {"people": [person(NO)], **person(NO)},
    ],
)
def test_a_graphic_that_has_lost_what_it_is_about_is_not_shown(data: dict[str, Any]) -> None:
    assert legible(data).data is None


def test_of_several_people_those_who_can_be_named_are_shown() -> None:
    found = legible({"people": [person(NO), person("Ben Kim")], **person(NO)})

    assert found.data is not None
    assert found.data["people"] == [person("Ben Kim")]
    assert found.undrawable == {NO}


def test_the_sentence_names_glyph_and_font() -> None:
    assert said(frozenset("手")) == (
        "no font on this machine has 手 (U+624B); install Noto Sans CJK (fonts-noto-cjk)"
    )
    assert said(frozenset(NO)) == f"no font on this machine has {NO} (U+F1234)"
    assert font_for("श") == "Noto Sans Devanagari (fonts-noto-core)"
    assert font_for("☃") == "Noto Sans Symbols (fonts-noto-core)"
