"""A changed rundown in a running show: what differs, what is frozen, what the past keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.bus.orders import Order, Verb
from orchestrator.rundown.difference import difference
from orchestrator.rundown.edition import composed, refusals, without_marks
from orchestrator.rundown.livechanges import conflicts, live_changes
from orchestrator.rundown.plan import Plan, PlanSlot, Programme, SceneSpec
from orchestrator.rundown.problem import Mark
from orchestrator.rundown.resolve import resolve
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show

M = 60 * 30
Days = Callable[..., Resolved]


def resolved_of(plan: Plan) -> Resolved:
    found, problems, _ = resolve(plan)
    assert found is not None, [problem.text() for problem in problems]
    return found


@pytest.fixture(scope="module")
def slots(build: Any) -> dict[str, PlanSlot]:
    """Half an hour: opening 5, case 10, talk 5, table 5, close 5."""
    made = (
        build.slot("opening", 5, at=build.event),
        build.slot("case", 10, site="mumbai", arm=15 * 30, people={"surgeon": ("ada",)}),
        build.slot("talk", 5, arm=15 * 30),
        build.slot("table", 5, arm=15 * 30, scene=SceneSpec("pip", {"main": "studio.main",
                   "inset": "london.room"}, {"main": 0.0})),
        build.slot("close", 5),
    )  # fmt: skip
    return {slot.id: slot for slot in made}


@pytest.fixture(scope="module")
def file(build: Any, slots: dict[str, PlanSlot]) -> Days:
    """The day of the slots named, in that order; what is given by name replaces one."""

    def made(*names: str, version: int = 1, **changed: Any) -> Resolved:
        known = slots | {k: v for k, v in changed.items() if isinstance(v, PlanSlot)}
        fields = {k: v for k, v in changed.items() if not isinstance(v, PlanSlot)}
        chosen = [known[name] for name in names or tuple(slots)]
        plan = build.day(*chosen, **({"last": 60} | fields))
        return replace(resolved_of(plan), version=version)

    return made


def texts(before: Resolved, after: Resolved) -> list[str]:
    return [change.text for change in difference(before, after)]


def taken(show: Show, n: int, new: Resolved) -> Show:
    """The show after RUNDOWN at `n`, as control does it."""
    version = show.resolved.version + 1
    edition = composed(show, n, new, version)
    order = Order(1000 + version, Verb.RUNDOWN, n, args={"version": version})
    return show.after(order, editions=[edition])


def runs(show: Show, n: int) -> list[tuple[str, float, float]]:
    zero = show.resolved.start_n
    return [(r.id, (r.start_n - zero) / M, (r.end_n - zero) / M) for r in show.line_up(n)]


# what differs


def test_the_same_file_on_other_lines_is_no_difference(file: Days) -> None:
    day = file()
    moved = replace(
        day,
        slots=tuple(
            replace(slot, plan=replace(slot.plan, mark=Mark("x", 9), marks={"title": Mark("x", 9)}))
            for slot in day.slots
        ),
    )

    assert moved != day
    assert difference(day, moved) == ()
    assert without_marks(moved) == without_marks(day)


def test_a_longer_slot_is_said_once_and_not_what_follows_from_it(
    file: Days, slots: dict[str, PlanSlot]
) -> None:
    longer = replace(slots["talk"], duration=8 * M)

    (change,) = difference(file(), file(talk=longer))

    assert (change.what, change.about) == ("retimed", "talk")
    assert change.text == "talk: duration 5m → 8m"


def test_what_came_went_and_moved_is_said_by_name(build: Any, file: Days) -> None:
    after = file("opening", "table", "case", "extra", "close", extra=build.slot("extra", 5))

    assert texts(file(), after) == [
        "case: moved, now behind table",
        "extra: new, panel of 5m at 12:20, behind case",
        "talk: taken out (panel of 5m at 12:15)",
    ] or texts(file(), after) == [
        "table: moved, now behind opening",
        "extra: new, panel of 5m at 12:20, behind case",
        "talk: taken out (panel of 5m at 12:15)",
    ]


def test_titles_sources_people_and_sound_are_said_from_and_to(
    file: Days, slots: dict[str, PlanSlot]
) -> None:
    table = replace(
        slots["table"],
        title={"en": "Knees"},
        scene=SceneSpec("full", {"main": "london.room"}, {"main": -6.0}),
        people={"host": ("ben",)},
    )

    assert texts(file(), file(table=table)) == [
        "table: title “Table” → “Knees”",
        "table: layout pip → full",
        "table: main studio.main → london.room",
        "table: inset london.room → nothing",
        "table: sound of main 0 dB → -6 dB",
        "table: host nothing → ben",
    ]


def test_a_renamed_slot_is_the_same_one(file: Days, slots: dict[str, PlanSlot]) -> None:
    renamed = replace(slots["talk"], id="lecture", was="talk")

    after = file("opening", "case", "lecture", "table", "close", lecture=renamed)

    assert texts(file(), after) == ["lecture: was called talk"]


def test_a_changed_person_and_a_changed_address_are_said_without_the_address(file: Days) -> None:
    day = file()
    ada = replace(day.people["ada"], name="Dr A. Rao")
    mumbai = day.sites["mumbai"]
    feed = replace(mumbai.feeds[0], address="srt://secret")
    after = replace(
        day,
        people={**day.people, "ada": ada},
        sites={**day.sites, "mumbai": replace(mumbai, feeds=(feed, *mumbai.feeds[1:]))},
    )

    assert texts(day, after) == [
        "people › ada: name Dr Ada Rao → Dr A. Rao",
        "feeds › mumbai.headset: address changed",
    ]


def test_what_a_running_event_cannot_take_over_is_refused_with_the_way_out(file: Days) -> None:
    day = file()
    without = {name: site for name, site in day.sites.items() if name != "london"}

    for other in (
        replace(day, end_n=day.end_n + M),
        replace(day, programme=Programme(fps=25)),
        replace(day, outputs=()),
        replace(day, sites=without),
    ):
        said = list(refusals(day, other))
        assert len(said) == 1
        assert "run --reload" in said[0]
    assert list(refusals(day, file("opening", "close"))) == []


# what is taken over


def test_what_is_to_come_changes_and_what_has_been_does_not(
    file: Days, slots: dict[str, PlanSlot]
) -> None:
    show = Show(file())
    n = show.resolved.start_n + 6 * M  # case is on air
    new = file("opening", "case", "table", "close", opening=replace(slots["opening"],
               duration=2 * M))  # fmt: skip

    after = taken(show, n, new)

    assert runs(after, n) == [
        ("opening", 0, 5), ("case", 5, 15), ("table", 15, 20), ("close", 20, 25),
    ]  # fmt: skip
    for m in range(n - show.resolved.start_n):
        if m % 97 == 0:
            at = show.resolved.start_n + m
            assert after.at(at) == show.at(at)


def test_the_slot_on_air_takes_a_title_and_a_later_end_and_nothing_else(
    file: Days, slots: dict[str, PlanSlot]
) -> None:
    show = Show(file())
    n = show.resolved.start_n + 6 * M
    case = replace(
        slots["case"],
        title={"en": "A long case"},
        duration=12 * M,
        scene=SceneSpec("full", {"main": "london.headset"}, {"main": 0.0}),
    )

    after = taken(show, n, file(case=case))

    slot = after.slot_at(n)
    assert slot.title == {"en": "A long case"}
    assert (slot.end_n - after.resolved.start_n) / M == 17
    assert after.at(n).scene.layers == show.at(n).scene.layers
    assert after.at(n).outgoing is None
    assert runs(after, n)[2] == ("talk", 17, 22)


def test_an_earlier_end_of_the_slot_on_air_is_not_taken(
    file: Days, slots: dict[str, PlanSlot]
) -> None:
    show = Show(file())
    n = show.resolved.start_n + 6 * M

    after = taken(show, n, file(case=replace(slots["case"], duration=7 * M)))

    assert runs(after, n) == runs(show, n)


def test_an_armed_slot_is_not_touched_and_not_taken_out(
    file: Days, slots: dict[str, PlanSlot]
) -> None:
    show = Show(file())
    n = show.resolved.start_n + 15 * M - 5 * 30  # talk is armed since 15 s before its start
    talk = replace(slots["talk"], scene=SceneSpec("full", {"main": "london.room"}, {"main": 0.0}))

    for new in (file(talk=talk), file("opening", "case", "table", "close")):
        after = taken(show, n, new)
        at = show.resolved.start_n + 16 * M
        assert runs(after, n) == runs(show, n)
        assert after.at(at).scene.layers == show.at(at).scene.layers


def test_decisions_about_slots_hold_in_the_new_edition_under_their_new_names(
    build: Any, file: Days, slots: dict[str, PlanSlot]
) -> None:
    desk = build.desk(build.day(*slots.values()))
    desk.give(Verb.SKIP, 1, slot="talk").give(Verb.EXTEND, 2, slot="table", end_n=desk.n(24))
    renamed = replace(slots["talk"], id="lecture", was="talk")
    new = file("opening", "case", "lecture", "table", "close", lecture=renamed)

    after = taken(desk.show, desk.n(6), new)

    assert after.left_out(desk.n(6)) == {"lecture": "skipped"}
    assert [run[0] for run in runs(after, desk.n(6))] == ["opening", "case", "table", "close"]
    length = {r.id: r.frames for r in desk.show.line_up(desk.n(6))}["table"]
    assert {r.id: r.frames for r in after.line_up(desk.n(6))}["table"] == length


def test_a_take_stays_on_air_through_a_reload(build: Any, file: Days) -> None:
    desk = build.desk(build.day(*[slot.plan for slot in file().slots]))
    desk.give(Verb.TAKE, 6, places={"main": "london.headset"}, audio={"main": 0})
    n = desk.n(7)

    after = taken(desk.show, n, file("opening", "case", "close"))

    assert after.at(n) == desk.show.at(n)
    assert after.at(desk.n(14)).scene.layers[0].source == "london.headset"
    assert after.at(desk.n(15)).scene.slot == "close"


def test_an_order_for_a_version_that_nobody_has_changes_nothing(file: Days) -> None:
    show = Show(file())
    n = show.resolved.start_n + M

    after = show.after(Order(1, Verb.RUNDOWN, n, args={"version": 7}))

    assert runs(after, n) == runs(show, n)
    assert len(after.ignored) == 1


# live changes


def test_what_the_desk_decided_is_listed_and_is_in_conflict_with_a_file_that_says_otherwise(
    build: Any, file: Days, slots: dict[str, PlanSlot]
) -> None:
    desk = build.desk(build.day(*slots.values()))
    desk.give(Verb.EXTEND, 1, slot="talk", end_n=desk.n(22))
    desk.give(Verb.SKIP, 1, slot="table").give(Verb.PERSON, 1, id="ada", name="Dr A. Rao")
    desk.give(Verb.GAIN, 1, feed="mumbai.room", trim_db=-3)
    show, n = desk.show, desk.n(6)
    talk = replace(slots["talk"], duration=4 * M, title={"en": "A talk"})

    found = live_changes(show, n)
    struck = conflicts(show, n, difference(file(), file(talk=talk)))

    assert [(live.kind, live.about, live.value) for live in found] == [
        ("length", "talk", "7m"),
        ("skip", "table", ""),
        ("person", "ada", "Dr A. Rao"),
        ("trim", "mumbai.room", "-3 dB"),
    ]
    assert struck == (
        "talk was given 7m at the desk (5m), and stays so; the file: talk: duration 5m → 4m",
    )


def test_an_extension_of_the_slot_on_air_is_a_live_change(
    build: Any, slots: dict[str, PlanSlot]
) -> None:
    desk = build.desk(build.day(*slots.values()))
    desk.give(Verb.EXTEND, 6, slot="case", end_n=desk.n(18))

    (live,) = live_changes(desk.show, desk.n(7))

    assert (live.kind, live.about, live.value) == ("length", "case", "13m")


# properties


@st.composite
def edits(draw: st.DrawFn) -> tuple[list[str], dict[str, dict[str, Any]]]:
    """An order of slots (some gone, one new), and what is another in some of them."""
    names = ["opening", "case", *draw(st.permutations(["talk", "table", "close", "extra"]))]
    kept = [name for name in names if name in ("opening", "case") or draw(st.booleans())]
    changed: dict[str, dict[str, Any]] = {}
    for name in draw(st.lists(st.sampled_from(names[2:]), unique=True)):
        changed[name] = draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "duration": st.integers(1, 9).map(lambda minutes: minutes * M),
                    "title": st.sampled_from([{"en": "One"}, {"en": "Two"}]),
                    "priority": st.integers(1, 9),
                },
            )
        )
    return kept, changed


@given(edit=edits(), minute=st.floats(-2, 14.5), later=st.integers(0, 200))
@settings(max_examples=60, deadline=None)
def test_any_edit_that_is_applied_and_reverted_leaves_the_same_show(
    build: Any, slots: dict[str, PlanSlot], file: Days, edit: Any, minute: float, later: int
) -> None:
    kept, changed = edit
    known = slots | {"extra": build.slot("extra", 3)}
    first = file()
    new = file(*kept, **{name: replace(known[name], **changed.get(name, {})) for name in kept})
    show = Show(first)
    n = first.start_n + round(minute * M)

    there = taken(show, n, new)
    back = taken(there, n + later, first)

    assert difference(first, first) == ()
    if difference(first, new) == ():
        assert runs(there, n) == runs(show, n)
    assert runs(back, n + later) == runs(show, n + later)
    for at in range(n + later, first.end_n, 31 * 30):
        assert back.at(at).scene == show.at(at).scene, at


ORDERS = st.lists(
    st.tuples(st.sampled_from(["next", "stay", "skip", "extend"]), st.floats(0, 25)), max_size=5
)


@given(edit=edits(), minute=st.floats(-1, 24), orders=ORDERS)
@settings(max_examples=60, deadline=None)
def test_the_past_is_the_same_whatever_the_file_becomes_and_replay_equals_live(
    build: Any, slots: dict[str, PlanSlot], file: Days, edit: Any, minute: float, orders: Any
) -> None:
    kept, changed = edit
    known = slots | {"extra": build.slot("extra", 3)}
    new = file(*kept, **{name: replace(known[name], **changed.get(name, {})) for name in kept})
    first = file()
    n = first.start_n + round(minute * M)
    show = Show(first)
    given_: list[Order] = []
    for seq, (verb, when) in enumerate(sorted(orders, key=lambda order: order[1]), 1):
        at = first.start_n + round(when * M)
        args = {"slot": "talk", "end_n": at + 4 * M} if verb != "next" else {}
        given_.append(Order(seq, Verb(verb), at, args=args))
    before = [order for order in given_ if order.n < n]
    show = show.after(*before)
    edition = composed(show, n, new, 2)
    reload = Order(500, Verb.RUNDOWN, n, args={"version": 2})

    live = show.after(reload, editions=[edition])
    for order in given_:
        if order.n >= n:
            live = live.after(order)
    replayed = Show(first, [*given_, reload], [edition])

    for at in range(first.start_n, n, 41 * 30):
        assert live.at(at) == show.at(at)
    for at in range(first.start_n, first.end_n + M, 47 * 30):
        assert replayed.at(at) == live.at(at)
        assert replayed.line_up(at) == live.line_up(at)
        assert live.at(at).scene.layers
