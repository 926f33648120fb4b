"""The day as it will run: the slots with the frames they get, after what has been decided so far.

Records only; `projection` lays them out, `history` applies the orders, `Show` shows them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from orchestrator.rundown.plan import Audience, Mode, PlanSlot, Text, TimeSpec
from orchestrator.rundown.resolved import Anchor, Slot
from orchestrator.rundown.scene import Cause

NEVER = 2**62
"""A frame that does not come: the end of what nobody has decided to end."""

RunKey = tuple[str, int, int, int, int, bool, bool]

SCHEDULE = Cause("schedule", "start")


@dataclass(frozen=True, slots=True)
class Back:
    """The rest of a slot that was interrupted: frames it had played, and has still to play."""

    played: int
    frames: int
    shortest: int
    longest: int


@dataclass(frozen=True, slots=True)
class LiveSlot:
    """A slot as it runs, or is expected to. `id` is the standby's while a standby stands in.

    `state` says, of those that hold: done, on-air, over (past its planned end), next, ask (nobody
    has decided its end), stay, ready, not-ready, standby, overdue, late, cut.
    """

    plan: PlanSlot
    start_n: int
    end_n: int
    place: int = -1
    """Index in the resolved day; a standby has that of the slot it stands for."""
    origin_n: int = 0
    """The frame from which shots, graphics and clips count: earlier than the start if joined."""
    own_end_n: int = 0
    """The end without waiting for a site that is not ready; offsets from the end use it (R5)."""
    planned_start_n: int = 0
    planned_end_n: int = 0
    anchor: Anchor = "none"
    at_n: int | None = None
    latest_n: int | None = None
    gap_after: int = 0
    is_open: bool = False
    """The clock does not end it: `end: ask` and nobody has decided, or STAY."""
    is_staying: bool = False
    stands_for: str | None = None
    cause: Cause = SCHEDULE
    back: Back | None = None
    """Of an insert: what is left of the slot that it interrupted and that goes on after it."""
    state: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.plan.id

    @property
    def title(self) -> Text:
        return self.plan.title

    @property
    def kind(self) -> str:
        return self.plan.kind

    @property
    def site(self) -> str | None:
        return self.plan.site

    @property
    def mode(self) -> Mode:
        return self.plan.mode

    @property
    def audience(self) -> Audience:
        return self.plan.audience

    @property
    def frames(self) -> int:
        return self.end_n - self.start_n

    @property
    def key(self) -> RunKey:
        """Everything its moments follow from, for remembering them."""
        return (
            self.id,
            self.start_n,
            self.origin_n,
            self.own_end_n,
            self.end_n,
            self.is_open,
            self.is_staying,
        )

    @property
    def over(self) -> int:
        """Frames by which it ends later than resolved at load; negative is earlier."""
        return self.end_n - self.planned_end_n


@dataclass(frozen=True, slots=True)
class Hold:
    """A site said it is not ready: until when the slot before goes on, and what comes then.

    It waits for so long from the time due, or from when somebody said for how long. So both
    frames follow whatever moves that time; they are those of the line-up last laid out.
    """

    due_n: int
    until_n: int
    then: str
    cause: Cause
    wait: int
    from_n: int = 0
    """Somebody said `wait` at this frame; 0: it is the rundown's."""

    def laid_out(self, due_n: int, start_n: int) -> Hold:
        """As it is with this time due, for a slot that cannot begin before `start_n`."""
        until_n = max(start_n, max(due_n, self.from_n) + self.wait)
        return replace(self, due_n=due_n, until_n=until_n)


@dataclass(frozen=True, slots=True)
class Item:
    """A slot that is still to come, with what has been decided about it."""

    slot: Slot
    place: int
    frames: int
    shortest: int
    longest: int
    is_decided: bool = False
    is_staying: bool = False
    hold: Hold | None = None
    stands_for: str | None = None
    cause: Cause = SCHEDULE
    back: Back | None = None
    played: int = 0
    """Of a slot that goes on after an insert: frames that it had played before."""

    @property
    def at_n(self) -> int | None:
        """The frame its start is fixed for; a slot that goes on has begun already."""
        return None if self.played else at_of(self.slot)

    @property
    def fixed_end_n(self) -> int | None:
        end = self.slot.plan.end
        return self.slot.end_n if end == "event" or isinstance(end, TimeSpec) else None


def at_of(slot: Slot) -> int | None:
    """The frame at which an anchored slot should begin."""
    return None if slot.latest_n is None else slot.latest_n - slot.plan.start.slip


@dataclass(frozen=True, slots=True)
class Shortage:
    """Frames by which what lies before `anchor` does not fit, with everything droppable gone."""

    anchor: str
    frames: int


@dataclass(frozen=True, slots=True)
class Day:
    """Runs in order. From `cap` on nobody leaves by the clock: later runs are an expectation."""

    runs: tuple[LiveSlot, ...]
    cap: int
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Slots that will not play: skipped, dropped, cut or squeezed out, with the reason."""
    short: tuple[Shortage, ...] = ()
    starts: tuple[int, ...] = ()

    def index_at(self, n: int) -> int:
        """The run that began last at frame `n`, -1 before the first; it may be over (a gap)."""
        return min(bisect_right(self.starts, n) - 1, self.cap)

    def on_air(self, n: int) -> LiveSlot | None:
        """The run at frame `n`, None in a gap, before and after the event."""
        i = self.index_at(n)
        if i < 0:
            return None
        run = self.runs[i]
        return run if n < run.end_n or run.is_open else None
