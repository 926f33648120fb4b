"""What the desk shows: made of the show, the desk's state, facts and pages, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.bus.orders import Order, Verb
from orchestrator.control.chain import Entry
from orchestrator.control.deskfeeds import feeds, plain_words
from orchestrator.control.deskpicture import composed, preview_scene
from orchestrator.control.deskstate import DeskState
from orchestrator.control.deskview import Watched, desk_view
from orchestrator.control.presence import Present
from orchestrator.rundown.builtin import BADGE
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show

MINUTE = 30 * 60
LIVE = {"state": "live", "hot": 1, "level_db": -22.5, "lufs": -21.0, "fps": 30.0, "bytes": 9}


def watched(day: Resolved, minutes: float, *orders: Order, **more: Any) -> Watched:
    n = day.start_n + round(minutes * MINUTE)
    return Watched(Show(day, orders), n, now_ns=0, **more)


def entry(verb: str, n: int, author: str = "tom", seq: int = 1, **args: Any) -> Entry:
    return Entry(
        seq=seq, verb=verb, n=n, at="2026-10-24T10:00:00.000+00:00", author=author,
        cause="operator", reason="", args=args, prev="", hash="",
    )  # fmt: skip


def previewed(day: Resolved, minutes: float, **args: Any) -> Watched:
    seen = watched(day, minutes)
    made = entry("preview", seen.n, layout="pip", transition={"kind": "mix", "frames": 12}, **args)
    order = Order(1, Verb.PREVIEW, seen.n, author="tom", args=dict(made.args))
    return replace(seen, show=seen.show.after(order), state=DeskState.of([made]))


def tile(view: dict[str, Any], feed: str) -> dict[str, Any]:
    return next(one for one in view["feeds"] if one["id"] == feed)


def test_the_view_is_json_at_every_minute_of_the_day_and_before_and_after_it(day: Resolved) -> None:
    for minutes in range(-2, 43):
        view = desk_view(watched(day, minutes))
        assert json.loads(json.dumps(view)) == view


def test_the_status_line_says_what_is_on_what_is_left_and_what_comes_by_itself(
    day: Resolved,
) -> None:
    view = desk_view(watched(day, 1))

    assert view["on_air"]["id"] == "opening"
    assert view["on_air"]["in_s"] == 60
    assert view["on_air"]["left_s"] == 240
    assert view["over_s"] == 0
    assert view["hard"]["slot"] == "minister"
    assert view["hard"]["in_s"] == 24 * 60
    assert view["room"]["before_late_s"] == 10 * 60  # case and talk can give five minutes each
    assert view["next_auto"] == {"what": "A case", "at": view["next_auto"]["at"], "in_s": 240}
    assert view["clock"]["hour"] == 1


def test_an_extended_slot_is_over_by_as_much(day: Resolved) -> None:
    n = day.start_n + MINUTE
    order = Order(7, Verb.EXTEND, n, args={"slot": "opening", "end_n": day.start_n + 7 * MINUTE})

    view = desk_view(watched(day, 2, order))

    assert view["over_s"] == 120
    assert view["room"]["before_late_s"] == 8 * 60


def test_an_overdue_anchor_counts_up(day: Resolved) -> None:
    n = day.start_n + 6 * MINUTE
    stay = Order(7, Verb.STAY, n, args={"slot": "case", "on": True})

    view = desk_view(watched(day, 26, stay))

    assert view["hard"]["overdue"] is True
    assert view["hard"]["in_s"] == -60
    assert view["on_air"]["is_staying"] is True
    assert view["on_air"]["end"] is None


def test_what_staying_costs_grows_while_it_stays(day: Resolved) -> None:
    stay = Order(7, Verb.STAY, day.start_n + 6 * MINUTE, args={"slot": "case", "on": True})

    in_time = desk_view(watched(day, 14, stay))["on_air"]
    later = desk_view(watched(day, 17, stay))["on_air"]
    too_late = desk_view(watched(day, 22, stay))["on_air"]

    assert (in_time["past_end_s"], in_time["cost"]["shrinks"]) == (0, [])
    assert later["past_end_s"] == 120
    assert later["cost"]["shrinks"] == [{"slot": "talk", "from_s": 600.0, "to_s": 480.0}]
    assert later["cost"]["late"] == []
    assert too_late["past_end_s"] == 420
    assert too_late["cost"]["late"] == [{"anchor": "minister", "by_s": 120.0}]


def test_the_rundown_has_every_slot_with_its_checks(day: Resolved) -> None:
    checks = {"case": {"state": "AMBER", "why": ["london.headset is quiet"]}}

    view = desk_view(watched(day, 1, checks=checks))

    assert [slot["id"] for slot in view["rundown"]] == [slot.id for slot in day.slots]
    assert view["rundown"][1]["check"] == checks["case"]
    assert view["rundown"][0]["state"] == ["on-air"]
    assert view["rundown"][0]["check"] is None


def test_a_preview_is_the_scene_that_take_would_put_on_air(day: Resolved) -> None:
    places = {"main": "london.room", "inset": "hide"}
    seen = previewed(day, 1, places=places, audio={"main": 0.0})

    scene, view = preview_scene(seen), desk_view(seen)
    taken = seen.show.after(
        Order(9, Verb.TAKE, seen.n, args={"layout": "pip", "places": places, "until": "slot"})
    )

    assert scene is not None
    assert scene.layers == taken.at(seen.n).scene.layers
    assert view["preview"]["transition"] == "mix 400ms"
    assert view["preview"]["author"] == "tom"
    assert [place["source"] for place in view["preview"]["places"]] == ["london.room", "hide"]
    assert view["versions"]["preview"] == 1
    assert view["programme"]["places"][0]["source"] == "studio.main"
    assert tile(view, "london.room")["tally"] == "preview"
    assert tile(view, "studio.main")["tally"] == "air"


def test_a_dead_source_is_shown_replaced_on_air_and_in_the_preview(day: Resolved) -> None:
    judged = {"london.room": {"verdict": "dead", "why": "frozen", "since_n": day.start_n}}
    seen = replace(
        previewed(day, 1, places={"main": "london.room", "inset": "hide"}),
        facts={"programme": {"sources": judged}}, pages={"london.room": LIVE},
    )  # fmt: skip

    view = desk_view(seen)

    assert view["preview"]["places"][0]["source"] == "slate.site.studio"  # of the slot
    assert view["preview"]["places"][0]["wanted"] == "london.room"
    room = tile(view, "london.room")
    assert (room["word"], room["grade"], room["since_s"]) == ("FROZEN", "dead", 60)


def test_a_layout_that_the_rundown_has_lost_leaves_the_preview_empty(day: Resolved) -> None:
    made = entry("preview", day.start_n, layout="gone", places={"main": "london.room"})
    assert desk_view(watched(day, 1, state=DeskState.of([made])))["preview"] is None


@pytest.mark.parametrize(
    ("page", "judged", "word", "told"),
    [
        ({}, {}, "NO WORD", "we know nothing of you just now"),
        ({"state": "connecting"}, {}, "WAITING", "nothing has arrived from you yet"),
        ({"state": "refused"}, {}, "REFUSED", "your connection was refused; call the studio"),
        (LIVE, {}, "LIVE", "we see and hear you well"),
        (LIVE | {"hot": 0}, {}, "WARM", "we see and hear you well"),
        (LIVE | {"level_db": None}, {}, "LIVE", "we see you well, and hear nothing"),
        (LIVE | {"lufs": -40.0}, {}, "LIVE", "we see you well; you are very quiet"),
        (LIVE, {"verdict": "dead", "why": "black"}, "BLACK", "your picture is black"),
    ],
)
def test_a_feed_has_one_word_for_the_desk_and_a_sentence_for_its_site(
    day: Resolved, page: dict[str, Any], judged: dict[str, Any], word: str, told: str
) -> None:
    facts = {"programme": {"sources": {"london.room": judged}}} if judged else {}

    room = tile(desk_view(watched(day, 1, pages={"london.room": page}, facts=facts)), "london.room")

    assert room["word"] == word
    assert plain_words(room) == told


def test_a_feeds_loudness_is_that_of_the_minute_beside_that_of_now(day: Resolved) -> None:
    seen = watched(day, 1, pages={"london.headset": LIVE}, loudness_lufs={"london.headset": -17.5})
    tile = next(one for one in feeds(seen) if one["id"] == "london.headset")
    assert (tile["lufs"], tile["loudness_lufs"]) == (-21.0, -17.5)


def test_what_people_have_put_out_is_said_whatever_the_feed_does(day: Resolved) -> None:
    out = Order(3, Verb.QUARANTINE, day.start_n, args={"feed": "london.room", "on": True})
    view = desk_view(
        watched(day, 1, out, facts={"gate": {"hidden": ["studio"], "blank": True}},
                pages={"london.room": LIVE, "studio.main": LIVE})
    )  # fmt: skip

    assert tile(view, "london.room")["word"] == "QUARANTINED"
    assert tile(view, "studio.main")["word"] == "HIDDEN"
    assert view["safety"]["blank"] is True
    assert view["safety"]["hidden"] == ["studio"]


def test_a_feed_of_the_armed_slot_is_armed_and_its_site_waited_for(day: Resolved) -> None:
    just_before = 5 - 5 / 60
    room = tile(desk_view(watched(day, just_before)), "london.headset")
    assert (room["tally"], room["slot"], room["slot_in_s"], room["ready"]) == (
        "armed", "case", 5, False,
    )  # fmt: skip

    ready = Order(2, Verb.READY, day.start_n, args={"slot": "case"})
    assert tile(desk_view(watched(day, 1, ready)), "london.headset")["ready"] is True


def test_sound_has_a_fader_for_each_place_and_the_programme_against_its_target(
    day: Resolved,
) -> None:
    trim = Order(2, Verb.GAIN, day.start_n, args={"feed": "studio.main", "trim_db": 3.0})
    facts = {"programme": {"loudness": {"momentary_lufs": -17.2, "limiter_db": -0.4}}}

    view = desk_view(watched(day, 1, trim, facts=facts, pages={"studio.main": LIVE}))

    fader = view["sound"]["faders"][0]
    assert (fader["place"], fader["gain_db"], fader["trim_db"]) == ("main", 0.0, 3.0)
    assert fader["level_db"] == -22.5
    assert view["sound"]["programme"]["momentary_lufs"] == -17.2
    assert view["sound"]["programme"]["peak_dbfs"] is None
    assert view["sound"]["target_lufs"] == -16


def test_a_called_graphic_is_on_with_what_it_says_and_the_time_it_has_left(day: Resolved) -> None:
    call = Order(
        2, Verb.GRAPHIC, day.start_n + MINUTE,
        args={"key": "call-1", "use": "message", "data": {"text": "<b>Hi</b>"}, "frames": 300},
    )  # fmt: skip

    view = desk_view(watched(day, 1 + 1 / 60, call))

    (on,) = view["graphics"]["on"]
    assert (on["use"], on["says"], on["left_s"]) == ("message", "<b>Hi</b>", 9)
    assert view["graphics"]["badge"] == "LIVE"


CALL = {"key": "call-1", "use": "message", "data": {"text": "Dr Wrong"}, "frames": 300}
GONE = {"keys": ["call-1"], "graphics": [{"use": "message", "data": {"text": "Dr Wrong"}}]}


def shown_over(seen: Watched) -> list[tuple[str, list[str]]]:
    """What the monitor composes: main source, and what graphics say but for the badge."""
    scene = composed(seen)
    if scene is None:
        return []
    texts = [str(g.data.get("text")) for g in scene.graphics if g.use != BADGE]
    return [(scene.layers[0].source, texts)]


def test_what_went_out_is_composed_over_what_is_on_air_until_it_is_in_again(day: Resolved) -> None:
    n = day.start_n + MINUTE
    on, out = Order(2, Verb.GRAPHIC, n, args=CALL), Order(3, Verb.GRAPHICS_OUT, n + 30, args=GONE)
    gone = [entry("graphic", n, seq=2, **CALL), entry("graphics-out", n + 30, seq=3, **GONE)]
    assert shown_over(watched(day, 1.01, on, state=DeskState.of(gone[:1]))) == []

    seen = watched(day, 1.1, on, out, state=DeskState.of(gone))
    assert shown_over(seen) == [("studio.main", ["Dr Wrong"])]
    assert desk_view(seen)["graphics"]["look"] == {
        "author": "tom", "again": True, "asked": False,
        "graphics": [{"use": "message", "says": "Dr Wrong"}],
    }  # fmt: skip
    assert desk_view(seen)["graphics"]["on"] == []
    later = replace(seen, n=seen.n + 5)
    assert composed(later) == composed(seen)  # it is not written anew for nothing

    again = entry("graphics-again", n + 60, seq=4, graphics=[])
    assert shown_over(replace(seen, state=DeskState.of([*gone, again]))) == []
    over = replace(seen, n=day.start_n + 6 * MINUTE)  # the next slot
    assert shown_over(over) == []
    assert desk_view(over)["graphics"]["look"] is None


def test_a_picture_in_the_preview_is_composed_as_take_would_air_it(day: Resolved) -> None:
    """What went out lies over it only if somebody asks to see it."""
    n = day.start_n + MINUTE
    seen = previewed(day, 1.1, places={"main": "london.room"})
    made = entry("preview", seen.n, places={"main": "london.room"}, layout="full")
    gone = entry("graphics-out", n, seq=2, **GONE)
    state = DeskState.of([made, gone])
    assert shown_over(replace(seen, state=state)) == [("london.room", [])]

    asked = state.after(entry("graphic-preview", n + 10, seq=3, again=True))
    assert shown_over(replace(seen, state=asked)) == [("london.room", ["Dr Wrong"])]
    assert desk_view(replace(seen, state=asked))["graphics"]["look"]["asked"] is True
    off = asked.after(entry("graphic-preview", n + 20, seq=4, on=False))
    assert shown_over(replace(seen, state=off)) == [("london.room", [])]
    newer = asked.after(replace(made, seq=5))
    assert shown_over(replace(seen, state=newer)) == [("london.room", [])]


def test_a_graphic_is_looked_at_before_it_is_called_for(day: Resolved) -> None:
    args = {"use": "message", "key": "call-9", "data": {"text": "Soon"}}
    look = entry("graphic-preview", day.start_n + MINUTE, seq=2, graphics=[args])
    seen = watched(day, 1.1, state=DeskState.of([look]))

    assert shown_over(seen) == [("studio.main", ["Soon"])]
    assert desk_view(seen)["graphics"]["look"]["again"] is False
    called = seen.state.after(entry("graphic", day.start_n + MINUTE, seq=3, **args))
    assert shown_over(replace(seen, state=called)) == []


def test_who_is_there_who_has_what_and_who_was_told_are_shown(day: Resolved) -> None:
    told = [
        entry("lock", day.start_n, area="picture", seq=1),
        entry("message", day.start_n, site="london", text="louder", seq=2),
        entry("handover", day.start_n, to="mei", seq=3),
    ]
    view = desk_view(
        watched(day, 1, state=DeskState.of(told), present=[Present("anna", "london.room", 0)])
    )

    assert view["locks"]["picture"]["holder"] == "tom"
    assert view["locks"]["sound"] is None
    assert view["messages"][0]["text"] == "louder"
    assert view["seat"] == {"holder": "tom", "since": told[2].at, "offered_to": "mei"}
    assert view["present"] == [{"author": "anna", "looks_at": "london.room"}]


def test_versions_that_were_in_force_are_listed_once_the_newest_first(day: Resolved) -> None:
    entries = [
        entry("start", day.start_n, "supervisor", seq=1, version=1),
        entry("rundown", day.start_n, "pat", seq=2, version=2, changes=["talk: 10 min → 8 min"]),
        entry("start", day.start_n, "supervisor", seq=3, version=2),
        entry("rundown", day.start_n, "pat", seq=4, version=3, reverts_to=1),
    ]
    view = desk_view(watched(replace(day, version=3), 1, state=DeskState.of(entries)))

    assert [(one["version"], one["author"], one["in_force"]) for one in view["editions"]] == [
        (3, "pat", True), (2, "pat", False), (1, "supervisor", False),
    ]  # fmt: skip
    assert view["editions"][0]["reverts_to"] == 1
    assert view["editions"][1]["changes"] == ["talk: 10 min → 8 min"]


def test_an_output_is_shown_as_wished_and_as_it_is(day: Resolved) -> None:
    push = {"push.hls": {"state": "sending"}, "origin": {"age_ms": 40.0, "last_k": 4}}
    view = desk_view(watched(day, 1, facts=push))

    (hls,) = view["outputs"]
    assert (hls["id"], hls["kind"], hls["behind_ms"], hls["on"]) == ("hls", "hls", 40.0, True)


def test_an_output_that_may_not_carry_the_slot_is_said_to_be_on_slate(day: Resolved) -> None:
    def is_slate(*outputs: str) -> bool:
        view = desk_view(watched(day, 1, facts={"gate": {"slate_outputs": [*outputs]}}))
        return bool(view["outputs"][0]["slate"])

    assert is_slate("hls")
    assert is_slate("*")
    assert not is_slate("platform")
