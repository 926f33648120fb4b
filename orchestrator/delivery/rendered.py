"""The playlists of one stream, rendered and compressed once per part for all who wait.

On the origin's loop. A rendering is good for one revision of the shelf.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from orchestrator.delivery.blocking import SkipKind
from orchestrator.delivery.guide import Guide
from orchestrator.delivery.iframes import IFrame, iframe_bytes, render_iframes
from orchestrator.delivery.playlists import (
    DateRange,
    IFrameVariant,
    MediaPlaylist,
    Part,
    Segment,
    Shape,
    Skip,
    Sound,
    Variant,
    render_multivariant,
)
from orchestrator.delivery.shelf import Shelf
from orchestrator.delivery.stream import Stream
from orchestrator.media.house import AUDIO_BITRATE_BPS, AUDIO_TRACK

_FIRST_BPS = 2_000_000
"""Players begin with the first variant (Apple: about 2000 kb/s by default)."""

_PEAK = Fraction(5, 4)
"""BANDWIDTH over AVERAGE-BANDWIDTH: what rate control lets one segment take."""

_MIN_SEGMENTS = 6


@dataclass(frozen=True, slots=True)
class Rendered:
    plain: bytes
    packed: bytes

    @classmethod
    def of(cls, text: str) -> Rendered:
        plain = text.encode()
        return cls(plain, gzip.compress(plain, 1, mtime=0))


class Playlists:
    """Everything the origin answers with text."""

    def __init__(
        self, stream: Stream, shelf: Shelf, guide: Guide, codecs: dict[str, str], language: str
    ) -> None:
        self._stream = stream
        self._grid = stream.grid
        self._shelf = shelf
        self._guide = guide
        self._shape = Shape(
            Fraction(self._grid.part_frames, self._grid.fps),
            Fraction(self._grid.segment_frames, self._grid.fps),
        )
        self._codecs = codecs
        self._language = language
        self._revision = -1
        self._cache: dict[tuple[str, str], Rendered] = {}
        self._iframe_bytes: dict[tuple[str, int, int], int] = {}
        self._removed: dict[str, float] = {}
        self._shown: dict[str, DateRange] = {}

    @property
    def target_s(self) -> int:
        return self._shape.target_s

    def media(self, track: str, skip: SkipKind) -> Rendered:
        """The newest playlist of a track."""
        self._renew()
        key = (track, skip)
        if key not in self._cache:
            self._cache[key] = Rendered.of(self._media(track, skip).render())
        return self._cache[key]

    def iframes(self, track: str) -> Rendered | None:
        """The I-frame playlist of a video track, with whole segments only; None while there are
        none."""
        self._renew()
        key = (track, "iframes")
        if key not in self._cache:
            iframes = self._iframes(track)
            if not iframes:
                return None
            text = render_iframes(self._shape, iframes, has_ended=self._shelf.has_ended)
            self._cache[key] = Rendered.of(text)
        return self._cache[key]

    @cached_property
    def multivariant(self) -> Rendered:
        return self._multivariant("live.m3u8", self._iframe_variants("iframes.m3u8"))

    @cached_property
    def dvr_multivariant(self) -> Rendered:
        return self._multivariant("dvr.m3u8")

    def _multivariant(self, playlist: str, iframes: Sequence[IFrameVariant] = ()) -> Rendered:
        """Begins with the variant nearest to 2 Mb/s, then from the best down."""
        variants = []
        for rendition in self._stream.ladder:
            average = rendition.bitrate_bps + AUDIO_BITRATE_BPS
            variants.append(
                Variant(
                    uri=f"{rendition.name}/{playlist}",
                    width=rendition.width,
                    height=rendition.height,
                    fps=self._grid.fps,
                    average_bps=average,
                    peak_bps=int(average * _PEAK),
                    codecs=f"{self._codecs[rendition.name]},{self._codecs[AUDIO_TRACK]}",
                )
            )
        first = min(variants, key=lambda v: abs(v.average_bps - _FIRST_BPS))
        rest = sorted((v for v in variants if v is not first), key=lambda v: -v.average_bps)
        return Rendered.of(render_multivariant([first, *rest], self._sound(playlist), iframes))

    def _sound(self, playlist: str) -> Sound:
        return Sound(
            uri=f"{AUDIO_TRACK}/{playlist}",
            language=self._language,
            average_bps=AUDIO_BITRATE_BPS,
            peak_bps=int(AUDIO_BITRATE_BPS * _PEAK),
            codec=self._codecs[AUDIO_TRACK],
        )

    def _iframe_variants(self, playlist: str) -> list[IFrameVariant]:
        """An IDR has at most the second of bits that the encoder's buffer holds."""
        segment_s = self._grid.segment_s
        return [
            IFrameVariant(
                uri=f"{rendition.name}/{playlist}",
                width=rendition.width,
                height=rendition.height,
                average_bps=int(rendition.bitrate_bps / segment_s / 4),
                peak_bps=int(rendition.bitrate_bps / segment_s),
                codec=self._codecs[rendition.name],
            )
            for rendition in self._stream.ladder
        ]

    def _renew(self) -> None:
        """Forget what was rendered of an earlier revision."""
        if self._revision != self._shelf.revision:
            self._revision = self._shelf.revision
            self._cache.clear()
            self._note_dateranges()

    def _media(self, track: str, skip: SkipKind) -> MediaPlaylist:
        segments = self._segments(track)
        skipped = self._skippable(segments) if skip else 0
        next_k = self._shelf.last_k + 1
        return MediaPlaylist(
            shape=self._shape,
            segments=segments,
            hint=f"{self._grid.msn_of(next_k)}.{self._grid.index_of(next_k)}.m4s",
            reports=[f"../{t}/live.m3u8" for t in self._stream.tracks if t != track],
            dateranges=list(self._shown.values()),
            has_ended=self._shelf.has_ended,
            skip=self._skip(skip, skipped) if skipped else None,
        )

    @property
    def _first_msn(self) -> int:
        """A segment that leaves the playlist stays fetchable as long again as the playlist is."""
        pps = self._grid.parts_per_segment
        length = max(_MIN_SEGMENTS, int(self._stream.window_parts / 2 / pps))
        whole = -(-self._shelf.first_k // pps)
        return max(whole, self._grid.msn_of(self._shelf.last_k + 1) - length)

    def _segments(self, track: str) -> list[Segment]:
        pps = self._grid.parts_per_segment
        last_k = self._shelf.last_k
        segments = []
        for msn in range(self._first_msn, self._grid.msn_of(last_k) + 1):
            ks = range(msn * pps, min(msn * pps + pps, last_k + 1))
            parts = tuple(self._part(track, msn, k) for k in ks)
            tag = self._shelf.tag_of_segment(msn)
            name = f"{msn}.r{tag}.m4s" if tag else f"{msn}.m4s"
            segments.append(
                Segment(
                    msn,
                    self._grid.utc(self._grid.first_frame(msn * pps)),
                    parts,
                    name if len(parts) == pps else "",
                )
            )
        return segments

    def _iframes(self, track: str) -> list[IFrame]:
        """Of a segment that is being taken back, and has no slate yet, none is listed, nor what
        comes before it: numbers must not have holes."""
        found: list[IFrame] = []
        sizes: dict[tuple[str, int, int], int] = {}
        for segment in self._segments(track):
            if not segment.uri:
                continue
            key = (track, segment.msn, self._shelf.tag_of_segment(segment.msn))
            size = self._iframe_bytes.get(key) or self._read_iframe(track, segment.msn)
            if not size:
                found.clear()
                continue
            sizes[key] = size
            found.append(IFrame(segment.msn, segment.start, segment.uri, size))
        self._iframe_bytes = {
            key: size for key, size in self._iframe_bytes.items() if key[0] != track
        } | sizes
        return found

    def _read_iframe(self, track: str, msn: int) -> int:
        head = self._shelf.head(track, self._grid.part(msn, 0))
        try:
            return iframe_bytes(head) if head else 0
        except ValueError:
            return 0

    def _part(self, track: str, msn: int, k: int) -> Part:
        column = self._shelf.column(k)
        tag = f".r{column.tag}" if column and column.tag else ""
        is_independent = track == AUDIO_TRACK or (
            column is not None and track in column.independent
        )
        return Part(f"{msn}.{self._grid.index_of(k)}{tag}.m4s", is_independent)

    def _skippable(self, segments: Sequence[Segment]) -> int:
        """How many segments lie wholly beyond the Skip Boundary.

        A look-back renames segments; a player must hear of that, so none is skipped from the first
        renamed one on.
        """
        left = sum(len(segment.parts) for segment in segments) * self._shape.part_s
        for i, segment in enumerate(segments):
            left -= self._shape.segment_s
            if left < self._shape.skip_until_s or self._shelf.tag_of_segment(segment.msn):
                return i
        return 0

    def _skip(self, kind: SkipKind, count: int) -> Skip:
        if kind != "v2":
            return Skip(count)
        boundary = self._grid.utc(self._public_n - self._grid.frames(self._shape.skip_until_s))
        return Skip(count, boundary, tuple(self._removed))

    @property
    def _public_n(self) -> int:
        """The first frame that is not public."""
        return self._grid.first_frame(self._shelf.last_k + 1)

    def _note_dateranges(self) -> None:
        """Keep the list of slots shown, and for a while those that left it."""
        pps = self._grid.parts_per_segment
        first_n = self._grid.first_frame(self._first_msn * pps)
        shown = {d.id: d for d in self._guide.dateranges(first_n, self._public_n)}
        now_s = self._public_n / self._grid.fps
        for gone in self._shown.keys() - shown.keys():
            self._removed[gone] = now_s
        recent = now_s - 2 * self._shape.skip_until_s
        self._removed = {
            i: at for i, at in self._removed.items() if at >= recent and i not in shown
        }
        self._shown = shown
