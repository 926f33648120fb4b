"""One page makes every process agree on the time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from orchestrator.timing import NS, PageClock, anchor_page


def test_a_new_page_shows_the_wall_clock(tmp_path: Path) -> None:
    anchor_page(tmp_path / "clock")

    clock = PageClock(tmp_path / "clock")

    before, shown, after = time.time_ns(), clock.now_ns(), time.time_ns()
    assert before - NS < shown < after + NS


def test_two_readers_of_a_page_see_the_same_step(tmp_path: Path) -> None:
    anchor_page(tmp_path / "clock", offset_ns=0)
    writer, reader = PageClock(tmp_path / "clock"), PageClock(tmp_path / "clock")

    writer.step(7 * NS)

    assert reader.offset_ns == 7 * NS
    assert reader.now_ns() - time.monotonic_ns() >= 6 * NS


def test_a_file_that_is_no_clock_page_is_refused(tmp_path: Path) -> None:
    (tmp_path / "clock").write_bytes(bytes(16))

    with pytest.raises(ValueError, match="not a clock page"):
        PageClock(tmp_path / "clock")
