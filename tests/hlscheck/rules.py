"""Rules for one playlist by itself."""

from __future__ import annotations

from collections.abc import Iterator

from .finding import Finding
from .m3u8 import Media, Multivariant, Variant, instant

_MS = 0.002


def check_media(where: str, playlist: Media) -> Iterator[Finding]:
    """What a single media playlist must be, whole or delta."""
    for rule, broken in _media_rules(playlist):
        yield Finding(rule, where, broken)


def _media_rules(p: Media) -> Iterator[tuple[str, str]]:
    yield from _control(p)
    yield from _parts(p)
    yield from _dates(p)
    yield from _end(p)
    needed = 9 if p.skip else 6
    if p.skip and "RECENTLY-REMOVED-DATERANGES" in p.skip:
        needed = 10
    if p.version < needed:
        yield "version", f"EXT-X-VERSION {p.version}, needs {needed}"
    if not p.map_uri:
        yield "map", "fMP4 segments without EXT-X-MAP"
    if not p.is_independent:
        yield "independent-segments", "EXT-X-INDEPENDENT-SEGMENTS is missing"
    for segment in p.segments:
        if segment.uri and round(segment.duration) > p.target:
            yield "extinf", f"{segment.uri} of {segment.duration} s exceeds {p.target} s"
        if segment.duration > p.target + 0.5:
            yield "extinf (7.7)", f"{segment.uri} exceeds the target by more than 0.5 s"
        if segment.is_gap or segment.is_discontinuity:
            yield "seamless", f"segment {segment.msn} is a gap or a discontinuity"
    if p.skipped + sum(1 for s in p.segments if s.uri) < 6:
        yield "length (8.11)", f"{len(p.segments)} segments, at least six are asked for"


def _control(p: Media) -> Iterator[tuple[str, str]]:
    control = p.control
    if control.get("CAN-BLOCK-RELOAD") != "YES":
        yield "can-block-reload", "not advertised"
    if "HOLD-BACK" in control and float(control["HOLD-BACK"]) < 3 * p.target:
        yield "hold-back", f"{control['HOLD-BACK']} < 3 × {p.target}"
    if "CAN-SKIP-UNTIL" in control and float(control["CAN-SKIP-UNTIL"]) < 6 * p.target:
        yield "can-skip-until", f"{control['CAN-SKIP-UNTIL']} < 6 × {p.target}"
    if "CAN-SKIP-DATERANGES" in control and "CAN-SKIP-UNTIL" not in control:
        yield "can-skip-dateranges", "without CAN-SKIP-UNTIL"
    if p.part_target is None:
        yield "part-inf", "missing"
    elif "PART-HOLD-BACK" not in control:
        yield "part-hold-back", "missing"
    elif float(control["PART-HOLD-BACK"]) < 3 * p.part_target - 1e-9:
        yield "part-hold-back (14.3)", f"{control['PART-HOLD-BACK']} < 3 × {p.part_target}"


def _parts(p: Media) -> Iterator[tuple[str, str]]:
    target = p.part_target or 0
    behind = 0.0
    for segment in reversed(p.segments):
        is_whole = segment.uri is not None
        for i, part in enumerate(segment.parts):
            is_last = is_whole and i == len(segment.parts) - 1
            if part.duration > target + 1e-9:
                yield "part-target", f"{part.uri} of {part.duration} s is longer than {target} s"
            if part.duration < 0.85 * target and not (part.is_independent or is_last):
                yield "part-85", f"{part.uri} of {part.duration} s is shorter than 85 %"
            if "GAP" in part.attrs or "BYTERANGE" in part.attrs:
                yield "seamless", f"{part.uri} is a gap or a byte range"
        total = sum(part.duration for part in segment.parts)
        if is_whole and segment.parts and abs(total - segment.duration) > _MS:
            yield "parts-sum", f"parts of {segment.uri} are {total} s, EXTINF {segment.duration} s"
        length = segment.duration if is_whole else total
        if segment.parts and behind + length > 3 * p.target + _MS and behind > 0:
            yield "part-removal", f"parts of {segment.msn} are {behind + length} s from the end"
        behind += length


def _dates(p: Media) -> Iterator[tuple[str, str]]:
    for before, after in zip(p.segments, p.segments[1:], strict=False):
        if before.date is None or after.date is None:
            yield "date (8.4)", f"segment {before.msn} or {after.msn} has no date"
        elif abs(after.date - before.date - before.duration) > _MS:
            yield "date", f"{after.msn} begins {after.date - before.date:.3f} s after {before.msn}"
    seen: dict[str, dict[str, str]] = {}
    for daterange in p.dateranges:
        name = daterange.get("ID", "")
        if "START-DATE" not in daterange or not name:
            yield "daterange", f"{daterange} lacks ID or START-DATE"
            continue
        start = instant(daterange["START-DATE"])
        if "END-DATE" in daterange and instant(daterange["END-DATE"]) < start:
            yield "daterange", f"{name} ends before it starts"
        clash = seen.setdefault(name, daterange)
        if any(clash[key] != value for key, value in daterange.items() if key in clash):
            yield "daterange", f"{name} is there twice with different values"


def _end(p: Media) -> Iterator[tuple[str, str]]:
    if p.has_ended:
        if p.hints:
            yield "hint", "a hint in a playlist that has ended"
        return
    kinds = [hint.get("TYPE") for hint in p.hints]
    if kinds != ["PART"]:
        yield "hint", f"hints are {kinds}, expected one for a part"
        return
    uri = p.hints[0].get("URI", "")
    if any(uri == part.uri for segment in p.segments for part in segment.parts):
        yield "hint", f"{uri} is there already"


def check_multivariant(where: str, p: Multivariant) -> Iterator[Finding]:
    """Each variant has CODECS, RESOLUTION, FRAME-RATE, both bandwidths (9.1, 9.2, 9.14, 9.15)."""
    of_all = ("BANDWIDTH", "AVERAGE-BANDWIDTH", "CODECS", "AUDIO")
    of_pictures = ("RESOLUTION", "FRAME-RATE")
    sounds = {media.get("URI") for media in p.media if media.get("TYPE") == "AUDIO"}
    if not any(_has_video(variant) for variant in p.variants[:1]):
        yield Finding("variant", where, "players would begin with the sound alone")
    for variant in p.variants:
        if not _has_video(variant):
            if variant.uri not in sounds:
                yield Finding("sound-only", where, f"{variant.uri} is in no audio group")
            if any(name in variant.attrs for name in of_pictures):
                yield Finding("sound-only", where, f"{variant.uri} has a size or a frame rate")
        for name in of_all + of_pictures * _has_video(variant):
            if name not in variant.attrs:
                yield Finding("variant", where, f"{variant.uri} has no {name}")
        if int(variant.attrs.get("AVERAGE-BANDWIDTH", 0)) > int(variant.attrs.get("BANDWIDTH", 0)):
            yield Finding("variant", where, f"{variant.uri}: average above peak")
    groups = {media["GROUP-ID"] for media in p.media if media.get("TYPE") == "AUDIO"}
    for variant in p.variants:
        if variant.attrs.get("AUDIO") not in groups:
            yield Finding("variant", where, f"{variant.uri} names a group there is not")
    for media in p.media:
        if media.get("TYPE") == "AUDIO" and "LANGUAGE" not in media:
            yield Finding("language", where, f"{media.get('NAME')} has no LANGUAGE")
    if "#EXT-X-INDEPENDENT-SEGMENTS" not in p.tags:
        yield Finding("independent-segments", where, "missing")


def _has_video(variant: Variant) -> bool:
    codecs = variant.attrs.get("CODECS", "avc1").split(",")
    return not all(codec.startswith("mp4a") for codec in codecs)
