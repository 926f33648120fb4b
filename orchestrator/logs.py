"""What the children say on stderr: kept in the state folder, bounded, and shown as it comes.

Each child writes into a pipe that does not block it: a child that says more than anybody reads
loses lines, never time (a full or slow disk must not hold up the picture). The supervisor reads
the pipes on its main thread; the thread `LogFiles` writes, and may be kept waiting by the disk for
as long as that likes. `logs/<child>.log` and one older file each are kept.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import queue
import select
import sys
import threading
from pathlib import Path

_KEEP_BYTES = 2 << 20
_PIPE_BYTES = 1 << 18
_READ_BYTES = 1 << 16


class LogFiles:
    """Writes lines to their files on a thread of its own; 4000 may wait, more are lost."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[tuple[ChildLog, bytes] | None] = queue.Queue(4000)
        self._thread = threading.Thread(target=self._write, name="logs", daemon=True)
        self._thread.start()

    def put(self, log: ChildLog, line: bytes) -> bool:
        """False if there is no room; never waits."""
        try:
            self._waiting.put_nowait((log, line))
        except queue.Full:
            return False
        return True

    def stop(self) -> bool:
        """Write what waits, for a second at most. False if the disk still keeps us waiting."""
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(None)
        self._thread.join(1.0)
        return not self._thread.is_alive()

    def _write(self) -> None:
        while (item := self._waiting.get()) is not None:
            log, line = item
            log.keep(line)


class ChildLog:
    """One child's lines, over all its restarts. `write_fd` is the child's stderr."""

    def __init__(self, name: str, folder: Path, files: LogFiles) -> None:
        self.name = name
        self.lost = 0
        self._files = files
        self._path = folder / f"{name}.log"
        self.read_fd, self.write_fd = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        with contextlib.suppress(OSError):  # more than this user may have; 64 KiB will do
            fcntl.fcntl(self.write_fd, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._file = -1
        self._rest = b""

    def take(self) -> None:
        """Read what is there, keep it, show it. Never blocks."""
        try:
            chunk = os.read(self.read_fd, _READ_BYTES)
        except BlockingIOError:
            return
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > _READ_BYTES:  # garbage without newlines
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            if not self._files.put(self, line + b"\n"):
                self.lost += 1
            self._show(line)

    def hang_up(self) -> None:
        """After the child's last line."""
        self.take()
        os.close(self.read_fd)
        os.close(self.write_fd)

    def close(self) -> None:
        """After `LogFiles` has stopped."""
        if self._file >= 0:
            os.close(self._file)

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        try:
            return os.open(self._path, flags, 0o600)
        except OSError:
            self.lost += 1
            return -1

    def keep(self, line: bytes) -> None:
        """Write one line, as long as it may take. Thread of `LogFiles`."""
        try:
            if self._file < 0 or os.fstat(self._file).st_size + len(line) > _KEEP_BYTES:
                self._rotate()
            os.write(self._file, line)
        except OSError:
            self.lost += 1

    def _rotate(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._path.replace(self._path.with_suffix(".log.1"))
        self._file = self._open()

    def _show(self, line: bytes) -> None:
        """On our own stderr, unless whoever reads that is not keeping up."""
        text = line
        if sys.stderr.isatty():
            text = readable(self.name, line)
        try:
            _, ready, _ = select.select([], [2], [], 0)
            if ready:
                os.write(2, text[:4000] + b"\n")
            else:
                self.lost += 1
        except OSError:
            self.lost += 1


def readable(name: str, line: bytes) -> bytes:
    """A JSON log line as a person reads it: time, who, what, and the rest behind."""
    try:
        record = json.loads(line)
        stamp = str(record.pop("timestamp"))[11:19]
        level, event = str(record.pop("level")), str(record.pop("event"))
    except (ValueError, KeyError, AttributeError):
        return name.encode() + b": " + line
    for known in ("logger", "process"):
        record.pop(known, None)
    rest = " ".join(f"{key}={value}" for key, value in record.items() if key != "exception")
    text = f"{stamp} {level:7} {name}: {event} {rest}".rstrip()
    if "exception" in record:
        text += f"\n{record['exception']}"
    return text.encode()
