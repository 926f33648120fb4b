"""What a warm feed keeps: the compressed packets since its last keyframe.

From them a feed that is suddenly wanted catches up. One thread. At most 12 s and 16 MiB; a stream
whose keyframes lie further apart cannot be caught up with and has to stay hot.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from av.packet import Packet

from orchestrator.timing.grid import NS

MOST_NS = 12 * NS
MOST_BYTES = 16 * 2**20
_BACK_NS = -NS
_AHEAD_NS = 10 * NS


class Stamped(NamedTuple):
    """A packet with its stamps in nanoseconds; the decode stamp is always there."""

    packet: Packet[Any]
    dts_ns: int
    pts_ns: int
    is_keyframe: bool
    size: int


class GopStore:
    """Packets since the last keyframe, or none when there are too many of them."""

    def __init__(self, most_ns: int = MOST_NS, most_bytes: int = MOST_BYTES) -> None:
        self._most_ns = most_ns
        self._most_bytes = most_bytes
        self._packets: deque[Stamped] = deque()
        self._bytes = 0
        self.is_overfull = False
        """More came since the last keyframe than is kept: nothing to catch up from."""

    def __iter__(self) -> Iterator[Stamped]:
        return iter(self._packets)

    def __len__(self) -> int:
        return len(self._packets)

    @property
    def bytes(self) -> int:
        return self._bytes

    @property
    def is_nearly_full(self) -> bool:
        """Time to become hot while everything is still here."""
        return self._span_ns() > self._most_ns * 9 // 10 or self._bytes > self._most_bytes * 9 // 10

    def add(self, stamped: Stamped) -> None:
        if stamped.is_keyframe:
            self.clear()
        elif not self._packets:
            return  # nothing can be decoded before a keyframe, or after an overflow
        elif not _BACK_NS <= stamped.dts_ns - self._packets[-1].dts_ns <= _AHEAD_NS:
            self.clear()  # the sender's clock jumped: these do not belong together
            return
        self._packets.append(stamped)
        self._bytes += stamped.size
        if self._span_ns() > self._most_ns or self._bytes > self._most_bytes:
            self.clear()
            self.is_overfull = True

    def clear(self) -> None:
        self._packets.clear()
        self._bytes = 0
        self.is_overfull = False

    def _span_ns(self) -> int:
        return self._packets[-1].dts_ns - self._packets[0].dts_ns if self._packets else 0
