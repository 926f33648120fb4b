"""Where and when an output goes: broadcasts of a stated length, and the word of the desk."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.bus.lines import LineWriter
from orchestrator.bus.orders import Order, Verb
from orchestrator.delivery.push.again import BACKUP, PRIMARY, TURNS_AFTER, Again
from orchestrator.delivery.push.broadcasts import Broadcasts
from orchestrator.delivery.push.spec import PushSpec
from orchestrator.delivery.push.tap import Tap, Wish
from orchestrator.timing import Grid

GRID = Grid.standard(30)
START_N = 52_000_000_007


def test_a_day_has_four_broadcasts_of_seven_hours_and_fifty_minutes() -> None:
    broadcasts = Broadcasts(GRID, START_N, (7 * 60 + 50) * 60 * 30)
    last_k = GRID.part_of(START_N + 24 * 3600 * 30 - 1)

    assert broadcasts.number(GRID.part_of(START_N)) == 0
    assert broadcasts.number(last_k) == 3
    assert broadcasts.lead_parts * GRID.part_s == pytest.approx(10, abs=GRID.part_s)


@given(st.integers(600 * 30, 12 * 3600 * 30), st.integers(1, 24 * 3600 * 30))
def test_a_broadcast_begins_with_a_segment_and_every_column_is_in_one(length: int, at: int) -> None:
    broadcasts = Broadcasts(GRID, START_N, length)
    k = GRID.part_of(START_N + at)
    number = broadcasts.number(k)

    first_k = broadcasts.first_k(number)

    assert first_k <= k < broadcasts.first_k(number + 1)
    assert number == 0 or GRID.index_of(first_k) == 0
    late = GRID.first_frame(first_k) - (START_N + number * length)
    assert number == 0 or 0 <= late < GRID.segment_frames


def test_without_a_hand_over_there_is_one_broadcast_for_ever() -> None:
    broadcasts = Broadcasts(GRID, START_N)
    assert broadcasts.number(GRID.part_of(START_N + 10**9)) == 0


def test_the_addresses_of_the_broadcasts_follow_each_other_and_the_last_one_stays() -> None:
    spec = PushSpec("p", "open", ("720p",), "env:ONE", "env:SPARE", ("env:TWO", "env:THREE"))

    said = [spec.text_of(PRIMARY, number) for number in range(5)]

    assert said == ["env:ONE", "env:TWO", "env:THREE", "env:THREE", "env:THREE"]
    assert spec.text_of(BACKUP, 1) == "env:SPARE"


def test_where_a_person_has_sent_it_it_stays_and_sent_back_it_takes_turns_again() -> None:
    again = Again(has_backup=True)
    again.send_to(BACKUP, pinned=True)
    for _ in range(3 * TURNS_AFTER):
        again.lost(0)
    assert again.which == BACKUP

    again.send_to(PRIMARY, pinned=False)
    for _ in range(TURNS_AFTER):
        again.lost(0)
    assert again.which == BACKUP


def order(seq: int, **args: object) -> dict[str, object]:
    return Order(seq, Verb.OUTPUT, 100 + seq, "ana", args=args).record()


def test_the_tap_follows_the_orders_for_its_own_output_and_survives_damage(tmp_path: Path) -> None:
    orders = LineWriter(tmp_path / "orders")
    tap = Tap(tmp_path / "orders", "platform")
    tap.look()
    assert tap.wish == Wish()

    orders.append(order(1, output="platform", on=False))
    orders.append(order(2, output="another", on=True))
    orders.append({"verb": "output", "args": {"output": "platform", "on": True}})
    tap.look()
    assert tap.wish == Wish(is_on=False, to_backup=False, by="ana")
    assert tap.damaged == 1

    orders.append(order(3, output="platform", backup=True))
    tap.look()
    assert tap.wish == Wish(is_on=False, to_backup=True, by="ana")


def test_orders_that_were_written_anew_are_not_obeyed_twice(tmp_path: Path) -> None:
    path = tmp_path / "orders"
    tap = Tap(path, "platform")
    for _ in range(2):
        path.unlink(missing_ok=True)
        orders = LineWriter(path)
        orders.append(order(1, output="platform", on=False))
        orders.append(order(2, output="platform", on=True))
        orders.close()
        tap.look()
        before = tap.wish
    assert tap.wish is before
    assert tap.wish.is_on
