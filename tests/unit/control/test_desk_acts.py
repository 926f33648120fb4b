"""The desk's acts beyond the running order: preview, versions, locks, sound, graphics, undo."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from smallevent import Place

from orchestrator.bus.lines import read_lines
from orchestrator.control.gallery import Gallery
from orchestrator.control.journal import read_journal
from orchestrator.control.roles import Role
from orchestrator.control.words import WORDS
from orchestrator.delivery.safetysocket import SafetySocket
from orchestrator.rundown.resolved import Resolved

MINUTE = 30 * 60


class Desk:
    """A gallery with people at it; the clock moves two seconds after each act."""

    def __init__(self, place: Place, day: Resolved) -> None:
        self.place = place
        self.gallery = Gallery(place.live, place.state, place.clock)
        self.n = day.start_n + MINUTE
        place.at(self.n)

    async def say(self, verb: str, who: str = "tom", **more: Any) -> dict[str, Any]:
        role, site = more.pop("role", Role.OPERATOR), more.pop("site_of", "")
        request = {"verb": verb, "author": who} | {
            key: more.pop(key) for key in ("reason", "saw", "dry") if key in more
        }
        answer = await self.gallery.ask(request | {"args": more}, role=role, site=site)
        self.n += 60
        self.place.at(self.n)
        return answer

    async def does(self, verb: str, who: str = "tom", **more: Any) -> dict[str, Any]:
        answer = await self.say(verb, who, **more)
        assert answer["ok"], answer
        return answer

    async def refuses(self, verb: str, who: str = "tom", **more: Any) -> tuple[str, str]:
        before = len(self.gallery.journal.entries)
        answer = await self.say(verb, who, **more)
        assert not answer["ok"], answer
        assert len(self.gallery.journal.entries) == before
        return answer["code"], answer["why"]

    def layers(self) -> dict[str, Any]:
        return {x.place.name: x for x in self.gallery.show.at(self.n).scene.layers}


@pytest.fixture
async def desk(place: Place, day: Resolved) -> AsyncIterator[Desk]:
    place.prepare()
    desk = Desk(place, day)
    yield desk
    await desk.gallery.close()


async def test_take_puts_the_preview_on_air(desk: Desk) -> None:
    await desk.does("preview", source="london.room")
    assert desk.layers()["main"].source == "studio.main"
    assert "london.room" in desk.gallery.show.hot(desk.n)

    await desk.does("layout", layout="pip")
    await desk.does("source", place="inset", source="london.headset")
    await desk.does("transition", transition="mix 400ms")
    answer = await desk.does("take")

    assert "TAKE pip: main=london.room inset=london.headset; mix of 12 frames" in answer["text"]
    assert {p: x.source for p, x in desk.layers().items()} == {
        "main": "london.room",
        "inset": "london.headset",
    }


async def test_a_take_of_what_somebody_has_changed_meanwhile_is_refused_and_says_who(
    desk: Desk,
) -> None:
    told: list[tuple[str, str]] = []
    desk.gallery.tellers.append(lambda whom, text: told.append((whom, text)))
    seen = (await desk.does("preview", source="london.headset"))["version"]
    await desk.does("preview", who="anna", source="london.room")

    code, why = await desk.refuses("take", saw=seen)

    assert code == "stale"
    assert "Preview changed" in why
    assert "(anna: London room). Look and press again." in why
    assert told == [
        ("anna", "tom pressed TAKE and had not yet seen what you did to the preview "
         "(London room): it was refused")
    ]  # fmt: skip
    await desk.does("take", saw={"preview": desk.gallery.state.version("preview")})


async def test_an_extend_carries_the_plan_it_was_shown(desk: Desk) -> None:
    shown = await desk.does("extend", by="1m", dry=True, reason="late")
    await desk.does("skip", who="anna", slot="talk")
    code, why = await desk.refuses("extend", by="1m", saw=shown["version"])
    assert code == "stale"
    assert "The running order changed" in why


async def test_a_fader_that_nobody_touched_is_not_stale(desk: Desk) -> None:
    seen = {"sound": desk.gallery.state.version("sound")}
    await desk.does("gain", who="anna", feed="london.room", gain="3 dB")
    await desk.does("gain", feed="london.headset", gain="-2 dB", saw=seen)
    code, _ = await desk.refuses("gain", feed="london.room", gain="0 dB", saw=seen)
    assert code == "stale"


async def test_areas_are_locked_one_by_one_and_taken_over_with_a_reason(desk: Desk) -> None:
    await desk.does("lock", area="picture")
    assert (await desk.refuses("take", who="anna", source="london.room"))[0] == "locked"
    await desk.does("gain", who="ravi", feed="london.room", gain="1 dB")
    assert (await desk.refuses("lock", who="anna", area="picture"))[0] == "reason-needed"

    await desk.does("lock", who="anna", area="picture", reason="tom is on the phone")

    await desk.does("take", who="anna", source="london.room")
    (notice,) = desk.gallery.state.notices
    assert (notice.to, "tom is on the phone" in notice.text) == ("tom", True)
    assert (await desk.refuses("unlock", area="picture"))[0] == "no-change"
    await desk.does("unlock", who="anna", area="picture")


async def test_a_lock_survives_a_restart(desk: Desk) -> None:
    await desk.does("lock", area="sound")
    again = Gallery(desk.place.live, desk.place.state, desk.place.clock)
    assert again.state == desk.gallery.state
    assert again.state.locks["sound"].holder == "tom"
    await again.close()


@pytest.mark.parametrize("word", sorted(WORDS))
async def test_a_viewer_may_say_nothing_and_changes_nothing(desk: Desk, word: str) -> None:
    answer = await desk.say(word, role=Role.VIEWER)
    assert not answer["ok"]
    assert answer["code"] in ("forbidden", "unknown-verb"), answer


async def test_a_site_speaks_for_itself_alone(desk: Desk) -> None:
    async def site(verb: str, **args: Any) -> dict[str, Any]:
        return await desk.say(verb, who="nurse", role=Role.SITE, site_of="london", **args)

    assert (await site("ready", slot="case"))["text"].startswith("READY: case (by site)")
    assert (await site("ready", slot="talk"))["code"] == "forbidden"
    assert (await site("take", source="london.room"))["code"] == "forbidden"
    assert (await site("message", text="ready in five"))["ok"]
    assert (await site("message", site="studio", text="psst"))["code"] == "forbidden"
    assert (await site("hide", site="studio"))["code"] == "forbidden"


async def test_a_message_has_a_read_mark(desk: Desk) -> None:
    sent = await desk.does("message", site="london", text="two minutes")
    await desk.does("read", who="nurse", role=Role.SITE, site_of="london", message=sent["seq"])
    (message,) = desk.gallery.state.messages
    assert (message.text, message.read_by) == ("two minutes", "nurse")


async def test_match_brings_a_feed_to_the_programmes_loudness_up_to_the_ceiling(
    desk: Desk,
) -> None:
    desk.gallery.loudness_lufs = {"london.room": -31.0, "london.headset": -21.0}

    assert "the ceiling; +15.0 dB" in (await desk.does("match", feed="london.room"))["text"]
    await desk.does("match", feed="london.headset")

    show = desk.gallery.show
    assert show.trim_db("london.room", desk.n + 100) == 12.0
    assert show.trim_db("london.headset", desk.n + 100) == 5.0
    assert (await desk.refuses("match", feed="studio.main"))[0] == "not-measured"


async def test_fader_and_mute_are_of_the_place_on_air(desk: Desk) -> None:
    await desk.does("fader", place="main", **{"gain": "-3 dB"})
    assert desk.layers()["main"].gain_db == -3
    await desk.does("mute", place="main")
    assert desk.layers()["main"].gain_db is None
    await desk.does("mute", place="main", on=False)
    assert desk.layers()["main"].gain_db == 0
    assert (await desk.refuses("fader", place="attic", gain="0 dB"))[0] == "unknown-place"


async def test_graphics_come_go_and_come_again(desk: Desk) -> None:
    def uses() -> list[str]:
        graphics = desk.gallery.show.at(desk.n).scene.graphics
        return [graphic.use for graphic in graphics if graphic.use != "badge"]

    assert (await desk.refuses("graphics-out"))[0] == "no-change"
    await desk.does("graphic", use="message", data={"text": "Back at 12:10"})
    assert uses() == ["message"]
    await desk.does("graphics-out")
    assert uses() == []
    await desk.does("graphics-again")
    assert uses() == ["message"]
    assert (await desk.refuses("graphic", use="massage"))[0] == "unknown-graphic"


async def test_a_graphic_is_seen_in_the_preview_and_is_not_on_air(desk: Desk) -> None:
    assert (await desk.refuses("graphic-preview"))[0] == "no-change"  # nothing has gone out yet
    assert (await desk.refuses("graphic-preview", use="massage"))[0] == "unknown-graphic"
    assert (await desk.refuses("graphic-preview", on=False))[0] == "no-change"
    before = desk.gallery.show.at(desk.n).scene.graphics

    answer = await desk.does("graphic-preview", use="message", data={"text": "Soon"})

    assert answer["text"].startswith("GRAPHIC PREVIEW message")
    assert desk.gallery.state.look is not None
    assert desk.gallery.show.at(desk.n).scene.graphics == before
    assert (await desk.say("graphic-preview", who="ravi", on=False))["ok"]
    assert desk.gallery.state.look is None
    await desk.does("graphic", use="message", data={"text": "Soon"})
    await desk.does("graphics-out")
    await desk.does("graphic-preview")
    assert desk.gallery.state.look.args["again"] is True
    await desk.does("graphics-again")
    assert desk.gallery.state.look is None


async def test_undo_takes_back_ones_own_last_act_after_naming_it(desk: Desk) -> None:
    await desk.does("take", source="london.room")
    await desk.does("gain", who="ravi", feed="london.room", gain="1 dB")

    named = await desk.does("undo", dry=True)
    assert named["text"].startswith("UNDO: TAKE london.room of ")
    await desk.does("undo")

    assert desk.layers()["main"].source == "studio.main"
    assert desk.gallery.show.trim_db("london.room", desk.n) == 1.0
    assert (await desk.refuses("undo"))[0] == "nothing-to-undo"


D3: dict[str, dict[str, Any]] = {
    "take": {"source": "london.room"},
    "preview": {"source": "london.room"},
    "layout": {"layout": "pip"},
    "source": {"place": "main", "source": "london.headset"},
    "transition": {"transition": "mix 1s"},
    "safe": {},
    "quarantine": {"feed": "london.room"},
    "latch": {"feed": "london.room"},
    "next": {},
    "stay": {},
    "extend": {"by": "1m", "reason": "applause"},
    "shorten": {"by": "1m"},
    "skip": {"slot": "talk"},
    "gain": {"feed": "london.room", "gain": "3 dB"},
    "fader": {"place": "main", "gain": "-3 dB"},
    "mute": {"place": "main"},
    "graphic": {"use": "message", "data": {"text": "Soon"}},
}


@pytest.mark.parametrize("word", D3)
async def test_u_takes_back_each_act_of_d3_as_a_new_entry(desk: Desk, word: str) -> None:
    def state() -> tuple[object, ...]:
        gallery, n = desk.gallery, desk.n
        show, preview = gallery.show, gallery.state.preview
        scene = show.at(n).scene
        return (
            [(x.place.name, x.source, x.gain_db) for x in scene.layers],
            [(g.use, dict(g.data)) for g in scene.graphics],
            [(run.id, run.start_n, run.end_n, run.is_staying) for run in show.line_up(n)],
            show.left_out(n),
            show.trim_db("london.room", n),
            show.withheld(n),
            None if preview is None else dict(preview.args),
        )

    await desk.does("preview", source="studio.main")
    before = state()
    await desk.does(word, **D3[word])
    assert state() != before, "the act can be seen"

    answer = await desk.does("undo")

    assert answer["text"].startswith("UNDO: ")
    assert state() == before
    assert [entry.verb for entry in desk.gallery.journal.entries][-1] == "undo"


async def test_next_is_undone_within_ten_seconds_only(desk: Desk) -> None:
    await desk.does("next")
    assert desk.gallery.show.slot_at(desk.n).id == "case"
    await desk.does("undo")
    assert desk.gallery.show.slot_at(desk.n).id == "opening"
    await desk.does("next")
    desk.n += 11 * 30
    desk.place.at(desk.n)
    assert (await desk.refuses("undo"))[0] == "too-late"


async def test_a_quarantined_feed_is_not_taken(desk: Desk) -> None:
    await desk.does("quarantine", feed="london.room")
    assert (await desk.refuses("take", source="london.room"))[0] == "withheld"
    await desk.does("quarantine", feed="london.room", on=False)
    await desk.does("take", source="london.room")


async def test_extend_beyond_the_slots_own_longest_asks_for_a_reason(desk: Desk) -> None:
    assert (await desk.refuses("extend", **{"slot": "opening", "to": "12:06"}))[0] == (
        "reason-needed"
    )
    answer = await desk.does("extend", slot="opening", to="12:06", reason="applause")
    assert answer["reflow"]["beyond_max_s"] == 60
    assert answer["reflow"]["shrinks"] == [{"slot": "talk", "from_s": 600.0, "to_s": 540.0}]
    assert answer["reflow"]["anchors"] == [{"slot": "minister", "margin_s": 0.0}]


async def test_the_desk_is_handed_over_with_every_open_item_ticked(desk: Desk) -> None:
    desk.gallery.open_items = {"trim london.room": "london.room is trimmed by +3 dB"}
    await desk.does("lock", area="picture")
    await desk.does("handover", to="mei")
    assert (await desk.refuses("accept", who="mei", ticks=[]))[0] == "not-ticked"
    assert (await desk.refuses("accept", who="eve", ticks=["trim london.room"]))[0] == "not-offered"

    await desk.does("accept", who="mei", ticks=["trim london.room"])

    assert desk.gallery.state.seat.holder == "mei"
    assert desk.gallery.state.locks["picture"].holder == "mei"


async def test_a_vanished_operator_is_replaced_by_a_producer_with_a_reason(desk: Desk) -> None:
    await desk.does("handover", to="mei")
    assert (await desk.refuses("accept", who="pat", role=Role.PRODUCER, ticks=[]))[0] == (
        "not-offered"
    )
    await desk.does("accept", who="pat", role=Role.PRODUCER, ticks=[], reason="tom has left")


async def test_nobody_hands_over_within_a_minute_of_an_anchor(desk: Desk, day: Resolved) -> None:
    desk.n = day.start_n + 24 * MINUTE + 15 * 30
    desk.place.at(desk.n)
    assert (await desk.refuses("handover", to="mei"))[0] == "not-now"


# safety words


class AGate:
    """The gate's socket, and whoever answers behind it; remembers what it was asked."""

    def __init__(self, place: Place) -> None:
        self.asked: list[dict[str, Any]] = []
        place.live.gate_token.write_text("key")
        self._socket = SafetySocket(place.live.gate_socket, self._answer)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(request)
        return {"ok": True, "msn": 7, "index": 1, "was_public": False, "redacted": None}

    def _serve(self) -> None:
        while not self._stop.is_set():
            self._socket.serve(0.01)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._socket.close()


@pytest.fixture
def gate(place: Place) -> Iterator[AGate]:
    gate = AGate(place)
    yield gate
    gate.close()


async def test_safety_words_go_to_the_gate_whatever_is_locked(desk: Desk, gate: AGate) -> None:
    for area in ("picture", "sound", "graphics"):
        await desk.does("lock", area=area)
    before = len(desk.gallery.journal.entries)

    answer = await desk.does("privacy", who="guard", role=Role.SAFETY, site="london")

    assert answer["text"].endswith("there is no delay: what was seen until then WAS public")
    assert (gate.asked[0]["act"], gate.asked[0]["site"]) == ("privacy", "london")
    assert len(desk.gallery.journal.entries) == before  # the gate's own record comes by merging
    assert (await desk.refuses("take", who="guard", role=Role.SAFETY, source="london.room"))[0] == (
        "forbidden"
    )


async def test_privacy_ends_by_two_persons_and_the_link_works_once(desk: Desk, gate: AGate) -> None:
    token = (await desk.does("restore-ask", site="london"))["token"]

    assert (await desk.refuses("restore", token=token))[0] == "second-person"
    assert (await desk.refuses("restore", who="anna", token=token))[0] == "second-person"
    assert (await desk.refuses("restore", who="anna", role=Role.PRODUCER, token="guess"))[0] == (
        "no-such-token"
    )
    await desk.does("restore", who="nurse", role=Role.SITE, site_of="london", token=token)

    assert (gate.asked[-1]["author"], gate.asked[-1]["second"]) == ("tom", "nurse")
    assert (await desk.refuses("restore", who="pat", role=Role.PRODUCER, token=token))[0] == (
        "no-such-token"
    )
    assert token not in desk.place.state.journal.read_text()


async def test_another_name_on_the_command_line_is_no_second_person(
    desk: Desk, gate: AGate
) -> None:
    ask = {"verb": "restore-ask", "author": "tom", "args": {"site": "london"}}
    asked = await desk.gallery.ask(ask, is_known=False)
    wish = {"verb": "restore", "author": "mei", "args": {"token": asked["token"]}}

    told = await desk.gallery.ask(wish, is_known=False)

    assert (told["ok"], told["code"]) == (False, "second-person")
    assert not any(one["act"] == "restore" for one in gate.asked)
    await desk.does("restore", who="mei", role=Role.PRODUCER, token=asked["token"])


async def test_a_dead_gate_is_said(desk: Desk) -> None:
    desk.place.live.gate_token.write_text("key")
    assert (await desk.refuses("blank"))[0] == "gate"


# killed in the middle

KILLED = """\
import asyncio, json, sys
from pathlib import Path
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control.gallery import Gallery
from orchestrator.timing import ManualClock
live, state, now, request = sys.argv[1:]
gallery = Gallery(LiveTree(Path(live)), StateFolder(Path(state)), ManualClock(int(now)))
asyncio.run(gallery.ask(json.loads(request)))
"""


@pytest.mark.parametrize(
    "request_",
    [
        {"verb": "take", "args": {"source": "london.room"}},
        {"verb": "gain", "args": {"feed": "london.room", "gain": "3 dB"}},
        {"verb": "lock", "args": {"area": "sound"}},
    ],
    ids=lambda request: request["verb"],
)
@pytest.mark.parametrize(
    ("point", "is_done"), [("decided", False), ("journalled", True), ("ordered", True)]
)
async def test_killed_in_the_middle_a_command_is_done_wholly_or_not_at_all(
    place: Place, point: str, is_done: bool, request_: dict[str, Any]
) -> None:
    place.prepare()
    asked = json.dumps(request_ | {"author": "tom"})
    killed = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", KILLED, place.live.root, place.state.root,
         str(place.clock.now_ns()), asked],
        env=os.environ | {"ORCH_FAULT": point},
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL

    again = Gallery(place.live, place.state, place.clock)

    journalled = [e.verb for e in read_journal(place.state.journal).entries if e.verb != "start"]
    assert journalled == ([request_["verb"]] if is_done else [])
    is_order = is_done and request_["verb"] != "lock"
    assert [r["verb"] for r in read_lines(place.live.orders)] == (
        [request_["verb"]] if is_order else []
    )
    assert [o.verb.value for o in again.show.orders] == ([request_["verb"]] if is_order else [])
    assert bool(again.state.locks) == (is_done and request_["verb"] == "lock")
    await again.close()
