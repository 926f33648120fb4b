"""`orchestrator doctor`: what this machine has and lacks, a line each, with what to do.

While an event runs here, also which site's clock runs wrong.

Exit 0 if an event can be run here, 3 if something it needs is missing.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from orchestrator import ground
from orchestrator.errors import ConfigError, StartError
from orchestrator.settings import Address
from orchestrator.verbs.running import DEFAULT_STATE, Running, State

_GIB = 1 << 30
_DISK_BYTES = 60 * _GIB
_SHM_BYTES = 1 * _GIB
_TIME_ERROR = 5  # adjtimex(2): TIME_ERROR, the clock is not synchronised


@dataclass(frozen=True, slots=True)
class Finding:
    """`do` is empty when all is well. `is_needed`: no event can be run without it."""

    what: str
    found: str
    do: str = ""
    is_needed: bool = False

    def text(self) -> str:
        sign = "ok  " if not self.do else "LACK" if self.is_needed else "note"
        way_out = f"   → {self.do}" if self.do else ""
        return f"{sign}  {self.what:<12} {self.found}{way_out}"


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(
    event: Annotated[
        Path | None, typer.Argument(help="Also what this event file needs.", metavar="EVENT.yaml")
    ] = None,
    state: State = DEFAULT_STATE,
    public: Annotated[str, typer.Option(envvar="ORCH_PUBLIC")] = "127.0.0.1:8080",
    control: Annotated[str, typer.Option(envvar="ORCH_CONTROL")] = "127.0.0.1:8081",
    shm: Annotated[Path, typer.Option(envvar="ORCH_SHM", hidden=True)] = Path("/dev/shm"),
) -> None:
    """What this machine has and lacks, with what to do about it."""
    checks: list[Callable[[], Iterator[Finding]]] = [
        _machine,
        _ffmpeg,
        _codecs,
        _fonts,
        _clock,
        lambda: _ports(state, public, control),
        lambda: _room(state, shm),
        _player,
    ]
    if event is not None:
        checks.append(lambda: _event(event))
    findings = [finding for check in checks for finding in check()]
    for finding in findings:
        typer.echo(finding.text())
    if any(finding.do and finding.is_needed for finding in findings):
        raise typer.Exit(3)


def _machine() -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0))
    found = f"{cores} cores"
    yield Finding("cores", found, "" if cores >= 2 else "a 720p ladder wants two cores")


def _ffmpeg() -> Iterator[Finding]:
    try:
        path = ground.find_ffmpeg()
        said = subprocess.run(
            [path, "-hide_banner", "-protocols"], capture_output=True, text=True, timeout=20
        ).stdout
        version = subprocess.run(
            [path, "-version"], capture_output=True, text=True, timeout=20
        ).stdout
    except StartError as error:
        yield Finding("ffmpeg", "none", str(error), is_needed=True)
        return
    except (OSError, subprocess.SubprocessError) as error:
        yield Finding("ffmpeg", "does not run", str(error), is_needed=True)
        return
    name = " ".join(version.split()[:3])
    yield Finding("ffmpeg", f"{name} ({path})")
    srt = "srt" in said.split()
    way_out = "SRT feeds need one: unset IMAGEIO_FFMPEG_EXE to use the one that comes along"
    yield Finding("srt", "yes" if srt else "not in this ffmpeg", "" if srt else way_out, True)


def _codecs() -> Iterator[Finding]:
    import av

    wanted = {"libx264": "w", "aac": "w", "h264": "r", "hevc": "r"}
    missing = []
    for name, mode in wanted.items():
        try:
            av.codec.Codec(name, "w" if mode == "w" else "r")
        except ValueError:  # av.codec.codec.UnknownCodecError is one
            missing.append(name)
    way_out = "install PyAV's own wheel: pip install --force-reinstall av" if missing else ""
    found = f"without {', '.join(missing)}" if missing else f"PyAV {av.__version__}, all there"
    yield Finding("codecs", found, way_out, is_needed=True)


def _fonts() -> Iterator[Finding]:
    from orchestrator.media.fonts import missing_glyphs

    samples = {"Latin": "Hé", "Cyrillic": "Дн", "Arabic": "خا", "Devanagari": "आशा"}
    lacking = [script for script, text in samples.items() if missing_glyphs(text)]
    way_out = "install fonts-dejavu-core and fonts-noto-core: names in lower thirds need them"
    found = f"no glyphs for {', '.join(lacking)}" if lacking else "Latin Cyrillic Arabic Devanagari"
    yield Finding("fonts", found, way_out if lacking else "")


def _clock() -> Iterator[Finding]:
    """adjtimex(2) tells whether the kernel's clock is being steered."""
    yield clock(ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512)))


def clock(state: int) -> Finding:
    """What adjtimex(2) has answered."""
    if state < 0:
        return Finding("clock", "the kernel does not tell", "make sure that NTP or chrony runs")
    if state == _TIME_ERROR:
        return Finding("clock", "not synchronised", "run chrony or systemd-timesyncd")
    return Finding("clock", "synchronised")


def _ports(state: Path, public: str, control: str) -> Iterator[Finding]:
    try:
        running = Running.find(state)
    except StartError:
        for what, text in (("public", public), ("control", control)):
            address = Address.parse(text)
            try:
                ground.listen(address, f"--{what}").close()
                yield Finding(f"port {what}", f"{address} is free")
            except StartError as error:
                yield Finding(f"port {what}", f"{address} is taken", str(error), is_needed=True)
    else:
        yield Finding("running", f"{running.public} and {running.control} are an event's own")
        yield from _feeds(running)


def _feeds(running: Running) -> Iterator[Finding]:
    """Of an event that is running: sites whose clock runs wrong."""
    from orchestrator.control.facts import read_feed, wrong_clocks

    pages = sorted((running.live.root / "feeds").glob("[!.]*"))
    seen = {page.name: read_feed(page, 0, 0) for page in pages}
    wrong = dict(wrong_clocks(seen))
    for feed, how in wrong.items():
        way_out = "it is followed on air; its encoder wants a proper clock (NTP, genlock)"
        yield Finding("feed clock", f"{feed} runs {how}", way_out)
    if seen and not wrong:
        yield Finding("feed clock", f"none of {len(seen)} feeds runs wrong")


def _room(state: Path, shm: Path) -> Iterator[Finding]:
    folder = next(path for path in (state.absolute(), *state.absolute().parents) if path.exists())
    writable = os.access(folder, os.W_OK)
    way_out = "" if writable else "choose another folder with --state"
    yield Finding("state", f"{folder} {'can' if writable else 'cannot'} be written", way_out, True)
    free = shutil.disk_usage(folder).free
    way_out = "" if free >= _DISK_BYTES else "24 h of DVR and recordings take about 54 GiB"
    yield Finding("disk", f"{free / _GIB:.0f} GiB free in {folder}", way_out)
    try:
        free = shutil.disk_usage(shm).free
    except OSError:
        yield Finding("shm", f"there is no {shm}", "mount a tmpfs there", is_needed=True)
        return
    way_out = f"mount -o remount,size=2g {shm}; in a container --shm-size 2g"
    yield Finding(
        "shm", f"{free / _GIB:.1f} GiB free in {shm}", "" if free >= _SHM_BYTES else way_out
    )


_MATERIAL = frozenset({"N-secret", "N-address", "N-clip", "N-room", "W7", "W8", "W13"})
"""What `check` says that is about this machine and the files on it, not about the day."""

_NEEDED = frozenset({"N-secret", "N-address", "N-clip", "N-room"})


def _event(path: Path) -> Iterator[Finding]:
    """Glyphs, templates, clips, secrets and room that one event needs."""
    from orchestrator.rundown.environment import check_environment
    from orchestrator.rundown.problem import Severity
    from orchestrator.verbs.examining import examine

    try:
        examined = examine(path)
    except ConfigError as error:
        yield Finding("event", f"{path} cannot be read", str(error), is_needed=True)
        return
    problems = list(examined.problems)
    if examined.loaded.plan is not None:
        problems += check_environment(examined.loaded.plan, os.environ, path.parent)
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    if errors:
        yield Finding("event", f"{path} has {errors} errors", f"orchestrator check {path}", True)
    found = [problem for problem in dict.fromkeys(problems) if problem.code in _MATERIAL]
    for problem in found:
        where = f"{problem.path}: " if problem.path else ""
        is_needed = problem.code in _NEEDED  # `run` refuses without
        way_out = problem.hint or f"see {problem.mark}"
        yield Finding("event", f"{where}{problem.message}", way_out, is_needed)
    if not found and not errors:
        yield Finding("event", f"{path} finds all it needs here")


def _player() -> Iterator[Finding]:
    built = Path(__file__).parents[2] / "build" / "static"
    players = sorted(path.name for path in built.glob("hls*.js")) if built.exists() else []
    if players:
        yield Finding("player", f"{', '.join(players)} in {built}")
        return
    node = shutil.which("npm")
    way_out = (
        "npm ci && npm run build" if node else "install node and npm, then npm ci && npm run build"
    )
    yield Finding("player", "hls.js is not built; only Safari plays without it", way_out)
