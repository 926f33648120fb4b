"""What must hold before anything is started: the lock, the ports, the live tree, the room in it.

Used by the supervisor alone, on its only thread. Everything that can be missing on a machine is a
`StartError`: one sentence with the way out, and nothing half-started.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control.accounts import Accounts
from orchestrator.errors import ConfigError, StartError
from orchestrator.media.house import AUDIO_BITRATE_BPS, House
from orchestrator.settings import Address

_MIB = 1 << 20
_BACKLOG = 1024
_TOKEN_LETTERS = 64
_HOT_AT_ONCE = 8
"""Feeds decoded at the same time, generously: on air, coming up, previewed, cooling down."""

_GRID_BOUND = ("spool", "public", "slate", "rings", "feeds", "thumbs")
"""Folders whose contents are of one ladder, size and rate."""
_SHAPE = ("fps", "part_frames", "segment_frames", "width", "height", "ladder", "audiences")


def hold_lock(state: StateFolder) -> int:
    """The descriptor that keeps a second instance off this state folder while it is open."""
    try:
        state.root.mkdir(parents=True, exist_ok=True)
        state.logs.mkdir(exist_ok=True)
        fd = os.open(state.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StartError(
            f"state folder {state.root} cannot be written ({error.strerror}): "
            "make it writable, or choose another with --state DIR"
        ) from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(fd, 32, 0).decode(errors="replace").strip()
        os.close(fd)
        raise StartError(
            f"state folder {state.root} belongs to a running event (process {holder or '?'}): "
            f"stop that one with  orchestrator stop --state {state.root}  or use another --state"
        ) from error
    with contextlib.suppress(OSError):  # a full disk: who holds the lock stays unsaid
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
    return fd


def listen(address: Address, option: str) -> socket.socket:
    """A listening socket that children inherit, so that connections wait while they restart."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address.host, address.port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise StartError(
            f"cannot listen on {address} ({error.strerror}): stop the program that does, "
            f"or choose another with {option} HOST:PORT (port 0 is any free one)"
        ) from error
    return listener


def make_tree(live: LiveTree, *, fresh: bool) -> bool:
    """Make the live tree, or take over the one a killed tree left behind; True if it is new."""
    if fresh and live.root.exists():
        shutil.rmtree(live.root)
    is_new = not live.root.exists()
    try:
        live.make()
        for stale in (
            *live.facts("x").parent.iterdir(),
            live.desk_socket,
            live.gate_socket,
            live.monitor_socket,
        ):
            stale.unlink(missing_ok=True)
        _make_token(live.gate_token)
    except OSError as error:
        if is_new:
            shutil.rmtree(live.root, ignore_errors=True)
        raise StartError(
            f"{live.root} cannot be made ({error.strerror}): "
            "it must lie on a tmpfs that this user can write to"
        ) from error
    return is_new


def _make_token(path: Path) -> None:
    """The word that opens the gate's socket; one that a killed start left half made is made anew:
    nobody could blank with it. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size == _TOKEN_LETTERS:
            return
    path.unlink(missing_ok=True)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, secrets.token_hex(_TOKEN_LETTERS // 2).encode())
    finally:
        os.close(fd)


def read_processes(live: LiveTree) -> dict[str, Any]:
    """What the prepare job said there is to be; empty if there is nothing yet."""
    try:
        processes = json.loads(live.processes.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return processes if isinstance(processes, dict) else {}


def drop_other_shape(live: LiveTree, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Empty a tree that was left behind by a run of another size, rate or ladder.

    A stream's shape is frozen for the life of its name; players would choke on a mixture.
    """
    if not before or all(before.get(key) == after.get(key) for key in _SHAPE):
        return False
    for name in _GRID_BOUND:
        shutil.rmtree(live.root / name, ignore_errors=True)
    for path in (live.decisions, live.wants):
        path.unlink(missing_ok=True)
    live.make()
    return True


def needed_bytes(processes: Mapping[str, Any]) -> int:
    """How much tmpfs this event takes: the public window, what waits for it, the hot rings."""
    house = House.of(
        processes["width"], processes["height"], processes["fps"], tuple(processes["ladder"])
    )
    seconds = processes["window_s"] + processes["delay_frames"] / house.grid.fps + 30
    clean_of = (processes.get("record") or {}).get("clean_of", "")
    made = [*house.ladder, *(rendition for rendition in house.ladder if rendition.name == clean_of)]
    bps = sum(rendition.bitrate_bps for rendition in made) + AUDIO_BITRATE_BPS
    rings = min(len(processes["feeds"]), _HOT_AT_ONCE) + bool(processes["clips"])
    ring = 12 * house.picture_bytes + 4 * 48_000 * 2 * 4
    slate = (len(processes["feeds"]) + 2) * house.picture_bytes
    public = int(seconds * bps / 8 * 1.25)
    return public + rings * ring + slate + 16 * _MIB


def check_room(live: LiveTree, processes: Mapping[str, Any]) -> None:
    """Raises StartError when the tmpfs is too small for what was asked."""
    needed = needed_bytes(processes)
    shm = live.root.parent
    there = os.statvfs(shm)
    held = sum(file.stat().st_blocks * 512 for file in live.root.rglob("*") if file.is_file())
    free = there.f_bavail * there.f_frsize + held
    if free < needed:
        raise StartError(
            f"{shm} has {free // _MIB} MiB free and this event needs {needed // _MIB + 1} MiB: "
            f"make it larger (mount -o remount,size={needed // _MIB + 257}m {shm}; in a container "
            "--shm-size), or ask for less in outputs.hls.window and programme.delay"
        )


def find_ffmpeg() -> Path:
    """The ffmpeg that moves SRT's bytes. Raises StartError if there is none that can be run."""
    import imageio_ffmpeg

    try:
        named = imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        named = ""
        why = str(error)
    else:
        why = f"{named} cannot be run"
    found = shutil.which(named) if named else None
    if found is None:
        raise StartError(
            f"no ffmpeg: {why}. Install it with  pip install imageio-ffmpeg  or name one in "
            "IMAGEIO_FFMPEG_EXE"
        )
    return Path(found)


def first_link(state: StateFolder, control: str, now_s: float) -> str:
    """What a start says to whom has no administrator yet: a link that makes one, once.

    The token is in the fragment, which no browser sends on. Empty when somebody can sign in."""
    try:
        token = Accounts(state.users).first_link(now_s)
    except ConfigError as error:
        return f"  sign in  {error}"
    if not token:
        return ""
    return f"  sign in  {control}sign-in#{token}\n           makes the first administrator, once"
