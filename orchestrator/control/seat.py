"""Who has handed the desk over may look on: ten minutes later an operator is a viewer. Pure.

Whoever takes the desk again, or is a producer, is not meant. Safety words go to the gate and are
nobody's to refuse.
"""

from __future__ import annotations

from orchestrator.control.deskstate import Seat
from orchestrator.control.roles import Role
from orchestrator.control.wish import Wish
from orchestrator.errors import CommandRejected

LOOKS_ON_S = 600
STILL = frozenset({"accept", "refuse", "read"})
"""What who only looks may say all the same."""


def role_of(author: str, role: Role, seat: Seat, n: int, fps: int) -> Role:
    """What somebody may do at frame `n`, seeing whose the desk is."""
    relieved_n = seat.relieved.get(author)
    if role is Role.OPERATOR and relieved_n is not None and n - relieved_n >= LOOKS_ON_S * fps:
        return Role.VIEWER
    return role


def check(wish: Wish, seat: Seat, n: int, fps: int) -> None:
    """Raises CommandRejected for who may only look."""
    role = role_of(wish.author, wish.role, seat, n, fps)
    if role is not wish.role and wish.verb not in STILL:
        raise CommandRejected(
            "relieved",
            f"the desk has been {seat.holder}'s for more than ten minutes: you may look; "
            "to act, have it handed to you",
        )
