"""What the origin has of the DVR: which segments there are, and under which names.

`DvrShelf` belongs to the origin's loop. The index lies on a disk, and a disk may keep whoever asks
it waiting; so it is read by a thread, which hands over a finished `DvrView`. What was
taken back is known at once, from `decisions`: from that moment the old names are gone, however
long the recorder takes to write the segment anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.bus.decisions import SafetyAct
from orchestrator.bus.dvr import (
    MARGIN_S,
    DvrFollower,
    Shape,
    first_part,
    parts_per_group,
    segment_path,
)
from orchestrator.bus.tree import LiveTree
from orchestrator.delivery.history import recover
from orchestrator.delivery.recorder.source import Redactions

log = logging.getLogger(__name__)

_LOOK_S = 1.0
THERE: Final = 200
NOT_THERE: Final = 404
TAKEN_BACK: Final = 410
NOT_YET: Final = 503
"""Taken back, and the recorder has not written the segment anew."""


@dataclass(frozen=True, slots=True)
class DvrView:
    """Segments `first_g … last_g`, none missing. `tags` are those of the renamed ones."""

    first_g: int
    last_g: int
    tags: Mapping[int, int]


class DvrShelf:
    """`run` keeps `view` up to date; `take` what the gate did; ask `verdict` before handing out."""

    def __init__(self, tree: LiveTree, dvr: Path, shape: Shape) -> None:
        self._dvr = dvr
        self._decisions = tree.decisions
        self._follower = DvrFollower(dvr)
        self.shape = shape
        self._size = parts_per_group(shape)
        self._margin = int(MARGIN_S / (shape.grid.segment_s * shape.group))
        self._redactions = Redactions(shape.grid.parts_per_segment)
        self._wanted: dict[int, int] = {}
        """Segments that a look-back has touched: the tag that they are to have."""
        self._renamed_at: dict[int, float] = {}
        """When segments got the names that they have, by the loop's clock."""
        self._early: list[SafetyAct] | None = []
        """Acts that came before those of the past were read; None from then on."""
        self.view: DvrView | None = None
        self.revision = 0

    async def run(self) -> None:
        """Until cancelled."""
        self.begin(await asyncio.to_thread(self.past_acts))
        was_refused = False
        try:
            while True:
                try:
                    self.show(await asyncio.to_thread(self.read))
                    was_refused = False
                except OSError as error:
                    if not was_refused:
                        log.error(
                            "the DVR's index cannot be read, viewers keep the last: %s", error
                        )
                    was_refused = True
                await asyncio.sleep(_LOOK_S)
        finally:
            self._follower.close()

    # in a thread, one call at a time

    def past_acts(self) -> list[SafetyAct]:
        """What the gate did before we began."""
        return recover(self._decisions)[1]

    def read(self) -> DvrView | None:
        """The index as it stands; None while there is nothing of this stream. The first look at a
        day takes 50 ms. Raises OSError."""
        self._follower.look()
        index = self._follower.index
        if index.shape != self.shape or index.last_g is None:
            return None
        tags = {g: kept.tag for g, kept in index.segments.items() if kept.tag}
        return DvrView(next(iter(index.segments)), index.last_g, tags)

    # on the loop

    def begin(self, past: list[SafetyAct]) -> None:
        """Take up the acts of the past, in their order: which of them takes a column back depends
        on those before it."""
        acts, self._early = [*past, *(self._early or ())], None
        for act in acts:
            self.take(act)

    def show(self, view: DvrView | None) -> None:
        """What was read is what there is from now on."""
        if view == self.view:
            return
        if view is not None:
            now = asyncio.get_running_loop().time()
            self._renamed_at |= {g: now for g, tag in view.tags.items() if tag != self.tag_of(g)}
        self.view = view
        self.revision += 1
        if view is not None:
            oldest = view.first_g - self._margin
            self._wanted = {g: tag for g, tag in self._wanted.items() if g >= oldest}

    def take(self, act: SafetyAct) -> None:
        """From now on what `act` takes back is gone, under its old names."""
        if self._early is not None:
            self._early.append(act)
            return
        columns = self._redactions.take(act)
        for k in columns:
            g = k // self._size
            self._wanted[g] = max(self._wanted.get(g, 0), act.tag)
            self._renamed_at[g] = asyncio.get_running_loop().time()
        self.revision += bool(columns)

    def tag_of(self, g: int) -> int:
        """What segment `g` is called now."""
        there = self.view.tags.get(g, 0) if self.view else 0
        return max(there, self._wanted.get(g, 0))

    def tags(self) -> dict[int, int]:
        """Of all that are renamed."""
        names = dict(self.view.tags) if self.view else {}
        for g, tag in self._wanted.items():
            names[g] = max(names.get(g, 0), tag)
        return names

    def renamed_since(self, seconds: float) -> int | None:
        """The first segment that got another name so short a time ago."""
        limit = asyncio.get_running_loop().time() - seconds
        self._renamed_at = {g: at for g, at in self._renamed_at.items() if at >= limit}
        return min(self._renamed_at, default=None)

    def verdict(self, g: int, tag: int) -> int:
        """May segment `g` be handed out under the name with that tag?"""
        view = self.view
        if view is None or not view.first_g - self._margin <= g <= view.last_g:
            return NOT_THERE
        now = self.tag_of(g)
        if g < view.first_g:  # on disk for a while, under the last name that it had
            return TAKEN_BACK if tag < now else THERE
        if tag != now:
            return TAKEN_BACK if tag < now else NOT_THERE
        return NOT_YET if view.tags.get(g, 0) < now else THERE

    def path(self, track: str, g: int, tag: int) -> Path:
        return segment_path(self._dvr, self.shape, track, g, tag)

    def first_n(self, g: int) -> int:
        """The first frame of segment `g`."""
        return self.shape.grid.first_frame(first_part(self.shape, g))

    @property
    def group_frames(self) -> int:
        return self.shape.group * self.shape.segment_frames

    def end_n(self, view: DvrView) -> int:
        """The first frame behind the newest segment."""
        return self.first_n(view.last_g + 1)
