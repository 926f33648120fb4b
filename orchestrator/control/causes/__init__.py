"""What is wrong, cause by cause: functions from a `Sight` to `Finding`s. Pure.

One cause is one card (D6): a dead uplink explains the two feeds behind it, a dead line explains
the uplinks. Nothing here remembers anything; `incidents` does.
"""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.control.causes import feeds, machine, outputs, plan, safety, sites, sound
from orchestrator.control.incidents import Finding
from orchestrator.control.sight import Sight


def find(sight: Sight) -> tuple[Finding, ...]:
    """Everything that is wrong now, each cause once."""
    return tuple({finding.cause: finding for finding in _all(sight)}.values())


def _all(sight: Sight) -> Iterator[Finding]:
    for of in (safety, machine, feeds, sites, plan, sound, outputs):
        yield from of.find(sight)
