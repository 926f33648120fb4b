import json
import os
from pathlib import Path

import pytest

from orchestrator.bus.decisions import SafetyAct
from orchestrator.bus.lines import LineWriter, read_lines
from orchestrator.control.carry import AsRunCarrier, SafetyMerger
from orchestrator.control.journals import FileJournal
from orchestrator.timing import Grid, ManualClock

GRID = Grid.standard(30)


def events(path: Path) -> list[int]:
    return [record["n"] for record in read_lines(path)]


@pytest.fixture
def live(tmp_path: Path) -> Path:
    return tmp_path / "live.jsonl"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "kept.jsonl"


def write(path: Path, *numbers: int) -> None:
    writer = LineWriter(path)
    for n in numbers:
        writer.append({"n": n, "event": "scene"})
    writer.close()


def test_the_as_run_is_carried_once_over_any_number_of_restarts(live: Path, kept: Path) -> None:
    for n in range(6):
        write(live, n)
        for _ in range(2):
            carrier = AsRunCarrier(live, kept)
            carrier.carry()
            carrier.close()

    assert events(kept) == list(range(6))


def test_the_next_run_is_appended_to_what_is_kept(live: Path, kept: Path) -> None:
    write(live, 1, 2)
    carrier = AsRunCarrier(live, kept)
    carrier.carry()
    live.unlink()
    write(live, 3, 4)

    carrier.carry()
    carrier.close()

    assert events(kept) == [1, 2, 3, 4]


def test_half_a_line_waits_for_its_other_half(live: Path, kept: Path) -> None:
    write(live, 1)
    with live.open("a") as file:
        file.write('{"n":2')
    carrier = AsRunCarrier(live, kept)
    carrier.carry()
    assert events(kept) == [1]

    with live.open("a") as file:
        file.write("}\n")
    carrier.carry()
    carrier.close()

    assert events(kept) == [1, 2]


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_carrier_killed_in_the_middle_of_a_line_loses_and_doubles_nothing(
    live: Path, kept: Path, cut: int
) -> None:
    write(live, 1, 2, 3)
    carrier = AsRunCarrier(live, kept)
    carrier.carry()
    carrier.close()
    os.truncate(kept, kept.stat().st_size - cut)

    carrier = AsRunCarrier(live, kept)
    carrier.carry()
    carrier.close()

    assert events(kept) == [1, 2, 3]


def test_a_damaged_line_is_counted_and_the_rest_carried(live: Path, kept: Path) -> None:
    write(live, 1)
    with live.open("a") as file:
        file.write("garbage\n")
    write(live, 2)
    carrier = AsRunCarrier(live, kept)

    carrier.carry()
    carrier.close()

    assert (events(kept), carrier.damaged) == ([1, 2], 1)


async def test_safety_acts_reach_the_journal_once_with_who_and_when(tmp_path: Path) -> None:
    decisions = LineWriter(tmp_path / "decisions.jsonl")
    decisions.append({"k": 9, "audience": "open", "tracks": {"a": -1}})
    act = SafetyAct("privacy", 10, 1234, "nurse", "wristband", "london", (7, 9))
    decisions.append(act.record())
    journal = FileJournal(tmp_path / "journal.jsonl", ManualClock())

    for _ in range(2):
        merger = SafetyMerger(tmp_path / "decisions.jsonl", journal, GRID)
        await merger.merge()
        merger.close()

    (entry,) = journal.entries
    assert (entry.verb, entry.author, entry.reason, entry.cause) == (
        "privacy",
        "nurse",
        "wristband",
        "safety",
    )
    assert entry.n == GRID.first_frame(10)
    assert entry.args == {"k": 10, "at_ns": 1234, "site": "london", "redacted": [7, 9]}


async def test_a_safety_act_is_merged_after_a_restart_although_others_were_before(
    tmp_path: Path,
) -> None:
    path = tmp_path / "decisions.jsonl"
    decisions = LineWriter(path)
    decisions.append(SafetyAct("blank", 10, 1, "tom").record())
    journal = FileJournal(tmp_path / "journal.jsonl", ManualClock())
    await SafetyMerger(path, journal, GRID).merge()
    await journal.shut()
    decisions.append(SafetyAct("unblank", 12, 2, "tom").record())

    journal = FileJournal(tmp_path / "journal.jsonl", ManualClock())
    merged = await SafetyMerger(path, journal, GRID).merge()

    assert [entry.verb for entry in merged] == ["unblank"]
    assert [json.dumps(e.args["k"]) for e in journal.entries] == ["10", "12"]
