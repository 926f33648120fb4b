"""Graphics: when each cue is on, whose name it carries, and a badge that tells the truth."""

from __future__ import annotations

from typing import Any

from orchestrator.bus.orders import Verb
from orchestrator.rundown.plan import GraphicCue, SceneSpec

S = 30
M = 60 * S


def on(desk: Any, minute: float, use: str, *dead: str) -> list[Any]:
    scene = desk.show.at(desk.n(minute), frozenset(dead)).scene
    return [graphic for graphic in scene.graphics if graphic.use == use]


def test_a_lower_third_is_on_for_its_time_with_the_persons_record(build: Any) -> None:
    cue = GraphicCue("lower-third", who="surgeon", at=60 * S, length=10 * S)
    desk = build.desk(build.day(build.slot("a", 60, people={"surgeon": ("ada",)}, graphics=(cue,))))

    assert on(desk, 0.99, "lower-third") == []
    [graphic] = on(desk, 1, "lower-third")
    assert on(desk, 1 + 10 / 60, "lower-third") == []
    assert (graphic.from_n, graphic.until_n) == (desk.n(1), desk.n(1) + 10 * S)
    assert graphic.data["name"] == "Dr Ada Rao"
    assert graphic.data["native"] == "डॉ. आदा राव"
    assert (graphic.data["role"], graphic.data["site"], graphic.data["city"]) == (
        "Knees",
        "Mumbai",
        "Mumbai",
    )


def test_several_people_of_a_role_come_together_in_the_files_order(build: Any) -> None:
    cue = GraphicCue("lower-third", who="guests", length=S)
    desk = build.desk(
        build.day(build.slot("a", 60, people={"guests": ("ben", "ada")}, graphics=(cue,)))
    )

    [graphic] = on(desk, 0, "lower-third")

    assert [person["name"] for person in graphic.data["people"]] == ["Ben Kim", "Dr Ada Rao"]
    assert graphic.data["people"][0]["city"] == ""


def test_nobody_in_the_role_means_no_graphic_and_a_person_can_be_named(build: Any) -> None:
    cues = (
        GraphicCue("lower-third", who="host", length=M),
        GraphicCue("lower-third", who="ben", length=M, data={"role": "Inventor"}),
    )
    desk = build.desk(build.day(build.slot("a", 60, graphics=cues)))

    [graphic] = on(desk, 0.5, "lower-third")

    assert (graphic.data["name"], graphic.data["role"]) == ("Ben Kim", "Inventor")


def test_a_cue_comes_again_every_so_often(build: Any) -> None:
    cue = GraphicCue("message", at=M, length=10 * S, every=5 * M, data={"text": "Hello"})
    desk = build.desk(build.day(build.slot("a", 60, graphics=(cue,))))

    times = [minute for minute in range(60) if on(desk, minute, "message")]

    assert times == list(range(1, 60, 5))
    keys = {on(desk, minute, "message")[0].key for minute in times}
    assert len(keys) == len(times)


def test_next_up_before_the_end_moves_with_the_end(build: Any) -> None:
    cue = GraphicCue("next-up", at=-60 * S, length=20 * S)
    desk = build.desk(
        build.day(
            build.slot("a", 20, graphics=(cue,)),
            build.slot("pause", 10, title={}),
            build.slot("b", 30, shrink=20, title={"en": "The talk", "fr": "Le mot"}, site="mumbai"),
        )
    )
    [graphic] = on(desk, 19, "next-up")
    assert (graphic.data["title"], graphic.data["time"]) == ("The talk", "12:30")
    assert graphic.data["start_n"] == desk.n(30)

    desk.give(Verb.EXTEND, 10, slot="a", end_n=desk.n(25))
    assert on(desk, 19, "next-up") == []
    assert on(desk, 24, "next-up")[0].data["time"] == "12:35"


def test_a_cue_without_a_length_is_on_until_the_slot_ends(build: Any) -> None:
    cue = GraphicCue("next-up")
    desk = build.desk(build.day(build.slot("a", 20, graphics=(cue,)), build.slot("b", 40)))

    [graphic] = on(desk, 19.9, "next-up")

    assert graphic.until_n == desk.n(20)
    assert on(desk, 20, "next-up") == []


def test_graphics_go_out_on_safe_and_never_stand_on_a_slate(build: Any) -> None:
    cue = GraphicCue("message", data={"text": "Hello"})
    desk = build.desk(build.day(build.slot("a", 60, site="mumbai", graphics=(cue,))))
    assert on(desk, 1, "message", "mumbai.headset") == []

    desk.give(Verb.SAFE, 5)
    assert on(desk, 6, "message") == []
    assert on(desk, 4, "message")


def test_the_badge_follows_the_mode_and_what_is_really_shown(build: Any) -> None:
    clip = SceneSpec("full", {"main": "clip.film"}, {"main": 0.0})
    desk = build.desk(
        build.day(
            build.slot("live", 15, site="mumbai"),
            build.slot("later", 15, site="mumbai", mode="deferred"),
            build.slot("film", 15, scene=clip, mode="recorded"),
            build.slot("pause", 15, scene=clip),
        )
    )

    def badge(minute: float, *dead: str) -> str:
        return "".join(graphic.data["text"] for graphic in on(desk, minute, "badge", *dead))

    assert [badge(minute) for minute in (1, 16, 31, 46)] == ["LIVE", "DELAYED", "RECORDED", ""]
    assert badge(1, "mumbai.headset") == ""  # a slate is not live

    desk.give(Verb.TAKE, 32, places={"main": "studio.main"})
    assert badge(33) == "LIVE"
