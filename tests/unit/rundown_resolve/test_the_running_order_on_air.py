"""What orders do to the line-up: NEXT, STAY, EXTEND, SKIP, END, READY, and hard anchors (R4-R7)."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.bus.orders import Verb
from orchestrator.rundown.plan import NotReady, Shot

M = 60 * 30
TALK: dict[str, Any] = {"priority": 4, "shrink": 4, "grow": 3, "droppable": True}
PANEL: dict[str, Any] = {"priority": 5, "shrink": 10, "grow": 5}


@pytest.fixture
def evening(build: Any) -> Any:
    """A case at 0-45, a table, a talk, and the minister at 87, hard; then a closing to 120."""
    return build.desk(
        build.day(
            build.slot("case", 45, shrink=10, grow=13, priority=9, site="mumbai"),
            build.slot("table", 30, **PANEL),
            build.slot("talk", 12, **TALK),
            build.slot("minister", 12, at=build.clock("13:27")),
            build.slot("close", 21, end="event", grow=9),
            last=120,
        )
    )


def test_without_orders_the_day_runs_as_resolved(evening: Any) -> None:
    assert evening.runs() == [
        "case 0-45",
        "table 45-75",
        "talk 75-87",
        "minister 87-99",
        "close 99-120",
    ]


@pytest.mark.parametrize(
    ("by", "rest"),
    [
        (10, ["table 55-79", "talk 79-87"]),
        (14, ["table 59-79", "talk 79-87"]),
        (15, ["table 60-87"]),  # the talk is dropped, the table gets some of its time back
        (22, ["table 67-87"]),
    ],
)
def test_an_extension_is_taken_from_what_follows_by_priority(
    evening: Any, by: int, rest: list[str]
) -> None:
    evening.give(Verb.EXTEND, 40, slot="case", end_n=evening.n(45 + by))

    assert evening.runs() == [f"case 0-{45 + by}", *rest, "minister 87-99", "close 99-120"]


def test_what_is_dropped_is_said_and_comes_back_when_there_is_room_again(evening: Any) -> None:
    evening.give(Verb.EXTEND, 40, slot="case", end_n=evening.n(60))
    assert evening.show.left_out(evening.n(41)) == {"talk": "dropped"}

    evening.give(Verb.EXTEND, 42, slot="case", end_n=evening.n(45))
    assert evening.runs()[1:3] == ["table 45-75", "talk 75-87"]
    assert evening.show.left_out(evening.n(43)) == {}


def test_next_pulls_up_with_lengths_kept_and_the_last_before_the_anchor_grows(evening: Any) -> None:
    evening.give(Verb.NEXT, 43, slot="case")

    assert evening.runs()[:4] == ["case 0-43", "table 43-73", "talk 73-87", "minister 87-99"]


def test_what_the_last_slot_cannot_fill_is_event_slate_and_the_anchor_keeps_its_time(
    evening: Any,
) -> None:
    evening.give(Verb.NEXT, 25, slot="case")

    assert evening.runs()[:4] == ["case 0-25", "table 25-55", "talk 55-70 +17", "minister 87-99"]
    gap = evening.show.at(evening.n(80)).scene
    assert (gap.slot, [layer.source for layer in gap.layers]) == ("", ["slate.event"])
    assert evening.show.slot_at(evening.n(80)).id == ""
    assert evening.show.slot_at(evening.n(80)).end_n == evening.n(87)


def test_a_hard_anchor_is_not_started_early_by_next(evening: Any) -> None:
    evening.give(Verb.NEXT, 80, slot="talk").give(Verb.NEXT, 82, slot="")

    assert evening.on(83) == ""
    assert evening.on(87) == "minister"


def test_next_for_a_slot_that_is_not_on_any_more_does_nothing(evening: Any) -> None:
    evening.give(Verb.NEXT, 43, slot="case").give(Verb.NEXT, 43.01, slot="case")

    assert evening.on(44) == "table"


def test_a_closing_slot_keeps_its_end_and_the_gap_lies_before_it(evening: Any) -> None:
    evening.give(Verb.NEXT, 88, slot="minister")

    assert evening.runs()[-2:] == ["minister 87-88 +2", "close 90-120"]


def test_a_skipped_slot_does_not_play_and_can_be_brought_back(evening: Any) -> None:
    evening.give(Verb.SKIP, 10, slot="table")
    assert evening.runs()[:3] == ["case 0-45", "talk 45-60 +27", "minister 87-99"]
    assert evening.show.left_out(evening.n(11)) == {"table": "skipped"}

    evening.give(Verb.SKIP, 20, slot="table", on=False)
    assert evening.runs()[1:3] == ["table 45-75", "talk 75-87"]


def test_skipping_what_is_on_air_changes_nothing_there(evening: Any) -> None:
    evening.give(Verb.SKIP, 10, slot="case")

    assert evening.on(30) == "case"


def test_a_slot_that_stays_is_not_ended_by_the_clock(evening: Any) -> None:
    evening.give(Verb.STAY, 40, slot="case", on=True)

    assert evening.on(70) == "case"
    run = evening.show.slot_at(evening.n(50))
    assert {"on-air", "over", "stay"} <= set(run.state)
    assert evening.runs(50)[:3] == ["case 0-50", "table 50-79", "talk 79-87"]


def test_stay_and_its_release_before_the_end_leave_the_end_where_it_was(evening: Any) -> None:
    evening.give(Verb.STAY, 10, slot="case", on=True).give(Verb.STAY, 20, slot="case", on=False)

    assert evening.runs()[:2] == ["case 0-45", "table 45-75"]


def test_in_stay_end_timed_shots_wait_and_release_leaves_time_for_the_longest(build: Any) -> None:
    wrap = Shot("wrap", -2 * M, places={"main": "studio.main"})
    last = Shot("last", -M // 2, places={"main": "studio.backup"})
    desk = build.desk(
        build.day(
            build.slot("case", 20, site="mumbai", shots=(wrap, last)),
            build.slot("table", 40, shrink=30),
        )
    )
    desk.give(Verb.STAY, 15, slot="case", on=True)
    assert desk.show.at(desk.n(19)).scene.shot == ""
    assert desk.show.at(desk.n(30)).scene.shot == ""

    desk.give(Verb.STAY, 30, slot="case", on=False)
    assert desk.runs()[:2] == ["case 0-32", "table 32-60"]
    assert desk.show.at(desk.n(30)).scene.shot == "wrap"
    assert desk.show.at(desk.n(31.6)).scene.shot == "last"


def test_extending_after_an_end_timed_shot_unfires_it(build: Any) -> None:
    wrap = Shot("wrap", -2 * M, places={"main": "studio.main"})
    desk = build.desk(
        build.day(
            build.slot("case", 20, site="mumbai", shots=(wrap,)), build.slot("t", 40, shrink=30)
        )
    )
    desk.give(Verb.EXTEND, 19, slot="case", end_n=desk.n(30))
    show = desk.show

    assert show.at(desk.n(18.5)).scene.shot == "wrap"  # what was on stays true
    back = show.at(desk.n(19)).scene
    assert (back.shot, back.layers[0].source) == ("", "mumbai.headset")
    assert back.began_n == desk.n(19)
    assert show.at(desk.n(28)).scene.shot == "wrap"


# end: ask, and hard anchors


@pytest.fixture
def theatre(build: Any) -> Any:
    """A surgery that asks, at 0-45; table; minister at 75, hard, until 90."""
    return build.desk(
        build.day(
            build.slot("case", 45, end="ask", site="mumbai"),
            build.slot("table", 30, shrink=10),
            build.slot("minister", 15, at=build.clock("13:15")),
            build.slot("close", 30, grow=30),
            last=120,
        )
    )


def test_a_surgery_is_never_ended_by_the_clock(theatre: Any) -> None:
    assert theatre.on(60) == "case"
    assert {"on-air", "over", "ask"} <= set(theatre.show.slot_at(theatre.n(60)).state)
    assert theatre.on(119) == "case"


def test_end_decides_it_and_the_day_goes_on(theatre: Any) -> None:
    theatre.give(Verb.END, 2, slot="case", end_n=theatre.n(45), cause="default")

    assert (theatre.on(44.9), theatre.on(45)) == ("case", "table")


def test_an_end_decided_before_the_slot_begins_moves_with_the_slot(build: Any) -> None:
    desk = build.desk(
        build.day(
            build.slot("talk", 10),
            build.slot("case", 30, end="ask", site="mumbai"),
            build.slot("t", 20, shrink=10),
        )
    )
    desk.give(Verb.END, 8, slot="case", end_n=desk.n(40))
    desk.give(Verb.EXTEND, 9, slot="talk", end_n=desk.n(15))

    assert desk.runs() == ["talk 0-15", "case 15-45", "t 45-60"]
    assert desk.on(46) == "t"


def test_extending_moves_an_end_and_leaves_it_as_decided_as_it_was(theatre: Any) -> None:
    theatre.give(Verb.EXTEND, 40, slot="case", end_n=theatre.n(50))
    assert theatre.on(51) == "case"

    theatre.give(Verb.END, 41, slot="case", end_n=theatre.n(50))
    theatre.give(Verb.EXTEND, 42, slot="case", end_n=theatre.n(52))
    assert (theatre.on(51), theatre.on(52)) == ("case", "table")


def test_an_overdue_anchor_is_shown_and_joined_at_its_elapsed_time(theatre: Any) -> None:
    assert theatre.show.overdue(theatre.n(74)) is None
    assert theatre.show.overdue(theatre.n(78)).id == "minister"
    assert (
        "overdue"
        in next(r for r in theatre.show.line_up(theatre.n(78)) if r.id == "minister").state
    )

    theatre.give(Verb.NEXT, 80, slot="case")
    assert theatre.runs() == ["case 0-80", "minister 80-90", "close 90-120"]
    assert theatre.show.slot_at(theatre.n(81)).origin_n == theatre.n(75)
    assert theatre.show.left_out(theatre.n(81)) == {"table": "no time left before minister"}


def test_an_anchor_whose_time_is_over_is_not_played(theatre: Any) -> None:
    theatre.give(Verb.NEXT, 95, slot="case")

    assert theatre.runs() == ["case 0-95", "close 95-120"]


# sites that are not ready


@pytest.fixture
def theatre_door(build: Any) -> Any:
    """A panel, then a case that waits 3 minutes for its site, then the standby."""
    case = build.slot(
        "case",
        20,
        site="mumbai",
        not_ready=NotReady(3 * M, "standby"),
        standby="film",
        end="auto",
    )
    return build.desk(
        build.day(
            build.slot("panel", 10),
            case,
            build.slot("table", 30, shrink=20),
            standby=(build.slot("film", 15, mode="recorded"),),
        )
    )


def test_the_slot_before_goes_on_while_a_site_is_waited_for_then_the_standby_plays(
    theatre_door: Any,
) -> None:
    theatre_door.give(Verb.NOT_READY, 9, slot="case")

    assert theatre_door.runs() == ["panel 0-13", "film 13-30", "table 30-60"]
    assert (theatre_door.on(12), theatre_door.on(13)) == ("panel", "film")
    assert "standby" in theatre_door.show.slot_at(theatre_door.n(14)).state
    assert theatre_door.show.at(theatre_door.n(14)).scene.mode == "recorded"


def test_ready_while_waiting_starts_the_slot_at_once_with_its_length(theatre_door: Any) -> None:
    theatre_door.give(Verb.NOT_READY, 9, slot="case").give(Verb.READY, 12, slot="case")

    assert theatre_door.runs() == ["panel 0-12", "case 12-32", "table 32-60"]


def test_ready_in_time_changes_nothing(theatre_door: Any) -> None:
    theatre_door.give(Verb.NOT_READY, 8, slot="case").give(Verb.READY, 9, slot="case")

    assert theatre_door.runs() == ["panel 0-10", "case 10-30", "table 30-60"]
    assert "ready" in theatre_door.show.line_up(theatre_door.n(9.5))[1].state


def test_ready_during_the_standby_waits_for_a_person_to_join(theatre_door: Any) -> None:
    theatre_door.give(Verb.NOT_READY, 9, slot="case").give(Verb.READY, 16, slot="case")
    assert theatre_door.on(20) == "film"

    theatre_door.give(Verb.NEXT, 20, slot="film")
    assert theatre_door.runs() == ["panel 0-13", "film 13-20", "case 20-40", "table 40-60"]


def test_ready_during_the_standby_can_be_taken_back(theatre_door: Any) -> None:
    theatre_door.give(Verb.NOT_READY, 9, slot="case").give(Verb.READY, 16, slot="case")
    theatre_door.give(Verb.NOT_READY, 17, slot="case")
    assert theatre_door.runs() == ["panel 0-13", "film 13-30", "table 30-60"]

    theatre_door.give(Verb.NEXT, 20, slot="film")
    assert theatre_door.runs() == ["panel 0-13", "film 13-20", "table 20-50 +10"]


def test_ready_can_join_by_itself(theatre_door: Any) -> None:
    theatre_door.give(Verb.NOT_READY, 9, slot="case")
    theatre_door.give(Verb.READY, 16, slot="case", join=True)

    assert theatre_door.runs()[1:] == ["film 13-16", "case 16-36", "table 36-60"]


def test_waiting_can_be_made_longer_or_cut_short(theatre_door: Any) -> None:
    theatre_door.give(Verb.NOT_READY, 9, slot="case")
    theatre_door.give(Verb.NOT_READY, 12, slot="case", wait=2 * M)
    assert theatre_door.runs()[:2] == ["panel 0-14", "film 14-30"]

    theatre_door.give(Verb.NOT_READY, 13, slot="case", wait=0, then="start")
    assert theatre_door.runs()[:2] == ["panel 0-13", "case 13-33"]


def held_until(desk: Any, minute: float) -> float:
    """Until when the case is waited for, in minutes, as the cards say it."""
    hold = desk.show.decided(desk.n(minute)).holds["case"]
    return float((hold.until_n - desk.n(0)) / M)


def test_waiting_follows_the_end_of_the_slot_before(theatre_door: Any) -> None:
    end = theatre_door.n
    theatre_door.give(Verb.NOT_READY, 2, slot="case")
    theatre_door.give(Verb.EXTEND, 3, slot="panel", end_n=end(15))
    assert theatre_door.runs()[:2] == ["panel 0-18", "film 18-35"]
    assert held_until(theatre_door, 4) == 18

    theatre_door.give(Verb.EXTEND, 5, slot="panel", end_n=end(7))
    assert theatre_door.runs()[:2] == ["panel 0-10", "film 10-27"]
    assert held_until(theatre_door, 6) == 10


def test_time_that_was_given_counts_from_when_it_was_given_if_the_slot_was_due(
    theatre_door: Any,
) -> None:
    end = theatre_door.n
    theatre_door.give(Verb.NOT_READY, 2, slot="case", wait=1 * M)
    assert held_until(theatre_door, 3) == 11

    theatre_door.give(Verb.NOT_READY, 10.5, slot="case", wait=2 * M)
    assert held_until(theatre_door, 11) == 12.5
    theatre_door.give(Verb.SKIP, 11, slot="table", on=True)  # the line-up anew changes nothing
    assert held_until(theatre_door, 12) == 12.5

    theatre_door.give(Verb.EXTEND, 12, slot="panel", end_n=end(14))
    assert theatre_door.runs()[:2] == ["panel 0-16", "film 16-34 +26"]
    assert held_until(theatre_door, 13) == 16


def test_waiting_follows_a_slot_that_is_skipped_before_it(build: Any) -> None:
    case = build.slot("case", 20, site="mumbai", not_ready=NotReady(3 * M, "start"), end="auto")
    desk = build.desk(build.day(build.slot("panel", 10), build.slot("talk", 10), case))
    desk.give(Verb.NOT_READY, 2, slot="case")
    assert held_until(desk, 3) == 23

    desk.give(Verb.SKIP, 4, slot="talk", on=True)

    assert held_until(desk, 5) == 13
    assert desk.runs()[:2] == ["panel 0-13", "case 13-33 +27"]


def test_next_cuts_the_waiting_short(theatre_door: Any) -> None:
    theatre_door.give(Verb.NOT_READY, 9, slot="case").give(Verb.NEXT, 11, slot="panel")

    assert theatre_door.runs()[:2] == ["panel 0-11", "film 11-31"]


def test_a_slot_may_be_skipped_when_its_site_is_not_ready(theatre_door: Any) -> None:
    theatre_door.give(Verb.NOT_READY, 9, slot="case", then="skip")

    assert theatre_door.runs() == ["panel 0-13", "table 13-43 +17"]
    assert theatre_door.show.left_out(theatre_door.n(10)) == {"case": "not ready"}


def test_with_ask_the_slot_before_stays_until_somebody_decides(theatre_door: Any) -> None:
    theatre_door.give(Verb.NOT_READY, 9, slot="case", then="ask")
    assert theatre_door.on(30) == "panel"

    theatre_door.give(Verb.NEXT, 31, slot="panel")
    assert theatre_door.runs()[:2] == ["panel 0-31", "case 31-51"]


def test_not_ready_for_what_is_on_air_changes_nothing(theatre_door: Any) -> None:
    theatre_door.give(Verb.NOT_READY, 15, slot="case")

    assert theatre_door.on(16) == "case"


def test_the_defaults_to_journal_are_named_well_ahead(build: Any) -> None:
    desk = build.desk(
        build.day(
            build.slot("panel", 10),
            build.slot("case", 50, end="ask", not_ready=NotReady(3 * M, "standby")),
        )
    )
    assert desk.show.undecided(desk.n(5), M) == ()

    wanted = desk.show.undecided(desk.n(9.5), M)
    assert [(o.verb, o.args, o.cause) for o in wanted] == [
        (Verb.READY, {"slot": "case"}, "default"),
        (Verb.END, {"slot": "case", "end_n": desk.n(60)}, "default"),
    ]

    desk.give(Verb.READY, 9.6, slot="case").give(Verb.END, 9.6, slot="case", end_n=desk.n(60))
    assert desk.show.undecided(desk.n(9.7), M) == ()


def test_an_undecided_slot_that_is_over_is_to_end_now(theatre: Any) -> None:
    [end] = theatre.show.undecided(theatre.n(50), M)

    assert end.args == {"slot": "case", "end_n": theatre.n(50)}


# ROOM LEFT and the preview


def test_room_left_before_a_drop_and_before_the_anchor_is_late(evening: Any) -> None:
    room = evening.show.room(evening.n(40))

    assert (room.before_drop, room.before_late, room.anchor) == (14 * M, 22 * M, "minister")


def test_room_left_melts_while_a_slot_stays(evening: Any) -> None:
    evening.give(Verb.STAY, 40, slot="case", on=True)

    assert evening.show.room(evening.n(44)).before_drop == 14 * M
    assert evening.show.room(evening.n(50)).before_drop == 9 * M


@pytest.mark.parametrize(
    ("by", "table", "talk"), [(10, 22, 8), (12, 20, 8), (15, 25, None), (20, 20, None)]
)
def test_the_preview_of_an_overrun_into_a_hard_anchor(
    evening: Any, by: int, table: int, talk: int | None
) -> None:
    """The worked example of the specification: the case ends 40 minutes before the minister."""
    evening.give(Verb.EXTEND, 1, slot="case", end_n=evening.n(47))

    preview = evening.show.preview_extend(evening.n(40), "case", by * M)

    assert preview.allowed
    assert preview.end_n == evening.n(47 + by)
    lengths = {change.slot: change.new_frames // M for change in preview.shrinks}
    assert lengths == {"table": table} | ({"talk": talk} if talk else {})
    assert preview.drops == (("talk",) if talk is None else ())
    assert preview.beyond_max == max(47 + by - 58, 0) * M
    assert [(margin.slot, margin.frames) for margin in preview.anchors] == [("minister", 0)]


def test_the_preview_refuses_what_makes_a_hard_anchor_late(evening: Any) -> None:
    evening.give(Verb.EXTEND, 1, slot="case", end_n=evening.n(47))

    preview = evening.show.preview_extend(evening.n(40), "case", 21 * M)

    assert not preview.allowed
    assert preview.why == ("minister would be 1:00 late, with all that can go dropped: use STAY.")


def test_the_preview_promises_what_the_order_does(evening: Any) -> None:
    preview = evening.show.preview_extend(evening.n(40), "case", 12 * M)
    evening.give(Verb.EXTEND, 40, slot="case", end_n=preview.end_n)
    after = {run.id: run for run in evening.show.line_up()}

    for change in (*preview.shrinks, *preview.moves):
        assert after[change.slot].frames == change.new_frames
        assert after[change.slot].start_n == change.new_start_n


def test_the_preview_names_the_shots_that_will_come_again(build: Any) -> None:
    wrap = Shot("wrap", -2 * M, places={"main": "studio.main"})
    desk = build.desk(
        build.day(build.slot("case", 20, shots=(wrap,)), build.slot("t", 40, shrink=30))
    )

    assert desk.show.preview_extend(desk.n(19), "case", 10 * M).unfires == ("wrap",)
    assert desk.show.preview_extend(desk.n(10), "case", 10 * M).unfires == ()


def test_the_preview_refuses_the_past(evening: Any) -> None:
    assert not evening.show.preview_extend(evening.n(50), "case", M).allowed
    assert not evening.show.preview_extend(evening.n(40), "case", -10 * M).allowed
    assert evening.show.preview_extend(evening.n(30), "case", -10 * M).allowed
