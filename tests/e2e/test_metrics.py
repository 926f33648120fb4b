"""/metrics of a running tree, parsed as Prometheus does: every named family, with sane values."""

from __future__ import annotations

import pytest
from harness.run import Run, until
from prometheus_client.parser import text_string_to_metric_families

from orchestrator.control.metrics import NAMED

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

Samples = dict[str, dict[str, float]]

SANE: dict[str, tuple[float, float]] = {
    "orchestrator_programme_late_ms": (0, 10_000),
    "orchestrator_programme_tick_ms": (0.01, 10_000),
    "orchestrator_programme_ticks": (30, 1e6),
    "orchestrator_feed_page_drift_ppb": (-1_000_000, 1_000_000),
    "orchestrator_feed_page_picture_age_frames": (0, 300),
    "orchestrator_feed_page_beat_age_s": (-1, 10),  # a feed may write while it is looked at
    "orchestrator_process_cpu_seconds": (0, 600),
    "orchestrator_process_pss_bytes": (1e5, 1e9),
    "orchestrator_process_threads": (1, 64),
    "orchestrator_process_facts_age_seconds": (-1, 10),
    "orchestrator_supervisor_clock_off_ms": (-100, 100),
}


def scraped(run: Run) -> Samples:
    """By family, by its labels. The parser raises for whatever Prometheus would not take."""
    text = run.told("metrics")[1].decode()
    assert text.endswith("\n")
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation, f"{family.name} has no HELP"
        samples = found.setdefault(family.name, {})
        for sample in family.samples:
            labels = ",".join(f"{key}={value}" for key, value in sorted(sample.labels.items()))
            assert labels not in samples, f"{family.name}{{{labels}}} is there twice"
            samples[labels] = sample.value
    return found


def test_every_named_metric_is_there_and_sane_and_covers_every_process(run: Run) -> None:
    def complete() -> Samples | None:
        found = scraped(run)
        return found if set(NAMED) <= set(found) else None

    try:
        found = until("every named metric is there", complete, 20)
    except AssertionError:
        raise AssertionError(f"missing: {sorted(set(NAMED) - set(scraped(run)))}") from None

    for name, (least, most) in SANE.items():
        for labels, value in found[name].items():
            assert least <= value <= most, f"{name}{{{labels}}} is {value}"
    processes = set(found["orchestrator_process_pss_bytes"])
    assert processes >= {
        f"process={name}"
        for name in (
            *("supervisor", "programme", "gate", "origin", "control"),
            "programme/graphics",
            *("feed.oslo.headset", "feed.oslo.headset/ffmpeg"),
            *("feed.quito.headset", "feed.quito.headset/ffmpeg"),
        )
    }
    assert found["orchestrator_process_cpu_seconds"]["process=programme"] > 0
    states = found["orchestrator_feed_page_state"]
    assert states["feed=oslo.headset,is=live"] == 1
    assert not any("reason" in name for name in found)
