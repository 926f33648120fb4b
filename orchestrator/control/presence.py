"""Who is at the desk just now, and what each looks at. Not journalled: it is gone with its screen.

On control's loop. Bounded: at most 64 people, each forgotten ten seconds after the last sign.
"""

from __future__ import annotations

from dataclasses import dataclass

_FORGOTTEN_NS = 10_000_000_000
_MOST = 64


@dataclass(frozen=True, slots=True)
class Present:
    author: str
    looks_at: str
    at_ns: int


class Presence:
    def __init__(self) -> None:
        self._there: dict[str, Present] = {}

    def note(self, author: str, looks_at: str, now_ns: int) -> None:
        if author not in self._there and len(self._there) >= _MOST:
            self.there(now_ns)
            if len(self._there) >= _MOST:
                return
        self._there[author] = Present(author[:64], looks_at[:200], now_ns)

    def there(self, now_ns: int) -> tuple[Present, ...]:
        self._there = {
            author: one for author, one in self._there.items() if now_ns - one.at_ns < _FORGOTTEN_NS
        }
        return tuple(self._there.values())
