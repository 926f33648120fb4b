"""The push process: keeps one output connected from the event's start to its end.

One asyncio loop on the main thread; nothing in it can block but a name look-up, which has a thread.
Facts are written by that loop: if it ever stood still, they would, and the supervisor ends it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncIterator, Mapping

from orchestrator.bus import faultpoint
from orchestrator.bus.child import FactSheet
from orchestrator.bus.knock import Door
from orchestrator.bus.sent import SentLog
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.delivery.push.carrier import Carrier, State
from orchestrator.delivery.push.dialer import Dialer
from orchestrator.delivery.push.line import Line
from orchestrator.delivery.push.sending import Counts, Sending
from orchestrator.delivery.push.spec import PushSpec
from orchestrator.delivery.push.tap import Tap
from orchestrator.delivery.stream import Stream
from orchestrator.timing.clock import Clock

_TOPICS = ("decisions", "orders")
_LOOK_S = 0.25
_RATE_OVER_S = 5.0


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
        stream = Stream.read(tree.processes)
        self._tree = tree
        self._clock = clock
        self._grid = stream.grid
        self._spec = spec = PushSpec.of(json.loads(tree.processes.read_bytes()), output)
        self._line = line = Line(tree, stream, spec.audience)
        self._tap = Tap(tree.orders, output)
        self._sent = sent = SentLog(state.sent(output), output, stream.grid)
        self._facts = FactSheet(tree.facts(f"push.{output}"), f"push.{output}")
        self._rates: list[tuple[float, int]] = []

        def make_sending(counts: Counts) -> Sending:
            return Sending(tree, stream, line, spec.id, spec.ladder, sent, counts)

        self._dialer = Dialer(spec, environment)
        self._carrier = Carrier(
            spec, stream.grid, line, self._tap, sent, make_sending, self._dialer
        )

    async def run(self, stop: threading.Event) -> None:
        """Everything, until somebody asks for the end."""
        carrying = asyncio.ensure_future(self._carrier.run())
        try:
            async for _ in self._looks():
                if stop.is_set():
                    return
                if carrying.done():
                    carrying.result()
        finally:
            carrying.cancel()
            await asyncio.gather(carrying, return_exceptions=True)
            self._sent.close()

    async def _looks(self) -> AsyncIterator[None]:
        """Whenever somebody knocks, or 250 ms are over: take what is new, write facts."""
        knocked = asyncio.Event()
        doors = [Door(self._tree.knock(f"push.{self._spec.id}", topic)) for topic in _TOPICS]

        def hear(door: Door) -> None:
            door.drain()
            knocked.set()

        loop = asyncio.get_running_loop()
        for door in doors:
            loop.add_reader(door.fileno(), hear, door)
        try:
            while True:
                self._line.look()
                self._tap.look()
                self._carrier.hear()
                if self._facts.due():
                    self._write_facts()
                faultpoint.hang_here(f"push.{self._spec.id}")
                yield
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_S):
                        await knocked.wait()
                knocked.clear()
        finally:
            for door in doors:
                loop.remove_reader(door.fileno())
                door.close()

    def _write_facts(self) -> None:
        carrier, now_s = self._carrier, time.monotonic()
        counts, state = carrier.counts, carrier.state
        self._rates = [*(r for r in self._rates if now_s - r[0] <= _RATE_OVER_S)]
        self._rates.append((now_s, counts.bytes))
        since_s = now_s - self._rates[0][0]
        moved = counts.bytes - self._rates[0][1]
        behind = max(0, self._line.newest_k - counts.sent_k) if state is State.SENDING else 0
        self._facts.write(
            {
                "state": state.value,
                "reason": carrier.reason,
                "to": self._dialer.where,
                "which": carrier.aim.which,
                "broadcast": carrier.aim.broadcast + 1,
                "handovers": carrier.handovers,
                "handover_in_s": carrier.handover_in_s,
                "rendition": counts.rendition,
                "bytes": counts.bytes,
                "rate_bps": round(moved * 8 / since_s) if since_s else 0,
                "waiting_bytes": carrier.waiting_bytes,
                "stalled_s": carrier.stalled_s,
                "behind_ms": round(behind * self._grid.part_s * 1000),
                "columns": counts.columns,
                "dropped_gops": counts.dropped_gops,
                "missing_parts": counts.missing_parts,
                "connections": self._dialer.connections,
                "failures": carrier.failures,
                "sent_lines_lost": self._sent.lost,
                "damaged": self._line.damaged + self._tap.damaged,
            },
            now_ns=self._clock.now_ns(),
        )
