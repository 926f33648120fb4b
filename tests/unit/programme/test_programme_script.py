"""The script: snapshot and orders make one show, also when either changes while it runs."""

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.bus.lines import LineWriter
from orchestrator.bus.orders import Order, Verb
from orchestrator.bus.tree import LiveTree
from orchestrator.errors import StartError
from orchestrator.programme.script import Script
from orchestrator.programme.setting import read_resolved
from orchestrator.rundown.plan import Layout, Place, PlanSlot, Programme, SceneSpec, Site
from orchestrator.rundown.resolved import Resolved, Slot

N = 53_864_793_472


def slot(name: str, start_n: int) -> Slot:
    scene = SceneSpec("full", {"main": "slate.event"}, {})
    plan = PlanSlot(name, {"en": name}, "panel", ("panel",), 3000, scene)
    return Slot(plan, start_n, start_n + 3000)


DAY = Resolved(
    version=1,
    id="test",
    title={"en": "A test"},
    timezone="UTC",
    start_n=N,
    end_n=N + 6000,
    languages=("en",),
    audience="open",
    programme=Programme(320, 180, 30),
    sites={"paris": Site("paris", {"en": "Paris"}, "Paris", "UTC", (0, 1440))},
    people={},
    layouts={"full": Layout("full", (Place("main", (0, 0, 1, 1)),))},
    graphics={},
    clips={},
    slots=(slot("one", N), slot("two", N + 3000)),
    standby=(),
    outputs=(),
)
NEXT = Order(5, Verb.NEXT, N + 100, author="tom", args={"slot": "one"})


@pytest.fixture
def tree(tmp_path: Path) -> LiveTree:
    tree = LiveTree(tmp_path / "live")
    tree.make()
    tree.snapshot.write_bytes(DAY.to_json())
    return tree


def put_order(tree: LiveTree, *orders: Order) -> None:
    lines = LineWriter(tree.orders)
    for order in orders:
        lines.append(order.record())
    lines.close()


def on_air(script: Script, n: int) -> str:
    return script.show.at(n).scene.slot


def test_a_start_joins_with_every_order_there_is(tree: LiveTree) -> None:
    put_order(tree, NEXT)

    script = Script(tree, read_resolved(tree))

    assert (on_air(script, N + 99), on_air(script, N + 100)) == ("one", "two")
    assert script.follow() == []


def test_an_order_changes_the_show_once(tree: LiveTree) -> None:
    script = Script(tree, read_resolved(tree))
    assert on_air(script, N + 100) == "one"

    put_order(tree, NEXT)

    assert script.follow() == [NEXT]
    assert on_air(script, N + 100) == "two"
    assert script.follow() == []


def test_orders_written_anew_by_a_restarted_control_are_not_taken_twice(tree: LiveTree) -> None:
    put_order(tree, NEXT)
    script = Script(tree, read_resolved(tree))
    tree.orders.unlink()

    put_order(tree, NEXT, Order(6, Verb.STAY, N + 200, args={"slot": "two", "on": True}))

    assert [order.seq for order in script.follow()] == [6]


def put_edition(tree: LiveTree, version: int, *slots: Slot) -> None:
    edition = replace(DAY, version=version, slots=slots or DAY.slots)
    tree.edition(version).write_bytes(edition.to_json())


def test_an_edition_is_read_when_its_order_comes_and_holds_from_its_frame(tree: LiveTree) -> None:
    put_edition(tree, 1)
    script = Script(tree, read_resolved(tree))
    put_edition(tree, 2, slot("one", N), slot("new", N + 3000))

    put_order(tree, Order(7, Verb.RUNDOWN, N + 500, args={"version": 2}))
    script.follow()

    assert script.show.resolved.version == 2
    assert on_air(script, N + 10) == "one"
    assert on_air(script, N + 3010) == "new"
    assert on_air(Script(tree, read_resolved(tree)), N + 3010) == "new"


def test_an_edition_that_is_not_there_yet_is_looked_for_until_it_is(tree: LiveTree) -> None:
    put_edition(tree, 1)
    script = Script(tree, read_resolved(tree))
    put_order(tree, Order(7, Verb.RUNDOWN, N + 500, args={"version": 2}))
    script.follow()
    assert not script.look_for_rundown()
    assert on_air(script, N + 3010) == "two"

    put_edition(tree, 2, slot("one", N), slot("new", N + 3000))

    assert script.look_for_rundown()
    assert not script.look_for_rundown()
    assert on_air(script, N + 3010) == "new"


def test_a_broken_edition_leaves_the_old_rundown_on(tree: LiveTree) -> None:
    put_edition(tree, 1)
    script = Script(tree, read_resolved(tree))
    tree.edition(2).write_text("{")

    put_order(tree, Order(7, Verb.RUNDOWN, N + 500, args={"version": 2}))
    script.follow()

    assert on_air(script, N + 3010) == "two"


def test_a_snapshot_that_is_none_is_no_start(tree: LiveTree) -> None:
    tree.snapshot.write_text("{")

    with pytest.raises(StartError):
        read_resolved(tree)


def test_a_line_that_is_no_order_is_counted_and_passed_over(tree: LiveTree) -> None:
    script = Script(tree, read_resolved(tree))
    lines = LineWriter(tree.orders)
    lines.append({"verb": "dance", "seq": 1, "n": N})
    lines.close()
    put_order(tree, NEXT)

    assert script.follow() == [NEXT]
    assert script.damaged == 1


def test_what_a_take_shows_is_decoded_from_the_moment_it_is_known(tree: LiveTree) -> None:
    script = Script(tree, read_resolved(tree))
    args = {
        "layout": "full",
        "places": {"main": "paris.headset"},
        "transition": {"kind": "cut", "frames": 0},
        "until": "slot",
    }
    put_order(tree, Order(6, Verb.TAKE, N + 103, author="tom", args=args))
    assert "paris.headset" not in script.hot(N + 100)

    script.follow()

    assert "paris.headset" in script.hot(N + 100)
    assert "paris.headset" not in script.hot(N + 72)  # that would be more than a second early
    assert script.show.at(N + 100).scene.sources() == {"slate.event"}
