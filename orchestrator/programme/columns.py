"""What goes into each column: the label that the gate reads before it publishes anything.

Tick thread; pure. A column is labelled when its last frame is composed, before any of its parts
is laid down. The label is the strictest of everything seen or heard in the column. Sound is mixed
ahead, but never from a scene that the pictures of the same frame do not show.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from orchestrator.bus.label import Label
from orchestrator.rundown.scene import Look, Scene
from orchestrator.timing import Grid


@dataclass(slots=True)
class _Column:
    is_professional: bool = False
    slots: dict[str, None] = field(default_factory=dict)
    sites: dict[str, None] = field(default_factory=dict)
    slate_outputs: set[str] = field(default_factory=set)

    def label(self) -> Label:
        return Label(
            audience="professional" if self.is_professional else "open",
            slots=tuple(self.slots),
            sites=tuple(self.sites),
            slate_outputs=tuple(sorted(self.slate_outputs)),
        )


class Columns:
    """Collects frames; `take` gives the labels of the columns that are complete."""

    def __init__(self, grid: Grid, sites: Collection[str]) -> None:
        self._grid = grid
        self._sites = frozenset(sites)
        self._slate_outputs: Mapping[str, frozenset[str]] = {}
        self._k: int | None = None
        self._column = _Column()

    def set_day(self, sites: Collection[str], slate_outputs: Mapping[str, frozenset[str]]) -> None:
        """The sites there are, and for each slot the outputs that get slate during it."""
        self._sites = frozenset(sites)
        self._slate_outputs = slate_outputs

    def take(self, look: Look) -> list[tuple[int, Label]]:
        """Note what frame `look.n` shows; gives the columns that it completes, oldest first."""
        k = self._grid.part_of(look.n)
        done: list[tuple[int, Label]] = []
        if self._k is not None and k != self._k:
            done = self._finish_before(k)
        self._k = k
        for scene in (look.scene, look.outgoing):
            if scene is not None:
                self._note(scene)
        if look.n + 1 == self._grid.first_frame(k + 1):
            done.append((k, self._column.label()))
            self._k, self._column = None, _Column()
        return done

    def _finish_before(self, k: int) -> list[tuple[int, Label]]:
        """Frames were skipped: what was seen goes for every column up to the running one."""
        assert self._k is not None
        first = max(self._k, k - self._grid.parts_per_segment)
        label = self._column.label()
        self._column = _Column()
        return [(between, label) for between in range(first, k)]

    def _note(self, scene: Scene) -> None:
        column = self._column
        column.is_professional |= scene.audience != "open"
        column.slots[scene.slot] = None
        column.slate_outputs |= self._slate_outputs.get(scene.slot, frozenset())
        for layer in scene.layers:
            site = layer.source.partition(".")[0]
            if site in self._sites:
                column.sites[site] = None
