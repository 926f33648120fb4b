"""What a word of the desk is: who may say it, what it takes, and who reads it. Pure.

The tables of words (`desk.WORDS`, `GATE_WORDS`) are the only place where a word is declared: the
desk refuses arguments that are not here, and the API's routes, their roles and their description
are made from them. A word cannot be added without saying who may use it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from orchestrator.control import roles
from orchestrator.control.roles import Roles
from orchestrator.control.wish import Wish
from orchestrator.rundown.show import Show

Schema = dict[str, Any]
Read = tuple[dict[str, Any], str]
"""The order's args, and the sentence that says what will happen."""

TEXT: Schema = {"type": "string", "maxLength": 500}
FLAG: Schema = {"type": "boolean"}
GAIN: Schema = {"type": ["string", "number"], "maxLength": 32, "examples": ["-6 dB", "off"]}
SITE = "site"
"""An argument that a site can only fill with itself."""
SLOT = "slot"
"""An argument that a site can only fill with a slot of its own."""


def table_of(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema, "maxProperties": 32}


def one_of(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a word: its name, its JSON Schema, and what it says to a person."""

    name: str
    schema: Schema
    says: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """`read` is None for what goes to the gate. `says` is the one effect it has (DESK §2)."""

    who: Roles
    says: str
    takes: tuple[Argument, ...] = ()
    read: Callable[[Wish, Show, int], Read] | None = None

    def names(self) -> tuple[str, ...]:
        return tuple(argument.name for argument in self.takes)


ENVELOPE = (
    Argument("reason", {"type": "string", "maxLength": 500}, "Why; it is kept in the journal."),
    Argument("dry", FLAG, "Only say what would happen."),
)
"""What every wish may carry beside its word's own arguments."""

_SITE = Argument(SITE, TEXT, "The site; everything if it is not given.")

GATE_WORDS: dict[str, Word] = {
    "blank": Word(roles.BLANK, "Slate to everybody, at once; programme and recording go on."),
    "unblank": Word(roles.OPERATE, "Show the programme again."),
    "privacy": Word(
        roles.CUT,
        "Slate at once, destroy what is not public yet, keep the site off air until RESTORE.",
        (_SITE, Argument("look_back", TEXT, "Also take back what was public: 30s.")),
    ),
    "restore": Word(roles.OPERATE, "End PRIVACY.", (_SITE,)),
    "stop": Word(
        roles.PRODUCE,
        "End the event for everybody.",
        (Argument("event", TEXT, "Its id once more, so that nobody ends it by accident.", True),),
    ),
}
"""The gate acts first and the journal hears of it afterwards (DESIGN §11)."""
