"""The handover: generated, ticked item by item, refused when it would hurt (D7)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from gallerydesk import MINUTE, House, S, entry
from smallevent import Place

from orchestrator.bus.orders import Verb
from orchestrator.control.attention import Attention
from orchestrator.control.deskstate import DeskState, Seat
from orchestrator.control.gallery import Gallery
from orchestrator.control.handover import form, items, risks
from orchestrator.control.roles import Role
from orchestrator.control.rounds import Rounds
from orchestrator.control.seat import role_of
from orchestrator.rundown.resolved import Resolved


@pytest.fixture
def house(day: Resolved) -> House:
    house = House(day)
    house.n = next(s.start_n for s in day.slots if s.id == "case") + MINUTE
    return house


def told(house: House) -> dict[str, str]:
    return {item.id: item.text for item in items(house.sight(), house.incidents.open())}


def test_a_calm_desk_has_nothing_to_tick(house: House) -> None:
    house.look(5)
    assert told(house) == {}


def test_everything_that_is_not_as_the_file_says_is_an_item(house: House) -> None:
    house.order(Verb.TAKE, places={"main": "london.room"}, until="slot")
    house.order(Verb.GAIN, feed="london.headset", trim_db=4.5)
    house.order(Verb.QUARANTINE, feed="studio.main", on=True)
    house.order(Verb.LATCH, feed="london.headset", on=True)
    house.order(Verb.HIDE, site="idle-1")
    house.order(Verb.SKIP, slot="home", on=True)
    house.order(Verb.STAY, slot="case", on=True)
    house.order(Verb.NOT_READY, slot="on-idle-2", then="skip")
    house.state = DeskState.of(
        [
            entry(1, "output", house.n, output="youtube", on=True, backup=True),
            entry(2, "note", house.n, author="ana", text="the monitor hums"),
        ]
    )
    house.look(2)

    said = told(house)

    assert said["take"] == "TAKE by tom: london.room, until it is released"
    assert said["stay case"] == "STAY: case does not end by itself"
    assert said["trim london.headset"] == "london.headset is trimmed by +4.5 dB (the file says 0)"
    assert said["quarantine studio.main"] == "studio.main is quarantined"
    assert said["hide idle-1"] == "Clinic, Town is hidden"
    assert "stays until case ends" in said["latch london.headset"]
    assert said["skip home"] == "From home (home) does not play: skipped"
    assert said["output youtube"] == "output youtube goes to its backup address"
    assert said["not-ready on-idle-2"].endswith("then: skip")
    assert said["note 2"] == "ana: the monitor hums"


def test_an_override_says_when_it_ends_by_itself(house: House) -> None:
    house.order(Verb.END, slot="case", end_n=house.n + 10 * MINUTE)
    house.order(Verb.TAKE, places={"main": "london.room"}, until="slot")
    house.look(1)
    found = {item.id: item for item in items(house.sight(), ())}
    assert found["take"].until_n == house.n - S + 10 * MINUTE
    assert found["take"].text.endswith("until 12:31:00")
    assert found["end case"].until_n == found["take"].until_n


def test_open_incidents_are_items_and_notes_of_the_machine_are_not(house: House) -> None:
    house.kill(*house.feeds("london"))
    house.more["journal_damages"] = 1
    house.look(5)
    assert set(told(house)) == {"incident feeds.london"}


def test_notes_of_an_earlier_shift_are_not_handed_over_again(house: House) -> None:
    house.state = DeskState.of(
        [
            entry(1, "note", house.n, text="old"),
            entry(2, "handover", house.n, to="mei"),
            entry(3, "accept", house.n, author="mei", **{"from": "tom", "ticks": []}),
            entry(4, "note", house.n, text="new"),
        ]
    )
    assert told(house) == {"note 4": "tom: new"}


def test_the_form_has_on_air_the_next_three_risks_and_the_next_fixed_point(house: House) -> None:
    rounds = Rounds()
    house.more["loudness_lufs"] = dict.fromkeys(house.pages, -16.0)
    rounds.look(house.sight())
    made = json.loads(json.dumps(form(house.sight(), (), rounds.readiness)))

    assert made["on_air"]["slot"] == "case"
    assert made["on_air"]["places"] == {"main": "london.headset"}
    assert made["on_air"]["end"] is None  # nobody has decided it
    assert made["next_hard"]["slot"] == "minister"
    assert made["next_hard"]["clock"] == "13:05:00"
    assert [risk["slot"] for risk in made["risks"]] == ["home", "on-idle-1", "on-idle-2"]
    assert made["risks"][0]["why"] == "depends on guest.tess"
    assert made["risks"][1]["why"] == "live surgery, no standby declared"
    assert made["risks"][0]["clock"] == "14:00:00"


def test_what_pre_flight_found_is_a_risk_with_its_light(house: House) -> None:
    rounds = Rounds()
    house.kill("studio.main")
    rounds.look(house.sight())
    first = risks(house.sight(), rounds.readiness)[0]
    assert first["slot"] == "minister"
    assert first["why"] == "RED: studio.main: nothing arrives"


# at the desk


class Desk:
    def __init__(self, place: Place, day: Resolved) -> None:
        self.place = place
        self.n = day.start_n + MINUTE
        place.at(self.n)
        self.gallery = Gallery(place.live, place.state, place.clock)
        self.attention = Attention(self.gallery, place.live, place.state, place.clock, {})

    async def say(
        self, verb: str, who: str, *, role: Role = Role.OPERATOR, **args: Any
    ) -> dict[str, Any]:
        reason = args.pop("reason", "")
        request = {"verb": verb, "author": who, "reason": reason, "args": args}
        answer = await self.gallery.ask(request, role=role)
        self.pass_by(2)
        return answer

    def pass_by(self, seconds: int) -> None:
        self.n += seconds * S
        self.place.at(self.n)
        self.attention.tick()


@pytest.fixture
async def desk(place: Place) -> AsyncIterator[Desk]:
    place.prepare()
    desk = Desk(place, Resolved.from_json(place.live.snapshot.read_bytes()))
    yield desk
    await desk.attention.close()
    await desk.gallery.close()


def ticks(desk: Desk) -> list[str]:
    return [item["id"] for item in desk.attention.handover()["items"]]


async def test_the_taker_ticks_what_the_form_says_and_then_has_the_desk(desk: Desk) -> None:
    await desk.say("gain", "ana", feed="london.room", gain="3 dB")
    await desk.say("handover", "ana", to="tom")
    form = desk.attention.handover()
    assert (form["holder"], form["offered_to"]) == ("ana", "tom")
    assert "trim london.room" in ticks(desk)
    refused = await desk.say("accept", "tom", ticks=[])
    assert refused["code"] == "not-ticked"
    assert "trimmed by +3 dB" in refused["why"]

    answer = await desk.say("accept", "tom", ticks=ticks(desk))

    assert answer["ok"], answer
    assert desk.gallery.state.seat.holder == "tom"
    assert desk.attention.handover()["holder"] == "tom"


async def test_who_is_offered_the_desk_may_refuse_it_and_who_has_it_is_told(desk: Desk) -> None:
    gallery = desk.gallery
    assert (await desk.say("refuse", "tom"))["code"] == "not-offered"
    await desk.say("handover", "ana", to="tom")
    assert [(one.to, one.text) for one in gallery.state.notices] == [
        ("tom", "ana offers you the desk: the form is on screen 8")
    ]
    assert "offered to tom" in (await desk.say("refuse", "pat"))["why"]

    answer = await desk.say("refuse", "tom", reason="I am alone with the sound")

    assert answer["text"].startswith("REFUSE: the desk stays ana's")
    seat = gallery.state.seat
    assert (seat.holder, seat.offered_to) == ("ana", "")
    assert gallery.state.notices[-1].to == "ana"
    assert "tom does not take the desk: I am alone" in gallery.state.notices[-1].text
    written = gallery.journal.entries[-1]
    assert (written.verb, written.author, written.reason) == (
        "refuse", "tom", "I am alone with the sound",
    )  # fmt: skip
    assert gallery.role_of("ana", Role.OPERATOR) is Role.OPERATOR
    assert (await desk.say("accept", "tom", ticks=ticks(desk)))["code"] == "not-offered"
    assert DeskState.of(gallery.journal.entries).seat == seat


async def test_who_was_relieved_may_still_refuse_what_is_offered_back(desk: Desk) -> None:
    await desk.say("handover", "ana", to="tom")
    assert (await desk.say("accept", "tom", ticks=ticks(desk)))["ok"]
    desk.pass_by(600)
    await desk.say("handover", "tom", to="ana")
    assert (await desk.say("refuse", "ana"))["ok"]
    assert desk.gallery.state.seat.holder == "tom"


async def test_who_has_handed_over_may_only_look_after_ten_minutes(desk: Desk) -> None:
    await desk.say("handover", "ana", to="tom")
    assert (await desk.say("accept", "tom", ticks=ticks(desk)))["ok"]
    assert (await desk.say("note", "ana", text="one more thing"))["ok"]

    desk.pass_by(600)

    assert desk.gallery.role_of("ana", Role.OPERATOR) is Role.VIEWER
    assert desk.gallery.role_of("tom", Role.OPERATOR) is Role.OPERATOR
    refused = await desk.say("take", "ana", source="london.room")
    assert refused["code"] == "relieved"
    assert "the desk has been tom's" in refused["why"]
    assert (await desk.say("note", "tom", text="mine"))["ok"]
    assert (await desk.say("note", "ana", role=Role.PRODUCER, text="producers may"))["ok"]
    await desk.say("handover", "tom", to="ana")
    assert (await desk.say("accept", "ana", ticks=ticks(desk)))["ok"]
    assert (await desk.say("take", "ana", source="london.room"))["ok"]


def test_the_role_of_who_was_relieved_is_a_viewers() -> None:
    seat = Seat("tom", relieved={"ana": 1000})
    assert role_of("ana", Role.OPERATOR, seat, 1000 + 600 * S - 1, 30) is Role.OPERATOR
    assert role_of("ana", Role.OPERATOR, seat, 1000 + 600 * S, 30) is Role.VIEWER
    assert role_of("ana", Role.SAFETY, seat, 10**6, 30) is Role.SAFETY
    assert role_of("tom", Role.OPERATOR, seat, 10**6, 30) is Role.OPERATOR


async def test_nobody_hands_over_while_a_take_is_being_made(desk: Desk) -> None:
    take = {"source": "london.room", "transition": "mix 5s"}
    assert (await desk.say("take", "ana", **take))["ok"]
    refused = await desk.say("handover", "ana", to="tom")
    assert (refused["code"], "a TAKE is being made" in refused["why"]) == ("not-now", True)
    desk.pass_by(5)
    assert (await desk.say("handover", "ana", to="tom"))["ok"]


async def test_nobody_hands_over_while_somebody_else_has_the_picture(desk: Desk) -> None:
    await desk.say("lock", "pat", area="picture")
    refused = await desk.say("handover", "ana", to="tom")
    assert "the picture is pat's" in refused["why"]
    await desk.say("unlock", "pat", area="picture")
    assert (await desk.say("handover", "ana", to="tom"))["ok"]


async def test_nobody_hands_over_during_privacy(desk: Desk) -> None:
    gallery = desk.gallery
    held = entry(99, "privacy", desk.n)
    gallery.state = replace(gallery.state, safety=DeskState.of([held]).safety)
    refused = await desk.say("handover", "ana", to="tom")
    assert "PRIVACY is in force" in refused["why"]


async def test_a_producer_takes_a_vanished_operators_desk_with_a_reason(desk: Desk) -> None:
    await desk.say("handover", "ana", to="tom")
    await desk.say("accept", "tom", ticks=ticks(desk))
    taking = {"ticks": ticks(desk), "role": Role.PRODUCER}
    assert (await desk.say("accept", "pat", **taking))["code"] == "not-offered"
    assert (await desk.say("accept", "pat", reason="tom is ill", **taking))["ok"]
    assert desk.gallery.state.seat.holder == "pat"
    assert desk.gallery.state.seat.relieved.keys() == {"ana", "tom"}
