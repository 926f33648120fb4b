"""The twelve warnings, each shown by a day that deserves it and a day that does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.rundown.plan import (
    Clip,
    GraphicCue,
    Output,
    Person,
    SceneSpec,
    Shift,
    Shot,
    Start,
    TimeSpec,
)
from orchestrator.rundown.problem import Mark, Severity
from orchestrator.rundown.resolved import Shift as TimedShift
from orchestrator.rundown.warnings import Day, warnings
from orchestrator.rundown.warnings.identifiability import found

NOON = 1792836000 * 30
MINUTE = 1800
Make = Callable[..., Any]


def said(day: Day, code: str) -> list[str]:
    return [f"{p.path}: {p.message}" for p in warnings(day) if p.code == code]


def test_a_day_without_faults_is_silent(day: Make, plan_slot: Make, surgery: Make) -> None:
    assert warnings(day([plan_slot("opening"), surgery("case")])) == []


# W1, W2, W11: how the day fits


def test_w1_a_slot_that_is_squeezed_is_named_and_one_that_grew_is_not(
    day: Make, plan_slot: Make
) -> None:
    found = said(day([(plan_slot("short"), 25), (plan_slot("long"), 35)]), "W1")

    assert found == ["short: shrunk from 30m to 25m, because what follows has a fixed time."]


def test_w2_a_gap_is_named_with_its_length_and_hours(day: Make, plan_slot: Make) -> None:
    found = said(day([plan_slot("opening")], minutes=45), "W2")

    assert found == [
        "opening: 15m of event slate between it and the end of the event, 12:30 to 12:45."
    ]


def _anchored(slot: Any) -> Any:
    return replace(slot, start=Start(TimeSpec("13:15", (13, 15, 0), "Europe/Paris")))


def test_w11_a_surgery_whose_longest_reaches_a_hard_anchor_is_named(
    day: Make, plan_slot: Make, surgery: Make
) -> None:
    slots = [
        surgery("case", grow=15 * MINUTE),
        plan_slot("talk", shrink=20 * MINUTE),
        _anchored(plan_slot("minister")),
    ]

    assert said(day(slots, anchors={"minister": "hard"}), "W11") == []

    slots[1] = plan_slot("talk", shrink=10 * MINUTE)
    assert said(day(slots, anchors={"minister": "hard"}), "W11") == [
        "case: nobody but the desk ends it, and at its longest (1h) "
        "minister (13:15) would be 5m late."
    ]


def test_w11_the_end_of_the_event_is_an_anchor_too(day: Make, surgery: Make) -> None:
    found = said(day([surgery("case", grow=15 * MINUTE)]), "W11")

    assert found == [
        "case: nobody but the desk ends it, and at its longest (1h) "
        "the end of the event (12:45) would be 15m late."
    ]


def test_w11_a_back_timed_slot_gives_way_down_to_its_shortest_and_no_further(
    day: Make, plan_slot: Make, surgery: Make
) -> None:
    closing = plan_slot("closing", 20, end="event", shrink=10 * MINUTE)

    assert said(day([surgery("case", grow=10 * MINUTE), closing]), "W11") == []
    assert said(day([surgery("case", grow=15 * MINUTE), closing]), "W11") == [
        "case: nobody but the desk ends it, and at its longest (1h) "
        "the end of closing (13:05) would be 5m late."
    ]


# W3, W6: people's hours


def test_w3_a_live_slot_outside_staffed_hours_is_named_in_the_sites_own_time(
    day: Make, plan_slot: Make, surgery: Make
) -> None:
    found = said(day([plan_slot("talks", 260), surgery("case")]), "W3")

    assert found == ["case: 20:00 in Mumbai; staffed 08:00-20:00."]


def test_w3_a_recorded_slot_needs_nobody(day: Make, plan_slot: Make, surgery: Make) -> None:
    assert said(day([plan_slot("talks", 260), surgery("case", mode="recorded")]), "W3") == []


def test_w3_in_a_rehearsal_that_was_moved_is_said_but_not_counted(
    day: Make, plan_slot: Make, surgery: Make
) -> None:
    moved = day([plan_slot("talks", 400), surgery("case")], is_rehearsal=True)

    assert {p.severity for p in warnings(moved) if p.code == "W3"} == {Severity.NOTE}


@pytest.mark.parametrize(
    ("minute", "where"),
    [(19, []), (21, ["9m before"]), (40, ["10m into"]), (84, ["9m after"]), (85, [])],
)
def test_w6_a_shift_changes_at_least_ten_minutes_away_from_a_surgery(
    day: Make, plan_slot: Make, surgery: Make, minute: int, where: list[str]
) -> None:
    change = TimeSpec("?")
    shifts = [(NOON, NOON + minute * MINUTE), (NOON + minute * MINUTE, NOON + 200 * MINUTE)]
    pairs = tuple(
        (TimedShift(a, b, "ana"), Shift(change, change, "ana", mark=Mark("event.yaml", 90)))
        for a, b in shifts
    )

    found = said(
        day([plan_slot("talk"), surgery("case"), plan_slot("end", 125)], shifts=pairs), "W6"
    )

    assert [text.split(" is ")[1].split(" case")[0] for text in found] == where


# W4, W8: people


def test_w4_a_surgeon_cannot_prepare_here_while_on_air_there(day: Make, surgery: Make) -> None:
    people = {"surgeon": ("rao",)}
    first = surgery("first", people=people)
    second = surgery("second", people=people, setup=20 * MINUTE)

    assert said(day([first, second]), "W4") == [
        "second: Asha Rao is in first until 12:45 and needed here from 12:25 (setup)."
    ]


def test_w4_nobody_is_in_two_cities_within_half_an_hour(
    day: Make, plan_slot: Make, surgery: Make
) -> None:
    people = {"surgeon": ("rao",)}
    there = SceneSpec("full", {"main": "lapaz.headset"}, {"main": 0.0})
    slots = [
        surgery("first", people=people),
        plan_slot("talk", 25),
        surgery("second", people=people, site="lapaz", scene=there),
    ]

    assert said(day(slots), "W4") == [
        "second: Asha Rao is in Mumbai until 12:45 (first) and in La Paz 25m later."
    ]
    assert said(day([slots[0], plan_slot("talk", 30), slots[2]]), "W4") == []


def test_w4_a_host_rests_after_four_hours_and_a_film_of_20_minutes_is_no_rest(
    day: Make, plan_slot: Make
) -> None:
    people = {"host": ("lang",)}
    slots = [
        plan_slot("one", 120, people=people),
        plan_slot("film", 20),
        plan_slot("two", 120, people=people),
    ]

    assert said(day(slots), "W4") == [
        "one: Hanna Lang hosts for 4h20m on end (12:00-16:20, to two)."
    ]
    assert said(day([slots[0], plan_slot("film", 30), slots[2]]), "W4") == []


def test_w8_a_name_nobody_can_read_is_named(day: Make, plan_slot: Make) -> None:
    slot = plan_slot(
        "panel",
        language="ar",
        people={"guests": ("rao",)},
        graphics=(GraphicCue("lower-third", "guests"),),
    )

    assert said(day([slot]), "W8") == [
        "panel: rao has no name in the script of the floor language (ar): only आशा राव."
    ]
    assert said(day([replace(slot, language="hi")]), "W8") == []
    assert said(day([replace(slot, language="en")]), "W8") == []


def test_w8_a_name_without_a_font_and_a_lower_third_for_nobody_are_named(
    day: Make, plan_slot: Make
) -> None:
    cues = (GraphicCue("lower-third", "guests"), GraphicCue("lower-third", "host"))
    slot = plan_slot("panel", people={"guests": ("rao",)}, graphics=cues)

    found = said(day([slot], undrawable="श"), "W8")

    assert found == [
        "panel: a lower-third for host, but the slot names nobody as host.",
        "people › rao: no font on this machine has श (U+0936), so the name cannot be drawn.",
    ]


# W5, W7, W9, W10: the slot itself


def test_w5_a_surgery_needs_a_standby_and_a_second_feed(day: Make, surgery: Make) -> None:
    bare = surgery("case", standby=None, fallback={"main": ("slate.site.mumbai",)})

    assert said(day([bare]), "W5") == [
        "case: no standby: if the site is not ready there is only the slate.",
        "case: no backup feed behind mumbai.headset in main: if it dies there is only the slate.",
    ]
    assert said(day([replace(bare, mode="recorded")]), "W5") == []


def _film(id_: str = "film") -> SceneSpec:
    return SceneSpec("full", {"main": f"clip.{id_}"}, {"main": 0.0})


@pytest.mark.parametrize(
    ("minutes", "says"),
    [
        (29, "the fallback shows for the last 1m."),
        (30, None),
        (31, "the last 1m are never seen."),
    ],
)
def test_w7_a_clip_fits_its_slot(
    day: Make, plan_slot: Make, minutes: int, says: str | None
) -> None:
    slot = plan_slot("night", mode="recorded", scene=_film())

    found = said(day([slot], clip_frames={"film": minutes * MINUTE}), "W7")

    assert [text.split(": ")[-1] for text in found] == ([says] if says else [])


def test_w7_a_loop_an_unread_clip_and_a_clip_that_a_shot_replaces_are_fine(
    day: Make, plan_slot: Make
) -> None:
    replaced = plan_slot(
        "third", scene=_film(), shots=(Shot("s", 10 * MINUTE, places={"main": "studio.main"}),)
    )
    slots = [plan_slot("first", scene=_film("loop")), plan_slot("second", scene=_film()), replaced]

    assert said(day(slots, clip_frames={"loop": MINUTE}), "W7") == []
    assert len(said(day([replaced], clip_frames={"film": 9 * MINUTE}), "W7")) == 1
    assert said(day([replaced], clip_frames={"film": 20 * MINUTE}), "W7") == []


def test_w7_a_shot_that_does_not_name_the_place_brings_the_scenes_source_back(
    day: Make, plan_slot: Make
) -> None:
    shots = (
        Shot("film", 10 * MINUTE, places={"main": "clip.film"}),
        Shot("back", 20 * MINUTE, layout="full"),
    )

    found = said(day([plan_slot("talk", shots=shots)], clip_frames={"film": 8 * MINUTE}), "W7")

    assert [text.split(": ")[1] for text in found] == [
        "clip film is 8m long and its slot needs 10m"
    ]


def test_w7_the_cue_points_of_a_clip_count(day: Make, plan_slot: Make) -> None:
    clips = {"film": Clip("film", "film.mp4", cue_in=5 * MINUTE, cue_out=35 * MINUTE)}

    assert said(day([plan_slot("night", scene=_film())], clips=clips), "W7") == []


def test_w9_what_a_squeezed_slot_would_lose_is_named(day: Make, plan_slot: Make) -> None:
    slot = plan_slot(
        "panel",
        shrink=10 * MINUTE,
        shots=(Shot("at-20m", 20 * MINUTE), Shot("wrap", -2 * MINUTE)),
        graphics=(GraphicCue("badge", at=19 * MINUTE, length=2 * MINUTE), GraphicCue("clock")),
    )

    assert [text.split(" vanishes")[0] for text in said(day([slot]), "W9")] == [
        "panel: the shot at 20m",
        "panel: the badge at 19m",
        "panel: the shot at 20m and the shot wrap at -2m cross when the slot is squeezed to its "
        "shortest (20m).",
    ]


def test_w9_a_slot_that_may_shrink_to_nothing_takes_its_cues_along(
    day: Make, plan_slot: Make
) -> None:
    slot = plan_slot("break", 10, shrink=10 * MINUTE, graphics=(GraphicCue("badge", at=MINUTE),))

    assert said(day([slot]), "W9") == []


def test_w10_an_open_output_that_is_mostly_slate_is_named(
    day: Make, plan_slot: Make, surgery: Make
) -> None:
    outputs = (Output("platform", "push", "open"), Output("hls", "hls", "professional"))

    found = said(day([surgery("case"), plan_slot("talk")], outputs=outputs), "W10")

    assert found == ["outputs › platform: shows the slate for 45m of 1h15m (60 %)."]
    assert said(day([surgery("case"), plan_slot("talk", 45)], outputs=outputs), "W10") == []


# W12: identifiability


@pytest.mark.parametrize(
    ("title", "what"),
    [
        ("Knee, 63 year old", "an age (63 year old)"),
        ("Hip of a 7-month-old", "an age (7-month-old)"),
        ("Genou, patient de 63 ans", "an age (de 63 ans)"),
        ("Knie, 63-jährige", "an age (63-jährige)"),
        ("Spine 45M", "an age (45M)"),
        ("Hip replacement, Mrs K.", "initials (Mrs K.)"),
        ("Hip replacement, J. D.", "initials (J. D.)"),
        ("Shoulder of patient JD", "initials (patient JD)"),
        ("Case 20261024", "a number like a patient's (20261024)"),
        ("Knee, operated 2026-10-24", "the date of a case (2026-10-24)"),
        ("Knee, 24 October", "the date of a case (24 October)"),
        ("Genou, 24 octobre", "the date of a case (24 octobre)"),
    ],
)
def test_w12_what_could_tell_who_a_patient_is_is_named(title: str, what: str) -> None:
    assert list(found(title, is_case=True)) == [what]


@pytest.mark.parametrize(
    "title",
    [
        "Welcome to 24 hours",
        "Knee: ligament reconstruction",
        "Surgery at 3600 m",
        "A resident's year",
        "The hour that happens twice",
        "Mumbai, the day after",
        "Is live surgery ethical?",
        "H.E. the minister's word",
        "The market in 10 minutes",
        "Dr Marchetti explains",
    ],
)
def test_w12_plain_titles_are_silent(title: str) -> None:
    assert list(found(title, is_case=True)) == []


def test_w12_a_date_in_the_title_of_a_panel_is_no_secret(day: Make, plan_slot: Make) -> None:
    slot = plan_slot("panel", title={"en": "What happened on 9 February"})

    assert said(day([slot]), "W12") == []
    assert len(said(day([replace(slot, consent="C-1")]), "W12")) == 1


def test_w12_looks_into_file_names_and_graphics_too(day: Make, plan_slot: Make) -> None:
    clips = {"film": Clip("film", "clips/knee_63_year_old.mp4")}
    slot = plan_slot("panel", graphics=(GraphicCue("message", data={"text": "Mrs K."}),))

    assert [text.split(" holds ")[1] for text in said(day([slot], clips=clips), "W12")] == [
        "initials (Mrs K.), by which a patient could be known.",
        "an age (63 year old), by which a patient could be known.",
    ]


def test_people_of_unknown_id_do_not_stop_a_warning(day: Make, plan_slot: Make) -> None:
    slot = plan_slot("panel", people={"host": ("nobody",)}, graphics=(GraphicCue("badge", "host"),))

    assert warnings(day([slot], people={"x": Person("x", "X")})) == []
