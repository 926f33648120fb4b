"""What a restarted gate needs of its own decisions: the last columns, and every safety act.

A day is 160,000 lines; only the acts among them and the last few are parsed (10 ms).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from orchestrator.bus.decisions import Column, SafetyAct, is_decision

_TAIL_BYTES = 1 << 16
_LINE_BYTES = 640
"""Longer than any line."""
_ACT = re.compile(rb'^\{"act".*$', re.MULTILINE)


def recover(path: Path) -> tuple[list[Column], list[SafetyAct]]:
    """The newest columns and all acts, oldest first. Damaged lines are stepped over."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return [], []
    acts = [SafetyAct.of(record) for record in _records(_ACT.findall(data)) if "act" in record]
    return _columns(data[-_TAIL_BYTES:]), acts


def recent(path: Path, count: int) -> list[Column]:
    """At least the newest `count` columns, if there are so many."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - count * _LINE_BYTES))
        return _columns(file.read())


def _columns(data: bytes) -> list[Column]:
    return [Column.of(record) for record in _records(data.splitlines()) if "tracks" in record]


def _records(lines: list[bytes]) -> Iterator[dict[str, object]]:
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict) and is_decision(record):
            yield record
