"""Small file systems of a test's own, which can be filled and made read-only. Needs root."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_CHUNK = 1 << 16
_FIFREEZE, _FITHAW = 0xC0045877, 0xC0045878  # <linux/fs.h>


class Mounted:
    """A tmpfs. `fill` leaves no byte free; `heal` undoes whatever was done to it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._filler = root / ".filler"
        self._is_covered = False

    def fill(self) -> None:
        """Also what becomes free while we write: until nothing has been free twice."""
        with self._filler.open("ab", buffering=0) as file:
            size = _CHUNK
            while size:
                try:
                    file.write(b"\0" * size)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    size //= 2

    def free_bytes(self) -> int:
        stat = os.statvfs(self.root)
        return stat.f_bavail * stat.f_frsize

    def make_read_only(self) -> None:
        """For whoever opens a file from now on: the kernel refuses it while one is being written,
        so the same tree is mounted once more on top."""
        _mount("--bind", str(self.root), str(self.root))
        _mount("-o", "remount,bind,ro", str(self.root))
        self._is_covered = True

    def heal(self) -> None:
        if self._is_covered:
            _unmount(self.root)
        self._is_covered = False
        self._filler.unlink(missing_ok=True)


@contextmanager
def small_tmpfs(root: Path, mib: int) -> Iterator[Mounted]:
    """Skips the test, loudly, where mounting is not allowed."""
    root.mkdir(parents=True, exist_ok=True)
    if not _mount("-t", "tmpfs", "-o", f"size={mib}m", "orch-test", str(root), must=False):
        pytest.skip("a file system cannot be mounted here (be root, with CAP_SYS_ADMIN)")
    try:
        yield Mounted(root)
    finally:
        _unmount(root)


class Freezable:
    """A disk that can be made to stand still: who writes to it waits until it is thawed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._fd = os.open(root, os.O_RDONLY)
        self._is_frozen = False

    def freeze(self) -> None:
        fcntl.ioctl(self._fd, _FIFREEZE, 0)
        self._is_frozen = True

    def thaw(self) -> None:
        if self._is_frozen:
            fcntl.ioctl(self._fd, _FITHAW, 0)
        self._is_frozen = False

    def close(self) -> None:
        self.thaw()
        os.close(self._fd)


@contextmanager
def freezable_disk(root: Path, image: Path, mib: int) -> Iterator[Freezable]:
    """An ext4 of its own on a loop device; skips the test, loudly, where that is not allowed."""
    root.mkdir(parents=True, exist_ok=True)
    with image.open("wb") as file:
        file.truncate(mib << 20)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True, timeout=60)
    if not _mount("-o", "loop", str(image), str(root), must=False):
        pytest.skip("a loop device cannot be mounted here (be root, with CAP_SYS_ADMIN)")
    disk = Freezable(root)
    try:
        yield disk
    finally:
        disk.close()
        _unmount(root)


def _unmount(root: Path) -> None:
    subprocess.run(["umount", "--lazy", str(root)], check=True, timeout=20)


def _mount(*words: str, must: bool = True) -> bool:
    done = subprocess.run(
        ["mount", *words], capture_output=True, text=True, timeout=20, check=False
    )
    assert not must or done.returncode == 0, done.stderr
    return done.returncode == 0
