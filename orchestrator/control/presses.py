"""Presses: a wish with an idempotency key is told the same again, over a restart of control too.

Pure. The entry that a keyed wish has made says which press it was: hashes of author and key and of
the wish, never the key itself, and the sentence its author was told. The rest of the answer is
worked out anew from what the journal holds up to that entry. What was refused has left no entry:
nothing was done, and it may be tried again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.bus.orders import Verb
from orchestrator.control.chain import Entry, decisions_in_force
from orchestrator.control.derive import order_of, orders_in_force
from orchestrator.control.desk import Decision, foreseen
from orchestrator.control.deskstate import ASPECTS, DeskState
from orchestrator.control.editions import Editions, versions_in_force
from orchestrator.control.reflowview import reflow_view
from orchestrator.control.say import at
from orchestrator.errors import CommandRejected
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show
from orchestrator.timing import Grid

_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Press:
    """`key` is a hash of author and key, `wish` one of all that was asked for."""

    key: str
    wish: str

    @classmethod
    def of(cls, author: str, key: str, wish: bytes) -> Press:
        return cls(_hash(f"{author}\0{key}".encode()), _hash(wish))

    def record(self, text: str) -> dict[str, str]:
        """As the journal has it."""
        return {"key": self.key, "wish": self.wish, "text": text}


class Presses:
    """The newest entry of every press. Entries are given in their order."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def note(self, entry: Entry) -> None:
        if entry.press:
            self._entries[entry.press["key"]] = entry

    def of(self, press: Press) -> Entry | None:
        """The entry that this press has made already. Raises CommandRejected for another wish."""
        entry = self._entries.get(press.key)
        if entry is not None and entry.press["wish"] != press.wish:
            raise CommandRejected(
                "key-used",
                "this Idempotency-Key was used for another wish; take a new key for each press",
            )
        return entry


def answer_of(
    decision: Decision, entry: Entry | None, day: Resolved, state: DeskState, grid: Grid
) -> dict[str, Any]:
    """What its sender is told; `day` and `state` are those in force once it holds."""
    return {
        "ok": True,
        "seq": entry.seq if entry else None,
        "n": decision.n,
        "at": grid.utc(decision.n).isoformat(timespec="milliseconds"),
        "text": f"{decision.text}, at {at(decision.n, grid, day.timezone)}",
        "args": decision.args,
        "moves": list(decision.moves),
        "reflow": reflow_view(decision.reflow, grid),
        "version": {aspect: state.version(aspect) for aspect in ASPECTS},
    }


def told_again(
    entry: Entry, entries: Sequence[Entry], editions: Editions, snapshot: Resolved, grid: Grid
) -> dict[str, Any]:
    """The answer that `entry` was told with, as the journal has it. `snapshot` if no version can
    be read."""
    before = [one for one in entries if one.seq < entry.seq]
    chain = editions.chain(versions_in_force(before)) or [snapshot]
    show = Show(chain[0], orders_in_force(before), chain[1:])
    edition = None
    if entry.verb == Verb.RUNDOWN:
        edition = editions.edition(int(entry.args.get("version", 0)))
    moves, reflow = foreseen(show, entry.verb, entry.n, entry.args, edition)
    decision = Decision(entry.verb, entry.n, entry.args, entry.press["text"], moves, reflow)
    order = order_of(entry)
    if order is not None:
        show = show.after(order, editions=() if edition is None else (edition,))
    state = DeskState.of(decisions_in_force([*before, entry]))
    return answer_of(decision, entry, show.resolved, state, grid)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_DIGITS]
