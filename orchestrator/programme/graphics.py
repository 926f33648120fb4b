"""Graphics on air: asked for ahead of time, drawn in a process of their own, blended when due.

Threads: `overlays` by the tick thread; the drawing process is spoken to by one thread that owns
it. A drawing is known by template, data and size. What is not there at its frame is left out and
noted in the as-run; nothing on air waits for it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from orchestrator.media.house import House
from orchestrator.programme.asrun import AsRun
from orchestrator.programme.drawer import Drawer, Order
from orchestrator.programme.overlay import Overlay, opacity_at
from orchestrator.programme.script import Script
from orchestrator.rundown.scene import Cause, GraphicOn, Look
from orchestrator.timing import Grid

log = logging.getLogger(__name__)

_AHEAD_S = 30
_CHANGES_AHEAD = 12
_STEADY = frozenset({"badge"})
"""Graphics that do not fade by themselves: they come and go with their scene."""


class DrawnGraphics:
    """The loop's `Graphics`."""

    def __init__(self, house: House, script: Script, asrun: AsRun) -> None:
        self._house = house
        self._script = script
        self._asrun = asrun
        self._drawer = Drawer()
        self._missing: set[str] = set()
        self._missed = 0
        self._ask_n = 0

    def start(self) -> None:
        self._drawer.start()

    def stop(self) -> None:
        self._drawer.stop()

    def overlays(self, look: Look) -> tuple[Overlay, ...]:
        """What is to be blended over frame `look.n`; never waits."""
        n, fps = look.n, self._house.grid.fps
        if n >= self._ask_n:
            self._ask_n = n + fps
            self._ask_ahead(n)
        shown = list(shown_at(look))
        if not shown:
            return ()
        overlays: list[Overlay] = []
        for graphic, opacity in shown:
            order = self._order(graphic, n)
            drawing = self._drawer.drawing(order)
            if drawing is not None:
                overlays.append(Overlay(drawing, opacity))
            elif not self._drawer.is_blank(order):
                self._note_missing(graphic, n)
        return tuple(overlays)

    def _ask_ahead(self, n: int) -> None:
        """Have everything drawn that is due within the next half minute. Once a second."""
        show, fps = self._script.show, self._house.grid.fps
        at, until = n, n + _AHEAD_S * fps
        for _ in range(_CHANGES_AHEAD):
            scene = show.at(at).scene
            for graphic in scene.graphics:
                self._drawer.ask(self._order(graphic, max(at, graphic.from_n)))
                if at == n:  # a clock or a countdown: what it shows in a second
                    self._drawer.ask(self._order(graphic, n + fps))
            at = show.next_change(at)
            if at > until:
                break

    def _order(self, graphic: GraphicOn, n: int) -> Order:
        data = with_time(graphic.data, n, self._house.grid)
        return Order.of(
            graphic.template or graphic.use, data, self._house.width, self._house.height
        )

    def _note_missing(self, graphic: GraphicOn, n: int) -> None:
        if graphic.key in self._missing:
            return
        if len(self._missing) > 1000:
            self._missing.clear()
        self._missing.add(graphic.key)
        self._missed += 1
        cause = Cause("schedule", f"{graphic.use} was not drawn in time")
        self._asrun.event(n, "graphic", cause, key=graphic.key, use=graphic.use, shown=False)

    def facts(self) -> Mapping[str, object]:
        return {"missed": self._missed, **self._drawer.facts()}


def with_time(data: Mapping[str, Any], n: int, grid: Grid) -> Mapping[str, Any]:
    """The data as of frame `n`: a `zone` gets its time, a frame `to_n` the time until then."""
    moving: dict[str, Any] = {}
    if "zone" in data:
        moving["time"] = f"{grid.utc(n).astimezone(ZoneInfo(str(data['zone']))):%H:%M}"
    if "to_n" in data:
        left_s = max(0, -(-(int(data["to_n"]) - n) // grid.fps))
        hours, minutes = divmod(left_s // 60, 60)
        text = f"{minutes:02d}:{left_s % 60:02d}"
        moving["left"] = f"{hours}:{text}" if hours else text
    return {**data, **moving} if moving else data


def shown_at(look: Look) -> Iterator[tuple[GraphicOn, float]]:
    """Every graphic of the frame, and how strongly it shows."""
    coming = look.scene.graphics
    going = look.outgoing.graphics if look.outgoing is not None and look.progress < 1.0 else ()
    if not coming and not going:
        return
    stays = {(g.use, str(g.data)) for g in going}
    comes = {(g.use, str(g.data)) for g in coming}
    for graphic in coming:
        share = 1.0 if not going or (graphic.use, str(graphic.data)) in stays else look.progress
        if look.outgoing is not None and not going and look.progress < 1.0:
            share = look.progress
        yield from _if_seen(graphic, look.n, share)
    for graphic in going:
        if (graphic.use, str(graphic.data)) not in comes:
            yield from _if_seen(graphic, look.n, 1.0 - look.progress)


def _if_seen(graphic: GraphicOn, n: int, share: float) -> Iterator[tuple[GraphicOn, float]]:
    own = 1.0 if graphic.use in _STEADY else opacity_at(n, graphic.from_n, graphic.until_n)
    if own * share > 0.0:
        yield graphic, own * share
