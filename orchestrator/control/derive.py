"""From journal entries to orders: what is in force, and what its readers are told. Pure.

`orders.jsonl` holds nothing that the journal does not; it can be made anew at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from orchestrator.bus.decisions import SafetyAct
from orchestrator.bus.lines import LineWriter, read_lines
from orchestrator.bus.orders import SAFETY_VERBS, Order, Verb
from orchestrator.bus.tree import LiveTree
from orchestrator.control.chain import Entry, decisions_in_force

_NOT_TOLD = frozenset({Verb.START, Verb.BLANK, Verb.UNBLANK})


def order_of(entry: Entry) -> Order | None:
    """The order that an entry is; None for what only the journal needs to know."""
    try:
        verb = Verb(entry.verb)
    except ValueError:
        return None
    if verb in _NOT_TOLD:
        return None
    return Order(entry.seq, verb, entry.n, entry.author, entry.cause, entry.reason, entry.args)


def orders_in_force(entries: Iterable[Entry]) -> list[Order]:
    """Every order since the last fresh start. STOP holds until the event is started again."""
    orders: list[Order] = []
    for entry in decisions_in_force(entries):
        if entry.verb == Verb.START:
            orders = [order for order in orders if order.verb is not Verb.STOP]
        order = order_of(entry)
        if order is not None:
            orders.append(order)
    return orders


def read_orders(path: Path) -> list[Order]:
    """What has been ordered already, as its readers see it."""
    orders = []
    for record in read_lines(path):
        try:
            orders.append(Order.of(record))
        except (KeyError, ValueError, TypeError):
            continue
    return orders


def missing_orders(entries: Iterable[Entry], written: Iterable[int]) -> list[Order]:
    """Orders whose line is not there: control was killed between journal and orders."""
    there = set(written)
    return [order for order in orders_in_force(entries) if order.seq not in there]


def acts_in_force(entries: Iterable[Entry]) -> list[SafetyAct]:
    """What a gate with an empty memory must know: BLANK and PRIVACY that nobody has lifted."""
    acts: list[SafetyAct] = []
    for entry in decisions_in_force(entries):
        if entry.verb not in SAFETY_VERBS or "k" not in entry.args:
            continue
        act = _act_of(entry)
        if act.act in ("blank", "privacy", "hide"):
            acts.append(act)
        elif act.act == "unhide":
            acts = [a for a in acts if a.act != "hide" or a.site != act.site]
        elif act.act == "unblank":
            acts = [a for a in acts if a.act != "blank"]
        elif act.act == "restore":
            acts = [a for a in acts if a.act != "privacy" or (act.site and a.site != act.site)]
    return acts


def _act_of(entry: Entry) -> SafetyAct:
    args = entry.args
    return SafetyAct(
        entry.verb,
        int(args["k"]),
        int(args["at_ns"]),
        entry.author,
        entry.reason,
        str(args.get("site", "")),
    )


def remind_gate(live: LiveTree, acts: Sequence[SafetyAct]) -> None:
    """Begin a new tree's decisions with the acts that hold. The gate has not been started yet."""
    if live.decisions.exists() or not acts:
        return
    writer = LineWriter(live.decisions)
    for act in acts:
        writer.append(act.record())
    writer.close()
