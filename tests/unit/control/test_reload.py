"""The changed file at the desk: offered, shown, taken over or refused, reverted, and kept."""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from smallevent import EVENT, Place

from orchestrator.bus.lines import read_lines
from orchestrator.control.editions import Editions
from orchestrator.control.filewatch import FileWatch
from orchestrator.control.floor import Offer
from orchestrator.control.gallery import Gallery
from orchestrator.control.reading import reading
from orchestrator.control.roles import Role
from orchestrator.rundown.difference import Change
from orchestrator.rundown.resolved import Resolved

MINUTE = 30 * 60
LONGER = EVENT.replace("title: A talk, kind: panel, site: studio, duration: 10m",
                       "title: The talk, kind: panel, site: studio, duration: 9m")  # fmt: skip

Opener = Callable[[Place], Gallery]


@pytest.fixture
def gallery() -> Iterator[Opener]:
    opened: list[Gallery] = []

    def open_gallery(place: Place) -> Gallery:
        opened.append(Gallery(place.live, place.state, place.clock))
        return opened[-1]

    yield open_gallery
    for each in opened:
        asyncio.run(each.close())


@pytest.fixture
def ready(place: Place) -> Place:
    place.prepare()
    place.clock.advance(60)
    return place


def wish(verb: str, **args: Any) -> dict[str, Any]:
    return {"verb": verb, "author": "ann", "reason": "because", "args": args}


def read(place: Place, desk: Gallery, text: str) -> dict[str, Any]:
    """Save the file, and offer it to the desk as the watch does."""
    place.event.write_text(text)
    answer = reading(place.event, place.state, desk.show.resolved.version)
    errors = tuple(answer["errors"])
    changes = () if errors else tuple(Change(**change) for change in answer["changes"])
    file = None if errors else Resolved.from_json(place.state.read_day.read_bytes())
    desk.offer = Offer(
        answer.get("digest", ""),
        answer["against"],
        file,
        changes,
        tuple(answer.get("refused", ())),
        errors,
    )
    return answer


def snapshot(place: Place) -> Resolved:
    return Resolved.from_json(place.live.snapshot.read_bytes())


def title_of(day: Resolved, slot: str) -> str:
    return next(s.plan.title["en"] for s in day.slots if s.id == slot)


async def test_a_changed_file_is_offered_and_changes_nothing_until_it_is_taken(
    gallery: Opener, ready: Place
) -> None:
    desk = gallery(ready)
    before = desk.show.line_up(desk.now_n)

    answer = read(ready, desk, LONGER)

    assert [change["text"] for change in answer["changes"]] == [
        "talk: title “A talk” → “The talk”",
        "talk: duration 10m → 9m",
    ]
    assert desk.new_day["digest"] == answer["digest"]
    assert desk.show.line_up(desk.now_n) == before
    assert snapshot(ready).version == 1


async def test_taking_it_over_is_journalled_ordered_and_in_force_for_everybody(
    gallery: Opener, ready: Place
) -> None:
    desk = gallery(ready)
    digest = read(ready, desk, LONGER)["digest"]

    shown = await desk.ask(wish("rundown", digest=digest) | {"dry": True})
    done = await desk.ask(wish("rundown", digest=digest))

    assert done["ok"], done
    assert shown["text"].startswith("RUNDOWN: version 2: talk: title “A talk” → “The talk”")
    assert done["moves"] == shown["moves"]
    entry = desk.journal.entries[-1]
    assert (entry.verb, entry.author, entry.n) == ("rundown", "ann", done["n"])
    assert entry.args["version"] == 2
    assert entry.args["digest"] == digest
    assert entry.args["changes"][0] == "talk: title “A talk” → “The talk”"
    assert read_lines(ready.live.orders)[-1]["args"]["version"] == 2
    assert title_of(snapshot(ready), "talk") == "The talk"
    assert Resolved.from_json(ready.live.edition(2).read_bytes()) == snapshot(ready)
    assert desk.new_day == {}


async def test_a_file_that_was_saved_again_meanwhile_is_not_taken(
    gallery: Opener, ready: Place
) -> None:
    desk = gallery(ready)
    digest = read(ready, desk, LONGER)["digest"]
    read(ready, desk, LONGER.replace("The talk", "That talk"))

    answer = await desk.ask(wish("rundown", digest=digest))

    assert (answer["ok"], answer["code"]) == (False, "changed-meanwhile")
    assert snapshot(ready).version == 1


@pytest.mark.parametrize(
    ("text", "code", "sentence"),
    [
        (EVENT, "no-change", "in force already"),
        (EVENT.replace("duration: 5m", "duration: 0:05"), "broken-file", "event.yaml:17"),
        (EVENT.replace("fps: 30", "fps: 25"), "needs-restart", "run --reload"),
        (EVENT.replace("duration: 40m, audience", "duration: 50m, audience"), "needs-restart",
         "event › duration cannot change while the event runs"),
        (EVENT.replace("room: {srt", "hall: {srt"), "needs-restart", "feeds come and go"),
    ],
)  # fmt: skip
async def test_what_cannot_be_taken_is_refused_with_a_sentence_and_nothing_happens(
    gallery: Opener, ready: Place, text: str, code: str, sentence: str
) -> None:
    desk = gallery(ready)
    digest = read(ready, desk, text).get("digest", "x")

    answer = await desk.ask(wish("rundown", digest=digest))

    assert (answer["ok"], answer["code"]) == (False, code)
    assert sentence in answer["why"]
    assert snapshot(ready).version == 1
    assert len(desk.journal.entries) == 1


async def test_an_operator_may_not_take_a_file_over(gallery: Opener, ready: Place) -> None:
    desk = gallery(ready)
    digest = read(ready, desk, LONGER)["digest"]

    answer = await desk.ask(wish("rundown", digest=digest), role=Role.OPERATOR)

    assert answer["code"] == "forbidden"


async def test_a_revert_brings_the_earlier_version_back_as_a_new_one(
    gallery: Opener, ready: Place
) -> None:
    desk = gallery(ready)
    before = [(run.id, run.start_n, run.end_n) for run in desk.show.line_up(desk.now_n)]
    await desk.ask(wish("rundown", digest=read(ready, desk, LONGER)["digest"]))
    ready.clock.advance(10)

    unknown = await desk.ask(wish("revert", version=7))
    answer = await desk.ask(wish("revert", version=1))

    assert unknown["code"] == "unknown-version"
    assert answer["ok"], answer
    assert snapshot(ready).version == 3
    assert desk.journal.entries[-1].args["reverts_to"] == 1
    assert [(run.id, run.start_n, run.end_n) for run in desk.show.line_up(desk.now_n)] == before
    again = await desk.ask(wish("revert", version=1))
    assert again["code"] == "no-change"


async def test_a_restart_of_control_or_of_everything_shows_exactly_the_same_show(
    gallery: Opener, ready: Place
) -> None:
    desk = gallery(ready)
    await desk.ask(wish("extend", slot="opening", by="2m"))
    await desk.ask(wish("rundown", digest=read(ready, desk, LONGER)["digest"]))
    ready.clock.advance(30)
    await desk.ask(wish("skip", slot="talk"))
    n = desk.now_n

    control = gallery(ready)
    ready.event.write_text("nonsense: [")
    ready.prepare()
    everything = gallery(ready)

    for show in (control.show, everything.show):
        assert show.line_up(n) == desk.show.line_up(n)
        for at in range(n - 90 * 30, n + 30 * MINUTE, 977):
            assert show.at(at) == desk.show.at(at)
    assert snapshot(ready).version == 2


async def test_a_control_killed_behind_the_journal_gives_the_order_and_the_edition_at_its_start(
    gallery: Opener, ready: Place
) -> None:
    desk = gallery(ready)
    await desk.ask(wish("rundown", digest=read(ready, desk, LONGER)["digest"]))
    lines = ready.live.orders.read_bytes().splitlines(keepends=True)
    ready.live.orders.write_bytes(b"".join(lines[:-1]))
    Editions(ready.live, ready.state).show(Resolved.from_json(ready.live.edition(1).read_bytes()))
    ready.live.edition(2).unlink()

    gallery(ready)

    assert read_lines(ready.live.orders)[-1]["args"]["version"] == 2
    assert ready.live.edition(2).exists()
    assert snapshot(ready).version == 2


async def test_what_the_desk_decided_holds_and_is_listed_as_a_conflict(
    gallery: Opener, ready: Place
) -> None:
    desk = gallery(ready)
    await desk.ask(wish("extend", slot="talk", by="-2m"))
    length = {run.id: run.frames for run in desk.show.line_up(desk.now_n)}["talk"]

    read(ready, desk, LONGER)
    (conflict,) = desk.new_day["conflicts"]
    answer = await desk.ask(wish("rundown", digest=desk.new_day["digest"]))

    assert conflict.startswith("talk was given 8m at the desk (10m), and stays so; the file: talk:")
    assert answer["ok"]
    assert {run.id: run.frames for run in desk.show.line_up(desk.now_n)}["talk"] == length


async def test_what_is_on_air_is_said_to_be_held(gallery: Opener, ready: Place) -> None:
    desk = gallery(ready)

    read(ready, desk, EVENT.replace("start: event, duration: 5m", "start: event, duration: 3m"))

    assert desk.new_day["held"] == [
        "opening: duration 5m → 3m: not taken, opening has begun or is armed"
    ]


def test_the_reading_job_answers_for_broken_files_too(ready: Place) -> None:
    ready.event.write_text(EVENT.replace("duration: 5m", "duration: 0:05"))
    command = [sys.executable, "-m", "orchestrator.control.reading", "--event", str(ready.event)]
    command += ["--state", str(ready.state.root), "--against", "1"]

    done = subprocess.run(command, capture_output=True, timeout=60, check=True)

    answer = json.loads(done.stdout)
    assert "event.yaml:17" in answer["errors"][0]
    assert list(answer["files"]) == [str(ready.event)]
    assert not ready.state.read_day.exists()


def test_the_reading_job_has_no_keys_and_asks_for_none(ready: Place) -> None:
    ready.event.write_text(EVENT.replace('"srt://127.0.0.1:9002"', "env:NOBODY_SET_THIS"))

    answer = reading(ready.event, ready.state, 1)

    assert answer["errors"] == []
    assert [change["text"] for change in answer["changes"]] == [
        "feeds › london.room: address changed"
    ]


# feeds, layouts and graphics of what is on air or armed

MOVED = EVENT.replace("127.0.0.1:9003", "127.0.0.1:9103")
"""The studio's feed, which is on air for five minutes, comes from another port."""


def address(day: Resolved, feed: str) -> str:
    return next(one.address for one in day.feeds() if one.id == feed)


async def test_a_feed_on_air_has_its_new_address_said_and_given_when_it_is_off_air(
    gallery: Opener, ready: Place
) -> None:
    desk = gallery(ready)
    read(ready, desk, MOVED)
    assert desk.new_day["held"] == [
        "feeds › studio.main: address changed: studio.main is on air or armed: "
        "it takes effect when it is off air"
    ]
    await desk.ask(wish("rundown", digest=desk.new_day["digest"]))

    assert snapshot(ready).version == 2
    assert address(snapshot(ready), "studio.main").endswith(":9003")
    assert address(desk.show.resolved, "studio.main").endswith(":9103")
    control = gallery(ready)  # one that was killed does not give it either
    await control.tick()
    assert address(snapshot(ready), "studio.main").endswith(":9003")

    await control.ask(wish("ready", site="london"))
    ready.at(snapshot(ready).start_n + 6 * MINUTE)  # London's turn, for ten minutes
    await control.tick()
    assert address(snapshot(ready), "studio.main").endswith(":9103")


async def test_a_feed_that_nobody_could_see_has_its_new_address_at_once(
    gallery: Opener, ready: Place
) -> None:
    desk = gallery(ready)
    read(ready, desk, EVENT.replace("127.0.0.1:9001", "127.0.0.1:9101"))
    assert desk.new_day["held"] == []

    await desk.ask(wish("rundown", digest=desk.new_day["digest"]))

    assert address(snapshot(ready), "london.headset").endswith(":9101")


async def test_a_feed_that_an_operator_has_put_on_air_is_left_alone_too(
    gallery: Opener, ready: Place
) -> None:
    desk = gallery(ready)
    await desk.ask(wish("take", source="london.headset", until="released"))
    ready.clock.advance(10)
    read(ready, desk, EVENT.replace("127.0.0.1:9001", "127.0.0.1:9101"))

    await desk.ask(wish("rundown", digest=desk.new_day["digest"]))
    assert address(snapshot(ready), "london.headset").endswith(":9001")
    ready.clock.advance(10)
    await desk.ask(wish("release"))
    ready.clock.advance(10)
    await desk.tick()
    assert address(snapshot(ready), "london.headset").endswith(":9101")


DRAWN = EVENT.replace("consent: C-1,", "consent: C-1, end: auto,").replace(
    "kinds:\n  panel: {graphics: []}",
    "layouts: {wide: {main: [0, 0, 1, 1]}}\n"
    "graphics: {strap: {template: lower-third, defaults: {role: Surgeon}}}\n"
    "kinds:\n  panel: {graphics: [{use: strap, at: 0s, for: 4m, data: {name: Ada}}],\n"
    "          scene: {layout: wide, main: studio.main}}",
)
REDRAWN = DRAWN.replace("wide: {main: [0, 0, 1, 1]}", "wide: {main: [0, 0, 0.5, 0.5]}").replace(
    "template: lower-third, defaults: {role: Surgeon}", "template: message, defaults: {role: Nurse}"
)


def seen(desk: Gallery, n: int) -> tuple[float, str, str]:
    """Width of the picture, and what the strap is drawn with and says."""
    scene = desk.show.at(n).scene
    strap = next(graphic for graphic in scene.graphics if graphic.use == "strap")
    return scene.layers[0].place.box[2], strap.template, strap.data["role"]


async def test_a_layout_and_a_graphic_that_are_on_air_stay_as_they_are_for_their_slot(
    gallery: Opener, place: Place
) -> None:
    place.event.write_text(DRAWN)
    place.prepare()
    place.clock.advance(60)
    desk = gallery(place)
    start_n, talk_n = desk.now_n, snapshot(place).slots[2].start_n
    before = desk.show.at(desk.now_n).scene
    read(place, desk, REDRAWN)
    held = desk.new_day["held"]

    done = await desk.ask(wish("rundown", digest=desk.new_day["digest"]))

    assert done["ok"], done
    assert [line.partition(":")[0] for line in held] == [
        "layouts › wide", "graphics › strap", "graphics › strap"
    ]  # fmt: skip
    assert all("opening is on air or armed with it" in line for line in held)
    assert desk.show.at(done["n"] + 60).scene.layers == before.layers
    assert seen(desk, done["n"] + 60) == (1, "lower-third", "Surgeon")
    assert seen(desk, talk_n + 2 * MINUTE) == (0.5, "message", "Nurse")
    again = gallery(place)
    assert seen(again, start_n + 90) == (1, "lower-third", "Surgeon")
    assert seen(again, talk_n + 2 * MINUTE) == (0.5, "message", "Nurse")


async def test_a_take_keeps_the_layout_it_came_on_air_with(gallery: Opener, place: Place) -> None:
    place.event.write_text(
        DRAWN.replace("layout: wide, main: studio.main", "layout: full, main: studio.main")
    )
    place.prepare()
    place.clock.advance(60)
    desk = gallery(place)
    await desk.ask(wish("take", source="london.room", layout="wide", until="released"))
    place.clock.advance(60)
    read(place, desk, place.event.read_text().replace("[0, 0, 1, 1]", "[0, 0, 0.5, 0.5]"))
    assert any(line.startswith("layouts › wide") for line in desk.new_day["held"])

    done = await desk.ask(wish("rundown", digest=desk.new_day["digest"]))
    place.clock.advance(60)

    assert desk.show.at(desk.now_n).scene.layers[0].place.box[2] == 1
    taken = await desk.ask(wish("take", source="london.headset", layout="wide"))
    assert desk.show.at(taken["n"]).scene.layers[0].place.box[2] == 0.5, done


async def test_the_watch_over_the_file_outlives_a_moment_without_descriptors(
    gallery: Opener, ready: Place
) -> None:
    watch = FileWatch(gallery(ready), ready.event, ready.state)
    await watch.look()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))  # nothing more can be opened
    try:
        await watch.look()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    ready.event.write_text(LONGER)

    looks = 0
    while watch.gallery.offer is None:
        await watch.look()
        looks += 1
        assert looks < 20

    assert looks > 10  # it is not tried again at once
