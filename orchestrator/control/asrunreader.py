"""Reading the as-run that is kept in the state folder: page by page, and what was on at a frame.

Reads only, in a thread: a day of it is some megabytes. A place in the file is the byte after a
line; places stay good, because nothing is ever cut from the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orchestrator.control.carry import SOURCE

_A_LINE = 600
"""Bytes that a line may have, generously: how far back the newest lines are looked for."""

Record = dict[str, Any]


def page_of(path: Path, after: int, most: int) -> tuple[list[Record], int]:
    """At most so many records after this place, and the place behind them; from 0: the newest."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            start = max(0, size - most * _A_LINE) if after <= 0 else min(after, size)
            file.seek(start)
            if after <= 0 and start:
                start += len(file.readline())  # the rest of a line
            raw = file.read(most * _A_LINE * 4)
    except FileNotFoundError:
        return [], 0
    records: list[Record] = []
    place = start
    for line in _whole(raw):
        if after > 0 and len(records) >= most:
            break
        place += len(line)
        records += _parsed(line)
    return records[-most:], place


def in_force(path: Path, n: int) -> dict[str, Record]:
    """The newest record of each event at frame `n`, by event; of failovers by source."""
    found: dict[str, Record] = {}
    try:
        with path.open("rb") as file:
            for line in file:
                for record in _parsed(line):
                    at_n = record.get("n")
                    if isinstance(at_n, int) and at_n <= n:
                        event = str(record.get("event", ""))
                        key = f"{event} {record['source']}" if "source" in record else event
                        found[key] = record
    except FileNotFoundError:
        return {}
    return found


def order_of(path: Path, seq: int) -> Record | None:
    """The as-run's line about the order with this number."""
    wanted = f'"seq":{seq}'.encode()
    try:
        with path.open("rb") as file:
            for line in file:
                if wanted not in line or b'"order"' not in line:
                    continue
                for record in _parsed(line):
                    if record.get("event") == "order" and record["cause"].get("seq") == seq:
                        return record
    except FileNotFoundError:
        pass
    return None


def _whole(raw: bytes) -> Iterator[bytes]:
    for line in raw.splitlines(keepends=True):
        if line.endswith(b"\n"):
            yield line


def _parsed(line: bytes) -> list[Record]:
    """The record, without the mark that carrying it left; nothing for a damaged line."""
    try:
        record = json.loads(line)
    except ValueError:
        return []
    if not isinstance(record, dict) or not isinstance(record.get("cause"), dict | None):
        return []
    record.pop(SOURCE, None)
    return [record]
