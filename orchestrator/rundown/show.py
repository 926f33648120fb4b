"""The show: what is on air at any frame, as a pure function (DESIGN §6).

`Show(resolved, orders).at(n, dead)` depends on nothing else, so start, restart, seek, preview and
a second machine are the same code. From weakest to strongest: event slate, schedule, stand-ins
for dead sources, the operator's take, STOP. A scene is never empty.

Used by programme, control and the tables; one thread each (the caches only remember).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchestrator.bus.orders import Order
from orchestrator.rundown.audience import strict_sources, strictest
from orchestrator.rundown.decided import Decided, StandIn
from orchestrator.rundown.graphics_cues import badge, graphics_on, graphics_to_come
from orchestrator.rundown.heat import Heat
from orchestrator.rundown.lineup import NEVER, Day, LiveSlot
from orchestrator.rundown.plan import Health, Layout, Place, PlanSlot, SceneSpec, Transition
from orchestrator.rundown.replan import Preview, RoomLeft, preview_extend, room_left
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.scene import Cause, GraphicOn, Layer, Look, Scene
from orchestrator.rundown.script import Script, Stretch
from orchestrator.rundown.standin import EVENT_SLATE, chosen, is_slate, stand_in
from orchestrator.rundown.states import anchor_due, with_state, with_states
from orchestrator.rundown.takes import Take
from orchestrator.rundown.undecided import undecided

_NOBODY: frozenset[str] = frozenset()
_KEPT = 64


@dataclass(frozen=True, slots=True)
class _Remembered:
    """A look that holds from `from_n` until `until_n`, but for the progress of its transition."""

    from_n: int
    until_n: int
    scene: Scene
    outgoing: Scene | None
    transition: Transition

    def at(self, n: int) -> Look:
        if self.outgoing is None:
            return Look(n, self.scene)
        progress = (n - self.scene.began_n + 1) / (self.transition.frames + 1)
        return Look(n, self.scene, self.outgoing, self.transition, progress)


class Show:
    """One resolved day and the orders given so far. Immutable; `after` makes the next one.

    `editions` are what the file became later; each holds from the RUNDOWN order that names its
    version. `resolved` is the one in force after the last order.
    """

    def __init__(
        self,
        resolved: Resolved,
        orders: Sequence[Order] = (),
        editions: Sequence[Resolved] = (),
    ) -> None:
        script = Script(resolved, orders, editions)
        self._begin(script, strict_sources(script.resolved))

    def _begin(self, script: Script, strict: frozenset[str]) -> None:
        self.resolved = script.resolved
        self._strict = strict
        self._script = script
        self._heat = Heat(script)
        self._sites = frozenset(self.resolved.sites)
        self._trims_db = {feed.id: feed.trim_db for feed in self.resolved.feeds()}
        self._nothing = Layout(script.slate.layout or "full", (Place("main", (0, 0, 1, 1)),))
        self._remembered: dict[frozenset[str], _Remembered] = {}

    def after(self, *orders: Order, editions: Sequence[Resolved] = ()) -> Show:
        """The show with more orders: cheap when they are not older than those it has."""
        show = object.__new__(Show)
        script = self._script.after(orders, editions)
        is_same = script.resolved is self.resolved
        show._begin(script, self._strict if is_same else strict_sources(script.resolved))
        return show

    @property
    def orders(self) -> tuple[Order, ...]:
        return self._script.orders

    @property
    def ignored(self) -> tuple[Order, ...]:
        """Orders that mean nothing (arguments missing, or of the wrong kind); nothing changes."""
        return self._script.ignored

    # what is seen and heard

    def at(self, n: int, dead: frozenset[str] = _NOBODY) -> Look:
        """The look of frame `n` while the sources in `dead` cannot be shown."""
        known = self._remembered.get(dead)
        if known is None or not known.from_n <= n < known.until_n:
            if len(self._remembered) >= _KEPT:
                self._remembered.clear()
            known = self._remembered[dead] = self._look(n, dead)
        return known.at(n)

    def next_change(self, n: int) -> int:
        """The next frame at which more changes than the progress of a running transition."""
        return self._look(n, _NOBODY).until_n

    def looks(self, from_n: int, until_n: int) -> Iterator[Look]:
        """Every different look from `from_n` to before `until_n`, so that graphics can be drawn
        and pictures be had in time."""
        n = from_n
        while n < until_n:
            look = self._look(n, _NOBODY)
            yield look.at(n)
            n = look.until_n

    def hot(self, n: int, dead: frozenset[str] = _NOBODY) -> dict[str, int]:
        """Sources to be decoded at `n`: on air or within preroll, each place's first stand-in too.

        The value is the frame at which a clip begins, 0 for everything else.
        """
        hot = self._heat.at(n)
        decided = self._script.chapter(n).epoch.decided
        asked_for = decided.previewed | {feed for _, feed in decided.solos}
        for source in asked_for & self._trims_db.keys():  # feeds: a clip begins when it is taken
            hot.setdefault(source, 0)
        for layer in self.at(n, dead).scene.layers if dead else ():
            if not is_slate(layer.source):
                hot.setdefault(layer.source, layer.clip_n or 0)
        return hot

    def health(self, n: int) -> Health:
        """The thresholds by which sources are judged at frame `n`; in a gap those of what comes."""
        day = self._script.day(n)
        run = day.on_air(n) or next(iter(day.runs[day.index_at(n) + 1 :]), None)
        return (run.plan if run is not None else _gap("")).health

    def trim_db(self, source: str, n: int) -> float:
        """The sticky gain of a feed at frame `n`: as last ordered, else as in the file.

        It comes on top of the gain of the place in which the feed stands.
        """
        trim = self._script.chapter(n).epoch.decided.trims.get(source)
        return trim.at(n) if trim is not None else self._trims_db.get(source, 0.0)

    def trims_move(self, n: int) -> bool:
        """Whether a trim is on its way to another value at frame `n`."""
        trims = self._script.chapter(n).epoch.decided.trims
        return any(trim.n <= n <= trim.n + trim.frames for trim in trims.values())

    def withheld(self, n: int) -> frozenset[str]:
        """Feeds that people have decided not to show at frame `n`, however well they are."""
        decided = self._script.chapter(n).epoch.decided
        sites = decided.quarantined | decided.hidden
        out = decided.feeds_out
        if sites:
            out |= {feed.id for feed in self.resolved.feeds() if feed.site in sites}
        if decided.latched:
            day = self._script.day(n)
            i = day.index_at(n)
            run = (day.runs[i].place, day.runs[i].start_n) if i >= 0 else (-1, -1)
            out |= {feed for feed, bound in decided.latched.items() if bound == run}
        return out

    def decided(self, n: int) -> Decided:
        """Everything that people or defaults have said, as it stands at frame `n`."""
        return self._script.chapter(n).epoch.decided

    def day_in_force(self, n: int) -> Resolved:
        """The edition of the rundown that holds at frame `n`."""
        return self._script.chapter(n).history.resolved

    def taken(self, n: int) -> Take | None:
        """What an operator has put over the schedule, if that holds at frame `n`."""
        return self._script.stretch(n).take

    def graphics_to_come(self, n: int) -> tuple[GraphicOn, ...]:
        """The cued graphics of the slot on air that have still to come, soonest first."""
        day = self._script.day(n)
        run = day.on_air(n)
        if run is None:
            return ()
        coming = day.runs[day.index_at(n) + 1 :]
        return graphics_to_come(self.day_in_force(n), run, coming, n, self.decided(n).overlays)

    # the running order

    def slot_at(self, n: int) -> LiveSlot:
        """The slot on air; in a gap, before and after the event one without an id."""
        day = self.day_at(n)
        i = day.index_at(n)
        if day.on_air(n) is not None:
            return with_state(day, i, n, self._script.chapter(n).epoch.decided)
        start_n = day.runs[i].end_n if i >= 0 else min(n, self.resolved.start_n)
        follows = i < day.cap and i + 1 < len(day.runs)
        end_n = day.runs[i + 1].start_n if follows else NEVER
        return LiveSlot(_gap(self._nothing.id), start_n, end_n, own_end_n=end_n)

    def line_up(self, n: int | None = None) -> tuple[LiveSlot, ...]:
        """The day as it will run after the orders, as seen from `n` (None: from the last order)."""
        if n is None:
            n = max(self._script.last_n, self.resolved.start_n)
        return with_states(self.day_at(n), n, self._script.chapter(n).epoch.decided)

    def day_at(self, n: int) -> Day:
        """The line-up, what is left out of it and what does not fit, as seen from `n`."""
        chapter = self._script.chapter(n)
        return chapter.history.rest.seen_at(chapter.epoch, n)

    def day_seen_at(self, n: int, other_n: int) -> Day:
        """The line-up with what is decided at `n`, as it looked, or will look, at another frame."""
        chapter = self._script.chapter(n)
        return chapter.history.rest.seen_at(chapter.epoch, other_n)

    def left_out(self, n: int) -> dict[str, str]:
        """Slots that will not play as seen from `n`: skipped, dropped, cut, and why."""
        return dict(self.day_at(n).left_out)

    def overdue(self, n: int) -> LiveSlot | None:
        """The hard anchor that should be on air but waits for the slot that is (R7)."""
        return anchor_due(self._script.day(n), n)

    def undecided(self, n: int, horizon: int) -> tuple[Order, ...]:
        """Defaults to be journalled if nobody decides: READY, and END of `end: ask` slots."""
        epoch = self._script.chapter(n).epoch
        return undecided(self.day_at(n), epoch.decided, n, horizon)

    def room(self, n: int) -> RoomLeft:
        """ROOM LEFT: how far the slot on air can be extended."""
        chapter = self._script.chapter(n)
        return room_left(chapter.history, chapter.epoch, n)

    def preview_extend(self, n: int, slot: str, frames: int) -> Preview:
        """What EXTEND of `slot` by `frames` at `n` would do; nothing is changed."""
        chapter = self._script.chapter(n)
        return preview_extend(chapter.history, chapter.epoch, n, slot, frames)

    # from what is asked for to what is shown

    def _look(self, n: int, dead: frozenset[str]) -> _Remembered:
        asked = self._script.stretch(n)
        scene, until_n = self._scene(asked, n, dead)
        over_n = asked.began_n + asked.transition.frames
        outgoing = None
        if asked.began_n <= n < over_n:
            earlier_n = asked.began_n - 1
            outgoing, _ = self._scene(self._script.stretch(earlier_n), earlier_n, dead)
            until_n = min(until_n, over_n)
        return _Remembered(n, until_n, scene, outgoing, asked.transition)

    def _scene(self, asked: Stretch, n: int, dead: frozenset[str]) -> tuple[Scene, int]:
        """The scene at `n`, and the frame at which it changes by itself."""
        dead |= self.withheld(n)
        layers = self._layers(asked, dead, n)
        cause = asked.cause
        replaced = [layer for layer in layers if layer.source != layer.wanted]
        by_hand = self._stand_in(asked, n)
        if by_hand is not None and any(x.source == by_hand.source for x in replaced):
            cause = by_hand.cause
        elif replaced and asked.take is None:
            rule = ", ".join(f"{x.place.name}: {x.source} for {x.wanted}" for x in replaced)
            cause = Cause("failover", rule)
        graphics, until_n = self._graphics(asked, layers, n)
        run = asked.run
        audience = run.audience if run else "open"
        if asked.take is not None:
            audience = strictest(audience, (layer.source for layer in layers), self._strict)
        scene = Scene(
            slot=run.id if run else "",
            shot=asked.shot,
            layout=asked.spec.layout,
            layers=layers,
            cause=cause,
            began_n=asked.began_n,
            mode=run.mode if run else "live",
            audience=audience,
            graphics=graphics,
        )
        return scene, min(asked.until_n, until_n)

    def _stand_in(self, asked: Stretch, n: int) -> StandIn | None:
        """What somebody has chosen in place of the guest of the slot, unless a TAKE covers it."""
        if asked.run is None or asked.take is not None:
            return None
        return self.decided(n).stand_ins.get(asked.run.id)

    def _layers(self, asked: Stretch, dead: frozenset[str], n: int) -> tuple[Layer, ...]:
        spec = asked.spec
        layout = self._day_of(asked, n).layouts.get(spec.layout, self._nothing)
        fallback = asked.run.plan.fallback if asked.run is not None else {}
        by_hand = self._stand_in(asked, n)
        fallback = chosen(fallback, spec.places, by_hand.source if by_hand is not None else None)
        layers: list[Layer] = []
        for place in layout.places:
            wanted = spec.places.get(place.name)
            if wanted is None:
                continue
            source = stand_in(wanted, place.name, fallback, self._sites, dead)
            if source is None:
                continue
            clip_n = None
            if source.startswith("clip."):
                clip_n = spec.clips.get(source, asked.began_n)
            layers.append(Layer(place, source, wanted, spec.audio.get(place.name), clip_n))
        if not layers:
            place = self._nothing.places[0]
            layers = [Layer(place, EVENT_SLATE, EVENT_SLATE, None)]
        return tuple(layers)

    def _day_of(self, asked: Stretch, n: int) -> Resolved:
        """The version whose layouts hold: what is on air keeps those it came on air with."""
        if asked.take is not None:
            return self.day_in_force(asked.began_n)
        day = self.day_in_force(n)
        return day if asked.run is None else day.as_for(asked.run.id)

    def _graphics(
        self, asked: Stretch, layers: Sequence[Layer], n: int
    ) -> tuple[tuple[GraphicOn, ...], int]:
        run = asked.run
        if run is None or all(is_slate(layer.source) for layer in layers):
            return (), NEVER
        if asked.take is not None and asked.take.is_safe:
            return (), NEVER
        day = self._script.day(n)
        coming = day.runs[day.index_at(n) + 1 :]
        overlays = self.decided(n).overlays
        cued, until_n = graphics_on(self.day_in_force(n).as_for(run.id), run, coming, n, overlays)
        truth = badge(run, layers, self._sites, is_taken=asked.take is not None)
        return (*cued, *((truth,) if truth is not None else ())), until_n


def _gap(layout: str) -> PlanSlot:
    """The slot that stands for a gap: event slate, nothing else."""
    scene = SceneSpec(layout, {"main": EVENT_SLATE}, {})
    return PlanSlot("", {}, "gap", ("gap",), 0, scene, audience="open")


__all__ = ["LiveSlot", "Preview", "RoomLeft", "Show"]
