"""Pages: a few native 64-bit words shared between processes, one writer each.

Stores of one aligned int64 element are atomic on the machines we run on; a page holds facts that
stand alone, so no lock is needed. (`struct.pack_into` would write byte by byte: DESIGN §7.)
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def create_page(path: Path, words: int) -> NDArray[np.int64]:
    """A zeroed page that replaces any older one; readers of the old one keep the old one.

    Where there is no room for another, the old one of that size is zeroed and used on.
    """
    partial = path.with_name(f".{path.name}.new")
    fd = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(fd, 0, words * 8)
        mapped = mmap.mmap(fd, words * 8)
    except OSError:
        partial.unlink()
        if not path.exists() or path.stat().st_size != words * 8:
            raise
        page = open_page(path, writable=True)
        page[:] = 0
        return page
    finally:
        os.close(fd)
    partial.replace(path)
    return np.frombuffer(mapped, np.int64)


def open_page(path: Path, *, writable: bool = False) -> NDArray[np.int64]:
    """Map an existing page. Raises FileNotFoundError."""
    fd = os.open(path, (os.O_RDWR if writable else os.O_RDONLY) | os.O_CLOEXEC)
    try:
        size = os.fstat(fd).st_size
        protection = mmap.PROT_READ | (mmap.PROT_WRITE if writable else 0)
        mapped = mmap.mmap(fd, size, prot=protection)
    finally:
        os.close(fd)
    return np.frombuffer(mapped, np.int64)


class PageReader:
    """Follows a page whose writer may restart and replace it. One thread.

    `words()` looks at the inode at most every `check_every` calls.
    """

    def __init__(self, path: Path, check_every: int = 15) -> None:
        self._path = path
        self._every = check_every
        self._calls = 0
        self._inode = -1
        self._words: NDArray[np.int64] | None = None

    def words(self) -> NDArray[np.int64] | None:
        """The newest page, or None while there is none."""
        if self._words is None or self._calls % self._every == 0:
            self._look()
        self._calls += 1
        return self._words

    def _look(self) -> None:
        try:
            inode = self._path.stat().st_ino
            if inode != self._inode:
                self._words = open_page(self._path)
                self._inode = inode
        except FileNotFoundError:
            self._words, self._inode = None, -1
