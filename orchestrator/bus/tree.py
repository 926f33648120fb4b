"""Where everything lies in the live tree, which is on tmpfs, and in the state folder, on disk.

Pure paths; used by every process so that no name is written twice. A part's name carries its
time: `spool/720p/<hour>/<msn>.<index>.m4s`, so a folder never holds more than an hour.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from orchestrator.timing.grid import Grid

CLEAN_TRACK = "clean"
"""The programme without its graphics, beside the renditions; for recordings and nobody else."""


@dataclass(frozen=True, slots=True)
class LiveTree:
    """The tree of one running event, e.g. `/dev/shm/orch-3f2a…`. Gone after an orderly stop."""

    root: Path

    @classmethod
    def of_state(cls, state: Path, shm: Path = Path("/dev/shm")) -> LiveTree:
        """The live tree that belongs to a state folder: the same one after every restart."""
        name = hashlib.sha256(str(state.resolve()).encode()).hexdigest()[:12]
        return cls(shm / f"orch-{name}")

    @property
    def clock(self) -> Path:
        """Page: REALTIME − MONOTONIC (writer: supervisor)."""
        return self.root / "clock"

    @property
    def snapshot(self) -> Path:
        """The resolved rundown with its version, replaced atomically (writer: control)."""
        return self.root / "rundown.json"

    def edition(self, version: int) -> Path:
        """The resolved rundown that came into force as `version`; never changed (writer: control).

        The lowest one there is the first in force; the others follow by their RUNDOWN orders.
        """
        return self.root / "rundowns" / f"{version}.json"

    @property
    def orders(self) -> Path:
        """One JSON line per decision with its frame (writer: control)."""
        return self.root / "orders.jsonl"

    @property
    def wants(self) -> Path:
        """Page: two int64 per source, in the order of `Resolved.sources()` (writer: programme).

        `wants[2 * i]`: source i must be hot until that frame. `wants[2 * i + 1]`: of a clip, the
        frame at which it begins to play.
        """
        return self.root / "wants"

    @property
    def decisions(self) -> Path:
        """One JSON line per published column, and the safety acts (writer: gate)."""
        return self.root / "decisions.jsonl"

    @property
    def asrun(self) -> Path:
        """One JSON line per change on air, with its cause (writer: programme)."""
        return self.root / "asrun.jsonl"

    @property
    def lives(self) -> Path:
        """One JSON line per death, stop and return of a process (writer: supervisor)."""
        return self.root / "lives.jsonl"

    @property
    def slate(self) -> Path:
        """Folder: `<track>.init`, `<track>.<j>` (slate part j), `pictures/<source>.i420`.

        Written by the slate job before gate and programme start.
        """
        return self.root / "slate"

    @property
    def processes(self) -> Path:
        """JSON: which children there are to be (writer: the prepare job)."""
        return self.root / "processes.json"

    @property
    def running(self) -> Path:
        """JSON: process and addresses, as in the state folder, whose disk may be full (writer:
        supervisor)."""
        return self.root / "running.json"

    @property
    def desk_socket(self) -> Path:
        """Unix stream socket of the desk in control: commands in, answers out."""
        return self.root / "desk.sock"

    @property
    def gate_socket(self) -> Path:
        """Unix stream socket of the gate: BLANK, UNBLANK, PRIVACY, STOP; works without control."""
        return self.root / "gate.sock"

    @property
    def gate_token(self) -> Path:
        """File, mode 0600: the token that opens the gate's socket to safety acts."""
        return self.root / "gate.token"

    def ring(self, feed: str) -> Path:
        """Pictures and sound of a hot feed (writer: that feed)."""
        return self.root / "rings" / f"{feed}.ring"

    @property
    def monitor_ring(self) -> Path:
        """Every third programme picture, small, and its sound (writer: programme)."""
        return self.root / "rings" / "programme.ring"

    @property
    def monitor_socket(self) -> Path:
        """Unix stream socket of the monitor: pictures and sound for signed-in operators."""
        return self.root / "monitor.sock"

    @property
    def preview(self) -> Path:
        """JSON, replaced atomically: the scene that the desk looks at (writer: control)."""
        return self.root / "preview.json"

    def thumbnail(self, feed: str) -> Path:
        """The last keyframe of a warm feed, 160x90 (writer: that feed)."""
        return self.root / "thumbs" / feed

    def feed_page(self, feed: str) -> Path:
        """Page: what this feed measured (writer: that feed)."""
        return self.root / "feeds" / feed

    def facts(self, process: str) -> Path:
        """JSON, replaced once a second: what a process counted (writer: that process)."""
        return self.root / "facts" / f"{process}.json"

    def knock(self, listener: str, topic: str) -> Path:
        """Datagram socket on which `listener` hears of `topic` (`decisions` or `orders`)."""
        return self.root / "knock" / topic / listener

    def spool_part(self, grid: Grid, rendition: str, k: int) -> Path:
        """An encoded part that is not public (writer: programme; deleted by the gate)."""
        return self.root / "spool" / part_name(grid, rendition, k)

    def spool_label(self, grid: Grid, k: int) -> Path:
        """JSON that says what is in column `k`; written before its parts (writer: programme)."""
        return self.root / "spool" / part_name(grid, "label", k).replace(".m4s", ".json")

    def public_part(self, grid: Grid, audience: str, rendition: str, k: int) -> Path:
        """A published part (writer: gate)."""
        return self.root / "public" / audience / part_name(grid, rendition, k)

    def make(self) -> None:
        """Create the folders, readable by this user only. Raises OSError."""
        self.root.mkdir(mode=0o700, exist_ok=True)
        for name in ("rings", "feeds", "thumbs", "facts", "knock", "rundowns"):
            (self.root / name).mkdir(exist_ok=True)
        for name in ("spool", "public", "slate"):
            (self.root / name).mkdir(exist_ok=True)


def part_name(grid: Grid, rendition: str, k: int) -> str:
    """`720p/485123/817612345.2.m4s`: rendition, hour since the epoch, msn and index of the part."""
    msn = grid.msn_of(k)
    hour = msn * grid.segment_frames // (grid.fps * 3600)
    return f"{rendition}/{hour}/{msn}.{grid.index_of(k)}.m4s"


@dataclass(frozen=True, slots=True)
class StateFolder:
    """What outlives a run, on disk: journal, as-run, the re-based start, the slate cache."""

    root: Path

    @property
    def lock(self) -> Path:
        """Held with flock by the supervisor; a second instance refuses."""
        return self.root / "lock"

    @property
    def journal(self) -> Path:
        """Hash-chained JSON lines: every decision (writer: control)."""
        return self.root / "journal.jsonl"

    @property
    def mirror(self) -> Path:
        """The copy of a journal that is kept in Redis (writer: control)."""
        return self.root / "journal.copy.jsonl"

    @property
    def asrun(self) -> Path:
        """The live tree's as-run, carried to disk (writer: control)."""
        return self.root / "asrun.jsonl"

    @property
    def diary(self) -> Path:
        """JSON lines: incidents and bells as they happened (writer: control)."""
        return self.root / "diary.jsonl"

    @property
    def users(self) -> Path:
        """JSON, mode 0600: who may sign in (writers: control and the command line, by a lock)."""
        return self.root / "users.json"

    @property
    def session_key(self) -> Path:
        """Mode 0600: what sessions are signed with (writer: control, once)."""
        return self.root / "session.key"

    @property
    def audit(self) -> Path:
        """JSON lines: who signed in, who was refused (writer: control)."""
        return self.root / "audit.jsonl"

    @property
    def start(self) -> Path:
        """JSON: the instant a `--start` was resolved to, once (RUNDOWN R6)."""
        return self.root / "start.json"

    def edition(self, version: int) -> Path:
        """A version of the rundown as it came into force: what a restart shows again."""
        return self.root / "rundowns" / f"{version}.json"

    def file_day(self, version: int) -> Path:
        """The same version as its file alone says it: what differences are told against."""
        return self.root / "rundowns" / f"{version}.file.json"

    def source(self, version: int) -> Path:
        """The producer's file of that version, for people to look at."""
        return self.root / "rundowns" / f"{version}.yaml"

    @property
    def read_day(self) -> Path:
        """The producer's file as it is now, resolved, until somebody takes it over."""
        return self.root / "rundowns" / "read.json"

    @property
    def running(self) -> Path:
        """JSON: process, live tree and addresses of the event that runs (writer: supervisor)."""
        return self.root / "running.json"

    @property
    def slate_cache(self) -> Path:
        return self.root / "slate-cache"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def recordings(self) -> Path:
        """One MP4 per slot: `<slot>.mp4`, `<slot>-2.mp4` … (writer: recorder)."""
        return self.root / "recordings"

    @property
    def dvr(self) -> Path:
        """The DVR's segments and their index, see `bus/dvr.py` (writer: recorder)."""
        return self.root / "dvr"

    @property
    def stills(self) -> Path:
        """Poster and thumbnails of what is public, see `bus/stills.py` (writer: stills)."""
        return self.root / "stills"

    def sent(self, output: str) -> Path:
        """JSON lines: what an output really sent, see `bus/sent.py` (writer: that output)."""
        return self.root / "sent" / f"{output}.jsonl"
