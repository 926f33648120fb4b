"""Rules between one version of a playlist and the next: what may change and what may not."""

from __future__ import annotations

from collections.abc import Iterator

from .finding import Finding
from .m3u8 import Media, Segment

_CONSTANT = ("version", "target", "control", "part_target", "map_uri", "is_independent")


class NotMergeable(ValueError):
    """A delta update skips segments that the older playlist does not have."""


def merge(delta: Media, older: Media) -> list[Segment]:
    """The whole list of segments that a client has after a delta update."""
    known = {segment.msn: segment for segment in older.segments}
    try:
        skipped = [known[delta.sequence + i] for i in range(delta.skipped)]
    except KeyError as error:
        raise NotMergeable(f"segment {error} was skipped but is not known") from error
    return skipped + delta.segments


class History:
    """What one media playlist has said so far."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._last: Media | None = None
        self._segments: dict[int, Segment] = {}
        self._dateranges: dict[str, dict[str, str]] = {}

    @property
    def last(self) -> Media | None:
        return self._last

    def add(self, p: Media) -> Iterator[Finding]:
        """Take the next whole playlist; what is wrong between it and the ones before."""
        for rule, what in self._compare(p):
            yield Finding(rule, self._where, what)
        self._last = p
        for segment in p.segments:
            self._segments[segment.msn] = segment
        self._dateranges |= {daterange.get("ID", ""): daterange for daterange in p.dateranges}
        oldest = p.sequence - 50
        self._segments = {msn: s for msn, s in self._segments.items() if msn >= oldest}

    def _compare(self, p: Media) -> Iterator[tuple[str, str]]:
        before = self._last
        if before is None:
            return
        for name in _CONSTANT:
            old, new = getattr(before, name), getattr(p, name)
            if old != new:
                yield "constant", f"{name} changed from {old} to {new}"
        if p.sequence < before.sequence:
            yield "msn", f"EXT-X-MEDIA-SEQUENCE went back from {before.sequence} to {p.sequence}"
        if p.sequence > before.segments[-1].msn:
            yield (
                "msn",
                f"a hole: {before.segments[-1].msn} was the last, {p.sequence} is the first",
            )
        if p.last < before.last:
            yield "msn", f"the end went back from {before.last} to {p.last}"
        if before.has_ended and p.text != before.text:
            yield "endlist", "a playlist that has ended changed"
        for segment in p.segments:
            yield from self._same(segment)
        yield from self._hint(before, p)
        yield from self._same_dateranges(p)

    def _same(self, segment: Segment) -> Iterator[tuple[str, str]]:
        old = self._segments.get(segment.msn)
        if old is None:
            return
        if old.uri and (old.uri, old.duration) != (segment.uri, segment.duration):
            yield "immutable", f"segment {segment.msn} was {old.uri}, is {segment.uri}"
        if old.date is not None and old.date != segment.date:
            yield "immutable", f"the date of segment {segment.msn} changed"
        for was, is_now in zip(old.parts, segment.parts, strict=False):
            if was != is_now:
                yield "immutable", f"part {was.uri} became {is_now.uri} or changed"

    def _hint(self, before: Media, p: Media) -> Iterator[tuple[str, str]]:
        """The URI of a hint must be that of the part that comes."""
        msn, index = before.last
        is_whole = before.segments[-1].uri is not None
        following = (msn + 1, 0) if is_whole else (msn, index + 1)
        part = _part_at(p, following)
        if before.hints and part and part != before.hints[0].get("URI"):
            yield "hint", f"{before.hints[0].get('URI')} was promised, {part} came"

    def _same_dateranges(self, p: Media) -> Iterator[tuple[str, str]]:
        for daterange in p.dateranges:
            old = self._dateranges.get(daterange.get("ID", ""), {})
            for key, value in old.items():
                if daterange.get(key) != value:
                    yield "daterange", f"{key} of {daterange.get('ID')} changed"


def _part_at(p: Media, place: tuple[int, int]) -> str | None:
    for segment in p.segments:
        if segment.msn == place[0] and place[1] < len(segment.parts):
            return segment.parts[place[1]].uri
    return None
