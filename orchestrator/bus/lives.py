"""The processes' lives: who died, who was stopped, who is back, one JSON line each, in order.

Written by the supervisor on its only thread; the programme, which alone writes the as-run, takes
the lines over into it, and knows by their numbers which it has taken already.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from orchestrator.bus.lines import LineWriter, read_lines
from orchestrator.timing import Clock


@dataclass(frozen=True, slots=True)
class Turn:
    """What became of one process. `what` is died, hung, stopped or started."""

    seq: int
    at_ns: int
    process: str
    what: str
    how: str
    restarts: int

    @classmethod
    def of(cls, record: dict[str, Any]) -> Turn | None:
        """None for a line that is none: a damaged one must not end the programme."""
        try:
            return cls(
                int(record["seq"]),
                int(record["at_ns"]),
                str(record["process"]),
                str(record["what"]),
                str(record["how"]),
                int(record["restarts"]),
            )
        except (KeyError, TypeError, ValueError):
            return None


class Lives:
    """Appends turns. `lost` counts those for which the tmpfs had no room."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Numbers go on where a killed supervisor left off."""
        turns = [turn for record in read_lines(path) if (turn := Turn.of(record)) is not None]
        self._seq = max((turn.seq for turn in turns), default=0)
        self._path = path
        self._lines: LineWriter | None = None
        self._clock = clock
        self.lost = 0

    def note(self, process: str, what: str, how: str, restarts: int) -> None:
        turn = Turn(self._seq + 1, self._clock.now_ns(), process, what, how, restarts)
        try:
            if self._lines is None:
                self._lines = LineWriter(self._path)
            self._lines.append(asdict(turn))
        except OSError:
            self.lost += 1
        else:
            self._seq = turn.seq

    def close(self) -> None:
        if self._lines is not None:
            self._lines.close()
            self._lines = None
