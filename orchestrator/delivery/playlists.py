"""HLS playlists as text (draft-pantos-hls-rfc8216bis-22, version 10). Typed records in, text out.

Pure; used by the origin. URIs are relative to the playlist. Lengths are fractions of a second that
decimals cannot always hold; they are rounded up, parts to microseconds, segments to nanoseconds.
Rounded down they are too short by the same amount each time, and a player that adds them up falls
behind the time stamps: shaka 5.2 then moves its time stamps at every other part, and the browser
throws away what builds on pictures before the move, up to the next segment (measured: a third of
all pictures). Parts are a little longer than that, so that within a segment its sum only gains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import ceil

VERSION = 10
HOLD_BACK_TARGETS = 3  # HOLD-BACK >= 3 × TARGETDURATION
SKIP_TARGETS = 6  # CAN-SKIP-UNTIL >= 6 × TARGETDURATION
PART_HOLD_BACK_PARTS = 3  # PART-HOLD-BACK >= 3 × PART-TARGET (Apple 14.3)
KEEP_PARTS_TARGETS = 3  # EXT-X-PART no further than that from the end
_WHOLE_WITH_PARTS = 2

PLAYLIST_TYPE = "application/vnd.apple.mpegurl"


@dataclass(frozen=True, slots=True)
class Part:
    uri: str
    is_independent: bool


@dataclass(frozen=True, slots=True)
class Segment:
    """`uri` is empty while the segment is still growing; `parts` are those there are."""

    msn: int
    start: datetime
    parts: tuple[Part, ...]
    uri: str = ""


@dataclass(frozen=True, slots=True)
class DateRange:
    """A slot of the event, as players may show it. `end` once it is over."""

    id: str
    cls: str
    start: datetime
    title: str
    end: datetime | None = None

    @property
    def changed(self) -> datetime:
        """When the tag last gained something."""
        return self.end or self.start


@dataclass(frozen=True, slots=True)
class Skip:
    """A delta update: leave out the first `segments`. With v2, older date ranges as well."""

    segments: int
    dateranges_before: datetime | None = None
    removed: tuple[str, ...] = ()
    """IDs that recently left the playlist (v2)."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What never changes while a stream has its name."""

    part_s: Fraction
    segment_s: Fraction

    @property
    def target_s(self) -> int:
        """EXT-X-TARGETDURATION: every EXTINF, rounded, is at most this."""
        return int(self.segment_s + Fraction(1, 2))

    @property
    def part_target(self) -> str:
        return rounded_up(self.part_s)

    @property
    def extinf(self) -> str:
        return f"#EXTINF:{rounded_up(self.segment_s, 9)},"

    @property
    def skip_until_s(self) -> int:
        return SKIP_TARGETS * self.target_s

    def head(self) -> list[str]:
        hold_back = rounded_up(HOLD_BACK_TARGETS * max(Fraction(self.target_s), self.segment_s))
        return [
            "#EXTM3U",
            f"#EXT-X-VERSION:{VERSION}",
            f"#EXT-X-TARGETDURATION:{self.target_s}",
            "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,"
            f"CAN-SKIP-UNTIL={self.skip_until_s},CAN-SKIP-DATERANGES=YES,HOLD-BACK={hold_back},"
            f"PART-HOLD-BACK={rounded_up(Fraction(self.part_target) * PART_HOLD_BACK_PARTS)}",
            f"#EXT-X-PART-INF:PART-TARGET={self.part_target}",
        ]


@dataclass(frozen=True, slots=True)
class MediaPlaylist:
    """One rendition's playlist at one moment."""

    shape: Shape
    segments: Sequence[Segment]
    hint: str
    """URI of the part that comes next."""
    reports: Sequence[str]
    """Relative URIs of all other media playlists; they always stand at the same part."""
    dateranges: Sequence[DateRange] = ()
    has_ended: bool = False
    skip: Skip | None = None

    def render(self) -> str:
        shape = self.shape
        lines = shape.head()
        lines.append(f"#EXT-X-MEDIA-SEQUENCE:{self.segments[0].msn}")
        lines += ["#EXT-X-INDEPENDENT-SEGMENTS", '#EXT-X-MAP:URI="init.mp4"']
        if self.skip:
            lines.append(skip_tag(self.skip))
        before = self.skip.dateranges_before if self.skip else None
        lines += [daterange_tag(d) for d in self.dateranges if not before or d.changed >= before]
        first = self.skip.segments if self.skip else 0
        keep_from = len(self.segments) - self._with_parts()
        for i, segment in enumerate(self.segments[first:], first):
            lines += self._segment(segment, with_parts=i >= keep_from and not self.has_ended)
        if self.has_ended:
            lines.append("#EXT-X-ENDLIST")
        else:
            lines.append(f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{self.hint}"')
            lines += [self._report(uri) for uri in self.reports]
        return "\n".join(lines) + "\n"

    def _segment(self, segment: Segment, *, with_parts: bool) -> list[str]:
        lines = [f"#EXT-X-PROGRAM-DATE-TIME:{iso(segment.start)}"]
        if with_parts:
            length = self.shape.part_target
            lines += [
                f'#EXT-X-PART:DURATION={length},URI="{part.uri}"'
                + (",INDEPENDENT=YES" if part.is_independent else "")
                for part in segment.parts
            ]
        if segment.uri:
            lines += [self.shape.extinf, segment.uri]
        return lines

    def _with_parts(self) -> int:
        """How many of the last segments keep their parts: none beyond three target durations.

        Nor are there more than two whole ones: hls-parser counts in segments, the one that the hint
        begins among them, where the draft counts in seconds.
        """
        reach = Fraction(KEEP_PARTS_TARGETS * self.shape.target_s)
        growing = 0 if self.segments[-1].uri else 1
        left = reach - growing * len(self.segments[-1].parts) * self.shape.part_s
        return growing + min(_WHOLE_WITH_PARTS, max(1, int(left / self.shape.segment_s)))

    def _report(self, uri: str) -> str:
        last = self.segments[-1]
        return (
            f'#EXT-X-RENDITION-REPORT:URI="{uri}",LAST-MSN={last.msn},'
            f"LAST-PART={len(last.parts) - 1}"
        )


@dataclass(frozen=True, slots=True)
class Variant:
    """One video rendition together with the sound."""

    uri: str
    width: int
    height: int
    fps: int
    average_bps: int
    peak_bps: int
    codecs: str


@dataclass(frozen=True, slots=True)
class IFrameVariant:
    """The I-frames of one video rendition, for scrubbing."""

    uri: str
    width: int
    height: int
    average_bps: int
    peak_bps: int
    codec: str


@dataclass(frozen=True, slots=True)
class Sound:
    """The audio rendition: the group of every variant, and a variant by itself for weak links."""

    uri: str
    language: str
    average_bps: int
    peak_bps: int
    codec: str


def render_multivariant(
    variants: Sequence[Variant], sound: Sound, iframes: Sequence[IFrameVariant] = ()
) -> str:
    """The playlist of playlists: one audio group, and a variant for each rendition.

    Last comes the sound alone: what a player falls back on when not even the lowest rendition gets
    through. Its URI is that of the audio group, so that nobody loads it twice.
    """
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Programme",LANGUAGE="{sound.language}",'
        f'DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="{sound.uri}"',
    ]
    for variant in variants:
        lines += [
            f"#EXT-X-STREAM-INF:BANDWIDTH={variant.peak_bps},"
            f"AVERAGE-BANDWIDTH={variant.average_bps},"
            f"RESOLUTION={variant.width}x{variant.height},FRAME-RATE={variant.fps}.000,"
            f'CODECS="{variant.codecs}",AUDIO="sound",CLOSED-CAPTIONS=NONE',
            variant.uri,
        ]
    lines += [
        f"#EXT-X-STREAM-INF:BANDWIDTH={sound.peak_bps},AVERAGE-BANDWIDTH={sound.average_bps},"
        f'CODECS="{sound.codec}",AUDIO="sound",CLOSED-CAPTIONS=NONE',
        sound.uri,
    ]
    lines += [
        f"#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH={one.peak_bps},AVERAGE-BANDWIDTH={one.average_bps},"
        f'RESOLUTION={one.width}x{one.height},CODECS="{one.codec}",URI="{one.uri}"'
        for one in iframes
    ]
    return "\n".join(lines) + "\n"


def iso(instant: datetime) -> str:
    """`2026-11-24T18:57:12.533Z`."""
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def skip_tag(skip: Skip) -> str:
    tag = f"#EXT-X-SKIP:SKIPPED-SEGMENTS={skip.segments}"
    if skip.dateranges_before is None:
        return tag
    return tag + ',RECENTLY-REMOVED-DATERANGES="' + "\t".join(skip.removed) + '"'


def daterange_tag(daterange: DateRange) -> str:
    tag = (
        f'#EXT-X-DATERANGE:ID="{daterange.id}",CLASS="{daterange.cls}",'
        f'START-DATE="{iso(daterange.start)}",X-TITLE="{_quotable(daterange.title)}"'
    )
    return tag + (f',END-DATE="{iso(daterange.end)}"' if daterange.end else "")


def _quotable(text: str) -> str:
    """A quoted string holds neither quotes nor line breaks."""
    return " ".join(text.replace('"', "″").split())


def rounded_up(seconds: Fraction, digits: int = 6) -> str:
    whole, rest = divmod(ceil(seconds * 10**digits), 10**digits)
    text = f"{whole}.{rest:0{digits}d}".rstrip("0")
    return text + "0" if text.endswith(".") else text
