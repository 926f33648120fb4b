"""What an output really sent: contiguous spans, whatever dies and whatever disk is full."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.bus.lines import read_lines
from orchestrator.bus.sent import GAP, REAL, SLATE, SentLog, Span, joined, read_sent
from orchestrator.timing.grid import Grid

GRID = Grid.standard(30)
K = 3_300_000_000


def _whats(path: Path) -> list[tuple[int, int, str]]:
    return [(span.from_k - K, span.to_k - K, span.what) for span in read_sent(path)]


def test_neighbours_of_one_kind_are_one_span(tmp_path: Path) -> None:
    path = tmp_path / "sent" / "platform.jsonl"
    log = SentLog(path, "platform", GRID)
    for k in range(40):
        log.note(K + k, REAL)
    log.note(K + 40, SLATE, "blank")
    log.close()

    assert _whats(path) == [(0, 39, REAL), (40, 40, SLATE)]
    lines = read_lines(path)
    assert len(lines) > 2, "a kill must not lose more than ten seconds"
    assert lines[0]["utc"] == "2025-10-09T08:53:20.000+00:00"
    assert lines[-1]["length_s"] == 0.533


def test_what_nobody_noted_is_a_gap_also_across_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "platform.jsonl"
    log = SentLog(path, "platform", GRID)
    log.note(K, REAL)
    log.flush()
    log.note(K + 1, REAL)  # killed here: the open span is lost

    log = SentLog(path, "platform", GRID)
    assert log.next_k == K + 1
    log.note(K + 5, REAL)
    log.note(K + 8, REAL)
    log.close()

    assert _whats(path) == [(0, 0, REAL), (1, 4, GAP), (5, 5, REAL), (6, 7, GAP), (8, 8, REAL)]


def test_a_gap_says_why(tmp_path: Path) -> None:
    path = tmp_path / "platform.jsonl"
    log = SentLog(path, "platform", GRID)
    log.note(K, REAL)
    log.gap(K, K + 9, "refused")
    log.note(K + 10, REAL)
    log.close()

    assert _whats(path) == [(0, 0, REAL), (1, 9, GAP), (10, 10, REAL)]
    assert read_sent(path)[1].why == "refused"


def test_what_is_said_again_later_holds(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    log = SentLog(path, "record", GRID)
    for k in range(30):
        log.note(K + k, REAL)
    log.amend(K + 10, K + 14, SLATE, "privacy")
    log.note(K + 30, REAL)
    log.close()

    assert _whats(path) == [(0, 9, REAL), (10, 14, SLATE), (15, 30, REAL)]


def test_a_disk_that_takes_no_lines_stops_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "sent"
    folder.write_text("a file where the folder should be")
    log = SentLog(folder / "platform.jsonl", "platform", GRID)
    for k in range(30):
        log.note(K + k, (REAL, SLATE)[k % 2])
    folder.unlink()
    log.note(K + 30, REAL)
    log.close()

    assert [span.from_k - K for span in read_sent(folder / "platform.jsonl")] == list(range(31))
    assert log.lost == 0


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12), st.sampled_from("abc"))))
def test_joined_spans_say_of_every_column_what_was_said_last(
    said: list[tuple[int, int, str]],
) -> None:
    spans = [Span("x", first, first + more, what) for first, more, what in said]
    last = {k: span.what for span in spans for k in range(span.from_k, span.to_k + 1)}

    result = joined(spans)

    told = {k: s.what for s in result for k in range(s.from_k, s.to_k + 1) if s.why != "no record"}
    assert told == last
    assert all(a.to_k + 1 == b.from_k for a, b in pairwise(result))
