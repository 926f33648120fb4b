"""What the public may know of the day: now and next, and the slots that have begun.

On the origin's loop. Everything is told as of the last *published* frame: with a delay of 20 s an
order that has just been given is not public for 20 s, or the guide would give away what the gate
still holds (DESIGN §9).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from orchestrator.bus.lines import LineFollower
from orchestrator.bus.orders import Order
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery.playlists import DateRange, iso
from orchestrator.rundown.resolved import Resolved
from orchestrator.timing.grid import Grid

log = logging.getLogger(__name__)

_NEXT = 5
_SLOT_CLASS = "slot"


class GuideSlot(Protocol):
    """What the guide reads of a slot as it runs."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> Mapping[str, str]: ...
    @property
    def kind(self) -> str: ...
    @property
    def site(self) -> str | None: ...
    @property
    def mode(self) -> str: ...
    @property
    def start_n(self) -> int: ...
    @property
    def end_n(self) -> int: ...
    @property
    def is_open(self) -> bool: ...


LineUp = Callable[[Resolved, Sequence[Order]], Sequence[GuideSlot]]


class Guide:
    """Reads the snapshot and the orders; `look` keeps it up to date."""

    def __init__(self, tree: LiveTree, grid: Grid, line_up: LineUp) -> None:
        self._tree = tree
        self._grid = grid
        self._line_up = line_up
        self._orders = LineFollower(tree.orders)
        self._given: list[Order] = []
        self._applied = -1
        self._stamp: tuple[int, int] = (0, 0)
        self._resolved: Resolved | None = None
        self._slots: Sequence[GuideSlot] = ()

    def look(self, n: int) -> bool:
        """Take up what is in force at frame `n`; True if the line-up has changed."""
        try:
            is_new = self._read_snapshot()
            for record in self._orders.read():
                self._given.append(Order.of(record))
        except (OSError, ValueError, KeyError) as error:
            log.error("the guide keeps what it has: %s", error)
            return False
        orders = [order for order in self._given if order.n <= n]
        if self._resolved is None or (not is_new and len(orders) == self._applied):
            return False
        self._applied = len(orders)
        self._slots = self._line_up(self._resolved, orders)
        return True

    def event(self) -> Resolved | None:
        """The day, if control has written it yet."""
        return self._resolved

    def now_next(self, n: int) -> dict[str, Any]:
        """`/now.json`: as of frame `n`."""
        day = self._resolved
        if day is None:
            return {"event": None, "at": iso(self._grid.utc(n)), "now": None, "next": []}
        now = [slot for slot in self._slots if slot.start_n <= n < slot.end_n]
        later = [slot for slot in self._slots if slot.start_n > n]
        return {
            "event": {
                "title": dict(day.title),
                "timezone": day.timezone,
                "start": iso(self._grid.utc(day.start_n)),
                "end": iso(self._grid.utc(day.end_n)),
                "rehearsal": day.is_rehearsal,
            },
            "at": iso(self._grid.utc(n)),
            "now": self._slot(now[-1], day) if now else None,
            "next": [self._slot(slot, day) for slot in later[:_NEXT]],
        }

    def dateranges(self, first_n: int, n: int) -> list[DateRange]:
        """Slots seen between the two frames; `n` is the first frame that is not public yet."""
        ranges = []
        for slot in self._slots:
            if slot.start_n >= n or slot.end_n <= first_n:
                continue
            ranges.append(
                DateRange(
                    id=f"{slot.id}@{slot.start_n}",
                    cls=_SLOT_CLASS,
                    start=self._utc(slot.start_n),
                    title=next(iter(slot.title.values()), slot.id),
                    end=self._utc(slot.end_n) if slot.end_n <= n else None,
                )
            )
        return ranges

    def chapters(self, first_n: int, n: int) -> list[dict[str, Any]]:
        """The same slots for a seek bar: titles in every language, and how long they lasted."""
        return [
            {
                "id": slot.id,
                "title": dict(slot.title),
                "kind": slot.kind,
                "start": iso(self._utc(slot.start_n)),
                "end": iso(self._utc(slot.end_n)) if slot.end_n <= n else None,
            }
            for slot in self._slots
            if slot.start_n < n and slot.end_n > first_n
        ]

    def _read_snapshot(self) -> bool:
        try:
            stat = self._tree.snapshot.stat()
        except FileNotFoundError:
            return False
        stamp = (stat.st_ino, stat.st_mtime_ns)
        if stamp == self._stamp:
            return False
        self._resolved = Resolved.from_json(self._tree.snapshot.read_bytes())
        self._stamp = stamp
        return True

    def _slot(self, slot: GuideSlot, day: Resolved) -> dict[str, Any]:
        site = day.sites.get(slot.site) if slot.site else None
        return {
            "id": slot.id,
            "title": dict(slot.title),
            "kind": slot.kind,
            "mode": slot.mode,
            "start": iso(self._utc(slot.start_n)),
            "end": None if slot.is_open else iso(self._utc(slot.end_n)),
            "site": {"title": dict(site.title), "city": site.city, "timezone": site.timezone}
            if site
            else None,
        }

    def _utc(self, n: int) -> datetime:
        return self._grid.utc(n)
