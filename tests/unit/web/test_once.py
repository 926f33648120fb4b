"""The same press again is told the same answer, also while the first one is still being made."""

from __future__ import annotations

import asyncio

from orchestrator.web.once import Once
from orchestrator.web.problem import Kept


async def test_an_answer_that_is_being_made_is_not_forgotten_for_newer_ones() -> None:
    once, may_go_on, done = Once(most=1), asyncio.Event(), []

    async def slow() -> Kept:
        await may_go_on.wait()
        done.append("slow")
        return Kept(200, b"{}", "application/json")

    async def quick() -> Kept:
        return Kept(200, b"{}", "application/json")

    first = asyncio.ensure_future(once.do("tom", "a", b"wish", slow))
    await asyncio.sleep(0)
    for key in ("b", "c", "d"):
        await once.do("tom", key, b"wish", quick)
    again = asyncio.ensure_future(once.do("tom", "a", b"wish", slow))
    await asyncio.sleep(0)
    may_go_on.set()

    answers = [await first, await again]

    assert done == ["slow"]
    assert [one.headers.get("Idempotent-Replayed") for one in answers] == [None, "true"]
    assert len(once) == 1
