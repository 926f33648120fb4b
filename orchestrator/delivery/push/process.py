"""The push process: keeps one output connected from the event's start to its end.

One asyncio loop on the main thread; nothing in it can block but a name look-up, which has a thread.
Facts are written by that loop: if it ever stood still, they would, and the supervisor ends it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import ssl
import threading
import time
from collections.abc import AsyncIterator, Mapping
from enum import Enum

from orchestrator.bus.child import FactSheet
from orchestrator.bus.knock import Door
from orchestrator.bus.sent import SentLog
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.delivery.push.again import BACKUP, Again
from orchestrator.delivery.push.line import Line
from orchestrator.delivery.push.sending import Counts, Sending
from orchestrator.delivery.push.spec import PushSpec, address_of
from orchestrator.delivery.rtmp.wire import Connection
from orchestrator.delivery.stream import Stream
from orchestrator.errors import ConfigError, SinkRefused, SinkUnavailable
from orchestrator.rundown.rtmpaddress import RtmpAddress
from orchestrator.timing.clock import Clock

log = logging.getLogger(__name__)

_LOOK_S = 0.25
_RATE_OVER_S = 5.0


class State(Enum):
    """What a push is waiting for."""

    CLOSED = "closed"  # before the event's start, or behind its end
    CONNECTING = "connecting"
    SENDING = "sending"
    STALLED = "stalled"  # connected, but the platform takes nothing
    BACKOFF = "backoff"  # lost; waiting before the next attempt
    REFUSED = "refused"  # the same, and a person should look


class Push:
    """One output. `run` until `stop`."""

    def __init__(
        self,
        tree: LiveTree,
        state: StateFolder,
        clock: Clock,
        output: str,
        environment: Mapping[str, str],
    ) -> None:
        self._tree = tree
        self._clock = clock
        self._environment = environment
        self._stream = Stream.read(tree.processes)
        self._spec = PushSpec.of(json.loads(tree.processes.read_bytes()), output)
        self._grid = self._stream.grid
        self._line = Line(tree, self._stream, self._spec.audience)
        self._sent = SentLog(state.sent(output), output, self._grid)
        self._facts = FactSheet(tree.facts(f"push.{output}"), f"push.{output}")
        self._tls = ssl.create_default_context()
        self._again = Again(has_backup=self._spec.backup is not None)
        self._counts = Counts()
        self._news = asyncio.Event()
        self._sendings: set[Sending] = set()
        self._rates: list[tuple[float, int]] = []
        self._state, self._reason = State.CLOSED, "the event has not begun"
        self._connections = self._failures = 0
        self._where = ""

    async def run(self, stop: threading.Event) -> None:
        """Everything, until somebody asks for the end."""
        broadcasting = asyncio.ensure_future(self._broadcast())
        try:
            async for _ in self._looks():
                if stop.is_set():
                    return
                if broadcasting.done():
                    broadcasting.result()
        finally:
            broadcasting.cancel()
            await asyncio.gather(broadcasting, return_exceptions=True)
            self._sent.close()

    # what was decided, and what is to be told

    async def _looks(self) -> AsyncIterator[None]:
        """Whenever somebody knocks, or 250 ms are over: take what is new, write facts."""
        loop = asyncio.get_running_loop()
        door = Door(self._tree.knock(f"push.{self._spec.id}", "decisions"))
        knocked = asyncio.Event()

        def hear() -> None:
            door.drain()
            knocked.set()

        loop.add_reader(door.fileno(), hear)
        try:
            while True:
                self._line.look()
                self._news.set()
                self._news = asyncio.Event()
                for sending in self._sendings:
                    sending.hear()
                if self._facts.due():
                    self._write_facts()
                yield
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_S):
                        await knocked.wait()
                knocked.clear()
        finally:
            loop.remove_reader(door.fileno())
            door.close()

    def _write_facts(self) -> None:
        counts, now_s = self._counts, time.monotonic()
        self._rates = [*(r for r in self._rates if now_s - r[0] <= _RATE_OVER_S)]
        self._rates.append((now_s, counts.bytes))
        since_s = now_s - self._rates[0][0]
        moved = counts.bytes - self._rates[0][1]
        state = self._state
        if state is State.SENDING and counts.stalled_s >= 3.0:
            state = State.STALLED
        behind = max(0, self._line.newest_k - counts.sent_k) if state is State.SENDING else 0
        self._facts.write(
            {
                "state": state.value,
                "reason": self._reason,
                "to": self._where,
                "which": self._again.which,
                "rendition": counts.rendition,
                "bytes": counts.bytes,
                "rate_bps": round(moved * 8 / since_s) if since_s else 0,
                "waiting_bytes": counts.waiting_bytes,
                "stalled_s": counts.stalled_s,
                "behind_ms": round(behind * self._grid.part_s * 1000),
                "columns": counts.columns,
                "dropped_gops": counts.dropped_gops,
                "missing_parts": counts.missing_parts,
                "connections": self._connections,
                "failures": self._failures,
                "sent_lines_lost": self._sent.lost,
            },
            now_ns=self._clock.now_ns(),
        )

    def _enter(self, state: State, reason: str = "") -> None:
        self._state, self._reason = state, reason

    # connecting

    async def _broadcast(self) -> None:
        """From the event's start to its end, connected as much of it as the world allows."""
        while not self._is_over():
            if not self._has_begun():
                await self._news.wait()
                continue
            began_s = time.monotonic()
            try:
                self._enter(State.CONNECTING, self._reason)  # until it is better
                connection = await self._open(self._again.which)
                began_s = time.monotonic()
                await self._connected(connection)
            except SinkUnavailable as error:
                await self._wait(error, time.monotonic() - began_s)
        self._enter(State.CLOSED, "the event is over")

    async def _wait(self, error: SinkUnavailable, lived_s: float) -> None:
        self._failures += 1
        self._sent.flush()
        self._counts.gap_why = str(error)
        is_refusal = isinstance(error, SinkRefused)
        if str(error) != self._reason:
            log.warning("push %s: %s", self._spec.id, error)
        wait_s = self._again.lost(lived_s if self._state is State.SENDING else 0.0)
        self._enter(State.REFUSED if is_refusal else State.BACKOFF, str(error))
        await asyncio.sleep(wait_s)

    def _address(self, which: str) -> RtmpAddress:
        """Raises SinkRefused, if this machine does not know it."""
        spec = self._spec
        text = spec.backup if which == BACKUP and spec.backup is not None else spec.url
        try:
            return address_of(text, self._environment)
        except ConfigError as error:
            raise SinkRefused(str(error)) from error

    async def _open(self, which: str) -> Connection:
        address = self._address(which)
        self._where = address.text
        connection = await Connection.open(address, self._tls)
        self._connections += 1
        log.info("push %s: on air at %s", self._spec.id, address.text)
        return connection

    async def _sending(self) -> Sending:
        """The next connection's, begun at the live edge as soon as there is one."""
        sending = Sending(
            self._tree,
            self._stream,
            self._line,
            self._spec.id,
            self._spec.ladder,
            self._sent,
            self._counts,
        )
        while sending.begin_at(self._start_k) is None:
            await self._news.wait()
        sending.until_k = self._end_k
        return sending

    async def _connected(self, connection: Connection) -> None:
        """Until it is lost, or the event is over. Raises SinkUnavailable."""
        sending = await self._sending()
        self._sendings.add(sending)
        self._enter(State.SENDING)
        try:
            await sending.run(connection)
        finally:
            self._sendings.discard(sending)
        self._sent.flush()

    # the event

    @property
    def _start_k(self) -> int:
        return self._grid.part_of(self._spec.start_n)

    @property
    def _end_k(self) -> int:
        return self._grid.part_of(self._spec.end_n - 1) + 1

    def _has_begun(self) -> bool:
        return self._line.newest_k >= self._start_k

    def _is_over(self) -> bool:
        stopped_k = self._line.stopped_k
        if stopped_k is not None and self._line.newest_k >= stopped_k - 1:
            return True
        return self._line.newest_k >= self._end_k - 1 and self._counts.sent_k >= self._end_k - 1
