"""What a feed takes from the snapshot and from its environment."""

from __future__ import annotations

import pytest

from orchestrator.errors import FeedRefused
from orchestrator.feeds.spec import Spec, with_secrets
from orchestrator.rundown.plan import Clip, Feed, Programme, Site
from orchestrator.rundown.problem import Mark
from orchestrator.rundown.resolved import Resolved

HEADSET = Feed(
    "paris.headset", "paris", "srt", "env:FEED_KEY", "env:PASS", 500, -40, 1.5, Mark("e", 3)
)
ROOM = Feed("paris.room", "paris", "url", "https://room/live.m3u8")
STUDIO = Feed("studio.main", "studio", "synthetic", "bars")


def resolved() -> Resolved:
    sites = {
        "paris": Site("paris", {"en": "P"}, "Paris", "Europe/Paris", (0, 1440), (HEADSET, ROOM)),
        "studio": Site("studio", {"en": "S"}, "Paris", "Europe/Paris", (0, 1440), (STUDIO,)),
    }
    return Resolved(
        version=1,
        id="e",
        title={"en": "E"},
        timezone="UTC",
        start_n=0,
        end_n=9,
        languages=("en",),
        audience="open",
        programme=Programme(640, 360, 25),
        sites=sites,
        people={},
        layouts={},
        graphics={},
        clips={"opener": Clip("opener", "o.mp4", 5, loop=True)},
        slots=(),
        standby=(),
        outputs=(),
    )


def test_the_light_reading_of_the_snapshot_agrees_with_the_whole_one() -> None:
    whole = resolved()

    spec = Spec.of_snapshot(whole.to_json())

    assert spec.sources == whole.sources()
    assert spec.programme == whole.programme
    assert [f.id for f in spec.feeds.values()] == [f.id for f in whole.feeds()]
    headset = spec.feeds["paris.headset"]
    assert (headset.address, headset.latency_ms, headset.av_offset_ms) == ("env:FEED_KEY", 500, -40)
    assert spec.clips["opener"].cue_in == 5


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"sites": 1}', b'{"sites": {"a": {}}}'])
def test_what_is_no_rundown_is_a_value_error(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        Spec.of_snapshot(text)


def test_a_feeds_own_secret_comes_before_the_common_one() -> None:
    environment = {"FEED_KEY": "srt://:1", "FEED_KEY__PARIS_HEADSET": "srt://:2", "PASS": "p"}

    found = with_secrets(HEADSET, environment)

    assert (found.address, found.passphrase) == ("srt://:2", "p")
    assert with_secrets(HEADSET, {"FEED_KEY": "srt://:1", "PASS": "p"}).address == "srt://:1"
    assert with_secrets(ROOM, {}) == ROOM


def test_a_secret_that_is_not_set_is_said_with_its_name() -> None:
    with pytest.raises(FeedRefused, match="FEED_KEY__PARIS_HEADSET nor FEED_KEY is set"):
        with_secrets(HEADSET, {})
