"""What somebody should decide soon, and the default that is journalled if nobody does. Pure."""

from __future__ import annotations

from orchestrator.bus.orders import Order, Verb
from orchestrator.rundown.decided import Decided
from orchestrator.rundown.lineup import Day
from orchestrator.rundown.plan import NotReady

_STARTS_ANYWAY = NotReady()


def undecided(day: Day, decided: Decided, n: int, horizon: int) -> tuple[Order, ...]:
    """READY for sites that were not heard of, END for `end: ask` slots, within `horizon` frames.

    The orders have no number yet, and the frame `n`; who journals them stamps them anew.
    """
    orders: list[Order] = []
    i = day.index_at(n)
    for j in range(max(i, 0), len(day.runs)):
        run = day.runs[j]
        if run.start_n > n + horizon:
            break
        is_current = j == i
        if is_current and day.on_air(n) is None:
            continue
        if (
            not is_current
            and run.plan.not_ready != _STARTS_ANYWAY
            and run.id not in decided.ready
            and run.id not in decided.holds
        ):
            orders.append(_default(Verb.READY, n, "nobody said otherwise", slot=run.id))
        if run.plan.end == "ask" and run.id not in decided.ends and not run.is_staying:
            end_n = max(run.own_end_n, n)
            why = "at its planned end: nobody is there to decide"
            orders.append(_default(Verb.END, n, why, slot=run.id, end_n=end_n))
    return tuple(orders)


def _default(verb: Verb, n: int, reason: str, **args: object) -> Order:
    return Order(0, verb, n, author="default", cause="default", reason=reason, args=args)
