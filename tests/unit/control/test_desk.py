from pathlib import Path
from typing import Any

import pytest
from gallerydesk import day_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.bus.orders import Order, Verb
from orchestrator.control.desk import LEAD_FRAMES, Decision, decide
from orchestrator.control.roles import Role
from orchestrator.control.wish import Wish
from orchestrator.control.words import WORDS
from orchestrator.errors import CommandRejected
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show

MINUTE = 30 * 60


class Desk:
    """A desk at a show; every accepted wish becomes an order, as in the gallery."""

    def __init__(self, day: Resolved) -> None:
        self.show = Show(day)
        self.start_n = day.start_n
        self.n = day.start_n + MINUTE

    def wish(self, verb: str, **args: Any) -> Decision:
        decision = decide(
            Wish.read({"verb": verb, "author": "tom", "reason": "so", "args": args}),
            self.show,
            self.n,
        )
        seq = len(self.show.orders) + 1
        order = Order(seq, Verb(decision.verb), decision.n, "tom", args=decision.args)
        self.show = self.show.after(order)
        self.n += 60
        return decision

    def refuses(self, verb: str, **args: Any) -> CommandRejected:
        before = self.show
        with pytest.raises(CommandRejected) as refused:
            self.wish(verb, **args)
        assert self.show is before
        return refused.value

    def sources(self, n: int | None = None) -> dict[str, str]:
        scene = self.show.at(self.n if n is None else n).scene
        return {layer.place.name: layer.source for layer in scene.layers}


@pytest.fixture
def desk(day: Resolved) -> Desk:
    return Desk(day)


def test_a_take_of_one_source_is_full_frame_with_its_sound(desk: Desk) -> None:
    now = desk.n

    decision = desk.wish("take", source="london.room")

    assert decision.n == now + LEAD_FRAMES
    assert decision.args == {
        "layout": "full",
        "places": {"main": "london.room"},
        "audio": {"main": 0.0},
        "transition": {"kind": "cut", "frames": 0},
        "until": "slot",
    }
    assert desk.sources() == {"main": "london.room"}
    assert "until opening ends" in decision.text


def test_a_take_of_a_layout_names_places_gains_and_transition(desk: Desk) -> None:
    decision = desk.wish(
        "take",
        layout="pip",
        places={"main": "london.headset", "inset": "studio.main"},
        audio={"inset": "-6 dB", "main": "off"},
        transition="mix 600ms",
        until="released",
    )

    assert decision.args["transition"] == {"kind": "mix", "frames": 18}
    assert decision.args["audio"] == {"inset": -6.0, "main": None}
    assert desk.sources() == {"main": "london.headset", "inset": "studio.main"}


def test_a_take_of_one_place_leaves_the_others_as_they_are(desk: Desk) -> None:
    desk.wish("take", layout="pip", places={"main": "london.headset", "inset": "studio.main"})

    desk.wish("take", places={"main": "london.room"})

    assert desk.sources() == {"main": "london.room", "inset": "studio.main"}


def test_a_source_may_be_named_as_the_slot_does(desk: Desk) -> None:
    desk.n = desk.start_n + 6 * MINUTE

    desk.wish("take", source=".room")

    assert desk.sources() == {"main": "london.room"}


@pytest.mark.parametrize(
    ("args", "code", "why"),
    [
        ({"source": "londn.room"}, "unknown-source", "did you mean london.room?"),
        ({"source": "london.room", "layout": "pips"}, "unknown-layout", "did you mean pip?"),
        ({"places": {"man": "london.room"}}, "unknown-place", "did you mean main?"),
        ({"layout": "duo", "places": {"main": "london.room"}}, "incomplete", "inset=SOURCE"),
        ({"places": {"main": "hide"}}, "incomplete", "something must be seen"),
        ({}, "malformed", "take what?"),
        ({"source": "london.room", "transition": "dissolve 1s"}, "unknown-transition", "mix"),
        ({"source": "london.room", "transition": "mix 90"}, "malformed", "unit"),
        ({"source": "london.room", "transition": "mix 1h"}, "malformed", "10 s"),
        ({"source": "london.room", "until": "tomorrow"}, "malformed", "slot or released"),
        ({"source": "london.room", "audio": {"main": "loud"}}, "malformed", "dB"),
        ({"source": "london.room", "audio": {"left": "0 dB"}}, "unknown-place", "main"),
        ({"source": "london.room", "when": "now"}, "unknown-argument", "it takes source"),
    ],
)
def test_a_wrong_take_is_refused_with_the_way_out(
    desk: Desk, args: dict[str, Any], code: str, why: str
) -> None:
    refused = desk.refuses("take", **args)

    assert refused.code == code
    assert why in str(refused)


def test_a_second_take_within_a_second_is_refused(desk: Desk) -> None:
    desk.wish("take", source="london.room")
    desk.n -= 60 - 29

    refused = desk.refuses("take", source="studio.main")
    assert refused.code == "too-soon"

    desk.n += 1
    desk.wish("take", source="studio.main")


def test_release_brings_the_schedule_back_and_only_works_on_something_taken(desk: Desk) -> None:
    assert desk.refuses("release").code == "no-change"
    desk.wish("take", source="london.room", until="released")

    desk.wish("release")

    assert desk.sources() == {"main": "studio.main"}
    assert desk.refuses("release").code == "no-change"


def test_safe_is_somewhere_good(desk: Desk) -> None:
    desk.n = desk.start_n + 6 * MINUTE

    desk.wish("safe")

    assert desk.sources() == {"main": "studio.main"}


def test_next_leaves_the_slot_now_and_says_what_starts(desk: Desk) -> None:
    decision = desk.wish("next")

    assert decision.text == "NEXT: case starts, leaves opening"
    assert desk.show.slot_at(desk.n).id == "case"


def test_next_is_refused_on_the_last_slot(desk: Desk, day: Resolved) -> None:
    desk.show = desk.show.after(
        Order(1, Verb.END, day.start_n, args={"slot": "case", "end_n": day.start_n + 15 * MINUTE})
    )
    desk.n = day.end_n - MINUTE

    assert desk.refuses("next").code == "nothing-next"


def test_extend_says_what_shrinks_and_what_moves(desk: Desk) -> None:
    decision = desk.wish("extend", by="2m")

    assert decision.text.startswith("EXTEND: opening ends at 12:07:00 (2m longer)")
    assert any(move.startswith("talk: 10m → 8m") for move in decision.moves), decision.moves
    assert any("case: starts 12:07:00" in move for move in decision.moves)
    assert not any(move.startswith("minister") for move in decision.moves)


def test_extend_to_a_time_and_by_less(desk: Desk) -> None:
    assert desk.wish("extend", to="12:06").args["end_n"] == desk.start_n + 6 * MINUTE

    assert desk.wish("extend", by="-2m").args["end_n"] == desk.start_n + 4 * MINUTE


def test_extend_that_would_hit_a_hard_anchor_is_refused_but_stay_is_not(desk: Desk) -> None:
    refused = desk.refuses("extend", by="15m")

    assert refused.code == "no-room"
    assert "before minister" in str(refused)
    desk.wish("stay")


def test_a_slot_cannot_end_in_the_past(desk: Desk) -> None:
    assert desk.refuses("extend", by="-4m").code == "in-the-past"


def test_stay_holds_the_slot_over_its_end_until_it_is_taken_off(desk: Desk) -> None:
    desk.wish("stay")

    assert desk.show.slot_at(desk.start_n + 8 * MINUTE).id == "opening"
    assert desk.refuses("stay").code == "no-change"
    desk.wish("stay", on=False)
    assert desk.show.slot_at(desk.start_n + 8 * MINUTE).id == "case"


def test_skip_is_for_slots_to_come_that_are_not_armed(desk: Desk) -> None:
    assert desk.refuses("skip", slot="opening").code == "not-in-the-future"
    assert desk.refuses("skip", slot="nobody").code == "unknown-slot"
    desk.wish("skip", slot="talk")
    assert "talk" not in [slot.id for slot in desk.show.line_up(desk.n)]
    desk.wish("skip", slot="talk", on=False)
    assert "talk" in [slot.id for slot in desk.show.line_up(desk.n)]

    desk.n = desk.start_n + 5 * MINUTE - 300

    assert desk.refuses("skip", slot="case").code == "armed"


def test_gain_is_a_feeds_own_and_stays(desk: Desk) -> None:
    desk.wish("gain", feed="london.room", gain="+3 dB")

    assert desk.show.trim_db("london.room", desk.n) == 3.0
    assert desk.refuses("gain", feed="clip.none", gain="0 dB").code == "unknown-source"
    assert desk.refuses("gain", feed="london.room", gain="off").code == "malformed"


def test_safety_words_are_not_for_the_desk(desk: Desk) -> None:
    assert desk.refuses("blank").code == "gate"
    assert desk.refuses("cut").code == "unknown-verb"


def test_nothing_goes_on_air_after_stop(desk: Desk) -> None:
    desk.show = desk.show.after(Order(1, Verb.STOP, desk.n))

    assert desk.refuses("take", source="london.room").code == "stopped"


@pytest.mark.parametrize("odd", ["h\udcf4pital", float("nan"), float("inf"), {"x": ["\ud83d"]}])
def test_what_cannot_be_written_down_is_not_wished(odd: object) -> None:
    with pytest.raises(CommandRejected, match="half a character"):
        Wish.read({"verb": "revert", "author": "tom", "args": {"version": odd}})


def test_who_does_not_say_who_he_is_gets_nothing() -> None:
    requests: tuple[Any, ...] = (
        {"verb": "next"},
        {"verb": "next", "author": " "},
        {"verb": "next", "author": "a\nb"},
        {"verb": "next", "author": "a" * 65},
        {"verb": ["next"], "author": "tom"},
        {"verb": "next", "author": "tom", "args": []},
        [],
        None,
    )
    for request in requests:
        with pytest.raises(CommandRejected):
            Wish.read(request)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
ARGS = sorted({field.name for word in WORDS.values() for field in word.fields})
VERBS = sorted(WORDS)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    verb=st.sampled_from(VERBS) | st.text(max_size=8),
    args=st.dictionaries(st.sampled_from(ARGS) | st.text(max_size=5), json_values, max_size=4),
    minute=st.integers(-5, 45),
)
def test_whatever_is_wished_is_decided_or_refused(
    day: Resolved, verb: str, args: dict[str, Any], minute: int
) -> None:
    show = Show(day)
    try:
        wish = Wish.read({"verb": verb, "author": "eve", "args": args})
        decision = decide(wish, show, day.start_n + minute * MINUTE)
    except CommandRejected:
        return
    if decision.verb not in set(Verb):
        return  # for the journal alone
    after = show.after(Order(1, Verb(decision.verb), decision.n, args=decision.args))
    assert after.at(decision.n).scene.layers


sensible: st.SearchStrategy[tuple[str, dict[str, Any]]] = st.one_of(
    st.tuples(st.just("take"), st.fixed_dictionaries({"source": st.sampled_from(
        ["london.room", "london.headset", "studio.main", "slate.event"]),
        "until": st.sampled_from(["slot", "released"])})),
    st.tuples(st.sampled_from(["release", "safe", "next", "stay", "end"]), st.just({})),
    st.tuples(st.just("stay"), st.just({"on": False})),
    st.tuples(st.just("extend"), st.fixed_dictionaries(
        {"by": st.sampled_from(["1m", "5m", "-1m", "90s"])})),
    st.tuples(st.just("skip"), st.fixed_dictionaries(
        {"slot": st.sampled_from(["case", "talk", "minister", "closing"]), "on": st.booleans()})),
)  # fmt: skip


@settings(max_examples=60, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(st.lists(st.tuples(sensible, st.integers(31, 4 * MINUTE)), max_size=8))
def test_a_replayed_journal_gives_the_show_that_was(
    day: Resolved, steps: list[tuple[tuple[str, dict[str, Any]], int]]
) -> None:
    desk = Desk(day)
    for (verb, args), wait in steps:
        desk.n += wait
        try:
            desk.wish(verb, **args)
        except CommandRejected:
            continue

    replayed = Show(day, desk.show.orders)

    for n in range(day.start_n - 30, day.end_n + 30, MINUTE // 2):
        assert replayed.at(n) == desk.show.at(n)
        assert replayed.at(n).scene.layers


def test_a_site_takes_ready_back_while_its_standby_is_on_and_decides_nothing_else(
    tmp_path: Path,
) -> None:
    day = day_of(tmp_path)
    case = next(slot for slot in day.slots if slot.id == "case")
    on_n = case.start_n + 4 * MINUTE
    late = Order(1, Verb.NOT_READY, case.start_n - 60, args={"slot": "case"})
    ready = Order(2, Verb.READY, on_n - 30, args={"slot": "case"})

    def london(show: Show, verb: str, **args: Any) -> Decision:
        request = {"verb": verb, "author": "london-phone", "args": {"slot": "case"} | args}
        return decide(Wish.read(request, role=Role.SITE, site="london"), show, on_n)

    standby = Show(day, (late,))
    assert standby.slot_at(on_n).id == "film"
    assert london(standby, "ready", by="site").args == {"slot": "case", "by": "site"}
    with pytest.raises(CommandRejected) as refused:
        london(standby, "not-ready")
    assert refused.value.code == "no-change"
    said = Show(day, (late, ready))
    assert london(said, "not-ready").text == "NOT READY: case; its standby plays on"
    for more in ({"wait": "2m"}, {"then": "skip"}):
        with pytest.raises(CommandRejected) as refused:
            london(said, "not-ready", **more)
        assert refused.value.code == "on-air"
    with pytest.raises(CommandRejected) as refused:
        london(said, "ready", join=True)
    assert refused.value.code == "forbidden"
