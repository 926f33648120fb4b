"""The as-run: what really went out, frame by frame, and why. One line per change.

Tick thread. `{"n", "utc", "event", "slot", "shot", "cause", …}`; events are start, scene, slot,
failover, order, late, graphic (what came on, or could not), rundown, encoder (a rendition's has
failed) and process (one died, was stopped, is back).
"""

from __future__ import annotations

import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

from orchestrator.bus.lines import LineWriter
from orchestrator.bus.lives import Turn
from orchestrator.bus.orders import Order
from orchestrator.programme.ladder import Failure
from orchestrator.programme.watch import Change
from orchestrator.rundown.scene import Cause, GraphicOn, Look, Scene
from orchestrator.timing import Grid

log = logging.getLogger(__name__)

_SCHEDULE = Cause("schedule", "start")
_UNSAID = ("badge", "clock")


class AsRun:
    """`lost` counts lines that could not be written: a full disk costs the record, not the air."""

    def __init__(self, path: Path, grid: Grid) -> None:
        self._lines = LineWriter(path)
        self._grid = grid
        self._scene: Scene | None = None
        self._pictures: tuple[Any, ...] = ()
        self._graphics: frozenset[str] = frozenset()
        self._late_ms: list[float] = []
        self._late_skipped = 0
        self._late_due_n = 0
        self.lost = 0

    def start(self, n: int, first_part: int, version: int) -> None:
        cause = Cause("schedule", "the programme process started")
        self._write(n, "start", cause, first_part=first_part, version=version)

    def look(self, look: Look) -> bool:
        """Note frame `look.n`; writes only if it differs. True if a new slot began with it."""
        scene, before = look.scene, self._scene
        if scene is before:
            return False
        pictures = _pictures(scene)
        self._scene = scene
        is_new_slot = before is None or scene.slot != before.slot
        if is_new_slot:
            self._write(look.n, "slot", scene.cause, mode=scene.mode, audience=scene.audience)
        if is_new_slot or pictures != self._pictures:
            self._write(
                look.n,
                "scene",
                scene.cause,
                layout=scene.layout,
                places=[
                    {"place": layer.place.name, "source": layer.source}
                    | ({"wanted": layer.wanted} if layer.wanted != layer.source else {})
                    for layer in scene.layers
                ],
                transition=look.transition.kind if look.outgoing is not None else "cut",
                began_n=scene.began_n,
                mixed_n=scene.began_n + look.transition.frames if look.outgoing else look.n,
            )
        self._pictures = pictures
        self._look_at_graphics(scene, look.n)
        return is_new_slot

    def _look_at_graphics(self, scene: Scene, n: int) -> None:
        """Note what came on. Badge and clock go without saying."""
        graphics = [g for g in scene.graphics if g.use not in _UNSAID]
        for graphic in graphics:
            if graphic.key not in self._graphics:
                self._write(
                    n,
                    "graphic",
                    scene.cause,
                    key=graphic.key,
                    use=graphic.use,
                    shown=True,
                    text=_text(graphic),
                )
        self._graphics = frozenset(graphic.key for graphic in graphics)

    def order(self, order: Order, n: int) -> None:
        """An order is in force from frame `n`, which is later than asked if it came late."""
        cause = Cause(order.cause, order.verb.value, order.author, order.seq)
        taken_n = max(n, order.n)
        late = {"late_frames": n - order.n} if n > order.n else {}
        self._write(
            taken_n, "order", cause, verb=order.verb.value, args=order.args, asked_n=order.n, **late
        )

    def failover(self, change: Change, n: int) -> None:
        after = change.after
        rule = after.why or f"good again after: {change.before.why}"
        self._write(
            n,
            "failover",
            Cause("failover", rule),
            source=change.source,
            verdict=after.verdict.value,
            why=rule,
            latched=after.is_latched,
        )

    def process(self, turn: Turn, n: int) -> None:
        """What became of a process, which may have been a while ago: of this one's predecessor."""
        self._write(
            n,
            "process",
            Cause("supervisor", f"{turn.process} {turn.what}: {turn.how}"),
            process=turn.process,
            what=turn.what,
            how=turn.how,
            happened_n=self._grid.frame_at(turn.at_ns),
            restarts=turn.restarts,
            seq=turn.seq,
        )

    def encoder(self, failure: Failure, n: int) -> None:
        """A rendition's encoder has failed and is made again at the next segment."""
        self._write(
            n,
            "encoder",
            Cause("encoder", failure.sentence()),
            track=failure.track,
            happened_n=failure.n,
            again_n=failure.again_n,
            restarts=failure.restarts,
        )

    def late(self, n: int, late_ms: float, skipped: int) -> None:
        """A tick came late; at most one line a second, which says how many there were."""
        self._late_ms.append(late_ms)
        self._late_skipped += skipped
        if n < self._late_due_n:
            return
        cause = Cause("schedule", "the tick came late")
        worst_ms = round(max(self._late_ms), 1)
        self._write(
            n,
            "late",
            cause,
            ticks=len(self._late_ms),
            worst_ms=worst_ms,
            skipped=self._late_skipped,
        )
        self._late_ms, self._late_skipped = [], 0
        self._late_due_n = n + self._grid.fps

    def event(self, n: int, event: str, cause: Cause, **fields: Any) -> None:
        """Anything else, e.g. a graphic that was not drawn in time."""
        self._write(n, event, cause, **fields)

    def _write(self, n: int, event: str, cause: Cause, **fields: Any) -> None:
        scene = self._scene
        record = {
            "n": n,
            "utc": self._grid.utc(n).isoformat(timespec="milliseconds"),
            "event": event,
            "slot": scene.slot if scene is not None else "",
            "shot": scene.shot if scene is not None else "",
            "cause": asdict(cause),
        } | fields
        try:
            self._lines.append(record)
        except OSError as error:
            self.lost += 1
            if self.lost == 1:
                log.error("the as-run takes no lines: %s", error)

    def close(self) -> None:
        self._lines.close()


def _text(graphic: GraphicOn) -> str:
    """What is to be read in it: names, or its own text."""
    people = [str(person.get("name", "")) for person in graphic.data.get("people", ())]
    return ", ".join(people) or str(graphic.data.get("text", "") or graphic.data.get("title", ""))


def _pictures(scene: Scene) -> tuple[Any, ...]:
    """What makes a scene another one to whoever looks at it."""
    places = tuple((layer.place.name, layer.source, layer.gain_db) for layer in scene.layers)
    return (scene.slot, scene.shot, scene.layout, places, scene.cause)
