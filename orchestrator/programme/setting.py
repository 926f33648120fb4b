"""What is to be made: the resolved rundown, and the house format that goes with it.

Read at the start of the programme and of the slate job. The rundown may change while the event
runs; size, rate and ladder may not (DESIGN §9).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from orchestrator.bus.tree import LiveTree
from orchestrator.errors import StartError
from orchestrator.media.house import House
from orchestrator.rundown.resolved import Resolved


@dataclass(frozen=True, slots=True)
class Setting:
    resolved: Resolved
    house: House
    clean_of: str = ""
    """The rendition that recordings without graphics are made like; empty for none."""


def read_resolved(tree: LiveTree) -> Resolved:
    """The rundown in the live tree's snapshot. Raises StartError."""
    try:
        return Resolved.from_json(tree.snapshot.read_bytes())
    except (OSError, ValueError) as error:
        raise StartError(f"{tree.snapshot} holds no resolved rundown: {error}") from error


def read_editions(tree: LiveTree) -> list[Resolved]:
    """Every version in force, the lowest first; none perhaps. Raises StartError."""
    paths = tree.edition(0).parent.glob("*.json")
    try:
        found = [Resolved.from_json(path.read_bytes()) for path in paths]
    except (OSError, ValueError) as error:
        raise StartError(f"an edition of the rundown cannot be read: {error}") from error
    return sorted(found, key=lambda day: day.version)


def read_setting(tree: LiveTree) -> Setting:
    """Snapshot and `processes.json`, as the prepare job wrote them. Raises StartError."""
    resolved = read_resolved(tree)
    try:
        record = json.loads(tree.processes.read_bytes())
        ladder = tuple(str(name) for name in record["ladder"])
        house = House.of(int(record["width"]), int(record["height"]), int(record["fps"]), ladder)
        clean_of = str((record.get("record") or {}).get("clean_of", ""))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StartError(f"{tree.processes} does not say what to make: {error}") from error
    return Setting(resolved, house, clean_of)
