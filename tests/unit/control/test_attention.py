"""The desk's attention on a real gallery: acknowledged, remembered over a restart, telephoned."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from smallevent import GRID, Place

from orchestrator.bus.feedpage import FEED_WORDS, FeedState, FeedWord
from orchestrator.bus.lines import replace_json
from orchestrator.bus.page import create_page
from orchestrator.control.attention import Attention
from orchestrator.control.gallery import Gallery
from orchestrator.control.webhook import Webhook
from orchestrator.rundown.resolved import Resolved

MINUTE = 30 * 60


class Desk:
    """A gallery and its attention, in a tree whose only feed on air can be taken away."""

    def __init__(self, place: Place, day: Resolved, url: str = "") -> None:
        self.place = place
        self.n = day.start_n + MINUTE
        place.at(self.n)
        self.open(url)

    def open(self, url: str = "") -> None:
        place = self.place
        self.gallery = Gallery(place.live, place.state, place.clock)
        self.attention = Attention(
            self.gallery, place.live, place.state, place.clock, {"ORCH_ALARM_URL": url}
        )

    async def close(self) -> None:
        await self.attention.close()
        await self.gallery.close()

    def studio(self, state: FeedState) -> None:
        page = create_page(self.place.live.feed_page("studio.main"), FEED_WORDS)
        page[FeedWord.STATE] = state
        page[FeedWord.ALIVE_NS] = self.place.clock.now_ns()
        page[FeedWord.LUFS_MB] = -3100

    def pass_by(self, seconds: int) -> None:
        for _ in range(seconds):
            self.n += 30
            self.place.at(self.n)
            self.attention.tick()

    async def say(self, verb: str, **args: Any) -> dict[str, Any]:
        return await self.gallery.ask({"verb": verb, "author": "tom", "args": args})

    def cards(self) -> dict[str, dict[str, Any]]:
        return {card["id"]: card for card in self.attention.cards()}


@pytest.fixture
async def desk(place: Place, day: Resolved) -> AsyncIterator[Desk]:
    place.prepare()
    for feed in ("london.headset", "london.room"):
        page = create_page(place.live.feed_page(feed), FEED_WORDS)
        page[FeedWord.STATE] = FeedState.LIVE
    desk = Desk(place, day)
    yield desk
    await desk.close()


async def test_an_incident_is_acknowledged_by_name(desk: Desk) -> None:
    desk.studio(FeedState.BACKOFF)
    desk.pass_by(5)
    assert desk.cards()["feeds.studio"]["holder"] == ""
    refused = await desk.say("ack", incident="nothing-of-the-kind")
    assert refused["code"] == "unknown-incident"

    answer = await desk.say("ack", incident="feeds.studio")

    assert answer["ok"], answer
    desk.pass_by(1)
    assert desk.cards()["feeds.studio"]["holder"] == "tom"


async def test_a_card_is_json_with_its_frame_and_its_instant(desk: Desk) -> None:
    desk.studio(FeedState.BACKOFF)
    desk.pass_by(5)
    card = json.loads(json.dumps(desk.cards()["feeds.studio"]))
    assert card["what"] == "Nothing arrives from Round table, Paris"
    assert card["since"] == GRID.utc(card["since_n"]).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    studio = {"label": "Studio", "word": "safe", "args": {}, "weighed": False}
    assert card["actions"][0] == studio


async def test_a_restarted_control_knows_the_incident_its_age_and_whose_it_is(desk: Desk) -> None:
    desk.studio(FeedState.BACKOFF)
    desk.pass_by(70)
    await desk.say("ack", incident="feeds.studio")
    before = desk.attention.cards()
    escalated = before[0]["escalated"]
    assert escalated == "the producer"

    await desk.close()
    desk.open()
    desk.pass_by(1)

    card = desk.cards()["feeds.studio"]
    assert (card["since_n"], card["holder"]) == (before[0]["since_n"], "tom")
    assert card["escalated"] == escalated


async def test_a_fresh_start_remembers_no_incidents(desk: Desk) -> None:
    desk.studio(FeedState.BACKOFF)
    desk.pass_by(5)
    await desk.close()
    desk.place.prepare(fresh=True)
    desk.open()
    assert desk.attention.cards() == []


async def test_match_uses_what_was_heard_of_a_feed(desk: Desk) -> None:
    refused = await desk.say("match", feed="studio.main")
    assert refused["code"] == "not-measured"
    desk.studio(FeedState.LIVE)
    desk.pass_by(5)

    answer = await desk.say("match", feed="studio.main")

    assert answer["text"].startswith(
        "MATCH studio.main: -31 LUFS, +12 dB over 2 s (the ceiling; +15.0 dB are missing)"
    )
    assert desk.gallery.show.trim_db("studio.main", answer["n"] + 60) == 12.0
    assert 0 < desk.gallery.show.trim_db("studio.main", answer["n"] + 30) < 12.0


async def test_facts_that_are_none_break_nothing(desk: Desk) -> None:
    desk.place.live.facts("gate").write_text("[1, 2")
    replace_json(desk.place.live.facts("programme"), {"at_ns": None, "sources": {}})
    desk.pass_by(5)
    assert "feeds.london" not in desk.cards()


class Telephone:
    """A real HTTP server that says what it is told to, and remembers what it was told."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.heard: list[dict[str, Any]] = []
        self.rang = asyncio.Event()

    async def answer(self, request: web.Request) -> web.Response:
        self.heard.append(await request.json())
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            self.rang.set()
        return web.Response(status=status)

    async def open(self) -> str:
        app = web.Application()
        app.router.add_post("/hook", self.answer)
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        port = self.runner.addresses[0][1]
        return f"http://127.0.0.1:{port}/hook"


async def test_what_nobody_picks_up_rings_a_telephone_with_everything_on_it(
    place: Place, day: Resolved
) -> None:
    telephone = Telephone()
    place.prepare()
    desk = Desk(place, day, await telephone.open())
    desk.studio(FeedState.BACKOFF)
    told: list[tuple[str, str]] = []
    desk.gallery.tellers.append(lambda whom, text: told.append((whom, text)))

    desk.pass_by(120)
    assert told == [
        ("the producer", "nobody has taken this for a minute: "
         "Nothing arrives from Round table, Paris")
    ]  # fmt: skip
    async with asyncio.timeout(10):
        await telephone.rang.wait()

    (call,) = telephone.heard
    assert call["incident"] == "feeds.studio"
    assert call["for"] == "the producer"
    assert call["what"] == "Nothing arrives from Round table, Paris"
    assert call["since"].startswith("2026-10-24T10:01")
    await desk.close()
    await telephone.runner.cleanup()


async def test_a_telephone_that_fails_is_tried_again_and_a_dead_one_is_counted() -> None:
    telephone = Telephone(503, 500, 200)
    webhook = Webhook(await telephone.open(), pause_s=0.01)
    webhook.post({"a": 1})
    async with asyncio.timeout(10):
        await webhook.settled()
    assert webhook.sent == 1
    assert len(telephone.heard) == 3
    await telephone.runner.cleanup()

    webhook.post({"a": 2})
    async with asyncio.timeout(10):
        await webhook.settled()
    assert webhook.failed == 1
    await webhook.close()


async def test_a_telephone_that_never_answers_holds_nothing_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def never(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    webhook = Webhook(f"http://127.0.0.1:{port}/secret-token")

    for _ in range(20):
        webhook.post({"a": 1})

    assert webhook.dropped == 12
    await webhook.close()
    server.close()
    assert "secret-token" not in caplog.text
