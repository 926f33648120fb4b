"""What the desk's orders do to the show: preview, faders, graphics, inserts, latches, undo."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.bus.orders import Order, Verb
from orchestrator.rundown.plan import GraphicCue, SceneSpec, Shot
from orchestrator.rundown.reflow import compare
from orchestrator.rundown.show import Show

M = 60 * 30


@pytest.fixture
def evening(build: Any) -> Any:
    """A case with a shot and a lower third, a table, a talk, and the minister at 87, hard."""
    film = build.slot("film", 5, scene=SceneSpec("full", {"main": "studio.backup"}, {"main": 0.0}))
    return build.desk(
        build.day(
            build.slot(
                "case", 45, shrink=10, grow=13, priority=9, site="mumbai",
                shots=(Shot("close", 20 * M, places={"main": "mumbai.room"}),),
                graphics=(GraphicCue("lower-third", "ada", at=10 * M, length=10 * M),),
                fallback={"main": ("mumbai.room", "studio.main")},
            ),
            build.slot("table", 30, shrink=10, grow=5),
            build.slot("talk", 12, priority=4, shrink=4, grow=3, droppable=True),
            build.slot("minister", 12, at=build.clock("13:27")),
            build.slot("close", 21, end="event", grow=9),
            last=120,
            standby=(film,),
        )
    )  # fmt: skip


def graphics(desk: Any, minute: float) -> list[str]:
    return [g.key for g in desk.show.at(desk.n(minute)).scene.graphics if g.use != "badge"]


def source(desk: Any, minute: float, dead: frozenset[str] = frozenset()) -> str:
    return desk.show.at(desk.n(minute), dead).scene.layers[0].source


def test_a_preview_is_decoded_and_not_shown(evening: Any) -> None:
    evening.give(Verb.PREVIEW, 5, layout="full", places={"main": "london.room"})

    assert "london.room" not in evening.show.hot(evening.n(4))
    assert evening.show.hot(evening.n(6))["london.room"] == 0
    assert source(evening, 6) == "mumbai.headset"


def test_solo_is_for_ears_only(evening: Any) -> None:
    evening.give(Verb.SOLO, 5, feed="london.room", on=True)
    assert "london.room" in evening.show.hot(evening.n(6))
    evening.give(Verb.SOLO, 7, feed="london.room", on=False)
    assert "london.room" not in evening.show.hot(evening.n(8))


def test_a_fader_holds_until_its_slot_ends_and_starts_no_new_scene(evening: Any) -> None:
    evening.give(Verb.FADER, 5, place="main", gain_db=-6)

    def look(minute: float) -> Any:
        return evening.show.at(evening.n(minute)).scene

    assert look(4).layers[0].gain_db == 0.0
    assert look(6).layers[0].gain_db == -6.0
    assert look(6).began_n == look(4).began_n
    assert look(25).layers[0].gain_db == -6.0  # through the shot
    assert look(46).layers[0].gain_db == 0.0
    evening.give(Verb.FADER, 30, place="main", gain_db=None)
    assert look(31).layers[0].gain_db is None
    evening.give(Verb.FADER, 32, place="main", clear=True)
    assert look(33).layers[0].gain_db == 0.0


def test_a_take_brings_its_own_gains(evening: Any) -> None:
    evening.give(Verb.FADER, 5, place="main", gain_db=-6)
    evening.give(Verb.TAKE, 6, layout="full", places={"main": "london.room"}, audio={"main": 0})
    assert evening.show.at(evening.n(7)).scene.layers[0].gain_db == 0.0


def test_a_trim_glides_to_its_value(evening: Any) -> None:
    evening.give(Verb.GAIN, 5, feed="mumbai.headset", trim_db=11, frames=60)
    at = evening.n(5)

    values = [evening.show.trim_db("mumbai.headset", at + i) for i in range(62)]

    assert values == sorted(values)
    assert 0 < values[0] < 0.5
    assert values[-1] == 11
    assert evening.show.trims_move(at + 60)
    assert not evening.show.trims_move(at + 61)


def test_graphics_taken_out_are_out_at_once_and_come_again_on_call(evening: Any) -> None:
    assert graphics(evening, 12) == ["case.0.0"]
    evening.give(Verb.GRAPHICS_OUT, 12, keys=["case.0.0"])
    assert graphics(evening, 12) == []
    evening.give(
        Verb.GRAPHICS_AGAIN, 13,
        graphics=[{"key": "again-2", "use": "lower-third", "who": "ada", "frames": 2 * M}],
    )  # fmt: skip
    assert graphics(evening, 13) == ["again-2"]
    assert graphics(evening, 15.1) == []


def test_a_corrected_person_is_right_in_every_later_use(evening: Any) -> None:
    evening.give(Verb.PERSON, 11, id="ada", name="Dr Ada Rau")
    (graphic,) = [g for g in evening.show.at(evening.n(12)).scene.graphics if g.use != "badge"]
    assert graphic.data["name"] == "Dr Ada Rau"
    assert graphic.data["role"] == "Knees"


def test_a_called_graphic_ends_with_its_slot(evening: Any) -> None:
    evening.give(Verb.GRAPHIC, 40, key="call-1", use="lower-third", who="ben", data={})
    assert graphics(evening, 41) == ["call-1"]
    assert graphics(evening, 46) == []


def test_a_quarantined_feed_is_not_shown_however_well_it_is(evening: Any) -> None:
    evening.give(Verb.QUARANTINE, 5, feed="mumbai.headset", on=True)
    assert source(evening, 6) == "mumbai.room"
    evening.give(Verb.QUARANTINE, 7, feed="mumbai.headset", on=False)
    assert source(evening, 8) == "mumbai.headset"


def test_a_latched_stand_in_stays_until_the_slot_ends(evening: Any) -> None:
    evening.give(Verb.LATCH, 5, feed="mumbai.headset", on=True)
    assert source(evening, 6) == "mumbai.room"
    assert evening.show.withheld(evening.n(6)) == {"mumbai.headset"}
    assert evening.show.withheld(evening.n(46)) == frozenset()


def test_a_hidden_site_is_not_shown(evening: Any) -> None:
    evening.give(Verb.HIDE, 5, site="mumbai")
    assert source(evening, 6) == "studio.main"
    evening.give(Verb.UNHIDE, 7, site="mumbai")
    assert source(evening, 8) == "mumbai.headset"


def test_an_insert_plays_and_the_interrupted_slot_goes_on_where_it_was(evening: Any) -> None:
    evening.give(Verb.INSERT, 22, item="film", frames=5 * M, resume=True)

    assert evening.runs(22)[:4] == ["case 0-22", "film 22-27", "case 27-50", "table 50-79"]
    assert source(evening, 23) == "studio.backup"
    # the shot at 20 had come before the insert, and stays
    assert evening.show.at(evening.n(28)).scene.shot == "close"
    evening.give(Verb.NEXT, 24, slot="film")
    assert evening.on(25) == "case"
    assert evening.runs(25)[:3] == ["case 0-22", "film 22-24", "case 24-47"]


def test_an_insert_into_a_slot_with_a_fixed_start_plays_too(build: Any) -> None:
    """What goes on behind it has begun at its time already."""
    desk = build.desk(
        build.day(
            build.slot("panel", 10),
            build.slot("minister", 20, at=build.clock("12:10")),
            build.slot("table", 30, shrink=20),
            standby=(build.slot("film", 15),),
        )
    )
    desk.give(Verb.INSERT, 15, item="film", frames=5 * M, resume=True)

    assert desk.runs(16)[:4] == ["panel 0-10", "minister 10-15", "film 15-20", "minister 20-35"]
    assert desk.on(17) == "film"
    assert desk.show.overdue(desk.n(17)) is None
    assert "late" not in desk.show.slot_at(desk.n(21)).state


def test_an_insert_without_resume_leaves_the_slot(evening: Any) -> None:
    evening.give(Verb.INSERT, 22, item="film", frames=5 * M)
    assert evening.runs(22)[:3] == ["case 0-22", "film 22-27", "table 27-57"]


def test_undo_of_a_take_brings_back_what_was_there(evening: Any) -> None:
    evening.give(Verb.TAKE, 5, places={"main": "london.room"}, until="released")
    evening.give(Verb.TAKE, 6, places={"main": "london.headset"}, until="released")

    evening.give(Verb.UNDO, 7, seq=2)
    assert source(evening, 7) == "london.room"
    assert evening.show.at(evening.n(7)).scene.cause.seq == 3
    evening.give(Verb.UNDO, 8, seq=1)
    assert source(evening, 8) == "mumbai.headset"
    assert source(evening, 6.5) == "london.headset"  # what was, was


def test_undo_of_next_is_back_in_the_slot_that_was_left(evening: Any) -> None:
    evening.give(Verb.NEXT, 20, slot="case")
    assert evening.on(20.1) == "table"
    evening.give(Verb.UNDO, 20.1, seq=1)
    assert evening.on(20.2) == "case"
    assert evening.runs(20.2)[:2] == ["case 0-45", "table 45-75"]


def test_undo_keeps_what_was_decided_meanwhile(evening: Any) -> None:
    evening.give(Verb.EXTEND, 10, slot="case", end_n=evening.n(50))
    evening.give(Verb.SKIP, 11, slot="talk", on=True)
    evening.give(Verb.UNDO, 12, seq=1)
    assert evening.runs(12)[:2] == ["case 0-45", "table 45-80 +7"]


def test_undoing_twice_and_out_of_order_is_the_show_without_both(evening: Any) -> None:
    evening.give(Verb.EXTEND, 10, slot="case", end_n=evening.n(50))
    evening.give(Verb.SKIP, 11, slot="talk", on=True)
    evening.give(Verb.UNDO, 12, seq=2)
    evening.give(Verb.UNDO, 13, seq=1)
    assert evening.runs(13) == [
        "case 0-45", "table 45-75", "talk 75-87", "minister 87-99", "close 99-120",
    ]  # fmt: skip


def test_an_undo_of_nothing_changes_nothing(evening: Any) -> None:
    evening.give(Verb.UNDO, 5, seq=77)
    assert evening.show.ignored
    assert source(evening, 6) == "mumbai.headset"


def extended(desk: Any, minute: float, to: float) -> Any:
    order = Order(9, Verb.EXTEND, desk.n(minute), args={"slot": "case", "end_n": desk.n(to)})
    return compare(desk.show, desk.show.after(order), desk.n(minute))


def test_a_reflow_says_what_shrinks_drops_and_how_near_the_anchor_is(evening: Any) -> None:
    reflow = extended(evening, 40, 55)
    assert {c.slot: (c.frames // M, c.new_frames // M) for c in reflow.shrinks} == {
        "table": (30, 24), "talk": (12, 8),
    }  # fmt: skip
    assert [(m.slot, m.frames) for m in reflow.anchors] == [("minister", 0)]
    assert not reflow.late

    further = extended(evening, 40, 60)
    assert ("talk", "dropped") in further.drops
    assert further.beyond_max == 2 * M

    late = extended(evening, 40, 70)
    assert late.late
    assert late.late[0].anchor == "minister"


def test_nothing_decided_is_no_reflow(evening: Any) -> None:
    show: Show = evening.show
    assert compare(show, show.after(), evening.n(10)).is_nothing
