"""A producer edits the file of a running event: what viewers get, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from harness.run import ROOT, Run, Sites, until
from harness.watch import Watch

from orchestrator.control.journal import read_journal

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

OSLO, QUITO = 1, 2
FPS = 30

EVENT = (Path(__file__).parent / "events" / "long.yaml").read_text().partition("rundown:")[0] + """\
rundown:   # as the producer left it
  - {id: one, title: One, kind: show, site: oslo, start: event, duration: 22s}
  - {id: two, title: Two, kind: show, site: oslo, duration: 6s, arm: 60s}     # armed all along
  - {id: three, title: Three, kind: show, site: oslo, duration: 15s}
  - {id: four, title: Four, kind: show, site: oslo, duration: 6s}
  - {id: rest, title: The rest, kind: show, site: oslo, end: event, flex: {grow: 20m}}

outputs:
  hls: {window: 5m, ladder: [180p], audience: open}
"""  # fmt: skip
EDITED = (
    EVENT.replace("title: Two, kind: show, site: oslo", "title: Second, kind: show, site: quito")
    .replace("title: Three, kind: show, site: oslo", "title: Three, kind: show, site: quito")
    .replace("title: Four, kind: show, site: oslo", "title: Four, kind: show, site: quito")
)


@dataclass
class Show:
    run: Run
    watch: Watch
    file: Path
    start_n: int

    def at(self, second: int) -> int:
        return self.start_n + second * FPS

    def site(self, first_n: int, last_n: int) -> dict[int, int | None]:
        """Which site fills the picture; waits until the frames are public."""
        self.watch.wait_for(last_n)
        pictures = self.watch.pictures("180p", first_n, last_n)
        found = {picture.n: picture.strip() for picture in pictures}
        return {n: one.site if one else None for n, one in found.items()}

    def sites(self, first_n: int, last_n: int) -> set[int | None]:
        """Every site that was seen from the one frame to before the other."""
        return {site for n, site in self.site(first_n, last_n).items() if first_n <= n < last_n}

    def waits(self, what: str, key: str) -> dict[str, Any]:
        """What control tells of the file, once it tells anything under `key`."""

        def told() -> dict[str, Any] | None:
            new_day = self.run.facts("control").get("new_day") or {}
            return new_day if new_day.get(key) else None

        return until(what, told, 20)


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    folder = tmp_path_factory.mktemp("reload")
    file = folder / "event.yaml"
    file.write_text(EVENT)
    sites = Sites(file, folder, ROOT / "build" / "rehearsal")
    with (
        sites.pushers,
        Run(file, folder, sites.environment, "--start", "now") as run,
        Watch(run.public, run.grid(), ["180p", "a"]) as watch,
    ):
        yield Show(run, watch, file, run.day().start_n)


def test_an_edit_is_on_the_output_at_its_frame_an_armed_slot_is_not_touched_and_it_goes_back(
    show: Show,
) -> None:
    run = show.run
    show.watch.wait_for(show.at(0) + 10)

    # a broken file disturbs nothing, and is said
    show.file.write_text(EVENT.replace("duration: 22s", "duration: 0:22"))
    assert '"0:22" could be' in show.waits("the broken file is told of", "errors")["errors"][0]
    assert run.day().version == 1

    # what differs is said, by slot; taken over, it is journalled with version and digest
    show.file.write_text(EDITED)
    told = show.waits("the changed file is told of", "changes")
    answer = run.command("plan", "take", "--reason", "Quito is quicker")
    assert "three: main oslo.headset → quito.headset" in answer
    assert "held: two: main oslo.headset → quito.headset: not taken, two has begun or is" in answer
    entries = read_journal(run.state / "journal.jsonl").entries
    entry = [entry for entry in entries if entry.verb == "rundown"][-1]
    assert (entry.verb, entry.args["version"], entry.args["digest"]) == (
        "rundown",
        2,
        told["digest"],
    )
    assert entry.n < show.at(22), "the machine was too slow for this test"
    assert run.day().version == 2
    titles = {slot.id: slot.plan.title["en"] for slot in run.day().slots}
    assert titles["two"] == "Second"

    # armed: as it was; three: another site, from its first frame on
    assert show.sites(show.at(22) - 10, show.at(28)) == {OSLO}
    assert show.sites(show.at(28), show.at(28) + 30) == {QUITO}

    # back to the version before, while three is on: it stays, four is as it was
    answer = run.command("plan", "revert", "1")
    assert "version 3" in answer
    assert run.now_n() < show.at(41), "the machine was too slow for this test"
    assert show.sites(show.at(43) - 10, show.at(43)) == {QUITO}
    assert show.sites(show.at(43), show.at(43) + 30) == {OSLO}
    assert not any(show.watch.holes().values())


def test_a_restart_of_the_programme_shows_the_same_show(show: Show) -> None:
    run = show.run
    before = {slot.id: slot for slot in run.day().slots}
    pid = run.kill("programme")
    run.wait_for_another("programme", pid)

    def facts() -> dict[str, Any] | None:
        told = run.facts("programme")
        return told if told.get("pid") != pid and told.get("version") else None

    assert until("the programme tells its version", facts, 20)["version"] == 3
    assert {slot.id: slot for slot in run.day().slots} == before
