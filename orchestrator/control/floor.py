"""What a reader of wishes may look at: the show, the frame, the desk's state, what was measured.

Every reader answers with an `Act`: the verb to be journalled, its arguments, and what will happen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.control.deskstate import DeskState
from orchestrator.rundown.difference import Change
from orchestrator.rundown.resolved import Resolved
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
    offer: Offer | None = None
    """The changed file that waits to be taken over."""
    stored: Callable[[int], Resolved | None] = lambda _: None
    """What the file said in an earlier version."""
    next_version: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """The producer's file as it is now, against the version in force. `changes` are sentences;
    with `refused` or `errors` it cannot be taken over."""

    digest: str
    against: int
    file: Resolved | None
    changes: tuple[Change, ...] = ()
    refused: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """`edition` comes into force with it, made of what `file` says."""

    verb: str
    args: dict[str, Any]
    text: str
    edition: Resolved | None = None
    file: Resolved | None = None
