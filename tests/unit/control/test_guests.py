"""A guest who is not there: stages, offers in their order, what is shown instead, coming late."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from gallerydesk import EVENT, GRID, MINUTE, House, S, words

from orchestrator.bus.orders import Order, Verb
from orchestrator.control.cards import cards
from orchestrator.control.chain import Entry
from orchestrator.control.desk import decide
from orchestrator.control.deskstate import DeskState
from orchestrator.control.eventfile import load_plan, resolve_plan
from orchestrator.control.floor import Floor
from orchestrator.control.handover import items
from orchestrator.control.incidents import Grade, Incident
from orchestrator.control.preflight import Light, check
from orchestrator.control.roles import Role
from orchestrator.control.wish import Wish
from orchestrator.errors import CommandRejected
from orchestrator.rundown.resolved import Resolved

_MAIN = 'main: {srt: "srt://127.0.0.1:9003"}'
_MORE = ', phone: {srt: "srt://127.0.0.1:9004"}, tess: {srt: "srt://127.0.0.1:9005"}'
CARD, LATE = "guest.home.tess", "late.home.tess"


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Resolved:
    """The desk's day; the studio has a telephone, and a line for Tess Rao."""
    path = Path(tmp_path_factory.mktemp("day")) / "desk.yaml"
    path.write_text(EVENT.replace(_MAIN, _MAIN + _MORE).replace("main: guest.tess}", _GUEST))
    return resolve_plan(load_plan(path), None)


_GUEST = "main: guest.tess}, checks: [guest]"


@pytest.fixture
def house(day: Resolved) -> House:
    """Nine minutes before Tess Rao's slot; the case before it has found its end."""
    made = House(day)
    places = {slot.id: slot for slot in day.slots}
    end_n = places["case"].end_n
    made.orders.append(Order(1, Verb.END, end_n - S, args={"slot": "case", "end_n": end_n}))
    made.n = places["home"].start_n - 9 * MINUTE
    return made


def start_n(house: House) -> int:
    return next(slot.start_n for slot in house.day.slots if slot.id == "home")


def shown(house: House, n: int) -> str:
    return str(house.sight().show.at(n).scene.layers[0].source)


def say(house: House, verb: str, **args: Any) -> Any:
    wish = Wish.read({"verb": verb, "args": args, "author": "tom"}, role=Role.OPERATOR, site="")
    return decide(wish, house.sight().show, house.n, Floor(house.sight().show, house.n))


def tell(house: House, verb: str, **args: Any) -> None:
    at = GRID.utc(house.n).isoformat(timespec="milliseconds")
    seq = 100 + len(house.orders)
    house.state = house.state.after(
        Entry(seq, at, "tom", "operator", "", verb, args, house.n, "", "")
    )


def readiness(house: House) -> Any:
    sight = house.sight()
    return check(sight, next(slot for slot in sight.coming if slot.id == "home"))


def test_three_offers_come_in_the_order_in_which_they_hurt(house: House) -> None:
    house.look(3)
    card = house.card(CARD)
    assert words(card.actions) == ["stand-in", "stand-in", "skip"]
    assert [action.args.get("source") for action in card.actions] == [
        "studio.phone",
        "studio.main",
        None,
    ]
    assert card.actions[2].args == {"slot": "home", "after": "later"}
    assert all(action.is_weighed for action in card.actions)
    assert readiness(house).light is Light.RED


def test_a_telephone_that_is_dead_is_not_offered(house: House) -> None:
    house.kill("studio.phone")
    house.look(3)
    assert house.card(CARD).actions[0].args["source"] == "studio.main"


def test_stages_are_said_and_stay_said(house: House) -> None:
    tell(house, "guest", person="tess", stage="opened")
    house.look(3)
    steps = house.card(CARD).steps
    assert [step.is_done for step in steps] == [True, True, False, False]
    assert steps[2].action.args == {"person": "tess", "stage": "mic-ok"}
    incident = house.incidents.all[CARD]
    assert Incident.of(incident.record()) == incident
    (shown_card,) = (c for c in cards([incident], {}, GRID, "") if c["id"] == CARD)
    assert shown_card["steps"][2]["action"]["word"] == "guest"


def test_what_is_chosen_is_on_air_from_the_first_frame_and_hot_before(house: House) -> None:
    first_n = start_n(house)
    assert shown(house, first_n) == "studio.main"  # as the file says
    house.order(Verb.STAND_IN, slot="home", source="studio.phone")

    assert shown(house, first_n - 1) == "studio.main"
    assert shown(house, first_n) == "studio.phone"
    scene = house.sight().show.at(first_n).scene
    assert (scene.cause.by, scene.cause.rule, scene.cause.author) == (
        "operator",
        "stand-in",
        "tom",
    )
    assert "studio.phone" in house.sight().show.hot(first_n - S)
    assert shown(house, first_n + 21 * MINUTE) == "studio.main"  # the next slot

    house.look(3)
    card = house.card(CARD)
    assert card.grade is Grade.SOON
    assert "studio.phone stands in" in card.what
    assert [action.args.get("source") for action in card.actions] == ["studio.main", None]
    assert readiness(house).light is Light.AMBER
    assert "studio.phone stands in for the guest of From home" in [
        item.text for item in items(house.sight(), ())
    ]


def test_a_chosen_stand_in_that_dies_is_replaced_as_the_file_says(house: House) -> None:
    house.order(Verb.STAND_IN, slot="home", source="studio.phone")
    look = house.sight().show.at(start_n(house), frozenset({"studio.phone"}))
    assert look.scene.layers[0].source == "studio.main"
    assert look.scene.cause.by == "failover"


def test_a_guest_who_comes_late_is_put_on_and_what_it_costs_is_said(house: House) -> None:
    house.order(Verb.STAND_IN, slot="home", source="studio.phone")
    house.n = start_n(house) + 4 * MINUTE
    house.look(1)
    assert house.card(LATE).what == "Tess Rao has not come yet; studio.phone is shown"
    tell(house, "guest", person="tess", stage="waiting")
    house.look(1)

    card = house.card(LATE)

    assert card.what.startswith("Tess Rao is waiting: put on now? 4 min")
    assert words(card.actions) == ["stand-in", "extend"]
    house.order(Verb.STAND_IN, **card.actions[0].args)
    assert shown(house, house.n) == "studio.tess"
    house.look(1)
    assert LATE not in house.cards()


def test_what_was_put_off_is_asked_for_after_the_slot_and_can_be_inserted(house: House) -> None:
    house.order(Verb.SKIP, slot="home", on=True, after="later")
    tell(house, "skip", slot="home", on=True, after="later")
    assert "home" in house.sight().show.left_out(house.n)
    assert "put-off home" in [item.id for item in items(house.sight(), ())]
    later = next(run for run in house.sight().show.line_up(house.n) if run.id == "later")
    house.n = later.end_n + 2 * S
    house.look(1)

    card = house.card("put-off.home")

    assert card.actions[0].args == {"item": "home", "resume": True}
    decision = say(house, "insert", **card.actions[0].args)
    house.order(Verb.INSERT, **decision.args)
    tell(house, "insert", **decision.args)
    assert house.sight().show.slot_at(house.n + 1).id == "home"
    house.look(1)
    assert "put-off.home" not in house.cards()


def test_undo_forgets_that_it_was_put_off() -> None:
    state = DeskState()
    for seq, verb, args in (
        (5, "skip", {"slot": "home", "on": True, "after": "later"}),
        (6, "undo", {"seq": 5, "verb": "skip"}),
    ):
        state = state.after(Entry(seq, "", "tom", "operator", "", verb, args, 0, "", ""))
        assert ("home" in state.put_off) is (seq == 5)


@pytest.mark.parametrize(
    ("verb", "args", "code"),
    [
        ("stand-in", {"slot": "nothing", "source": "studio.main"}, "unknown-slot"),
        ("stand-in", {"slot": "later", "source": "studio.main"}, "no-guest"),
        ("stand-in", {"slot": "home"}, "no-change"),
        ("stand-in", {"slot": "home", "source": "studio.nothing"}, "unknown-source"),
        ("stand-in", {"slot": "home", "source": "hide"}, "malformed"),
        ("guest", {"person": "nobody", "stage": "invited"}, "unknown-person"),
        ("guest", {"person": "tess", "stage": "asleep"}, "unknown-stage"),
        ("skip", {"slot": "home", "after": "case"}, "unknown-slot"),
        ("insert", {"item": "home"}, "unknown-item"),
    ],
)
def test_what_cannot_be_is_refused(
    house: House, verb: str, args: dict[str, str], code: str
) -> None:
    with pytest.raises(CommandRejected) as refused:
        say(house, verb, **args)
    assert refused.value.code == code
