"""What the processes say of themselves, and what the kernel says of them. Reads only.

Facts files are replaced once a second by their writers; feed pages hold what changes faster. CPU
and memory are read from /proc when somebody asks, by control, which may take its time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from orchestrator.bus.feedpage import FeedState, FeedWord
from orchestrator.bus.page import open_page
from orchestrator.bus.tree import LiveTree
from orchestrator.timing.grid import NS

_CENTI = frozenset({FeedWord.LEVEL_MB, FeedWord.LUFS_MB})
_FRAMES = frozenset(
    {FeedWord.PICTURE_N, FeedWord.MOVED_N, FeedWord.BRIGHT_N, FeedWord.SOUND_N, FeedWord.AUDIO_N}
)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process takes from the machine. PSS counts shared pages by their share."""

    cpu_s: float
    pss_bytes: int
    threads: int


def read_facts(live: LiveTree) -> dict[str, dict[str, Any]]:
    """The facts of every process that has written any, by its name."""
    facts: dict[str, dict[str, Any]] = {}
    for path in sorted(live.facts("x").parent.glob("*.json")):
        if path.name.startswith("."):
            continue
        try:
            record = json.loads(path.read_bytes())
        except (OSError, ValueError):
            continue
        if isinstance(record, dict):
            facts[path.name.removesuffix(".json")] = record
    return facts


def read_feed(path: Path, now_n: int, now_ns: int) -> dict[str, Any]:
    """A feed's page in words; ages in frames instead of frame numbers. Empty without a page.

    A warm feed's newest keyframe is stamped for when it is due, so it may lie ahead: its age is 0.
    Levels are those of now: null while nothing arrives or nothing was measured.
    """
    try:
        words = open_page(path)
    except OSError:
        return {}
    facts: dict[str, Any] = {}
    for word in FeedWord:
        if word >= len(words):
            continue
        value = int(words[word])
        name = word.name.lower()
        if word is FeedWord.STATE:
            known = {state.value for state in FeedState}
            facts["state"] = FeedState(value).name.lower() if value in known else "unknown"
        elif word in _FRAMES:
            facts[name.removesuffix("_n") + "_age_frames"] = (
                max(0, now_n - value) if value else None
            )
        elif word in _CENTI:
            is_heard = int(words[FeedWord.STATE]) == FeedState.LIVE and value != 0
            facts[name.removesuffix("_mb") + ("_db" if word is FeedWord.LEVEL_MB else "")] = (
                value / 100 if is_heard else None
            )
        elif word is FeedWord.NOISE:
            facts["noise"] = (value - 1) / 1000 if value else None
        elif word is FeedWord.MILLIFPS:
            facts["fps"] = value / 1000
        elif word is FeedWord.ALIVE_NS:
            facts["beat_age_s"] = round((now_ns - value) / NS, 3) if value else None
        else:
            facts[name] = value
    return facts


def usage_of(pid: int) -> Usage | None:
    """None for a process that is gone."""
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            times = process.cpu_times()
            threads = process.num_threads()
        return Usage(times.user + times.system, _pss_bytes(pid), threads)
    except (psutil.Error, OSError):
        return None


def children_usage(pid: int) -> dict[str, Usage]:
    """Of what a process has started: its ffmpeg, the programme's drawer; by name, added up."""
    found: dict[str, Usage] = {}
    waiting = _children_of(pid)
    while waiting:
        child = waiting.pop()
        waiting += _children_of(child)
        usage, name = usage_of(child), _name_of(child)
        if usage is None or not name:
            continue
        before = found.get(name, Usage(0.0, 0, 0))
        found[name] = Usage(
            before.cpu_s + usage.cpu_s,
            before.pss_bytes + usage.pss_bytes,
            before.threads + usage.threads,
        )
    return found


def _children_of(pid: int) -> list[int]:
    """A child hangs on the thread that forked it."""
    try:
        lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:  # gone meanwhile
        return []
    return [int(word) for text in lists for word in text.split()]


def _name_of(pid: int) -> str:
    """`graphics` for `orch graphics`, `ffmpeg` for any build of it; empty for who is gone."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    name = words[0].decode(errors="replace").strip().removeprefix("orch ").rpartition("/")[2]
    return "ffmpeg" if name.startswith("ffmpeg") else name.partition(" ")[0]


def _pss_bytes(pid: int) -> int:
    with Path(f"/proc/{pid}/smaps_rollup").open("rb") as file:
        for line in file:
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    return 0


_DRIFT_PPM = 200.0
"""A crystal is within 50; what is further off is a broken clock, or one that is being set."""


def wrong_clocks(pages: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Feeds whose sender's clock runs wrong, and how: `500 ppm fast`."""
    for feed, page in pages.items():
        ppm = page.get("drift_ppb", 0) / 1000
        if page.get("state") == "live" and abs(ppm) >= _DRIFT_PPM:
            yield feed, f"{abs(ppm):.0f} ppm {'slow' if ppm > 0 else 'fast'}"
