"""What control tells: status, line-up, metrics, and the description of all that."""

import json
import os
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from smallevent import GRID, Place

from orchestrator.bus.feedpage import FEED_WORDS, FeedState, FeedWord
from orchestrator.bus.lines import replace_json
from orchestrator.bus.page import create_page
from orchestrator.control.facts import read_facts, read_feed
from orchestrator.control.metrics import registry_of
from orchestrator.control.status import line_up_of, status_of, to_json
from orchestrator.rundown.plan import Output
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show
from orchestrator.web.shapes import schemas


@pytest.fixture
def busy(place: Place, day: Resolved) -> Place:
    """A live tree in which processes have written what they know."""
    now_ns = place.clock.now_ns()
    written = {"pid": os.getpid(), "at_ns": now_ns - 500_000_000}
    replace_json(
        place.live.facts("programme"),
        written | {"process": "programme", "late_ticks": 3, "tick_ms": {"p50": 1.5, "p99": 4}},
    )
    replace_json(
        place.live.facts("gate"), written | {"blank": False, "quarantined": ["london"], "next_k": 9}
    )
    replace_json(place.live.facts("feed.london.room"), written | {"state": "live"})
    children = {"gate": {"pid": 7, "up_s": 12.5, "restarts": 2}}
    replace_json(place.live.facts("supervisor"), written | {"children": children})
    page = create_page(place.live.feed_page("london.room"), FEED_WORDS)
    page[FeedWord.STATE] = FeedState.LIVE
    page[FeedWord.PICTURE_N] = day.start_n - 4
    page[FeedWord.LEVEL_MB] = -2350
    assert isinstance(page, np.ndarray)
    return place


def metrics(place: Place) -> dict[tuple[str, str], float]:
    text = generate_latest(registry_of(place.live, GRID, place.clock)).decode()
    return {
        (sample.name, ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_every_fact_becomes_a_metric(busy: Place) -> None:
    found = metrics(busy)

    assert found["orchestrator_programme_late_ticks", ""] == 3
    assert found["orchestrator_programme_tick_ms", "of=p99"] == 4
    assert found["orchestrator_gate_blank", ""] == 0
    assert found["orchestrator_gate_quarantined_count", ""] == 1
    assert found["orchestrator_feed_state", "feed=london.room,is=live"] == 1
    assert found["orchestrator_feed_page_picture_age_frames", "feed=london.room"] == 4
    assert found["orchestrator_feed_page_level_db", "feed=london.room"] == -23.5
    assert found["orchestrator_supervisor_children_restarts", "of=gate"] == 2
    assert found["orchestrator_process_facts_age_seconds", "process=gate"] == 0.5
    assert found["orchestrator_process_pss_bytes", "process=gate"] > 1e6


def test_a_push_is_told_of_as_an_output(busy: Place, day: Resolved) -> None:
    replace_json(
        busy.live.facts("push.platform"),
        {"pid": 0, "at_ns": 1, "state": "backoff", "reason": "no answer", "rate_bps": 0},
    )
    push = Output("platform", "push", "open", url="env:PLATFORM_URL")
    rehearsed = Output("other", "push", "open", url="env:OTHER")
    day = replace(day, outputs=(*day.outputs, push, rehearsed), is_rehearsal=True)

    assert metrics(busy)["orchestrator_push_state", "is=backoff,output=platform"] == 1
    status = status_of(Show(day), day.start_n, read_facts(busy.live), {}, (0, 0), 1)
    told = {output.id: (output.kind, output.state, output.reason) for output in status.outputs}
    assert told == {
        "hls": ("hls", "unknown", "its process has said nothing"),
        "platform": ("push", "backoff", "no answer"),
        "other": ("push", "held", "a rehearsal sends nothing; --on-air does"),
    }


def test_a_process_that_is_gone_has_no_usage_and_breaks_nothing(busy: Place) -> None:
    replace_json(busy.live.facts("origin"), {"pid": 2**22 + 1, "at_ns": 1})
    (busy.live.facts("x").parent / "garbage.json").write_text("{")

    found = metrics(busy)

    assert ("orchestrator_process_pss_bytes", "process=origin") not in found


def test_the_status_tells_what_is_on_and_how_everything_is(busy: Place, day: Resolved) -> None:
    now_ns = busy.clock.now_ns()
    pages = {"london.room": read_feed(busy.live.feed_page("london.room"), day.start_n, now_ns)}

    status = status_of(Show(day), day.start_n, read_facts(busy.live), pages, (1, 0), now_ns)

    assert status.on_air is not None
    assert status.next is not None
    assert (status.on_air.id, status.next.id) == ("opening", "case")
    assert status.next.end is None  # nobody has decided it
    assert status.on_air.clock == "12:00:00"
    assert status.quarantined == ("london",)
    room = next(feed for feed in status.feeds if feed.id == "london.room")
    assert (room.state, room.picture_age_frames, room.level_db) == ("live", 4, -23.5)
    gate = next(process for process in status.processes if process.name == "gate")
    assert (gate.pid, gate.restarts, gate.facts_age_s) == (7, 2, 0.5)


@pytest.mark.parametrize(
    ("ppb", "said"),
    [(-500_000, "500 ppm fast"), (450_000, "450 ppm slow"), (60_000, ""), (0, "")],
)
def test_a_clock_that_runs_wrong_is_said_where_a_producer_looks(
    busy: Place, day: Resolved, ppb: int, said: str
) -> None:
    pages = {"london.room": {"state": "live", "drift_ppb": ppb}}

    status = status_of(Show(day), day.start_n, {}, pages, (0, 0), 0)

    assert [said in warning for warning in status.warnings] == ([True] if said else [])
    if said:
        assert status.warnings[0].startswith(f"feed london.room: its clock runs {said}; ")


def test_what_is_answered_is_what_is_described(busy: Place, day: Resolved) -> None:
    described = schemas()
    show = Show(day)
    for name, value in (
        ("Status", status_of(show, day.start_n, {}, {}, (0, 0), 0)),
        ("LineUp", line_up_of(show, day.start_n)),
    ):
        answered: dict[str, Any] = json.loads(to_json(value))
        assert set(answered) == set(described[name]["required"])
    assert set(described) >= {"SlotView", "SceneView", "FeedView", "ProcessView"}
