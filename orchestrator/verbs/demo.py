"""`orchestrator demo`, `orchestrator rehearsal`: the show without any hospital.

`demo` makes what is needed, starts the simulated sites and the supervisor as its two children,
and ends when the supervisor does: after `--for`, or on Ctrl-C, which it passes on once. Main
thread only.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.bus.child import die_with_parent
from orchestrator.errors import StartError
from orchestrator.settings import Address, RunSettings, parse_span

_CACHE = Path("build/rehearsal")


def register(app: typer.Typer) -> None:
    app.command()(demo)
    rehearsal = typer.Typer(help="What a rehearsal needs.", no_args_is_help=True)
    rehearsal.command("clips")(make_clips)
    rehearsal.command("contact-sheet")(contact_sheet)
    app.add_typer(rehearsal, name="rehearsal")


def demo(
    event: Annotated[Path, typer.Argument(help="The event file.")] = Path("schedules/demo.yaml"),
    state: Annotated[
        Path, typer.Option(envvar="ORCH_STATE", help="Folder for journal, as-run, logs.")
    ] = Path("state/demo"),
    public: Annotated[
        str, typer.Option(envvar="ORCH_PUBLIC", help="Where viewers connect.")
    ] = "127.0.0.1:8080",
    control: Annotated[
        str, typer.Option(envvar="ORCH_CONTROL", help="Where operators connect.")
    ] = "127.0.0.1:8081",
    run_for: Annotated[str, typer.Option("--for", help="End after this long, e.g. 60s.")] = "",
    start: Annotated[str, typer.Option(help="now, 14:00 or +10m.")] = "now",
    shm: Annotated[Path, typer.Option(hidden=True)] = Path("/dev/shm"),
) -> None:
    """Show everything: simulated sites over SRT, the whole chain, a page to watch."""
    from orchestrator.rehearsal.demo import set_up

    settings = RunSettings(
        event,
        state,
        Address.parse(public),
        Address.parse(control),
        parse_span(run_for) if run_for else None,
        start,
        fresh=True,  # a demo begins at its beginning, every time
        shm=shm,
    )
    try:
        stage = set_up(event, state, _CACHE, lambda line: print(line, flush=True))
    except OSError as error:
        raise StartError(f"{error.filename}: {error.strerror}") from error
    print(f"{stage.feeds} simulated sites send over SRT", flush=True)
    raise typer.Exit(_perform(settings, stage.plan, os.environ | stage.environment))


def _perform(settings: RunSettings, plan: Path, environment: dict[str, str]) -> int:
    """Both children, until the supervisor is done. Its exit code is ours."""
    environment.pop("ORCH_PARENT", None)
    sites = _start(["orchestrator.rehearsal.sites", "--plan", str(plan)], os.environ.copy())
    supervisor = _start(["orchestrator.supervisor", *settings.arguments()], environment)

    def pass_on(number: int, _: object) -> None:
        supervisor.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    try:
        return supervisor.wait()
    finally:
        sites.terminate()
        sites.wait()


def _start(module: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A child outside our process group, so that Ctrl-C reaches it through us, once.

    It is asked to stop when we are killed; the supervisor then ends its tree in order.
    """
    return subprocess.Popen(
        [sys.executable, "-m", *module],
        env=environment,
        stdin=subprocess.DEVNULL,
        process_group=0,
        preexec_fn=lambda: die_with_parent(signal.SIGTERM),
    )


def make_clips(
    event: Annotated[Path, typer.Argument(help="The event file whose clips are missing.")],
) -> None:
    """Make the clips that an example event names, next to it; clips that exist stay."""
    from orchestrator.rehearsal import clips
    from orchestrator.rehearsal.demo import resolved

    day = resolved(event)
    count = 0
    for path in clips.make(day, event.parent, os.cpu_count() or 1):
        count += 1
        print(f"made {path} ({path.stat().st_size / 1e6:.1f} MB)", flush=True)
    print(f"{count} clips made, {len(day.clips) - count} were there")


def contact_sheet(
    event: Annotated[Path, typer.Argument(help="The event file.", metavar="EVENT.yaml")],
    sheet: Annotated[Path, typer.Argument(help="The picture to write, .png or .jpg.")] = Path(
        "contact-sheet.png"
    ),
    tile: Annotated[int, typer.Option(min=80, max=640, help="Width of each picture on it.")] = 320,
) -> None:
    """Draw every layout, transition, slate and graphic of an event onto one picture.

    Exit 1 if a graphic cannot be drawn; the sheet is written all the same.
    """
    from orchestrator.rehearsal.contactsheet import sections_of, write
    from orchestrator.rehearsal.demo import resolved

    sections = sections_of(resolved(event), event.parent)
    write(sections, sheet, tile)
    counted = ", ".join(f"{len(one.tiles)} {one.title.lower()}" for one in sections)
    print(f"{sheet}: {counted}")
    problems = [one.problem for section in sections for one in section.tiles if one.problem]
    for problem in dict.fromkeys(problems):
        print(problem)
    if problems:
        raise typer.Exit(1)
