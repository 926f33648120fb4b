"""What kills cost, read from the gate's decisions of a running tree."""

from __future__ import annotations

import itertools

from harness.run import Run, until

from orchestrator.bus.decisions import REAL, Column
from orchestrator.bus.lines import read_lines


def columns(run: Run) -> list[Column]:
    records = read_lines(run.live.decisions)
    return [Column.of(r) for r in records if isinstance(r.get("tracks"), dict)]


def wait_for_real(run: Run, after_k: int) -> Column:
    """The first column after `after_k` in which nothing is slate."""

    def real() -> Column | None:
        later = (c for c in columns(run) if c.k > after_k)
        return next((c for c in later if set(c.tracks.values()) == {REAL}), None)

    return until("the programme's own parts are public", real, 30)


def slates(run: Run, after_k: int) -> list[int]:
    """Lengths of the stretches after `after_k` in which any track was slate."""
    recent = [c for c in columns(run) if c.k > after_k]
    stretches = itertools.groupby(recent, key=lambda c: set(c.tracks.values()) != {REAL})
    return [len(list(stretch)) for is_slate, stretch in stretches if is_slate]
