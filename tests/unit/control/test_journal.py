import asyncio
import hashlib
import json
import os
from pathlib import Path

import pytest

from orchestrator.bus.lines import LineWriter
from orchestrator.control.chain import VOID
from orchestrator.control.journal import (
    GENESIS,
    MENDED,
    Journal,
    decisions_in_force,
    head_of,
    read_journal,
)
from orchestrator.control.journals import FileJournal
from orchestrator.timing import ManualClock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def written(path: Path, count: int) -> Journal:
    journal = Journal(path, ManualClock())
    for i in range(count):
        journal.append("take", n=100 + i, author="tom", args={"places": {"main": f"site.{i}"}})
    return journal


def test_every_entry_carries_the_hash_of_the_one_before_it(path: Path) -> None:
    written(path, 3).close()

    first, second, third = read_journal(path).entries
    assert [first.prev, second.prev, third.prev] == [GENESIS, first.hash, second.hash]
    assert [first.seq, second.seq, third.seq] == [1, 2, 3]
    assert second.args == {"places": {"main": "site.1"}}


def test_a_hash_can_be_checked_by_hand_on_the_bytes_of_its_line(path: Path) -> None:
    written(path, 1).close()

    line = path.read_text().rstrip("\n")
    bare, digest = line.rsplit(',"hash":"', 1)

    assert hashlib.sha256(bare.encode()).hexdigest() == digest.rstrip('"}')


def test_a_journal_that_is_opened_again_goes_on_where_it_was(path: Path) -> None:
    written(path, 3).close()

    journal = Journal(path, ManualClock())
    journal.append("next", n=200, author="mei")

    reading = read_journal(path)
    assert not reading.damages
    assert [entry.verb for entry in reading.entries] == ["take", "take", "take", "next"]


def test_a_changed_entry_is_found_and_only_what_is_before_it_counts(path: Path) -> None:
    written(path, 5).close()
    path.write_text(path.read_text().replace("site.2", "site.9"))

    reading = read_journal(path)

    assert [entry.seq for entry in reading.entries] == [1, 2]
    assert reading.open_damage is not None
    assert "entry 3 was changed" in reading.open_damage.why


def test_a_removed_line_is_found(path: Path) -> None:
    written(path, 5).close()
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:2] + lines[3:]))

    reading = read_journal(path)

    assert [entry.seq for entry in reading.entries] == [1, 2]
    assert reading.open_damage is not None


def test_a_file_cut_short_at_the_end_of_a_line_is_found(path: Path) -> None:
    written(path, 5).close()
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:3]))

    reading = read_journal(path)

    assert [entry.seq for entry in reading.entries] == [1, 2, 3]
    assert reading.open_damage is not None
    assert "up to 5 had been written" in reading.open_damage.why


def test_a_file_that_was_taken_away_is_found(path: Path) -> None:
    written(path, 2).close()
    path.unlink()

    assert read_journal(path).open_damage is not None


def test_a_rewritten_chain_of_the_same_length_is_found(path: Path) -> None:
    written(path, 3).close()
    head = head_of(path).read_text()
    path.unlink()
    head_of(path).unlink()
    Journal(path, ManualClock()).append("next", author="mallory")
    head_of(path).write_text(head)

    assert read_journal(path).open_damage is not None


@pytest.mark.parametrize("keep", range(1, 40, 3))
def test_a_writer_killed_in_the_middle_of_a_line_costs_that_line_only(
    path: Path, keep: int
) -> None:
    written(path, 3).close()
    raw = path.read_bytes()
    last = raw.splitlines(keepends=True)[-1]
    path.write_bytes(raw[: len(raw) - len(last) + keep])
    head_of(path).unlink()

    journal = Journal(path, ManualClock())
    journal.append("release", author="tom")

    reading = read_journal(path)
    assert [entry.verb for entry in reading.entries] == ["take", "take", MENDED, "release"]
    assert all(damage.mended for damage in reading.damages)


def test_what_is_damaged_is_never_overwritten(path: Path) -> None:
    written(path, 5).close()
    damaged = path.read_bytes().replace(b"site.2", b"site.9")
    path.write_bytes(damaged)

    Journal(path, ManualClock()).append("next", author="mei")

    assert path.read_bytes().startswith(damaged)
    reading = read_journal(path)
    assert [e.verb for e in reading.entries] == ["take", "take", MENDED, "next"]
    assert [e.seq for e in reading.entries] == [1, 2, 6, 7]
    assert reading.open_damage is None
    assert len(reading.damages) == 1


def test_damage_may_happen_twice_and_is_mended_twice(path: Path) -> None:
    written(path, 3).close()
    path.write_bytes(path.read_bytes() + b"garbage\n")
    Journal(path, ManualClock()).append("next")
    path.write_bytes(path.read_bytes() + b'{"seq":1')
    Journal(path, ManualClock()).append("release")

    reading = read_journal(path)

    verbs = [entry.verb for entry in reading.entries]
    assert verbs == ["take", "take", "take", MENDED, "next", MENDED, "release"]
    assert [damage.mended for damage in reading.damages] == [True, True]


def test_what_a_mending_steps_over_cannot_be_changed_afterwards_unseen(path: Path) -> None:
    written(path, 3).close()
    path.write_bytes(path.read_bytes() + b"garbage\n")
    Journal(path, ManualClock()).append("next")
    path.write_bytes(path.read_bytes().replace(b"garbage", b"nothing"))

    reading = read_journal(path)

    assert [entry.verb for entry in reading.entries] == ["take", "take", "take"]
    assert reading.open_damage is not None


def test_a_full_disk_refuses_the_entry_and_the_next_one_mends(path: Path) -> None:
    import resource
    import signal

    journal = written(path, 2)
    size = path.stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 60, hard))
    try:
        with pytest.raises(OSError, match=r"large|space"):
            journal.append("take", args={"places": {"main": "lost"}})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)

    journal.append("release")

    reading = read_journal(path)
    assert [entry.verb for entry in reading.entries] == ["take", "take", MENDED, "release"]
    assert reading.open_damage is None


class Faltering(LineWriter):
    """A disk that says no and keeps the line: fdatasync failed, the page was written later."""

    refuses = False

    def append(self, record: dict[str, object]) -> None:
        super().append(record)
        if self.refuses:
            raise OSError(5, "Input/output error")


def test_what_the_disk_refused_and_kept_never_comes_into_force(path: Path) -> None:
    disks: list[Faltering] = []

    def writer(path: Path) -> LineWriter:
        disks.append(Faltering(path))
        return disks[-1]

    journal = Journal(path, ManualClock(), writer)
    journal.append("take")
    disks[-1].refuses = True
    with pytest.raises(OSError, match="Input"):
        journal.append("next")
    Faltering.refuses = True  # what says that it is void, too
    with pytest.raises(OSError, match="Input"):
        journal.settle()
    Faltering.refuses = False

    journal.settle()
    journal.append("release")

    assert [entry.verb for entry in decisions_in_force(journal.entries)] == ["take", "release"]
    reading = read_journal(path)
    assert reading.entries == journal.entries
    assert {entry.verb for entry in reading.entries} == {"take", "next", VOID, "release"}
    assert not reading.damages


def test_a_fresh_start_leaves_earlier_decisions_behind(path: Path) -> None:
    journal = written(path, 2)
    journal.append("start", args={"fresh": True})
    journal.append("next")
    journal.append("start", args={"fresh": False})

    assert [e.verb for e in decisions_in_force(journal.entries)] == ["start", "next", "start"]


def test_ten_thousand_entries_are_read_without_a_complaint(path: Path) -> None:
    journal = Journal(path, ManualClock())
    journal.append("start")
    journal.close()
    # the same bytes as the writer's, without ten thousand waits for the disk
    entry = read_journal(path).entries[-1].record()
    with path.open("ab") as file:
        for seq in range(2, 10_001):
            body = {k: v for k, v in entry.items() if k != "hash"}
            body |= {"seq": seq, "prev": entry["hash"]}
            text = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()[:-1]
            entry = body | {"hash": hashlib.sha256(text).hexdigest()}
            file.write(json.dumps(entry, separators=(",", ":"), ensure_ascii=False).encode())
            file.write(b"\n")
    os.utime(path)

    reading = read_journal(path)

    assert len(reading.entries) == 10_000
    assert not reading.damages


async def test_entries_asked_for_at_once_are_written_one_after_the_other(path: Path) -> None:
    ledger = FileJournal(path, ManualClock())

    written = await asyncio.gather(*(ledger.write("take", n=i, author="tom") for i in range(40)))

    on_disk = read_journal(path)
    assert [entry.seq for entry in written] == list(range(1, 41))
    assert (on_disk.entries, on_disk.damages) == (tuple(ledger.entries), ())
    assert on_disk.entries == tuple(written)
    await ledger.shut()
    with pytest.raises(OSError, match="has been closed"):
        await ledger.write("take", n=41, author="tom")
    assert tuple(ledger.entries) == on_disk.entries


async def test_an_entry_whose_asker_went_away_is_written_and_chains(path: Path) -> None:
    ledger = FileJournal(path, ManualClock())
    asked = asyncio.create_task(ledger.write("take", n=1, author="tom"))
    await asyncio.sleep(0)
    asked.cancel()

    later = await ledger.write("next", n=2, author="mei")

    on_disk = read_journal(path)
    assert on_disk.entries[-1] == later
    assert not on_disk.damages
    await ledger.shut()
