"""Rules for the bytes of one track: time stamps, sync samples, segments against their parts."""

from __future__ import annotations

from collections.abc import Iterator

from . import fmp4
from .finding import Finding
from .m3u8 import Part, Segment

_SECONDS = 0.002
_SHORT_TICKS = 0.001


class Track:
    """One rendition's media, in the order of its parts."""

    def __init__(self, where: str, init: bytes, *, is_audio: bool) -> None:
        self._where = where
        self._init = init
        self._is_audio = is_audio
        self._scale = fmp4.timescale(init)
        self.codec = fmp4.codec(init)
        self._next_place: tuple[int, int] | None = None
        self._next_tfdt = 0
        self._bytes: dict[int, list[bytes]] = {}
        self._ticks: dict[int, int] = {}
        self.starts: dict[int, float] = {}
        """Seconds at which each segment begins, by its own time stamps."""
        self._offset: float | None = None
        self.parts = 0

    def check_init(self, again: bytes) -> Iterator[Finding]:
        if again != self._init:
            yield Finding("init", self._where, "the init segment changed")

    def part(self, segment: Segment, index: int, part: Part, body: bytes) -> Iterator[Finding]:
        """The next part; parts come in order."""
        for rule, what in self._part(segment, index, part, body):
            yield Finding(rule, self._where, f"{part.uri}: {what}")

    def _part(
        self, segment: Segment, index: int, part: Part, body: bytes
    ) -> Iterator[tuple[str, str]]:
        self.parts += 1
        try:
            fragments = fmp4.fragments(body)
        except ValueError as error:
            yield "boxes", str(error)
            return
        place = (segment.msn, index)
        tfdt = fragments[0].tfdt
        if place == self._next_place and tfdt != self._next_tfdt:
            yield "tfdt", f"begins at {tfdt}, the one before ended at {self._next_tfdt}"
        ticks = sum(fragment.duration for fragment in fragments)
        if abs(ticks / self._scale - part.duration) > _SECONDS:
            yield "part-duration", f"holds {ticks / self._scale:.4f} s, says {part.duration} s"
        if self._is_short(part.duration, ticks):
            yield "drift", f"{part.duration} s is rounded down from {ticks} ticks"
        is_sync = fragments[0].begins_with_sync
        if not self._is_audio and part.is_independent != is_sync:
            yield "independent", f"INDEPENDENT={part.is_independent}, begins with IDR: {is_sync}"
        if index == 0:
            if not is_sync:
                yield "independent-segments", "a segment does not begin with an IDR"
            self.starts[segment.msn] = tfdt / self._scale
            yield from self._date(segment)
        self._next_place, self._next_tfdt = (segment.msn, index + 1), tfdt + ticks
        self._bytes.setdefault(segment.msn, []).append(body)
        self._ticks[segment.msn] = self._ticks.get(segment.msn, 0) + ticks

    def _is_short(self, duration: float, ticks: int) -> bool:
        """No rule of the draft, but shaka drops pictures when lengths sum up to less than they are.

        Each time it finds a segment's place before the one it had worked out, it moves the time
        stamps, and the browser then drops everything up to the next IDR.
        """
        return duration * self._scale < ticks - _SHORT_TICKS

    def _date(self, segment: Segment) -> Iterator[tuple[str, str]]:
        if segment.date is None:
            return
        offset = self.starts[segment.msn] - segment.date
        if self._offset is None:
            self._offset = offset
        elif abs(offset - self._offset) > _SECONDS:
            yield "date-media", f"date and time stamps drifted by {offset - self._offset:.4f} s"

    def end_segment(self, msn: int) -> None:
        """The next part is the first of the next segment."""
        if self._next_place and self._next_place[0] == msn:
            self._next_place = (msn + 1, 0)

    def segment(self, segment: Segment, body: bytes, peak_bps: int | None) -> Iterator[Finding]:
        """A whole segment holds what its parts held, within its peak rate (1.29)."""
        parts = self._bytes.pop(segment.msn, [])
        ticks = self._ticks.pop(segment.msn, 0)
        if len(parts) == len(segment.parts) and parts:
            if b"".join(parts) != body:
                yield Finding(
                    "parts-segment", self._where, f"{segment.uri} is not its parts joined"
                )
            if self._is_short(segment.duration, ticks):
                what = f"{segment.uri}: {segment.duration} s is rounded down from {ticks} ticks"
                yield Finding("drift", self._where, what)
        rate = len(body) * 8 / segment.duration
        if peak_bps and rate > 1.25 * peak_bps:
            yield Finding("bandwidth (1.29)", self._where, f"{segment.uri} runs at {rate:.0f} b/s")


def check_alignment(tracks: dict[str, Track]) -> Iterator[Finding]:
    """A segment begins at the same instant in every rendition."""
    msns = set.intersection(*(set(track.starts) for track in tracks.values()))
    for msn in sorted(msns):
        starts = {name: track.starts[msn] for name, track in tracks.items()}
        if max(starts.values()) - min(starts.values()) > _SECONDS:
            yield Finding("alignment", str(msn), f"segments begin apart: {starts}")
    if not msns:
        yield Finding("alignment", "all", "no segment was seen in every rendition")
