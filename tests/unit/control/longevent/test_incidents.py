"""Incidents: one cause is one card; what nobody needs is nobody's alarm (D6)."""

from __future__ import annotations

import pytest
from gallerydesk import IDLE, MINUTE, House, S, at, words

from orchestrator.bus.orders import Verb
from orchestrator.control.incidents import Grade, Happening

# D6, as it is worded


def test_the_uplink_of_the_on_air_site_cut_for_60_s_raises_exactly_one_card(house: House) -> None:
    at(house, "case")
    house.look(5)
    assert house.opened() == []

    house.kill("london.headset")
    house.look(1)
    house.kill("london.room")  # the second socket times out a little later
    house.look(59)
    house.mend(*house.feeds("london"))
    house.look(30)

    assert house.opened() == ["feeds.london"]
    assert house.incidents.open() == ()
    assert [one.happening for one in house.news][-1] is Happening.CLOSED


def test_twelve_idle_sites_going_down_raise_none(house: House) -> None:
    house.look(5)
    house.kill(*house.feeds(*IDLE))
    house.look(120)
    assert house.opened() == []


# feeds


def test_a_card_says_what_happens_if_nobody_acts_and_what_can_be_done(house: House) -> None:
    at(house, "case")
    house.kill(*house.feeds("london"))
    began_n = house.n
    house.look(5)

    card = house.card("feeds.london")

    assert card.grade is Grade.NOW
    assert card.what == "Nothing arrives from Thamesside, London"
    assert "the slate of case stays on air" in card.if_nothing
    assert words(card.actions) == ["safe", "insert", "next"]
    assert card.actions[1].args == {"item": "film", "resume": True}
    assert house.incidents.all["feeds.london"].since_n == began_n


def test_a_frozen_headset_asks_whether_to_stay_on_the_room(house: House) -> None:
    at(house, "case")
    house.kill("london.headset", why="frozen")
    house.look(61)

    card = house.card("feeds.london")

    assert card.grade is Grade.SOON
    assert "headset: the picture is frozen for 1 min" in card.what
    assert "london.room stays on air" in card.if_nothing
    assert words(card.actions) == ["latch", "quarantine"]


@pytest.mark.parametrize(
    ("noise", "verdict"), [(0, "the encoder is frozen"), (0.4, "the scene is still")]
)
def test_the_noise_in_a_frozen_picture_tells_encoder_from_scene(
    house: House, noise: float, verdict: str
) -> None:
    at(house, "case")
    house.kill("london.headset", why="frozen")
    house.pages["london.headset"] |= {"noise": noise, "moved_age_frames": 61 * S}
    house.look(5)
    assert verdict in house.card("feeds.london").what
    assert "the picture is frozen for 1 min 1 s" in house.card("feeds.london").what


def test_a_feed_due_within_half_an_hour_is_a_card_and_two_minutes_before_it_is_urgent(
    house: House,
) -> None:
    house.kill(*house.feeds("london"))
    house.look(5)
    card = house.card("feeds.london")
    assert card.grade is Grade.SOON
    assert words(card.actions) == ["message", "not-ready", "not-ready"]
    assert card.until_n == next(s.start_n for s in house.day.slots if s.id == "case")

    at(house, "case", -2 * MINUTE - 5 * S)
    house.look(10)

    assert house.card("feeds.london").grade is Grade.NOW
    assert [one.happening for one in house.news] == [Happening.OPENED, Happening.GRAVER]
    assert "ready.case" not in house.cards()  # the same cause


def test_many_sites_at_once_are_one_card_about_our_own_line(house: House) -> None:
    at(house, f"on-{IDLE[0]}", -10 * MINUTE)
    house.kill("studio.main", *house.feeds(IDLE[0]))
    house.look(5)
    assert sorted(house.cards()) == [f"feeds.{IDLE[0]}", "feeds.studio"]

    house.kill(*house.feeds(IDLE[1]))
    house.look(5)

    assert house.cards() == ["line"]
    assert house.card("line").grade is Grade.NOW
    assert "3 sites" in house.card("line").what


def test_what_people_have_taken_away_themselves_is_no_news(house: House) -> None:
    at(house, "case")
    house.order(Verb.QUARANTINE, feed="london.headset", on=True)
    house.kill("london.headset", why="quarantined")
    house.look(10)
    assert house.cards() == []
