"""A supervisor whose wall clock stands at another instant: `python night.py INSTANT run-arguments`.

The tree's clock page is set there, and nothing else: no process knows the difference. There is no
option and no variable for this in the program; only who starts the supervisor from Python, as
here, can hand it another wall clock.
"""

from __future__ import annotations

import sys
from datetime import datetime

from orchestrator import supervisor
from orchestrator.timing.clock import wall_offset_ns


def main() -> int:
    instant, *words = sys.argv[1:]
    shift_ns = int(datetime.fromisoformat(instant).timestamp()) * 10**9 - now_ns()
    return supervisor.main(words, wall=lambda: wall_offset_ns() + shift_ns)


def now_ns() -> int:
    import time

    return time.monotonic_ns() + wall_offset_ns()


if __name__ == "__main__":
    sys.exit(main())
