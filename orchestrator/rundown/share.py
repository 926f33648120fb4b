"""How slack is shared: the one rule by which slots grow and shrink, at load and on air (R3).

Pure. Lowest priority gives (or takes) first, as far as its room goes; equals share in proportion
to their room. Lengths are frames, but shares are whole minutes where everything concerned is
written in whole minutes, whole seconds otherwise: people read the result off a clock. The
remainder goes to the earlier slot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Room:
    """How far one slot can go in the direction asked for, in frames, and its priority (1-9)."""

    priority: int
    frames: int


def spread(amount: int, rooms: Sequence[Room], fps: int) -> tuple[list[int], int]:
    """Share `amount` frames over `rooms` in the order of the file: the shares, and what is left."""
    shares = [0] * len(rooms)
    left = amount
    for priority in sorted({room.priority for room in rooms}):
        if left <= 0:
            break
        places = [i for i, room in enumerate(rooms) if room.priority == priority]
        given = among_equals(left, [rooms[i].frames for i in places], fps)
        for i, frames in zip(places, given, strict=True):
            shares[i] = frames
        left -= sum(given)
    return shares, max(left, 0)


def among_equals(amount: int, rooms: Sequence[int], fps: int) -> list[int]:
    """Share `amount` in proportion to `rooms`; never more than there is room for."""
    total = sum(rooms)
    if amount >= total:
        return list(rooms)
    minute = 60 * fps
    unit = minute if not any(value % minute for value in (amount, *rooms)) else fps
    shares = [amount * room // total // unit * unit for room in rooms]
    rest = amount - sum(shares)
    odd = rest % unit  # goes to the first that has room for it, so that the others stay whole
    for i, room in enumerate(rooms):
        extra = min(odd, room - shares[i])
        shares[i] += extra
        odd -= extra
        rest -= extra
    while rest:
        for i, room in enumerate(rooms):
            extra = min(unit, room - shares[i], rest)
            shares[i] += extra
            rest -= extra
    return shares
