"""Append-only files of JSON lines: one writer, any number of followers.

A record is one `write` of one line on an O_APPEND descriptor, so a reader sees whole lines or a
tail without its newline. A writer that died in the middle of a line left exactly such a tail; the
next writer closes it off, and readers count it as damaged and go on.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from pathlib import Path
from typing import Any

Record = dict[str, Any]


class LineWriter:
    """Appends records. One thread of one process. `durable` adds fdatasync to every append."""

    def __init__(self, path: Path, *, durable: bool = False) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._durable = durable
        size = os.fstat(self._fd).st_size
        self._is_torn = size > 0 and _last_byte(path, size) != b"\n"
        if self._is_torn:
            with contextlib.suppress(OSError):  # no room for as much as a newline: later, then
                self._is_torn = not os.write(self._fd, b"\n")

    def append(self, record: Record) -> None:
        """Write one record. Raises OSError (disk full, for one); then nothing of it counts."""
        line = json_of(record) + b"\n"
        before = b"\n" if self._is_torn else b""
        written = os.write(self._fd, before + line)
        if written:
            self._is_torn = len(before) < written < len(before) + len(line)
        if written != len(before) + len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self._durable:
            os.fdatasync(self._fd)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1


class LineFollower:
    """Reads what has been appended since the last call. One thread.

    A file that does not exist yet has no records. A file that was replaced (new inode) or cut
    short is read again from its start. With `newest_bytes`, the first look begins at most that far
    before the end, at a whole line: for who needs only the recent past of a long file. With
    `only`, lines without those bytes are passed over unparsed: a day of decisions holds a few
    safety acts in 50 MB.
    """

    def __init__(self, path: Path, *, newest_bytes: int | None = None, only: bytes = b"") -> None:
        self._path = path
        self._only = only
        self._newest_bytes = newest_bytes
        self._fd: int | None = None
        self._inode = -1
        self._offset = 0
        self._rest = b""
        self.damaged = 0

    def read(self) -> list[Record]:
        """Whole new records, oldest first. Lines that are no JSON objects are only counted."""
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return []
        if stat.st_ino != self._inode or stat.st_size < self._offset:
            self._reopen(stat.st_ino)
            if self._newest_bytes is not None and self._fd is not None:
                self._offset = _line_start(self._fd, stat.st_size - self._newest_bytes)
                self._newest_bytes = None
        if stat.st_size == self._offset or self._fd is None:
            return []
        chunk = os.pread(self._fd, stat.st_size - self._offset, self._offset)
        self._offset += len(chunk)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return [record for line in lines if (record := self._parse(line)) is not None]

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
            self._inode = -1

    def _reopen(self, inode: int) -> None:
        self.close()
        self._fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        self._inode, self._offset, self._rest = inode, 0, b""

    def _parse(self, line: bytes) -> Record | None:
        if not line.strip() or self._only not in line:
            return None
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if not isinstance(record, dict):
            self.damaged += 1
            return None
        return record


def json_of(value: Any) -> bytes:
    """One line, in UTF-8 whatever the machine's encoding is. Half a character, which somebody's
    shell or an ffmpeg may have put into a text, stays the escape it would be read back from."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.encode(errors="backslashreplace")


def read_lines(path: Path) -> list[Record]:
    """All whole records of a file; none if there is no file."""
    follower = LineFollower(path)
    try:
        return follower.read()
    finally:
        follower.close()


def replace_json(path: Path, value: Any) -> None:
    """Replace a JSON file so that readers see the old or the new one, never half of either.

    Raises OSError; then the old one stands, and nothing is left of the new one.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_bytes(json_of(value))
        partial.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def _line_start(fd: int, at: int) -> int:
    """The offset of the first line that begins at `at` or later."""
    if at <= 0:
        return 0
    at -= 1
    while chunk := os.pread(fd, 4096, at):
        newline = chunk.find(b"\n")
        if newline >= 0:
            return at + newline + 1
        at += len(chunk)
    return at


def _last_byte(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        file.seek(size - 1)
        return file.read(1)
