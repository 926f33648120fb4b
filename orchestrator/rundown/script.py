"""What is asked for at a frame, before failover: schedule, with the operator's take over it.

Pure. A chapter begins with every order and lasts until the next one; within it the schedule runs
by itself. `Show` turns what is asked for into a scene.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from orchestrator.bus.orders import Order, Verb
from orchestrator.rundown.decided import Epoch, cause_of
from orchestrator.rundown.history import History
from orchestrator.rundown.lineup import NEVER, Day, LiveSlot, RunKey
from orchestrator.rundown.moments import Moment, Spec, moments
from orchestrator.rundown.plan import CUT, Transition
from orchestrator.rundown.resolved import Resolved
from orchestrator.rundown.scene import Cause
from orchestrator.rundown.standin import EVENT_SLATE
from orchestrator.rundown.takes import Bound, Take, full_layout, take, transition_of

_BASELINE = Cause("schedule", "event slate")


@dataclass(frozen=True, slots=True)
class Turn:
    """A change of scene that is no start of a slot, shot or take: RELEASE, or an un-fired shot."""

    n: int
    transition: Transition
    cause: Cause | None


@dataclass(frozen=True, slots=True)
class Chapter:
    """An epoch with the operator's layer over it, and the rundown that it is an epoch of."""

    epoch: Epoch
    history: History
    take: Take | None = None
    turn: Turn | None = None
    faders: Mapping[str, float | None] = field(default_factory=dict)
    """Gains of places that somebody has moved; None is off."""
    faders_bound: Bound | None = None
    """They hold while this is on."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is asked for, since when, and until when that cannot change by itself."""

    run: LiveSlot | None
    shot: str
    spec: Spec
    began_n: int
    until_n: int
    transition: Transition
    cause: Cause
    take: Take | None = None

    def is_like(self, other: Stretch) -> bool:
        """Whether no viewer could tell a change of what is asked for."""
        return (
            (self.run and (self.run.place, self.run.start_n))
            == (other.run and (other.run.place, other.run.start_n))
            and self.shot == other.shot
            and self.take == other.take
            and self.spec == other.spec
        )


class Script:
    """A resolved day, its later editions and its orders. Immutable; `after` makes the next one.

    An edition comes into force with the RUNDOWN order that names its version; what was shown
    before stays as it was.
    """

    def __init__(
        self,
        resolved: Resolved,
        orders: Sequence[Order] = (),
        editions: Sequence[Resolved] = (),
    ) -> None:
        self._first = resolved
        self._editions = {edition.version: edition for edition in editions}
        layout = full_layout(resolved)
        place = resolved.layouts[layout].places[0].name if layout else "main"
        self.slate = Spec(layout, {place: EVENT_SLATE}, {})
        self._moments: dict[tuple[RunKey, int], tuple[Moment, ...]] = {}
        self.orders: tuple[Order, ...] = ()
        self.ignored: tuple[Order, ...] = ()
        history = History(resolved)
        self._chapters = [Chapter(history.first(), history)]
        self._starts = [self._chapters[0].epoch.from_n]
        self._add(sorted(orders, key=_place_in_time))

    @property
    def resolved(self) -> Resolved:
        """The edition in force after the last order."""
        return self._chapters[-1].history.resolved

    def after(self, orders: Sequence[Order], editions: Sequence[Resolved] = ()) -> Script:
        """With more orders; the past is kept unless one of them belongs into it."""
        new = sorted(orders, key=_place_in_time)
        known = (*self._editions.values(), *editions)
        if new and self.orders and _place_in_time(new[0]) < _place_in_time(self.orders[-1]):
            return Script(self._first, (*self.orders, *new), known)
        script = object.__new__(Script)
        script.__dict__.update(self.__dict__)
        script._editions = {edition.version: edition for edition in known}
        script._chapters = list(self._chapters)
        script._starts = list(self._starts)
        script._moments = {}
        script._add(new)
        return script

    def _add(self, orders: Sequence[Order]) -> None:
        given = list(self.orders)
        for order in orders:
            before = self._chapters[-1]
            try:
                chapter = self._next(before, order, given)
            except (KeyError, TypeError, ValueError):
                # the desk lets no such order through; if one comes, the picture goes on
                self.ignored = (*self.ignored, order)
                chapter = replace(before, epoch=replace(before.epoch, from_n=order.n))
            self._chapters.append(chapter)
            self._starts.append(order.n)
            given.append(order)
        self.orders = tuple(given)

    @property
    def last_n(self) -> int:
        """The frame of the newest order."""
        return self._starts[-1]

    def chapter(self, n: int) -> Chapter:
        return self._chapters[bisect_right(self._starts, n) - 1]

    def chapter_ends(self, n: int) -> int:
        """The frame of the first order after `n`."""
        i = bisect_right(self._starts, n)
        return self._starts[i] if i < len(self._starts) else NEVER

    def day(self, n: int) -> Day:
        return self.chapter(n).epoch.day

    def stretch(self, n: int) -> Stretch:
        stretch = self._in(self.chapter(n), n)
        return replace(stretch, until_n=min(stretch.until_n, self.chapter_ends(n)))

    def moments(self, run: LiveSlot) -> tuple[Moment, ...]:
        key = (run.key, id(run.plan))  # two editions may give a slot the same times
        known = self._moments.get(key)
        if known is None:
            known = self._moments[key] = moments(run)
        return known

    def _next(self, before: Chapter, order: Order, given: Sequence[Order]) -> Chapter:
        n = order.n
        if order.verb is Verb.UNDO:
            chapter = self._without(int(order.args["seq"]), order, given)
        else:
            chapter = self._applied(before, order)
        if order.verb is Verb.FADER:
            return chapter  # gains are ramped: no new scene, and no transition is cut short
        earlier, later = self._in(before, n), self._in(chapter, n)
        if later.began_n < n and not later.is_like(earlier):
            transition = CUT
            cause = None
            if order.verb is Verb.RELEASE:
                transition = transition_of(order.args.get("transition"), self._first.programme.fps)
            if order.verb in (Verb.RELEASE, Verb.UNDO):
                cause = cause_of(order, order.verb.value)
            chapter = replace(chapter, turn=Turn(n, transition, cause))
        return chapter

    def _applied(self, before: Chapter, order: Order) -> Chapter:
        """The chapter that `order` begins; how it comes in is for `_next` to say."""
        if order.verb is Verb.RUNDOWN:
            return self._in_edition(before, order)
        epoch = before.history.after(before.epoch, order)
        n = order.n
        bound = _bound(epoch.day, n)
        chapter = replace(before, epoch=epoch)
        if order.verb in (Verb.TAKE, Verb.SAFE):
            over = take(before.history.resolved, order, self._in(before, n).spec, bound)
            return replace(chapter, take=over, faders={}, faders_bound=None)
        if order.verb is Verb.RELEASE:
            return replace(chapter, take=None, faders={}, faders_bound=None)
        if order.verb is Verb.FADER:
            faders = dict(before.faders) if before.faders_bound == bound else {}
            place = str(order.args["place"])
            gain_db = order.args.get("gain_db")
            if order.args.get("clear"):
                faders.pop(place, None)
            else:
                faders[place] = None if gain_db is None else float(gain_db)
            return replace(chapter, faders=faders, faders_bound=bound)
        return chapter

    def _in_edition(self, before: Chapter, order: Order) -> Chapter:
        """Another edition of the rundown from here on. KeyError if nobody has it."""
        edition = self._editions[int(order.args["version"])]
        if edition.version == before.history.resolved.version:
            return replace(before, epoch=replace(before.epoch, from_n=order.n))
        history = History(edition)
        epoch = history.taken_over(before.epoch, order, before.history.resolved)
        return replace(before, epoch=epoch, history=history)

    def _without(self, seq: int, undo: Order, given: Sequence[Order]) -> Chapter:
        """From `undo` on, as if order `seq` had not been given; what was shown stays as it was.

        Orders that came after it are applied again, but for those that have been undone as well.
        Raises ValueError if there is no such order.
        """
        undone = {int(o.args["seq"]) for o in given if o.verb is Verb.UNDO} | {seq}
        place_of = {order.seq: i for i, order in enumerate(given)}
        first = place_of.get(seq)
        if first is None:
            raise ValueError(f"no order {seq} to be undone")
        while True:  # an undo that lies behind `first` may be of something that lies before it
            behind = (int(o.args["seq"]) for o in given[first:] if o.verb is Verb.UNDO)
            earliest = min([first, *(place_of.get(other, first) for other in behind)])
            if earliest == first:
                break
            first = earliest
        chapter = self._chapters[first]
        for order in given[first:]:
            if order.verb is Verb.UNDO or order.seq in undone:
                continue
            chapter = self._applied(chapter, order)
        return replace(chapter, epoch=replace(chapter.epoch, from_n=undo.n))

    def _in(self, chapter: Chapter, n: int) -> Stretch:
        """What is asked for at `n` if this chapter went on for ever."""
        stretch = self._unfaded(chapter, n)
        if not chapter.faders or chapter.faders_bound != _bound(chapter.epoch.day, n):
            return stretch
        spec = stretch.spec
        moved = {p: gain for p, gain in chapter.faders.items() if p in spec.places}
        return replace(stretch, spec=replace(spec, audio={**spec.audio, **moved}))

    def _unfaded(self, chapter: Chapter, n: int) -> Stretch:
        stopped = chapter.epoch.decided.stopped
        if stopped is not None:
            began_n = chapter.turn.n if chapter.turn is not None else chapter.epoch.from_n
            return Stretch(None, "", self.slate, began_n, NEVER, CUT, stopped)
        planned = self._scheduled(chapter.epoch.day, n)
        over, turn = chapter.take, chapter.turn
        if over is not None and over.holds(n, _bound(chapter.epoch.day, n)):
            until_n = planned.until_n if over.until_n is None else over.until_n
            came = Turn(over.began_n, over.transition, over.cause)
            if turn is not None and turn.cause is not None and came.n < turn.n <= n:
                came = turn  # an undo of what was over it
            return Stretch(
                planned.run,
                "",
                over.spec,
                came.n,
                min(until_n, planned.until_n),
                came.transition,
                came.cause or over.cause,
                over,
            )
        began_n, transition, cause = planned.began_n, planned.transition, planned.cause
        if over is not None and over.until_n is not None and began_n < over.until_n <= n:
            began_n, transition = over.until_n, CUT
        if turn is not None and began_n < turn.n <= n:
            began_n, transition, cause = turn.n, turn.transition, turn.cause or cause
        return replace(planned, began_n=began_n, transition=transition, cause=cause)

    def _scheduled(self, day: Day, n: int) -> Stretch:
        i = day.index_at(n)
        run = day.on_air(n)
        if run is None:
            follows = i + 1 < len(day.runs) and i < day.cap
            return Stretch(
                None,
                "",
                self.slate,
                day.runs[i].end_n if i >= 0 else self._first.start_n,
                day.runs[i + 1].start_n if follows else NEVER,
                CUT,
                _BASELINE,
            )
        until_n = NEVER if run.is_open else run.end_n
        found: Moment | None = None
        for moment in self.moments(run):
            if moment.n > n:
                until_n = min(until_n, moment.n)
                break
            found = moment
        assert found is not None  # the first moment is at the run's start
        cause = run.cause if not found.shot else Cause("schedule", f"shot {found.shot}")
        return Stretch(run, found.shot, found.spec, found.n, until_n, found.transition, cause)


def _place_in_time(order: Order) -> tuple[int, int]:
    return order.n, order.seq


def _bound(day: Day, n: int) -> Bound:
    """Which run, or gap behind it, frame `n` lies in."""
    i = day.index_at(n)
    place, start_n = (day.runs[i].place, day.runs[i].start_n) if i >= 0 else (-1, -1)
    return (place, start_n if day.on_air(n) is not None else -1)
