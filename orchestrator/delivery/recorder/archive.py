"""The recordings as a shelf: their names and sheets, what is still to be finished, what is too old.

The worker's thread. A recording is closed in the background, a slice a turn; one that is closed and
has something taken back is overwritten where it must not be seen, at once, and then made anew.
"""

from __future__ import annotations

import contextlib
import logging
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from orchestrator.bus import recordings
from orchestrator.bus.lines import replace_json
from orchestrator.bus.recordings import CLOSED, CLOSING, GROWING, Sheet
from orchestrator.bus.sent import GAP, SLATE, parts_of_kinds, read_sent
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery.recorder.disk import Room
from orchestrator.delivery.recorder.finishing import Wanted, finish
from orchestrator.delivery.recorder.overwriting import columns_of, damaged_with, overwrite
from orchestrator.delivery.recorder.source import Redactions, Source
from orchestrator.delivery.stream import Stream
from orchestrator.media.house import AUDIO_TRACK
from orchestrator.media.mp4 import VIDEO_ID
from orchestrator.rundown.chapters import chapters, slot_title, webvtt
from orchestrator.rundown.resolved import Resolved
from orchestrator.timing.clock import Clock
from orchestrator.timing.grid import NS, Grid

log = logging.getLogger(__name__)

_RETENTION_EVERY_NS = 60 * NS
_REMOVED_NAMES = 10
OUTPUT = "record"


@dataclass(slots=True)
class Removed:
    """What was deleted because it had been kept as long as asked, since this recorder began."""

    count: int = 0
    bytes: int = 0
    last: deque[str] = field(default_factory=lambda: deque(maxlen=_REMOVED_NAMES))

    def note(self, name: str, size: int) -> None:
        self.count += 1
        self.bytes += size
        self.last.append(name)


class Archive:
    """`open` first. Sheets are in the order of their beginnings."""

    def __init__(
        self,
        folder: Path,
        sent: Path,
        tree: LiveTree,
        stream: Stream,
        source: Source,
        redactions: Redactions,
        clock: Clock,
        keep_s: float,
    ) -> None:
        """`sent` is the log of what the recorder recorded, from which a sheet knows its gaps."""
        self._folder = folder
        self._sent = sent
        self._tree = tree
        self._stream = stream
        self._source = source
        self._replaced = redactions.replaced
        self._clock = clock
        self._keep_ns = int(keep_s * NS)
        self._retain_at_ns = 0
        self.removed = Removed()
        self._sheets: dict[str, Sheet] = {}
        self._making: tuple[str, Generator[None, None, None]] | None = None
        self.missing_bytes = 0
        """How much room there has to be before the next recording can be finished, 0 if enough."""
        self._to_overwrite: dict[str, set[int]] = {}
        """Columns of closed recordings that must not be seen and that the disk has not taken."""
        self._to_delete: set[Path] = set()
        """Damaged files that may hold what must not be seen."""

    # what there is

    @property
    def waiting(self) -> int:
        """Recordings that are still to be finished, or made anew."""
        return sum(sheet.state == CLOSING for sheet in self._sheets.values())

    @property
    def can_finish(self) -> bool:
        return self.waiting > 0 and not self.missing_bytes

    @property
    def closed(self) -> int:
        return sum(sheet.state == CLOSED for sheet in self._sheets.values())

    @property
    def size_bytes(self) -> int:
        return sum(sheet.bytes for sheet in self._sheets.values())

    @property
    def waiting_redactions(self) -> int:
        return len(self._to_overwrite) + len(self._to_delete)

    def with_state(self, state: str) -> list[Sheet]:
        return [sheet for sheet in self._sheets.values() if sheet.state == state]

    def growing(self, sheet: Sheet) -> Path:
        return recordings.growing_path(self._folder, sheet.name)

    def is_done(self, slot: str, from_n: int, to_n: int) -> bool:
        """Whether these frames of a slot are in a recording that has ended."""
        return any(
            sheet.slot == slot
            and sheet.to_n is not None
            and sheet.from_n < to_n
            and from_n < sheet.to_n
            for sheet in self._sheets.values()
        )

    def is_left_out(self, slot: str) -> bool:
        """Whether the rundown gives this output slate during the slot."""
        day = self._day()
        plans = [*(run.plan for run in day.slots), *day.standby] if day is not None else []
        return any(plan.id == slot and plan.outputs.get(OUTPUT) == "slate" for plan in plans)

    # a recording's life

    def open(self) -> None:
        """Read what is there, and go on with what was not finished. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._sheets = {sheet.name: sheet for sheet in recordings.sheets(self._folder)}
        for path in self._folder.glob(".*.mp4"):
            path.unlink(missing_ok=True)  # what a killed recorder was about to finish

    def new(self, slot: str, audience: str, rendition: str, from_n: int) -> Sheet:
        """The sheet of a recording that begins; not on disk yet."""
        grid = self._stream.grid
        name, count = slot, 1
        while name in self._sheets or recordings.finished_path(self._folder, name).exists():
            count += 1
            name = f"{slot}-{count}"
        day = self._day()
        is_event = day is not None and slot == day.id
        title = next(iter(day.title.values()), slot) if day and is_event else slot_title(day, slot)
        return Sheet(
            name=name,
            slot=slot,
            title=title,
            audience=audience,
            rendition=rendition,
            fps=grid.fps,
            from_n=from_n,
            first_k=grid.part(grid.msn_of(grid.part_of(from_n)), 0),
            begins=grid.utc(from_n).isoformat(timespec="milliseconds"),
        )

    def put(self, sheet: Sheet) -> None:
        """Raises OSError; then the old one stands."""
        replace_json(recordings.sheet_path(self._folder, sheet.name), sheet.record())
        self._sheets[sheet.name] = sheet

    def lose(self, sheet: Sheet) -> None:
        """Its file is not to be had. Raises OSError."""
        recordings.chapters_path(self._folder, sheet.name).unlink(missing_ok=True)
        recordings.sheet_path(self._folder, sheet.name).unlink(missing_ok=True)
        self._sheets.pop(sheet.name, None)

    def close(self, sheet: Sheet, scenes: Sequence[Mapping[str, Any]]) -> None:
        """It has ended; from now on it is finished a slice at a time. Raises OSError."""
        assert sheet.to_n is not None
        found = chapters(scenes, self._day(), sheet.fps)
        marks = [(max(0, chapter.n - sheet.from_n), chapter.title) for chapter in found]
        if not marks or marks[0][0] > 0:
            marks.insert(0, (0, sheet.title))
        inside = [(n, title) for n, title in marks if n < sheet.to_n - sheet.from_n]
        self.put(
            replace(
                sheet,
                length_s=round((sheet.to_n - sheet.from_n) / sheet.fps, 3),
                chapters=tuple((round(n / sheet.fps, 3), title) for n, title in inside[-1000:]),
            )
        )

    def finish_a_slice(self) -> None:
        """Do a little of what is to be finished, overwritten or deleted. Raises OSError."""
        self._overwrite()
        self._retain()
        if self._making is None:
            sheet = next(iter(self.with_state(CLOSING)), None)
            if sheet is None or not self._has_room(sheet):
                return
            self._making = (sheet.name, self._make(sheet))
        try:
            next(self._making[1])
        except StopIteration:
            self._making = None
        except OSError:
            self._making = None
            raise

    def make_room(self) -> None:
        """The disk is full: leave what is half made, delete what may go. Never raises."""
        if self._making is not None:
            self._making[1].close()
            self._making = None
        with contextlib.suppress(OSError):
            self._retain()

    def _has_room(self, sheet: Sheet) -> bool:
        """A finished file is written beside the growing one, which plays as it is meanwhile."""
        room = Room.of(self._folder)
        missing = sheet.bytes + 2 * room.keep_free - room.free
        if missing > 0 and not self.missing_bytes:
            log.error(
                "recording %s is complete and cannot be finished: %d MiB are missing; it plays as "
                "%s meanwhile",
                sheet.name, -(-missing >> 20), self.growing(sheet).name,
            )  # fmt: skip
        self.missing_bytes = max(0, missing)
        return missing <= 0

    def _make(self, sheet: Sheet) -> Generator[None, None, None]:
        """Raises OSError."""
        source = self.growing(sheet)
        target = recordings.finished_path(self._folder, sheet.name)
        is_growing = source.exists()
        if not is_growing and not target.exists():
            log.error("%s is gone: nothing is left to be finished", sheet.name)
            self.lose(sheet)
            return
        replaced, tag = self._taken_back(sheet)
        wanted = self._wanted(sheet, replaced)
        try:
            yield from finish(
                source if is_growing else target, target, wanted, is_growing=is_growing
            )
        except ValueError as error:
            self._set_aside(sheet, source if is_growing else target, error)
            return
        self._note_chapters(sheet)
        grid = self._stream.grid
        last_k = grid.part_of((sheet.to_n or sheet.from_n) - 1)
        counts = parts_of_kinds(read_sent(self._sent), grid.part_of(sheet.from_n), last_k)
        gap_s = counts.get(GAP, 0) * grid.part_s
        slate_s = counts.get(SLATE, 0) * grid.part_s + gap_s
        size = target.stat().st_size
        self.put(
            replace(
                sheet, state=CLOSED, bytes=size, tag=max(tag, sheet.tag),
                slate_s=round(slate_s, 3), gap_s=round(gap_s, 3),
            )
        )  # fmt: skip
        source.unlink(missing_ok=True)
        log.info("recording %s is finished: %.0f s, %d bytes", sheet.name, sheet.length_s, size)

    def _set_aside(self, sheet: Sheet, path: Path, error: ValueError) -> None:
        """A file that somebody else damaged must not keep the others from being finished. One with
        something in it that was taken back could show that: it is deleted."""
        if self._taken_back(sheet)[0]:
            path.unlink(missing_ok=True)
            log.error("recording %s cannot be finished (%s) and is deleted: something in it was "
                      "taken back", sheet.name, error)  # fmt: skip
        else:
            aside = path.with_name(f"{sheet.name}.damaged")
            path.replace(aside)
            log.error("recording %s cannot be finished (%s), now %s", sheet.name, error, aside)
        self.lose(sheet)

    def _wanted(self, sheet: Sheet, replaced: Mapping[int, int]) -> Wanted:
        grid = self._stream.grid
        assert sheet.to_n is not None
        return Wanted(
            first_k=sheet.first_k,
            hidden=sheet.from_n - grid.first_frame(sheet.first_k),
            length=sheet.to_n - sheet.from_n,
            fps=sheet.fps,
            title=sheet.title,
            begins=grid.utc(sheet.from_n),
            chapters=sheet.chapters,
            replaced=replaced,
            slate=lambda track_id, j: self._slate(sheet, track_id, j),
        )

    def _slate(self, sheet: Sheet, track_id: int, j: int) -> bytes:
        track = sheet.rendition if track_id == VIDEO_ID else AUDIO_TRACK
        return self._source.slate(sheet.first_k, j, (track,))[track]

    def _note_chapters(self, sheet: Sheet) -> None:
        path = recordings.chapters_path(self._folder, sheet.name)
        partial = path.with_name(f".{path.name}")
        partial.write_text(webvtt(sheet.chapters, sheet.length_s), encoding="utf-8")
        partial.replace(path)

    # taking back

    def redact(self, columns: Sequence[int]) -> None:
        """Of what has ended. Never raises: what the disk refuses is tried again."""
        for sheet in self._sheets.values():
            touched = {k for k in columns if k in columns_of(sheet, self._stream.grid)}
            if touched and sheet.state != GROWING:
                self._to_overwrite.setdefault(sheet.name, set()).update(touched)
        newly = {k: self._replaced[k] for k in columns if k in self._replaced}
        self._to_delete |= damaged_with(self._folder, newly, self._stream.grid)
        with contextlib.suppress(OSError):
            self._overwrite()

    def recheck(self, replaced: Mapping[int, tuple[int, int]]) -> None:
        for sheet in self._sheets.values():
            newer = [k for k, (_, tag) in replaced.items() if tag > sheet.tag]
            touched = {k for k in newer if k in columns_of(sheet, self._stream.grid)}
            if touched and sheet.state != GROWING:
                self._to_overwrite.setdefault(sheet.name, set()).update(touched)
        self._to_delete |= damaged_with(self._folder, replaced, self._stream.grid)
        with contextlib.suppress(OSError):
            self._overwrite()

    def _overwrite(self) -> None:
        """Zeros over what must not be seen, in place, which needs no room; then make it anew."""
        for path in list(self._to_delete):
            path.unlink(missing_ok=True)
            self._to_delete.discard(path)
            log.warning("%s is deleted: it may hold what was taken back", path.name)
        for name in list(self._to_overwrite):
            sheet = self._sheets[name]
            if self._making is not None and self._making[0] == name:
                self._making[1].close()
                self._making = None
            overwrite(self._folder, sheet, self._to_overwrite[name])
            self.put(replace(sheet, state=CLOSING))
            del self._to_overwrite[name]

    def _taken_back(self, sheet: Sheet) -> tuple[dict[int, int], int]:
        inside = columns_of(sheet, self._stream.grid)
        found = {k: jt for k, jt in self._replaced.items() if k in inside}
        return (
            {k: j for k, (j, _) in found.items()},
            max((tag for _, tag in found.values()), default=0),
        )

    # keeping

    def _retain(self) -> None:
        """Delete what is older than it is to be kept. Raises OSError."""
        now_ns = self._clock.now_ns()
        if now_ns < self._retain_at_ns:
            return
        self._retain_at_ns = now_ns + _RETENTION_EVERY_NS
        for sheet in too_old(self.with_state(CLOSED), self._stream.grid, now_ns - self._keep_ns):
            for path in (
                recordings.finished_path(self._folder, sheet.name),
                recordings.chapters_path(self._folder, sheet.name),
                recordings.sheet_path(self._folder, sheet.name),
            ):
                path.unlink(missing_ok=True)
            del self._sheets[sheet.name]
            self._to_overwrite.pop(sheet.name, None)
            self.removed.note(sheet.name, sheet.bytes)
            log.info("recording %s was kept as long as asked and is deleted", sheet.name)
        for path in self._folder.glob("*.damaged"):
            stat = path.stat()
            if stat.st_mtime_ns < now_ns - self._keep_ns:
                path.unlink(missing_ok=True)
                self.removed.note(path.name, stat.st_size)
                log.info("%s was kept as long as a recording and is deleted", path.name)

    def _day(self) -> Resolved | None:
        try:
            return Resolved.from_json(self._tree.snapshot.read_bytes())
        except (OSError, ValueError):
            return None


def too_old(closed: Sequence[Sheet], grid: Grid, before_ns: int) -> list[Sheet]:
    """Recordings that ended before that instant."""
    return [
        sheet for sheet in closed
        if sheet.to_n is not None and grid.instant_ns(sheet.to_n) < before_ns
    ]  # fmt: skip
