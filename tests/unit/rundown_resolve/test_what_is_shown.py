"""Scenes: shots, transitions, takes, stand-ins, gains and clips, frame by frame."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.bus.orders import Verb
from orchestrator.rundown.plan import Clip, Feed, SceneSpec, Shot, Site, Transition
from orchestrator.rundown.scene import Scene

M = 60 * 30
MIX = Transition("mix", 18)
WRAP = Shot("wrap", -2 * M, layout="full", places={"main": "studio.main"})
LATER = Shot("later", 5 * M, layout="full")


def sources(scene: Scene) -> dict[str, str]:
    return {layer.place.name: layer.source for layer in scene.layers}


def gains(scene: Scene) -> dict[str, float | None]:
    return {layer.place.name: layer.gain_db for layer in scene.layers}


@pytest.fixture
def afternoon(build: Any) -> Any:
    """A case in Mumbai with picture in picture (0-20), a panel from the studio, a film."""
    case = build.slot(
        "case",
        20,
        site="mumbai",
        scene=SceneSpec(
            "pip", {"main": "mumbai.headset", "inset": "studio.main"}, {"main": 0.0, "inset": -6.0}
        ),
        shots=(LATER, WRAP),
        fallback={"main": ("mumbai.room", "slate.site.mumbai"), "inset": ("hide",)},
        transition=MIX,
    )
    film = build.slot(
        "film", 20, scene=SceneSpec("full", {"main": "clip.film"}, {"main": -3.0}), mode="recorded"
    )
    return build.desk(
        build.day(case, build.slot("panel", 20), film, clips={"film": Clip("film", "f.mp4")})
    )


def scene(desk: Any, minute: float, *dead: str) -> Scene:
    found: Scene = desk.show.at(desk.n(minute), frozenset(dead)).scene
    return found


def test_before_after_and_between_there_is_the_event_slate(afternoon: Any) -> None:
    for minute in (-600, -0.001, 60, 6000):
        nothing = scene(afternoon, minute)
        assert (nothing.slot, nothing.layout) == ("", "full")
        assert sources(nothing) == {"main": "slate.event"}
        assert nothing.audience == "open"


def test_a_day_without_slots_is_event_slate_all_day(build: Any) -> None:
    desk = build.desk(build.day())
    desk.give(Verb.NEXT, 1).give(Verb.TAKE, 2, places={"main": "studio.main"})

    assert sources(scene(desk, 1)) == {"main": "slate.event"}
    assert sources(scene(desk, 3)) == {"main": "studio.main"}
    assert desk.show.line_up() == ()
    assert desk.show.room(desk.n(1)).before_drop is None


def test_a_slot_begins_on_its_frame_and_not_before(afternoon: Any) -> None:
    n = afternoon.n(20)

    assert afternoon.show.at(n - 1).scene.slot == "case"
    assert afternoon.show.at(n).scene.slot == "panel"
    assert afternoon.show.at(n).scene.began_n == n


def test_a_shot_changes_only_what_it_sets(afternoon: Any) -> None:
    assert sources(scene(afternoon, 4.9)) == {"main": "mumbai.headset", "inset": "studio.main"}

    later = scene(afternoon, 5)
    assert (later.shot, later.layout, sources(later)) == (
        "later",
        "full",
        {"main": "mumbai.headset"},
    )
    assert gains(later) == {"main": 0.0}
    assert sources(scene(afternoon, 18)) == {"main": "studio.main"}


def test_the_transition_leads_into_the_slot_and_begins_on_its_first_frame(afternoon: Any) -> None:
    n = afternoon.n(0)
    first, last = afternoon.show.at(n), afternoon.show.at(n + 17)

    assert (first.outgoing and sources(first.outgoing)) == {"main": "slate.event"}
    assert (first.transition, first.progress) == (MIX, pytest.approx(1 / 19))
    assert last.progress == pytest.approx(18 / 19)
    after = afternoon.show.at(n + 18)
    assert (after.outgoing, after.progress) == (None, 1.0)


def test_shots_cut(afternoon: Any) -> None:
    assert afternoon.show.at(afternoon.n(5)).outgoing is None


# stand-ins


def test_a_dead_source_is_replaced_in_its_place_by_the_first_living_stand_in(
    afternoon: Any,
) -> None:
    stood_in = scene(afternoon, 1, "mumbai.headset")

    assert sources(stood_in) == {"main": "mumbai.room", "inset": "studio.main"}
    assert stood_in.layers[0].wanted == "mumbai.headset"
    assert gains(stood_in) == {"main": 0.0, "inset": -6.0}  # the place's gain: its own sound
    assert (stood_in.cause.by, stood_in.cause.rule) == (
        "failover",
        "main: mumbai.room for mumbai.headset",
    )


def test_the_chain_goes_on_to_the_slate_and_hide_takes_the_place_away(afternoon: Any) -> None:
    dark = scene(afternoon, 1, "mumbai.headset", "mumbai.room", "studio.main")

    assert sources(dark) == {"main": "slate.site.mumbai"}


def test_without_a_fallback_a_site_has_its_slate_and_other_places_are_hidden(build: Any) -> None:
    spec = SceneSpec("pip", {"main": "london.headset", "inset": "studio.main"}, {"main": 0.0})
    desk = build.desk(build.day(build.slot("a", 60, scene=spec)))

    assert sources(scene(desk, 1, "london.headset")) == {
        "main": "slate.site.london",
        "inset": "studio.main",
    }
    assert sources(scene(desk, 1, "studio.main")) == {"main": "london.headset"}


def test_guests_are_never_there_yet(build: Any) -> None:
    spec = SceneSpec("full", {"main": "guest.ben"}, {"main": 0.0})
    desk = build.desk(build.day(build.slot("a", 60, scene=spec)))

    assert sources(scene(desk, 1)) == {"main": "slate.event"}


def test_when_every_place_is_hidden_the_event_slate_is_shown(build: Any) -> None:
    spec = SceneSpec("full", {"main": "hide"}, {})
    desk = build.desk(build.day(build.slot("a", 60, scene=spec)))

    assert sources(scene(desk, 1)) == {"main": "slate.event"}


def test_a_stand_in_comes_with_a_cut(afternoon: Any) -> None:
    look = afternoon.show.at(afternoon.n(1), frozenset({"mumbai.headset"}))

    assert look.outgoing is None


def test_a_site_under_privacy_is_not_shown_until_it_is_restored(afternoon: Any) -> None:
    afternoon.give(Verb.PRIVACY, 1, site="mumbai").give(Verb.RESTORE, 3, site="mumbai")

    assert sources(scene(afternoon, 0.9))["main"] == "mumbai.headset"
    assert sources(scene(afternoon, 1))["main"] == "slate.site.mumbai"
    assert sources(scene(afternoon, 3))["main"] == "mumbai.headset"


# gains


def test_a_feeds_trim_is_sticky_and_apart_from_the_gain_of_its_place(afternoon: Any) -> None:
    afternoon.give(Verb.GAIN, 1, feed="studio.main", trim_db=4.0)
    show = afternoon.show

    assert show.trim_db("studio.main", afternoon.n(0.9)) == 0.0
    assert show.trim_db("studio.main", afternoon.n(1)) == 4.0
    assert show.trim_db("studio.main", afternoon.n(50)) == 4.0
    assert gains(scene(afternoon, 30)) == {"main": 0.0}


def test_a_trim_written_in_the_file_counts_until_another_is_ordered(build: Any) -> None:
    feed = Feed("mumbai.headset", "mumbai", "synthetic", "", trim_db=-5.0)
    site = Site("mumbai", {"en": "Mumbai"}, "Mumbai", "Asia/Kolkata", (0, 1440), (feed,))
    desk = build.desk(build.day(build.slot("a", 60, site="mumbai"), sites={"mumbai": site}))
    desk.give(Verb.GAIN, 10, feed="mumbai.headset", trim_db=1.0)

    assert desk.show.trim_db("mumbai.headset", desk.n(9)) == -5.0
    assert desk.show.trim_db("mumbai.headset", desk.n(10)) == 1.0


# takes


def test_a_take_holds_to_the_end_of_its_slot_through_shots_and_brings_its_transition(
    afternoon: Any,
) -> None:
    places = {"main": "london.room"}
    afternoon.give(Verb.TAKE, 4, layout="full", places=places, transition="mix 600ms")
    look = afternoon.show.at(afternoon.n(4))

    assert sources(look.scene) == {"main": "london.room"}
    assert (look.scene.cause.by, look.scene.cause.author, look.scene.cause.seq) == (
        "operator",
        "tom",
        1,
    )
    assert look.outgoing is not None
    assert look.transition == MIX
    for minute in (5, 18, 19.99):
        assert sources(scene(afternoon, minute)) == {"main": "london.room"}
    assert sources(scene(afternoon, 20)) == {"main": "studio.main"}


def test_a_take_keeps_what_it_does_not_name(afternoon: Any) -> None:
    afternoon.give(Verb.TAKE, 4, places={"inset": "london.room"}, audio={"main": None})

    taken = scene(afternoon, 6)

    assert sources(taken) == {"main": "mumbai.headset", "inset": "london.room"}
    assert gains(taken) == {"main": None, "inset": -6.0}


def test_a_take_until_released_outlives_its_slot(afternoon: Any) -> None:
    afternoon.give(Verb.TAKE, 4, places={"main": "london.room"}, layout="full", until="released")
    afternoon.give(Verb.RELEASE, 30)

    assert sources(scene(afternoon, 29)) == {"main": "london.room"}
    assert scene(afternoon, 29).slot == "panel"
    back = scene(afternoon, 30)
    assert (sources(back), back.began_n, back.cause.rule) == (
        {"main": "studio.main"},
        afternoon.n(30),
        "release",
    )


def test_a_take_until_a_frame_ends_there(afternoon: Any) -> None:
    until = afternoon.n(6)
    afternoon.give(Verb.TAKE, 4, places={"main": "london.room"}, until=until)

    assert sources(scene(afternoon, 5.99))["main"] == "london.room"
    assert scene(afternoon, 6).shot == "later"
    assert scene(afternoon, 6).began_n == until


def test_a_take_is_moved_by_the_slots_end(afternoon: Any) -> None:
    afternoon.give(Verb.TAKE, 4, places={"main": "london.room"}, layout="full")
    afternoon.give(Verb.STAY, 10, slot="case", on=True)

    assert sources(scene(afternoon, 25)) == {"main": "london.room"}


def test_a_dead_taken_source_is_replaced_and_the_operators_choice_stays(afternoon: Any) -> None:
    afternoon.give(Verb.TAKE, 21, places={"main": "london.room"})

    dark = scene(afternoon, 22, "london.room")
    assert sources(dark) == {"main": "slate.site.london"}
    assert dark.cause.by == "operator"
    assert sources(scene(afternoon, 22)) == {"main": "london.room"}


def test_a_layout_nobody_knows_changes_no_layout(afternoon: Any) -> None:
    afternoon.give(Verb.TAKE, 4, layout="octagon", places={"main": "london.room"})

    assert scene(afternoon, 5).layout == "pip"


def test_safe_is_the_studio_full_frame_until_released(afternoon: Any) -> None:
    afternoon.give(Verb.SAFE, 3)

    safe = scene(afternoon, 50)
    assert (sources(safe), gains(safe), safe.layout) == (
        {"main": "studio.main"},
        {"main": 0.0},
        "full",
    )
    assert safe.graphics == ()


def test_after_stop_there_is_only_the_event_slate(afternoon: Any) -> None:
    afternoon.give(Verb.STOP, 3, cause="safety")

    assert sources(scene(afternoon, 10)) == {"main": "slate.event"}
    assert scene(afternoon, 10).cause.by == "safety"
    assert scene(afternoon, 2.9).slot == "case"


def test_an_order_that_makes_no_sense_changes_nothing_and_is_named(afternoon: Any) -> None:
    plain = scene(afternoon, 30)
    afternoon.give(Verb.EXTEND, 1, slot="case")
    afternoon.give(Verb.GAIN, 2, feed="studio.main", trim_db="loud")
    afternoon.give(Verb.TAKE, 3, places={"main": "london.room"}, until="soon")

    assert scene(afternoon, 30) == plain
    assert [order.verb for order in afternoon.show.ignored] == [Verb.EXTEND, Verb.GAIN, Verb.TAKE]


# clips


def test_a_clip_knows_when_it_began(afternoon: Any) -> None:
    [layer] = scene(afternoon, 45).layers

    assert (layer.source, layer.clip_n, layer.gain_db) == ("clip.film", afternoon.n(40), -3.0)


def test_a_clip_goes_on_through_a_shot_and_after_a_take(build: Any) -> None:
    spec = SceneSpec("full", {"main": "clip.film"}, {"main": 0.0})
    pip = Shot("pip", 5 * M, layout="pip", places={"inset": "studio.main"})
    desk = build.desk(build.day(build.slot("a", 60, scene=spec, shots=(pip,))))
    desk.give(Verb.TAKE, 10, places={"main": "london.room"}).give(Verb.RELEASE, 12)

    assert scene(desk, 6).layers[0].clip_n == desk.n(0)
    assert scene(desk, 13).layers[0].clip_n == desk.n(0)


def test_a_taken_clip_begins_when_it_is_taken(afternoon: Any) -> None:
    afternoon.give(Verb.TAKE, 22, places={"main": "clip.film"})

    assert scene(afternoon, 23).layers[0].clip_n == afternoon.n(22)


# what has to be decoded


def test_sources_are_hot_from_preroll_with_their_first_stand_in(afternoon: Any) -> None:
    show = afternoon.show

    assert show.hot(afternoon.n(-1.1)) == {}
    assert show.hot(afternoon.n(-1)) == {"mumbai.headset": 0, "mumbai.room": 0, "studio.main": 0}
    assert show.hot(afternoon.n(10)) == {"mumbai.headset": 0, "mumbai.room": 0}
    assert "studio.main" in show.hot(afternoon.n(17))  # the wrap is a minute away
    assert show.hot(afternoon.n(39)) == {"studio.main": 0, "clip.film": afternoon.n(40)}
    assert show.hot(afternoon.n(59)) == {"clip.film": afternoon.n(40)}
    assert show.hot(afternoon.n(60)) == {}


def test_a_taken_source_is_hot(afternoon: Any) -> None:
    afternoon.give(Verb.TAKE, 22, places={"main": "london.room"})

    assert set(afternoon.show.hot(afternoon.n(23))) == {"london.room", "studio.main"}


def test_the_health_thresholds_are_those_of_the_slot_on_air(build: Any) -> None:
    from orchestrator.rundown.plan import Health

    strict = Health(1, 2, None, None, 3)
    desk = build.desk(build.day(build.slot("a", 30), build.slot("b", 30, health=strict)))

    assert desk.show.health(desk.n(35)) == strict
    assert desk.show.health(desk.n(5)) != strict
    assert desk.show.health(desk.n(-5)) == desk.show.health(desk.n(5))
