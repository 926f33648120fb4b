"""The desk's core on a running event: incidents, bells, who may restore, what was on, the end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness.run import Run, until

from orchestrator.bus.ask import ask
from orchestrator.bus.lines import read_lines
from orchestrator.control.journal import read_journal

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

EVENT = """\
version: 1
event: {id: desk, title: Desk, timezone: Europe/Paris, start: 2026-10-24 12:00, duration: 2h,
        audience: open}
programme: {size: 320x180, fps: 30}
defaults: {flex: none, transition: cut}
sites:
  oslo: {title: Oslo, city: Oslo, timezone: Europe/Oslo,
         feeds: {headset: {srt: "srt://127.0.0.1:1?mode=caller"}}}
  quito: {title: Quito, city: Quito, timezone: America/Guayaquil,
          feeds: {headset: {srt: "srt://127.0.0.1:1?mode=caller"}}}
  studio: {title: Studio, city: Paris, timezone: Europe/Paris, feeds: {main: {synthetic: "3"}}}
kinds: {panel: {graphics: []}}
outputs: {hls: {ladder: [180p], window: 30s}}
rundown:
  - {id: first, title: First, kind: panel, site: oslo, start: event, duration: 50m,
     scene: {layout: full, main: .headset}}
  - {id: second, title: Second, kind: panel, site: quito, duration: 70m,
     scene: {layout: full, main: .headset}}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("desk")
    event = folder / "desk.yaml"
    event.write_text(EVENT)
    with Run(event, folder, {}, "--start", "now") as running:
        start_n = running.day().start_n
        until("the event has begun", lambda: running.now_n() > start_n + 30, 40)
        yield running


def say(run: Run, verb: str, author: str = "tom", **args: Any) -> dict[str, Any]:
    request = {"verb": verb, "author": author, "reason": "because", "args": args}
    return ask(run.live.desk_socket, request)


def open_cards(run: Run) -> list[str]:
    return list(run.facts("control").get("incidents", []))


def test_a_dead_site_on_air_is_one_card_and_an_idle_one_is_none(run: Run) -> None:
    until("oslo is a card", lambda: "feeds.oslo" in open_cards(run), 20)
    assert [card for card in open_cards(run) if card.startswith("feeds.")] == ["feeds.oslo"]
    assert run.facts("feed.quito.headset")["state"] != "LIVE"

    assert say(run, "ack", incident="feeds.quito")["code"] == "unknown-incident"
    assert say(run, "ack", incident="feeds.oslo")["ok"]

    opened = [line for line in read_lines(run.state / "diary.jsonl") if line["kind"] == "incident"]
    assert [line["incident"]["finding"]["cause"] for line in opened] == ["feeds.oslo"]


def test_bells_have_rung_once_and_a_killed_control_rings_none_again(run: Run) -> None:
    def rung() -> list[tuple[str, int]]:
        return [
            (line["about"], stage)
            for line in read_lines(run.state / "diary.jsonl")
            if line["kind"] == "bell" and line["about"] == "second"
            for stage in line["stages"]
        ]

    until("the second slot's bell has rung", lambda: rung() == [("second", 60)], 30)
    pid = run.kill("control")
    run.wait_for_another("control", pid)
    until("it looks again", lambda: "feeds.oslo" in open_cards(run), 15)
    assert rung() == [("second", 60)]
    lines = read_lines(run.state / "diary.jsonl")
    assert len([line for line in lines if line["kind"] == "incident"]) == 1


def test_the_form_and_the_frame_are_told_while_it_runs(run: Run) -> None:
    form = json.loads(run.told("api/v1/handover")[1])
    assert form["on_air"]["slot"] == "first"
    assert [item["id"] for item in form["items"]] == ["incident feeds.oslo"]

    taken = say(run, "take", source="studio.main")
    assert taken["ok"], taken
    later_n = (
        taken["n"] + 3 * 30
    )  # the studio was not decoded yet; until it is, the old scene stays
    told = until("the as-run has it", lambda: _explained(run, later_n), 30)
    assert "studio.main in main" in told
    assert "TAKE by tom (because)" in told


def _explained(run: Run, n: int) -> str:
    told = run.command("journal", "explain", "--at", str(n))
    return told if "TAKE" in told else ""


def test_stop_at_the_desk_ends_the_stream_and_then_everything(run: Run) -> None:
    answer = say(run, "stop")
    assert answer["ok"], answer

    assert run.process is not None
    assert run.process.wait(30) == 0

    verbs = [entry.verb for entry in read_journal(Path(run.state) / "journal.jsonl").entries]
    assert verbs[-1] == "stop"
    assert run.leftovers() == []
