"""How fast passwords may be guessed: the sixth try within a while waits, then twice as long. Pure.

By name and address together, so that nobody can lock somebody else out; and by address alone, more
generously. Bounded: 4096 keys, the one that failed longest ago is forgotten first.
"""

from __future__ import annotations

from dataclasses import dataclass

_FREE_TRIES = 5
_FREE_TRIES_OF_ADDRESS = 30
_LONGEST_S = 300.0
_FORGIVEN_AFTER_S = 900.0
_MOST = 4096


@dataclass(slots=True)
class _Failures:
    count: int = 0
    last_s: float = 0.0


class Throttle:
    def __init__(self) -> None:
        self._failures: dict[tuple[str, str], _Failures] = {}

    def wait_s(self, name: str, address: str, now_s: float) -> float:
        """How long until the next try is looked at; 0 for at once."""
        waits = [
            self._wait_s((name.casefold(), address), _FREE_TRIES, now_s),
            self._wait_s(("", address), _FREE_TRIES_OF_ADDRESS, now_s),
        ]
        return max(waits)

    def failed(self, name: str, address: str, now_s: float) -> None:
        for key in ((name.casefold(), address), ("", address)):
            found = self._failures.pop(key, None)
            if found is None or now_s - found.last_s > _FORGIVEN_AFTER_S:
                found = _Failures()
            found.count += 1
            found.last_s = now_s
            self._failures[key] = found  # at the end: the newest
        while len(self._failures) > _MOST:
            del self._failures[next(iter(self._failures))]

    def worked(self, name: str, address: str) -> None:
        """That try was none: a control room behind one address signs in as often as it likes."""
        self._failures.pop((name.casefold(), address), None)
        of_address = self._failures.get(("", address))
        if of_address is not None and of_address.count > 0:
            of_address.count -= 1

    def _wait_s(self, key: tuple[str, str], free: int, now_s: float) -> float:
        found = self._failures.get(key)
        if found is None or found.count < free:
            return 0.0
        wait_s = min(_LONGEST_S, 2.0 ** (found.count - free))
        return max(0.0, found.last_s + wait_s - now_s)
