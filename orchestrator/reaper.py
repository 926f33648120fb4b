"""Hears what became of the children: buries the dead, and sets going again who was stopped.

Supervisor only, on its only thread, whenever SIGCHLD has come. A child that was stopped (SIGSTOP:
a wrong key in a terminal, a debugger, a tool of the hosting) is continued at once: a gate that
stands still for two seconds is a stall in every player. Who stops it a second time within two
seconds means it, and is obeyed; after ten seconds it counts as hung.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from collections.abc import Mapping

from orchestrator.bus.lives import Lives
from orchestrator.children import Child, kill_group

log = logging.getLogger("orchestrator.supervisor")

_INSISTS_S = 2.0


class Reaper:
    """`lives` is None while jobs run and while the tree ends: that children end is then right."""

    def __init__(self, children: Mapping[str, Child]) -> None:
        self._children = children
        self.lives: Lives | None = None
        self.orphans = 0

    def reap(self) -> None:
        """Everything that has become of children since the last time. Never waits."""
        by_pid = {c.process.pid: c for c in self._children.values() if c.process is not None}
        while True:
            try:
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WSTOPPED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if found is None:
                return
            child = by_pid.get(found.si_pid)
            if found.si_code == os.CLD_STOPPED:
                os.waitid(os.P_PID, found.si_pid, os.WSTOPPED | os.WNOHANG)
                if child is not None:
                    self._stopped(child, found.si_pid)
                continue
            if child is not None:
                kill_group(found.si_pid)  # what it forked and left behind
            _, status = os.waitpid(found.si_pid, 0)
            if child is None:
                continue  # a grandchild that was handed to us when its parent died
            code = os.waitstatus_to_exitcode(status)
            child.ended(code, time.monotonic())
            if self.lives is not None:
                self._died(self.lives, child, code)
            self.kill_orphans()

    def started(self, child: Child) -> None:
        """One that had died was started again."""
        if self.lives is not None:
            self.lives.note(child.spec.name, "started", "started again", child.restarts)

    def hung(self, child: Child, how: str) -> None:
        """It lives and says nothing: it is killed, and `reap` will hear of that."""
        child.hangs += 1
        log.error("%s has hung (%s); killing it", child.spec.name, how)
        if self.lives is not None:
            self.lives.note(child.spec.name, "hung", how, child.restarts)
        child.kill()

    def kill_orphans(self) -> None:
        """As their subreaper we inherit grandchildren; none of them has any business left."""
        ours = {c.process.pid for c in self._children.values() if c.process is not None}
        for pid in _children_of(os.getpid()):
            if pid not in ours:
                self.orphans += 1
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _died(self, lives: Lives, child: Child, code: int) -> None:
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        wait_s = max(0.0, child.due_s - time.monotonic())
        log.warning("%s died (%s); starting it again in %.2f s", child.spec.name, how, wait_s)
        lives.note(child.spec.name, "died", how, child.restarts)

    def _stopped(self, child: Child, pid: int) -> None:
        now_s = time.monotonic()
        child.stops += 1
        insists = now_s - child.continued_s < _INSISTS_S
        how = "stopped again at once: somebody means it" if insists else "stopped, and continued"
        log.warning("%s was %s", child.spec.name, how)
        if self.lives is not None:
            self.lives.note(child.spec.name, "stopped", how, child.restarts)
        if not insists:
            child.continued_s = now_s
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGCONT)


def _children_of(pid: int) -> list[int]:
    try:
        with open(f"/proc/self/task/{pid}/children", encoding="ascii") as file:  # noqa: PTH123
            return [int(word) for word in file.read().split()]
    except OSError:  # a kernel without CONFIG_PROC_CHILDREN
        import psutil

        return [child.pid for child in psutil.Process(pid).children()]
