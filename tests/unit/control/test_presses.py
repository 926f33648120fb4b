"""A keyed wish is told the same by a control that was started since; nothing is done twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from smallevent import GRID, Place

from orchestrator.bus.lines import read_lines
from orchestrator.control.gallery import Gallery
from orchestrator.control.journal import read_journal
from orchestrator.control.presses import Press
from orchestrator.errors import CommandRejected

Opener = Callable[[], Gallery]

WISHES: list[tuple[str, dict[str, Any]]] = [
    ("take", {"source": "london.room"}),
    ("extend", {"by": "1m"}),
    ("skip", {"slot": "talk"}),
    ("gain", {"feed": "london.room", "gain": "-3 dB"}),
    ("note", {"text": "the minister's car is here"}),
    ("stay", {}),
    ("undo", {}),
]


@pytest.fixture
def opened(place: Place) -> Iterator[Opener]:
    place.prepare()
    galleries: list[Gallery] = []

    def open_one() -> Gallery:
        galleries.append(Gallery(place.live, place.state, place.clock))
        return galleries[-1]

    yield open_one
    for gallery in galleries:
        asyncio.run(gallery.close())


def wish(verb: str, args: dict[str, Any]) -> dict[str, Any]:
    return {"verb": verb, "author": "tom", "reason": "because", "args": args}


def press(number: int, wished: bytes = b"this") -> Press:
    return Press.of("tom", f"box-{number}", wished)


async def test_every_kind_of_wish_is_told_the_same_after_a_restart(
    opened: Opener, place: Place
) -> None:
    desk, answers = opened(), []
    n = GRID.frame_at(place.clock.now_ns())
    for i, (verb, args) in enumerate(WISHES):
        place.at(n + 60 * i)
        answer = await desk.ask(wish(verb, args), press=press(i))
        assert answer["ok"], (verb, answer)
        answers.append(answer)

    again = opened()

    assert [again.told_before(press(i)) for i in range(len(WISHES))] == answers
    assert answers[1]["reflow"]["shrinks"], "an answer without a reflow shows little"


async def test_the_journal_holds_hashes_and_no_key(opened: Opener, place: Place) -> None:
    await opened().ask(wish("stay", {}), press=press(7))

    entry = read_journal(place.state.journal).entries[-1]
    assert entry.press["key"] == press(7).key
    assert b"box-7" not in place.state.journal.read_bytes()
    assert press(7) == Press.of("tom", "box-7", b"this") != Press.of("mei", "box-7", b"this")


async def test_the_same_key_for_another_wish_is_refused_after_a_restart(opened: Opener) -> None:
    await opened().ask(wish("stay", {}), press=press(1))

    with pytest.raises(CommandRejected) as refused:
        opened().told_before(press(1, b"that"))

    assert refused.value.code == "key-used"


async def test_what_was_refused_or_not_asked_is_not_known(opened: Opener) -> None:
    refused = await opened().ask(wish("take", {"source": "no.where"}), press=press(1))

    assert not refused["ok"]
    assert opened().told_before(press(1)) is None
    assert opened().told_before(press(2)) is None


async def test_a_new_event_does_not_know_the_presses_of_the_one_left_behind(
    opened: Opener, place: Place
) -> None:
    await opened().ask(wish("stay", {}), press=press(1))
    place.prepare(fresh=True)

    assert opened().told_before(press(1)) is None


async def test_looking_a_press_up_writes_nothing(opened: Opener, place: Place) -> None:
    await opened().ask(wish("stay", {}), press=press(1))
    again = opened()
    before = place.state.journal.read_bytes(), read_lines(place.live.orders)

    assert again.told_before(press(1)) is not None

    assert (place.state.journal.read_bytes(), read_lines(place.live.orders)) == before
