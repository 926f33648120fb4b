"""The reading job: what the producer's file has become, told against the version in force.

    python -m orchestrator.control.reading --event FILE --state DIR --against VERSION

Started by control whenever the file has changed, as a process of its own: reading a day takes a
second that the desk has no time for. Prints one JSON object and leaves the day in the state
folder; what is wrong with the file is part of the answer, and the exit code is 0 all the same.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from orchestrator.bus.child import begin, log_unhandled
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.control.editions import Editions, digest_of, put
from orchestrator.control.eventfile import file_day, kept_start, load_plan
from orchestrator.errors import ConfigError
from orchestrator.rundown.difference import difference
from orchestrator.rundown.edition import refusals
from orchestrator.rundown.files import files_of


def reading(event: Path, state: StateFolder, against: int) -> dict[str, Any]:
    """The answer: files with their stamps, and the difference or the errors."""
    files = {str(path): list(stamp) for path, stamp in files_of(event).items()}
    answer: dict[str, Any] = {"files": files, "against": against, "errors": []}
    in_force = Editions(LiveTree(Path()), state).file_day(against)
    if in_force is None:
        return answer | {"errors": [f"version {against} is not in {state.root}"]}
    try:
        plan = load_plan(event)
        begins = kept_start(state, plan)
        is_meant = not in_force.is_rehearsal
        folder = event.parent
        day = file_day(plan, folder, begins, on_air=is_meant, sends=False, has_keys=False)
    except ConfigError as error:
        return answer | {"errors": str(error).splitlines()}
    put(state.read_day, day.to_json())
    return answer | {
        "digest": digest_of(day),
        "changes": [asdict(change) for change in difference(in_force, day)],
        "refused": list(refusals(in_force, day)),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="orchestrator.control.reading")
    for name in ("event", "state"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--against", type=int, required=True)
    args = parser.parse_args()
    begin("reading", nice=19)
    json.dump(reading(args.event, StateFolder(args.state), args.against), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(log_unhandled("reading", main))
