"""A site sees itself, and nothing of anybody else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from gallerydesk import day_of

from orchestrator.bus.orders import Order, Verb
from orchestrator.control.chain import Entry
from orchestrator.control.deskfeeds import SENTENCES, plain_words
from orchestrator.control.deskstate import DeskState
from orchestrator.control.deskview import Watched, desk_view
from orchestrator.control.siteview import site_view
from orchestrator.rundown.plan import Person
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show

MINUTE = 30 * 60
LIVE = {"state": "live", "hot": 1, "level_db": -22.5, "lufs": -21.0}


def watched(day: Resolved, minutes: float, *orders: Order, **more: Any) -> Watched:
    n = day.start_n + round(minutes * MINUTE)
    return Watched(Show(day, orders), n, now_ns=0, **more)


def message(seq: int, site: str, text: str, **more: Any) -> Entry:
    args = {"site": site, "text": text} | more
    return Entry(
        seq=seq, verb="message", n=0, at="2026-10-24T10:00:00+00:00", author="tom",
        cause="operator", reason="", args=args, prev="", hash="",
    )  # fmt: skip


def test_a_site_sees_its_tally_its_countdown_and_what_arrives_from_it(day: Resolved) -> None:
    view = site_view(watched(day, 1, pages={"london.headset": LIVE}), "london")

    assert view["tally"] == ""
    assert view["on"] is None
    assert (view["next"]["id"], view["next"]["in_s"]) == ("case", 240)
    assert [feed["told"] for feed in view["feeds"]] == [
        "we see and hear you well", "we know nothing of you just now",
    ]  # fmt: skip

    on = site_view(watched(day, 6), "london")
    assert on["tally"] == "air"
    assert on["on"]["id"] == "case"
    assert on["on"]["left_s"] is None  # a surgery ends when somebody says so


def test_a_site_sees_nothing_of_another(day: Resolved) -> None:
    secret = [message(1, "studio", "the minister is late"), message(2, "london", "louder please")]
    seen = watched(day, 1, state=DeskState.of(secret), incidents=[{"id": "x", "what": "studio"}])

    view = site_view(seen, "london")

    text = json.dumps(view)
    assert "studio" not in text
    assert "minister" not in text
    assert [one["text"] for one in view["messages"]] == ["louder please"]


@pytest.mark.parametrize("fact", ["hidden", "quarantined"])
def test_a_site_is_told_that_it_is_out(day: Resolved, fact: str) -> None:
    seen = watched(day, 6, pages={"london.headset": LIVE})
    assert site_view(seen, "london")[fact] is False
    out = replace(seen, facts={"gate": {fact: ["london"]}})
    assert site_view(out, "london")[fact] is True


@pytest.mark.parametrize(
    ("spoken", "slot", "language", "title"),
    [
        ((), "en", "en", "A case"),
        ((), "fr", "fr", "Un cas"),
        (("pt", "en"), "en", "pt", "A case"),
        (("fr",), "es", "fr", "Un cas"),
    ],
)
def test_a_site_reads_what_its_people_speak_else_what_is_spoken_in_its_slots(
    day: Resolved, spoken: tuple[str, ...], slot: str, language: str, title: str
) -> None:
    surgeon = Person("s", "Dr S", languages=spoken, site="london")
    slots = tuple(
        replace(one, plan=replace(one.plan, language=slot, title={"en": "A case", "fr": "Un cas"}))
        if one.plan.site == "london"
        else one
        for one in day.slots
    )
    theirs = replace(day, people={"s": surgeon}, slots=slots)

    view = site_view(watched(theirs, 1), "london")

    assert (view["language"], view["next"]["title"]) == (language, title)
    later = site_view(watched(theirs, 38), "london")
    assert later["language"] == language  # also when nothing of theirs is to come


def test_ready_is_shown_back_to_who_said_it(day: Resolved) -> None:
    ready = Order(2, Verb.READY, day.start_n, args={"slot": "case"})
    assert "ready" in site_view(watched(day, 1, ready), "london")["next"]["state"]


def test_while_its_standby_is_on_a_site_is_asked_for_ready_and_may_take_it_back(
    tmp_path: Path,
) -> None:
    long = day_of(tmp_path)
    case = next(slot for slot in long.slots if slot.id == "case")
    late = Order(2, Verb.NOT_READY, case.start_n - 600, args={"slot": "case"})
    on_n = case.start_n + 4 * MINUTE  # it was waited for three minutes

    def seen(*more: Order) -> dict[str, Any]:
        return site_view(Watched(Show(long, (late, *more)), on_n, now_ns=0), "london")

    left_s = (case.end_n - on_n) / 30  # it has what is left of the slot's time
    assert seen()["stood_in"] == {
        "id": "case", "title": "A case", "ready": False, "left_s": left_s,
    }  # fmt: skip
    assert seen()["on"] is None
    ready = Order(3, Verb.READY, on_n - 60, args={"slot": "case", "by": "site"})
    assert seen(ready)["stood_in"]["ready"] is True
    after_all = Order(4, Verb.NOT_READY, on_n - 30, args={"slot": "case"})
    assert seen(ready, after_all)["stood_in"]["ready"] is False
    studio = Watched(Show(long, (late, ready)), on_n, now_ns=0)
    assert site_view(studio, "studio")["stood_in"] is None
    tile = next(one for one in desk_view(studio)["feeds"] if one["id"] == "london.headset")
    assert (tile["slot"], tile["ready"]) == ("case", True)


def test_there_is_no_view_of_a_site_that_is_not_in_the_rundown(day: Resolved) -> None:
    with pytest.raises(KeyError):
        site_view(watched(day, 1), "atlantis")


def test_whatever_arrives_a_site_is_told_in_one_of_the_known_sentences() -> None:
    told = {
        plain_words({"state": state, "grade": grade, "word": word, "level_db": db, "lufs": lufs})
        for state in ("live", "idle", "connecting", "stalled", "backoff", "refused", "unknown", "?")
        for grade in ("good", "dead")
        for word in ("FROZEN", "BLACK", "SILENT", "UNUSABLE")
        for db, lufs in ((None, None), (-90, -90), (-30, -45), (-20, -18))
    }
    assert told == SENTENCES
