"""Whether a silent process could have spoken: a starved one must not be taken for a hung one.

Supervisor only. The kernel says of a thread how long it ran and how long it waited for a processor
(/proc/PID/schedstat), and what it does now (/proc/PID/stat); of a process it is the main thread,
on which our event loops run.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orchestrator.timing import NS

_NO_CHANCE = frozenset("TDZX")
"""Stopped by somebody, held by a disk or by swapping (no signal ends that), dead."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a main thread did so far. `state` is the kernel's letter for what it does now."""

    state: str
    ran_ns: int
    waited_ns: int

    @classmethod
    def of(cls, pid: int) -> Ran | None:
        """None where the kernel does not say (no CONFIG_SCHEDSTATS), and for who is gone."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
            ran, waited, _ = Path(f"/proc/{pid}/schedstat").read_text().split()
            return cls(stat.rpartition(")")[2].split()[0], int(ran), int(waited))
        except (OSError, ValueError, IndexError):
            return None


_MOST_RUN_S = 0.4
"""Between two looks: that one may have had its long turn just there."""


def chance_s(before: Ran | None, now: Ran | None, span_s: float, since_s: float) -> float:
    """How much of the `since_s` between two looks a process could have used to say that it lives.

    One that wants to run had as much as it ran; one that sleeps all but what it waited to run, of
    `span_s` at most: whoever looks so late had stood still, and perhaps everybody with them.
    """
    if before is None or now is None or now.state in _NO_CHANCE:
        return 0.0
    if now.state == "R":
        return max(0.0, min(since_s, _MOST_RUN_S, (now.ran_ns - before.ran_ns) / NS))
    return max(0.0, span_s - (now.waited_ns - before.waited_ns) / NS)


def has_slept(before: Ran | None, now: Ran | None) -> bool:
    """Whether it slept all the time between two looks, in one and the same call that a signal
    could end: it did not run for a nanosecond, and waits neither for a processor nor for a disk.

    An event loop wakes for its own clock several times a second, however little there is to do.
    """
    if before is None or now is None:
        return False
    return before.state == now.state == "S" and before.ran_ns == now.ran_ns
