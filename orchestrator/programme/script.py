"""The show as it stands: the editions of the rundown with every order that control has written.

Tick thread. Orders are followed every tick, which costs one stat when there is nothing new; an
edition is read when an order names it, and looked for once a second if it was not there then.
An order is there a few frames before its own: so long its sources have to get ready.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from orchestrator.bus.lines import LineFollower, Record
from orchestrator.bus.orders import Order, Verb
from orchestrator.bus.tree import LiveTree
from orchestrator.programme.setting import read_editions
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show

log = logging.getLogger(__name__)

_MOST_AHEAD_S = 1
"""An order for later than this is waited for without its sources."""


class Script:
    """`show` is always whole. `reloads` counts editions read, `damaged` orders that were none."""

    def __init__(self, tree: LiveTree, resolved: Resolved) -> None:
        """At the start: all orders and editions there are, at once."""
        self._tree = tree
        self._follower = LineFollower(tree.orders)
        self._ahead_n = 0
        self.reloads = 0
        self.damaged = 0
        self._orders = {order.seq: order for order in self._parse(self._follower.read())}
        self._editions = read_editions(tree) or [resolved]
        self._lacking = self._named(self._orders.values())
        self.show = self._anew()

    def _anew(self) -> Show:
        first, *later = self._editions
        return Show(first, tuple(self._orders.values()), later)

    def follow(self) -> list[Order]:
        """The orders that have come since the last call; `show` has them."""
        records = self._follower.read()
        if not records:
            return []
        new = [order for order in self._parse(records) if order.seq not in self._orders]
        if not new:
            return []
        self._orders.update((order.seq, order) for order in new)
        self._ahead_n = max(order.n for order in new)
        self._lacking |= self._named(new)
        self.show = self.show.after(*new, editions=self._found())
        return new

    def hot(self, n: int) -> dict[str, int]:
        """What is to be decoded at frame `n`, and for the newest order if that begins in a moment;
        the value is where a clip begins, or 0."""
        hot = self.show.hot(n)
        if n < self._ahead_n <= n + _MOST_AHEAD_S * self.show.resolved.programme.fps:
            hot = self.show.hot(self._ahead_n) | hot
        return hot

    def look_for_rundown(self) -> bool:
        """Whether an edition has turned up that an order named before. Once a second."""
        if not self._lacking or not self._found():
            return False
        self.show = self._anew()
        return True

    def _named(self, orders: Iterable[Order]) -> set[int]:
        """The editions that orders name and that have not been read yet."""
        known = {edition.version for edition in self._editions}
        named = {o.args.get("version") for o in orders if o.verb is Verb.RUNDOWN}
        return {version for version in named if isinstance(version, int)} - known

    def _found(self) -> list[Resolved]:
        """Those editions that were lacking and are there now."""
        found = []
        for version in sorted(self._lacking):
            try:
                found.append(Resolved.from_json(self._tree.edition(version).read_bytes()))
            except (OSError, ValueError) as error:
                log.error("the old rundown stays: version %d is not there: %s", version, error)
        self._lacking -= {edition.version for edition in found}
        self._editions += found
        self.reloads += len(found)
        return found

    def _parse(self, records: list[Record]) -> list[Order]:
        orders: list[Order] = []
        for record in records:
            try:
                orders.append(Order.of(record))
            except (KeyError, ValueError, TypeError) as error:
                self.damaged += 1
                log.error("this is no order: %s (%s)", record, error)
        return orders
