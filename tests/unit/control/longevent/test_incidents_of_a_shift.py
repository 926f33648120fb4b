"""Incidents of a shift but for feeds: sites, guests, anchors, PRIVACY, platforms, sound."""

from __future__ import annotations

from typing import Any

import pytest
from gallerydesk import MINUTE, House, S, at, entry, words

from orchestrator.bus.orders import Verb
from orchestrator.control.deskstate import DeskState
from orchestrator.control.incidents import Grade
from orchestrator.control.loudness import Loudness
from orchestrator.control.words import WORDS


def test_a_late_surgeon_counts_down_to_the_standby(house: House) -> None:
    at(house, "case", -8 * MINUTE)
    house.look(5)
    assert house.card("ready.case").grade is Grade.SOON
    at(house, "case", -S)
    house.order(Verb.NOT_READY, slot="case")
    house.look(2)

    card = house.card("ready.case")

    assert card.grade is Grade.NOW
    assert card.what == "Thamesside, London is not ready for A case"
    assert card.if_nothing == "what is on goes on until 12:23:00, then A film plays instead"
    assert words(card.actions) == ["ready", "not-ready", "not-ready"]
    assert (card.until_n or 0) - house.n == 3 * MINUTE - S
    house.order(Verb.READY, slot="case")
    house.look(12)
    assert "ready.case" not in house.cards()


def test_a_site_that_becomes_ready_behind_its_standby_may_join(house: House) -> None:
    at(house, "case", -S)
    house.order(Verb.NOT_READY, slot="case", then="standby", wait=0)
    house.look(30)
    assert words(house.card("join.case").actions) == ["ready"]  # they may say so by telephone
    house.order(Verb.READY, slot="case")
    house.look(3)
    card = house.card("join.case")
    assert [(a.word, a.args) for a in card.actions] == [("ready", {"slot": "case", "join": True})]


def test_a_hard_anchor_against_a_slot_without_an_end_is_said_at_5_min_1_min_and_when_overdue(
    house: House,
) -> None:
    at(house, "minister", -6 * MINUTE)
    house.look(5)
    assert house.cards() == []

    at(house, "minister", -5 * MINUTE)
    house.look(2)
    assert house.card("anchor.minister").grade is Grade.SOON
    at(house, "minister", -MINUTE)
    house.look(2)
    assert house.card("anchor.minister").grade is Grade.NOW
    at(house, "minister", 90 * S)
    house.look(1)

    card = house.card("anchor.minister")
    assert card.what == "The minister is OVERDUE by 1:31: A case is still on"
    assert words(card.actions) == ["next"]
    show = house.sight().show
    assert show.slot_at(house.n).id == "case"  # a surgery is never cut by the clock

    house.order(Verb.NEXT, slot="case")
    house.look(12)

    assert "anchor.minister" not in house.cards()
    minister = house.sight().show.slot_at(house.n)
    planned_n = next(s.start_n for s in house.day.slots if s.id == "minister")
    assert (minister.id, minister.origin_n) == ("minister", planned_n)


def test_an_absent_guest_is_a_no_go_from_ten_minutes_before(house: House) -> None:
    at(house, "home", -11 * MINUTE)
    house.look(3)
    assert house.cards() == []
    at(house, "home", -10 * MINUTE)
    house.look(4)
    card = house.card("guest.home.tess")
    assert card.what == "NO-GO: Tess Rao is not connected for From home"
    assert card.grade is Grade.SOON


def test_privacy_guides_back_step_by_step(house: House) -> None:
    at(house, "case")
    house.order(Verb.PRIVACY, site="london")
    house.state = DeskState.of([entry(1, "privacy", house.n, site="london")])
    house.facts["gate"]["quarantined"] = ["london"]
    house.look(1)

    card = house.card("privacy.london")

    assert card.grade is Grade.NOW
    assert card.what == "PRIVACY Thamesside, London by tom: nothing of the last 20 s was public"
    assert words(card.actions) == ["safe", "note", "restore-ask"]
    assert [step.is_done for step in card.steps] == [False, False, False, False]
    house.order(Verb.SAFE)
    house.state = house.state.after(entry(2, "note", house.n, text="told the clinic"))
    house.look(20)
    steps = house.card("privacy.london").steps
    assert [step.is_done for step in steps] == [True, True, True, False]
    assert "feeds.london" not in house.cards()

    house.order(Verb.RESTORE, site="london")
    house.facts["gate"]["quarantined"] = []
    house.look(12)
    assert house.cards() == []


def test_what_was_public_and_has_been_taken_back_is_told_in_seconds(house: House) -> None:
    act = entry(1, "privacy", house.n, site="london", redacted=[100, 103])
    house.state = DeskState.of([act])
    house.order(Verb.PRIVACY, site="london")
    house.look(1)
    assert "2.1 s that were public have been taken back" in house.card("privacy.london").what


def test_a_platform_that_takes_nothing_is_one_card_and_the_others_are_named_well(
    house: House,
) -> None:
    push = house.facts["push.youtube"]
    house.look(5)
    for state in ("sending", "stalled", "backoff", "connecting", "backoff", "stalled") * 10:
        push |= {"state": state, "stalled_s": 12.0 if state == "stalled" else 0.0, "failures": 3}
        house.look(1)

    assert house.opened() == ["push.youtube"]
    push |= {"state": "stalled", "stalled_s": 12.0}
    house.look(1)
    card = house.card("push.youtube")
    assert card.what == ("youtube accepts, but no byte has moved for 12 s; our own HLS plays")
    assert [(a.word, dict(a.args)) for a in card.actions] == [
        ("output", {"output": "youtube", "backup": True}),
        ("output", {"output": "youtube", "on": False}),
    ]
    assert "youtube" in card.note


def test_a_push_whose_process_says_nothing_is_told_too(house: House) -> None:
    house.look(5)
    assert house.cards() == []
    house.hushed.add("push.youtube")
    house.look(30)
    assert "its process says nothing" in house.card("push.youtube").what


def test_a_feed_too_quiet_before_air_says_by_how_much_and_offers_match(house: House) -> None:
    house.more["loudness_lufs"] = {"london.headset": -31.0, "idle-1.headset": -50.0}
    house.look(12)
    card = house.card("sound.london.headset")
    assert "15 dB too quiet (-31 LUFS)" in card.what
    assert words(card.actions) == ["match", "message"]
    assert house.cards() == ["sound.london.headset"]
    house.order(Verb.GAIN, feed="london.headset", trim_db=11.0)
    house.look(12)
    assert house.cards() == []


def test_loudness_is_of_those_who_speak_not_of_their_pauses() -> None:
    loudness = Loudness()
    for second in range(60):
        loudness.hear({"a": -30.0 if second % 3 else -58.0, "b": None, "c": -16.0})
    assert loudness.all["a"] == pytest.approx(-30.0, abs=0.2)
    assert loudness.all["c"] == -16.0
    loudness.hear({"c": None})
    assert "b" not in loudness.all
    assert "c" not in loudness.all


def test_a_quiet_programme_and_a_silent_one_are_told_apart(house: House) -> None:
    house.facts["programme"]["loudness"]["short_term_lufs"] = -29.0
    house.look(12)
    assert house.card("programme.sound").what == "the programme is 13 dB too quiet (-29 LUFS)"
    assert words(house.card("programme.sound").actions) == ["match"]
    house.facts["programme"]["loudness"]["short_term_lufs"] = None
    house.look(20)
    assert house.card("programme.sound").grade is Grade.NOW


@pytest.mark.parametrize(
    ("change", "cause", "grade"),
    [
        ({"journal_trouble": "the journal (Redis) does not answer"}, "journal", Grade.NOW),
        ({"journal_damages": 1}, "journal.damaged", Grade.NOTE),
        ({"disk_free_bytes": 1 << 30}, "disk", Grade.SOON),
        ({"new_day": {"digest": "ab", "conflicts": ["x"]}}, "file", Grade.NOTE),
    ],
)
def test_what_is_wrong_with_ourselves_is_a_card_too(
    house: House, change: dict[str, Any], cause: str, grade: Grade
) -> None:
    house.more |= change
    house.look(12)
    assert house.cards() == [cause]
    assert house.card(cause).grade is grade


def test_a_process_that_is_down_is_a_card_but_a_restart_is_not(house: House) -> None:
    child = {"pid": 0, "up_s": 0.0, "restarts": 1}
    house.facts["supervisor"] = {"children": {"programme": child, "feed.london.room": dict(child)}}
    house.look(2)
    child |= {"pid": 7, "up_s": 1.0}
    house.look(20)
    assert house.cards() == []
    child |= {"pid": 0}
    house.look(6)
    assert house.cards() == ["process.programme"]
    assert house.card("process.programme").grade is Grade.NOW


def test_a_slate_that_nobody_asked_for_is_told(house: House) -> None:
    house.facts["gate"]["on_slate"] = ["180p"]
    house.look(4)
    assert house.cards() == ["slate"]
    house.facts["gate"]["blank"] = True
    house.look(12)
    assert house.cards() == ["blank"]


def test_a_slate_for_those_who_may_not_see_the_slot_is_no_incident(house: House) -> None:
    house.facts["gate"] |= {"on_slate": ["180p", "a"], "slate_why": "audience"}
    house.look(20)
    assert house.cards() == []
    house.facts["gate"] |= {"on_slate": ["clean"], "slate_why": ""}
    house.look(12)
    assert house.card("clean").grade is Grade.SOON


def test_a_message_from_a_site_waits_to_be_read(house: House) -> None:
    told = entry(4, "message", house.n, site="london", text="two minutes", from_site=True)
    house.state = house.state.after(told)
    house.look(1)
    assert house.card("message.4").what == "Thamesside, London writes: two minutes"
    house.state = house.state.after(entry(5, "read", house.n, message=4))
    house.look(12)
    assert house.cards() == []


def test_every_action_of_every_card_is_a_word_with_its_own_fields(house: House) -> None:
    """Whatever can be wrong is wrong at once, in three places of the day."""
    house.facts["gate"] |= {"blank": True, "quarantined": ["london"], "hidden": ["studio"]}
    house.facts["push.youtube"] |= {"state": "refused", "reason": "401"}
    house.facts["programme"]["loudness"]["short_term_lufs"] = -40.0
    house.more |= {"new_day": {"digest": "ab"}, "loudness_lufs": {"london.room": -40.0}}
    told = entry(4, "message", house.n, site="london", text="hello", from_site=True)
    house.state = house.state.after(told)
    for slot, plus in (("case", -MINUTE), ("case", MINUTE), ("minister", MINUTE), ("home", -S)):
        at(house, slot, plus)
        house.kill(*house.feeds("london", "studio") if plus > 0 else ())
        house.look(30)
    seen = [one.incident.finding for one in house.news]
    assert len({finding.cause for finding in seen}) > 8
    for finding in seen:
        assert len(finding.actions) <= 3
        assert finding.if_nothing
        for action in finding.actions:
            fields = {field.name for field in WORDS[action.word].fields}
            assert set(action.args) <= fields, (finding.cause, action)
