"""The show as it stands: the snapshot of the rundown with every order that control has written.

Tick thread. Orders are followed every tick, which costs one stat when there is nothing new; a new
rundown is read when an order says so, and once a second in case its order was missed.
"""

from __future__ import annotations

import logging

from orchestrator.bus.lines import LineFollower, Record
from orchestrator.bus.orders import Order, Verb
from orchestrator.bus.tree import LiveTree
from orchestrator.errors import StartError
from orchestrator.programme.setting import read_resolved
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show

log = logging.getLogger(__name__)

_RELOADING = frozenset({Verb.RUNDOWN, Verb.START})


class Script:
    """`show` is always whole. `reloads` counts rundowns read, `damaged` orders that were none."""

    def __init__(self, tree: LiveTree, resolved: Resolved) -> None:
        self._tree = tree
        self._follower = LineFollower(tree.orders)
        self._orders: dict[int, Order] = {}
        self._snapshot_stamp = self._stamp()
        self.reloads = 0
        self.damaged = 0
        self.show = Show(resolved, ())
        self._join()

    def _join(self) -> None:
        """At the start: all orders there are, at once."""
        for order in self._parse(self._follower.read()):
            self._orders[order.seq] = order
        self.show = Show(self.show.resolved, tuple(self._orders.values()))

    def follow(self) -> list[Order]:
        """The orders that have come since the last call; `show` has them."""
        records = self._follower.read()
        if not records:
            return []
        new = [order for order in self._parse(records) if order.seq not in self._orders]
        if not new:
            return []
        self._orders.update((order.seq, order) for order in new)
        if any(order.verb in _RELOADING for order in new):
            self._reload()
        else:
            self.show = self.show.after(*new)
        return new

    def look_for_rundown(self) -> bool:
        """Whether the snapshot has been replaced; then it has been read. Once a second."""
        stamp = self._stamp()
        if stamp == self._snapshot_stamp:
            return False
        before = self.show.resolved.version
        self._reload()
        return self.show.resolved.version != before

    def _reload(self) -> None:
        self._snapshot_stamp = self._stamp()
        try:
            resolved = read_resolved(self._tree)
        except StartError as error:
            log.error("the old rundown stays: %s", error)
            resolved = self.show.resolved
        self.show = Show(resolved, tuple(self._orders.values()))
        self.reloads += 1

    def _stamp(self) -> tuple[int, int]:
        try:
            stat = self._tree.snapshot.stat()
        except FileNotFoundError:
            return (0, 0)
        return (stat.st_ino, stat.st_mtime_ns)

    def _parse(self, records: list[Record]) -> list[Order]:
        orders: list[Order] = []
        for record in records:
            try:
                orders.append(Order.of(record))
            except (KeyError, ValueError, TypeError) as error:
                self.damaged += 1
                log.error("this is no order: %s (%s)", record, error)
        return orders
