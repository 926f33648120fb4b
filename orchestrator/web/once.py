"""Idempotency keys: who sends the same wish again, with the same key, gets the same answer.

On control's loop. For a button box on a bad line that does not know whether its press arrived. The
first request does it, those that come meanwhile wait for its answer, those that come later are
told it again; the same key with another wish is a mistake, and refused. Bounded: the newest 1024
answers, for as long as control lives. Over a restart the journal knows what was done (`presses`);
what was refused is judged anew, and so are safety words, which say what shall be.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from orchestrator.web.problem import Kept, Problem

_MOST = 1024
_KEY_LENGTH = 128
REPLAYED = {"Idempotent-Replayed": "true"}


class Once:
    """By caller and key. `replayed` counts answers that were told again."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._kept: dict[tuple[str, str], tuple[bytes, asyncio.Future[Kept]]] = {}
        self._doing: set[asyncio.Future[Kept]] = set()
        """Held, for a loop holds its tasks weakly and whoever asked may go away."""
        self.replayed = 0

    def __len__(self) -> int:
        return len(self._kept)

    async def do(
        self, author: str, key: str, wish: bytes, act: Callable[[], Awaitable[Kept]]
    ) -> web.Response:
        """`wish` is all that was asked for, as bytes to compare. Raises Problem."""
        if len(key) > _KEY_LENGTH or not key.isprintable():
            raise Problem(400, "malformed", f"Idempotency-Key has at most {_KEY_LENGTH} letters")
        known = self._kept.get((author, key))
        if known is not None:
            if known[0] != wish:
                raise Problem(
                    409, "key-used", "this Idempotency-Key was used for another wish; take a new "
                    "key for each press"
                )  # fmt: skip
            self.replayed += 1
            return (await asyncio.shield(known[1])).response(**REPLAYED)
        answer: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        self._kept[author, key] = wish, answer
        doing = asyncio.ensure_future(self._finish(author, key, answer, act))
        self._doing.add(doing)
        doing.add_done_callback(self._doing.discard)
        return (await asyncio.shield(doing)).response()

    async def _finish(
        self,
        author: str,
        key: str,
        answer: asyncio.Future[Kept],
        act: Callable[[], Awaitable[Kept]],
    ) -> Kept:
        """Also when who asked has gone away. What failed on our side may be tried again."""
        try:
            kept = await act()
        except BaseException as error:
            self._kept.pop((author, key), None)
            answer.set_exception(error)
            answer.exception()  # whoever waits for it hears it; nobody else must
            raise
        answer.set_result(kept)
        if kept.status >= 500:
            self._kept.pop((author, key), None)
        self._forget()
        return kept

    def _forget(self) -> None:
        """The oldest ones; not those that are still being answered."""
        answered = [who for who, (_, answer) in self._kept.items() if answer.done()]
        for who in answered[: max(0, len(self._kept) - self._most)]:
            del self._kept[who]
