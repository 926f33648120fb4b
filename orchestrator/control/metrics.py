"""Prometheus text from the facts: whatever a process writes down becomes a metric. Control process.

`facts/programme.json` {"late_ticks": 3, "tick_ms": {"p99": 1.2}} becomes
`orchestrator_programme_late_ticks 3` and `orchestrator_programme_tick_ms{of="p99"} 1.2`; the facts
of feed.london.room carry `feed="london.room"`, those of push.platform `output="platform"`. Words
become a label with the value 1, so that a state can be counted and alarmed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from orchestrator.bus.tree import LiveTree
from orchestrator.control.facts import children_usage, read_facts, read_feed, usage_of
from orchestrator.timing import Clock, Grid
from orchestrator.timing.grid import NS

_NAME = re.compile(r"[^a-zA-Z0-9_]")
_NOT_FACTS = frozenset({"process", "pid", "at_ns", "reason", "feed", "new_day"})
"""Not numbers: a sentence as a label would be a new series each time it changes."""

NAMED: Mapping[str, str] = {
    "orchestrator_programme_late_ms": "How late ticks began, of the last thousand (milliseconds)",
    "orchestrator_programme_tick_ms": "How long ticks took, of the last thousand (milliseconds)",
    "orchestrator_programme_ticks": "Frames composed since the programme began",
    "orchestrator_programme_late_ticks": "Ticks that began more than a frame late",
    "orchestrator_programme_skipped": "Frames skipped to get back to now",
    "orchestrator_programme_sources_verdict": "Whether a source may be shown, as judged",
    "orchestrator_programme_picture_age": "Age of the ring's picture on air (frames)",
    "orchestrator_programme_ladder_part_after_end_ms": "Part written after its end (ms)",
    "orchestrator_programme_ladder_restarts": "Encoders that failed and were made again",
    "orchestrator_programme_encoder_trouble_count": "Renditions whose encoder failed just now",
    "orchestrator_programme_graphics": "Graphics drawn, missed, broken (could not be drawn), …",
    "orchestrator_feed_page_state": "What a feed is waiting for",
    "orchestrator_feed_page_drift_ppb": "Sender's clock rate against ours (parts per billion)",
    "orchestrator_feed_page_picture_age_frames": "Age of the newest picture decoded (frames)",
    "orchestrator_feed_page_beat_age_s": "Since the feed's process last beat (seconds)",
    "orchestrator_gate_slate_parts": "Parts that the gate filled with slate, by track",
    "orchestrator_gate_late_ms_p50": "Publication after the deadline (milliseconds)",
    "orchestrator_gate_late_ms_p99": "Publication after the deadline (milliseconds)",
    "orchestrator_origin_part_late_ms_p99": "Part in the origin's memory after it was due (ms)",
    "orchestrator_origin_viewers": "Viewers, estimated from playlist requests",
    "orchestrator_supervisor_children_restarts": "Restarts of a process",
    "orchestrator_supervisor_clock_off_ms": "The tree's clock minus the wall clock (ms)",
    "orchestrator_process_cpu_seconds": "CPU time; process/child for ffmpeg and the drawer",
    "orchestrator_process_pss_bytes": "Memory, shared pages by their share; as above",
    "orchestrator_process_threads": "Threads",
    "orchestrator_process_facts_age_seconds": "Since a process last wrote its facts",
}
"""What alarms and dashboards are built on; a test scrapes a running tree for every one."""


class FactsCollector(Collector):
    """Reads the live tree whenever it is scraped. Any thread; one at a time."""

    def __init__(self, live: LiveTree, grid: Grid, clock: Clock) -> None:
        self._live = live
        self._grid = grid
        self._clock = clock

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterable[Metric]:
        now_ns = self._clock.now_ns()
        families: dict[str, GaugeMetricFamily] = {}
        for name, value, labels in self._samples(now_ns):
            keys = sorted(labels)
            family = families.get(name)
            if family is None:
                families[name] = family = GaugeMetricFamily(
                    name, NAMED.get(name, "As its process wrote it down"), labels=keys
                )
            if list(family._labelnames) == keys:
                family.add_metric([labels[key] for key in keys], value)
        return families.values()

    def _samples(self, now_ns: int) -> Iterator[tuple[str, float, dict[str, str]]]:
        for process, facts in read_facts(self._live).items():
            kind, _, which = process.partition(".")
            labels = {"output" if kind == "push" else "feed": which} if which else {}
            for key, value in facts.items():
                if key not in _NOT_FACTS:
                    yield from _flat(f"orchestrator_{kind}_{key}", value, labels)
            yield from self._of_process(process, facts, now_ns)
        n = self._grid.frame_at(now_ns)
        for page in sorted((self._live.root / "feeds").iterdir()):
            if not page.name.startswith("."):
                facts = read_feed(page, n, now_ns)
                for key, value in facts.items():
                    yield from _flat(f"orchestrator_feed_page_{key}", value, {"feed": page.name})

    def _of_process(
        self, process: str, facts: Mapping[str, Any], now_ns: int
    ) -> Iterator[tuple[str, float, dict[str, str]]]:
        labels = {"process": process}
        written_ns = facts.get("at_ns")
        if isinstance(written_ns, int):
            yield "orchestrator_process_facts_age_seconds", (now_ns - written_ns) / NS, labels
        pid = facts.get("pid")
        if not isinstance(pid, int):
            return
        usages = {process: usage_of(pid)}
        if process != "supervisor":  # its children write facts of their own
            usages |= {f"{process}/{name}": use for name, use in children_usage(pid).items()}
        for name, usage in usages.items():
            if usage is not None:
                labels = {"process": name}
                yield "orchestrator_process_cpu_seconds", usage.cpu_s, labels
                yield "orchestrator_process_pss_bytes", usage.pss_bytes, labels
                yield "orchestrator_process_threads", usage.threads, labels


def _flat(
    name: str, value: Any, labels: Mapping[str, str]
) -> Iterator[tuple[str, float, dict[str, str]]]:
    """Numbers as they are, tables a label deeper, words as a label; lists by their length."""
    name = _NAME.sub("_", name)
    if isinstance(value, bool | int | float):
        yield name, float(value), dict(labels)
    elif isinstance(value, str):
        yield name, 1.0, {**labels, "is": value}
    elif isinstance(value, Mapping):
        deeper = "of" if "of" not in labels else "part"
        for key, inner in value.items():
            if isinstance(inner, Mapping) and deeper == "part":
                continue
            if isinstance(inner, Mapping):
                for leaf, number in inner.items():
                    yield from _flat(f"{name}_{leaf}", number, {**labels, deeper: str(key)})
            else:
                yield from _flat(name, inner, {**labels, deeper: str(key)})
    elif isinstance(value, list | tuple):
        yield f"{name}_count", float(len(value)), dict(labels)


def registry_of(live: LiveTree, grid: Grid, clock: Clock) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(FactsCollector(live, grid, clock))
    return registry
