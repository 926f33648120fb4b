"""A guest sees their own times, how far they have come, and what arrives from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from smallevent import GUESTS_EVENT

from orchestrator.control.chain import Entry
from orchestrator.control.deskstate import DeskState
from orchestrator.control.deskview import Watched
from orchestrator.control.eventfile import load_plan, resolve_plan
from orchestrator.control.guestview import guest_view
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show

MINUTE = 30 * 60
LIVE = {"state": "live", "hot": 1, "level_db": -22.5, "lufs": -21.0}


@pytest.fixture
def day(tmp_path: Path) -> Resolved:
    path = tmp_path / "event.yaml"
    path.write_text(GUESTS_EVENT)
    return resolve_plan(load_plan(path), None)


def watched(day: Resolved, minutes: float, **more: Any) -> Watched:
    return Watched(Show(day), day.start_n + round(minutes * MINUTE), now_ns=0, **more)


def stage(name: str, person: str = "tess") -> Entry:
    return Entry(
        seq=1, verb="guest", n=0, at="2026-10-24T10:00:00+00:00", author="tom", cause="operator",
        reason="", args={"person": person, "stage": name}, prev="", hash="",
    )  # fmt: skip


def test_a_guest_sees_when_they_are_on_in_their_own_time_and_language(day: Resolved) -> None:
    view = guest_view(watched(day, 1), "tess")

    assert (view["next"]["id"], view["next"]["in_s"]) == ("talk", 14 * 60)
    assert (view["person"]["zone"], view["language"]) == ("America/Lima", "es")
    assert view["on"] is None
    assert [slot["id"] for slot in view["later"]] == ["talk"]


def test_a_guest_sees_what_arrives_on_their_line(day: Resolved) -> None:
    view = guest_view(watched(day, 1, pages={"studio.tess": LIVE}), "tess")
    assert view["line"]["told"] == "we see and hear you well"
    assert guest_view(watched(day, 1), "ben")["line"] is None


def test_a_guest_sees_how_far_they_have_come(day: Resolved) -> None:
    state = DeskState.of([stage("mic-ok")])
    assert guest_view(watched(day, 1, state=state), "tess")["stage"] == "mic-ok"
    assert guest_view(watched(day, 1, state=state), "ben")["stage"] == ""


def test_a_guest_sees_nothing_of_anybody_else(day: Resolved) -> None:
    seen = watched(day, 1, incidents=[{"id": "x", "what": "the minister is late"}])

    text = json.dumps(guest_view(seen, "tess"))

    for word in ("minister", "london", "Ben", "tom"):
        assert word not in text
