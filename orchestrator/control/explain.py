"""Explain this frame: what was on, because of what, who wished it, when it was public.

Put together from the as-run (what the programme showed, and its cause), the journal (the wish
behind an order) and the gate's decisions (what became of the column). Reads only, in a thread.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestrator.bus.decisions import Column
from orchestrator.control import asrunreader, say
from orchestrator.control.chain import Entry
from orchestrator.rundown.resolved import Resolved
from orchestrator.timing import Grid

_NEAR_BYTES = 1 << 16


def explain(
    n: int, day: Resolved, entries: Sequence[Entry], asrun: Path, decisions: Path
) -> dict[str, Any]:
    """JSON: everything that is known of frame `n`; `text` says it in sentences."""
    grid = Grid.standard(day.programme.fps)
    known = asrunreader.in_force(asrun, n)
    scene, slot = known.get("scene"), known.get("slot")
    columns = columns_at(decisions, grid.part_of(n))
    cause = dict(scene["cause"]) if scene and scene.get("cause") else None
    wish = _wish(cause, entries, asrun, grid)
    answer: dict[str, Any] = {
        "n": n,
        "at": _utc(grid, n),
        "clock": say.at(n, grid, day.timezone),
        "slot": (slot or scene or {}).get("slot", ""),
        "shot": (scene or {}).get("shot", ""),
        "layout": (scene or {}).get("layout", ""),
        "places": list((scene or {}).get("places", ())),
        "since": _utc(grid, scene["n"]) if scene else None,
        "cause": cause,
        "wish": wish,
        "failovers": [
            {key: record.get(key) for key in ("n", "source", "verdict", "why")}
            for name, record in known.items()
            if name.startswith("failover ") and record.get("verdict") == "dead"
        ],
        "public": [
            {
                "audience": column.audience,
                "why_slate": column.why,
                "hls_why_slate": column.for_hls().why if column.hls_tracks else column.why,
                "late_ms": column.late_ms,
                "msn": grid.msn_of(column.k),
                "part": grid.index_of(column.k),
            }
            for column in columns
        ],
    }
    return answer | {"text": _sentences(answer)}


def columns_at(path: Path, k: int) -> list[Column]:
    """What the gate decided of column `k`, a line per audience; none if it was not yet, or in an
    earlier run. The lines are in the order of their columns: they are found by halving."""
    try:
        with path.open("rb") as file:
            low, high = 0, file.seek(0, 2)
            while high - low > _NEAR_BYTES:
                middle = (low + high) // 2
                file.seek(middle)
                file.readline()
                here = _k_of(file.readline())
                if here is None or here >= k:
                    high = middle
                else:
                    low = middle
            file.seek(max(0, low - _NEAR_BYTES))
            if file.tell():
                file.readline()
            lines = file.read(3 * _NEAR_BYTES).splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        if _k_of(line) == k and b'"act"' not in line:
            try:
                found.append(Column.of(json.loads(line)))
            except (ValueError, KeyError, TypeError):
                continue
    return found


def _k_of(line: bytes) -> int | None:
    try:
        k = json.loads(line)["k"]
    except (ValueError, KeyError, TypeError):
        return None
    return k if isinstance(k, int) else None


def _wish(
    cause: dict[str, Any] | None, entries: Sequence[Entry], asrun: Path, grid: Grid
) -> dict[str, Any] | None:
    """The journal's entry behind an order, and how long it took from there to the picture."""
    seq = cause.get("seq") if cause else None
    if not seq:
        return None
    entry = next((one for one in entries if one.seq == seq), None)
    order = asrunreader.order_of(asrun, int(seq))
    if entry is None:
        return None
    taken_n = order["n"] if order else entry.n
    journalled_ms = _ms(entry.at)
    taken_ms = grid.instant_ns(taken_n) // 1_000_000
    return {
        "seq": entry.seq,
        "verb": entry.verb,
        "author": entry.author,
        "reason": entry.reason,
        "at": entry.at,
        "asked_n": entry.n,
        "taken_n": taken_n,
        "latency_ms": None if journalled_ms is None else taken_ms - journalled_ms,
    }


def _sentences(told: dict[str, Any]) -> str:
    if not told["places"]:
        return f"{told['clock']}: the as-run has nothing of this frame"
    shown = ", ".join(f"{place['source']} in {place['place']}" for place in told["places"])
    cause, wish = told["cause"] or {}, told["wish"]
    text = f"{told['clock']}: {shown}, in slot {told['slot']}"
    if wish:
        why = f" ({wish['reason']})" if wish["reason"] else ""
        text += f"; {wish['verb'].upper()} by {wish['author']}{why}"
        if wish["latency_ms"] is not None:
            text += f", {wish['latency_ms']} ms from journal to picture"
    elif cause:
        text += f"; cause: {cause.get('by', '')}, {cause.get('rule', '')}".rstrip(", ")
    for one in told["failovers"]:
        text += f"; {one['source']} was {one['verdict']}: {one['why']}"
    for one in told["public"]:
        of = f" ({one['audience']})" if len(told["public"]) > 1 else ""
        why, hls_why = one["why_slate"], one["hls_why_slate"]
        text += f"; public{of}" + (f" was slate: {why}" if why else "")
        text += f", on HLS slate: {hls_why}" if hls_why != why else ""
    if not told["public"]:
        text += "; not public, or of an earlier run"
    return text


def _ms(at: str) -> int | None:
    try:
        return round(datetime.fromisoformat(at).timestamp() * 1000)
    except ValueError:
        return None


def _utc(grid: Grid, n: int) -> str:
    return grid.utc(n).isoformat(timespec="milliseconds").replace("+00:00", "Z")
