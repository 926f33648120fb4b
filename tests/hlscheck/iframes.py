"""Rules for I-frame playlists (4.4.3.6), and for the bytes that they point at."""

from __future__ import annotations

from collections.abc import Iterator

from . import fmp4
from .finding import Finding
from .m3u8 import Media, Multivariant, Segment

_SECONDS = 0.002


def check_variants(where: str, p: Multivariant) -> Iterator[Finding]:
    """I-frame playlists MUST be there (6.1), one for each picture size, with what it takes."""
    sizes = {v.attrs["RESOLUTION"] for v in p.variants if "RESOLUTION" in v.attrs}
    if {one.get("RESOLUTION") for one in p.iframes} != sizes:
        yield Finding("iframes (6.1)", where, f"not one for each of {sorted(sizes)}")
    for one in p.iframes:
        missing = {"URI", "BANDWIDTH", "CODECS"} - one.keys()
        if missing:
            yield Finding("iframes", where, f"an I-frame variant has no {sorted(missing)}")


def check_playlist(where: str, p: Media, media: Media) -> Iterator[Finding]:
    """By itself, and beside the media playlist of the same rendition."""
    if not p.is_iframes_only or p.version < 4 or not p.map_uri:
        yield Finding("iframes", where, "I-FRAMES-ONLY, version 4 or EXT-X-MAP is missing")
    if p.target != media.target:
        yield Finding("iframes", where, f"target duration {p.target}, elsewhere {media.target}")
    listed = {segment.msn: segment for segment in media.segments if segment.uri}
    shared = 0
    for segment in p.segments:
        if segment.byterange is None or segment.byterange[1] < 0:
            yield Finding("iframes", where, f"{segment.uri} has no range with an offset")
        if segment.parts:
            yield Finding("iframes", where, f"{segment.uri} has parts")
        if round(segment.duration) > p.target:
            yield Finding("iframes", where, f"{segment.uri} is longer than the target duration")
        same = listed.get(segment.msn)
        if same is None:
            continue
        shared += 1
        if (same.uri, same.date) != (segment.uri, segment.date):
            yield Finding("iframes", where, f"{segment.uri} is {same.uri} in the media playlist")
    if not shared:
        yield Finding("iframes", where, "nothing in common with the media playlist")
    for before, after in zip(p.segments, p.segments[1:], strict=False):
        if before.date is None or after.date is None:
            yield Finding("iframes", where, f"{before.uri} or {after.uri} has no date")
        elif abs(after.date - before.date - before.duration) > _SECONDS:
            yield Finding("iframes", where, f"{before.uri} does not last until {after.uri}")


def check_range(
    where: str, segment: Segment, body: bytes, whole: bytes, peak_bps: int
) -> Iterator[Finding]:
    """The range is the segment's own, and ends with the first picture, which is an IDR."""
    length, offset = segment.byterange or (0, 0)
    if body != whole[offset : offset + length] or len(body) != length:
        yield Finding("iframes", where, f"{segment.uri}: the range is not that of the segment")
    try:
        end, is_sync = fmp4.first_sample(body)
    except ValueError as error:
        yield Finding("iframes", where, f"{segment.uri}: {error}")
        return
    if not is_sync or end != length:
        what = f"{segment.uri}: range ends at {length}, the picture at {end}, IDR: {is_sync}"
        yield Finding("iframes", where, what)
    if length * 8 / segment.duration > peak_bps:
        yield Finding("iframes", where, f"{segment.uri}: {length} bytes exceed BANDWIDTH")
