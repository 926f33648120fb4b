"""The boxes we write ourselves (ISO/IEC 14496-12): one moof and one mdat per part.

Pure bytes in, bytes out; used by programme and slate job (writing), gate (restamping) and origin
(codec strings). Init segments come from FFmpeg's muxer. We write parts because PyAV cannot flush
a fragment, and because a part must end exactly where the grid says, with an absolute decode time:
9-25 µs a part, if payloads are memoryviews (`bytes(packet)` alone costs 487 µs at 6 Mb/s).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

Payload = bytes | bytearray | memoryview

_SYNC = 0x02000000  # sample_depends_on = 2: nothing
_NON_SYNC = 0x01010000  # depends on others, is no sync sample
_NON_SYNC_BIT = 0x00010000
_MOST_SAMPLES = 4096
"""More than any part of ours holds: a damaged count must not cost gigabytes."""


class Sample(NamedTuple):
    """One picture, or one AAC frame. `duration` in ticks of its track."""

    payload: Payload
    duration: int
    is_sync: bool


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box lies. `path` names its ancestors (`moof/traf/tfdt`), `body` is its payload."""

    path: str
    start: int
    body: int
    end: int
    """One past the last byte that the box claims; beyond the data if the data was cut."""


@dataclass(frozen=True, slots=True)
class PartHead:
    """What the moof of a part of one track says."""

    sequence: int
    track_id: int
    tfdt: int
    durations: tuple[int, ...]
    sizes: tuple[int, ...]
    syncs: tuple[bool, ...]
    size: int
    """Bytes that moof and mdat claim together."""


def write_part(sequence: int, track_id: int, tfdt: int, samples: Sequence[Sample]) -> bytes:
    """A moof and its mdat. `tfdt` is the decode time of the first sample, in ticks."""
    if not samples:
        raise ValueError("a part holds at least one sample")
    entries: list[int] = []
    total = 0
    for payload, duration, is_sync in samples:
        size = len(payload)
        total += size
        entries += (duration, size, _SYNC if is_sync else _NON_SYNC)
    trun_size = 20 + 4 * len(entries)
    traf_size = 8 + 16 + 20 + trun_size
    moof_size = 8 + 16 + traf_size
    head = struct.pack(
        f">I4s I4sII I4s I4sII I4sIQ I4sIIi {len(entries)}I I4s",
        *(moof_size, b"moof"),
        *(16, b"mfhd", 0, sequence & 0xFFFFFFFF),
        *(traf_size, b"traf"),
        *(16, b"tfhd", 0x020000, track_id),  # default-base-is-moof
        *(20, b"tfdt", 0x01000000, tfdt),  # version 1: 64 bits
        *(trun_size, b"trun", 0x000701, len(samples), moof_size + 8),  # duration, size, flags each
        *entries,
        *(total + 8, b"mdat"),
    )
    return b"".join([head, *(sample.payload for sample in samples)])


def restamp(part: bytes, tfdt: int, sequence: int, track_id: int | None = None) -> bytes:
    """The same part at another decode time (a slate part, put where it is needed), and perhaps as
    a part of another track."""
    copy = bytearray(part)
    tfdt_box, mfhd_box = _find(part, "moof/traf/tfdt"), _find(part, "moof/mfhd")
    if part[tfdt_box.body] != 1:
        raise ValueError("this part's decode time has 32 bits only")
    struct.pack_into(">Q", copy, tfdt_box.body + 4, tfdt)
    struct.pack_into(">I", copy, mfhd_box.body + 4, sequence & 0xFFFFFFFF)
    if track_id is not None:
        struct.pack_into(">I", copy, _find(part, "moof/traf/tfhd").body + 4, track_id)
    return bytes(copy)


def split_parts(data: bytes) -> list[bytes]:
    """The parts that lie one behind the other in `data`; one that is cut short is left out."""
    parts: list[bytes] = []
    begin = at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8 or at + size > len(data):
            break
        at += size
        if kind == b"mdat":
            parts.append(data[begin:at])
            begin = at
    return parts


def begins_with_sync(part_head: bytes) -> bool:
    """Whether a part's first sample is a sync sample. Its first 256 bytes are enough."""
    trun = _find(part_head, "moof/traf/trun")
    flags, _, fields = _trun_fields(part_head, trun)
    at = fields
    if flags & 0x4:  # first-sample-flags-present
        return not _word(part_head, at) & _NON_SYNC_BIT
    if flags & 0x400:
        at += 4 * bool(flags & 0x100) + 4 * bool(flags & 0x200)
        return not _word(part_head, at) & _NON_SYNC_BIT
    return not _default(part_head, 0x20) & _NON_SYNC_BIT


def durations(part: bytes) -> tuple[int, ...]:
    """The durations of a part's samples, in ticks."""
    return read_part(part).durations


def read_part(part: bytes) -> PartHead:
    """What the first moof of `part` says. Raises ValueError if it is no part.

    The bytes up to the mdat's header are enough.
    """
    tfdt_box = _find(part, "moof/traf/tfdt")
    trun = _find(part, "moof/traf/trun")
    flags, count, at = _trun_fields(part, trun)
    if count > _MOST_SAMPLES or tfdt_box.body + 12 > len(part):
        raise ValueError(f"a part of {count} samples, cut short at {len(part)} bytes")
    first_flags = None
    if flags & 0x4:
        first_flags = _word(part, at)
        at += 4
    columns = [
        [0] * count if flags & bit else [default] * count
        for bit, default in (
            (0x100, _default(part, 0x8)),
            (0x200, _default(part, 0x10)),
            (0x400, _default(part, 0x20)),
        )
    ]
    for i in range(count):
        for column, bit in zip(columns, (0x100, 0x200, 0x400), strict=True):
            if flags & bit:
                column[i] = _word(part, at)
                at += 4
        at += 4 * bool(flags & 0x800)
    if first_flags is not None and count:
        columns[2][0] = first_flags
    wide = part[tfdt_box.body] == 1
    return PartHead(
        sequence=_word(part, _find(part, "moof/mfhd").body + 4),
        track_id=_word(part, _find(part, "moof/traf/tfhd").body + 4),
        tfdt=struct.unpack_from(">Q" if wide else ">I", part, tfdt_box.body + 4)[0],
        durations=tuple(columns[0]),
        sizes=tuple(columns[1]),
        syncs=tuple(not word & _NON_SYNC_BIT for word in columns[2]),
        size=_find(part, "mdat").end,
    )


def is_whole_part(part: bytes, tfdt: int, size: int | None = None) -> bool:
    """Whether `part` is one part, all of it, at this decode time: what the gate lets pass.

    With its `size`, the bytes up to the mdat's header are enough.
    """
    size = len(part) if size is None else size
    try:
        head = read_part(part)
    except ValueError:
        return False
    return head.size == size and head.tfdt == tfdt and sum(head.sizes) < size


class Timed(NamedTuple):
    """One picture, or one AAC frame, of a part. `time` in ticks of its track, from the epoch."""

    time: int
    is_sync: bool
    payload: memoryview


def timed_samples(part: bytes) -> Iterator[Timed]:
    """What is in a part, in order, without a copy. Raises ValueError if it is no whole part."""
    head = read_part(part)
    mdat = _find(part, "mdat")
    if mdat.body + sum(head.sizes) > len(part):
        raise ValueError("a part that is cut short")
    view, at, time = memoryview(part), mdat.body, head.tfdt
    for size, duration, is_sync in zip(head.sizes, head.durations, head.syncs, strict=True):
        yield Timed(time, is_sync, view[at : at + size])
        at += size
        time += duration


_CONTAINERS = {
    "moov": 0, "trak": 0, "mdia": 0, "minf": 0, "stbl": 0, "mvex": 0, "moof": 0, "traf": 0,
    "edts": 0, "stsd": 8, "avc1": 78, "mp4a": 28,
}  # fmt: skip
"""Boxes that hold boxes, and how many bytes of their own come first."""


def walk(data: bytes, start: int = 0, end: int | None = None, inside: str = "") -> Iterator[Box]:
    """Every box, parents before children. A box that the data cuts short is still named.

    Raises ValueError where no box can begin.
    """
    end = len(data) if end is None else min(end, len(data))
    at = start
    while at + 8 <= end:
        size, kind_bytes = struct.unpack_from(">I4s", data, at)
        body = at + 8
        if size == 1 and at + 16 <= end:
            size = struct.unpack_from(">Q", data, body)[0]
            body += 8
        elif size == 0:
            size = end - at
        if size < body - at:
            raise ValueError(f"no box at byte {at}: it says it has {size} bytes")
        kind = kind_bytes.decode("latin-1")
        box = Box(f"{inside}/{kind}" if inside else kind, at, body, at + size)
        yield box
        own = _CONTAINERS.get(kind)
        if own is not None:
            yield from walk(data, body + own, box.end, box.path)
        at = box.end


def codec_string(init: bytes) -> str:
    """What CODECS says of an init segment (RFC 6381): `avc1.4d401f`, `mp4a.40.2`."""
    for box in walk(init):
        if box.path.endswith("/avcC"):
            return "avc1." + init[box.body + 1 : box.body + 4].hex()
        if box.path.endswith("/esds"):
            return f"mp4a.40.{_audio_object_type(init[box.body : box.end])}"
    raise ValueError("this init segment names neither H.264 nor AAC")


def configuration(init: bytes) -> bytes:
    """What a decoder must know: the AVCDecoderConfigurationRecord, or the AudioSpecificConfig."""
    for box in walk(init):
        if box.path.endswith("/avcC"):
            return init[box.body : box.end]
        if box.path.endswith("/esds"):
            return _decoder_specific(init[box.body : box.end])
    raise ValueError("this init segment names neither H.264 nor AAC")


def _audio_object_type(esds: bytes) -> int:
    return _decoder_specific(esds)[0] >> 3


def _decoder_specific(esds: bytes) -> bytes:
    """ISO/IEC 14496-1: version and flags, then nested descriptors; 5 is the decoder's own."""
    at = 4
    while at < len(esds):
        tag = esds[at]
        at += 1
        length = 0
        more = True
        while more:  # seven bits a byte
            length = length << 7 | esds[at] & 0x7F
            more = bool(esds[at] & 0x80)
            at += 1
        if tag == 0x05:
            return esds[at : at + length]
        at += {0x03: 3, 0x04: 13}.get(tag, 0)  # step into ES and decoder configuration
    raise ValueError("esds without a decoder specific descriptor")


def _find(data: bytes, path: str) -> Box:
    for box in walk(data):
        if box.path == path:
            return box
    raise ValueError(f"not a part: it has no {path}")


def _trun_fields(data: bytes, trun: Box) -> tuple[int, int, int]:
    """Flags and sample count of a trun, and where its optional fields begin."""
    flags = _word(data, trun.body) & 0xFFFFFF
    return flags, _word(data, trun.body + 4), trun.body + 8 + 4 * (flags & 1)


def _default(data: bytes, bit: int) -> int:
    """A default of the tfhd: 0x8 duration, 0x10 size, 0x20 flags; 0 if it states none."""
    tfhd = _find(data, "moof/traf/tfhd")
    flags = _word(data, tfhd.body) & 0xFFFFFF
    if not flags & bit:
        return 0
    at = tfhd.body + 8 + 8 * bool(flags & 0x1)
    for earlier in (0x2, 0x8, 0x10):
        if earlier < bit:
            at += 4 * bool(flags & earlier)
    return _word(data, at)


def _word(data: bytes, at: int) -> int:
    try:
        return int(struct.unpack_from(">I", data, at)[0])
    except struct.error:
        raise ValueError(f"cut short at byte {at}") from None
