"""The gate's rule: when a column is published, and with what. No clock, no files, no sockets.

In: what has arrived of the next column, the time, and what people did. Out: one `Column` for each
audience, once, in order. The gate process asks it and does what it says; a restarted gate gets the
same rule back from its own `decisions` (`resume`).

- Nothing before due = end + delay. From then on as soon as every track is there; at the deadline,
  end + max(delay, grace), at the latest, with slate for the tracks that are not.
- Blanking and destroying decide all tracks of a column; lateness decides each track by itself.
- Slate begins with its part 0 (an IDR) at any part and again at each segment start. The programme
  hands back at its first part that begins with an IDR, sound at any part; what it made in between
  builds on pictures nobody has seen and is discarded.
- A slot may give slate to the HLS output alone. What viewers then get is decided with the column,
  by the same rule, beside what pushes and recordings of the same audience get.
- Never a gap, always a filler: EXT-X-GAP at the live edge froze hls.js for good (measured).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from orchestrator.bus.decisions import HLS, REAL, Column, SafetyAct
from orchestrator.bus.label import ANY_OUTPUT, STRICTEST, Label
from orchestrator.bus.tree import CLEAN_TRACK
from orchestrator.delivery.safety import Safety, Span, redaction
from orchestrator.delivery.stream import AUDIENCES
from orchestrator.media.house import AUDIO_TRACK
from orchestrator.timing.grid import NS, Grid

GRACE_NS = 400 * NS // 1000
"""How long after its end a part may come at delay 0. hls.js gives up a blocked reload at 1.6 s."""

OPENING_SEGMENTS = 6
"""Segments of slate in front of a stream that begins (Apple 8.11: at least six in a playlist)."""

_NOTHING = -2
"""A track that has carried nothing yet: like slate, only an IDR may follow."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """What lies in the spool of one column; of each track there: does it begin with an IDR?"""

    tracks: Mapping[str, bool] = field(default_factory=dict)
    label: Label | None = None


@dataclass(frozen=True, slots=True)
class Cadence:
    """When columns are due."""

    grid: Grid
    delay_ns: int = 0
    grace_ns: int = GRACE_NS

    def due_ns(self, k: int) -> int:
        return self.grid.part_end_ns(k) + self.delay_ns

    def deadline_ns(self, k: int) -> int:
        return self.grid.part_end_ns(k) + max(self.delay_ns, self.grace_ns)

    def running(self, now_ns: int) -> int:
        """The column that is running for the public."""
        return self.grid.part_of(self.grid.frame_at(now_ns - self.delay_ns))

    def opening(self, now_ns: int) -> int:
        """Where a stream begins: so far before the running segment that a playlist is long enough.

        What lies before now is slate, decided at once. A playlist of one or two segments is legal,
        but Chromium's own player gives up on one ("could not parse"), and Apple asks for six.
        """
        msn = self.grid.msn_of(self.running(now_ns))
        return self.grid.part(msn - OPENING_SEGMENTS, 0)


class Rule:
    """State: the next column, what each track of each audience last carried, what people did."""

    def __init__(
        self,
        cadence: Cadence,
        tracks: Sequence[str],
        audiences: Sequence[str],
        next_k: int,
        *,
        hls_audience: str = "",
    ) -> None:
        """`hls_audience` is the one that HLS reads."""
        self.cadence = cadence
        self.safety = Safety()
        self.redacted: list[Span] = []
        self._tracks = tuple(tracks)
        self._carried = {a: dict.fromkeys(self._tracks, _NOTHING) for a in audiences}
        self._hls_audience = hls_audience
        self._hls = {track: _NOTHING for track in self._tracks if track != CLEAN_TRACK}
        self._next = dict.fromkeys(audiences, next_k)

    @classmethod
    def resume(
        cls,
        cadence: Cadence,
        tracks: Sequence[str],
        audiences: Sequence[str],
        columns: Iterable[Column],
        acts: Iterable[SafetyAct],
        *,
        now_ns: int,
        window_parts: int,
        hls_audience: str = "",
    ) -> Rule:
        """The rule as those decisions left it; a hole longer than the window stays a hole."""
        opening = cadence.opening(now_ns)
        rule = cls(cadence, tracks, audiences, opening, hls_audience=hls_audience)
        seen: dict[str, int] = {}
        for column in columns:
            if column.audience in rule._next:
                seen[column.audience] = column.k + 1
                _take_up(rule._carried[column.audience], column.tracks)
                if column.audience == hls_audience:
                    _take_up(rule._hls, column.for_hls().tracks)
        if seen:  # who died between two audiences owes the last column to the second one
            rule._next = dict.fromkeys(audiences, min(seen.values()) - 1) | seen
        for act in acts:
            rule.act(act)
        if cadence.running(now_ns) - rule.next_k > window_parts:
            safety, redacted = rule.safety, rule.redacted
            next_k = max(opening, rule.next_k)
            rule = cls(cadence, tracks, audiences, next_k, hls_audience=hls_audience)
            rule.safety, rule.redacted = safety, redacted
        return rule

    @property
    def next_k(self) -> int:
        """The next column to be decided."""
        return min(self._next.values())

    @property
    def has_ended(self) -> bool:
        return self.safety.has_ended(self.next_k)

    def act(self, act: SafetyAct) -> None:
        """Let a safety act hold from the next column on."""
        self.safety = self.safety.after(act, self.cadence.grid)
        if act.redacted is None:
            return
        plan = redaction(act.redacted, self.redacted, self.cadence.grid.parts_per_segment)
        self.redacted.append(act.redacted)
        for audience, carried in self._carried.items():
            if self._next[audience] - 1 in plan:
                slate_j = plan[self._next[audience] - 1]
                carried.update(dict.fromkeys(carried, slate_j))
                if audience == self._hls_audience:
                    self._hls.update(dict.fromkeys(self._hls, slate_j))

    def decide(self, now_ns: int, arrived: Arrived) -> list[Column]:
        """The columns to publish now for part `next_k`, one an audience; none while it can wait."""
        k = self.next_k
        if self.has_ended or now_ns < self.cadence.due_ns(k):
            return []
        forced = self.safety.why(k, arrived.label)
        is_complete = forced or all(track in arrived.tracks for track in self._tracks)
        if not is_complete and now_ns < self.cadence.deadline_ns(k):
            return []
        return [
            self._column(audience, k, arrived, forced, now_ns)
            for audience, next_k in self._next.items()
            if next_k == k
        ]

    def _column(self, audience: str, k: int, arrived: Arrived, forced: str, now_ns: int) -> Column:
        label = arrived.label or STRICTEST
        is_strict = _strictness(label.audience) > _strictness(audience)
        if arrived.tracks and is_strict and not forced:
            forced = "audience"
        carried = self._carried[audience]
        independent = self._carry(carried, k, arrived, is_slate=bool(forced))
        self._next[audience] = k + 1
        is_programme = all(carried[track] == REAL for track in self._hls)
        column = Column(
            k=k,
            tracks=dict(carried),
            independent=independent,
            audience=audience,
            late_ms=round((now_ns - self.cadence.due_ns(k)) / 1e6, 1),
            why=forced or ("" if is_programme else "missing"),
            slate_outputs=label.slate_outputs if REAL in carried.values() else (),
        )
        if audience != self._hls_audience:
            return column
        is_left_out = HLS in label.slate_outputs or ANY_OUTPUT in label.slate_outputs
        hls_independent = self._carry(
            self._hls, k, arrived, is_slate=bool(forced) or (bool(arrived.tracks) and is_left_out)
        )
        if all(carried[track] == value for track, value in self._hls.items()):
            return column
        return replace(column, hls_tracks=dict(self._hls), hls_independent=hls_independent)

    def _carry(
        self, carried: dict[str, int], k: int, arrived: Arrived, *, is_slate: bool
    ) -> frozenset[str]:
        """What each track of `carried` shows in column `k`; those that begin with a key picture."""
        is_segment_start = self.cadence.grid.index_of(k) == 0
        independent = set()
        for track in carried:
            is_idr = arrived.tracks.get(track, False) or track == AUDIO_TRACK
            if not is_slate and track in arrived.tracks and (is_idr or carried[track] == REAL):
                carried[track] = REAL
            elif is_segment_start or carried[track] in (REAL, _NOTHING):
                carried[track] = 0
            else:
                carried[track] += 1
            if carried[track] == 0 or (carried[track] == REAL and is_idr) or track == AUDIO_TRACK:
                independent.add(track)
        return frozenset(independent)


def _take_up(carried: dict[str, int], tracks: Mapping[str, int]) -> None:
    """What an earlier gate left; of tracks that there still are."""
    carried.update({track: value for track, value in tracks.items() if track in carried})


def _strictness(audience: str) -> int:
    """A word nobody knows is stricter than all."""
    return AUDIENCES.index(audience) if audience in AUDIENCES else len(AUDIENCES)
