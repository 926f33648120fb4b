"""Makes an MP4 of any length out of a short loop without copying it: its tables point back.

An MP4 says for each chunk where in the file it lies. Nothing forbids naming the same bytes again,
so a 45-minute clip is one 24-second loop and a table of offsets: 8 MB instead of 900. ffmpeg,
PyAV and browsers play and seek in it as in any other (ISO/IEC 14496-12 §8.7.5). Pure.

A chunk is 16 pictures or 25 AAC frames, which are equally long at 30 fps.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import av

from orchestrator.media.boxes import Box, walk
from orchestrator.timing.grid import AAC_SAMPLES, Grid


@dataclass(frozen=True, slots=True)
class _Track:
    """One pass of one track, and how long its repetition is to be, in samples."""

    box: Box
    payloads: tuple[bytes, ...]
    syncs: tuple[int, ...]
    """Numbers of the sync samples within a pass, from 0; empty when all are."""
    per_chunk: int
    ticks: int
    count: int


def repeat(loop: Path, out: Path, frames: int, grid: Grid) -> None:
    """Write `out`: `loop` (an MP4 of H.264 without B-pictures, and AAC) over `frames` pictures.

    Raises ValueError if the loop is not a whole number of chunks.
    """
    source = loop.read_bytes()
    boxes = list(walk(source))
    picture_track, sound_track = (b for b in boxes if b.path == "moov/trak")
    pictures, syncs, sounds = _packets(loop)
    if len(pictures) % grid.part_frames or len(sounds) % grid.aac_per_part:
        raise ValueError(f"{loop.name} is no whole number of {grid.part_frames} pictures")
    timescale = _word(source, _child(boxes, picture_track, "mdia/mdhd").body + 12)
    tracks = (
        _Track(picture_track, pictures, syncs, grid.part_frames, timescale // grid.fps, frames),
        _Track(
            sound_track, sounds, (), grid.aac_per_part, AAC_SAMPLES,
            frames * grid.samples_per_frame // AAC_SAMPLES,
        ),
    )  # fmt: skip
    ftyp = next(source[b.start : b.end] for b in boxes if b.path == "ftyp")
    data: list[bytes] = []
    offsets: tuple[list[int], list[int]] = ([], [])
    at = len(ftyp) + 8
    for pair in zip(*map(_chunks, tracks), strict=True):
        for where, chunk in zip(offsets, pair, strict=True):
            where.append(at)
            data.append(chunk)
            at += len(chunk)
    duration_ms = frames * 1000 // grid.fps
    traks = [
        _trak(source, boxes, track, where, duration_ms)
        for track, where in zip(tracks, offsets, strict=True)
    ]
    mvhd = next(b for b in boxes if b.path == "moov/mvhd")
    head = bytearray(source[mvhd.start : mvhd.end])
    struct.pack_into(">II", head, 20, 1000, duration_ms)
    partial = out.with_name(f".{out.name}.part")
    partial.write_bytes(b"".join([ftyp, _box(b"mdat", *data), _box(b"moov", bytes(head), *traks)]))
    partial.replace(out)


def _packets(loop: Path) -> tuple[tuple[bytes, ...], tuple[int, ...], tuple[bytes, ...]]:
    """Payloads of the pictures, numbers of the IDRs among them, payloads of the sound."""
    pictures: list[bytes] = []
    syncs: list[int] = []
    sounds: list[bytes] = []
    with av.open(str(loop)) as container:
        for packet in container.demux():
            if not packet.size:
                continue
            if packet.stream.type == "video":
                if packet.is_keyframe:
                    syncs.append(len(pictures))
                pictures.append(bytes(packet))
            else:
                sounds.append(bytes(packet))
    return tuple(pictures), tuple(syncs), tuple(sounds)


def _chunks(track: _Track) -> list[bytes]:
    size = track.per_chunk
    return [b"".join(track.payloads[i : i + size]) for i in range(0, len(track.payloads), size)]


def _trak(
    source: bytes, boxes: Sequence[Box], track: _Track, offsets: Sequence[int], duration_ms: int
) -> bytes:
    """The track's box with new tables and durations, without the edit list."""
    tkhd = bytearray(_bytes(source, _child(boxes, track.box, "tkhd")))
    struct.pack_into(">I", tkhd, 28, duration_ms)
    mdhd = bytearray(_bytes(source, _child(boxes, track.box, "mdia/mdhd")))
    struct.pack_into(">I", mdhd, 24, track.count * track.ticks)
    hdlr = _bytes(source, _child(boxes, track.box, "mdia/hdlr"))
    kept = [
        _bytes(source, box)
        for box in boxes
        if _is_within(box, track.box)
        and box.path.count("/") == 4
        and box.path.rpartition("/")[2] in ("vmhd", "smhd", "dinf")
    ]
    stsd = _bytes(source, _child(boxes, track.box, "mdia/minf/stbl/stsd"))
    minf = _box(b"minf", *kept, _box(b"stbl", stsd, *_tables(track, offsets)))
    return _box(b"trak", bytes(tkhd), _box(b"mdia", bytes(mdhd), hdlr, minf))


def _tables(track: _Track, offsets: Sequence[int]) -> Iterable[bytes]:
    whole, rest = divmod(track.count, track.per_chunk)
    chunks = whole + bool(rest)
    sizes = [len(payload) for payload in track.payloads]
    passes = -(-track.count // len(sizes))
    yield _full(b"stts", [1, track.count, track.ticks])
    if track.syncs:
        numbers = [p * len(sizes) + s + 1 for p in range(passes) for s in track.syncs]
        numbers = [number for number in numbers if number <= track.count]
        yield _full(b"stss", [len(numbers), *numbers])
    runs = [1, track.per_chunk, 1] if whole else []
    if rest:
        runs += [whole + 1, rest, 1]
    yield _full(b"stsc", [len(runs) // 3, *runs])
    yield _full(b"stsz", [0, track.count, *(sizes * passes)[: track.count]])
    yield _full(b"stco", [chunks, *(list(offsets) * (chunks // len(offsets) + 1))[:chunks]])


def _child(boxes: Sequence[Box], parent: Box, path: str) -> Box:
    wanted = f"{parent.path}/{path}"
    return next(box for box in boxes if box.path == wanted and _is_within(box, parent))


def _is_within(box: Box, parent: Box) -> bool:
    return parent.body <= box.start < parent.end


def _bytes(source: bytes, box: Box) -> bytes:
    return source[box.start : box.end]


def _box(kind: bytes, *content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, content)), kind) + b"".join(content)


def _full(kind: bytes, words: Sequence[int]) -> bytes:
    return _box(kind, bytes(4), struct.pack(f">{len(words)}I", *words))


def _word(data: bytes, at: int) -> int:
    return int(struct.unpack_from(">I", data, at)[0])
