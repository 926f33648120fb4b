"""The ring: where a hot feed's process hands pictures and sound to the programme's process.

One file per hot session in /dev/shm, mapped by both sides. One writer (the feed's decoding
thread), any number of readers (each used by one thread). Nobody waits for anybody: a reader finds
the last 12 pictures, each stamped with the frame at which it is due, and 4 s of sound. A new
picture takes the slot of the oldest one. (Slot = frame mod 12 would let the first picture after a
pause take the place of the one that is still on air, before it is due itself.)

A picture slot is guarded by a sequence lock: odd while it is written, or if its writer died in
the middle. The reader reads the sequence **once, before the frame number**, copies or draws at
once, and compares the sequence **after that**. Stores are single native 64-bit elements. (Reading
the sequence a second time after the frame number let 12 torn pictures through in 54,000.) This
relies on stores becoming visible in order, as they do on x86-64.

The file is built as `.new`, with all its memory claimed, so that a full /dev/shm is an OSError at
open and not a SIGBUS on air; it replaces its predecessor with the first thing put into it. So the
last picture of a lost session stays until the next session has one.
"""

from __future__ import annotations

import contextlib
import mmap
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orchestrator.timing.grid import AUDIO_RATE

SLOTS = 12
SOUND_SAMPLES = 4 * AUDIO_RATE

Plane = NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]

_MAGIC = 0x31474E4952  # "RING1"
_HEADER_BYTES = 4096
# words of the header
_W_MAGIC, _W_SESSION, _W_WIDTH, _W_HEIGHT = range(4)
_W_SOUND_SEQ, _W_SOUND_FIRST, _W_SOUND_CLAIMED, _W_SOUND_END = range(4, 8)
# two words per slot, 64 bytes apart: sequence, frame number
_SLOT_0, _SLOT_WORDS = 8, 8


def _ring_bytes(width: int, height: int) -> int:
    return _HEADER_BYTES + SLOTS * (width * height * 3 // 2) + SOUND_SAMPLES * 8


class _Map:
    """The arrays over one mapped file. Unmapped when the last reference to it goes."""

    def __init__(self, fd: int, width: int, height: int, *, writable: bool) -> None:
        protection = mmap.PROT_READ | (mmap.PROT_WRITE if writable else 0)
        mapped = mmap.mmap(fd, _ring_bytes(width, height), prot=protection)
        self.inode = os.fstat(fd).st_ino
        self.words = np.frombuffer(mapped, np.int64, _HEADER_BYTES // 8)
        of_slots = self.words[_SLOT_0 : _SLOT_0 + SLOTS * _SLOT_WORDS]
        self.sequences, self.frames = of_slots[::_SLOT_WORDS], of_slots[1::_SLOT_WORDS]
        chroma_w, chroma_h = width // 2, height // 2
        y_bytes, c_bytes = width * height, chroma_w * chroma_h
        self.slots: list[Planes] = []
        for i in range(SLOTS):
            at = _HEADER_BYTES + i * (y_bytes + 2 * c_bytes)
            y = np.frombuffer(mapped, np.uint8, y_bytes, at)
            u = np.frombuffer(mapped, np.uint8, c_bytes, at + y_bytes)
            v = np.frombuffer(mapped, np.uint8, c_bytes, at + y_bytes + c_bytes)
            self.slots.append(
                (
                    y.reshape(height, width),
                    u.reshape(chroma_h, chroma_w),
                    v.reshape(chroma_h, chroma_w),
                )
            )
        at = _HEADER_BYTES + SLOTS * (y_bytes + 2 * c_bytes)
        sound = np.frombuffer(mapped, np.float32, SOUND_SAMPLES * 2, at)
        self.sound: NDArray[np.float32] = sound.reshape(SOUND_SAMPLES, 2)


def _copy_planes(source: Sequence[Plane], target: Sequence[Plane]) -> None:
    for s, t in zip(source, target, strict=True):
        t[...] = s


class RingWriter:
    """The feed's side. One thread. Raises OSError (ENOSPC) when there is no room for it."""

    def __init__(self, path: Path, width: int, height: int, *, session: int) -> None:
        self._path = path
        self._partial = path.with_name(f"{path.name}.new")
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        fd = os.open(self._partial, flags, 0o600)
        try:
            os.posix_fallocate(fd, 0, _ring_bytes(width, height))
            self._map: _Map | None = _Map(fd, width, height, writable=True)
        except OSError:
            self._partial.unlink()
            raise
        finally:
            os.close(fd)
        words = self._map.words
        words[_W_SESSION], words[_W_WIDTH], words[_W_HEIGHT] = session, width, height
        words[_W_MAGIC] = _MAGIC
        self._published = False
        self._slot = 0
        self._slot_n: int | None = None

    def put_picture(self, n: int, y: Plane, u: Plane, v: Plane) -> None:
        """Put in the picture that is due at frame `n`; the oldest of twelve makes room for it."""
        ring = self._ring()
        if n != self._slot_n:
            self._slot, self._slot_n = (self._slot + 1) % SLOTS, n
        i = self._slot
        word = _SLOT_0 + _SLOT_WORDS * i
        sequence = int(ring.words[word]) | 1  # stays odd if a copy ever failed half-way
        ring.words[word] = sequence
        ring.words[word + 1] = n
        _copy_planes((y, u, v), ring.slots[i])
        ring.words[word] = sequence + 1
        self._publish()

    def put_sound(self, first_sample: int, samples: NDArray[np.float32]) -> None:
        """Put in `samples` (k, 2), counted since the epoch.

        A hole shorter than the ring is filled with silence; a longer one, or a step back, begins
        anew from `first_sample`.
        """
        ring = self._ring()
        if len(samples) > SOUND_SAMPLES:
            first_sample += len(samples) - SOUND_SAMPLES
            samples = samples[-SOUND_SAMPLES:]
        words = ring.words
        end = int(words[_W_SOUND_END])
        hole = first_sample - end
        if end and 0 < hole < SOUND_SAMPLES - len(samples):
            self._append(ring, end, np.zeros((hole, 2), np.float32))
        elif hole:
            words[_W_SOUND_SEQ] = int(words[_W_SOUND_SEQ]) | 1
            words[_W_SOUND_FIRST] = first_sample
            words[_W_SOUND_CLAIMED] = first_sample
            words[_W_SOUND_END] = first_sample
            words[_W_SOUND_SEQ] = int(words[_W_SOUND_SEQ]) + 1
        self._append(ring, first_sample, samples)
        self._publish()

    def close(self, *, keep: bool = False) -> None:
        """Unmap, and remove the file unless its last pictures are to stay a while (`keep`)."""
        ring, self._map = self._map, None
        if ring is None:
            return
        if not self._published:
            self._partial.unlink(missing_ok=True)
        elif not keep:
            with contextlib.suppress(FileNotFoundError):
                if self._path.stat().st_ino == ring.inode:
                    self._path.unlink()

    def _ring(self) -> _Map:
        if self._map is None:
            raise ValueError("the ring is closed")
        return self._map

    def _append(self, ring: _Map, first: int, samples: NDArray[np.float32]) -> None:
        """Claim, copy, then move the end: a reader checks what it copied against the claim."""
        end = first + len(samples)
        ring.words[_W_SOUND_CLAIMED] = end
        at = first % SOUND_SAMPLES
        until_wrap = min(len(samples), SOUND_SAMPLES - at)
        ring.sound[at : at + until_wrap] = samples[:until_wrap]
        ring.sound[: len(samples) - until_wrap] = samples[until_wrap:]
        ring.words[_W_SOUND_END] = end

    def _publish(self) -> None:
        if not self._published:
            self._partial.replace(self._path)
            self._published = True


class Seen:
    """A picture that still lies in the ring: use it at once, then ask whether it was whole.

    It keeps the file's memory, even one that has been replaced.
    """

    __slots__ = ("_map", "_sequence", "_slot", "frame")

    def __init__(self, ring: _Map, frame: int, slot: int, sequence: int) -> None:
        self._map = ring
        self._slot = slot
        self._sequence = sequence
        self.frame = frame

    @property
    def planes(self) -> Planes:
        return self._map.slots[self._slot]

    def is_whole(self) -> bool:
        """Whether the picture has been there all the time up to now."""
        return int(self._map.sequences[self._slot]) == self._sequence


class RingReader:
    """The programme's side. One thread. Follows the file as sessions come and go.

    While there is no file, or one of another picture size, there are no pictures and no sound.
    """

    def __init__(self, path: Path, width: int, height: int) -> None:
        self._path = path
        self._width = width
        self._height = height
        self._map: _Map | None = None
        self._refused_inode = -1

    @property
    def session(self) -> int | None:
        """The session of the file that is mapped now."""
        return None if self._map is None else int(self._map.words[_W_SESSION])

    def picture(self, n: int, out: Planes) -> int | None:
        """Copy the newest picture due at or before frame `n` into `out`; give its frame number.

        None if there is none; then `out` is as it was. (If the writer laps the copy time after
        time, which takes a reader stopped for a third of a second, `out` is undefined.)
        """
        self._follow()
        for _ in range(SLOTS):
            seen = None if self._map is None else self._newest(self._map, n)
            if seen is None:
                return None
            _copy_planes(seen.planes, out)
            if seen.is_whole():
                return seen.frame
        return None

    def look(self, n: int) -> Seen | None:
        """The newest picture due at or before frame `n`, where it lies: nothing is copied."""
        self._follow()
        return None if self._map is None else self._newest(self._map, n)

    def due(self, n: int) -> int | None:
        """The frame number that `picture(n)` would give. Cheap: nothing is copied."""
        seen = self.look(n)
        return None if seen is None else seen.frame

    def newest_n(self) -> int:
        """Frame number of the newest whole picture, due or not; 0 if there is none."""
        return self.due(2**62) or 0

    def sound(self, first_sample: int, count: int, out: NDArray[np.float32]) -> bool:
        """Copy `count` samples from `first_sample` into `out` (count, 2); True if all were there.

        When False, `out` is undefined.
        """
        self._follow()
        ring = self._map
        if ring is None:
            return False
        words = ring.words
        sequence = int(words[_W_SOUND_SEQ])
        last = first_sample + count
        if (
            sequence & 1
            or first_sample < int(words[_W_SOUND_FIRST])
            or last > int(words[_W_SOUND_END])
        ):
            return False
        at = first_sample % SOUND_SAMPLES
        until_wrap = min(count, SOUND_SAMPLES - at)
        out[:until_wrap] = ring.sound[at : at + until_wrap]
        out[until_wrap:count] = ring.sound[: count - until_wrap]
        return (
            first_sample >= int(words[_W_SOUND_CLAIMED]) - SOUND_SAMPLES
            and int(words[_W_SOUND_SEQ]) == sequence
        )

    def sound_end(self) -> int:
        """The first sample that is not there yet, counted since the epoch; 0 if there is none."""
        self._follow()
        return 0 if self._map is None else int(self._map.words[_W_SOUND_END])

    def close(self) -> None:
        self._map = None

    def _newest(self, ring: _Map, n: int) -> Seen | None:
        """The newest whole picture due by `n`."""
        best, best_slot, best_sequence = -1, 0, 0
        sequences = ring.sequences.tolist()  # once, before the frame numbers
        for i, frame in enumerate(ring.frames.tolist()):
            sequence = sequences[i]
            if sequence and not sequence & 1 and best < frame <= n:
                best, best_slot, best_sequence = frame, i, sequence
        return None if best < 0 else Seen(ring, best, best_slot, best_sequence)

    def _follow(self) -> None:
        """Let go of a file that was replaced or removed, at once, and map the one there is."""
        try:
            inode = self._path.stat().st_ino
        except FileNotFoundError:
            self._map, self._refused_inode = None, -1
            return
        if self._map is not None and self._map.inode == inode:
            return
        self._map = None  # before the new one is mapped: kept maps cost 180 MiB with 13 feeds
        if inode != self._refused_inode:
            self._open()

    def _open(self) -> None:
        """Gone meanwhile, or no descriptor or memory left for it: then there is nothing to be seen
        in it, and it is tried again. On air nothing raises."""
        with contextlib.suppress(OSError):
            fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                self._take(fd)
            finally:
                os.close(fd)

    def _take(self, fd: int) -> None:
        stat = os.fstat(fd)
        if stat.st_size == _ring_bytes(self._width, self._height):
            self._map = _Map(fd, self._width, self._height, writable=False)
        words = None if self._map is None else self._map.words
        if words is None or (int(words[_W_MAGIC]), int(words[_W_WIDTH])) != (_MAGIC, self._width):
            self._map, self._refused_inode = None, stat.st_ino


def remove_stale_ring(path: Path, width: int, height: int, *, older_than_n: int) -> bool:
    """Remove what a dead session left, once its newest picture is older than a frame.

    True if nothing is left at `path`. Only for the process that owns the ring, while it has no
    writer open.
    """
    path.with_name(f"{path.name}.new").unlink(missing_ok=True)
    reader = RingReader(path, width, height)
    if reader.newest_n() >= older_than_n:
        return False
    path.unlink(missing_ok=True)
    return True
