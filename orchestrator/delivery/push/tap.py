"""What the desk wants of one output: on or off, and to which address. Follows `orders`.

On the push's event loop. An order holds as soon as it is read: it is about a connection, and not
about a picture, which with a delay may be published much later than the frame it was given for.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orchestrator.bus.lines import LineFollower
from orchestrator.bus.orders import Order, Verb


@dataclass(frozen=True, slots=True)
class Wish:
    """`by` is who said so last."""

    is_on: bool = True
    to_backup: bool = False
    by: str = ""


class Tap:
    """`look` takes what was ordered since; `wish` is what holds."""

    def __init__(self, orders: Path, output: str) -> None:
        self._lines = LineFollower(orders, only=f'"{Verb.OUTPUT.value}"'.encode())
        self._output = output
        self._newest_seq = -1
        self.wish = Wish()
        self.damaged = 0

    def look(self) -> None:
        for record in self._lines.read():
            try:
                self._take(Order.of(record))
            except (KeyError, TypeError, ValueError):
                self.damaged += 1

    def _take(self, order: Order) -> None:
        if order.verb is not Verb.OUTPUT or order.args["output"] != self._output:
            return
        if order.seq <= self._newest_seq:
            return  # the file was written anew
        self._newest_seq = order.seq
        is_on = bool(order.args.get("on", self.wish.is_on))
        to_backup = bool(order.args.get("backup", self.wish.to_backup))
        self.wish = Wish(is_on, to_backup, order.author)
