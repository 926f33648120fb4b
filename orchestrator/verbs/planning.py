"""What `plan` does with files and the state folder; works with the event running or not."""

from __future__ import annotations

import difflib
import json
import shutil
import time
from pathlib import Path
from typing import Any

from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control.derive import orders_in_force
from orchestrator.control.editions import Editions, versions_in_force
from orchestrator.control.eventfile import load_plan, resolve_plan
from orchestrator.control.journal import read_journal
from orchestrator.errors import ConfigError, StartError
from orchestrator.rundown.difference import difference
from orchestrator.rundown.edition import refusals
from orchestrator.rundown.livechanges import live_changes
from orchestrator.rundown.livepatch import Proposal, proposed
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.show import Show
from orchestrator.rundown.spans import CannotPatch
from orchestrator.timing import Grid
from orchestrator.timing.clock import wall_offset_ns


def difference_of(old: Path, new: Path) -> tuple[list[str], list[str]]:
    """The changes, and which of them no running event can take. Raises ConfigError."""
    before, after = _day(old), _day(new)
    return [c.text for c in difference(before, after)], list(refusals(before, after))


def _day(path: Path) -> Resolved:
    return resolve_plan(load_plan(path), None)


def show_of(state: StateFolder) -> Show:
    """The show as the state folder remembers it. Raises StartError if it remembers none."""
    entries = read_journal(state.journal if state.journal.exists() else state.mirror).entries
    chain = Editions(LiveTree(Path()), state).chain(versions_in_force(entries))
    if not chain:
        raise StartError(
            f"{state.root} holds no version of a rundown: name the event's folder with --state"
        )
    return Show(chain[0], orders_in_force(entries), chain[1:])


def patch_of(event: Path, state: Path) -> tuple[Proposal, str]:
    """What to write into the file, and the file as it is. Raises ConfigError or StartError."""
    show = show_of(StateFolder(state))
    n = Grid.standard(show.resolved.programme.fps).frame_at(time.monotonic_ns() + wall_offset_ns())
    n = max(n, *(order.n for order in show.orders), 0)
    try:
        text = event.read_bytes().decode("utf-8")
        return proposed(load_plan(event), text, live_changes(show, n)), text
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{event} cannot be read: {error}") from error
    except CannotPatch as error:
        raise ConfigError(f"{event}: {error}") from error


def write(event: Path, before: str, proposal: Proposal, *, is_dry: bool) -> list[str]:
    """Lines to say. The patched file is loaded before it takes the old one's place."""
    beside = event.with_name(f".{event.name}.new")  # beside it, for what it includes
    try:
        beside.write_bytes(proposal.text.encode("utf-8"))
        try:
            resolve_plan(load_plan(beside), None)
        except ConfigError as error:
            shown = str(error).replace(str(beside), str(event))
            sentence = f"the file would not be right with it; change it by hand:\n{shown}"
            raise ConfigError(sentence) from None
        if not is_dry:
            shutil.copymode(event, beside)
            beside.replace(event)
    except OSError as error:
        raise ConfigError(f"cannot write {event}: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)
    lines = difflib.unified_diff(
        before.splitlines(), proposal.text.splitlines(), str(event), str(event), lineterm="", n=0
    )
    end = "Nothing is written; --apply does." if is_dry else f"Written to {event}."
    return [*lines, *(f"# {done}" for done in proposal.done), end]


def waiting(live: LiveTree) -> dict[str, Any]:
    """The changed file as control has read it; empty if nothing waits."""
    try:
        facts = json.loads(live.facts("control").read_bytes())
    except (OSError, ValueError):
        return {}
    offer = facts.get("new_day")
    if not isinstance(offer, dict):
        return {}
    told = [change["text"] for change in offer.get("changes", ())]
    return offer | {"changes": told}
