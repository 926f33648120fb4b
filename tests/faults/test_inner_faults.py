"""What goes wrong inside our own processes: encoders that fail, a process that hangs, bad parts.

One running tree with two renditions, a platform, a DVR and a recording. Faults are asked for at
points in the code (`orchestrator/bus/faultpoint.py`); what is asked of the tree is that viewers do
not notice.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from harness.kills import columns, wait_for_real
from harness.rtmp import NginxRtmp
from harness.run import ROOT, Run, Sites, get, until, write_event
from harness.watch import Watch
from hlscheck import follow
from players import watch_all

from orchestrator.bus.decisions import REAL
from orchestrator.delivery.rule import GRACE_NS
from orchestrator.media.boxes import is_whole_part

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

LADDER = ROOT / "tests" / "e2e" / "events" / "ladder.yaml"
OUTPUTS = """\
  hls: {window: 5m, dvr: 30m, ladder: [360p, 180p], audience: open}
  push: {platform: {url: env:PLATFORM_URL, audience: open, ladder: [180p]}}
  record: {each: slot, keep: 1d, audience: open}
"""
TRACKS = ["360p", "180p", "a"]
STALL_S = 0.5
"""What is promised."""
FORGIVEN_S = 21
HANGS = [(how, who) for who in ("gate", "origin") for how in ("spin", "sleep")]
HUNG = ("though it could run", "slept in one call", "wrote no facts")  # the last if starved
CHEAP = {("spin", "gate"), ("sleep", "origin")}


@dataclass(frozen=True, slots=True)
class Stage:
    run: Run
    faults: Path

    def ask_for(self, point: str) -> None:
        (self.faults / point).touch()

    def heal(self) -> None:
        for point in self.faults.iterdir():
            point.unlink(missing_ok=True)

    def metric(self, name: str) -> float:
        """Its value, or the sum over its labels but one kind."""
        text = self.run.told("metrics")[1].decode()
        found = re.findall(rf"^orchestrator_{re.escape(name)} (\S+)$", text, re.MULTILINE)
        return sum(map(float, found))

    def ladder(self) -> dict[str, Any]:
        return dict(self.run.facts("programme").get("ladder", {}))

    def child(self, name: str) -> dict[str, Any]:
        return dict(self.run.facts("supervisor")["children"][name])

    def was_late(self, since: dict[str, Any], track: str) -> bool:
        """Whether the machine was too slow for this rendition: then slate is nobody's fault."""
        now = self.ladder()[track]
        return any(now[of] > since[track][of] for of in ("late_parts", "lost", "left_out"))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, tool: Callable[..., str]) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("inner")
    before_outputs = LADDER.read_text().partition("outputs:\n")[0]
    event = write_event(folder / "inner.yaml", f"{before_outputs}outputs:\n{OUTPUTS}")
    faults = folder / "faults"
    faults.mkdir()
    sites = Sites(event, folder, ROOT / "build" / "rehearsal")
    with NginxRtmp(tool("nginx"), folder / "nginx") as nginx, sites.pushers:
        environment = {
            **sites.environment,
            "ORCH_FAULTS": str(faults),
            "PLATFORM_URL": nginx.url("key-of-platform"),
        }
        with Run(event, folder, environment, "--start", "now", "--on-air", wait_s=60) as run:
            wait_for_real(run, 0)
            yield Stage(run, faults)


@pytest.fixture(autouse=True)
def healed(stage: Stage) -> Iterator[None]:
    """What a failed test broke must not break the next; and whatever breaks, no number is lost."""
    yield
    stage.heal()
    numbers = [column.k for column in columns(stage.run)]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_an_encoder_that_fails_costs_its_rendition_alone_and_is_made_again(stage: Stage) -> None:
    run = stage.run
    before_k = columns(run)[-1].k
    before = until("the programme tells of its ladder", stage.ladder, 10)
    url = run.public + "hls/index.m3u8"
    with ThreadPoolExecutor(1) as pool, Watch(run.public, run.grid(), TRACKS) as fetched:
        checking = pool.submit(follow, url, 12, tolerate=())
        fetched.wait_for(run.now_n())
        stage.ask_for("encoder.180p")
        until("it fails again", lambda: stage.ladder()["180p"]["restarts"] >= 2, 30)
        until("an alarm", lambda: stage.metric("programme_encoder_trouble_count") == 1, 10)
        warnings = json.loads(run.told("api/v1/status")[1])["warnings"]
        until("a card of it", lambda: _is_told(run), 10)
        stage.heal()
        healed_k = columns(run)[-1].k
        back = wait_for_real(run, healed_k)
        report = checking.result()

    assert any("180p" in one and "the other renditions go on" in one for one in warnings)
    assert back.k - healed_k <= 3 * run.grid().parts_per_segment
    broken = [c for c in columns(run) if before_k < c.k < back.k and c.tracks["180p"] != REAL]
    assert broken
    after = stage.ladder()
    assert after["360p"]["restarts"] == 0
    for track in ("360p", "a"):
        lost = [c.k for c in columns(run) if c.k > before_k and c.tracks[track] != REAL]
        assert not lost or stage.was_late(before, "360p")
    assert not report.findings, str(report)
    assert not any(fetched.holes().values())
    assert not any(track.odd_lines for track in fetched.tracks.values())
    told = until("the as-run tells it", lambda: _of(run, "encoder"), 5)
    assert {line["track"] for line in told} == {"180p"}
    print(f"{len(broken)} parts of slate in 180p, {after['180p']['restarts']} encoders made")


@pytest.mark.parametrize(
    ("how", "who"),
    [pytest.param(*one, marks=[] if one in CHEAP else [pytest.mark.faults]) for one in HANGS],
)
def test_a_public_process_that_hangs_is_replaced_within_two_seconds(
    stage: Stage, how: str, who: str
) -> None:
    run = stage.run
    until("its facts are there", lambda: run.facts(who), 10)
    before_k = columns(run)[-1].k
    before, pid = stage.child(who), until(f"{who} runs", lambda: run.pid(who), 10)
    with Watch(run.public, run.grid(), TRACKS) as fetched:
        fetched.wait_for(run.now_n())
        stage.ask_for(f"{how}.{who}")
        run.wait_for_another(who, pid)
        wait_for_real(run, before_k + 8)
        fetched.wait_for(run.now_n())

    assert stage.child(who)["hangs"] == before["hangs"] + 1
    hung = until("the as-run tells it", lambda: _turns(run, who, "hung"), 10)
    assert any(words in hung[-1]["how"] for words in HUNG)
    assert not any(fetched.holes().values())
    late_ms = [column.late_ms for column in columns(run) if column.k > before_k]
    print(hung[-1]["how"], f"latest publication {max(late_ms):.0f} ms after it was due")


def test_a_push_that_wedges_is_killed_and_sends_again_and_nobody_else_notices(
    stage: Stage,
) -> None:
    run = stage.run
    old = until("it sends", lambda: _sending(run), 20)
    before_k = columns(run)[-1].k
    before = stage.child("push.platform")
    others = {who: run.pid(who) for who in ("gate", "origin", "recorder", "programme")}
    stage.ask_for("sleep.push.platform")
    run.wait_for_another("push.platform", old)
    until("the next one sends", lambda: _sending(run) not in (None, old), 20)
    hung = until("the as-run tells it", lambda: _turns(run, "push.platform", "hung"), 10)

    assert stage.child("push.platform")["hangs"] == before["hangs"] + 1
    assert "wrote no facts for" in hung[-1]["how"]
    assert {who: run.pid(who) for who in others} == others
    ks = [column.k for column in columns(run) if column.k > before_k]
    assert ks == list(range(ks[0], ks[0] + len(ks)))


def _is_told(run: Run) -> bool:
    incidents = json.loads(run.told("api/v1/desk")[1])["incidents"]
    return any(one["what"].startswith("rendition 180p") for one in incidents)


def _sending(run: Run) -> int | None:
    """Its process, once it sends."""
    facts = run.facts("push.platform")
    return int(facts["pid"]) if facts.get("state") == "sending" else None


def test_a_damaged_part_in_the_spool_is_slate_before_it_is_public(stage: Stage) -> None:
    run, grid = stage.run, stage.run.grid()
    refused = run.facts("gate")["refused_parts"]
    pids = {who: run.pid(who) for who in ("gate", "origin", "recorder", "push.platform")}
    before_k = columns(run)[-1].k
    stage.ask_for("cut.180p")
    stage.ask_for("garble.360p")

    until("both are counted", lambda: run.facts("gate")["refused_parts"] >= refused + 4, 30)
    stage.heal()
    healed_k = columns(run)[-1].k
    back = wait_for_real(run, healed_k + 1)

    slate = [c for c in columns(run) if c.k > before_k and c.tracks["180p"] != REAL]
    assert slate
    assert all(c.tracks["360p"] != REAL for c in slate[1:3])
    assert back.k - healed_k <= 3 * grid.parts_per_segment
    assert f"180p part {slate[1].k} is damaged" in _said(run)
    assert {who: run.pid(who) for who in pids} == pids


def test_a_damaged_public_part_costs_who_reads_it_that_part(stage: Stage) -> None:
    run, grid = stage.run, stage.run.grid()
    until("the platform is served", lambda: _sends(run), 30)
    pids = {who: run.pid(who) for who in ("gate", "origin", "recorder", "push.platform")}
    missing = run.facts("push.platform")["missing_parts"]
    damaged = run.facts("recorder")["damaged_parts"]
    at_origin = run.facts("origin")["damaged_parts"]
    k = grid.part(grid.msn_of(columns(run)[-1].k) + 3, 2)
    _lay(run.live.public_part(grid, "open", "180p", k), b"\0\0\0\x18moof\0\0\0\x10mfhd")
    _lay(run.live.public_part(grid, "open", "360p", k), b"\xff" * 5000)

    wait_for_real(run, k + 2 * grid.parts_per_segment)

    for track in ("180p", "360p"):
        status, served = get(f"{run.public}hls/{track}/{grid.msn_of(k)}.2.m4s")
        assert status == 200
        assert is_whole_part(served, grid.video_tfdt(k))
    until("the origin says so", lambda: run.facts("origin")["damaged_parts"] >= at_origin + 2, 20)
    until("the push says so", lambda: run.facts("push.platform")["missing_parts"] > missing, 20)
    until("the recorder says so", lambda: run.facts("recorder")["damaged_parts"] > damaged, 20)
    until("the recorder has caught up", lambda: run.facts("recorder")["behind_s"] < 5, 20)
    until("the platform is served", lambda: _sends(run), 10)
    assert {who: run.pid(who) for who in pids} == pids


@pytest.mark.alone
@pytest.mark.browser
@pytest.mark.faults
@pytest.mark.parametrize(("how", "who"), HANGS)
def test_players_play_on_while_a_public_process_hangs(stage: Stage, how: str, who: str) -> None:
    run = stage.run
    with watch_all(run.public + "hls/index.m3u8", ["hls.js", "shaka"]) as viewers:
        for viewer in viewers:
            viewer.wait_playing()
        until("nothing has fallen for a while", lambda: stage.child(who)["up_s"] > FORGIVEN_S, 40)
        viewers[0].wait(4)
        before_k = columns(run)[-1].k
        pid = until(f"{who} runs", lambda: run.pid(who), 10)
        stage.ask_for(f"{how}.{who}")
        deadline_s = time.monotonic() + 30
        while run.pid(who) in (None, pid) and time.monotonic() < deadline_s:
            viewers[0].wait(0.5)
        viewers[0].wait(6)
        reports = [viewer.report() for viewer in viewers]

    assert run.pid(who) not in (None, pid)
    late_ms = max(column.late_ms for column in columns(run) if column.k > before_k)
    print(_turns(run, who, "hung")[-1]["how"])
    print(f"{how} {who}: latest publication {late_ms:.0f} ms (grace {GRACE_NS / 1e6:.0f})")
    for report in reports:
        print(report, *report.stalls, *report.errors, sep="\n  ")
        assert not report.fatal_errors, str(report)
    assert all(stall.seconds <= STALL_S for report in reports for stall in report.stalls)


def _lay(path: Path, damaged: bytes) -> None:
    """A damaged part where a whole one is going to be looked for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(damaged)


def _said(run: Run) -> str:
    """Everything the gate has logged."""
    return "".join(path.read_text() for path in (run.state / "logs").glob("gate*"))


def _sends(run: Run) -> bool:
    return bool(run.facts("push.platform").get("state") == "sending")


def _of(run: Run, event: str) -> list[dict[str, Any]]:
    return [line for line in run.asrun() if line["event"] == event]


def _turns(run: Run, who: str, what: str) -> list[dict[str, Any]]:
    return [one for one in _of(run, "process") if (one["process"], one["what"]) == (who, what)]
