"""Reads playlists into records. Written from the draft, not from our writer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^",]*)(?:,|$)')


class NotAPlaylist(ValueError):
    """The text cannot be read at all."""


def attributes(text: str) -> dict[str, str]:
    """An attribute list; quotes are taken off."""
    return {name: value.strip('"') for name, value in _ATTRIBUTE.findall(text)}


def instant(text: str) -> float:
    """An ISO 8601 date as seconds since the epoch."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


@dataclass(slots=True)
class Part:
    uri: str
    duration: float
    is_independent: bool
    attrs: dict[str, str]


@dataclass(slots=True)
class Segment:
    msn: int
    parts: list[Part] = field(default_factory=list)
    uri: str | None = None
    """None while it is still growing."""
    duration: float = 0.0
    date: float | None = None
    is_gap: bool = False
    is_discontinuity: bool = False
    byterange: tuple[int, int] | None = None
    """Length and offset."""


@dataclass(slots=True)
class Media:
    text: str
    version: int = 1
    target: int = 0
    sequence: int = 0
    control: dict[str, str] = field(default_factory=dict)
    part_target: float | None = None
    map_uri: str | None = None
    segments: list[Segment] = field(default_factory=list)
    hints: list[dict[str, str]] = field(default_factory=list)
    reports: list[dict[str, str]] = field(default_factory=list)
    dateranges: list[dict[str, str]] = field(default_factory=list)
    skip: dict[str, str] | None = None
    has_ended: bool = False
    is_independent: bool = False
    is_iframes_only: bool = False
    tags: list[str] = field(default_factory=list)

    @property
    def skipped(self) -> int:
        return int(self.skip["SKIPPED-SEGMENTS"]) if self.skip else 0

    @property
    def last(self) -> tuple[int, int]:
        """Media sequence number and part index of the last part (-1: parts not listed)."""
        segment = self.segments[-1]
        return segment.msn, len(segment.parts) - 1


@dataclass(slots=True)
class Variant:
    uri: str
    attrs: dict[str, str]


@dataclass(slots=True)
class Multivariant:
    text: str
    variants: list[Variant]
    media: list[dict[str, str]]
    iframes: list[dict[str, str]]
    tags: list[str]


def parse_multivariant(text: str) -> Multivariant:
    lines = _lines(text)
    variants, media, iframes, pending = [], [], [], None
    for line in lines:
        tag, _, rest = line.partition(":")
        if tag == "#EXT-X-MEDIA":
            media.append(attributes(rest))
        elif tag == "#EXT-X-STREAM-INF":
            pending = attributes(rest)
        elif tag == "#EXT-X-I-FRAME-STREAM-INF":
            iframes.append(attributes(rest))
        elif not line.startswith("#") and pending is not None:
            variants.append(Variant(line, pending))
            pending = None
    if not variants:
        raise NotAPlaylist("a multivariant playlist without variants")
    return Multivariant(text, variants, media, iframes, [line.partition(":")[0] for line in lines])


def parse_media(text: str) -> Media:
    playlist = Media(text)
    lines = _lines(text)
    playlist.tags = [line.partition(":")[0] for line in lines]
    reader = _Reader(playlist)
    for line in lines:
        reader.read(line)
    reader.finish()
    if not playlist.segments:
        raise NotAPlaylist("a media playlist without segments")
    return playlist


def _lines(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if line]
    if not lines or lines[0] != "#EXTM3U":
        raise NotAPlaylist("EXTM3U is not the first line")
    return lines


class _Reader:
    """Keeps what belongs to the next segment until its URI comes."""

    def __init__(self, playlist: Media) -> None:
        self._playlist = playlist
        self._next = Segment(0)
        self._has_extinf = False

    def read(self, line: str) -> None:
        tag, _, rest = line.partition(":")
        playlist, segment = self._playlist, self._next
        match tag:
            case "#EXT-X-VERSION":
                playlist.version = int(rest)
            case "#EXT-X-TARGETDURATION":
                playlist.target = int(rest)
            case "#EXT-X-MEDIA-SEQUENCE":
                playlist.sequence = int(rest)
            case "#EXT-X-SERVER-CONTROL":
                playlist.control = attributes(rest)
            case "#EXT-X-PART-INF":
                playlist.part_target = float(attributes(rest)["PART-TARGET"])
            case "#EXT-X-MAP":
                playlist.map_uri = attributes(rest)["URI"]
            case "#EXT-X-SKIP":
                playlist.skip = attributes(rest)
            case "#EXT-X-DATERANGE":
                playlist.dateranges.append(attributes(rest))
            case "#EXT-X-PRELOAD-HINT":
                playlist.hints.append(attributes(rest))
            case "#EXT-X-RENDITION-REPORT":
                playlist.reports.append(attributes(rest))
            case "#EXT-X-INDEPENDENT-SEGMENTS":
                playlist.is_independent = True
            case "#EXT-X-I-FRAMES-ONLY":
                playlist.is_iframes_only = True
            case "#EXT-X-BYTERANGE":
                length, _, offset = rest.partition("@")
                segment.byterange = int(length), int(offset or -1)
            case "#EXT-X-ENDLIST":
                playlist.has_ended = True
            case "#EXT-X-PROGRAM-DATE-TIME":
                segment.date = instant(rest)
            case "#EXT-X-GAP":
                segment.is_gap = True
            case "#EXT-X-DISCONTINUITY":
                segment.is_discontinuity = True
            case "#EXT-X-PART":
                a = attributes(rest)
                is_independent = a.get("INDEPENDENT") == "YES"
                segment.parts.append(Part(a["URI"], float(a["DURATION"]), is_independent, a))
            case "#EXTINF":
                segment.duration = float(rest.split(",")[0])
                self._has_extinf = True
            case _ if not line.startswith("#"):
                if not self._has_extinf:
                    raise NotAPlaylist(f"{line} has no EXTINF")
                segment.uri = line
                self._take()

    def finish(self) -> None:
        if self._next.parts:
            self._take()

    def _take(self) -> None:
        playlist = self._playlist
        self._next.msn = playlist.sequence + playlist.skipped + len(playlist.segments)
        playlist.segments.append(self._next)
        self._next = Segment(0)
        self._has_extinf = False
