"""`orchestrator run EVENT.yaml`: check the event, then become the supervisor.

The file is read in this process, which then replaces itself: what stays for 24 hours is small.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.settings import Address, RunSettings, parse_span


def register(app: typer.Typer) -> None:
    app.command("run")(run)


def run(
    event: Annotated[
        Path, typer.Argument(envvar="ORCH_EVENT", help="The event file.", metavar="EVENT.yaml")
    ],
    state: Annotated[
        Path, typer.Option(envvar="ORCH_STATE", help="Folder for journal, as-run and logs.")
    ] = Path("state"),
    public: Annotated[
        str, typer.Option(envvar="ORCH_PUBLIC", help="HOST:PORT for viewers; port 0 is any free.")
    ] = "127.0.0.1:8080",
    control: Annotated[
        str, typer.Option(envvar="ORCH_CONTROL", help="HOST:PORT for operators and metrics.")
    ] = "127.0.0.1:8081",
    run_for: Annotated[
        str, typer.Option("--for", envvar="ORCH_FOR", help="End by itself after this long: 90s.")
    ] = "",
    start: Annotated[
        str, typer.Option(envvar="ORCH_START", help="Rehearse: begin now, at 14:00 or in +10m.")
    ] = "",
    fresh: Annotated[
        bool, typer.Option("--fresh", envvar="ORCH_FRESH", help="Leave earlier decisions behind.")
    ] = False,
    on_air: Annotated[
        bool,
        typer.Option("--on-air", envvar="ORCH_ON_AIR", help="Pushes open in spite of --start."),
    ] = False,
    reload: Annotated[
        bool,
        typer.Option("--reload", help="Go on with the file as it is now, not as it was in force."),
    ] = False,
    shm: Annotated[Path, typer.Option(envvar="ORCH_SHM", hidden=True)] = Path("/dev/shm"),
) -> None:
    """Run an event until it is stopped (Ctrl-C, twice to force it)."""
    from orchestrator.bus.tree import StateFolder
    from orchestrator.control.prepare import check_runnable

    settings = RunSettings(
        event,
        state,
        Address.parse(public),
        Address.parse(control),
        parse_span(run_for) if run_for else None,
        start or None,
        fresh,
        on_air,
        shm,
        reload,
    )
    check_runnable(
        event, StateFolder(state), settings.start, fresh=fresh, on_air=on_air, reload=reload
    )
    command = [sys.executable, "-m", "orchestrator.supervisor", *settings.arguments()]
    sys.stdout.flush()
    os.execv(sys.executable, command)
