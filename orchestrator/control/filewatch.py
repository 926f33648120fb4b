"""Watches the producer's file, and what it includes; offers it to the desk when it has changed.

On control's loop: a `stat` of each file once a second. When nothing has moved for one look, the
reading job (a process) says what has become of it. A file that is broken disturbs nothing: its
errors are shown, the version in force goes on.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.bus.tree import StateFolder
from orchestrator.control.floor import Offer
from orchestrator.control.gallery import Gallery
from orchestrator.rundown.difference import Change
from orchestrator.rundown.files import stamp_of
from orchestrator.rundown.resolved import Resolved

log = logging.getLogger(__name__)

_LOOK_S = 1.0
_JOB_S = 60.0
_LOOKS_LEFT_OUT = 10
"""After a reading that failed."""

Stamps = dict[Path, tuple[int, int]]


class FileWatch:
    """`run` for as long as control runs; sets `gallery.offer`."""

    def __init__(self, gallery: Gallery, event: Path, state: StateFolder) -> None:
        self.gallery = gallery
        self._event = event
        self._state = state
        self._read: tuple[Stamps, int] = ({}, 0)
        """The files as they were when they were read, and the version they were told against."""
        self._files = [event]
        self._before: Stamps = {}
        self._left_out = 0

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_S)

    async def look(self) -> None:
        """Offer what has changed since, if it has not moved since the last look. What goes wrong is
        said, and tried again ten looks later: one bad moment must not be the end of the watch."""
        if self._left_out:
            self._left_out -= 1
            return
        try:
            stamps = {path: stamp_of(path) for path in self._files}
            version = self.gallery.show.resolved.version
            if stamps == self._before and (stamps, version) != self._read:
                await self._take(stamps, version)
            self._before = stamps
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.error("the changed file could not be read, trying again: %r", error)
            self._left_out = _LOOKS_LEFT_OUT

    async def _take(self, stamps: Stamps, version: int) -> None:
        answer = await self._answer(version)
        self._files = [Path(name) for name in answer["files"]]
        read = {Path(name): (stamp[0], stamp[1]) for name, stamp in answer["files"].items()}
        self._read = (read, version)
        if any(read.get(path) != stamp for path, stamp in stamps.items()):
            return  # written to meanwhile: the next look sees it
        if self.gallery.show.resolved.version != version:
            return
        offer = self._offer(answer)
        known = self.gallery.offer
        self.gallery.offer = offer
        if offer != known:
            _tell(offer, known)

    def _offer(self, answer: Mapping[str, Any]) -> Offer | None:
        errors = tuple(map(str, answer["errors"]))
        if errors:
            return Offer("", answer["against"], None, errors=errors)
        changes = tuple(Change(**change) for change in answer["changes"])
        if not changes:
            return None
        file = Resolved.from_json(self._state.read_day.read_bytes())
        return Offer(answer["digest"], answer["against"], file, changes, tuple(answer["refused"]))

    async def _answer(self, version: int) -> dict[str, Any]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "orchestrator.control.reading"),
            *("--event", str(self._event), "--state", str(self._state.root)),
            *("--against", str(version)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | {"ORCH_PARENT": str(os.getpid())},
        )
        try:
            async with asyncio.timeout(_JOB_S):
                said, _ = await process.communicate()
            return dict(json.loads(said))
        finally:
            if process.returncode is None:
                process.kill()


def _tell(offer: Offer | None, known: Offer | None) -> None:
    """Once when it has changed, once when it is as before."""
    if offer is None:
        log.info("the rundown's file says what is in force")
    elif offer.errors:
        log.warning("the rundown's file is broken, nothing is changed: %s", offer.errors[0])
    else:
        log.info("the rundown's file has %d changes that wait at the desk", len(offer.changes))
    if known is not None and known.errors and not (offer and offer.errors):
        log.info("the rundown's file can be read again")
