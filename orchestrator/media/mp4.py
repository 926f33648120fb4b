"""The boxes of a recording (ISO/IEC 14496-12): one moov over a track of pictures and one of sound.

Pure bytes in, bytes out; used by the recorder. A recording that grows is fragmented, its parts as
they were published; a finished one has one `moov` with all sample tables in front of its `mdat`
(faststart), one chunk a part. Pictures before the slot's first frame, which the decoder needs from
the key picture on, lie before the edit list's beginning: no player shows them.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from orchestrator.media.boxes import Box, walk

VIDEO_ID, AUDIO_ID, CHAPTER_ID = 1, 2, 3
MOVIE_TIMESCALE = 3000
"""Whole pictures at 25 and 30 fps, and 16 days in 32 bits."""

FTYP = struct.pack(
    ">I4s4sI4s4s4s4s", 32, b"ftyp", b"isom", 0x200, b"isom", b"iso6", b"avc1", b"mp41"
)
_CHAPTER_TIMESCALE = 1000
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_MAC_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
_UNDETERMINED = 0x55C4  # "und", packed
_32_BITS = 1 << 32


@dataclass(frozen=True, slots=True)
class Kind:
    """What a decoder must know of a track, as boxes that are carried along unread."""

    timescale: int
    size: bytes
    """Width and height as in the tkhd, 16.16 each; zeros for sound."""
    handler: bytes
    """The hdlr."""
    media_header: bytes
    """The vmhd, smhd or gmhd."""
    data: bytes
    """The dinf."""
    samples: bytes
    """The stsd."""

    @classmethod
    def of(cls, init: bytes) -> Kind:
        """The only track of an init segment. Raises ValueError if it holds none."""
        return next(iter(kinds_of(init).values()))


def kinds_of(moov: bytes) -> dict[int, Kind]:
    """The tracks of a movie by their id. Raises ValueError if it holds none."""
    found: dict[int, dict[str, bytes]] = {}
    at = 0
    for box in walk(moov):
        name = box.path.rpartition("/")[2]
        if name == "tkhd":
            at = struct.unpack_from(">I", moov, box.body + (20 if moov[box.body] else 12))[0]
            found[at] = {}
        if at and name in ("tkhd", "mdhd", "hdlr", "vmhd", "smhd", "gmhd", "dinf", "stsd"):
            found[at].setdefault(name, moov[box.start : box.end])
    if not found:
        raise ValueError("there is no track in it")
    return {track: _kind(boxes) for track, boxes in found.items()}


def _kind(boxes: dict[str, bytes]) -> Kind:
    try:
        mdhd = boxes["mdhd"]
        return Kind(
            timescale=struct.unpack_from(">I", mdhd, 28 if mdhd[8] else 20)[0],
            size=boxes["tkhd"][-8:],
            handler=boxes["hdlr"],
            media_header=next(boxes[name] for name in ("vmhd", "smhd", "gmhd") if name in boxes),
            data=boxes["dinf"],
            samples=boxes["stsd"],
        )
    except (KeyError, StopIteration, struct.error) as error:
        raise ValueError(f"a track without {error}") from error


@dataclass(slots=True)
class Samples:
    """The sample tables of one track, filled chunk by chunk; `offsets` when it is laid out."""

    sizes: array[int] = field(default_factory=lambda: array("I"))
    durations: list[list[int]] = field(default_factory=list)
    """Runs: [how many samples, ticks of each]."""
    syncs: array[int] = field(default_factory=lambda: array("I"))
    """Numbers, from 1, of samples that a decoder can begin with."""
    chunk_samples: array[int] = field(default_factory=lambda: array("I"))
    chunk_bytes: array[int] = field(default_factory=lambda: array("Q"))
    offsets: array[int] = field(default_factory=lambda: array("Q"))
    length: int = 0
    """Ticks of all samples."""

    def add(self, sizes: Sequence[int], durations: Sequence[int], syncs: Sequence[bool]) -> None:
        """One chunk of at least one sample."""
        for ticks, is_sync, number in zip(
            durations, syncs, range(len(self.sizes) + 1, len(self.sizes) + 1 + len(sizes)),
            strict=True,
        ):  # fmt: skip
            if self.durations and self.durations[-1][1] == ticks:
                self.durations[-1][0] += 1
            else:
                self.durations.append([1, ticks])
            if is_sync:
                self.syncs.append(number)
            self.length += ticks
        self.sizes.extend(sizes)
        self.chunk_samples.append(len(sizes))
        self.chunk_bytes.append(sum(sizes))


@dataclass(frozen=True, slots=True)
class Track:
    """A track of a movie. `samples` is None while its samples come in fragments.

    `hidden` are ticks at its beginning that no player shows, `length` ticks after those.
    """

    id: int
    kind: Kind
    hidden: int = 0
    length: int = 0
    samples: Samples | None = None
    chapters_in: int | None = None
    is_enabled: bool = True


def movie(tracks: Sequence[Track], *, title: str, begins: datetime) -> bytes:
    """The moov. Of a fragmented file, if no track has samples."""
    seconds = int((begins - _MAC_EPOCH).total_seconds())
    longest = max(_in_movie(track) for track in tracks)
    mvhd = _full(
        b"mvhd", 0, 0,
        struct.pack(">IIIIIH10x", seconds % _32_BITS, seconds % _32_BITS, MOVIE_TIMESCALE, longest,
                    0x10000, 0x100),
        _MATRIX, bytes(24), struct.pack(">I", max(track.id for track in tracks) + 1),
    )  # fmt: skip
    boxes = [mvhd, *(_trak(track, seconds % _32_BITS) for track in tracks)]
    if all(track.samples is None for track in tracks):
        boxes.append(_box(b"mvex", *(_trex(track.id) for track in tracks)))
    return _box(b"moov", *boxes, _title(title))


def chapter_track(chapters: Sequence[tuple[int, str]], length_ms: int) -> tuple[Track, bytes]:
    """Chapters as a text track, which QuickTime, ffmpeg, VLC and mpv read, and its samples.

    `chapters` are (milliseconds from the beginning, title), the first at 0, in order.
    """
    samples = Samples()
    texts = []
    ends = [at for at, _ in chapters[1:]] + [length_ms]
    for (at, title), end in zip(chapters, ends, strict=True):
        text = title.encode()[:1000].decode(errors="ignore").encode()
        texts.append(struct.pack(">H", len(text)) + text + struct.pack(">I4sI", 12, b"encd", 0x100))
        samples.add([len(texts[-1])], [max(1, end - at)], [True])
    samples.chunk_samples = array("I", [len(texts)])
    samples.chunk_bytes = array("Q", [sum(map(len, texts))])
    samples.syncs = array("I", range(1, len(texts) + 1))
    kind = Kind(
        _CHAPTER_TIMESCALE,
        bytes(8),
        _full(b"hdlr", 0, 0, bytes(4), b"text", bytes(12), b"Chapters\0"),
        _box(b"gmhd", _full(b"gmin", 0, 0, struct.pack(">HHHHHH", 0x40, 0x8000, 0x8000, 0x8000,
                                                      0, 0)),
             _box(b"text", struct.pack(">HIIIIIIIIH", 1, 0, 0, 0, 1, 0, 0, 0, 0x4000, 0))),
        _box(b"dinf", _full(b"dref", 0, 0, struct.pack(">I", 1), _full(b"url ", 0, 1))),
        _full(b"stsd", 0, 0, struct.pack(">I", 1),
              _box(b"text", bytes(6), struct.pack(">H", 1), bytes(7), b"\1", bytes(35))),
    )  # fmt: skip
    track = Track(CHAPTER_ID, kind, 0, samples.length, samples, is_enabled=False)
    return track, b"".join(texts)


def lay_out(tracks: Sequence[Samples], first_offset: int) -> int:
    """Give every chunk its place, a chunk of each track in turn; the offset behind the last."""
    offset = first_offset
    for samples in tracks:
        samples.offsets = array("Q")
    for i in range(max(len(samples.chunk_bytes) for samples in tracks)):
        for samples in tracks:
            if i < len(samples.chunk_bytes):
                samples.offsets.append(offset)
                offset += samples.chunk_bytes[i]
    return offset


def mdat_head(payload_bytes: int) -> bytes:
    """Always the long form: a day of programme has more than 4 GiB."""
    return struct.pack(">I4sQ", 1, b"mdat", payload_bytes + 16)


MDAT_HEAD_BYTES = 16


def read_samples(moov: bytes, track_id: int) -> Samples:
    """The tables of a finished file that `movie` wrote. Raises ValueError if it has none."""
    tables: dict[str, Box] = {}
    at = 0
    for box in walk(moov):
        name = box.path.rpartition("/")[2]
        if name == "tkhd":
            at = struct.unpack_from(">I", moov, box.body + 12)[0]
        elif at == track_id:
            tables.setdefault(name, box)
    try:
        samples = Samples()
        sizes = _table(moov, tables["stsz"], 8, 4)
        durations = _table(moov, tables["stts"], 4, 8)
        chunks = _table(moov, tables["stsc"], 4, 12)
        samples.offsets = _words(moov, tables["co64"], 8, "Q")
        samples.sizes = array("I", (size for (size,) in struct.iter_unpack(">I", sizes)))
        samples.durations = [list(run) for run in struct.iter_unpack(">II", durations)]
        samples.length = sum(count * ticks for count, ticks in samples.durations)
        if "stss" in tables:
            samples.syncs = _words(moov, tables["stss"], 4, "I")
        else:
            samples.syncs = array("I", range(1, len(samples.sizes) + 1))
    except (KeyError, struct.error) as error:
        raise ValueError(f"a track without samples: {error}") from error
    _spread(samples, [run[:2] for run in struct.iter_unpack(">III", chunks)])
    return samples


def _spread(samples: Samples, runs: list[tuple[int, ...]]) -> None:
    """Sample counts and bytes of every chunk, from the runs of the stsc."""
    at = 0
    for i, (first, count) in enumerate(runs):
        last = runs[i + 1][0] if i + 1 < len(runs) else len(samples.offsets) + 1
        for _ in range(first, last):
            samples.chunk_samples.append(count)
            samples.chunk_bytes.append(sum(samples.sizes[at : at + count]))
            at += count


def _table(moov: bytes, box: Box, head: int, entry: int) -> bytes:
    count = struct.unpack_from(">I", moov, box.body + head)[0]
    begin = box.body + head + 4
    if begin + count * entry > box.end:
        raise ValueError(f"{box.path} is cut short")
    return moov[begin : begin + count * entry]


def _words(moov: bytes, box: Box, size: int, code: str) -> array[int]:
    table = _table(moov, box, 4, size)
    return array(code, (word for (word,) in struct.iter_unpack(f">{code}", table)))


# writing


def _box(kind: bytes, *payload: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, payload)), kind) + b"".join(payload)


def _full(kind: bytes, version: int, flags: int, *payload: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *payload)


def _in_movie(track: Track) -> int:
    return track.length * MOVIE_TIMESCALE // track.kind.timescale


def _trak(track: Track, seconds: int) -> bytes:
    kind, samples = track.kind, track.samples
    is_sound = b"soun" in kind.handler[:20]
    tkhd = _full(
        b"tkhd", 0, 7 if track.is_enabled else 0,
        struct.pack(">IIIII8xHHHH", seconds, seconds, track.id, 0, _in_movie(track), 0,
                    int(is_sound), 0x100 if is_sound else 0, 0),
        _MATRIX, kind.size,
    )  # fmt: skip
    # an edit that begins at `hidden`; of a fragmented file its length is not known: 0
    elst = _full(b"elst", 0, 0, struct.pack(">IIIHH", 1, _in_movie(track), track.hidden, 1, 0))
    boxes = [tkhd, _box(b"edts", elst)]
    if track.chapters_in is not None:
        boxes.append(_box(b"tref", _box(b"chap", struct.pack(">I", track.chapters_in))))
    length = samples.length if samples is not None else 0
    if length < _32_BITS:
        times = struct.pack(">IIII", seconds, seconds, kind.timescale, length)
    else:
        times = struct.pack(">QQIQ", seconds, seconds, kind.timescale, length)
    mdhd = _full(b"mdhd", int(length >= _32_BITS), 0, times, struct.pack(">HH", _UNDETERMINED, 0))
    stbl = _box(b"stbl", kind.samples, *_tables(samples or Samples()))
    minf = _box(b"minf", kind.media_header, kind.data, stbl)
    return _box(b"trak", *boxes, _box(b"mdia", mdhd, kind.handler, minf))


def _tables(samples: Samples) -> Iterable[bytes]:
    runs = b"".join(struct.pack(">II", *run) for run in samples.durations)
    yield _full(b"stts", 0, 0, struct.pack(">I", len(samples.durations)), runs)
    if len(samples.syncs) != len(samples.sizes):
        yield _full(b"stss", 0, 0, _counted(samples.syncs, "I"))
    chunks: list[tuple[int, int]] = []
    for i, count in enumerate(samples.chunk_samples, 1):
        if not chunks or chunks[-1][1] != count:
            chunks.append((i, count))
    runs = b"".join(struct.pack(">III", first, count, 1) for first, count in chunks)
    yield _full(b"stsc", 0, 0, struct.pack(">I", len(chunks)), runs)
    yield _full(b"stsz", 0, 0, bytes(4), _counted(samples.sizes, "I"))
    yield _full(b"co64", 0, 0, _counted(samples.offsets or samples.chunk_bytes, "Q"))


def _counted(words: array[int], code: str) -> bytes:
    """How many there are, and all of them, big-endian."""
    return struct.pack(f">I{len(words)}{code}", len(words), *words)


def _trex(track_id: int) -> bytes:
    return _full(b"trex", 0, 0, struct.pack(">IIIII", track_id, 1, 0, 0, 0))


def _title(title: str) -> bytes:
    """The title as iTunes wrote it, which is what players look for."""
    name = _box(b"\xa9nam", _box(b"data", struct.pack(">II", 1, 0), title.encode()))
    handler = _full(b"hdlr", 0, 0, bytes(4), b"mdirappl", bytes(9))
    return _box(b"udta", _full(b"meta", 0, 0, handler, _box(b"ilst", name)))
