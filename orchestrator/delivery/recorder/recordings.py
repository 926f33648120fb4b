"""Writes the recordings: an MP4 a slot (or one of the event) from what is public.

The worker's thread. Each turn appends the next live segment to the recording it belongs to; a
segment in which a slot ends and the next begins goes into both. A file begins with the key picture
at or before its slot's first frame; an edit list hides what lies before that frame, so it plays
from exactly there to exactly the slot's last picture and nobody waits for a key picture. Where
what was on air before is for a stricter audience, nothing of it is hidden in the file: slate takes
its place until the first key picture behind the last of it.

A slot's file is finished by the turns that follow its end, a slice each. What was taken back is
cut off a growing file at once; in one that is closed it is overwritten at once, wherever the disk
lets us, and then the file is made anew with slate.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from orchestrator.bus.lines import LineFollower, Record, read_lines
from orchestrator.bus.recordings import CLOSING, GROWING, Sheet
from orchestrator.bus.sent import GAP, SLATE, SentLog
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery.recorder.archive import OUTPUT, Archive
from orchestrator.delivery.recorder.cuts import Cut, SlotCuts, is_stricter, run_on
from orchestrator.delivery.recorder.growing import GrowingFile
from orchestrator.delivery.recorder.settings import Recordings
from orchestrator.delivery.recorder.source import Filled, Source
from orchestrator.delivery.stream import Stream
from orchestrator.media.house import AUDIO_TRACK
from orchestrator.media.mp4 import AUDIO_ID, VIDEO_ID, Kind

log = logging.getLogger(__name__)


_CLOSE_BUDGET_S = 1.5
_NOT_RECORDED = "no slot of this output is on air"


@dataclass(slots=True)
class _Open:
    """A recording under way. `cut` is None until the as-run says what it belongs to."""

    sheet: Sheet
    file: GrowingFile
    cut: Cut | None = None

    def is_of(self, cut: Cut) -> bool:
        return self.cut is cut or (self.cut is None and self.sheet.slot == cut.slot)


class RecordingWriter:
    """A sink of the worker: `open`, `pump`, `redact`."""

    def __init__(
        self,
        tree: LiveTree,
        stream: Stream,
        source: Source,
        wanted: Recordings,
        archive: Archive,
        cuts: SlotCuts,
        kept_asrun: Path,
        sent: SentLog,
    ) -> None:
        """`kept_asrun` is the as-run in the state folder: of runs before this one."""
        self._stream = stream
        self._grid = stream.grid
        self._source = source
        self._wanted = wanted
        self._archive = archive
        self._cuts = cuts
        self._sent = sent
        self._tracks = (wanted.track, AUDIO_TRACK)
        picture = stream.made_as(wanted.track)
        self._kinds: Callable[[], dict[int, Kind]] = lambda: {
            VIDEO_ID: Kind.of((tree.slate / f"{picture}.init").read_bytes()),
            AUDIO_ID: Kind.of((tree.slate / f"{AUDIO_TRACK}.init").read_bytes()),
        }
        self._asrun = LineFollower(tree.asrun)
        self._kept_asrun = kept_asrun
        self._has_past = False
        self._growing: dict[str, _Open] = {}
        self._next_k: int | None = None

    @property
    def next_k(self) -> int | None:
        return self._next_k

    def facts(self) -> dict[str, object]:
        return {
            "growing": sorted(self._growing),
            "next_k": self._next_k,
            "finishing": self._archive.waiting,
            "closed": self._archive.closed,
            "bytes": self._archive.size_bytes,
            "waiting_redactions": self._archive.waiting_redactions,
            "missing_bytes": self._archive.missing_bytes,
            "keep_s": self._wanted.keep_s,
            "removed": self._archive.removed.count,
            "removed_bytes": self._archive.removed.bytes,
            "removed_last": list(self._archive.removed.last),
        }

    # a sink's life

    def open(self) -> None:
        """Take up what an earlier recorder left. Raises OSError."""
        for one in self._growing.values():
            one.file.close()
        self._growing = {}
        self._archive.open()
        if not self._has_past:
            self._take_asrun(run_on(read_lines(self._kept_asrun), self._asrun.read()))
            self._has_past = True
        self._next_k = self._sent.next_k
        for sheet in self._archive.with_state(GROWING):
            try:
                file = GrowingFile(self._archive.growing(sheet), self._grid, sheet.first_k)
            except (FileNotFoundError, ValueError) as error:
                log.error("%s cannot be taken up: %s", sheet.name, error)
                self._archive.lose(sheet)
                continue
            self._growing[sheet.name] = _Open(sheet, file)
            # what a kill took from the log is looked at again; the file has it already
            noted_k = file.first_k if self._sent.next_k is None else self._sent.next_k
            self._next_k = min(file.next_k, noted_k)

    def close(self) -> None:
        """What has ended is finished if that takes no time; else the next recorder does it."""
        until_s = time.monotonic() + _CLOSE_BUDGET_S
        while self._archive.can_finish and time.monotonic() < until_s:
            self._archive.finish_a_slice()
        for one in self._growing.values():
            one.file.sync()
            one.file.close()
        self._sent.close()

    def stop(self, k: int) -> None:
        """The stream ends before column `k`."""
        self._cuts.stop(self._grid.first_frame(k))

    def make_room(self) -> None:
        """The disk is full. Never raises."""
        self._archive.make_room()

    def pump(self) -> bool:
        """Write the next live segment, if all of it is public. Raises OSError, or NotThereYet."""
        self._take_asrun(self._asrun.read())
        self._archive.finish_a_slice()
        ks = self._next_segment()
        if ks is None:
            return False
        from_n, until_n = self._grid.first_frame(ks.start), self._grid.first_frame(ks.stop)
        noted: dict[int, Filled] = {}
        for cut in self._cuts.within(from_n, until_n):
            if self._is_wanted(cut, from_n, until_n):
                for column in self._write(cut, ks):
                    noted.setdefault(column.k, column)
        for k in ks:
            if k in noted:
                self._sent.note(k, noted[k].what, noted[k].why)
            else:
                self._sent.note(k, GAP, _NOT_RECORDED)
        self._next_k = ks.stop
        self._end_before(until_n)
        self._cuts.forget(from_n)
        return True

    # taking back

    def redact(self, columns: Sequence[int]) -> None:
        """Columns that must not be seen. Never raises: what the disk refuses is tried again."""
        if not columns:
            return
        for one in self._growing.values():
            with contextlib.suppress(OSError):
                self._cut(one.file, columns)
        self._archive.redact(columns)
        noted = self._sent.next_k
        if noted is not None and columns[0] < noted:
            self._sent.amend(columns[0], min(columns[-1], noted - 1), SLATE, "privacy")

    def recheck(self, replaced: Mapping[int, tuple[int, int]]) -> None:
        """After a start: whatever was taken back while nobody was looking. Raises OSError."""
        for one in self._growing.values():
            tags = {k: tag for k, (_, tag) in replaced.items() if tag > one.sheet.tag}
            self._cut(one.file, sorted(k for k in tags if k >= one.file.first_k))
        self._archive.recheck(replaced)

    def _cut(self, file: GrowingFile, columns: Sequence[int]) -> None:
        """Let go of everything from the first of these columns on, and write it again."""
        if columns and columns[0] < file.next_k:
            file.cut_before(columns[0])
            self._next_k = min(self._next_k or file.next_k, file.next_k)

    # its steps

    def _take_asrun(self, lines: Sequence[Record]) -> None:
        for line in lines:
            try:
                self._cuts.take(line)
            except (KeyError, TypeError, ValueError):
                log.error("a line of the as-run that cannot be read is passed over")

    def _next_segment(self) -> range | None:
        """The columns of the segment that is to be written, None if it is not public yet."""
        oldest_k = self._source.oldest_k
        if oldest_k is None:
            return None
        size = self._grid.parts_per_segment
        if self._next_k is None:
            self._next_k = -(-oldest_k // size) * size
        first_k = self._next_k // size * size
        if first_k + size <= oldest_k:
            first_k = self._pass_over_hole(first_k, -(-oldest_k // size) * size)
            self._next_k = max(self._next_k, first_k)
        return (
            None if first_k + size - 1 > self._source.newest_k else range(first_k, first_k + size)
        )

    def _pass_over_hole(self, first_k: int, oldest_k: int) -> int:
        """What has left the public window can only be slate: a recording that was under way is
        made whole with it if it goes on behind the hole, but nobody records an hour of slate."""
        if oldest_k - first_k <= self._stream.window_parts and self._growing:
            return first_k
        for one in list(self._growing.values()):
            self._close(one, self._grid.first_frame(one.file.next_k))
        return oldest_k

    def _is_wanted(self, cut: Cut, from_n: int, until_n: int) -> bool:
        """Whether the frames of `cut` in this segment are to be recorded, and are not yet."""
        if is_stricter(cut.audience, self._wanted.audience):
            return False
        if any(one.is_of(cut) for one in self._growing.values()):
            return True
        last_n = until_n if cut.to_n is None else min(until_n, cut.to_n)
        return (
            cut.is_worth_a_file(until_n)
            and not self._archive.is_done(cut.slot, max(from_n, cut.from_n), last_n)
            and not self._archive.is_left_out(cut.slot)
        )

    def _write(self, cut: Cut, ks: range) -> list[Filled]:
        """Append the columns of a segment that belong to `cut`; those that were appended."""
        grid = self._grid
        last_k = ks.stop - 1 if cut.to_n is None else min(ks.stop - 1, grid.part_of(cut.to_n - 1))
        slate_before_k = grid.part_of(cut.slate_before_n - 1) + 1 if cut.slate_before_n else 0
        one = self._file_of(cut)
        columns = self._source.fill(ks, self._tracks, output=OUTPUT, slate_before_k=slate_before_k)
        new = [column for column in columns if one.file.next_k <= column.k <= last_k]
        one.file.append((c.k, c.parts[self._wanted.track], c.parts[AUDIO_TRACK]) for c in new)
        tag = max((column.tag for column in new), default=0)
        if tag > one.sheet.tag:
            one.sheet = replace(one.sheet, tag=tag)
            self._archive.put(one.sheet)
        return [column for column in columns if column.k <= last_k]

    def _file_of(self, cut: Cut) -> _Open:
        """The file that grows for this cut; a new one if it has only just begun."""
        for one in self._growing.values():
            if one.is_of(cut):
                one.cut = cut
                return one
        from_n = max(cut.from_n, cut.started_n, self._grid.first_frame(self._next_k or 0))
        sheet = self._archive.new(cut.slot, cut.audience, self._wanted.track, from_n)
        path = self._archive.growing(sheet)
        file = GrowingFile.create(path, self._grid, self._kinds(), from_n, sheet.title)
        self._archive.put(sheet)
        self._growing[sheet.name] = one = _Open(sheet, file, cut)
        log.info("recording %s", sheet.name)
        return one

    def _end_before(self, until_n: int) -> None:
        """Close what has ended, and what nobody says anything of any more."""
        for one in list(self._growing.values()):
            if one.cut is None:
                self._close(one, self._grid.first_frame(one.file.next_k))
            elif one.cut.to_n is not None and one.cut.to_n <= until_n:
                self._close(one, one.cut.to_n)

    def _close(self, one: _Open, to_n: int) -> None:
        end_n = min(to_n, self._grid.first_frame(one.file.next_k))
        one.file.sync()
        one.file.close()
        self._sent.flush()
        scenes = one.cut.scenes if one.cut is not None else ()
        self._archive.close(
            replace(one.sheet, to_n=end_n, state=CLOSING, bytes=one.file.size), scenes
        )
        del self._growing[one.sheet.name]
