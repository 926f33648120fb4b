"""The process tree: starts it in order, keeps it alive, and ends it in order within 5 s.

Run as `python -m orchestrator.supervisor`, one thread (and one that only writes log files, which a
disk may keep waiting); imports neither PyAV nor aiohttp nor
pydantic, so that hardly anything can go wrong in it. It binds the public and the control socket
and passes them on: connections wait in the backlog while a server restarts (DESIGN §3). It is the
only one that moves the clock page. If it is killed, the kernel ends the whole tree with it; the
live tree stays and the next start with the same state folder goes on from there.

A child that is dead is started again at once the first time, then after 0.25, 0.5, 1, 2, 4, 5 s;
30 s of life are forgiveness. A child that lives but has written no facts for 10 s is hung, and is
killed and started again; gate and origin, for which players wait, after 0.5 s in which they could
have run and did not beat, or 0.4 s asleep in one call (`children.Hang`). One that was stopped is
continued at once (`reaper`).
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import selectors
import shutil
import signal
import socket
import sys
import time
from collections.abc import Sequence
from typing import Any

import setproctitle

from orchestrator import ground
from orchestrator.bus.child import FactSheet
from orchestrator.bus.lines import replace_json
from orchestrator.bus.lives import Lives
from orchestrator.bus.logs import configure_logs
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.chances import Ran
from orchestrator.children import (
    LOOK_S,
    THE_CAST,
    UNHURRIED_LOOK_S,
    Cast,
    Child,
    ChildSpec,
    Hang,
    Stage,
    step_forward,
)
from orchestrator.clockkeeper import ClockKeeper
from orchestrator.control.carry import carry_what_is_left
from orchestrator.errors import StartError
from orchestrator.farewell import Farewell
from orchestrator.logs import ChildLog, LogFiles
from orchestrator.reaper import Reaper
from orchestrator.settings import Address, RunSettings
from orchestrator.timing import NS
from orchestrator.timing.clock import PageClock, WallClock, anchor_page, wall_offset_ns

log = logging.getLogger("orchestrator.supervisor")

HUNG_AFTER_S = 10.0
FIRST_FACTS_AFTER_S = 30.0
_JOB_S = 120.0
_PR_SET_CHILD_SUBREAPER = 36


class Stopped(Exception):
    """Somebody asked for the end while jobs were still running."""


class Supervisor:
    """One run, from the lock to the last process. Main thread only."""

    def __init__(
        self, settings: RunSettings, cast: Cast = THE_CAST, wall: WallClock = wall_offset_ns
    ) -> None:
        self._settings = settings
        self._cast = cast
        self._wall = wall
        self._state = StateFolder(settings.state)
        self._live = LiveTree.of_state(settings.state, settings.shm)
        self._stage = Stage(settings, self._live, self._state)
        self._children: dict[str, Child] = {}
        self._logs: dict[int, ChildLog] = {}
        self._log_files = LogFiles()
        self._sockets: dict[str, socket.socket] = {}
        self._reaper = Reaper(self._children)
        self._signals = 0
        self._ends_at_s: float | None = None

    def run(self) -> int:
        """0 after an orderly end, 1 if the tree could not be ended well, 2 for a wrong file.
        Raises StartError, having started nothing, when this machine cannot run it."""
        lock = ground.hold_lock(self._state)
        try:
            self._sockets["public"] = ground.listen(self._settings.public, "--public")
            self._sockets["control"] = ground.listen(self._settings.control, "--control")
            ground.find_ffmpeg()
            return self._with_tree()
        finally:
            for listener in self._sockets.values():
                listener.close()
            os.close(lock)

    def _with_tree(self) -> int:
        is_new = ground.make_tree(self._live, fresh=self._settings.fresh)
        keep_tree = not is_new  # of a killed run: what it decided is not ours to throw away
        anchor_page(self._live.clock, self._wall())
        self._clock = PageClock(self._live.clock)
        self._clock_keeper = ClockKeeper(self._clock, self._wall)
        self._facts = FactSheet(self._live.facts("supervisor"), "supervisor")
        self._lives = Lives(self._live.lives, self._clock)
        if not is_new:
            self._lives.note("supervisor", "started", "the whole tree had been killed", 0)
        self._hear_signals()
        try:
            code = self._prepare()
            if code:
                return code
            keep_tree = False
            self._start_children()
            self._watch()
            return 0
        except Stopped:
            keep_tree = False
            return 0
        finally:
            self._stop(self._signals > 1)
            if not keep_tree:
                self._leave()
            self._lives.close()
            self._close_logs()

    def _close_logs(self) -> None:
        for child_log in self._logs.values():
            child_log.hang_up()
        if self._log_files.stop():
            for child_log in self._logs.values():
                child_log.close()

    def _leave(self) -> None:
        """Take home what must be kept, then remove the live tree."""
        try:
            carry_what_is_left(self._live, self._state, self._clock)
        except OSError as error:
            log.error(
                "as-run and safety acts stay in %s, the next start takes them from there: %s",
                self._live.root,
                error.strerror,
            )
        else:
            shutil.rmtree(self._live.root, ignore_errors=True)

    # starting

    def _prepare(self) -> int:
        before = ground.read_processes(self._live)
        for spec in self._cast.jobs(self._stage):
            code = self._run_job(spec)
            if code == 2:
                return 2  # the job has printed what is wrong with the file
            if code:
                raise StartError(f"the {spec.name} job failed (exit code {code}, see above)")
            if spec.name == "prepare":
                after = ground.read_processes(self._live)
                self._clock_keeper.fps = int(after["fps"])
                if ground.drop_other_shape(self._live, before, after):
                    log.warning("the stream's shape has changed; viewers must load the page again")
                ground.check_room(self._live, after)
        return 0

    def _run_job(self, spec: ChildSpec) -> int:
        job = Child(spec, Hang(HUNG_AFTER_S, FIRST_FACTS_AFTER_S))
        self._children[spec.name] = job
        try:
            self._start(job)
            while job.process is not None:
                self._turn(1.0)
                if self._signals:
                    raise Stopped
                if time.monotonic() - job.started_s > _JOB_S:
                    raise StartError(f"the {spec.name} job was not done after {_JOB_S:.0f} s")
            return 1 if job.last_exit is None else job.last_exit
        finally:
            if job.process is None:
                del self._children[spec.name]

    def _start_children(self) -> None:
        self._began_s = time.monotonic()
        for spec in self._cast.children(self._stage, ground.read_processes(self._live)):
            child_log = ChildLog(spec.name, self._state.logs, self._log_files)
            self._logs[child_log.read_fd] = child_log
            self._selector.register(child_log.read_fd, selectors.EVENT_READ, child_log)
            hang = Hang(HUNG_AFTER_S, FIRST_FACTS_AFTER_S, spec.patience)
            child = Child(spec, hang, child_log.write_fd)
            self._children[spec.name] = child
            self._start(child)
        if self._settings.run_for_s is not None:
            self._ends_at_s = self._began_s + self._settings.run_for_s
        self._announce()

    def _start(self, child: Child) -> None:
        listener = self._sockets.get(child.spec.listens)
        child.hang.begin(self._stamp(child))
        try:
            child.start(time.monotonic(), listener.fileno() if listener else None)
        except OSError as error:
            # no memory, no processes left: the same as a child that died at once
            log.error("%s cannot be started: %s", child.spec.name, error.strerror)
            child.due_s = time.monotonic() + child.backoff.after(0.0)

    def _announce(self) -> None:
        urls = {name: self._url(name) for name in self._sockets}
        running = {"pid": os.getpid(), "live": str(self._live.root), **urls}
        for path in (self._live.running, self._state.running):
            try:
                replace_json(path, running)
            except OSError as error:  # commands look in both
                log.error("%s cannot be written: %s", path, error.strerror)
        event = ground.read_processes(self._live).get("event", self._settings.event.stem)
        print(f"{event}: on its way\n  viewers  {urls['public']}\n  control  {urls['control']}")
        first = ground.first_link(self._state, urls["control"], self._clock.now_ns() / NS)
        if first:
            print(first)
        print(f"  state    {self._settings.state}", flush=True)

    def _url(self, name: str) -> str:
        asked = getattr(self._settings, name)
        return Address(asked.host, self._sockets[name].getsockname()[1]).url()

    # watching

    def _watch(self) -> None:
        self._reaper.lives = self._lives
        looked_s = told_s = time.monotonic()
        while not self._signals:
            now_s = time.monotonic()
            if self._ends_at_s is not None and now_s >= self._ends_at_s:
                log.info("the %s s that were asked for are over", self._settings.run_for_s)
                return
            for child in self._children.values():
                if child.process is None and now_s >= child.due_s:
                    child.restarts += 1
                    self._start(child)
                    self._reaper.started(child)
            if now_s - looked_s >= LOOK_S:
                self._kill_hung(now_s)
                looked_s = now_s
            if now_s - told_s >= 1.0:
                self._clock_keeper.look(now_s - told_s)
                self._write_facts(now_s)
                told_s = now_s
            self._turn(self._wait_s(now_s, looked_s))

    def _wait_s(self, now_s: float, looked_s: float) -> float:
        due = [child.due_s for child in self._children.values() if child.process is None]
        due += [looked_s + LOOK_S] + ([self._ends_at_s] if self._ends_at_s is not None else [])
        return max(0.0, min(due) - now_s)

    def _turn(self, wait_s: float) -> None:
        """Sleep until a signal, a log line or `wait_s`; then read logs and bury the dead."""
        for key, _ in self._selector.select(wait_s):
            if isinstance(key.data, ChildLog):
                key.data.take()
            else:
                with contextlib.suppress(BlockingIOError):
                    while self._wake_in.recv(64):
                        pass
        self._reaper.reap()

    def _kill_hung(self, now_s: float) -> None:
        for child in self._children.values():
            since_s = now_s - child.looked_s
            is_hurried = child.spec.patience is not None
            if child.process is None or since_s < (LOOK_S if is_hurried else UNHURRIED_LOOK_S):
                continue
            child.looked_s = now_s
            if child.spec.facts:
                ran = Ran.of(child.process.pid) if is_hurried else None
                how = child.hang.look(self._stamp(child), since_s, ran)
                if how:
                    self._reaper.hung(child, how)

    def _stamp(self, child: Child) -> int:
        try:
            return self._live.facts(child.spec.facts).stat().st_mtime_ns
        except OSError:
            return 0

    def _write_facts(self, now_s: float) -> None:
        def of(child: Child) -> dict[str, Any]:
            alive = child.process is not None
            return {
                "pid": child.process.pid if child.process else 0,
                "up_s": round(now_s - child.started_s, 1) if alive else 0.0,
                "restarts": child.restarts,
                "hangs": child.hangs,
                "stops": child.stops,
                "last_exit": child.last_exit,
            }

        self._facts.write(
            {
                "children": {name: of(child) for name, child in self._children.items()},
                "clock_off_ms": round(self._clock_keeper.off_ms, 3),
                "clock_alarm": self._clock_keeper.is_off,
                "orphans_killed": self._reaper.orphans,
                "lives_lost": self._lives.lost,
                "log_lines_lost": sum(entry.lost for entry in self._logs.values()),
                "up_s": round(now_s - self._began_s, 1),
            },
            now_ns=self._clock.now_ns(),
        )

    # stopping

    def _stop(self, by_force: bool) -> None:
        self._reaper.lives = None
        log.info("asked to stop" if not by_force else "stopping by force")
        farewell = Farewell(list(self._children.values()), self._turn, lambda: self._signals)
        farewell.say(by_force=by_force)
        self._reaper.kill_orphans()
        self._reaper.reap()
        with contextlib.suppress(OSError):
            self._state.running.unlink(missing_ok=True)

    def _hear_signals(self) -> None:
        """SIGTERM, SIGINT and SIGHUP are counted; they and SIGCHLD wake the loop."""
        self._selector = selectors.DefaultSelector()
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        signal.set_wakeup_fd(self._wake_out.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._wake_in, selectors.EVENT_READ, None)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(sig, self._on_signal)
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)

    def _on_signal(self, *_: object) -> None:
        self._signals += 1


def main(
    words: Sequence[str] | None = None, cast: Cast = THE_CAST, wall: WallClock = wall_offset_ns
) -> int:
    """The exit code: 0 ended as asked, 2 wrong file, 3 this machine cannot run it.

    `cast` and `wall` are for who starts it from Python (tests): no option and no variable can put
    another clock under an event.
    """
    settings = RunSettings.of_arguments(sys.argv[1:] if words is None else words)
    setproctitle.setproctitle("orch supervisor")
    configure_logs()
    step_forward()
    try:
        return Supervisor(settings, cast, wall).run()
    except StartError as error:
        print(f"orchestrator: {error}", file=sys.stderr)
        return 3


if __name__ == "__main__":
    sys.exit(main())
