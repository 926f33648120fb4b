"""What fell due while nobody was there: a machine that joins late, or was off for a while. Pure.

Used by the prepare job, before anything is on air. A site that nobody heard of and a surgery that
nobody ended have defaults, which the gallery journals as they come near; with nobody there to do
so, a day would stand at its first `end: ask` slot and play everything behind it late. So the
defaults are decided here at the frames at which the gallery would have decided them.
"""

from __future__ import annotations

from dataclasses import replace

from orchestrator.bus.orders import Order
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show

DEFAULTS_AHEAD_S = 120
"""Defaults for what nobody decides are journalled this long ahead, so that a control that dies
then does not change the day."""


def missed_defaults(show: Show, from_n: int, now_n: int, horizon: int) -> list[Order]:
    """The defaults due from frame `from_n` to `now_n`, each with its frame, oldest first.

    `horizon`: how many frames before a slot begins its defaults are decided. Their numbers go on
    from the newest order's and are provisional: the journal gives its own.
    """
    missed: list[Order] = []
    decided: set[tuple[str, str]] = set()
    seq = max((order.seq for order in show.orders), default=0)
    n = from_n
    while n < now_n:
        for default in show.undecided(n, horizon):
            key = (default.verb.value, str(default.args.get("slot", "")))
            if key in decided:
                continue
            decided.add(key)
            seq += 1
            order = replace(default, seq=seq, n=n)
            missed.append(order)
            show = show.after(order)
        coming = (run.start_n - horizon for run in show.day_at(n).runs)
        n = min((at for at in coming if at > n), default=now_n)
    return missed


def planned_show(day: Resolved) -> Show:
    """The day as it plays when nobody decides anything: every slot of it has its turn."""
    horizon = DEFAULTS_AHEAD_S * day.programme.fps
    show = Show(day)
    return show.after(*missed_defaults(show, day.start_n - horizon, day.end_n, horizon))
