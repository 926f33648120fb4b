import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from smallevent import GRID, Place

from orchestrator.bus.decisions import SafetyAct
from orchestrator.bus.lines import LineWriter, read_lines
from orchestrator.control.gallery import Gallery
from orchestrator.control.journal import read_journal
from orchestrator.rundown.resolved import Resolved

MINUTE = 30 * 60


Opener = Callable[[Place], Gallery]


@pytest.fixture
def gallery() -> Iterator[Opener]:
    """Opens galleries; one that is opened while another is there finds what a killed one left."""
    opened: list[Gallery] = []

    def open_gallery(place: Place) -> Gallery:
        opened.append(Gallery(place.live, place.state, place.clock))
        return opened[-1]

    yield open_gallery
    for each in opened:
        asyncio.run(each.close())


def wish(verb: str, **args: Any) -> dict[str, Any]:
    return {"verb": verb, "author": "tom", "reason": "because", "args": args}


def verbs(place: Place) -> list[str]:
    return [record["verb"] for record in read_lines(place.live.orders)]


@pytest.fixture
def ready(place: Place) -> Place:
    place.prepare()
    return place


async def test_a_wish_is_journalled_ordered_and_answered(
    gallery: Opener, ready: Place, day: Resolved
) -> None:
    desk = gallery(ready)

    answer = await desk.ask(wish("take", source="london.room"))

    assert answer["ok"], answer
    assert answer["n"] == day.start_n + 3
    (order,) = read_lines(ready.live.orders)
    entry = read_journal(ready.state.journal).entries[-1]
    assert order["seq"] == entry.seq == answer["seq"]
    assert (entry.author, entry.reason, entry.n) == ("tom", "because", answer["n"])
    assert desk.show.at(answer["n"]).scene.cause.seq == answer["seq"]
    assert "TAKE full: main=london.room" in answer["text"]
    assert answer["text"].endswith("at 12:00:00")


async def test_a_refused_wish_changes_nothing(gallery: Opener, ready: Place) -> None:
    desk = gallery(ready)
    before = ready.state.journal.read_bytes(), ready.live.orders.read_bytes()

    answer = await desk.ask(wish("take", source="nowhere.room"))

    assert answer == {"ok": False, "code": "unknown-source", "why": answer["why"]}
    assert (ready.state.journal.read_bytes(), ready.live.orders.read_bytes()) == before
    assert desk.facts()["refused"] == 1


async def test_a_dry_wish_only_says_what_would_happen(gallery: Opener, ready: Place) -> None:
    answer = await gallery(ready).ask(wish("extend", by="2m") | {"dry": True})

    assert answer["ok"]
    assert answer["seq"] is None
    assert "talk: 10m → 8m, starts 12:17:00" in answer["moves"]
    assert verbs(ready) == []


async def test_garbage_is_refused(gallery: Opener, ready: Place) -> None:
    desk = gallery(ready)
    requests: tuple[Any, ...] = (None, [], 3, "next", {"verb": 1}, {"verb": "next", "author": None})
    for request in requests:
        assert (await desk.ask(request))["ok"] is False


async def test_a_restarted_gallery_has_the_same_show(gallery: Opener, ready: Place) -> None:
    desk = gallery(ready)
    await desk.ask(wish("take", source="london.room", until="released"))

    again = gallery(ready)

    assert again.show.orders == desk.show.orders
    assert len(read_lines(ready.live.orders)) == 1


def test_killed_between_journal_and_orders_the_order_is_given_at_the_next_start(
    gallery: Opener,
    ready: Place,
) -> None:
    code = (
        "import asyncio, sys; from pathlib import Path\n"
        "from orchestrator.bus.tree import LiveTree, StateFolder\n"
        "from orchestrator.control.gallery import Gallery\n"
        "from orchestrator.timing import ManualClock\n"
        "live, state, now = sys.argv[1:]\n"
        "gallery = Gallery(LiveTree(Path(live)), StateFolder(Path(state)), ManualClock(int(now)))\n"
        "asyncio.run(gallery.ask({'verb': 'next', 'author': 'tom'}))\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code, ready.live.root, ready.state.root, str(ready.clock.now_ns())],
        env=os.environ | {"ORCH_FAULT": "journalled"},
    )
    assert killed.returncode == -signal.SIGKILL
    assert read_journal(ready.state.journal).entries[-1].verb == "next"
    assert verbs(ready) == []

    desk = gallery(ready)

    assert verbs(ready) == ["next"]
    assert [order.verb.value for order in desk.show.orders] == ["next"]


async def test_nobody_at_the_desk_is_decided_ahead_once_and_said(
    gallery: Opener, ready: Place, day: Resolved
) -> None:
    ready.at(day.start_n + 4 * MINUTE)
    desk = gallery(ready)

    await desk.tick()
    await desk.tick()
    await gallery(ready).tick()

    defaults = [e for e in read_journal(ready.state.journal).entries if e.cause == "default"]
    assert [(e.verb, e.args["slot"], e.author) for e in defaults] == [
        ("ready", "case", "nobody"),
        ("end", "case", "nobody"),
    ]
    assert "nobody" in defaults[1].reason
    assert defaults[1].n <= day.start_n + 5 * MINUTE
    assert verbs(ready) == ["ready", "end"]
    show = gallery(ready).show
    assert show.slot_at(day.start_n + 15 * MINUTE).id == "talk"


async def test_an_operator_still_holds_what_the_default_had_ended(
    gallery: Opener, ready: Place, day: Resolved
) -> None:
    ready.at(day.start_n + 4 * MINUTE)
    desk = gallery(ready)
    await desk.tick()
    ready.at(day.start_n + 10 * MINUTE)

    await desk.ask(wish("stay"))
    ready.at(day.start_n + 20 * MINUTE)
    await desk.tick()

    assert desk.show.slot_at(day.start_n + 20 * MINUTE).id == "case"


async def test_the_gates_acts_are_merged_and_told(gallery: Opener, ready: Place) -> None:
    desk = gallery(ready)
    writer = LineWriter(ready.live.decisions)
    k = GRID.part_of(desk.now_n)
    writer.append(SafetyAct("privacy", k, ready.clock.now_ns(), "nurse", "", "london").record())

    await desk.tick()

    assert [e.verb for e in read_journal(ready.state.journal).entries] == ["start", "privacy"]
    assert verbs(ready) == ["privacy"]


async def test_the_as_run_is_carried_while_it_is_written(gallery: Opener, ready: Place) -> None:
    desk = gallery(ready)
    writer = LineWriter(ready.live.asrun)
    for n in range(3):
        writer.append({"n": n})
        await desk.tick()

    assert [record["n"] for record in read_lines(ready.state.asrun)] == [0, 1, 2]


async def test_a_disk_that_refuses_costs_the_command_and_nothing_else(
    gallery: Opener, ready: Place
) -> None:
    import resource

    desk = gallery(ready)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    size = ready.state.journal.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 40, hard))
    try:
        refused = await desk.ask(wish("next"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)

    assert refused["code"] == "journal"
    assert verbs(ready) == []
    assert (await desk.ask(wish("next")))["ok"]
    assert [e.verb for e in read_journal(ready.state.journal).entries] == [
        "start",
        "mended",
        "next",
    ]


@pytest.fixture
def file_size_limit() -> Iterator[Callable[[int], None]]:
    """`file_size_limit(bytes)`: the kernel refuses to let any file grow beyond, as a full disk."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size if size else soft, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, before)


async def test_what_is_journalled_is_answered_and_owed_until_orders_has_room(
    gallery: Opener, ready: Place, file_size_limit: Callable[[int], None]
) -> None:
    filler = b" " * 2 * ready.state.journal.stat().st_size + b"\n"
    ready.live.orders.write_bytes(filler)  # the journal is shorter, so only `orders` is refused
    desk = gallery(ready)

    file_size_limit(len(filler))
    answer = await desk.ask(wish("take", source="london.room"))
    await desk.tick()
    file_size_limit(0)

    assert answer["ok"], answer
    assert "it waits until there is room" in answer["text"]
    assert verbs(ready) == []
    assert desk.facts()["orders_owed"] == 1
    await desk.tick()
    assert verbs(ready) == ["take"]
    assert desk.facts()["orders_owed"] == 0
    assert [e.verb for e in read_journal(ready.state.journal).entries] == ["start", "take"]


async def test_control_starts_on_a_disk_that_refuses_and_decides_again_when_it_does_not(
    gallery: Opener, ready: Place, file_size_limit: Callable[[int], None]
) -> None:
    before = gallery(ready)
    assert (await before.ask(wish("take", source="london.room", until="released")))["ok"]
    with ready.state.journal.open("ab") as journal:
        journal.write(b'{"torn":')  # which only an append can mend

    file_size_limit(ready.state.journal.stat().st_size)
    desk = gallery(ready)
    refused = await desk.ask(wish("release"))
    await desk.tick()
    file_size_limit(0)

    assert refused["code"] == "journal"
    assert "cannot be written" in refused["why"]
    assert "cannot be written" in str(desk.facts()["journal_trouble"])
    assert desk.show.orders == before.show.orders
    await desk.tick()
    assert desk.facts()["journal_trouble"] == ""
    assert (await desk.ask(wish("release")))["ok"]
    entries = read_journal(ready.state.journal).entries
    assert [e.verb for e in entries] == ["start", "take", "mended", "release"]
