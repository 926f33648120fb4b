"""STOP from the desk: once the stream has ended, the supervisor is asked to end everything.

On control's loop. The gate acts first and ends the stream with the running segment; the journal
hears of it and the programme goes to slate. Then this asks, as `orchestrator stop` does: SIGTERM,
upon which every process has its orderly end.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable

from orchestrator.control.sight import Sight

log = logging.getLogger(__name__)

GRACE_S = 5.0
"""So long after the end every screen has heard of it."""


def is_over(sight: Sight) -> bool:
    """Somebody has stopped the event, and the gate has published its last part."""
    if sight.show.decided(sight.n).stopped is None:
        return False
    stops = [order.n for order in sight.show.orders if order.verb.value == "stop"]
    gate = sight.facts.get("gate", {})
    has_ended = bool(gate.get("ended")) or sight.age_s("gate") > GRACE_S
    return has_ended and sight.n - max(stops, default=sight.n) >= GRACE_S * sight.fps


def parent() -> int | None:
    """The supervisor, if it started this process and is still there."""
    expected = os.environ.get("ORCH_PARENT", "")
    return os.getppid() if expected and os.getppid() == int(expected) else None


class Ending:
    """`look` once a second; it asks once."""

    def __init__(self, ask: Callable[[int, int], None] = os.kill) -> None:
        self._ask = ask
        self.has_asked = False

    def look(self, sight: Sight | None, supervisor: int | None) -> None:
        if self.has_asked or sight is None or supervisor is None or not is_over(sight):
            return
        self.has_asked = True
        log.warning("the event was stopped and the stream has ended: everything ends now")
        self._ask(supervisor, signal.SIGTERM)
