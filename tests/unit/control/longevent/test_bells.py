"""Bells: each stage of a slot once, whatever the slot does (D12), by the house clock."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from gallerydesk import GRID, MINUTE, House, S
from hypothesis import given, settings
from hypothesis import strategies as st
from smallevent import Place

from orchestrator.bus.lines import read_lines
from orchestrator.bus.orders import Order, Verb
from orchestrator.control.attention import Attention
from orchestrator.control.belfry import Belfry
from orchestrator.control.bells import Bell, Key, bells, due
from orchestrator.control.gallery import Gallery
from orchestrator.control.incidents import Grade
from orchestrator.control.preflight import Light, check
from orchestrator.control.rounds import Rounds
from orchestrator.rundown.consent import troubles, unproved
from orchestrator.rundown.resolved import Resolved, Shift
from orchestrator.rundown.show import Show
from orchestrator.timing import ManualClock


def start_of(day: Resolved, slot: str) -> int:
    return next(s.start_n for s in day.slots if s.id == slot)


def preflights(found: list[Bell]) -> list[tuple[str, int]]:
    return [(bell.about, bell.stage) for bell in found if bell.kind == "preflight"]


def test_every_slot_to_come_has_four_stages(day: Resolved) -> None:
    n = day.start_n - 2 * 60 * MINUTE
    of_case = [bell for bell in bells(Show(day), n) if bell.about == "case"]
    at = start_of(day, "case")
    assert [(bell.stage, at - bell.n) for bell in of_case] == [
        (minutes, minutes * MINUTE) for minutes in (60, 30, 10, 2)
    ]


def test_a_bell_that_has_rung_does_not_ring_again_when_its_slot_moves(day: Resolved) -> None:
    n = start_of(day, "case") - 10 * MINUTE
    rung: set[Key] = set()
    first = due(Show(day), n, rung)
    assert ("case", 10) in preflights(first)
    rung |= {bell.key for bell in first}

    later = Order(1, Verb.EXTEND, n, args={"slot": "opening", "end_n": n + 25 * MINUTE})
    show = Show(day, [later])

    assert ("case", 10) not in preflights(due(show, n + 15 * MINUTE, rung))
    assert ("case", 2) in preflights(due(show, n + 24 * MINUTE, rung))


def test_a_slot_pulled_earlier_runs_its_missed_checks_at_once_as_one(house: House) -> None:
    rounds = Rounds()
    case_n = start_of(house.day, "case")
    house.n = case_n - 19 * MINUTE
    rounds.ring(house.sight())

    house.order(Verb.EXTEND, slot="opening", end_n=house.n + MINUTE)
    rung = [one for one in rounds.ring(house.sight()) if one.about == "case"]

    assert [one.stages for one in rung] == [(10, 2)]
    assert rung[0].text.startswith("T-2 min: ")
    assert not [one for one in rounds.ring(house.sight()) if one.about == "case"]


def test_a_restart_rings_nothing_twice(house: House) -> None:
    rounds = Rounds()
    first = rounds.ring(house.sight())
    assert first
    lines = [{"kind": "bell"} | one.record() for one in first]
    assert Rounds(lines).ring(house.sight()) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 300), st.sampled_from(["later", "sooner", "next", ""]))))
def test_whatever_the_plan_does_no_bell_rings_twice_and_none_is_missed(
    day: Resolved, steps: list[tuple[int, str]]
) -> None:
    n, orders, rounds = day.start_n, [], Rounds()
    heard: list[tuple[str, str, int]] = []
    house = House(day)
    for seconds, what in steps:
        n += seconds * S
        run = Show(day, orders).slot_at(n)
        if what == "next":
            orders.append(Order(len(orders) + 1, Verb.NEXT, n, args={"slot": run.id}))
        elif what:
            end_n = max(n + 1, run.end_n + (5 * MINUTE if what == "later" else -5 * MINUTE))
            args = {"slot": run.id, "end_n": end_n}
            orders.append(Order(len(orders) + 1, Verb.EXTEND, n, args=args))
        house.n, house.orders = n, orders
        sight = house.sight()
        heard += [(r.kind, r.about, stage) for r in rounds.ring(sight) for stage in r.stages]
        for slot in sight.coming:
            if slot.stands_for is None and slot.start_n - n <= 2 * MINUTE:
                assert {("preflight", slot.id, stage) for stage in (60, 30, 10, 2)} <= set(heard)
    assert len(heard) == len(set(heard))


# what a bell checks


def test_a_slot_that_has_everything_is_ready(house: House) -> None:
    case = next(slot for slot in house.sight().coming if slot.id == "case")
    house.order(Verb.READY, slot="case")
    house.more["loudness_lufs"] = dict.fromkeys(house.pages, -16.0)
    assert check(house.sight(), case).view() == {"state": "READY", "why": [], "standby": "film"}


def broken(house: House, change: str) -> None:
    page = house.pages["london.headset"]
    match change:
        case "feed":
            house.kill("london.headset")
        case "both":
            house.kill("london.headset", "london.room")
        case "room":
            house.kill("london.room")
        case "young":
            house.judged["london.headset"]["since_n"] = house.n - 20 * S
        case "fps":
            page["fps"] = 14.9
        case "codec":
            house.facts["feed.london.headset"] = {"codec": "mjpeg"}
        case "quiet":
            house.more["loudness_lufs"] = {"london.headset": -31.0}
        case "unheard":
            house.more["loudness_lufs"] = {}
        case "sync":
            page["offset_us"] = 240_000
        case "sound late":
            house.more["sound_offset_ms"] = {"london.headset": 90}
        case "sound early":
            house.more["sound_offset_ms"] = {"london.headset": -45}
        case "unproved":
            house.more["unproved"] = {"case": "there is no record of consent C-1 in consent.yaml"}
        case "consent":
            house.more["consent"] = {"case": "case: consent C-1 was withdrawn."}


@pytest.mark.parametrize(
    ("change", "light", "text"),
    [
        ("feed", Light.AMBER, "london.headset: nothing arrives"),
        ("both", Light.RED, "london.headset: nothing arrives"),
        ("room", Light.AMBER, "no stand-in for london.headset is ready"),
        ("young", Light.AMBER, "london.headset has been good for 20 s only"),
        ("fps", Light.AMBER, "london.headset sends 14.9 pictures a second only"),
        ("codec", Light.AMBER, "london.headset is mjpeg: better send H.264"),
        ("quiet", Light.AMBER, "london.headset is 15 dB too quiet"),
        ("unheard", Light.AMBER, "nothing has been heard of london.headset yet"),
        ("sync", Light.AMBER, "london.headset arrives 240 ms off"),
        (
            "sound late",
            Light.AMBER,
            "the sound of london.headset is 90 ms late: av_offset 90 ms puts it right",
        ),
        (
            "sound early",
            Light.AMBER,
            "the sound of london.headset is 45 ms early: av_offset -45 ms puts it right",
        ),
        ("unproved", Light.AMBER, "there is no record of consent C-1 in consent.yaml"),
        ("consent", Light.RED, "case: consent C-1 was withdrawn."),
    ],
)
def test_pre_flight_says_what_is_not_ready(
    house: House, change: str, light: Light, text: str
) -> None:
    house.order(Verb.READY, slot="case")
    house.more["loudness_lufs"] = {"london.headset": -16.0}
    house.day = replace(house.day)
    broken(house, change)
    case = next(slot for slot in house.sight().coming if slot.id == "case")
    case = replace(
        case,
        plan=replace(
            case.plan, checks=("feed", "sound", "sync", "fallback", "consent", "site-ready")
        ),
    )

    readiness = check(house.sight(), case)

    assert text in readiness.view()["why"]
    assert readiness.light is light


def test_a_site_that_has_not_said_ready_is_amber_and_red_at_the_last_call(house: House) -> None:
    case = next(slot for slot in house.sight().coming if slot.id == "case")
    case = replace(case, plan=replace(case.plan, checks=("site-ready",)))
    assert check(house.sight(), case).light is Light.AMBER
    house.n = case.start_n - MINUTE
    assert check(house.sight(), case).light is Light.RED


def test_what_no_other_card_tells_is_a_card_of_its_own(house: House) -> None:
    rounds = Rounds()
    house.more["consent"] = {"case": "case: consent C-1 was withdrawn."}
    house.more["loudness_lufs"] = {"london.headset": -16.0}
    house.order(Verb.READY, slot="case")
    rounds.look(house.sight())
    (finding,) = rounds.findings(house.sight())
    assert finding.cause == "preflight.case"
    assert finding.grade is Grade.SOON
    assert finding.actions[0].args == {"slot": "case", "wait": "0s", "then": "standby"}


def test_consent_withdrawn_while_the_event_runs_is_seen(day: Resolved, tmp_path: Path) -> None:
    path = tmp_path / "consent.yaml"
    on = GRID.utc(day.start_n).date()
    assert troubles(day, path, on) == {}
    path.write_text("C-1: {scopes: [open], withdrawn: 2026-10-01}\n")
    assert troubles(day, path, on)["case"] == "case: consent C-1 was withdrawn."
    path.write_text("C-1: {scopes: [open], expires: 2026-10-01}\n")
    assert "expired on 2026-10-01" in troubles(day, path, on)["case"]
    path.write_text("C-1: {scopes: [open]}\n")
    assert troubles(day, path, on) == {}
    path.write_text("- nonsense\n")
    assert troubles(day, path, on) == {}


def test_a_consent_that_nobody_has_written_down_is_said(day: Resolved, tmp_path: Path) -> None:
    path = tmp_path / "consent.yaml"
    assert unproved(day, path)["case"] == "consent C-1 is not checked: there is no consent.yaml"
    assert "opening" not in unproved(day, path)
    path.write_text("C-2: {scopes: [open]}\n")
    assert unproved(day, path)["case"] == "there is no record of consent C-1 in consent.yaml"
    path.write_text("C-1: {scopes: [open]}\n")
    assert unproved(day, path) == {}


def test_the_next_shift_is_told_and_the_form_is_offered(house: House) -> None:
    middle_n = house.day.start_n + 30 * MINUTE
    shifts = (
        Shift(house.day.start_n, middle_n, "ana"),
        Shift(middle_n, house.day.end_n, "tom"),
    )
    house.day = replace(house.day, shifts=shifts)
    seat = replace(house.state.seat, holder="ana")
    house.state = replace(house.state, seat=seat)
    rounds = Rounds()
    house.n = middle_n - 16 * MINUTE
    rounds.ring(house.sight())
    assert not [f for f in rounds.findings(house.sight()) if f.cause == "handover.tom"]

    house.n = middle_n - 15 * MINUTE
    rung = [one for one in rounds.ring(house.sight()) if one.kind == "handover"]

    assert [one.text for one in rung] == ["tom takes the desk in 15 min"]
    (card,) = [f for f in rounds.findings(house.sight()) if f.cause == "handover.tom"]
    assert (card.actions[0].word, card.actions[0].args) == ("handover", {"to": "tom"})
    house.state = replace(house.state, seat=replace(seat, holder="tom"))
    assert [f for f in rounds.findings(house.sight()) if f.cause == "handover.tom"] == []


def test_the_disk_is_looked_at_every_ten_minutes_and_extrapolated(house: House) -> None:
    rounds = Rounds()
    for minutes, free_gb in ((0, 100), (10, 90), (20, 80)):
        house.n = house.day.start_n + minutes * MINUTE
        house.more["disk_free_bytes"] = free_gb << 30
        rung = [one for one in rounds.ring(house.sight()) if one.kind == "disk"]
        assert [one.text for one in rung] == [f"{free_gb}.0 GB free"]
    (card,) = [f for f in rounds.findings(house.sight()) if f.cause == "disk.full"]
    assert card.what == "the disk is full in 1 h 20, before the event is over"


# the scheduler


class Heard:
    def __init__(self) -> None:
        self.rang = asyncio.Event()
        self.thread: threading.Thread | None = None

    def __call__(self) -> None:
        self.thread = threading.current_thread()
        self.rang.set()


@pytest.fixture
async def belfry(day: Resolved) -> AsyncIterator[tuple[Belfry, Heard, ManualClock]]:
    """A house clock that stands far away from the wall's."""
    heard, clock = Heard(), ManualClock(GRID.instant_ns(day.start_n))
    belfry = Belfry(heard, clock, GRID)
    belfry.start()
    yield belfry, heard, clock
    belfry.close()


async def test_a_bell_rings_by_the_house_clock_however_far_the_wall_clock_is_off(
    belfry: tuple[Belfry, Heard, ManualClock], day: Resolved
) -> None:
    tower, heard, _ = belfry
    tower.hang([Bell("preflight", "case", 2, day.start_n + 6, day.end_n)])
    async with asyncio.timeout(10):
        await heard.rang.wait()
    assert heard.thread is threading.current_thread()  # nothing that it touches has a lock


async def test_bells_of_a_plan_that_has_changed_are_taken_down(
    belfry: tuple[Belfry, Heard, ManualClock], day: Resolved
) -> None:
    tower, _, _ = belfry
    soon = Bell("preflight", "case", 10, day.start_n + MINUTE, day.end_n)
    far = Bell("preflight", "later", 10, day.start_n + 200 * MINUTE, day.end_n)
    tower.hang([soon, far])
    assert tower.hangs() == {"preflight case 10": soon.n}
    moved = replace(soon, n=soon.n + MINUTE)
    tower.hang([moved])
    assert tower.hangs() == {"preflight case 10": moved.n}
    tower.hang([])
    assert tower.hangs() == {}


# in the gallery


async def test_a_reflow_hangs_the_bells_anew_and_rings_what_it_missed(
    place: Place, day: Resolved
) -> None:
    small = Resolved.from_json(_prepared(place).snapshot.read_bytes())
    gallery = Gallery(place.live, place.state, place.clock)
    attention = Attention(gallery, place.live, place.state, place.clock, {})
    place.at(small.start_n + S)
    attention.tick()
    before = bell_lines(place, attention)
    assert ("case", [60, 30, 10]) in before
    assert ("case", [2]) not in before

    shorten = {"verb": "shorten", "author": "tom", "args": {"by": "4m"}}
    assert (await gallery.ask(shorten))["ok"]
    attention.tick()  # the order holds three frames from now
    place.at(small.start_n + 2 * S)
    attention.tick()

    assert ("case", [2]) in bell_lines(place, attention)
    await attention.close()
    await gallery.close()

    again = Gallery(place.live, place.state, place.clock)
    restarted = Attention(again, place.live, place.state, place.clock, {})
    restarted.tick()
    rung = bell_lines(place, restarted)
    assert rung.count(("case", [2])) == 1
    await restarted.close()
    await again.close()


def _prepared(place: Place) -> Any:
    place.prepare()
    return place.live


def bell_lines(place: Place, attention: Attention) -> list[tuple[str, list[int]]]:
    attention.diary.flush()
    return [
        (line["about"], line["stages"])
        for line in read_lines(place.state.diary)
        if line["kind"] == "bell"
    ]


def kept(house: House, *removed: str, size_gb: int = 0) -> None:
    house.facts["recorder"] = {
        "recordings": {
            "closed": 12, "bytes": 4 << 30, "keep_s": 30 * 86400.0,
            "removed": len(removed), "removed_bytes": size_gb << 30, "removed_last": [*removed],
        },
        "dvr": {"length_s": 4800.0, "bytes": 2 << 30},
    }  # fmt: skip


def retention(house: House, rounds: Rounds) -> str:
    house.n += 60 * MINUTE
    (rung,) = (one for one in rounds.ring(house.sight()) if one.kind == "retention")
    return rung.text


def test_the_retention_bell_tells_what_was_deleted_since_it_rang_last(house: House) -> None:
    rounds = Rounds()
    kept(house)
    assert retention(house, rounds) == (
        "nothing had to be deleted; kept: 12 (4.0 GB), for 30 days each; DVR: 1 h 20 (2.0 GB)"
    )
    kept(house, "a", "b", size_gb=3)
    assert retention(house, rounds).startswith("deleted 2 recordings (3.0 GB): a, b; kept: 12")
    kept(house, "a", "b", "c", size_gb=4)
    assert retention(house, rounds).startswith("deleted 1 recording (1.0 GB): c; ")
    kept(house, "d", size_gb=1)  # the recorder was killed and counts anew
    assert retention(house, rounds).startswith("deleted 1 recording (1.0 GB): d; ")


def old(house: House, rounds: Rounds) -> list[Any]:
    return [card for card in rounds.findings(house.sight()) if card.cause == "retention"]


def test_what_should_have_been_deleted_and_is_still_there_has_a_card(house: House) -> None:
    rounds = Rounds()
    kept(house)
    house.more["outdated"] = {"old.mp4": 1 << 30, "older.mp4": 1 << 30}
    assert old(house, rounds) == []  # the recorder has a minute

    text = retention(house, rounds)

    assert "2 files of recordings (2.0 GB) are older than they may get" in text
    (card,) = old(house, rounds)
    assert "old.mp4, older.mp4" in card.what
    assert card.if_nothing == "the recorder deletes them as soon as the disk lets it"
    del house.facts["recorder"]
    (card,) = old(house, rounds)
    assert "delete them by hand" in card.if_nothing
    house.more["outdated"] = {}
    assert old(house, rounds) == []
