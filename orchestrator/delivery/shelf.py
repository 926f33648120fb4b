"""What the origin has of one audience: the columns that are public, and their bytes.

One thread (the origin's loop). Parts at the live edge are kept in memory; older ones are read
again from the public tree, which is memory too (tmpfs), so a long window is held only once. A part
that was damaged there is slate here (`stopgaps`).
"""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from orchestrator.bus.decisions import Column, SafetyAct
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery.publictree import SlateParts, redacted_path
from orchestrator.delivery.safety import Span, redaction
from orchestrator.delivery.stopgaps import PUBLIC, Stopgaps
from orchestrator.delivery.stream import Stream
from orchestrator.media.boxes import is_whole_part, restamp
from orchestrator.media.house import AUDIO_TRACK

log = logging.getLogger(__name__)

_EDGE_S = 24
"""Seconds at the live edge that stay in memory."""
_WHOLE_BYTES = 32 << 20
"""Of segments that were asked for as a whole, so that not everybody joins their parts anew."""
_HEAD_BYTES = 2048
"""A moof of 32 pictures has 500."""


class NotThereYet(Exception):
    """The decision has been read, the file is about to be linked: look again at the next knock."""


@dataclass(frozen=True, slots=True)
class Shelved:
    """One public column, and where it lies below `public/`. `tag` is that of the look-back that
    replaced it by slate, or 0."""

    independent: frozenset[str]
    folder: str
    tag: int = 0


class Shelf:
    """Contiguous columns `first_k … last_k`; empty while `last_k < first_k`."""

    def __init__(self, tree: LiveTree, stream: Stream, slate: SlateParts) -> None:
        self._tree = tree
        self._stream = stream
        self._slate = slate
        self._grid = stream.grid
        self._columns: dict[int, Shelved] = {}
        self._parts: dict[tuple[str, int], bytes] = {}
        self._whole: dict[tuple[str, int], bytes] = {}
        self._stopgaps = Stopgaps(stream.grid)
        self._redacted: list[Span] = []
        self._edge = int(_EDGE_S / stream.grid.part_s)
        self.first_k = 0
        self.last_k = -1
        self.end_k: int | None = None
        """After STOP: the first column that never comes."""
        self.revision = 0
        """Counts changes: a playlist rendered at this revision is the newest."""

    @property
    def damaged(self) -> int:
        """Parts that were damaged when they were first looked at."""
        return self._stopgaps.damaged

    @property
    def has_ended(self) -> bool:
        return self.end_k is not None and self.last_k + 1 >= self.end_k

    @property
    def has_segment(self) -> bool:
        """True once there is a whole segment to answer with."""
        first = -(-self.first_k // self._grid.parts_per_segment)
        return self.last_k + 1 >= (first + 1) * self._grid.parts_per_segment

    def add(self, column: Column, *, is_newest: bool = True) -> bool:
        """Take a column as HLS has it; False if it is not news. Raises NotThereYet.

        Only the newest may not be linked yet; the bytes of others are read when asked for.
        """
        if column.k <= self.last_k:
            return False
        shelved = Shelved(column.independent, column.folder)
        if is_newest:
            for track in self._stream.tracks:
                self._parts[track, column.k] = self._read(track, column.k, shelved)
            slate = {t for t in self._stream.tracks if self._stopgaps.of(t, column.k) == 0}
            shelved = Shelved(column.independent | slate, column.folder)
        if column.k != self.last_k + 1:
            self._whole.clear()
            self._columns.clear()  # a hole longer than the window: what was before is history
            self._stopgaps.forget_before(column.k)
            self.first_k = column.k
        self._columns[column.k] = shelved
        self.last_k = column.k
        self._forget(self.last_k - self._stream.window_parts)
        self.revision += 1
        return True

    def drop_missing(self) -> None:
        """After reading old decisions: begin where the files begin.

        What was taken back counts as there: the gate writes its slate a little at a time.
        """
        while self.first_k < self.last_k:
            first = self._columns[self.first_k]
            if first.tag or self._path(AUDIO_TRACK, self.first_k, first.folder).exists():
                return
            self._forget(self.first_k + 1)

    def redact(self, act: SafetyAct) -> None:
        """Take back a span at once: new names from now on, slate as soon as the gate wrote it."""
        assert act.redacted is not None
        plan = redaction(act.redacted, self._redacted, self._grid.parts_per_segment)
        self._redacted.append(act.redacted)
        self._whole.clear()
        for k, j in plan.items():
            for track in self._stream.tracks:
                self._parts.pop((track, k), None)
                self._stopgaps.forget(track, k)
            if k in self._columns:
                independent = frozenset(self._stream.tracks if j == 0 else (AUDIO_TRACK,))
                self._columns[k] = Shelved(independent, self._columns[k].folder, act.tag)
        self.revision += 1

    def stop(self, act: SafetyAct) -> None:
        self.end_k = self._grid.part(self._grid.msn_of(act.k - 1) + 1, 0)
        self.revision += 1

    def column(self, k: int) -> Shelved | None:
        return self._columns.get(k)

    def tag_of_segment(self, msn: int) -> int:
        """The newest tag in a segment: its name changes whenever one of its parts is replaced."""
        return max((c.tag for k in self._ks(msn) if (c := self._columns.get(k))), default=0)

    def part(self, track: str, k: int) -> bytes | None:
        """The bytes of one public part, under its present name."""
        column = self._columns.get(k)
        if column is None:
            return None
        part = self._parts.get((track, k))
        if part is None:
            try:
                part = self._read(track, k, column)
            except NotThereYet:
                return None
            if k > self.last_k - self._edge:
                self._parts[track, k] = part
        return part

    def head(self, track: str, k: int) -> bytes | None:
        """The first bytes of a public part: its moof, not all of its pictures."""
        column = self._columns.get(k)
        if column is None:
            return None
        if part := self._parts.get((track, k)):
            return part
        try:
            stopgap = self._judged(track, k, column)
            if stopgap != PUBLIC:
                return self._slate_part(track, k, stopgap)
            return self._head(track, k, column)[0]
        except NotThereYet:
            return None

    def segment(self, track: str, msn: int) -> bytes | None:
        """All parts of a whole segment, joined."""
        if whole := self._whole.get((track, msn)):
            return whole
        parts = [self.part(track, k) for k in self._ks(msn)]
        if not all(parts):
            return None
        whole = b"".join(p for p in parts if p)
        self._whole[track, msn] = whole
        held = sum(map(len, self._whole.values()))
        while held > _WHOLE_BYTES:
            held -= len(self._whole.pop(next(iter(self._whole))))
        return whole

    def _ks(self, msn: int) -> range:
        first = self._grid.part(msn, 0)
        return range(first, first + self._grid.parts_per_segment)

    def _path(self, track: str, k: int, folder: str, tag: int = 0) -> Path:
        path = self._tree.public_part(self._grid, folder, track, k)
        return redacted_path(path, tag) if tag else path

    def _read(self, track: str, k: int, column: Shelved) -> bytes:
        """The public part, or what stands in for it. Raises NotThereYet."""
        stopgap = self._judged(track, k, column)
        if stopgap != PUBLIC:
            return self._slate_part(track, k, stopgap)
        try:
            part = self._path(track, k, column.folder, column.tag).read_bytes()
        except FileNotFoundError:
            raise NotThereYet(f"{track} {k}") from None
        if is_whole_part(part, self._stream.tfdt(track, k)):
            return part
        for later in self._ks(self._grid.msn_of(k)):  # it was whole when it came
            if later >= k:
                self._stopgaps.forget(track, later)
        stopgap = self._judge(track, k, column, is_whole=False, size=len(part))
        return self._slate_part(track, k, stopgap)

    def _judged(self, track: str, k: int, column: Shelved) -> int:
        """What stands in for a part, PUBLIC if nothing needs to. Raises NotThereYet."""
        known = self._stopgaps.of(track, k)
        if known is not None:
            return known
        earlier = self._columns.get(k - 1)
        is_key = track in column.independent
        if earlier is not None and self._stopgaps.needs_earlier(k, is_key=is_key):
            with suppress(NotThereYet):  # just being taken back: slate will be in its place
                self._judged(track, k - 1, earlier)
        head, size = self._head(track, k, column)
        is_whole = is_whole_part(head, self._stream.tfdt(track, k), size)
        return self._judge(track, k, column, is_whole=is_whole, size=size)

    def _judge(self, track: str, k: int, column: Shelved, *, is_whole: bool, size: int) -> int:
        if not is_whole:
            log.error(
                "public part %d of %s is damaged (%d bytes); slate is served in its place until "
                "the next key picture",
                k,
                track,
                size,
            )
        is_key = track in column.independent
        return self._stopgaps.judge(track, k, is_whole=is_whole, is_key=is_key)

    def _head(self, track: str, k: int, column: Shelved) -> tuple[bytes, int]:
        """The first bytes of a public part, and how many there are. Raises NotThereYet."""
        try:
            with self._path(track, k, column.folder, column.tag).open("rb", buffering=0) as file:
                return file.read(_HEAD_BYTES), os.fstat(file.fileno()).st_size
        except FileNotFoundError:
            raise NotThereYet(f"{track} {k}") from None

    def _slate_part(self, track: str, k: int, j: int) -> bytes:
        return restamp(self._slate[track, j], self._stream.tfdt(track, k), k)

    def _forget(self, before_k: int) -> None:
        while self.first_k < before_k:
            self._columns.pop(self.first_k, None)
            for track in self._stream.tracks:
                self._whole.pop((track, self._grid.msn_of(self.first_k)), None)
                self._stopgaps.forget(track, self.first_k)
            self.first_k += 1
        for track, k in [key for key in self._parts if key[1] <= self.last_k - self._edge]:
            del self._parts[track, k]
