"""A supervisor whose wall clock can be stepped: `python odd.py FILE run-arguments`.

The nanoseconds in FILE are added to the real wall clock whenever the supervisor looks at it. As in
`night.py`, only who starts it from Python can do this.
"""

from __future__ import annotations

import sys
from pathlib import Path

from orchestrator import supervisor
from orchestrator.timing.clock import wall_offset_ns


def main() -> int:
    step, *words = sys.argv[1:]
    return supervisor.main(words, wall=lambda: wall_offset_ns() + int(Path(step).read_text()))


if __name__ == "__main__":
    sys.exit(main())
