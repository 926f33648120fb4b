"""`orchestrator plan diff|patch|take|revert`: the rundown of a running event and its file.

The file is the producer's: `patch` proposes edits of single values, and writes only when told to.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.verbs.running import DEFAULT_STATE, Reason, Running, State

Event = Annotated[Path, typer.Argument(help="The event file.", metavar="EVENT.yaml")]


def diff(
    old: Annotated[Path, typer.Argument(help="An event file.", metavar="OLD.yaml")],
    new: Annotated[Path, typer.Argument(help="Another one.", metavar="NEW.yaml")],
) -> None:
    """What a producer changed between two files, in sentences. Exit 1 if anything, 2 for errors."""
    from orchestrator.verbs.planning import difference_of

    changes, refused = difference_of(old, new)
    for change in changes:
        typer.echo(change)
    for sentence in refused:
        typer.echo(f"a running event cannot take it over: {sentence}")
    if not changes:
        typer.echo("They say the same.")
    raise typer.Exit(1 if changes else 0)


def patch(
    event: Event,
    apply: Annotated[bool, typer.Option("--apply", help="Write it into the file.")] = False,
    state: State = DEFAULT_STATE,
) -> None:
    """Propose to write what the desk decided into the file; printed as a difference of lines."""
    from orchestrator.verbs.planning import patch_of, write

    proposal, before = patch_of(event, state)
    for sentence in proposal.by_hand:
        typer.echo(f"by hand: {sentence}", err=True)
    if proposal.text == before:
        typer.echo("The file has everything that the desk decided.")
        return
    for line in write(event, before, proposal, is_dry=not apply):
        typer.echo(line)


def take(
    dry: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    reason: Reason = "",
    state: State = DEFAULT_STATE,
) -> None:
    """Take the changed file over, as the desk has read it: all of it or nothing."""
    from orchestrator.verbs.planning import waiting

    running = Running.find(state)
    offer = waiting(running.live)
    for kind in ("errors", "refused", "changes", "conflicts", "held"):
        for line in offer.get(kind, ()):
            typer.echo(line if kind == "changes" else f"{kind}: {line}")
    answer = running.desk("rundown", {"digest": offer.get("digest", "")}, reason, dry=dry)
    _say(answer, dry=dry)


def revert(
    version: Annotated[int, typer.Argument(help="An earlier version of the rundown.")],
    dry: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    reason: Reason = "",
    state: State = DEFAULT_STATE,
) -> None:
    """Go back to an earlier version of the rundown; what has begun stays as it is."""
    answer = Running.find(state).desk("revert", {"version": version}, reason, dry=dry)
    _say(answer, dry=dry)


def _say(answer: dict[str, object], *, dry: bool) -> None:
    typer.echo(("would " if dry else "") + str(answer["text"]))
    moves = answer["moves"]
    for line in moves if isinstance(moves, list) else ():
        typer.echo(f"  {line}")


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="The rundown of a running event, and its file.", no_args_is_help=True)
    for verb in (diff, patch, take, revert):
        group.command()(verb)
    app.add_typer(group, name="plan")
