"""What a reader of wishes may look at: the show, the frame, the desk's state, what was measured.

Every reader answers with an `Act`: the verb to be journalled, its arguments, and what will happen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.control.deskstate import DeskState
from orchestrator.rundown.show import Show


@dataclass(frozen=True, slots=True)
class Floor:
    """`n` is the frame at which the wish would apply."""

    show: Show
    n: int
    state: DeskState = field(default_factory=DeskState)
    loudness_lufs: Mapping[str, float] = field(default_factory=dict)
    """Momentary loudness of feeds, before their trim."""
    open_items: Mapping[str, str] = field(default_factory=dict)
    """What a handover must be told: id and sentence."""
    incidents: frozenset[str] = frozenset()
    """What is open and can be acknowledged."""
    new_day: Mapping[str, Any] = field(default_factory=dict)
    """The changed file that waits to be taken over: digest, version, conflicts."""


@dataclass(frozen=True, slots=True)
class Act:
    verb: str
    args: dict[str, Any]
    text: str
