"""The 24-hour example, and a file with every field there is."""

from collections import Counter
from pathlib import Path

import pytest

from orchestrator.rundown.load import load
from orchestrator.rundown.plan import (
    Clip,
    Feed,
    GraphicCue,
    Health,
    NotReady,
    Place,
    Plan,
    Shot,
    Start,
    TimeSpec,
    Transition,
)
from orchestrator.rundown.problem import Severity

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "schedules" / "holographic-24h.yaml"
EVERY_FIELD = ROOT / "tests" / "golden" / "rundown" / "every-field.yaml"


@pytest.fixture(scope="module")
def day() -> Plan:
    loaded = load(EXAMPLE)
    assert [p for p in loaded.problems if p.severity is not Severity.NOTE] == []
    assert loaded.plan is not None
    return loaded.plan


@pytest.fixture(scope="module")
def every_field() -> Plan:
    plan = load(EVERY_FIELD).plan
    assert plan is not None
    return plan


def test_the_example_is_short_and_has_its_sixty_two_slots(day: Plan) -> None:
    assert len(EXAMPLE.read_text(encoding="utf-8").splitlines()) <= 260
    assert Counter(slot.kind for slot in day.slots) == {
        "panel": 17,
        "interview": 14,
        "surgery": 11,
        "guest-talk": 6,
        "break": 5,
        "handover": 5,
        "video": 2,
        "recorded-case": 2,
    }
    assert len(day.sites) == 14
    assert len(day.feeds()) == 28


def test_rotations_give_ids_of_site_and_member(day: Plan) -> None:
    assert [slot.id for slot in day.slots[:8]] == [
        "opening",
        "mumbai-case",
        "mumbai-table",
        "mumbai-talk",
        "dubai-case",
        "dubai-table",
        "dubai-talk",
        "break-1",
    ]
    assert [block.first for block in day.blocks] == [
        "opening",
        "to-africa",
        "to-americas",
        "to-night",
        "to-europe",
    ]


def test_a_case_has_everything_of_its_kind(day: Plan) -> None:
    case = next(slot for slot in day.slots if slot.id == "casablanca-case")
    minute = 60 * 30
    assert (case.duration, case.shortest, case.longest) == (45 * minute, 35 * minute, 58 * minute)
    assert (case.priority, case.end, case.language) == (9, "ask", "fr")
    assert case.people == {"host": ("d-osei",), "surgeon": ("y-benali",)}
    assert case.scene.places == {"main": "casablanca.headset", "inset": "studio.main"}
    assert case.scene.audio == {"main": 0.0, "inset": -6.0}
    assert case.fallback == {
        "main": ("casablanca.room", "slate.site.casablanca"),
        "inset": ("hide",),
    }
    assert case.shots[1] == Shot("wrap", -2 * minute, "full", {"main": "studio.main"})
    assert case.health == Health(45, 60 * 30, None, None, 300)
    assert case.not_ready == NotReady(3 * minute, "standby")


def test_a_recorded_case_has_lost_what_its_kind_takes_away(day: Plan) -> None:
    case = next(slot for slot in day.slots if slot.id == "kyiv-case")
    assert case.kinds == ("recorded-case", "surgery")
    assert (case.mode, case.end, case.not_ready, case.shots) == ("recorded", "auto", NotReady(), ())
    assert case.scene.places == {"main": "clip.case-kyiv"}
    assert case.scene.audio == {"main": 0.0}
    assert case.fallback == {"main": ("slate.event",)}


def test_a_guest_at_home_is_a_source(day: Plan) -> None:
    talk = next(slot for slot in day.slots if slot.id == "night-1")
    assert talk.scene.places == {"main": "studio.main", "inset": "guest.v-rao"}


def test_fields_know_where_they_were_written(day: Plan) -> None:
    case = next(slot for slot in day.slots if slot.id == "london-case")
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    assert "r-hale" in lines[case.at("people.surgeon").line - 1]
    assert lines[case.at("scene.inset").line - 1].strip().startswith("scene: {layout: pip")
    assert lines[case.at("people.host").line - 1].strip() == "defaults: {people: {host: i-walsh}}"


def test_every_field_arrives(every_field: Plan) -> None:
    plan, second = every_field, 25
    opening, case, word, over, guest, later, last = plan.slots
    assert plan.title == {"fr": "Tous les champs", "en": "Every field"}
    assert plan.programme.fps == 25
    assert plan.sites["no"].staffed == (1200, 120)
    assert plan.sites["no"].feeds[0] == Feed(
        "no.headset",
        "no",
        "srt",
        "env:KEY",
        "env:PASS",
        200,
        -120,
        3.5,
        plan.sites["no"].feeds[0].mark,
    )
    assert plan.layouts["wall"].places == (
        Place("left", (0, 0, 0.5, 1), "contain", (0.1, 0, 0.8, 1), "4px #ffcc00"),
        Place("right", (0.5, 0, 0.5, 1)),
    )
    clip = plan.clips["intro"]
    assert clip == Clip("intro", "intro.mp4", 25, 225, True, "The intro", "C-CLIP", clip.mark)

    assert opening.title == {"fr": "Bonjour"}
    assert (opening.was, opening.notes, opening.block) == ("welcome", "two\nlines", "First")
    assert opening.extra == {"x-camera": "3", "x-colour": "red"}
    assert opening.transition == Transition("push-up", 12)
    assert opening.shots == (
        Shot("close", 10 * second, "full"),
        Shot(
            "end-20s",
            -20 * second,
            None,
            {"inset": "clip.intro"},
            {"inset": -3.0},
            Transition("wipe-right", 10),
        ),
    )
    assert opening.graphics[1] == GraphicCue(
        "score", None, {"home": "1", "away": ["2", "3"], "note": None}, -60 * second
    )
    assert opening.scene.audio == {"main": -2.5, "inset": None}
    assert opening.fallback["main"] == ("studio.bars", "slate.site.studio", "slate.privacy")
    assert opening.health == Health(3, None, 125, 1500, 100)
    assert opening.outputs == {"hls": "on", "youtube": "slate"}

    assert case.start.at is not None
    assert (case.start.at.zone, case.start.slip) == ("Europe/Oslo", 600 * second)
    assert (case.health.freeze, case.transition) == (500, Transition())
    assert word.start == Start()
    assert (over.id, guest.id, guest.language) == ("no-to-studio-2", "studio-2-word", "en")
    assert later.kinds == ("quiet-surgery", "surgery")
    assert (later.start, later.mode, later.scene.audio) == (
        Start(after="studio-2-word"),
        "recorded",
        {"left": None, "right": None},
    )
    assert last.end == "event"
    assert plan.shifts[1].start == TimeSpec("+1h", elapsed=90_000, mark=plan.shifts[1].start.mark)


def test_outputs_carry_what_is_particular_to_them(every_field: Plan) -> None:
    hls, youtube, record = every_field.outputs
    assert (hls.audience, hls.ladder) == ("open", ("720p 2500k faster", "360p"))
    assert hls.options == {"window_s": 120.0, "dvr_s": 3600.0}
    assert (youtube.kind, youtube.url) == ("push", "env:YT")
    assert youtube.options == {
        "backup": "env:YT2",
        "handover_s": 28_200.0,
        "then": ["env:YT3"],
    }
    assert record.options == {"each": "event", "keep_s": 604800.0, "clean": True}
