"""Whatever is ordered and whatever is dead: rules that hold for every show."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.bus.orders import Order, Verb
from orchestrator.rundown.plan import (
    Clip,
    GraphicCue,
    NotReady,
    SceneSpec,
    Shot,
    Transition,
)
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.scene import Look
from orchestrator.rundown.show import Show

S = 30
M = 60 * S
LAST = 60
IDS = ("opening", "case", "table", "talk", "pause", "minister", "film", "close", "nobody")
SOURCES = (
    *("studio.main", "studio.backup", "mumbai.headset", "mumbai.room", "london.headset"),
    *("clip.film", "guest.ben", "slate.site.mumbai", "hide", "nonsense"),
)


KEYS = ("x", "y", "case.0.0", "case.2.1", "table.1.0")


@pytest.fixture(scope="module")
def resolved(build: Any) -> Resolved:
    """An hour with everything in it: ask, anchors, standby, shots, graphics, clips, a gap."""
    cues = (
        GraphicCue("lower-third", who="surgeon", at=8 * S, length=10 * S),
        GraphicCue("next-up", at=-60 * S, length=20 * S),
        GraphicCue("message", at=5 * S, length=5 * S, every=40 * S),
    )
    case = build.slot(
        "case",
        12,
        site="mumbai",
        end="ask",
        shrink=3,
        grow=3,
        priority=9,
        standby="teaching",
        not_ready=NotReady(2 * M, "standby"),
        scene=SceneSpec("pip", {"main": "mumbai.headset", "inset": "studio.main"}, {"main": 0.0}),
        shots=(
            Shot("wide", 3 * M, layout="full"),
            Shot("wrap", -M, places={"main": "studio.main"}),
        ),
        fallback={"main": ("mumbai.room", "slate.site.mumbai"), "inset": ("hide",)},
        people={"surgeon": ("ada",)},
        graphics=cues,
    )
    film = SceneSpec("full", {"main": "clip.film"}, {"main": 0.0})
    slots = (
        build.slot("opening", 5, at=build.event, shrink=2, grow=2),
        case,
        build.slot("table", 8, shrink=3, grow=2, not_ready=NotReady(M, "skip"), graphics=cues),
        build.slot("talk", 4, shrink=2, grow=1, priority=4, droppable=True),
        build.slot("pause", 2, shrink=2, grow=2, priority=1, droppable=True),
        build.slot("minister", 6, at=build.clock("12:32"), not_ready=NotReady(M, "ask")),
        build.slot("film", 8, scene=film, mode="recorded", transition=Transition("wipe", 7)),
        build.slot("close", 6, shrink=2, grow=3, end="event"),
    )
    plan = build.day(
        *slots,
        last=LAST,
        clips={"film": Clip("film", "film.mp4")},
        standby=(build.slot("teaching", 12, scene=film, mode="recorded"),),
    )
    desk = build.desk(plan)
    found: Resolved = desk.resolved
    return found


def frames(first: float = -3, last: float = LAST + 5) -> st.SearchStrategy[int]:
    """Frames after the event's start; often on or beside a whole minute, where things happen."""
    near = st.builds(
        lambda m, d: m * M + d, st.integers(round(first), round(last)), st.integers(-2, 20)
    )
    return st.one_of(near, st.integers(round(first * M), round(last * M)))


def args_of(verb: Verb) -> st.SearchStrategy[dict[str, Any]]:
    slot = st.sampled_from(IDS)
    places = st.dictionaries(st.sampled_from(["main", "inset", "attic"]), st.sampled_from(SOURCES))
    by_verb: dict[Verb, dict[str, st.SearchStrategy[Any]]] = {
        Verb.NEXT: {"slot": slot},
        Verb.STAY: {"slot": slot, "on": st.booleans()},
        Verb.EXTEND: {"slot": slot, "end_n": frames()},
        Verb.END: {"slot": slot, "end_n": frames()},
        Verb.SKIP: {"slot": slot, "on": st.booleans()},
        Verb.READY: {"slot": slot, "join": st.booleans()},
        Verb.NOT_READY: {"slot": slot},
        Verb.GAIN: {"feed": st.sampled_from(SOURCES), "trim_db": st.floats(-12, 12)},
        Verb.PRIVACY: {"site": st.sampled_from(["mumbai", "studio", "", "nowhere"])},
        Verb.RESTORE: {"site": st.sampled_from(["mumbai", ""])},
        Verb.TAKE: {"places": places},
        Verb.PREVIEW: {"places": places},
        Verb.FADER: {
            "place": st.sampled_from(["main", "inset", "attic"]),
            "gain_db": st.none() | st.floats(-60, 12),
        },
        Verb.SOLO: {"feed": st.sampled_from(SOURCES), "on": st.booleans()},
        Verb.QUARANTINE: {"feed": st.sampled_from(SOURCES[:5]), "on": st.booleans()},
        Verb.LATCH: {"feed": st.sampled_from(SOURCES[:5]), "on": st.booleans()},
        Verb.HIDE: {"site": st.sampled_from(["mumbai", "studio"])},
        Verb.UNHIDE: {"site": st.sampled_from(["mumbai", "studio"])},
        Verb.GRAPHIC: {
            "key": st.sampled_from(["x", "y", "case.0.0"]),
            "use": st.sampled_from(["lower-third", "message", "nothing"]),
        },
        Verb.GRAPHIC_OUT: {"keys": st.lists(st.sampled_from(KEYS), max_size=3)},
        Verb.GRAPHICS_OUT: {"keys": st.lists(st.sampled_from(KEYS), max_size=3)},
        Verb.GRAPHICS_AGAIN: {"graphics": st.just([{"key": "x", "use": "message", "frames": M}])},
        Verb.PERSON: {"id": st.sampled_from(["ada", "nobody"]), "name": st.text(max_size=9)},
        Verb.INSERT: {
            "item": st.sampled_from(["teaching", "nothing", *IDS]),
            "resume": st.booleans(),
        },
        Verb.STAND_IN: {"slot": slot, "source": st.sampled_from([*SOURCES, "slate.event", ""])},
        Verb.UNDO: {"seq": st.integers(0, 8)},
    }
    optional: dict[Verb, dict[str, st.SearchStrategy[Any]]] = {
        Verb.NOT_READY: {
            "then": st.sampled_from(["standby", "skip", "start", "ask"]),
            "wait": st.integers(0, 3 * M),
        },
        Verb.FADER: {"clear": st.booleans()},
        Verb.GAIN: {"frames": st.integers(0, 300)},
        Verb.GRAPHIC: {"who": st.sampled_from(["ada", "surgeon"]), "frames": st.integers(1, M)},
        Verb.INSERT: {"frames": st.integers(1, 8 * M)},
        Verb.TAKE: {
            "layout": st.sampled_from(["full", "pip", "octagon"]),
            "until": st.one_of(st.sampled_from(["slot", "released"]), frames()),
            "transition": st.sampled_from(["cut", "mix 600ms", "mix 12f"]),
        },
    }
    return st.fixed_dictionaries(by_verb.get(verb, {}), optional=optional.get(verb, {}))


@st.composite
def an_order(draw: Any) -> Order:
    verb = draw(st.sampled_from([v for v in Verb if v is not Verb.STOP]))
    return Order(0, verb, draw(frames()), "tom", args=draw(args_of(verb)))


def orders() -> st.SearchStrategy[list[Order]]:
    return st.lists(an_order(), max_size=8)


def placed(resolved: Resolved, given_orders: list[Order]) -> list[Order]:
    """Numbered in the order of their frames, and moved from the event's start to the grid."""

    def on_grid(value: dict[str, Any]) -> dict[str, Any]:
        moved = {k: value[k] + resolved.start_n for k in ("end_n",) if k in value}
        if isinstance(value.get("until"), int):
            moved["until"] = value["until"] + resolved.start_n
        return value | moved

    ordered = sorted(given_orders, key=lambda order: order.n)
    return [
        replace(order, seq=i, n=order.n + resolved.start_n, args=on_grid(order.args))
        for i, order in enumerate(ordered, 1)
    ]


def seen(look: Look) -> tuple[Any, ...]:
    """Everything about a look but its frame and the progress of its transition."""
    return look.scene, look.outgoing, look.transition


DEAD = st.frozensets(st.sampled_from(SOURCES))


@given(orders(), DEAD, st.lists(frames(), min_size=1, max_size=5))
def test_the_scene_is_never_empty(
    resolved: Resolved, some: list[Order], dead: frozenset[str], at: list[int]
) -> None:
    show = Show(resolved, placed(resolved, some))

    for n in at:
        look = show.at(resolved.start_n + n, dead)
        for scene in (look.scene, look.outgoing):
            if scene is not None:
                assert scene.layers
                assert all(
                    layer.source not in dead or layer.source.startswith("slate.")
                    for layer in scene.layers
                )
                assert all(layer.source != "hide" for layer in scene.layers)
        assert 0 < look.progress <= 1


@settings(max_examples=60)
@given(orders(), frames())
def test_a_look_changes_only_at_the_next_change(
    resolved: Resolved, some: list[Order], at: int
) -> None:
    show = Show(resolved, placed(resolved, some))
    n = resolved.start_n + at
    for _ in range(6):
        change = show.next_change(n)
        assert change > n
        if change > resolved.end_n + 10 * M:
            break
        steps = sorted({n, n + 1, (n + change) // 2, change - 1} & set(range(n, change)))
        looks = {repr(seen(show.after().at(step))) for step in steps}
        assert len(looks) == 1
        n = change


@given(orders(), frames())
def test_the_line_up_is_contiguous(resolved: Resolved, some: list[Order], at: int) -> None:
    show = Show(resolved, placed(resolved, some))
    n = resolved.start_n + at
    runs = show.line_up(n)

    for run, following in pairwise(runs):
        assert run.start_n <= run.end_n
        assert run.end_n + run.gap_after == following.start_n
        assert run.place <= following.place
    assert runs[0].start_n >= resolved.start_n
    on = show.slot_at(n)
    assert on.start_n <= n < on.end_n or "over" in on.state
    assert on.id == show.at(n).scene.slot


@given(orders(), frames())
def test_every_slot_is_in_the_line_up_once_or_left_out_with_a_reason(
    resolved: Resolved, some: list[Order], at: int
) -> None:
    show = Show(resolved, placed(resolved, some))
    n = resolved.start_n + at
    played = [run.stands_for or run.id for run in show.line_up(n) if run.frames or run.is_open]
    left_out = show.left_out(n)

    for slot in resolved.slots:
        # twice: the standby that plays for it, and then itself
        times = played.count(slot.id)
        assert times <= 2
        assert times or left_out.get(slot.id) or any(r.id == slot.id for r in show.line_up(n))


@given(orders(), an_order(), frames())
def test_an_order_does_not_change_what_has_been(
    resolved: Resolved, some: list[Order], more: Order, at: int
) -> None:
    given_orders = placed(resolved, [*some, more])
    last = given_orders[-1]
    n = min(resolved.start_n + at, last.n - 1)

    before, after = Show(resolved, given_orders[:-1]), Show(resolved, given_orders)

    assert seen(before.at(n)) == seen(after.at(n))


@given(orders(), orders(), DEAD, frames())
def test_orders_added_later_or_all_at_once_make_the_same_show(
    resolved: Resolved, some: list[Order], more: list[Order], dead: frozenset[str], at: int
) -> None:
    given_orders = placed(resolved, [*some, *more])
    middle = len(given_orders) // 2
    n = resolved.start_n + at

    whole = Show(resolved, given_orders)
    grown = Show(resolved, given_orders[:middle]).after(*given_orders[middle:])
    late = Show(resolved, given_orders[middle:]).after(*given_orders[:middle])

    assert whole.at(n, dead) == grown.at(n, dead) == late.at(n, dead)
    assert whole.line_up(n) == grown.line_up(n) == late.line_up(n)


@given(orders(), st.lists(frames(), min_size=2, max_size=6), DEAD)
def test_a_look_does_not_depend_on_what_was_looked_at_before(
    resolved: Resolved, some: list[Order], at: list[int], dead: frozenset[str]
) -> None:
    given_orders = placed(resolved, some)
    show = Show(resolved, given_orders)
    for n in at:
        show.at(resolved.start_n + n, dead)
        show.hot(resolved.start_n + n)

    n = resolved.start_n + at[0]
    fresh = Show(resolved, given_orders)
    assert show.at(n, dead) == fresh.at(n, dead)
    assert show.hot(n) == fresh.hot(n)


@given(orders(), frames())
def test_a_hard_anchor_never_begins_early_and_late_only_behind_a_slot_that_was_not_ended(
    resolved: Resolved, some: list[Order], at: int
) -> None:
    show = Show(resolved, placed(resolved, some))
    runs = show.line_up(resolved.start_n + at)

    for before, run in pairwise(runs):
        if run.anchor == "hard" and run.at_n is not None and run.stands_for is None:
            assert run.start_n >= run.at_n
            if run.start_n > run.at_n:
                assert run.origin_n in (run.at_n, run.start_n)
                assert before.end_n == run.start_n or before.gap_after


@given(orders(), frames(), st.sampled_from(IDS), st.integers(-15, 40))
def test_a_preview_never_fails_and_room_left_is_always_told(
    resolved: Resolved, some: list[Order], at: int, slot: str, by: int
) -> None:
    show = Show(resolved, placed(resolved, some))
    n = resolved.start_n + at

    preview = show.preview_extend(n, slot, by * M)
    room = show.room(n)
    show.undecided(n, 5 * M)
    show.health(n)

    assert preview.allowed or preview.why
    if room.before_drop is not None and room.before_late is not None:
        assert room.before_drop <= room.before_late
