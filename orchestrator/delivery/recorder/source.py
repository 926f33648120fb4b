"""What is public for one audience, column by column, with slate in place of what is not to be had.

The worker's thread. The recorder's sinks take whole live segments from here, and never a hole: a
column that was taken back, or that nobody published, or that the public window has lost by now, is
slate at its own decode time. The programme hands back at the first column in which every picture
track begins with an IDR, as at the gate.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.bus.decisions import NOT_FOR_OUTPUT, REAL, Column, SafetyAct
from orchestrator.bus.sent import GAP, SLATE
from orchestrator.bus.sent import REAL as SENT_REAL
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery.publictree import SlateParts
from orchestrator.delivery.safety import Span, redaction
from orchestrator.delivery.stream import Stream
from orchestrator.media.boxes import is_whole_part, restamp, split_parts

log = logging.getLogger(__name__)

_MARGIN_PARTS = 64


class NotThereYet(Exception):
    """Decided, about to be linked: look again at the next knock."""


@dataclass(frozen=True, slots=True)
class Filled:
    """One column as it goes to disk. `tag` is that of the look-back that took it back, or 0."""

    k: int
    parts: Mapping[str, bytes]
    what: str
    why: str = ""
    tag: int = 0


class Redactions:
    """Every column that was ever taken back: which slate part replaces it, by which act."""

    def __init__(self, parts_per_segment: int) -> None:
        self._parts_per_segment = parts_per_segment
        self._spans: list[Span] = []
        self._known: set[tuple[int, str]] = set()
        self.replaced: dict[int, tuple[int, int]] = {}
        """k: (slate part, tag)"""

    def take(self, act: SafetyAct) -> list[int]:
        """The columns that `act` takes back now; none if it was known."""
        key = (act.at_ns, act.act)
        if act.redacted is None or key in self._known:
            return []
        self._known.add(key)
        plan = redaction(act.redacted, self._spans, self._parts_per_segment)
        self._spans.append(act.redacted)
        self.replaced.update({k: (j, act.tag) for k, j in plan.items()})
        return sorted(plan)


class Source:
    """The columns of one audience. `take` what was decided, `fill` what is to be written.

    With `is_hls` they are what HLS has of them: slate in slots that are not for it.
    """

    def __init__(
        self,
        tree: LiveTree,
        stream: Stream,
        audience: str,
        slate: SlateParts,
        redactions: Redactions,
        *,
        is_hls: bool = False,
    ) -> None:
        self._tree = tree
        self._is_hls = is_hls
        self._stream = stream
        self._slate = slate
        self._redactions = redactions
        self._kept = stream.window_parts + _MARGIN_PARTS
        self._columns: dict[int, Column] = {}
        self.audience = audience
        self.newest_k = -1
        self.damaged_parts = 0
        """Public parts that were not whole when they were read."""

    @property
    def oldest_k(self) -> int | None:
        """The oldest column that is remembered: what lies before can only be slate."""
        return next(iter(self._columns), None)

    def take(self, column: Column) -> None:
        if column.k <= self.newest_k:
            return
        self._columns[column.k] = column.for_hls() if self._is_hls else column
        self.newest_k = column.k
        while self._columns and (oldest := next(iter(self._columns))) < column.k - self._kept:
            del self._columns[oldest]

    def newer_than(self, k: int) -> list[Column]:
        """The columns decided after `k`, as far back as they are remembered."""
        if k >= self.newest_k:
            return []
        return [column for column in self._columns.values() if column.k > k]

    def fill(
        self, ks: range, tracks: Sequence[str], *, output: str = "", slate_before_k: int = 0
    ) -> list[Filled]:
        """Columns `ks`, which begin with a live segment. Raises NotThereYet, or OSError.

        What the rundown does not give to `output`, and whatever lies before `slate_before_k`, is
        slate, too.
        """
        filled: list[Filled] = []
        gap_j = -1
        for k in ks:
            column = self._columns.get(k)
            parts = None
            what, why = GAP, _why_gone(column)
            if k in self._redactions.replaced:
                parts, what, why = self._taken_back(k, tracks), SLATE, "privacy"
            elif output and column is not None and column.is_slate_for(output):
                what, why = SLATE, NOT_FOR_OUTPUT
            elif column is not None and k < slate_before_k:
                what, why = SLATE, "what was on air before is for another audience"
            elif column is not None and (gap_j < 0 or column.independent.issuperset(tracks)):
                parts = self._read(column, tracks)
                if parts is not None:
                    is_real = all(column.tracks.get(track) == REAL for track in tracks)
                    what, why = (SENT_REAL, "") if is_real else (SLATE, column.why or "missing")
            elif filled:
                what, why = filled[-1].what, filled[-1].why  # until the next key picture
            if parts is None:
                gap_j = 0 if gap_j < 0 or self._stream.grid.index_of(k) == 0 else gap_j + 1
                parts = self.slate(k, gap_j, tracks)
            else:
                gap_j = -1
            filled.append(Filled(k, parts, what, why, self._redactions.replaced.get(k, (0, 0))[1]))
        return filled

    def with_slate(self, ks: range, bodies: Mapping[str, bytes]) -> tuple[dict[str, bytes], int]:
        """Files that hold columns `ks`, with slate where columns were taken back since; and the
        tag they are to carry. A file that is not whole is slate from end to end."""
        replaced = self._redactions.replaced
        first_of_segment = self._stream.grid.parts_per_segment
        result = {}
        for track, body in bodies.items():
            parts = split_parts(body)
            is_whole = len(parts) == len(ks)
            result[track] = b"".join(
                self.slate(k, replaced[k][0], (track,))[track]
                if k in replaced
                else parts[i]
                if is_whole
                else self.slate(k, k % first_of_segment, (track,))[track]
                for i, k in enumerate(ks)
            )
        return result, max((replaced[k][1] for k in ks if k in replaced), default=0)

    def slate(self, k: int, j: int, tracks: Sequence[str]) -> dict[str, bytes]:
        """Slate part `j` at the decode time of column `k`."""
        return {
            track: restamp(self._slate[track, j], self._stream.tfdt(track, k), k)
            for track in tracks
        }

    def _taken_back(self, k: int, tracks: Sequence[str]) -> dict[str, bytes]:
        return self.slate(k, self._redactions.replaced[k][0], tracks)

    def _read(self, column: Column, tracks: Sequence[str]) -> dict[str, bytes] | None:
        """None if it has left the window, is being taken back this moment, or is damaged."""
        try:
            parts = {
                track: self._tree.public_part(
                    self._stream.grid, column.folder, track, column.k
                ).read_bytes()
                for track in tracks
            }
        except FileNotFoundError:
            if column.k == self.newest_k:
                raise NotThereYet from None
            return None
        damaged = [
            track
            for track, part in parts.items()
            if not is_whole_part(part, self._stream.tfdt(track, column.k))
        ]
        if not damaged:
            return parts
        self.damaged_parts += len(damaged)
        log.error(
            "%s part %d is damaged; slate is kept in its place until the next key picture",
            ", ".join(damaged),
            column.k,
        )
        return None


def _why_gone(column: Column | None) -> str:
    return "nothing was published" if column is None else "gone from the public window, or damaged"
