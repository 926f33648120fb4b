"""What the desk looks at lies in the live tree; what the monitor composes is written there."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import msgspec
import pytest
from smallevent import Place

from orchestrator.bus.lines import replace_json
from orchestrator.control.deskview import desk_view
from orchestrator.control.deskwatch import PreviewFile, look
from orchestrator.control.gallery import Gallery
from orchestrator.control.past import Past
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.scene import Scene

MINUTE = 30 * 60


@pytest.fixture
async def gallery(place: Place, day: Resolved) -> AsyncIterator[Gallery]:
    place.prepare()
    gallery = Gallery(place.live, place.state, place.clock)
    place.at(day.start_n + MINUTE)
    yield gallery
    await gallery.close()


async def test_a_look_finds_facts_people_and_feeds_that_have_said_nothing(
    place: Place, gallery: Gallery
) -> None:
    replace_json(place.live.facts("gate"), {"blank": True})
    gallery.seen("anna", "london.room")

    view = desk_view(look(gallery, place.live, place.clock, ["the disk is nearly full"]))

    assert view["safety"]["blank"] is True
    assert view["present"] == [{"author": "anna", "looks_at": "london.room"}]
    assert {feed["word"] for feed in view["feeds"]} == {"NO WORD"}
    assert view["machine"]["warnings"] == ["the disk is nearly full"]


async def test_the_preview_file_follows_the_desk_and_goes_with_the_preview(
    place: Place, gallery: Gallery
) -> None:
    file = PreviewFile(place.live)
    file.follow(look(gallery, place.live, place.clock))
    assert not place.live.preview.exists()

    asked = {"verb": "preview", "author": "tom", "args": {"source": "london.room"}}
    assert (await gallery.ask(asked))["ok"]
    file.follow(look(gallery, place.live, place.clock))
    scene = msgspec.json.decode(place.live.preview.read_bytes(), type=Scene)
    assert [layer.source for layer in scene.layers] == ["london.room"]
    written = place.live.preview.stat().st_mtime_ns

    file.follow(look(gallery, place.live, place.clock))
    assert place.live.preview.stat().st_mtime_ns == written

    assert (await gallery.ask({"verb": "undo", "author": "tom"}))["ok"]
    file.follow(look(gallery, place.live, place.clock))
    assert not place.live.preview.exists()


async def test_a_preview_that_cannot_be_written_is_tried_again(
    place: Place, gallery: Gallery
) -> None:
    file = PreviewFile(place.live)
    await gallery.ask({"verb": "preview", "author": "tom", "args": {"source": "london.room"}})
    seen = look(gallery, place.live, place.clock)
    place.live.preview.mkdir()
    file.follow(seen)

    place.live.preview.rmdir()
    file.follow(seen)

    assert json.loads(place.live.preview.read_bytes())["layout"] == "full"


async def test_an_undo_that_is_only_asked_about_names_the_act_it_would_take_back(
    gallery: Gallery,
) -> None:
    asked = {"verb": "preview", "author": "tom", "args": {"source": "london.room"}}
    done = await gallery.ask(asked)

    named = await gallery.ask({"verb": "undo", "author": "tom", "dry": True})

    assert named["args"]["seq"] == done["seq"]
    assert (await gallery.ask({"verb": "undo", "author": "tom", "args": {"seq": done["seq"]}}))[
        "ok"
    ]


def test_the_last_ten_minutes_of_a_feed_are_kept_a_look_every_two_seconds() -> None:
    past = Past(kept=3)
    live = {"state": "live", "level_db": -20.4}
    past.look(0, 30, {"a": live, "b": live}, {})
    past.look(30, 30, {"a": {"state": "live", "level_db": -1.0}}, {})  # too soon
    past.look(60, 30, {"a": {"state": "backoff", "level_db": None}}, {})
    past.look(120, 30, {"a": live}, {"a": {"verdict": "dead", "why": "frozen"}})
    past.look(180, 30, {"a": {"state": "connecting"}}, {})

    assert past.view() == {
        "every_s": 2,
        "kept": 3,
        "feeds": {"a": {"level_db": [-90, -20, -90], "grades": "ddn"}},
    }
