"""Which contributions are simulated, over which legs, and how the feeds find them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from orchestrator.feeds.spec import with_secrets
from orchestrator.rehearsal import sites
from orchestrator.rehearsal.demo import resolved
from orchestrator.rehearsal.loops import SMALL
from orchestrator.rundown.resolved import Resolved

DEMO = Path(__file__).parents[3] / "schedules" / "demo.yaml"


@pytest.fixture(scope="module")
def day() -> Resolved:
    return resolved(DEMO)


def test_contributions_are_numbered_by_their_place_in_the_file(day: Resolved) -> None:
    found = sites.contributions(day)

    feeds = [feed.id for feed in day.feeds()]
    assert [feeds[one.number - 1] for one in found] == [one.feed for one in found]
    assert len({one.site for one in found}) == 14


def test_every_site_is_on_the_line_and_so_is_every_stand_in(day: Resolved) -> None:
    wanted = sites.needed(day)

    assert {feed.site for feed in day.feeds()} <= {name.partition(".")[0] for name in wanted}
    assert {"mumbai.headset", "mumbai.room", "studio.main"} <= wanted


def test_legs_are_on_ports_of_their_own_with_passphrases_of_their_own() -> None:
    legs = sites.Leg.some(40)

    assert len({leg.port for leg in legs}) == 40
    assert len({leg.passphrase for leg in legs}) == 40


def test_a_feed_finds_its_own_leg_in_the_environment(day: Resolved) -> None:
    srt = [feed for feed in day.feeds() if feed.kind == "srt"]
    legs = dict(zip((feed.id for feed in srt), sites.Leg.some(len(srt)), strict=True))
    environment = sites.environment(legs, day)

    found = {feed.id: with_secrets(feed, environment).address for feed in srt}
    assert found == {feed: leg.listener for feed, leg in legs.items()}


def test_a_plan_is_read_as_it_was_written_and_by_nobody_else(day: Resolved, tmp_path: Path) -> None:
    one = sites.contributions(day)[0]
    legs = {one.feed: sites.Leg.some(1)[0]}
    path = tmp_path / "sites.json"

    sites.write_plan(path, tmp_path / "sent.jsonl", [(one, Path("film.ts"))], SMALL, legs)
    (push,), sent = sites.read_plan(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (push.feed, push.number, push.url) == (one.feed, one.number, legs[one.feed].caller)
    assert (push.film, push.frames, sent) == (Path("film.ts"), 240, tmp_path / "sent.jsonl")
