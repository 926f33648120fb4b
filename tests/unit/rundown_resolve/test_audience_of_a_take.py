"""A take never shows to everybody what the rundown keeps for professionals."""

from typing import Any

import pytest

from orchestrator.bus.orders import Verb
from orchestrator.rundown.audience import strict_sources
from orchestrator.rundown.plan import SceneSpec, Shot


@pytest.fixture
def evening(build: Any) -> Any:
    """A case for professionals (0-20), a panel for everybody (20-40), the case's room among it."""
    case = build.slot(
        "case",
        20,
        site="mumbai",
        audience="professional",
        fallback={"main": ("mumbai.room",)},
        shots=(Shot("wide", 60, places={"main": "mumbai.room"}),),
    )
    panel = build.slot(
        "panel",
        20,
        audience="open",
        scene=SceneSpec("full", {"main": "studio.main"}, {"main": 0.0}),
        fallback={"main": ("mumbai.headset",)},
        shots=(Shot("room", 60, places={"main": "mumbai.room"}),),
    )
    return build.desk(build.day(case, panel))


def audience(desk: Any, minute: float, *dead: str) -> str:
    return str(desk.show.at(desk.n(minute), frozenset(dead)).scene.audience)


def test_a_take_of_a_professional_feed_in_an_open_slot_is_for_professionals(evening: Any) -> None:
    assert audience(evening, 25) == "open"

    evening.give(Verb.TAKE, 24, places={"main": "mumbai.headset"})

    assert audience(evening, 25) == "professional"
    evening.give(Verb.RELEASE, 26)
    assert audience(evening, 27) == "open"


def test_a_take_of_what_an_open_slot_shows_anyway_stays_open(evening: Any) -> None:
    evening.give(Verb.TAKE, 24, places={"main": "mumbai.room"})

    assert audience(evening, 25) == "open"


def test_an_open_source_taken_in_a_professional_slot_keeps_the_slot_s_audience(
    evening: Any,
) -> None:
    evening.give(Verb.TAKE, 4, places={"main": "studio.main"})

    assert audience(evening, 5) == "professional"


def test_one_professional_source_in_a_corner_makes_the_whole_take_professional(
    evening: Any,
) -> None:
    evening.give(
        Verb.TAKE, 24, layout="pip", places={"main": "studio.main", "inset": "mumbai.headset"}
    )

    assert audience(evening, 25) == "professional"
    assert audience(evening, 25, "mumbai.headset") == "open"  # its corner is hidden while dead


def test_a_take_that_outlives_its_slot_stays_professional_in_the_open_one(evening: Any) -> None:
    evening.give(Verb.TAKE, 4, places={"main": "mumbai.headset"}, until="released")

    assert audience(evening, 25) == "professional"
    assert audience(evening, 45) == "professional"  # and in the gap behind it


def test_what_no_slot_names_is_for_the_event_s_audience(build: Any, evening: Any) -> None:
    evening.give(Verb.TAKE, 24, places={"main": "london.room"})
    open_day = build.desk(build.day(build.slot("panel", 20), audience="open"))

    assert audience(evening, 25) == "professional"
    assert "london.room" not in strict_sources(open_day.resolved)


def test_a_fallback_does_not_open_a_source_but_is_the_producer_s_word_in_its_slot(
    evening: Any,
) -> None:
    assert "mumbai.headset" in strict_sources(evening.resolved)
    assert audience(evening, 20.5, "studio.main") == "open"


def test_slates_are_for_everybody(evening: Any) -> None:
    evening.give(Verb.TAKE, 24, places={"main": "slate.event"})

    assert audience(evening, 25) == "open"
