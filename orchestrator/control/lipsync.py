"""What has been measured of each feed's lip sync, and the measuring of it. Control's loop.

Somebody listens to a feed, which makes it hot; the site flashes and beeps; a process of its own
watches for twelve seconds (`clapjob.py`). What it found is kept in the diary, so that pre-flight
still knows it after a restart. Nothing on air is touched.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.bus.tree import LiveTree

WATCHES_S = 12
_PATIENCE_S = 10
_MOST = 2
KIND = "lip-sync"


@dataclass(frozen=True, slots=True)
class Measured:
    """`offset_ms` > 0: the sound is later than the picture; None when it could not be told."""

    n: int
    offset_ms: int | None
    text: str

    def view(self) -> dict[str, Any]:
        return {"n": self.n, "offset_ms": self.offset_ms, "text": self.text}


class LipSync:
    """`offsets_ms` are what pre-flight reads; `view` is what a screen shows."""

    def __init__(self, lines: Iterable[Mapping[str, Any]] = ()) -> None:
        """`lines` are the diary's."""
        self._known: dict[str, Measured] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        for line in lines:
            feed, offset = line.get("feed"), line.get("offset_ms")
            if line.get("kind") == KIND and isinstance(feed, str) and isinstance(offset, int):
                n = line.get("n")
                self._known[feed] = told(n if isinstance(n, int) else 0, {"offset_ms": offset})

    @property
    def offsets_ms(self) -> dict[str, int]:
        known = self._known.items()
        return {feed: one.offset_ms for feed, one in known if one.offset_ms is not None}

    def view(self) -> dict[str, dict[str, Any]]:
        waiting = {"n": 0, "offset_ms": None, "text": f"watching for {WATCHES_S} s…"}
        found = {feed: one.view() for feed, one in self._known.items()}
        return found | dict.fromkeys(self._running, waiting)

    def is_busy(self, feed: str) -> bool:
        return feed in self._running or len(self._running) >= _MOST

    def begin(self, live: LiveTree, feed: str, n: int, keep: Callable[[Measured], None]) -> None:
        """Watch this feed; `keep` is told what was found."""
        self._running[feed] = asyncio.create_task(
            self._measure(live, feed, n, keep), name=f"lip sync of {feed}"
        )

    def note(self, feed: str, measured: Measured) -> None:
        """A try that failed leaves what was known before, but says so."""
        before = self._known.get(feed)
        if measured.offset_ms is None and before is not None and before.offset_ms is not None:
            text = f"{measured.text}; before: {_sentence(before.offset_ms)}"
            measured = Measured(before.n, before.offset_ms, text)
        self._known[feed] = measured

    async def close(self) -> None:
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _measure(
        self, live: LiveTree, feed: str, n: int, keep: Callable[[Measured], None]
    ) -> None:
        try:
            measured = told(n, await _watched(live, feed))
            self.note(feed, measured)
            keep(measured)
        finally:
            del self._running[feed]


def told(n: int, answer: Mapping[str, Any]) -> Measured:
    """What the process said, as a sentence."""
    offset = answer.get("offset_ms")
    if isinstance(offset, int):
        return Measured(n, offset, _sentence(offset))
    why = str(answer.get("why", "it could not be measured; the log says why"))
    return Measured(n, None, f"not measured: {why}")


def _sentence(offset_ms: int) -> str:
    if abs(offset_ms) < 20:
        return "sound and picture are together"
    return f"the sound is {abs(offset_ms)} ms {'late' if offset_ms > 0 else 'early'}"


async def _watched(live: LiveTree, feed: str) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "orchestrator.control.clapjob", "--live", str(live.root)),
        *("--feed", feed, "--for", str(WATCHES_S)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"ORCH_PARENT": str(os.getpid())},
    )
    try:
        async with asyncio.timeout(WATCHES_S + _PATIENCE_S):
            said, _ = await process.communicate()
        answer = json.loads(said)
    except (ValueError, TimeoutError):
        return {}
    finally:
        if process.returncode is None:
            process.kill()
    return answer if isinstance(answer, dict) else {}
