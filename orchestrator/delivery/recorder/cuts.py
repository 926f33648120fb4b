"""Which frames belong to which recording, from the as-run: a recording a slot, or one of all.

Pure; the worker's thread. The programme writes a slot's line at its first frame, long before that
frame is public: whoever has seen a column has, here, its slots. A programme that begins anew says
its slot again, which goes on with the same recording; a slot that comes back gets another one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from orchestrator.bus.lines import Record

_STRICTNESS = ("open", "professional")


@dataclass(slots=True)
class Cut:
    """Frames `from_n` to before `to_n` (None: nobody knows yet) of one recording."""

    slot: str
    audience: str
    from_n: int
    to_n: int | None = None
    started_n: int = 0
    """When the programme last began: what it had not made before is not worth a file."""
    slate_before_n: int = 0
    """Pictures before this frame must not be seen in it: what was on air before is stricter."""
    scenes: list[Mapping[str, Any]] = field(default_factory=list)
    """The as-run's lines, for chapters."""

    def is_worth_a_file(self, until_n: int) -> bool:
        """Whether the programme made any of it before frame `until_n`."""
        made = self.to_n is None or self.to_n > self.started_n
        return made and self.started_n < until_n

    def overlaps(self, from_n: int, until_n: int) -> bool:
        return self.from_n < until_n and (self.to_n is None or from_n < self.to_n)


class SlotCuts:
    """A cut for every slot that is on air, in order."""

    def __init__(self) -> None:
        self._cuts: list[Cut] = []
        self._stop_n: int | None = None

    def take(self, line: Mapping[str, Any]) -> None:
        """One line of the as-run. Raises KeyError, TypeError or ValueError if it is none."""
        n, event = int(line["n"]), str(line["event"])
        current = self._cuts[-1] if self._cuts else None
        if event == "slot":
            current = self._turn(current, str(line["slot"]), str(line["audience"]), n)
        if current is None or current.to_n is not None:
            return
        if event == "start":
            current.started_n = n
        elif event in ("scene", "graphic"):
            current.scenes.append(line)
            if event == "scene" and n == current.from_n and current.slate_before_n:
                current.slate_before_n = max(current.slate_before_n, int(line.get("mixed_n", 0)))

    def _turn(self, before: Cut | None, slot: str, audience: str, n: int) -> Cut | None:
        if before is not None and before.to_n is None:
            if before.slot == slot:
                return before
            before.to_n = n
        if not slot:
            return None
        is_looser = before is not None and is_stricter(before.audience, audience)
        self._cuts.append(Cut(slot, audience, n, slate_before_n=n if is_looser else 0))
        if self._stop_n is not None:
            self.stop(self._stop_n)
        return self._cuts[-1]

    def stop(self, n: int) -> None:
        """The stream ends before frame `n`."""
        self._stop_n = n
        for cut in self._cuts:
            if cut.to_n is None or cut.to_n > n:
                cut.to_n = max(n, cut.from_n)

    def within(self, from_n: int, until_n: int) -> Sequence[Cut]:
        return [cut for cut in self._cuts if cut.overlaps(from_n, until_n)]

    def forget(self, before_n: int) -> None:
        """Cuts that ended before this frame are not asked for any more; the newest stays."""
        done = [cut for cut in self._cuts[:-1] if cut.to_n is not None and cut.to_n <= before_n]
        self._cuts = self._cuts[len(done) :]


class EventCuts(SlotCuts):
    """One cut: from the first slot's first frame to the end of the event."""

    def __init__(self, event: str, audience: str, end_n: int) -> None:
        super().__init__()
        self._event, self._audience, self._end_n = event, audience, end_n

    def _turn(self, before: Cut | None, slot: str, audience: str, n: int) -> Cut | None:
        if before is None:
            return super()._turn(None, self._event if slot else "", self._audience, n)
        if before.to_n is None and not slot and n >= self._end_n:
            before.to_n = n
        return before


def run_on(kept: Sequence[Record], live: Sequence[Record]) -> list[Record]:
    """The as-run of runs before this one, then that of this one, which is carried to the other."""
    begins_n = min((int(line.get("n", 0)) for line in live[:1]), default=None)
    earlier = [line for line in kept if begins_n is None or int(line.get("n", 0)) < begins_n]
    return [*earlier, *live]


def is_stricter(audience: str, than: str) -> bool:
    """Whether `audience` is narrower; one that nobody knows is."""
    rank = {word: i for i, word in enumerate(_STRICTNESS)}
    return rank.get(audience, len(rank)) > rank.get(than, len(rank))
