"""The little of ISO/IEC 14496-12 that the checker needs, read from the standard."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fragment:
    """One moof with its mdat."""

    tfdt: int
    duration: int
    begins_with_sync: bool


def _boxes(data: bytes, at: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    end = len(data) if end is None else end
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8 or at + size > end:
            raise ValueError(f"box {kind!r} of {size} bytes does not fit")
        yield kind, at + 8, at + size
        at += size
    if at != end:
        raise ValueError("bytes left over behind the last box")


def _child(data: bytes, path: list[bytes], at: int, end: int) -> tuple[int, int]:
    for kind, start, stop in _boxes(data, at, end):
        if kind == path[0]:
            return (start, stop) if len(path) == 1 else _child(data, path[1:], start, stop)
    raise ValueError(f"no {path[0]!r}")


def fragments(data: bytes) -> list[Fragment]:
    """All fragments of a part or a segment. Raises ValueError if it is not made of whole ones."""
    found = []
    expected_mdat = False
    for kind, start, stop in _boxes(data):
        if kind == b"moof":
            found.append(_moof(data, start, stop))
            expected_mdat = True
        elif kind == b"mdat":
            if not expected_mdat:
                raise ValueError("mdat without moof")
            expected_mdat = False
    if expected_mdat or not found:
        raise ValueError("no whole fragment")
    return found


def first_sample(data: bytes) -> tuple[int, bool]:
    """Where the first sample of the first moof ends, and whether it is a sync sample.

    The data may end before the mdat does.
    """
    size, kind = struct.unpack_from(">I4s", data, 0)
    if kind != b"moof" or size > len(data):
        raise ValueError("does not begin with a whole moof")
    at, end = _child(data, [b"traf"], 8, size)
    trun_at, _ = _child(data, [b"trun"], at, end)
    flags = struct.unpack_from(">I", data, trun_at)[0] & 0xFFFFFF
    if flags & 0x201 != 0x201:
        raise ValueError("the trun has no data offset, or no sizes")
    offset = struct.unpack_from(">i", data, trun_at + 8)[0]
    at = trun_at + 12 + (4 if flags & 4 else 0) + (4 if flags & 0x100 else 0)
    first = struct.unpack_from(">I", data, at)[0]
    return offset + int(first), _moof(data, 8, size).begins_with_sync


def _moof(data: bytes, start: int, stop: int) -> Fragment:
    at, end = _child(data, [b"traf"], start, stop)
    tfdt_at, _ = _child(data, [b"tfdt"], at, end)
    wide = data[tfdt_at] == 1
    tfdt = struct.unpack_from(">Q" if wide else ">I", data, tfdt_at + 4)[0]
    tfhd_at, _ = _child(data, [b"tfhd"], at, end)
    default_duration, default_flags = _tfhd(data, tfhd_at)
    trun_at, _ = _child(data, [b"trun"], at, end)
    flags, count = struct.unpack_from(">II", data, trun_at)
    flags &= 0xFFFFFF
    at = trun_at + 8 + (4 if flags & 1 else 0)
    first_flags = None
    if flags & 4:
        first_flags = struct.unpack_from(">I", data, at)[0]
        at += 4
    duration = 0
    for i in range(count):
        length = default_duration
        sample_flags = default_flags
        if flags & 0x100:
            length = struct.unpack_from(">I", data, at)[0]
            at += 4
        if flags & 0x200:
            at += 4
        if flags & 0x400:
            sample_flags = struct.unpack_from(">I", data, at)[0]
            at += 4
        if flags & 0x800:
            at += 4
        if i == 0 and first_flags is None:
            first_flags = sample_flags
        duration += length
    return Fragment(tfdt, duration, not (first_flags or 0) & 0x10000)


def _tfhd(data: bytes, at: int) -> tuple[int, int]:
    flags = struct.unpack_from(">I", data, at)[0] & 0xFFFFFF
    at += 8 + (8 if flags & 1 else 0) + (4 if flags & 2 else 0)
    duration = sample_flags = 0
    if flags & 8:
        duration = struct.unpack_from(">I", data, at)[0]
        at += 4
    if flags & 0x10:
        at += 4
    if flags & 0x20:
        sample_flags = struct.unpack_from(">I", data, at)[0]
    return duration, sample_flags


def timescale(init: bytes) -> int:
    """Ticks a second of the first track."""
    at, _ = _child(init, [b"moov", b"trak", b"mdia", b"mdhd"], 0, len(init))
    return int(struct.unpack_from(">I", init, at + (20 if init[at] == 1 else 12))[0])


def codec(init: bytes) -> str:
    """What CODECS should say (RFC 6381)."""
    at = init.find(b"avcC")
    if at >= 0:
        return "avc1." + init[at + 5 : at + 8].hex()
    return "mp4a.40.2" if b"mp4a" in init else ""
