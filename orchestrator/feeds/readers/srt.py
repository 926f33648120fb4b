"""SRT, as caller or listener, through an ffmpeg child that only moves bytes.

The PyAV wheel has no libsrt; the ffmpeg of imageio-ffmpeg has. As `-f data` in and out the child
never parses anything: the first byte is here after 0.23 s, against 5.5 s when it re-muxes.

ffmpeg takes a passphrase on its command line only, where every user of the machine can read it.
So it is blotted out of the child's argument area as soon as the child has read it (a few
hundredths of a second), which a parent may do with its child's memory.
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from av.audio.stream import AudioStream
from av.packet import Packet
from av.video.stream import VideoStream

from orchestrator.bus.child import die_with_parent, wake_up_within
from orchestrator.errors import FeedEnded, FeedRefused, FeedUnavailable, redacted
from orchestrator.feeds.readers.opened import OpenedInput
from orchestrator.rundown.plan import Feed

log = logging.getLogger(__name__)

SRT_LATENCY_US = 120_000
_PROBE = {"probesize": "200000", "analyzeduration": "500000"}
_MOST_COMPLAINTS = 20
_TIMER_SLACK_NS = 4_000_000


def srt_address(address: str) -> tuple[str, str | None]:
    """The address as ffmpeg takes it, and the passphrase that stood in it.

    An address without a host listens, one with a host calls, unless it has a `mode`.
    """
    where, _, tail = address.partition("?")  # no urlsplit: a stream id may hold a #
    query = dict(item.partition("=")[::2] for item in tail.split("&") if item)
    passphrase = query.pop("passphrase", None) or None
    host, _, port = where.removeprefix("srt://").rstrip("/").rpartition(":")
    query.setdefault("mode", "caller" if host else "listener")
    query.setdefault("latency", str(SRT_LATENCY_US))
    options = "&".join(f"{name}={value}" for name, value in query.items())
    return f"srt://{host or '0.0.0.0'}:{port}?{options}", passphrase


def child_arguments(binary: str, address: str, passphrase: str | None) -> list[str]:
    import ffmpeg

    secret = {} if passphrase is None else {"passphrase": passphrase}
    arguments: list[str] = (
        ffmpeg.input(address, format="data", raw_packet_size=1316, **secret)
        .output("pipe:1", map=0, c="copy", format="data", flush_packets=1)
        .global_args("-hide_banner", "-nostdin", "-loglevel", "error")
        .compile(cmd=binary)
    )
    return arguments


def blot_out(pid: int, secrets: list[str], patience_s: float = 1.0) -> bool:
    """Overwrite `secrets` in the argument area of our child `pid`, once it has read them.

    libsrt starts its threads after the options were copied; so a second thread is the sign.
    False if this machine does not let a parent do that.
    """
    until = time.monotonic() + patience_s
    proc = Path(f"/proc/{pid}")
    try:
        while len([*(proc / "task").iterdir()]) < 2 and time.monotonic() < until:
            time.sleep(0.005)
        fields = (proc / "stat").read_text().rsplit(")", 1)[1].split()
        start, end = int(fields[45]), int(fields[46])  # arg_start, arg_end: proc(5)
        with (proc / "mem").open("r+b", buffering=0) as memory:
            memory.seek(start)
            arguments = memory.read(end - start)
            for secret in (s.encode() for s in secrets):
                at = arguments.find(secret)
                while at >= 0:
                    memory.seek(start + at)
                    memory.write(b"x" * len(secret))
                    at = arguments.find(secret, at + 1)
    except (OSError, ValueError, IndexError):
        return not proc.exists()
    return True


def _as_a_mover_of_bytes() -> None:
    """In the child, before ffmpeg. As a batch process it wakes for each datagram without taking the
    core from whoever computes: a sixth less CPU for it, and no picture's data out of the caches.
    Its timed waits may end 4 ms late and so together: a quarter fewer wake-ups of its demuxer."""
    die_with_parent()
    wake_up_within(_TIMER_SLACK_NS)
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


class SrtReader:
    """One child, one connection. A listener's `open` waits as long as it takes."""

    is_pulled = False

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._address, in_address = srt_address(feed.address)
        self._passphrase = feed.passphrase or in_address
        self._child: subprocess.Popen[bytes] | None = None
        self._opened: OpenedInput | None = None
        self._hearing = threading.Lock()
        self._rest = b""
        self._said: list[str] = []

    @property
    def video(self) -> VideoStream | None:
        return None if self._opened is None else self._opened.video

    @property
    def audio(self) -> AudioStream | None:
        return None if self._opened is None else self._opened.audio

    def prepare(self) -> None:
        import imageio_ffmpeg

        try:
            binary = imageio_ffmpeg.get_ffmpeg_exe()
        except RuntimeError as error:
            raise FeedRefused(f"feed {self._feed.id}: no ffmpeg for SRT ({error})") from error
        self._child = subprocess.Popen(
            child_arguments(binary, self._address, self._passphrase),
            bufsize=0,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": os.environ.get("PATH", "")},
            preexec_fn=_as_a_mover_of_bytes,
        )
        assert self._child.stderr is not None
        os.set_blocking(self._child.stderr.fileno(), False)
        if self._passphrase is not None and not blot_out(self._child.pid, [self._passphrase]):
            log.warning(
                "feed %s: its passphrase can be read in the argument list of process %d",
                self._feed.id,
                self._child.pid,
            )

    def open(self) -> None:
        child = self._child
        if child is None or child.stdout is None:
            raise FeedEnded(f"feed {self._feed.id} was not prepared")
        # by number: bytes go from pipe to demuxer without a Python call for each read
        source = f"pipe:{child.stdout.fileno()}"
        try:
            self._opened = OpenedInput(self._address, source, format="mpegts", options=_PROBE)
        except FeedUnavailable as error:
            raise FeedUnavailable(self._why_it_ended() or str(error)) from error

    def packets(self) -> Iterator[Packet[Any]]:
        if self._opened is None:
            raise FeedEnded(f"feed {self._feed.id} was not opened")
        yield from self._opened.packets()
        why = self._why_it_ended()
        if why is not None:
            raise FeedUnavailable(why)

    def abort(self) -> None:
        if self._child is not None and self._child.poll() is None:
            self._child.kill()

    def complaints(self) -> list[str]:
        self._listen()
        said, self._said = self._said, []
        return said

    def close(self) -> None:
        self.abort()
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()
        with self._hearing:
            child, self._child = self._child, None
        if child is not None:
            child.wait()
            for pipe in (child.stdout, child.stderr):
                if pipe is not None:
                    pipe.close()

    def _why_it_ended(self) -> str | None:
        """The child's last words, or None if it ended as one does."""
        assert self._child is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(1.0)
        self._listen()
        name = redacted(self._address)
        if any("ncorrect passphrase" in line or "BADSECRET" in line for line in self._said):
            return f"{name} refused: wrong passphrase"
        if self._child.returncode in (0, None) or not self._said:
            return None
        return f"{name}: {self._said[-1]}"

    def _listen(self) -> None:
        with self._hearing:
            if self._child is None or self._child.stderr is None:
                return
            while chunk := self._child.stderr.read(65536):
                *lines, self._rest = (self._rest + chunk).split(b"\n")
                self._said += [self._clean(line.decode("utf-8", "replace")) for line in lines]
                del self._said[:-_MOST_COMPLAINTS]

    def _clean(self, line: str) -> str:
        if self._passphrase:
            line = line.replace(self._passphrase, "…")
        return redacted(line)
