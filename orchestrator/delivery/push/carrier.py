"""Carries one output from the event's start to its end, from one connection to the next.

On the push's event loop. One connection sends; a second one lives beside it at a hand-over only:
it is open before the first one is told where to stop, begins with the keyframe at which that one
ends, and whichever fails, the other sends what it owed. A platform that takes no second publisher
for the same key is closed first, and opened again for the very next picture.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

from orchestrator.bus.sent import SentLog
from orchestrator.delivery.push.again import BACKUP, PRIMARY, Again
from orchestrator.delivery.push.broadcasts import Broadcasts
from orchestrator.delivery.push.dialer import Aim, Dialer
from orchestrator.delivery.push.line import Line
from orchestrator.delivery.push.sending import Counts, Sending
from orchestrator.delivery.push.spec import PushSpec
from orchestrator.delivery.push.tap import Tap
from orchestrator.delivery.rtmp.wire import Connection
from orchestrator.errors import SinkRefused, SinkUnavailable
from orchestrator.timing.grid import Grid

log = logging.getLogger(__name__)


class State(Enum):
    """What a push is waiting for."""

    CLOSED = "closed"  # before the event's start, or behind its end
    OFF = "off"  # the desk has turned it off
    CONNECTING = "connecting"
    SENDING = "sending"
    STALLED = "stalled"  # connected, but the platform takes nothing
    BACKOFF = "backoff"  # lost; waiting before the next attempt
    REFUSED = "refused"  # the same, and a person should look


class Carrier:
    """`run` it once. `hear` whenever there are new columns or orders."""

    def __init__(
        self,
        spec: PushSpec,
        grid: Grid,
        line: Line,
        tap: Tap,
        sent: SentLog,
        make_sending: Callable[[Counts], Sending],
        dialer: Dialer,
    ) -> None:
        self._spec = spec
        self._grid = grid
        self._line = line
        self._tap = tap
        self._sent = sent
        self._make_sending = make_sending
        self._dialer = dialer
        self._again = Again(has_backup=spec.backup is not None)
        self._broadcasts = Broadcasts(grid, spec.start_n, spec.handover_frames)
        self._news = asyncio.Event()
        self._wish = tap.wish
        self._earliest_k = self._start_k
        """Nothing before it is sent: the event's start, or the moment it was turned on."""
        self._current: Sending | None = None
        self._leaving: dict[asyncio.Task[None], Sending] = {}
        self._state, self.reason = State.CLOSED, "the event has not begun"
        self.counts = Counts()
        self.aim = Aim(PRIMARY, 0)
        self.failures = self.handovers = 0

    def hear(self) -> None:
        """There is something new in the line or from the desk."""
        wish = self._tap.wish
        if wish is not self._wish:
            self._again.send_to(BACKUP if wish.to_backup else PRIMARY, pinned=wish.to_backup)
            if wish.is_on and not self._wish.is_on:
                self._earliest_k = max(self._start_k, self._line.newest_k + 1)
            self._wish = wish
        self._news.set()
        self._news = asyncio.Event()
        for sending in (self._current, *self._leaving.values()):
            if sending is not None:
                sending.hear()

    @property
    def state(self) -> State:
        is_stalled = self._current is not None and self._current.stalled_s >= 3.0
        return State.STALLED if self._state is State.SENDING and is_stalled else self._state

    @property
    def waiting_bytes(self) -> int:
        return self._current.waiting_bytes if self._current is not None else 0

    @property
    def stalled_s(self) -> float:
        return self._current.stalled_s if self._current is not None else 0.0

    @property
    def handover_in_s(self) -> float | None:
        """Until the next planned hand-over; None if there is none before the event's end."""
        if not self._spec.handover_frames:
            return None
        k = self._broadcasts.first_k(self._broadcasts.number(self._line.newest_k) + 1)
        if k >= self._end_k:
            return None
        return round((k - self._line.newest_k) * self._grid.part_s, 1)

    async def run(self) -> None:
        """From the event's start to its end, connected as much of it as the world allows."""
        goes_on_k: int | None = None
        try:
            while not self._is_over():
                if not self._may_send():
                    await self._news.wait()
                    continue
                self.aim = self._aim_at(max(self._line.newest_k, goes_on_k or 0))
                began_s = time.monotonic()
                try:
                    self._enter(State.CONNECTING, self.reason)  # until it is better
                    connection = await self._dialer.open(self.aim)
                    began_s = time.monotonic()
                    goes_on_k = await self._carry(connection, goes_on_k)
                except SinkUnavailable as error:
                    await self._wait(error, time.monotonic() - began_s)
            self._enter(State.CLOSED, "the event is over")
        finally:
            await _end(self._leaving)

    # one connection after the other

    async def _carry(self, connection: Connection, goes_on_k: int | None) -> int | None:
        """Send on `connection` and on those that follow it. Where to go on, if the last one was
        closed for the next. Raises SinkUnavailable."""
        sending = await self._begin(goes_on_k)
        running = asyncio.ensure_future(sending.run(connection))
        try:
            self._enter(State.SENDING)
            while (following := await self._following(sending, running)) is not None:
                self.aim, connection, at_k = following
                heir = self._make_sending(self.counts)
                heir.next_k, heir.until_k, heir.before = at_k, self._end_k, sending
                self._leave(sending, running, heir, at_k)
                self.handovers += 1
                sending = self._current = heir
                running = asyncio.ensure_future(sending.run(connection))
            await running
        finally:
            await _end((running,))
            self._current = None
            self._sent.flush()
        has_stopped_early = sending.until_k is not None and sending.until_k < self._end_k
        return sending.until_k if has_stopped_early and self._is_wanted() else None

    async def _begin(self, goes_on_k: int | None) -> Sending:
        """The next connection's sending: where the last one ended, or else at the live edge as
        soon as there is one."""
        sending = self._make_sending(self.counts)
        recent_k = self._line.newest_k - (2 * self._grid.parts_per_segment - 2)
        if goes_on_k is not None and goes_on_k >= recent_k:
            sending.next_k = goes_on_k
        else:
            while sending.begin_at(self._earliest_k) is None:
                await self._news.wait()
        sending.until_k = self._end_k
        self._current = sending
        return sending

    async def _following(
        self, sending: Sending, running: asyncio.Task[None]
    ) -> tuple[Aim, Connection, int] | None:
        """Wait for a reason to go elsewhere, and connect there while `sending` goes on. None when
        it has ended, or has been told where to."""
        again = Again(has_backup=False)
        said = ""
        while not running.done():
            if not self._is_wanted():
                sending.until_k = sending.next_k
                sending.hear()
                self.counts.gap_why = f"turned off by {self._wish.by}"
                return None
            aim = self._aim_at(self._line.newest_k + self._broadcasts.lead_parts)
            if aim == self.aim:
                await self._until_news(running)
                continue
            opening = asyncio.ensure_future(self._dialer.open(aim))
            await asyncio.wait((opening, running), return_when=asyncio.FIRST_COMPLETED)
            if not opening.done():
                await _end((opening,))
                return None
            try:
                connection = opening.result()
            except SinkUnavailable as error:
                if self._dialer.is_same_place(aim, self.aim):
                    sending.until_k = self._handover_k(aim, sending)
                    sending.hear()
                    return None
                if str(error) != said:
                    log.warning("push %s: cannot hand over: %s", self._spec.id, error)
                self.reason = said = str(error)
                await self._until_news(running, at_least_s=again.lost(0.0))
                continue
            self._enter(State.SENDING)
            return aim, connection, self._handover_k(aim, sending)
        return None

    def _handover_k(self, aim: Aim, sending: Sending) -> int:
        """The segment with which the next connection begins: planned, or the next one there is."""
        per_segment = self._grid.parts_per_segment
        soonest = max(sending.next_k, self._line.newest_k + 1)
        k = -(-soonest // per_segment) * per_segment
        planned = aim.broadcast != self.aim.broadcast
        return max(k, self._broadcasts.first_k(aim.broadcast)) if planned else k

    def _leave(
        self, sending: Sending, running: asyncio.Task[None], heir: Sending, at_k: int
    ) -> None:
        """Let it send up to column `at_k`, and hand over what it could not."""
        sending.until_k = at_k
        sending.hear()

        def ended(task: asyncio.Task[None]) -> None:
            del self._leaving[task]
            if not task.cancelled() and (error := task.exception()) is not None:
                log.warning("push %s: lost while handing over: %s", self._spec.id, error)
            heir.take_over()

        self._leaving[running] = sending
        running.add_done_callback(ended)

    async def _until_news(self, running: asyncio.Task[None], at_least_s: float = 0.0) -> None:
        """Until there are new columns or orders, or `running` has ended."""
        until_s = time.monotonic() + at_least_s
        while True:
            news = asyncio.ensure_future(self._news.wait())
            await asyncio.wait((news, running), return_when=asyncio.FIRST_COMPLETED)
            await _end((news,))
            if running.done() or time.monotonic() >= until_s:
                return

    # connecting

    async def _wait(self, error: SinkUnavailable, lived_s: float) -> None:
        self.failures += 1
        self._sent.flush()
        self.counts.gap_why = str(error)
        is_refusal = isinstance(error, SinkRefused)
        if str(error) != self.reason:
            log.warning("push %s: %s", self._spec.id, error)
        wait_s = self._again.lost(lived_s if self._state is State.SENDING else 0.0)
        self._enter(State.REFUSED if is_refusal else State.BACKOFF, str(error))
        aim, until_s = self._aim_at(self._line.newest_k), time.monotonic() + wait_s
        while self._is_wanted() and self._aim_at(self._line.newest_k) == aim:
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._news.wait()

    def _enter(self, state: State, reason: str = "") -> None:
        self._state, self.reason = state, reason

    # the event, and the desk

    def _aim_at(self, k: int) -> Aim:
        return Aim(self._again.which, self._broadcasts.number(k))

    def _is_wanted(self) -> bool:
        return self._wish.is_on

    @property
    def _start_k(self) -> int:
        return self._grid.part_of(self._spec.start_n)

    @property
    def _end_k(self) -> int:
        return self._grid.part_of(self._spec.end_n - 1) + 1

    def _may_send(self) -> bool:
        if self._line.newest_k < self._start_k:
            return False
        if not self._is_wanted():
            self._enter(State.OFF, f"turned off by {self._wish.by}")
            return False
        return True

    def _is_over(self) -> bool:
        stopped_k, newest_k = self._line.stopped_k, self._line.newest_k
        if stopped_k is not None and newest_k >= stopped_k - 1:
            return True
        is_done = not self._is_wanted() or self.counts.sent_k >= self._end_k - 1
        return newest_k >= self._end_k - 1 and is_done


async def _end(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """Cancel, and wait for the end of, every task that still runs."""
    running = list(tasks)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
