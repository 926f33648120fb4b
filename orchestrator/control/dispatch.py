"""Giving orders: a line each in `orders.jsonl`, then a knock at the doors of those who obey.

Part of control, one thread. What has been decided cannot be taken back for want of room: it is
owed then, in order, and taken at once by its readers when it comes.
"""

from __future__ import annotations

import logging
from collections import deque

from orchestrator.bus.knock import Knocker
from orchestrator.bus.lines import LineWriter
from orchestrator.bus.orders import Order
from orchestrator.bus.tree import LiveTree
from orchestrator.control.derive import read_orders

log = logging.getLogger(__name__)


class Dispatch:
    """`give` what has been decided, `pay` once a second what is owed. Neither raises."""

    def __init__(self, live: LiveTree) -> None:
        """Raises OSError."""
        self.given_before = read_orders(live.orders)
        """What an earlier control had given when this one began."""
        self._given = [order.seq for order in self.given_before]
        self._owed: deque[Order] = deque()
        self._is_owing = False
        self._orders = LineWriter(live.orders)
        self._knocker = Knocker(live.knock("x", "orders").parent)

    @property
    def known(self) -> list[int]:
        """Numbers of the orders that have been given or are owed."""
        return [*self._given, *(order.seq for order in self._owed)]

    @property
    def is_owing(self) -> bool:
        return bool(self._owed)

    def give(self, order: Order) -> None:
        self._owed.append(order)
        self.pay()

    def pay(self) -> None:
        if not self._owed:
            return
        try:
            while self._owed:
                self._orders.append(self._owed[0].record())
                self._given.append(self._owed.popleft().seq)
        except OSError as error:
            if not self._is_owing:
                log.error(
                    "order %d is journalled and cannot be given (%s): trying again every second",
                    self._owed[0].seq,
                    error.strerror,
                )
            self._is_owing = True
            return
        if self._is_owing:
            log.info("what was owed has been given")
        self._is_owing = False
        self._knocker.knock()

    def facts(self) -> dict[str, object]:
        return {"orders": len(self._given), "orders_owed": len(self._owed)}

    def close(self) -> None:
        self._orders.close()
        self._knocker.close()
