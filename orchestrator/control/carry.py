"""What must not go with the live tree: the as-run, and the safety acts the gate took by itself.

Control carries both to the state folder about once a second; the supervisor carries what is left
after the last process has ended. One of them at a time, one call at a time; neither duplicates nor
loses a line when it is killed, because how far it got is written into the carried line itself.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.bus.decisions import SafetyAct
from orchestrator.bus.lines import LineFollower, LineWriter
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control.chain import Entry
from orchestrator.control.journals import Ledger, now, open_ledger
from orchestrator.timing import Clock, Grid

_TAIL_BYTES = 1 << 17
SOURCE = "src"
"""Key that carrying adds to an as-run record: which live file, and the byte it ended at."""


class AsRunCarrier:
    """Copies whole new lines of the live tree's as-run to the one in the state folder."""

    def __init__(self, live: Path, kept: Path) -> None:
        self._live = live
        self._kept = kept
        self._writer: LineWriter | None = None
        self._name = ""
        self._offset = 0
        self.damaged = 0

    def carry(self) -> int:
        """How many lines were carried. Raises OSError when the disk refuses; nothing is lost,
        the next call goes on from the last line that is on the disk."""
        try:
            with self._live.open("rb") as file:
                first = file.readline()
                if not first.endswith(b"\n"):
                    return 0
                self._find_place(hashlib.sha256(first).hexdigest()[:12])
                file.seek(self._offset)
                chunk = file.read()
        except FileNotFoundError:
            return 0
        carried = 0
        for line in chunk.splitlines(keepends=True):
            if not line.endswith(b"\n"):
                break
            carried += self._carry(line)
        return carried

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _find_place(self, name: str) -> None:
        if name == self._name and self._writer is not None:
            return
        self.close()
        self._writer = LineWriter(self._kept, durable=True)
        kept_name, offset = _last_source(self._kept)
        self._name, self._offset = name, offset if kept_name == name else 0

    def _carry(self, line: bytes) -> bool:
        assert self._writer is not None
        end = self._offset + len(line)
        try:
            record = json.loads(line)
            good = isinstance(record, dict)
        except ValueError:
            good = False
        if good:
            try:
                self._writer.append(record | {SOURCE: f"{self._name}:{end}"})
            except OSError:
                self._name = ""  # look again at what is on the disk before the next line
                raise
        else:
            self.damaged += 1
        self._offset = end
        return good


def _last_source(path: Path) -> tuple[str, int]:
    """Which file and byte the last whole line of `path` came from; ("", 0) if it has none."""
    with path.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
        lines = file.read().splitlines()
    for line in reversed(lines):
        try:
            name, _, offset = str(json.loads(line)[SOURCE]).partition(":")
            return name, int(offset)
        except (ValueError, KeyError, TypeError):
            continue
    return "", 0


class SafetyMerger:
    """Writes the gate's safety acts into the journal, each once, after the fact (DESIGN §11)."""

    def __init__(self, decisions: Path, journal: Ledger, grid: Grid) -> None:
        self._follower = LineFollower(decisions)
        self._journal = journal
        self._grid = grid
        self._known = {_key(entry.args, entry.verb) for entry in journal.entries}

    async def merge(self) -> list[Entry]:
        """The entries written now. Raises OSError when the journal's disk refuses."""
        entries = []
        for record in self._follower.read():
            if "act" not in record:
                continue
            try:
                act = SafetyAct.of(record)
            except (KeyError, TypeError, ValueError):
                continue
            key = (act.act, act.k, act.at_ns)
            if key in self._known:
                continue
            args = {"k": act.k, "at_ns": act.at_ns, "site": act.site}
            if act.redacted is not None:
                args["redacted"] = list(act.redacted)
            entries.append(await self._write(act, args))
            self._known.add(key)
        return entries

    async def _write(self, act: SafetyAct, args: dict[str, Any]) -> Entry:
        try:
            return await self._journal.write(
                act.act,
                n=self._grid.first_frame(act.k),
                author=act.author,
                cause="safety",
                reason=act.reason,
                args=args,
            )
        except OSError:
            self._follower.close()  # read from the start again: what is known is skipped
            raise

    def close(self) -> None:
        self._follower.close()


def _key(args: Mapping[str, Any], verb: str) -> tuple[str, object, object]:
    return verb, args.get("k"), args.get("at_ns")


def carry_what_is_left(live: LiveTree, state: StateFolder, clock: Clock) -> None:
    """The last act before the live tree goes. Raises OSError."""
    carrier = AsRunCarrier(live.asrun, state.asrun)
    carrier.carry()
    carrier.close()
    if not live.decisions.exists():
        return
    shape = json.loads(live.processes.read_bytes())
    journal = open_ledger(state, str(shape["event"]), clock)
    grid = Grid(shape["fps"], shape["part_frames"], shape["segment_frames"])
    merger = SafetyMerger(live.decisions, journal, grid)

    async def merge() -> None:
        try:
            await merger.merge()
        finally:
            await journal.shut()

    now(merge())
    merger.close()


def last_carried_n(kept: Path) -> int:
    """The frame of the newest as-run record in the state folder, 0 if there is none."""
    follower = LineFollower(kept, newest_bytes=_TAIL_BYTES)
    try:
        return max((int(record.get("n", 0)) for record in follower.read()), default=0)
    finally:
        follower.close()
