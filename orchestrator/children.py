"""The children of the tree: which there are, how one is started, and when again.

Pure but for `Child.start`. Used by the supervisor on its main thread, because the kernel ties the
parent-death signal to the thread that forks.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from orchestrator.bus.child import die_with_parent
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.chances import Ran, chance_s, has_slept
from orchestrator.settings import RunSettings

_FIRST_WAIT_S, _LONGEST_WAIT_S, _FORGIVEN_AFTER_S = 0.25, 5.0, 30.0
_PUBLIC_SILENCE_S = 0.5
"""Gate and origin beat at least every 0.25 s, and with every answer; what they do in between takes
milliseconds. Players are 1.6 s behind and patient for as long: that is for this, for the start of
the next process, and for the second after which hls.js asks again."""

_PUBLIC_SLEEP_S = 0.4
"""Neither sleeps longer than 0.25 s at a time."""

_FORGIVEN_HANG_S = 20.0
_LONGEST_PATIENCE_S = 10.0
LOOK_S, UNHURRIED_LOOK_S = 0.1, 1.0
"""How often the supervisor looks for children that hang: those for which players wait, others."""


@dataclass(frozen=True, slots=True)
class Patience:
    """When a child whose beats are missing counts as hung: after `silence_s` in which it could have
    run, or `sleep_s` in which it slept without waking once."""

    silence_s: float
    sleep_s: float


_FOR_PUBLIC = Patience(_PUBLIC_SILENCE_S, _PUBLIC_SLEEP_S)


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """One process of the tree. `listens` names the socket it inherits as `ORCH_FD`.

    `facts` is the name under which it writes its facts; one that stops doing so is hung.
    `group` says which children are stopped together. `withheld` are the variables with other
    processes' addresses and keys: whoever gets at this one's memory does not find them there.
    `patience` is for one that beats several times a second because viewers wait for it.
    """

    name: str
    argv: tuple[str, ...]
    listens: str = ""
    facts: str = ""
    group: str = ""
    withheld: frozenset[str] = frozenset()
    patience: Patience | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a run takes place; what every child's command line is made from."""

    settings: RunSettings
    live: LiveTree
    state: StateFolder


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays: jobs that run to their end first, in order, then children, in order."""

    jobs: Callable[[Stage], Sequence[ChildSpec]]
    children: Callable[[Stage, Mapping[str, Any]], Sequence[ChildSpec]]


def the_jobs(stage: Stage) -> tuple[ChildSpec, ...]:
    settings = stage.settings
    live, state = f"--live={stage.live.root}", f"--state={stage.state.root}"
    event = f"--event={settings.event}"
    options = [] if settings.start is None else [f"--start={settings.start}"]
    options += ["--fresh"] * settings.fresh + ["--on-air"] * settings.on_air
    options += ["--reload"] * settings.reload
    return (
        _module("prepare", "orchestrator.control.prepare", live, state, event, *options),
        _module("slate", "orchestrator.programme.slate_job", live, state),
    )


def the_children(stage: Stage, processes: Mapping[str, Any]) -> tuple[ChildSpec, ...]:
    live, state = f"--live={stage.live.root}", f"--state={stage.state.root}"
    event = f"--event={stage.settings.event}"
    feeds = tuple(
        _module(f"feed.{feed}", "orchestrator.feeds", live, f"--feed={feed}", group="feeds")
        for feed in processes["feeds"]
    )
    clips = (_module("clips", "orchestrator.feeds.clips", live, group="feeds"),)
    pushes = tuple(
        _module(
            f"push.{push['id']}",
            "orchestrator.delivery.push",
            live,
            state,
            f"--output={push['id']}",
            group="pushes",
        )
        for push in processes.get("pushes", ())
    )
    children = (
        _module("gate", "orchestrator.delivery.gate", live, patience=_FOR_PUBLIC),
        _module("recorder", "orchestrator.delivery.recorder", live, state),
        _module("programme", "orchestrator.programme", live),
        *feeds,
        *(clips if processes["clips"] else ()),
        *pushes,
        _module("monitor", "orchestrator.programme.monitor", live),
        _module("stills", "orchestrator.delivery.stills", live, state),
        _module(
            "origin",
            "orchestrator.web.public",
            live,
            state,
            listens="public",
            patience=_FOR_PUBLIC,
        ),
        _module("control", "orchestrator.web.private", live, state, event, listens="control"),
    )
    return tuple(_with_its_own_secrets(child, processes.get("secrets", {})) for child in children)


def _with_its_own_secrets(child: ChildSpec, secrets: Mapping[str, Sequence[str]]) -> ChildSpec:
    """`secrets` are names of variables, by child or by group."""
    own = {*secrets.get(child.name, ()), *secrets.get(child.group, ())}
    everybodys = {name for names in secrets.values() for name in names}
    return replace(child, withheld=frozenset(everybodys - own))


THE_CAST = Cast(the_jobs, the_children)


def _module(
    name: str,
    module: str,
    *options: str,
    listens: str = "",
    group: str = "",
    patience: Patience | None = None,
) -> ChildSpec:
    argv = (sys.executable, "-m", module, *options)
    return ChildSpec(name, argv, listens, name, group or name, patience=patience)


class Backoff:
    """How long to wait before a dead child is started again: at once, then ever longer."""

    def __init__(self) -> None:
        self._next_s = 0.0

    def after(self, lived_s: float) -> float:
        if lived_s >= _FORGIVEN_AFTER_S:
            self._next_s = 0.0
        wait_s = self._next_s
        self._next_s = min(max(wait_s * 2, _FIRST_WAIT_S), _LONGEST_WAIT_S)
        return wait_s


class Hang:
    """Tells that a living child has hung: its facts stand still for longer than `limit_s`.

    Only time during which the supervisor itself was looking counts, at most 2 s a look: after a
    pause of the whole machine nobody is blamed. A child that has not written any facts yet is
    given `first_s`, for a slow start.

    With `patience` it is hung sooner: when it did not beat though it could have run, or slept in
    one and the same call (`chances`). Each hang doubles that, until it has lived for twenty
    seconds: a child that is slow for a reason we do not know must not be killed again and again.
    """

    def __init__(self, limit_s: float, first_s: float, patience: Patience | None = None) -> None:
        self._limit_s = limit_s
        self._first_s = first_s
        self._patience = patience
        self._times = 1
        self._stamp = 0
        self._still_s = self._silent_s = self._slept_s = 0.0
        self.begin(0)

    def begin(self, stamp: int) -> None:
        """A new process; `stamp` is what its predecessor left."""
        self._up_s = 0.0
        self._has_written = False
        self._ran: Ran | None = None
        self._heard(stamp)

    def look(self, stamp: int, since_last_look_s: float, ran: Ran | None = None) -> str:
        """How it hangs, as half a sentence; empty while it does not."""
        before, self._ran = self._ran, ran
        self._up_s += since_last_look_s
        if self._up_s > _FORGIVEN_HANG_S:
            self._times = 1
        if stamp != self._stamp:
            self._heard(stamp)
            self._has_written = True
            return ""
        self._still_s += min(since_last_look_s, 2.0)
        if self._still_s > (self._limit_s if self._has_written else self._first_s):
            return self._hung(f"wrote no facts for {self._still_s:.0f} s")
        if self._patience is None or not self._has_written:
            return ""
        span_s = min(since_last_look_s, 2 * LOOK_S)
        self._silent_s += chance_s(before, ran, span_s, since_last_look_s)
        self._slept_s = self._slept_s + span_s if has_slept(before, ran) else 0.0
        if self._slept_s > self._given(self._patience.sleep_s):
            self._times *= 2
            return self._hung(f"slept in one call for {self._still_s:.1f} s")
        if self._silent_s > self._given(self._patience.silence_s):
            self._times *= 2
            return self._hung(f"was silent for {self._still_s:.1f} s though it could run")
        return ""

    def _given(self, patience_s: float) -> float:
        return min(self._times * patience_s, _LONGEST_PATIENCE_S)

    def _heard(self, stamp: int) -> None:
        self._stamp = stamp
        self._still_s = self._silent_s = self._slept_s = 0.0

    def _hung(self, how: str) -> str:
        self._heard(self._stamp)  # one that cannot even be killed is told again later
        return how


@dataclass(slots=True)
class Child:
    """One child over all its lives. `process` is None while it is dead; then `due_s` is set."""

    spec: ChildSpec
    hang: Hang
    stderr_fd: int = 2
    backoff: Backoff = field(default_factory=Backoff)
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    looked_s: float = 0.0
    """When it was last asked whether it hangs."""
    due_s: float = 0.0
    restarts: int = 0
    hangs: int = 0
    stops: int = 0
    continued_s: float = float("-inf")
    """When it was last set going again after a stop."""
    last_exit: int | None = None

    def start(self, now_s: float, socket_fd: int | None) -> None:
        """Fork and exec. Raises OSError. The child leads its own process group: a Ctrl-C in the
        terminal reaches the supervisor alone, and what the child forks can be ended with it."""
        environment = {k: v for k, v in os.environ.items() if k not in self.spec.withheld}
        environment["ORCH_PARENT"] = str(os.getpid())
        if socket_fd is not None:
            environment["ORCH_FD"] = str(socket_fd)
        self.process = subprocess.Popen(
            self.spec.argv,
            stdin=subprocess.DEVNULL,
            stdout=self.stderr_fd,
            stderr=self.stderr_fd,
            env=environment,
            pass_fds=() if socket_fd is None else (socket_fd,),
            process_group=0,
            preexec_fn=_begin_child,
        )
        self.started_s = self.looked_s = now_s

    def ended(self, code: int, now_s: float) -> None:
        """It was reaped with `code`; from `due_s` on it may be started again."""
        assert self.process is not None
        self.process.returncode = code
        self.process = None
        self.last_exit = code
        self.due_s = now_s + self.backoff.after(now_s - self.started_s)

    def ask_to_stop(self) -> None:
        if self.process is not None:
            os.kill(self.process.pid, signal.SIGTERM)
            os.kill(self.process.pid, signal.SIGCONT)  # or a stopped one would never hear of it

    def kill(self) -> None:
        if self.process is not None:
            kill_group(self.process.pid)


_USUAL_NICE = os.getpriority(os.PRIO_PROCESS, 0)


def step_forward() -> None:
    """So little to do, and so soon: the supervisor looks for hangs on a busy machine, too. Its
    children begin where it was before. To step forward takes CAP_SYS_NICE."""
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, _USUAL_NICE - 5)


def _begin_child() -> None:
    die_with_parent()
    os.setpriority(os.PRIO_PROCESS, 0, _USUAL_NICE)


def kill_group(leader: int) -> None:
    """End a child, which has not been reaped yet, and whatever it forked."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
