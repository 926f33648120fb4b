"""The contract of the journal, kept by the file and by a real Redis server alike."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import redis.asyncio as aioredis
from redisserver import RedisServer
from smallevent import EVENT as SMALL
from smallevent import GRID, Place

from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control.chain import MENDED, VOID, Reading, decisions_in_force
from orchestrator.control.derive import read_orders
from orchestrator.control.eventfile import load_plan, resolve_plan
from orchestrator.control.floor import Offer
from orchestrator.control.gallery import Gallery
from orchestrator.control.journal import read_journal
from orchestrator.control.journals import Ledger, now, open_ledger
from orchestrator.control.reading import reading
from orchestrator.control.redisjournal import key_of, read_redis
from orchestrator.rundown.difference import Change
from orchestrator.rundown.resolved import Resolved
from orchestrator.timing import ManualClock

pytestmark = [pytest.mark.e2e]

EVENT = "words"
KEY = key_of(EVENT)


class Kept:
    """A journal somewhere: opened, read, and tampered with."""

    def __init__(self, state: StateFolder, server: RedisServer | None) -> None:
        self.state = state
        self.server = server
        self._environment = {"REDIS_URL": server.url} if server else {}

    def open(self) -> Ledger:
        return open_ledger(self.state, EVENT, ManualClock(), self._environment)

    def read(self) -> Reading:
        if self.server is None:
            return read_journal(self.state.journal)
        return now(read_redis(self.server.url, EVENT))

    async def lines(self) -> list[bytes]:
        if self.server is None:
            return self.state.journal.read_bytes().splitlines()
        async with aioredis.Redis.from_url(self.server.url) as client:
            found = cast(Any, await client.xrange(KEY))
            return [fields[b"line"] for _, fields in found]

    async def rewrite(self, lines: list[bytes]) -> None:
        """As somebody would who changes the record by hand."""
        if self.server is None:
            self.state.journal.write_bytes(b"".join(line + b"\n" for line in lines))
            return
        async with aioredis.Redis.from_url(self.server.url) as client:
            ids = [entry_id for entry_id, _ in cast(Any, await client.xrange(KEY))]
            await client.delete(KEY)
            for entry_id, line in zip(ids, lines, strict=False):
                await client.xadd(KEY, {"line": line}, id=entry_id)


@pytest.fixture(params=["file", "redis"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    state = StateFolder(tmp_path / "state")
    state.root.mkdir()
    server = RedisServer(tmp_path) if request.param == "redis" else None
    yield Kept(state, server)
    if server is not None:
        server.kill()


@pytest.fixture
async def opened(kept: Kept) -> AsyncIterator[Callable[[], Ledger]]:
    ledgers: list[Ledger] = []

    def open_one() -> Ledger:
        ledgers.append(kept.open())
        return ledgers[-1]

    yield open_one
    for ledger in ledgers:
        await ledger.shut()


Opener = Callable[[], Ledger]


async def write(ledger: Ledger, count: int) -> None:
    for i in range(count):
        await ledger.write("take", n=100 + i, author="tom", args={"places": {"main": f"site.{i}"}})


async def test_what_is_written_is_there_after_a_restart(kept: Kept, opened: Opener) -> None:
    await write(opened(), 3)

    again = opened()

    assert [entry.seq for entry in again.entries] == [1, 2, 3]
    assert again.entries == tuple(kept.read().entries)
    assert not again.damages
    await again.write("next", n=200, author="mei", reason="Schluß – «ja»")
    assert kept.read().entries[-1].reason == "Schluß – «ja»"


async def test_a_changed_entry_is_found_and_only_what_is_before_it_counts(
    kept: Kept, opened: Opener
) -> None:
    await write(opened(), 5)
    lines = await kept.lines()
    await kept.rewrite([line.replace(b"site.2", b"site.9") for line in lines])

    reading = kept.read()
    assert [entry.seq for entry in reading.entries] == [1, 2]
    assert reading.open_damage is not None
    assert "entry 3 was changed" in reading.open_damage.why


async def test_a_damage_is_stepped_over_once_and_nothing_is_overwritten(
    kept: Kept, opened: Opener
) -> None:
    await write(opened(), 5)
    lines = [line.replace(b"site.2", b"site.9") for line in await kept.lines()]
    await kept.rewrite(lines)

    mending = opened()
    await mending.write("next", author="mei")

    assert (await kept.lines())[:5] == lines
    reading = kept.read()
    assert [entry.seq for entry in reading.entries] == [1, 2, 6, 7]
    assert reading.entries[2].verb == MENDED
    assert reading.open_damage is None
    assert [entry.verb for entry in opened().entries] == ["take", "take", MENDED, "next"]


async def test_an_end_that_was_cut_off_is_found(kept: Kept, opened: Opener) -> None:
    await write(opened(), 5)
    await kept.rewrite((await kept.lines())[:3])

    reading = kept.read()
    assert [entry.seq for entry in reading.entries] == [1, 2, 3]
    assert reading.open_damage is not None
    assert "entries up to 5 had been written and are gone" in reading.open_damage.why
    assert opened().entries[-1].seq == 6  # no number is given twice


async def test_a_line_of_garbage_is_no_entry(kept: Kept, opened: Opener) -> None:
    await write(opened(), 3)
    lines = await kept.lines()
    await kept.rewrite([lines[0], b"\xff\x00 rubbish", lines[2]])

    assert [entry.seq for entry in kept.read().entries] == [1]


async def test_ten_thousand_entries_are_read_whole_and_chain(kept: Kept, opened: Opener) -> None:
    ledger = opened()
    for i in range(10_000 if kept.server is None else 2_500):
        await ledger.write("gain", n=i, author="ravi", args={"feed": "oslo.room", "trim_db": 1.0})

    assert [entry.seq for entry in opened().entries] == [e.seq for e in ledger.entries]


# Redis alone: slow, gone, and back


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    running = RedisServer(tmp_path)
    yield running
    running.resume_if_there()
    running.kill()


@pytest.fixture
async def ledger(server: RedisServer, tmp_path: Path) -> AsyncIterator[Ledger]:
    state = StateFolder(tmp_path / "state")
    state.root.mkdir()
    opened = open_ledger(state, EVENT, ManualClock(), {"REDIS_URL": server.url})
    yield opened
    await opened.shut()


async def away(doing: Awaitable[Any]) -> str:
    with pytest.raises(OSError) as error:  # noqa: PT011
        await doing
    return error.value.strerror or ""


async def until_back(ledger: Ledger) -> list[Any]:
    entries: list[Any] = []
    deadline = time.monotonic() + 30
    while ledger.trouble:
        entries += await ledger.catch_up()
        assert time.monotonic() < deadline, ledger.trouble
    return entries


async def test_a_mute_redis_costs_half_a_second_once_and_then_nothing(
    server: RedisServer, ledger: Ledger
) -> None:
    await write(ledger, 2)
    server.pause()

    assert "does not answer" in await away(ledger.write("take", author="tom"))
    others = [away(ledger.write("take", author="tom")) for _ in range(50)]
    async with asyncio.timeout(0.4):  # none of them waits: less than one patience for all
        assert all("does not answer" in why for why in await asyncio.gather(*others))
    assert len(ledger.entries) == 2

    server.resume()
    await until_back(ledger)
    await ledger.write("next", author="tom")


async def test_what_nobody_was_told_of_does_not_happen_late(
    server: RedisServer, ledger: Ledger
) -> None:
    await write(ledger, 1)
    server.pause()
    await away(ledger.write("take", author="tom", args={"places": {"main": "late.room"}}))
    server.resume()  # and now Redis reads what had been sent to it

    await until_back(ledger)

    in_force = [entry.args for entry in decisions_in_force(ledger.entries)]
    assert {"places": {"main": "late.room"}} not in in_force
    assert {entry.verb for entry in ledger.entries} <= {"take", VOID}


async def test_a_control_that_starts_without_redis_knows_what_is_in_force(
    server: RedisServer, ledger: Ledger, tmp_path: Path
) -> None:
    await write(ledger, 3)
    server.kill()

    state = StateFolder(tmp_path / "state")
    second = open_ledger(state, EVENT, ManualClock(), {"REDIS_URL": server.url})

    assert [entry.seq for entry in second.entries] == [1, 2, 3]
    assert "does not answer" in second.trouble
    assert "does not answer" in await away(second.write("take", author="tom"))
    server.start()
    assert await until_back(second) == []
    await second.write("take", author="tom")
    await second.shut()


async def test_two_writers_never_write_the_same_entry(
    server: RedisServer, ledger: Ledger, tmp_path: Path
) -> None:
    other_state = StateFolder(tmp_path / "other")
    other_state.root.mkdir()
    other = open_ledger(other_state, EVENT, ManualClock(), {"REDIS_URL": server.url})
    await ledger.write("take", author="tom")

    why = await away(other.write("take", author="mei"))

    assert "somebody else has written" in why
    caught_up = await until_back(other)
    assert [(entry.seq, entry.author) for entry in caught_up] == [(1, "tom")]
    await other.write("next", author="mei")
    assert [(entry.seq, entry.author) for entry in await ledger.catch_up()] == [(2, "mei")]
    assert not (await read_redis(server.url, EVENT)).damages
    await other.shut()


# Redis and two machines


@pytest.fixture
def places(
    server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Place, Place]:
    """Two machines with the same event and the same Redis, and folders of their own."""
    monkeypatch.setenv("REDIS_URL", server.url)
    found = []
    for name in ("one", "other"):
        folder = tmp_path / name
        (folder / "state").mkdir(parents=True)
        event = folder / "event.yaml"
        event.write_text(SMALL)
        live = LiveTree(folder / "live")
        live.make()
        start_n = resolve_plan(load_plan(event), None).start_n
        clock = ManualClock(GRID.instant_ns(start_n + 60))
        found.append(Place(live, StateFolder(folder / "state"), event, clock))
    return found[0], found[1]


async def take_over(place: Place, desk: Gallery, text: str) -> None:
    """The producer saves the file, and somebody takes it over at the desk."""
    place.event.write_text(text)
    answer = reading(place.event, place.state, desk.show.resolved.version)
    changes = tuple(Change(**change) for change in answer["changes"])
    file = Resolved.from_json(place.state.read_day.read_bytes())
    desk.offer = Offer(answer["digest"], answer["against"], file, changes)
    wish = {"verb": "rundown", "author": "ann", "args": {"digest": answer["digest"]}}
    told = await desk.ask(wish | {"reason": "shorter"})
    assert told["ok"], told


def titles(day: Resolved) -> list[str]:
    return [slot.plan.title["en"] for slot in day.slots]


async def test_what_redis_kept_without_saying_so_does_not_reach_the_programme(
    places: tuple[Place, Place], server: RedisServer
) -> None:
    one, _ = places
    one.prepare()
    desk = Gallery(one.live, one.state, one.clock)
    heard: list[str] = []
    desk.listeners.append(lambda entry: heard.append(entry.verb))
    take = {"verb": "take", "author": "tom", "args": {"source": "london.room"}}
    note = {"verb": "note", "author": "tom", "args": {"text": "connected"}}
    try:
        assert (await desk.ask(note))["ok"]
        await desk.tick()  # and so there is a connection
        server.pause()
        assert (await desk.ask(take))["code"] == "journal"
        server.resume()  # and now Redis reads what had been sent to it
        async with asyncio.timeout(30):
            while desk.journal.trouble:
                await desk.tick()

        assert {"take", VOID} <= {entry.verb for entry in desk.journal.entries}
        assert "take" not in [order.verb.value for order in read_orders(one.live.orders)]
        assert desk.show.taken(desk.now_n + 60) is None
        assert VOID in heard  # the record on the screens has no hole
        one.clock.advance(2)
        assert (await desk.ask(take))["ok"]
    finally:
        await desk.close()


async def test_another_machine_has_the_versions_that_are_in_force_from_redis(
    places: tuple[Place, Place],
) -> None:
    one, other = places
    one.prepare()
    first = Gallery(one.live, one.state, one.clock)
    other.prepare()
    second = Gallery(other.live, other.state, other.clock)  # runs while the file is taken over
    try:
        await first.tick()  # the other one has written that it began
        await take_over(one, first, SMALL.replace("title: A talk", "title: The talk"))
        await second.tick()
        assert "The talk" in titles(second.show.resolved)
        assert second.show.resolved.version == first.show.resolved.version
        assert "The talk" in titles(Resolved.from_json(other.live.snapshot.read_bytes()))
    finally:
        await first.close()
        await second.close()

    shutil.rmtree(other.state.root / "rundowns")  # and one that begins with nothing at all
    said = other.prepare()

    assert not any("was in force and is neither" in line for line in said)
    assert "The talk" in titles(Resolved.from_json(other.live.snapshot.read_bytes()))
    assert other.state.source(1).read_text() == SMALL


async def test_a_version_that_nobody_has_is_said_at_the_start(
    places: tuple[Place, Place], server: RedisServer
) -> None:
    one, other = places
    one.prepare()
    desk = Gallery(one.live, one.state, one.clock)
    await take_over(one, desk, SMALL.replace("title: A talk", "title: The talk"))
    version = desk.show.resolved.version
    await desk.close()
    async with aioredis.Redis.from_url(server.url) as client:
        await client.delete(f"{key_of(desk.show.resolved.id)}:rundown:{version}")

    said = other.prepare()

    assert any(f"version {version} of the rundown was in force and is neither" in x for x in said)


async def test_a_copy_that_tells_another_story_is_kept_aside(
    server: RedisServer, ledger: Ledger, tmp_path: Path
) -> None:
    await write(ledger, 2)
    copy = StateFolder(tmp_path / "state").mirror
    other = json.dumps({"seq": 1, "verb": "other"}).encode() + b"\n"
    copy.write_bytes(other)

    again = open_ledger(
        StateFolder(tmp_path / "state"), EVENT, ManualClock(), {"REDIS_URL": server.url}
    )

    assert copy.with_suffix(".1.jsonl").read_bytes() == other
    assert [entry.seq for entry in again.entries] == [1, 2]
    assert [entry.seq for entry in read_journal(copy).entries] == [1, 2]
    await again.shut()
