"""The belfry: APScheduler wakes control when a bell is due. It never switches a picture.

On control's loop. Bells are derived from the line-up anew whenever the plan has changed; the house
clock says when they are due, and the scheduler's dates are derived from it, so a machine whose wall
clock lies rings at the right frame. Whoever is woken asks `bells.due` what to ring: a job that
fires twice, early or late rings nothing twice.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger

from orchestrator.control.bells import Bell
from orchestrator.timing import NS, Clock, Grid
from orchestrator.timing.clock import wall_offset_ns

_AHEAD_S = 2 * 3600
"""Only the next hours' bells are hung; the rest follow when they come near."""

logging.getLogger("apscheduler").setLevel(logging.WARNING)


class Belfry:
    """`hang` the bells that are to ring; `ring` is called when one is due."""

    def __init__(self, ring: Callable[[], None], clock: Clock, grid: Grid) -> None:
        self._ring = ring
        self._clock = clock
        self._grid = grid
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._hung: dict[str, int] = {}

    def start(self) -> None:
        """On a running loop."""
        self._scheduler.start()

    def close(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def hang(self, bells: Sequence[Bell]) -> None:
        """These and no others. What hangs already at its frame is left alone."""
        now_ns = self._clock.now_ns()
        until_n = self._grid.frame_at(now_ns + _AHEAD_S * NS)
        wanted = {_name(bell): bell.n for bell in bells if bell.n <= until_n}
        for name in [name for name in self._hung if name not in wanted]:
            del self._hung[name]
            if self._scheduler.get_job(name) is not None:
                self._scheduler.remove_job(name)
        for name, n in wanted.items():
            if self._hung.get(name) != n:
                self._hung[name] = n
                self._scheduler.add_job(
                    self._on_the_loop,
                    DateTrigger(self._date(n, now_ns)),
                    id=name,
                    replace_existing=True,
                )

    async def _on_the_loop(self) -> None:
        """Only a coroutine stays on the loop: the scheduler calls a plain function in a thread."""
        self._ring()

    def hangs(self) -> dict[str, int]:
        """Names and frames of what is hung."""
        return dict(self._hung)

    def _date(self, n: int, now_ns: int) -> datetime:
        """When the scheduler's clock will show what the house clock shows at frame `n`."""
        away_ns = max(0, self._grid.instant_ns(n) - now_ns)
        wall_ns = time.monotonic_ns() + wall_offset_ns()
        return datetime.fromtimestamp(wall_ns / NS, UTC) + timedelta(
            microseconds=away_ns // 1000 + 1
        )


def _name(bell: Bell) -> str:
    return f"{bell.kind} {bell.about} {bell.stage}"
