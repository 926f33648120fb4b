"""A feed's thumbnail: the last keyframe of a warm feed, 160x90, for the desk's tiles.

One small file per feed in the live tree, mapped by both sides; guarded like a picture of the ring
(`ring`): odd while it is written, the sequence read once before and compared after the copy.
Writer: the feed's session thread, as often as a keyframe comes. Reader: the monitor.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path

import numpy as np

from orchestrator.media.picture import Planes, copy, new_picture, planes_of

WIDTH, HEIGHT = 160, 90

_HEADER_BYTES = 64
_BYTES = _HEADER_BYTES + WIDTH * HEIGHT * 3 // 2
_W_SEQUENCE, _W_FRAME = range(2)


class ThumbnailWriter:
    """One thread. Raises OSError (ENOSPC) when there is no room."""

    def __init__(self, path: Path) -> None:
        partial = path.with_name(f".{path.name}.new")
        fd = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(fd, 0, _BYTES)
            mapped = mmap.mmap(fd, _BYTES)
        finally:
            os.close(fd)
        self._words = np.frombuffer(mapped, np.int64, _HEADER_BYTES // 8)
        self._planes = planes_of(np.frombuffer(mapped, np.uint8, -1, _HEADER_BYTES), WIDTH, HEIGHT)
        partial.replace(path)

    def put(self, n: int, planes: Planes) -> None:
        """`planes` are 160x90; `n` is the frame at which the picture is due."""
        sequence = int(self._words[_W_SEQUENCE]) | 1
        self._words[_W_SEQUENCE] = sequence
        self._words[_W_FRAME] = n
        copy(planes, self._planes)
        self._words[_W_SEQUENCE] = sequence + 1


class ThumbnailReader:
    """One thread. Follows the file as feeds come and go."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode = -1
        self._mapped: mmap.mmap | None = None
        self._planes = new_picture(WIDTH, HEIGHT)

    def read(self) -> tuple[int, Planes] | None:
        """Frame number and planes, good until the next call; None if there is no whole one."""
        self._follow()
        if self._mapped is None:
            return None
        words = np.frombuffer(self._mapped, np.int64, _HEADER_BYTES // 8)
        sequence = int(words[_W_SEQUENCE])  # once, before the frame number
        if sequence == 0 or sequence & 1:
            return None
        n = int(words[_W_FRAME])
        raw = np.frombuffer(self._mapped, np.uint8, -1, _HEADER_BYTES)
        copy(planes_of(raw, WIDTH, HEIGHT), self._planes)
        return (n, self._planes) if int(words[_W_SEQUENCE]) == sequence else None

    def _follow(self) -> None:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            self._mapped, self._inode = None, -1
            return
        if stat.st_ino == self._inode:
            return
        self._mapped, self._inode = None, stat.st_ino
        if stat.st_size != _BYTES:
            return
        fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._mapped = mmap.mmap(fd, _BYTES, prot=mmap.PROT_READ)
        finally:
            os.close(fd)
