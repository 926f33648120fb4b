"""The label of a column: what the programme put into it, so that the gate need not know the day.

Written to the spool before the column's parts. A column without a label is treated as the
strictest there is: whoever did not say what is in it cannot have it shown to everybody.
"""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """Strictest audience in the column, the slots and sites seen in it, outputs that get slate."""

    audience: str = "professional"
    slots: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    slate_outputs: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        return json.dumps(
            {
                "audience": self.audience,
                "slots": self.slots,
                "sites": self.sites,
                "slate_outputs": self.slate_outputs,
            },
            separators=(",", ":"),
        ).encode()

    @classmethod
    def of(cls, text: bytes) -> Label:
        """Raises ValueError for what is not a label."""
        try:
            value = json.loads(text)
            return cls(
                str(value["audience"]),
                tuple(map(str, value["slots"])),
                tuple(map(str, value["sites"])),
                tuple(map(str, value["slate_outputs"])),
            )
        except (TypeError, KeyError) as error:
            raise ValueError(f"not a label: {error}") from error


ANY_OUTPUT = "*"
STRICTEST = Label(slate_outputs=(ANY_OUTPUT,))
