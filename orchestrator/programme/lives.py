"""What became of the other processes, and of this one before: for the as-run. Tick thread.

The supervisor writes it down (`bus/lives.py`); a restarted programme takes up behind the last line
that its predecessor has taken over.
"""

from __future__ import annotations

from orchestrator.bus.lines import LineFollower
from orchestrator.bus.lives import Turn
from orchestrator.bus.tree import LiveTree


class NewTurns:
    """`follow` gives each turn once, over any number of programmes. Once a second will do."""

    def __init__(self, tree: LiveTree) -> None:
        told = LineFollower(tree.asrun, only=b'"event":"process"')
        self._told_seq = max((int(record.get("seq", 0)) for record in told.read()), default=0)
        told.close()
        self._follower = LineFollower(tree.lives)

    def follow(self) -> list[Turn]:
        turns = []
        for record in self._follower.read():
            turn = Turn.of(record)
            if turn is not None and turn.seq > self._told_seq:
                self._told_seq = turn.seq
                turns.append(turn)
        return turns
