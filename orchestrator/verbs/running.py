"""Finding the running event, and talking to its desk and its gate; shared by the verbs.

The desk journals before it acts. The gate acts first, and answers with control, journal and
everything else dead.
"""

from __future__ import annotations

import getpass
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestrator.bus.ask import ask
from orchestrator.bus.tree import LiveTree, StateFolder
from orchestrator.errors import CommandRejected, StartError

State = Annotated[
    Path, typer.Option(envvar="ORCH_STATE", help="State folder of the running event.")
]
Reason = Annotated[str, typer.Option(help="Why; it is kept in the journal.")]
DEFAULT_STATE = Path("state")


def author() -> str:
    """Who is asking: `ORCH_AUTHOR`, or the name of this login."""
    named = os.environ.get("ORCH_AUTHOR", "").strip()
    if named:
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a passwd entry
        return f"uid-{os.getuid()}"


@dataclass(frozen=True, slots=True)
class Running:
    """An event that is running, as its supervisor announced it."""

    pid: int
    live: LiveTree
    public: str
    control: str

    @classmethod
    def find(cls, state: Path) -> Running:
        """Raises StartError if no event runs there."""
        for path in (StateFolder(state).running, LiveTree.of_state(state).running):
            running = cls._read(path)
            if running is not None:
                return running
        raise StartError(
            f"no event is running with the state folder {state}: start one with  "
            f"orchestrator run EVENT.yaml --state {state}  or name its folder with --state"
        )

    @classmethod
    def _read(cls, path: Path) -> Running | None:
        """None if nothing is there, or its process is gone."""
        try:
            record = json.loads(path.read_bytes())
            running = cls(
                int(record["pid"]), LiveTree(Path(record["live"])), record["public"],
                record["control"],
            )  # fmt: skip
            os.kill(running.pid, 0)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return running

    def desk(self, verb: str, args: dict[str, Any], reason: str, *, dry: bool = False) -> Any:
        """The desk's answer. Raises CommandRejected, or StartError if nobody answers."""
        request = {"verb": verb, "args": args, "author": author(), "reason": reason, "dry": dry}
        try:
            answer = ask(self.live.desk_socket, request)
        except (OSError, ValueError) as error:
            raise StartError(
                f"the desk does not answer ({error}); control may be restarting, the show goes on. "
                "Try again; blank and privacy work in any case"
            ) from error
        return _accepted(answer)

    def gate(self, act: str, reason: str, **more: Any) -> Any:
        """The gate's answer, without control. Raises CommandRejected or StartError."""
        try:
            token = self.live.gate_token.read_text().strip()
            request = {"token": token, "act": act, "author": author(), "reason": reason} | more
            answer = ask(self.live.gate_socket, request)
        except (OSError, ValueError) as error:
            raise StartError(f"the gate does not answer ({error}); try again at once") from error
        return _accepted(answer)


def _accepted(answer: dict[str, Any]) -> dict[str, Any]:
    if not answer.get("ok"):
        raise CommandRejected(
            str(answer.get("code", "refused")), f"refused: {answer.get('why', 'without a reason')}"
        )
    return answer
