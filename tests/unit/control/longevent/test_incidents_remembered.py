"""Incidents over time: blips, flaps, who has picked one up, and what a restart knows."""

from __future__ import annotations

from gallerydesk import GRID, House, S, at

from orchestrator.bus.orders import Verb
from orchestrator.control.cards import cards, second_person
from orchestrator.control.incidents import Acked, Happening, Incident
from orchestrator.rundown.resolved import Resolved, Shift


def test_a_blip_raises_nothing(house: House) -> None:
    at(house, "case")
    house.kill(*house.feeds("london"))
    house.n -= S  # seen within the same second
    house.look(1)
    house.mend(*house.feeds("london"))
    house.look(20)
    assert house.news == []


def test_a_flapping_feed_is_one_card_that_stays_ever_longer(house: House) -> None:
    at(house, "case")
    for _ in range(10):
        house.kill(*house.feeds("london"))
        house.look(4)
        house.mend(*house.feeds("london"))
        house.look(12)
    assert house.opened() == ["feeds.london"] * 2
    (incident,) = house.incidents.open()
    assert (incident.is_over, incident.times, incident.clear_s()) == (True, 2, 20.0)


def test_what_nobody_picks_up_within_a_minute_is_escalated_once(house: House) -> None:
    at(house, "case")
    house.kill(*house.feeds("london"))
    house.look(300)
    assert [one.happening for one in house.news] == [Happening.OPENED, Happening.ESCALATED]
    opened, escalated = house.news[0].incident, house.news[1].incident
    assert (escalated.escalated_n or 0) - (opened.opened_n or 0) == 60 * S


def test_what_somebody_has_picked_up_is_not_escalated(house: House) -> None:
    at(house, "case")
    house.kill(*house.feeds("london"))
    house.look(30)
    house.acks["feeds.london"] = Acked("tom", house.n)
    house.look(300)
    assert [one.happening for one in house.news] == [Happening.OPENED]
    (card,) = cards(house.incidents.open(), house.acks, GRID, "ravi")
    assert (card["holder"], card["escalated"]) == ("tom", "")


def test_what_comes_back_is_nobodys_again(house: House) -> None:
    at(house, "case")
    house.kill(*house.feeds("london"))
    house.look(10)
    house.acks["feeds.london"] = Acked("tom", house.n)
    house.mend(*house.feeds("london"))
    house.look(20)
    house.kill(*house.feeds("london"))
    house.look(10)
    (card,) = cards(house.incidents.open(), house.acks, GRID, "ravi")
    assert card["holder"] == ""


def test_the_second_person_is_the_shifts_other_one_or_whoever_is_there(day: Resolved) -> None:
    from dataclasses import replace

    shifts = (Shift(day.start_n, day.end_n, "tom", "ravi"), Shift(day.end_n, day.end_n + 1, "mei"))
    with_shifts = replace(day, shifts=shifts)
    n = day.start_n
    assert second_person(with_shifts, n, "tom") == "ravi"
    assert second_person(with_shifts, n, "") == "ravi"
    assert second_person(with_shifts, n, "ravi") == "tom"
    assert second_person(replace(day, shifts=shifts[1:]), n, "tom", ["tom", "anna"]) == "anna"
    assert second_person(day, n, "tom") == "the producer"


def test_an_incident_is_written_down_and_read_back(house: House) -> None:
    import json

    at(house, "case")
    house.order(Verb.PRIVACY, site="london")
    house.look(3)
    for incident in house.incidents.open():
        assert Incident.of(json.loads(json.dumps(incident.record()))) == incident
