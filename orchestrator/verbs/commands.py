"""The operator's words on the command line: one word, one effect (DESK §2).

take next stay extend end skip ready not-ready release safe gain → the desk, which journals first.
blank unblank privacy stop → the gate, which acts first. restore → the desk, by two persons.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestrator.bus.tree import StateFolder
from orchestrator.errors import CommandRejected, StartError
from orchestrator.settings import parse_span
from orchestrator.verbs.running import DEFAULT_STATE, Reason, Running, State

Dry = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")]
Slot = Annotated[str, typer.Option(help="Its id; the one on air if not given.")]
_STOP_S = 10.0


def register(app: typer.Typer) -> None:
    for verb in (take, release, safe, gain, next_, stay, extend, end, skip, ready, not_ready):
        app.command(verb.__name__.rstrip("_").replace("_", "-"))(verb)
    for act in (blank, unblank, privacy, restore, stop):
        app.command(act.__name__)(act)


def take(
    what: Annotated[
        list[str] | None, typer.Argument(help="SOURCE, or PLACE=SOURCE …", show_default=False)
    ] = None,
    layout: Annotated[str, typer.Option(help="A layout; the one on air if not given.")] = "",
    audio: Annotated[
        list[str] | None, typer.Option(help="PLACE=GAIN, e.g. inset=-6dB or inset=off.")
    ] = None,
    transition: Annotated[str, typer.Option(help='cut, "mix 600ms", "wipe left 1s".')] = "cut",
    until: Annotated[str, typer.Option(help="slot: it ends with the slot; or released.")] = "slot",
    reason: Reason = "",
    dry: Dry = False,
    state: State = DEFAULT_STATE,
) -> None:
    """Put a source, or a whole layout, on air over the schedule."""
    args: dict[str, Any] = {"layout": layout, "transition": transition, "until": until}
    words = what or []
    sources = [word for word in words if "=" not in word]
    if len(sources) > 1:
        raise CommandRejected("malformed", "one SOURCE, or PLACE=SOURCE for each place")
    if sources:
        args["source"] = sources[0]
    args["places"] = _pairs([word for word in words if "=" in word])
    args["audio"] = _pairs(audio or [])
    _desk("take", args, reason, state, dry=dry)


def release(reason: Reason = "", state: State = DEFAULT_STATE) -> None:
    """Drop what was taken; the schedule's picture comes back."""
    _desk("release", {}, reason, state)


def safe(reason: Reason = "", state: State = DEFAULT_STATE) -> None:
    """The studio, full frame, sound up: somewhere good."""
    _desk("safe", {}, reason, state)


def gain(
    feed: Annotated[str, typer.Argument(help="A feed, e.g. london.room.")],
    db: Annotated[str, typer.Argument(help='Its trim, e.g. +3dB or "-6 dB".', metavar="GAIN")],
    reason: Reason = "",
    state: State = DEFAULT_STATE,
) -> None:
    """Set a feed's own gain; it stays with the feed."""
    _desk("gain", {"feed": feed, "gain": db}, reason, state)


def next_(reason: Reason = "", dry: Dry = False, state: State = DEFAULT_STATE) -> None:
    """Leave this slot now, start the next one."""
    _desk("next", {}, reason, state, dry=dry)


def stay(
    slot: Slot = "",
    off: Annotated[bool, typer.Option("--off", help="It ends by itself again.")] = False,
    reason: Reason = "",
    dry: Dry = False,
    state: State = DEFAULT_STATE,
) -> None:
    """This slot does not end by itself."""
    _desk("stay", {"slot": slot, "on": not off}, reason, state, dry=dry)


def extend(
    by: Annotated[str, typer.Argument(help="A length: 10m, 90s.", metavar="LENGTH")] = "",
    to: Annotated[str, typer.Option(help="Or a time: 18:05, 18:05 london.")] = "",
    shorter: Annotated[bool, typer.Option("--shorter", help="By that length less.")] = False,
    slot: Slot = "",
    reason: Reason = "",
    dry: Dry = False,
    state: State = DEFAULT_STATE,
) -> None:
    """Give a slot a new end; says what moves."""
    args = {"slot": slot, "by": f"-{by}" if shorter and by else by, "to": to}
    _desk("extend", args, reason, state, dry=dry)


def end(
    to: Annotated[str, typer.Option(help="A time; its planned end if not given.")] = "",
    slot: Slot = "",
    reason: Reason = "",
    dry: Dry = False,
    state: State = DEFAULT_STATE,
) -> None:
    """Decide the end of a slot that asks for it."""
    _desk("end", {"slot": slot, "to": to}, reason, state, dry=dry)


def skip(
    slot: Annotated[str, typer.Argument(help="The id of a slot to come.")],
    off: Annotated[bool, typer.Option("--off", help="It plays after all.")] = False,
    reason: Reason = "",
    dry: Dry = False,
    state: State = DEFAULT_STATE,
) -> None:
    """A slot to come will not play."""
    _desk("skip", {"slot": slot, "on": not off}, reason, state, dry=dry)


def ready(
    slot: Annotated[str, typer.Argument(help="The id of the slot.")],
    join: Annotated[
        bool, typer.Option("--join", help="Leave the standby now and go to it.")
    ] = False,
    reason: Reason = "",
    state: State = DEFAULT_STATE,
) -> None:
    """The site is ready (it said so by phone)."""
    _desk("ready", {"slot": slot, "join": join}, reason, state)


def not_ready(
    slot: Annotated[str, typer.Argument(help="The id of the slot.")],
    wait: Annotated[str, typer.Option(help="How long to wait for it: 2m.")] = "",
    then: Annotated[str, typer.Option(help="standby, skip, start or ask.")] = "",
    reason: Reason = "",
    state: State = DEFAULT_STATE,
) -> None:
    """The site is not ready: wait, then what."""
    _desk("not-ready", {"slot": slot, "wait": wait, "then": then}, reason, state)


def blank(reason: Reason = "", state: State = DEFAULT_STATE) -> None:
    """Slate to everybody, at once; the programme goes on behind it."""
    answer = Running.find(state).gate("blank", reason)
    typer.echo(f"BLANK: slate from {_column(answer)}; undo with  orchestrator unblank")


def unblank(reason: Reason = "", state: State = DEFAULT_STATE) -> None:
    """Show the programme again."""
    answer = Running.find(state).gate("unblank", reason)
    typer.echo(f"UNBLANK: the programme from {_column(answer)}, at its next key picture")


def privacy(
    site: Annotated[str, typer.Argument(help="The site to keep off air; all if none.")] = "",
    look_back: Annotated[str, typer.Option(help="Also take back what was public: 30s.")] = "",
    reason: Reason = "",
    state: State = DEFAULT_STATE,
) -> None:
    """Slate at once, destroy what is not public yet, keep the site off air until restored."""
    seconds = parse_span(look_back) if look_back else 0.0
    answer = Running.find(state).gate("privacy", reason, site=site, look_back_s=seconds)
    was = "some of it WAS public" if answer.get("was_public") else "nothing of it was public"
    typer.echo(f"PRIVACY: slate from {_column(answer)}; {was}")
    if answer.get("redacted"):
        first, last = answer["redacted"]
        typer.echo(f"  {last - first + 1} published parts were replaced by slate")
    whom = f" {site}" if site else ""
    typer.echo(f"  end it with  orchestrator restore{whom}")


def restore(
    site: Annotated[str, typer.Argument(help="The site; all if none.")] = "",
    reason: Reason = "",
    state: State = DEFAULT_STATE,
) -> None:
    """End PRIVACY, by two persons: ask for the link that the other one opens."""
    running = Running.find(state)
    answer = running.desk("restore-ask", {"site": site} if site else {}, reason)
    typer.echo(answer["text"])
    typer.echo(f"  {running.control.rstrip('/')}/restore#{answer['token']}")
    typer.echo("  they sign in there as themselves: of the site, a producer, or of safety")


def stop(
    reason: Reason = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask back.")] = False,
    state: State = DEFAULT_STATE,
) -> None:
    """End the event: the stream ends after the running segment, then everything stops."""
    running = Running.find(state)
    if not yes:
        typer.confirm("End the event for everybody?", abort=True)
    try:
        answer = running.gate("stop", reason)
        typer.echo(f"STOP: the stream ends with segment {answer['msn']}")
    except (CommandRejected, StartError) as error:
        typer.echo(f"the gate: {error}", err=True)
    with contextlib.suppress(ProcessLookupError):
        os.kill(running.pid, signal.SIGTERM)
    deadline_s = time.monotonic() + _STOP_S
    while not (ended := _has_ended(state)) and time.monotonic() < deadline_s:
        time.sleep(0.05)
    if not ended:
        raise StartError(f"the supervisor (process {running.pid}) has not ended yet")
    typer.echo("everything has stopped")


def _desk(verb: str, args: dict[str, Any], reason: str, state: Path, *, dry: bool = False) -> None:
    given = {key: value for key, value in args.items() if value not in ("", {})}
    answer = Running.find(state).desk(verb, given, reason, dry=dry)
    typer.echo(("would " if dry else "") + answer["text"])
    for line in answer["moves"]:
        typer.echo(f"  {line}")
    if not dry:
        typer.echo(f"  journal {answer['seq']}, frame {answer['n']}")


def _pairs(words: list[str]) -> dict[str, str]:
    pairs = {}
    for word in words:
        place, equals, value = word.partition("=")
        if not equals or not place or not value:
            raise CommandRejected("malformed", f"{word!r} is not PLACE=…")
        pairs[place] = value
    return pairs


def _column(answer: dict[str, Any]) -> str:
    return f"segment {answer['msn']}, part {answer['index']}"


def _has_ended(state: Path) -> bool:
    """The supervisor holds the lock to its last breath."""
    try:
        with StateFolder(state).lock.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
