"""The API for programs: wishes, problems, idempotency keys, the record, and its description."""

from __future__ import annotations

import asyncio
import json

import jsonschema
import pytest
from controlport import Port

from orchestrator.bus import sent
from orchestrator.bus.decisions import REAL, Column
from orchestrator.bus.lines import LineWriter
from orchestrator.control.explain import columns_at
from orchestrator.control.roles import Role
from orchestrator.web.describe import description
from orchestrator.web.routes import ROUTES

V1 = "/api/v1"
GET_PAGES = ("me", "status", "line-up", "desk", "words", "journal", "as-run", "missed", "explain",
             "feeds/past")  # fmt: skip


async def wish(port: Port, word: str, key: str = "", **body: object) -> object:
    headers = {"Idempotency-Key": key} if key else {}
    return await port.ask(
        "POST", f"{V1}/commands/{word}", role=Role.OPERATOR, json_body=body, **headers
    )


async def test_a_wish_is_done_and_journalled_with_its_author(port: Port) -> None:
    told = await wish(port, "take", args={"source": "london.room"}, reason="to see it")

    assert told.status == 200
    entry = port.console.gallery.journal.entries[-1]
    assert (entry.seq, entry.verb) == (told.body["seq"], "take")
    assert (entry.author, entry.reason) == ("test-operator", "to see it")


async def test_nobody_can_be_somebody_else(port: Port) -> None:
    told = await wish(port, "note", args={"text": "x"}, author="ana")

    assert (told.status, told.body["code"]) == (400, "malformed")


async def test_asking_what_would_happen_changes_nothing(port: Port) -> None:
    before = port.console.gallery.last_seq

    told = await wish(port, "extend", args={"by": "1m"}, dry=True)

    assert told.status == 200
    assert told.body["seq"] is None
    assert "reflow" in told.body
    assert port.console.gallery.last_seq == before


@pytest.mark.parametrize(
    ("word", "body", "status", "code"),
    [
        ("take", {"args": {"source": "nowhere.room"}}, 409, "unknown-source"),
        ("take", {"args": {"sauce": "london.room"}}, 400, "unknown-argument"),
        ("take", {"args": []}, 400, "malformed"),
        ("take", {"dry": "yes"}, 400, "malformed"),
        ("take", {"saw": {"preview": "new"}}, 400, "malformed"),
        ("jump", {}, 404, "unknown-word"),
    ],
)
async def test_what_is_refused_has_a_code_a_sentence_and_no_effect(
    port: Port, word: str, body: dict[str, object], status: int, code: str
) -> None:
    before = port.console.gallery.last_seq

    told = await wish(port, word, **body)

    assert (told.status, told.body["code"]) == (status, code)
    assert set(told.body) == {"type", "title", "status", "detail", "code"}
    assert told.headers["Content-Type"].startswith("application/problem+json")
    assert len(told.body["detail"]) > 10
    assert port.console.gallery.last_seq == before


async def test_who_saw_another_preview_is_refused_and_told_who_changed_it(port: Port) -> None:
    saw = (await port.ask("GET", f"{V1}/desk", role=Role.OPERATOR)).body["versions"]
    await wish(port, "preview", args={"source": "london.headset"})

    told = await port.ask("POST", f"{V1}/commands/take", role=Role.PRODUCER, json_body={"saw": saw})

    assert (told.status, told.body["code"]) == (409, "stale")
    assert "test-operator" in told.body["detail"]


@pytest.mark.parametrize(
    "raw",
    [
        b"{", b"[]", b"null", b'{"args": {"text": NaN}}', b'{"args": {"text": "\\ud800"}}',
        b"[" * 100_000, b"\xff\xfe", b'{"args": {"text": 1e999}}',
    ],
)  # fmt: skip
async def test_a_body_that_is_no_json_object_is_told_so(port: Port, raw: bytes) -> None:
    headers = {
        "Authorization": f"Bearer {port.token(Role.OPERATOR)}",
        "Content-Type": "application/json",
    }
    url = port.server.make_url(f"{V1}/commands/note")
    async with port.client.post(url, data=raw[:60_000], headers=headers) as answer:
        told = await answer.json(content_type=None)

    assert (answer.status, told["code"]) == (400, "malformed"), told


async def test_too_long_not_json_not_there_and_not_so_have_sentences(port: Port) -> None:
    headers = {"Authorization": f"Bearer {port.token(Role.OPERATOR)}"}
    url = port.server.make_url(f"{V1}/commands/note")
    async with port.client.post(url, data=b"x" * 70_000, headers=headers) as answer:
        assert (answer.status, (await answer.json(content_type=None))["code"]) == (413, "too-large")
    async with port.client.post(url, data={"text": "x"}, headers=headers) as answer:
        assert (answer.status, (await answer.json(content_type=None))["code"]) == (
            415, "content-type",
        )  # fmt: skip
    gone = await port.ask("GET", f"{V1}/nothing", role=Role.VIEWER)
    assert (gone.status, gone.body["code"]) == (404, "not-found")
    other = await port.ask("DELETE", f"{V1}/commands/take", role=Role.ADMIN)
    assert (other.status, other.body["code"], other.headers["Allow"]) == (405, "method", "POST")


async def test_the_same_key_again_is_told_the_same_and_nothing_is_done(port: Port) -> None:
    first = await wish(port, "note", "press-1", args={"text": "x"})
    again = await wish(port, "note", "press-1", args={"text": "x"})
    other = await wish(port, "note", "press-1", args={"text": "y"})
    fresh = await wish(port, "note", "press-2", args={"text": "x"})

    assert first.text == again.text
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other.status, other.body["code"]) == (409, "key-used")
    assert fresh.body["seq"] == first.body["seq"] + 1
    assert port.console.gallery.last_seq == fresh.body["seq"]


async def test_the_same_key_twice_at_the_same_moment_is_done_once(port: Port) -> None:
    before = port.console.gallery.last_seq

    told = await asyncio.gather(
        *(wish(port, "note", "press-1", args={"text": "x"}) for _ in range(8))
    )

    assert len({one.text for one in told}) == 1
    assert port.console.gallery.last_seq == before + 1


async def test_a_key_is_its_callers_own(port: Port) -> None:
    body = {"args": {"text": "x"}}
    for role in (Role.OPERATOR, Role.PRODUCER):
        told = await port.ask(
            "POST", f"{V1}/commands/note", role=role, json_body=body, Idempotency_Key="1"
        )
        assert "Idempotent-Replayed" not in told.headers


async def test_answers_that_are_kept_are_bounded(port: Port) -> None:
    for i in range(1100):
        await port.console.once.do("x", str(i), b"", _answer)

    assert len(port.console.once) == 1024


async def _answer() -> object:
    from orchestrator.web.problem import Kept

    return Kept(200, b"{}", "application/json")


async def test_the_journal_is_read_page_by_page(port: Port) -> None:
    for i in range(5):
        await wish(port, "note", args={"text": str(i)})

    newest = (await port.ask("GET", f"{V1}/journal?most=2", role=Role.VIEWER)).body
    page = (await port.ask("GET", f"{V1}/journal?after=2&most=2", role=Role.VIEWER)).body

    assert [entry["args"]["text"] for entry in newest["entries"]] == ["3", "4"]
    assert [entry["seq"] for entry in page["entries"]] == [3, 4]
    assert newest["last"] == page["last"] == 6


@pytest.mark.parametrize("query", ["after=x", "after=-1", "most=0", "most=99999", "after=१"])
async def test_a_page_that_cannot_be_is_refused(port: Port, query: str) -> None:
    for path in ("journal", "as-run"):
        told = await port.ask("GET", f"{V1}/{path}?{query}", role=Role.VIEWER)

        assert (told.status, told.body["code"]) == (400, "malformed")


def asrun_line(n: int, event: str, **more: object) -> dict[str, object]:
    return {"n": n, "utc": "", "event": event, "slot": "opening", "shot": "", **more}


async def test_who_looks_up_much_waits_in_turn_and_one_more_is_asked_to_come_again(
    port: Port,
) -> None:
    port.token(Role.VIEWER)
    async with port.console.looking:
        waiting = [
            asyncio.ensure_future(port.ask("GET", f"{V1}/explain", role=Role.VIEWER))
            for _ in range(8)
        ]
        for _ in range(10_000):
            if port.console.counts["looks_waiting"] == 8:
                break
            await asyncio.sleep(0.001)

        assert (await port.ask("GET", f"{V1}/missed", role=Role.VIEWER)).status == 503

    assert {told.status for told in await asyncio.gather(*waiting)} == {200}
    assert (await port.ask("GET", f"{V1}/missed", role=Role.VIEWER)).status == 200


async def test_a_frame_is_explained_with_its_wish_and_what_the_gate_did(port: Port) -> None:
    took = (await wish(port, "take", args={"source": "london.room"}, reason="look")).body
    n, grid = took["n"], port.console.gallery.grid
    schedule = {"by": "schedule", "rule": "start", "author": "", "seq": None}
    cause = {"by": "operator", "rule": "take", "author": "test-operator", "seq": took["seq"]}
    kept = LineWriter(port.place.state.asrun)
    for line in (
        asrun_line(n - 90, "scene", cause=schedule, layout="full", places=[
            {"place": "main", "source": "studio.main"}]),
        asrun_line(n + 1, "order", cause=cause, verb="take", asked_n=n),
        asrun_line(n + 1, "scene", cause=cause, layout="full", places=[
            {"place": "main", "source": "london.room"}], src={"of": "x", "to": 1}),
    ):  # fmt: skip
        kept.append(line)
    decided = LineWriter(port.place.live.decisions)
    first = grid.part_of(n) - 5000
    for k in range(first, first + 10_000):
        column = Column(k, {"180p": REAL}, frozenset(), late_ms=1.5, why="blank" if k % 2 else "")
        decided.append(column.record())

    before = (await port.ask("GET", f"{V1}/explain?n={n - 30}", role=Role.VIEWER)).body
    after = (await port.ask("GET", f"{V1}/explain?n={n + 30}", role=Role.VIEWER)).body

    assert before["cause"]["by"] == "schedule"
    assert before["wish"] is None
    assert after["places"] == [{"place": "main", "source": "london.room"}]
    assert (after["wish"]["author"], after["wish"]["reason"]) == ("test-operator", "look")
    assert (after["wish"]["asked_n"], after["wish"]["taken_n"]) == (n, n + 1)
    assert after["wish"]["latency_ms"] == pytest.approx(133, abs=2)
    assert "TAKE by test-operator (look)" in after["text"]
    [column] = after["public"]
    assert column["msn"] == grid.msn_of(grid.part_of(n + 30))
    for k in (first, first + 1, first + 4999, first + 9999):
        assert [one.k for one in columns_at(port.place.live.decisions, k)] == [k]
    assert columns_at(port.place.live.decisions, first + 20_000) == []
    page = (await port.ask("GET", f"{V1}/as-run", role=Role.VIEWER)).body
    assert [record["event"] for record in page["records"]] == ["scene", "order", "scene"]
    assert all("src" not in record for record in page["records"])
    more = (await port.ask("GET", f"{V1}/as-run?after={page['next']}", role=Role.VIEWER)).body
    assert more == {"records": [], "next": page["next"]}


async def test_what_an_output_did_not_send_is_listed_by_output(port: Port) -> None:
    grid = port.console.gallery.grid
    log = sent.SentLog(port.place.state.sent("hls"), "hls", grid)
    for k, what, why in (
        (10, sent.REAL, ""),
        (11, sent.GAP, "no byte"),
        (12, sent.GAP, "no byte"),
        (13, sent.REAL, ""),
    ):
        log.note(k, what, why)
    log.close()

    told = (await port.ask("GET", f"{V1}/missed", role=Role.VIEWER)).body

    [gap] = told["hls"]
    assert (gap["from_k"], gap["to_k"], gap["what"], gap["why"]) == (11, 12, "gap", "no byte")


@pytest.mark.parametrize(
    ("feed", "status", "code"), [("london.room", 409, "not-hot"), ("atlantis", 404, "unknown-feed")]
)
async def test_a_feed_that_is_not_decoded_cannot_be_watched(
    port: Port, feed: str, status: int, code: str
) -> None:
    told = await port.ask("POST", f"{V1}/lip-sync", role=Role.OPERATOR, json_body={"feed": feed})
    assert (told.status, told.body["code"]) == (status, code)
    assert port.console.attention.lipsync.view() == {}


@pytest.mark.parametrize("page", GET_PAGES)
async def test_what_is_answered_is_what_is_described(port: Port, page: str) -> None:
    described = description(ROUTES)
    [schema] = [
        content["schema"]
        for content in described["paths"][f"{V1}/{page}"]["get"]["responses"]["200"][
            "content"
        ].values()
    ]
    told = await port.ask("GET", f"{V1}/{page}", role=Role.OPERATOR)

    jsonschema.validate(told.body, {**schema, "components": described["components"]})


async def test_every_route_and_every_word_is_described(port: Port) -> None:
    told = await port.ask("GET", f"{V1}/openapi.json")

    from orchestrator.control.words import WORDS

    described = {
        (method.upper(), path) for path, item in told.body["paths"].items() for method in item
    }
    table = {(route.method, route.path) for route in ROUTES if "{" not in route.path}
    assert described == table | {("POST", f"{V1}/commands/{word}") for word in WORDS}
    take = told.body["paths"][f"{V1}/commands/take"]["post"]
    args = take["requestBody"]["content"]["application/json"]["schema"]["properties"]["args"]
    assert set(args["properties"]) >= {"source", "layout", "places", "until"}
    assert take["x-least-role"] == "operator"
    assert "small" not in json.dumps(told.body["info"])  # nothing of the event
