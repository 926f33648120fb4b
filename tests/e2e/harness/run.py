"""The real program as processes, fed by simulated sites over real SRT. Used by tests and benches.

Everything waits for a condition with a deadline; whatever was started is ended on the way out.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import psutil

from orchestrator.bus.lines import read_lines
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control.accounts import Accounts, Kind
from orchestrator.control.roles import Role
from orchestrator.rehearsal import loops, sites
from orchestrator.rehearsal.demo import resolved
from orchestrator.rehearsal.pushers import Push, Pushers
from orchestrator.rundown.resolved import Resolved
from orchestrator.timing.clock import PageClock
from orchestrator.timing.grid import NS, Grid

T = TypeVar("T")
ROOT = Path(__file__).parents[3]
LOOK_EVERY_S = 0.05
PATIENCE_S = 30.0
"""No wait is given up sooner: a busy machine is not judged. What has to be in time is measured."""


def until(what: str, condition: Callable[[], T | None], timeout_s: float) -> T:
    """The first truthy value of `condition`; fails, saying what was waited for."""
    timeout_s = max(timeout_s, PATIENCE_S)
    deadline_s = time.monotonic() + timeout_s
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline_s:
            raise AssertionError(f"after {timeout_s:.0f} s still not: {what}")
        time.sleep(LOOK_EVERY_S)


def get(url: str, timeout_s: float = 5.0, *, token: str = "") -> tuple[int, bytes]:
    """Status and body; 0 if nobody answered. `token` is a bearer's."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        request = urllib.request.Request(url, headers=headers)
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, b""


def post(
    url: str, body: dict[str, Any], headers: Mapping[str, str], timeout_s: float = 10
) -> tuple[int, dict[str, Any], str]:
    """Status, JSON and the cookie that was set, if any."""
    request = urllib.request.Request(
        url,
        data=json.dumps(body).encode(),
        headers={**headers, "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            cookie = str(answer.headers.get("Set-Cookie", "")).partition(";")[0]
            return answer.status, json.load(answer), cookie
    except urllib.error.HTTPError as error:
        return error.code, json.load(error), ""


class Sites:
    """The simulated contributions of an event: films, SRT legs, pushers, environment."""

    def __init__(
        self,
        event: Path,
        folder: Path,
        cache: Path,
        film: loops.Film = loops.SMALL,
        levels_db: Mapping[str, float] | None = None,
        paces: Mapping[str, float] | None = None,
    ) -> None:
        """`levels_db`: feeds that sound louder or quieter than the others; `paces`: feeds whose
        clock runs fast or slow, as a factor."""
        self.event: Resolved = resolved(event)
        self.contributions = {
            one.feed: replace(one, level_db=(levels_db or {}).get(one.feed, 0.0))
            for one in sites.contributions(self.event)
        }
        legs = sites.Leg.some(len(self.contributions))
        self.legs = dict(zip(self.contributions, legs, strict=True))
        self.sent = folder / "sent.jsonl"
        film = replace(film, fps=self.event.programme.fps)
        contributions = list(self.contributions.values())
        made = list(loops.loops(contributions, film, cache, os.cpu_count() or 1))
        found = {one.feed: path for one, path in made}
        self.films = {feed: found[feed] for feed in self.contributions}
        pushes = [
            Push(
                one.feed,
                one.number,
                path,
                self.legs[one.feed].caller,
                film.fps,
                film.frames,
                (paces or {}).get(one.feed, 1.0),
            )
            for one, path in made
        ]
        self.pushers = Pushers(pushes, self.sent)
        self.environment = sites.environment(self.legs, self.event)

    def number(self, feed: str) -> int:
        return self.contributions[feed].number


class Run:
    """One `orchestrator run`. `with Run(...) as run:` waits until viewers can play."""

    def __init__(
        self,
        event: Path,
        folder: Path,
        environment: Mapping[str, str],
        *options: str,
        wait_s: float = 90.0,
    ) -> None:
        self.event, self.folder = event, folder
        self.state = folder / "state"
        self.live = LiveTree.of_state(self.state)
        self.log = folder / "run.log"
        self._environment = os.environ | dict(environment)
        self._options = options
        self._wait_s = wait_s
        self.process: subprocess.Popen[bytes] | None = None
        self.public = self.control = ""
        self._tokens: dict[str, str] = {}

    def start(self) -> None:
        """Begin, and wait until the supervisor has announced its addresses."""
        self.state.mkdir(parents=True, exist_ok=True)
        (self.state / "running.json").unlink(missing_ok=True)
        command = [*self._program(), "--state", str(self.state), *self._options]
        command += ["--public", "127.0.0.1:0", "--control", "127.0.0.1:0"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self._environment, cwd=ROOT, stdout=log, stderr=log
            )
        running = until("the supervisor announces itself", self._announced, self._wait_s)
        self.public, self.control = str(running["public"]), str(running["control"])

    def _program(self) -> list[str]:
        return [sys.executable, "-m", "orchestrator", "run", str(self.event)]

    def wait_until_playable(self) -> None:
        url = self.public + "hls/index.m3u8"
        until("viewers can play", lambda: get(url)[0] == 200, self._wait_s)

    def stop(self, sig: int = signal.SIGTERM) -> int:
        """Ask it to end, and its exit code."""
        assert self.process is not None
        self.process.send_signal(sig)
        try:
            return self.process.wait(PATIENCE_S)
        finally:
            self._sweep()

    def kill_tree(self) -> None:
        """kill -9 of the supervisor; the kernel ends the rest."""
        assert self.process is not None
        below = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        self.process.wait()
        _, alive = psutil.wait_procs(below, timeout=5)
        assert not alive, f"outlived the supervisor: {alive}"

    def token(self, role: Role = Role.VIEWER, site: str = "") -> str:
        """A bearer token for the control port, with this role; the same one every time."""
        key = f"test-{role.value}{site and '-'}{site}"
        if key not in self._tokens:
            expires_s = PageClock(self.live.clock).now_ns() // NS + 86_400
            accounts = Accounts(StateFolder(self.state).users)
            self._tokens[key] = accounts.mint(Kind.API, key, role, expires_s, site)
        return self._tokens[key]

    def told(self, path: str = "") -> tuple[int, bytes]:
        """Status and body of what the control port tells a viewer."""
        return get(self.control + path, token=self.token())

    def say(
        self, word: str, *, role: Role = Role.OPERATOR, of: str = "", **args: Any
    ) -> tuple[int, dict[str, Any]]:
        """Status and answer of a word said over HTTP, as this role (`of` a site)."""
        headers = {"Authorization": f"Bearer {self.token(role, of)}"}
        return post(f"{self.control}api/v1/commands/{word}", {"args": args}, headers)[:2]

    def pid(self, child: str) -> int | None:
        """The process that plays `child` now, from the supervisor's facts."""
        children = self.facts("supervisor").get("children", {})
        pid = int(children.get(child, {}).get("pid", 0))
        return pid if pid and psutil.pid_exists(pid) else None

    def kill(self, child: str, sig: int = signal.SIGKILL) -> int:
        """Send a signal to a child; the pid it had. Returns before it is back."""
        pid = until(f"{child} runs", lambda: self.pid(child), 10)
        os.kill(pid, sig)
        return pid

    def hold(self, child: str) -> int:
        """Stop a child so that it stays stopped: the supervisor continues it once, then obeys."""
        pid = until(f"{child} runs", lambda: self.pid(child), 10)

        def stops() -> int:
            return int(self.facts("supervisor")["children"][child]["stops"])

        before = stops()

        def is_held() -> bool:
            if psutil.Process(pid).status() == psutil.STATUS_STOPPED:
                return stops() >= before + 2
            os.kill(pid, signal.SIGSTOP)
            return False

        until(f"{child} stands still", is_held, 10)
        return pid

    def wait_for_another(self, child: str, old_pid: int) -> int:
        def another() -> int | None:
            pid = self.pid(child)
            return pid if pid != old_pid else None

        return until(f"{child} is back", another, 10)

    def facts(self, process: str) -> dict[str, Any]:
        try:
            return dict(json.loads(self.live.facts(process).read_bytes()))
        except (OSError, ValueError):
            return {}

    def asrun(self) -> list[dict[str, Any]]:
        return read_lines(self.live.asrun)

    def day(self) -> Resolved:
        """The rundown as it is being played, re-based and all."""
        text = until("there is a rundown", lambda: _read(self.live.snapshot), 10)
        return Resolved.from_json(text)

    def grid(self) -> Grid:
        return Grid.standard(self.day().programme.fps)

    def now_n(self) -> int:
        return self.grid().frame_at(PageClock(self.live.clock).now_ns())

    def command(self, *words: str, expect: int = 0, typed: str = "", **env: str) -> str:
        """`orchestrator WORDS` against this run; what it printed. `typed` answers its question."""
        done = subprocess.run(
            [sys.executable, "-m", "orchestrator", *words, "--state", str(self.state)],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
            cwd=ROOT,
            input=typed + "\n" if typed else None,
            env=os.environ | env,
        )
        assert done.returncode == expect, f"{words}: {done.returncode} {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def leftovers(self) -> list[str]:
        """Processes and shared memory that ought to be gone after a stop."""
        found = [str(self.live.root)] if self.live.root.exists() else []
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            if any(str(self.live.root) in word or str(self.state) in word for word in words):
                found.append(" ".join(words))
        return found

    def __enter__(self) -> Run:
        try:
            self.start()
            self.wait_until_playable()
        except BaseException:
            self._sweep()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._sweep()

    def _announced(self) -> dict[str, Any] | None:
        assert self.process is not None
        code = self.process.poll()
        assert code is None, f"ended with {code}:\n{self.tail()}"
        text = _read(self.state / "running.json")
        return dict(json.loads(text)) if text else None

    def tail(self, lines: int = 40) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _sweep(self) -> None:
        """Whatever a failed test leaves must not disturb the next one."""
        import shutil

        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if os.environ.get("KEEP_TREE") != "1" and self.process is not None:
            shutil.rmtree(self.live.root, ignore_errors=True)


class NightRun(Run):
    """A run whose clock page is set to another instant when it starts (`night.py`)."""

    def __init__(
        self, event: Path, folder: Path, environment: Mapping[str, str], instant: str
    ) -> None:
        super().__init__(event, folder, environment, wait_s=90.0)
        self._instant = instant

    def _program(self) -> list[str]:
        night = Path(__file__).parent / "night.py"
        return [sys.executable, str(night), self._instant, f"--event={self.event}"]


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes() or None
    except FileNotFoundError:
        return None


def write_event(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
